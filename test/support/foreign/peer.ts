// What the tests want of a WebRTC program that is not ours, whatever it is made of, and how descriptions travel
// between it and us: as it gives them, a bare {type, sdp}, and from us as a document with candidates beside the SDP.
import { decodeExchangeDocument, encodeExchangeDocument } from "../../../src/exchange/codec.ts";
import type { SessionDescription } from "../../../src/exchange/description.ts";

/** A description as browsers have it, candidates in the SDP. */
export interface BareDescription {
  type: string;
  sdp: string;
}

/** A running program. Its channels answer as `w3c-peer.mjs` says. */
export interface ForeignPeer {
  /** Opens the channel `chat`. */
  offer(): Promise<BareDescription>;
  answer(offer: BareDescription): Promise<BareDescription>;
  accept(answer: BareDescription): Promise<void>;
  /** Opens channels named `theirs 0`, `theirs 1` …; call it when connected. */
  open(count: number): Promise<void>;
  /** How many of its channels have closed, whoever began it. */
  closedCount(): Promise<number>;
  close(): Promise<void>;
}

/** A program with sound and picture. What it does with them it is told before its first description. */
export interface MediaPeer {
  /**
   * It sends one track of sound and one of pictures.
   * @param files - for programs that encode nothing: an Ogg file with one Opus packet a page, an IVF file with VP8
   */
  publish(files: { audio: string; video: string }): Promise<void>;
  /** The offer that it makes has a section of each kind in which it takes what comes. */
  take(): Promise<void>;
  /** An offer without a data channel, from programs that can make one. */
  offerMedia?(): Promise<BareDescription>;
  /** What has come so far: packets of 20 ms of sound, and whole pictures. */
  received(): Promise<{ audio: number; video: number }>;
}

/** A program with all of it. */
export type MediaStack = ForeignPeer & MediaPeer;

/** A program that can be started. */
export interface ForeignKind<Peer extends ForeignPeer = ForeignPeer> {
  name: string;
  /** Largest message that we send to it. */
  takesBytes: number;
  /** Sizes of messages below that limit which it does not deliver as they are. */
  cannotTakeBytes: readonly number[];
  /** Sizes of messages that it cannot send, though we would take them. */
  cannotSendBytes: readonly number[];
  start(): Promise<Peer>;
}

/** Our document as another program needs it: the candidates are beside the SDP in ours, unless it is bare itself. */
export function bareDescription(document: string): BareDescription {
  const outer = JSON.parse(document) as BareDescription & { icecandidate?: string[] };
  const { sdp, icecandidate } = outer;
  if (icecandidate === undefined) return outer;
  const { type, sdp: text } = JSON.parse(sdp) as BareDescription;
  const lines = icecandidate.map((entry) => `a=${(JSON.parse(entry) as { candidate: string }).candidate}\r\n`);
  return { type, sdp: text + lines.join("") };
}

export function bareOf(description: SessionDescription): BareDescription {
  return bareDescription(encodeExchangeDocument({ description }));
}

export function readBare(bare: BareDescription): SessionDescription {
  const decoding = decodeExchangeDocument(Buffer.from(JSON.stringify(bare)), "the foreign description");
  if (!decoding.ok) throw decoding.error;
  return decoding.document.description;
}
