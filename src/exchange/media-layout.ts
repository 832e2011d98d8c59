// Sections of media beside the data channel: those of our offer, our answer to those of another program, and what both
// sides' sections have agreed. All share the transport of the data channel. RFC 3264 §5 and §6, RFC 8829 §5, RFC 9143.
import { MAX_MEDIA_TRACKS, type MediaKind } from "../lib/codecs.ts";
import { keyOf, PayloadTypes } from "../lib/payload-types.ts";
import { sha256Hex } from "../lib/sha256.ts";
import type { MediaDirection, RtpStream, SdpLayout, SdpSection, SessionDescription } from "./description.ts";
import {
  answeredCodec,
  codecsOf,
  codecText,
  findCodec,
  type MediaCodec,
  offeredCodec,
  type WantedCodec,
} from "./media-codecs.ts";

/** The media that this side asks for. */
export interface MediaWishes {
  /** Tracks that it sends, each of one codec; at most MAX_MEDIA_TRACKS. */
  send: readonly { kind: MediaKind; codec: WantedCodec }[];
  /** Codecs that it takes of each kind, best first; none: it takes nothing of this kind. */
  receive: Readonly<Record<MediaKind, readonly WantedCodec[]>>;
}

/** What one section carries, after offer and answer. */
export interface NegotiatedMedia {
  kind: MediaKind;
  /** Undefined: the section has none. */
  mid: string | undefined;
  /** We send: the track by its index among the wishes. */
  send?: { track: number; ssrc: number; cname: string; payloadType: number };
  /** We receive: SSRC (undefined: not told) and the codecs that may come; the first packet shows which. */
  receive?: { ssrc: number | undefined; codecs: readonly { wanted: WantedCodec; codec: MediaCodec }[] };
}

const KINDS: readonly MediaKind[] = ["audio", "video"];
const PROTOCOL = "UDP/TLS/RTP/SAVPF";
/** SSRCs and the name of their source are made from the certificate: stable while it is, new with each line. */
const STREAM_DOMAIN = "p2p media stream/1\n";
const CNAME_DIGITS = 16;

/** The stream as which this side sends a track. @param track - its index among the wishes */
export function ownStream(
  { fingerprints }: Pick<SessionDescription, "fingerprints">,
  track: number,
): RtpStream & { cname: string } {
  const seed = STREAM_DOMAIN + (fingerprints[0]?.value ?? "");
  const digits = (text: string, count: number): string => sha256Hex(new TextEncoder().encode(text)).slice(0, count);
  // Zero means "none" to some programs.
  return { ssrc: Number.parseInt(digits(`${seed} ${track}`, 8), 16) || 1, cname: digits(seed, CNAME_DIGITS) };
}

/**
 * The sections of our offer: the data channel first, so that the transport is that of an offer without media.
 * @param plain - the layout of a description with nothing but a data channel
 */
export function withMedia(plain: SdpLayout, description: SessionDescription, wishes: MediaWishes): SdpLayout {
  const payloadTypes = new PayloadTypes();
  const media = KINDS.flatMap((kind) => {
    const sent = wishes.send.flatMap((track, at) => (track.kind === kind ? [{ at, codec: track.codec }] : []));
    const taken = wishes.receive[kind];
    // The first track shares its section with what comes: most programs have one section of each kind.
    const [first, ...others] = sent;
    return [
      ...(first === undefined && taken.length === 0 ? [] : [{ kind, sent: first, taken }]),
      ...others.map((one) => ({ kind, sent: one, taken: [] })),
    ];
  });
  const counts = { audio: 0, video: 0 };
  const sections = media.map(({ kind, sent, taken }) => {
    counts[kind] += 1;
    const wanted = [...(sent === undefined ? [] : [sent.codec]), ...taken];
    const codecs = assign(payloadTypes, wanted).map(([one, payloadType]) => offeredCodec(kind, one, payloadType));
    return {
      isData: false,
      kind,
      protocol: PROTOCOL,
      ...codecText(codecs),
      mid: counts[kind] === 1 ? kind : `${kind}${counts[kind]}`,
      state: "live" as const,
      hasRtcpMux: true,
      direction: directionOf(sent !== undefined, taken.length > 0),
      stream: sent === undefined ? undefined : ownStream(description, sent.at),
    };
  });
  if (sections.length === 0) return plain;
  const mids = [...plain.sections, ...sections].flatMap(({ mid }) => (mid === undefined ? [] : [mid]));
  return { sections: [...plain.sections, ...sections], bundle: mids };
}

/** @returns each codec once, in order, with its payload type. @throws RangeError when there are more than payload types */
function assign(payloadTypes: PayloadTypes, wanted: readonly WantedCodec[]): [WantedCodec, number][] {
  const firsts = wanted.filter((one, at) => wanted.findIndex((other) => keyOf(other) === keyOf(one)) === at);
  return firsts.map((codec) => {
    const number = payloadTypes.numberOf(codec);
    if (number === undefined) throw new RangeError("more codecs than payload types");
    return [codec, number];
  });
}

/** Our answers to the sections of one offer, in their order. */
export class MediaAnswers {
  readonly #description: Pick<SessionDescription, "fingerprints">;
  readonly #wishes: MediaWishes;
  /** Indexes of the tracks that have no section yet. */
  readonly #unsent: number[];
  #takenCount = 0;

  constructor(description: Pick<SessionDescription, "fingerprints">, wishes: MediaWishes) {
    this.#description = description;
    this.#wishes = wishes;
    this.#unsent = wishes.send.map((_, at) => at);
  }

  /**
   * @param section - one that can be accepted: it shares the transport
   * @returns our answer; undefined: nothing of it is wanted
   */
  answer(section: SdpSection): SdpSection | undefined {
    const kind = KINDS.find((one) => one === section.kind.toLowerCase());
    if (kind === undefined) return undefined;
    const codecs = codecsOf(section);
    const sent = isTaking(section.direction) ? this.#takeTrack(kind, codecs) : undefined;
    const taken = isSending(section.direction) ? this.#takeCodecs(kind, codecs) : [];
    if (sent === undefined && taken.length === 0) return undefined;
    if (taken.length > 0) this.#takenCount += 1;
    const answered = new Set([...taken, ...(sent === undefined ? [] : [sent.codec])]);
    return {
      ...section,
      ...codecText([...answered].map((codec) => answeredCodec(kind, codec))),
      state: "live",
      direction: directionOf(sent !== undefined, taken.length > 0),
      stream: sent === undefined ? undefined : ownStream(this.#description, sent.track),
    };
  }

  /** The first track that the section can carry. */
  #takeTrack(kind: MediaKind, codecs: readonly MediaCodec[]): { track: number; codec: MediaCodec } | undefined {
    for (const [at, track] of this.#unsent.entries()) {
      const wish = this.#wishes.send[track];
      const codec = wish?.kind === kind ? findCodec(codecs, wish.codec, "send") : undefined;
      if (codec === undefined) continue;
      this.#unsent.splice(at, 1);
      return { track, codec };
    }
    return undefined;
  }

  /** All that are taken: a program that plays a file offers every codec that it knows, and sends the one of the file. */
  #takeCodecs(kind: MediaKind, codecs: readonly MediaCodec[]): MediaCodec[] {
    if (this.#takenCount === MAX_MEDIA_TRACKS) return [];
    return this.#wishes.receive[kind].flatMap((wanted) => findCodec(codecs, wanted, "receive") ?? []);
  }
}

/**
 * What both sides' sections carry.
 * @param own - the layout of our document
 * @param peer - that of the other side's, with a section for each of ours
 */
export function negotiatedMedia(
  own: SdpLayout,
  peer: SdpLayout,
  wishes: MediaWishes,
  description: Pick<SessionDescription, "fingerprints">,
): NegotiatedMedia[] {
  const streams = wishes.send.map((_, track) => ownStream(description, track));
  let takenCount = 0;
  return own.sections.flatMap((ours, at): NegotiatedMedia[] => {
    const theirs = peer.sections[at];
    const kind = KINDS.find((one) => one === ours.kind.toLowerCase());
    if (kind === undefined || theirs === undefined || theirs.kind.toLowerCase() !== kind) return [];
    if (ours.state === "rejected" || theirs.state === "rejected") return [];
    // An answer that leaves the group wants a transport of its own, which there is not. RFC 9143 §7.3.
    if (theirs.mid === undefined || !peer.bundle.includes(theirs.mid)) return [];
    const [ownCodecs, peerCodecs] = [codecsOf(ours), codecsOf(theirs)];
    const track = streams.findIndex(({ ssrc }) => ssrc === ours.stream?.ssrc);
    const wish = wishes.send[track];
    const stream = streams[track];
    const sent =
      wish && isSending(ours.direction) && isTaking(theirs.direction)
        ? findCodec(peerCodecs, wish.codec, "send")
        : undefined;
    // What comes has the payload types of our own section. RFC 3264 §5.1.
    const taken =
      isTaking(ours.direction) && isSending(theirs.direction) && takenCount < MAX_MEDIA_TRACKS
        ? codecsThatCome(peerCodecs, ownCodecs, wishes.receive[kind])
        : [];
    if (taken.length > 0) takenCount += 1;
    if ((sent === undefined || stream === undefined) && taken.length === 0) return [];
    return [
      {
        kind,
        mid: ours.mid,
        ...(sent === undefined || stream === undefined
          ? {}
          : { send: { track, ...stream, payloadType: sent.payloadType } }),
        ...(taken.length === 0 ? {} : { receive: { ssrc: theirs.stream?.ssrc, codecs: taken } }),
      },
    ];
  });
}

/** In the order in which they are wanted. */
function codecsThatCome(
  peer: readonly MediaCodec[],
  own: readonly MediaCodec[],
  wanted: readonly WantedCodec[],
): { wanted: WantedCodec; codec: MediaCodec }[] {
  return wanted.flatMap((one) => {
    const codec = findCodec(own, one, "receive");
    return codec === undefined || findCodec(peer, one, "receive") === undefined ? [] : [{ wanted: one, codec }];
  });
}

function directionOf(isSent: boolean, isTaken: boolean): MediaDirection {
  if (isSent) return isTaken ? "sendrecv" : "sendonly";
  return isTaken ? "recvonly" : "inactive";
}

function isSending(direction: MediaDirection): boolean {
  return direction === "sendrecv" || direction === "sendonly";
}

function isTaking(direction: MediaDirection): boolean {
  return direction === "sendrecv" || direction === "recvonly";
}
