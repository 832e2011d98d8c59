// The codecs of sound and picture that this program carries, and the numbers of RTP that belong to each. It encodes and
// decodes none of them. Control messages, exchange files and media/ all name codecs, so the table is below them all.

/** Limit of the tracks that one side sends at a time; control messages number them from 1. */
export const MAX_MEDIA_TRACKS = 8;

export type MediaKind = "audio" | "video";
export type CodecName = "opus" | "pcmu" | "pcma" | "vp8" | "vp9" | "h264" | "av1";

export interface CodecFacts {
  readonly kind: MediaKind;
  /** Hz of RTP time stamps. */
  readonly clockRate: number;
  /** RTP payload type that we offer, 0 … 127; only those of G.711 are fixed (RFC 3551 §6). */
  readonly payloadType: number;
  /** The name in an `a=rtpmap` line. */
  readonly encodingName: string;
}

/** The table of codecs, by the name that options and control messages use. */
export const CODECS: Readonly<Record<CodecName, CodecFacts>> = {
  opus: { kind: "audio", clockRate: 48_000, payloadType: 111, encodingName: "opus" },
  pcmu: { kind: "audio", clockRate: 8_000, payloadType: 0, encodingName: "PCMU" },
  pcma: { kind: "audio", clockRate: 8_000, payloadType: 8, encodingName: "PCMA" },
  vp8: { kind: "video", clockRate: 90_000, payloadType: 96, encodingName: "VP8" },
  vp9: { kind: "video", clockRate: 90_000, payloadType: 98, encodingName: "VP9" },
  h264: { kind: "video", clockRate: 90_000, payloadType: 102, encodingName: "H264" },
  av1: { kind: "video", clockRate: 90_000, payloadType: 45, encodingName: "AV1" },
};

/** All of them, best first, where nothing else is asked for: what every program has comes before what costs less. */
export const CODECS_OF_KIND: Readonly<Record<MediaKind, readonly CodecName[]>> = {
  audio: ["opus", "pcmu", "pcma"],
  video: ["vp8", "h264", "vp9", "av1"],
};

/** Whether a text is the name of one of these codecs. */
export function isCodec(name: string): name is CodecName {
  return Object.hasOwn(CODECS, name);
}
