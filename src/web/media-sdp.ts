// The sections of sound and picture in a page's connection, beside its data channel. The other side has no SDP: what is
// said for it here is made of its control messages, and what the browser says becomes ours. RFC 8829, RFC 9143.
import type { OfferedCodec } from "../control/media-messages.ts";
import type { MediaDirection, SdpLayout, SdpSection, SessionDescription } from "../exchange/description.ts";
import {
  answeredCodec,
  codecsOf,
  codecText,
  findCodec,
  h264LevelOf,
  type MediaCodec,
  offeredCodec,
} from "../exchange/media-codecs.ts";
import { plainLayout } from "../exchange/sdp-layout.ts";
import { splitSdp } from "../exchange/sdp-sections.ts";
import { type CodecName, CODECS, type MediaKind } from "../lib/codecs.ts";

/** A section as the other side is made to describe it. Its place is that of its `m=` line, and never changes. */
export interface MediaSection {
  readonly mid: string;
  readonly kind: MediaKind;
  /** What the other side does: it sends, takes, or neither. */
  direction: Extract<MediaDirection, "sendonly" | "recvonly" | "inactive">;
  codec: MediaCodec;
  /** The source of what it sends. */
  ssrc: number | undefined;
}

/** The layout of the other side's description: the data channel first, then each section in its place. */
export function layoutWith(
  description: Pick<SessionDescription, "form" | "mid">,
  sections: readonly MediaSection[],
): SdpLayout {
  const { sections: data, bundle } = plainLayout(description);
  return {
    sections: [...data, ...sections.map(sectionOf)],
    bundle: [...bundle, ...sections.map(({ mid }) => mid)],
  };
}

function sectionOf({ mid, kind, direction, codec, ssrc }: MediaSection): SdpSection {
  return {
    isData: false,
    kind,
    protocol: "UDP/TLS/RTP/SAVPF",
    ...codecText([codec]),
    mid,
    state: "live",
    hasRtcpMux: true,
    direction,
    stream: direction === "sendonly" && ssrc !== undefined ? { ssrc, cname: "p2p" } : undefined,
  };
}

/** The codec of the other side's offer of a track, as its description says it. */
export function describedCodec(kind: MediaKind, { name, payloadType, profile }: OfferedCodec): MediaCodec {
  const { encodingName, clockRate } = CODECS[name as CodecName];
  return offeredCodec(kind, { name: encodingName, payloadType, clockRate, profile }, payloadType);
}

/**
 * A codec as a description with these sections can have it: in one bundle a payload type stands for one codec with the
 * same parameters. RFC 9143 §9.1.
 * @returns undefined: its payload type stands for another one
 */
export function bundledCodec(codec: MediaCodec, others: readonly MediaCodec[]): MediaCodec | undefined {
  const other = others.find(({ payloadType }) => payloadType === codec.payloadType);
  if (other === undefined) return codec;
  const key = (one: MediaCodec): string =>
    [one.name, one.clockRate, one.channels ?? 1, h264LevelOf(one)].join(" ").toLowerCase();
  return key(codec) === key(other) ? { ...codec, fmtp: other.fmtp } : undefined;
}

/** What the browser says of a section in which it wants to send. */
export interface LocalSection {
  /** The codecs that this program knows, in the browser's order. */
  codecs: readonly { offered: OfferedCodec; described: MediaCodec }[];
  /** Undefined: the browser does not say. */
  ssrc: number | undefined;
}

/** @param sdp - the browser's own description. @returns undefined: it has no such section */
export function localSection(sdp: string, mid: string): LocalSection | undefined {
  const section = splitSdp(sdp).sections.find((one) => one.mid === mid);
  if (section === undefined) return undefined;
  const all = codecsOf(section);
  const found = (Object.keys(CODECS) as CodecName[]).flatMap((name) => {
    const { kind, encodingName, clockRate, payloadType } = CODECS[name];
    const wanted = { name: encodingName, clockRate, payloadType };
    const codec = kind === section.kind ? findCodec(all, wanted, "receive") : undefined;
    return codec === undefined ? [] : [{ name, codec }];
  });
  const inOrder = found.toSorted((one, other) => all.indexOf(one.codec) - all.indexOf(other.codec));
  return {
    codecs: inOrder.map(({ name, codec }) => ({
      offered: offeredFrom(name, codec),
      described: answeredCodec(CODECS[name].kind, codec),
    })),
    ssrc: section.stream?.ssrc,
  };
}

function offeredFrom(name: CodecName, { payloadType, clockRate, channels, fmtp }: MediaCodec): OfferedCodec {
  const profile = name === "h264" ? /profile-level-id=([0-9a-f]{6})/i.exec(fmtp)?.[1] : undefined;
  return {
    name,
    payloadType,
    clockRate,
    ...(channels === undefined ? {} : { channels }),
    ...(profile === undefined ? {} : { profile }),
  };
}

/** The DTLS role of the other side, which no later description may change. @param own - ours of the same round */
export function setupOf(
  remote: RTCSessionDescriptionInit | null,
  own: RTCSessionDescriptionInit | null,
): "active" | "passive" {
  const answer = remote?.type === "answer" ? remote : own;
  const isActive = /^a=setup:active\r?$/m.test(answer?.sdp ?? "");
  return isActive === (answer === remote) ? "active" : "passive";
}
