// How a frame is split over RTP packets and put together again, for each codec by its RFC: a port, which rtc/ fills.
import type { CodecName } from "../lib/codecs.ts";

/** Limit of a frame, whichever way it goes: a key frame in the best quality that anybody sends is a tenth of it. */
export const MAX_FRAME_BYTES = 4 * 1_024 * 1_024;
/** As many payloads of the usual size as the largest frame has, and some more. */
export const MAX_PAYLOADS = 4_096;

/** Takes and gives frames within these limits; larger ones are none. */
export interface Packetiser {
  /** @returns payloads of RTP packets, each of at most `maxBytes`; none: the frame is not one of this codec */
  packetise(frame: Uint8Array, maxBytes: number, isKey: boolean): Uint8Array[];
  /**
   * Never throws.
   * @param payloads - all of one frame, in order
   * @returns undefined: they are not a frame
   */
  assemble(payloads: readonly Uint8Array[]): { bytes: Uint8Array; isKey: boolean } | undefined;
  /** Whether a frame, or a part of one that is read alone, begins here: what is before it was lost with another frame. Never throws. */
  begins(payload: Uint8Array): boolean;
}

/** The packetiser of a codec; each track has its own. */
export type Packetisers = (codec: CodecName) => Packetiser;
