// What a track consists of: encoded frames with their times. Nobody here looks into a frame.
import type { CodecName, MediaKind } from "../lib/codecs.ts";

/**
 * One encoded frame. H.264: an access unit in Annex B, with its parameter sets before each key frame. AV1: a temporal unit
 * in the low-overhead format, without temporal delimiter. G.711: samples, one byte each. Opus: one packet.
 */
export interface EncodedFrame {
  readonly bytes: Uint8Array;
  /** Presentation time from the start of the source: µs ≥ 0. */
  readonly timestampUs: number;
  /** µs > 0. */
  readonly durationUs: number | undefined;
  /** It is decoded without any frame before it; of sound every frame is. */
  readonly isKey: boolean;
}

export interface TrackFormat {
  readonly kind: MediaKind;
  readonly codec: CodecName;
  /** Hz of RTP time stamps: 90,000 for video, 48,000 for Opus, 8,000 for G.711. */
  readonly clockRate: number;
  readonly channels?: number;
  /** Pixels. */
  readonly width?: number;
  readonly height?: number;
  /** As in `a=fmtp`, for H.264 its profile-level-id: `42e01f`. */
  readonly profile?: string;
}
