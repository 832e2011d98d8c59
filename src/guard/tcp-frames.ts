// Framing of datagrams in a TCP stream: each is preceded by its two-byte length. RFC 4571 §2, RFC 6544 §3. The reader
// cuts the stream into frames without copying, except for frames that span chunks. It accepts no frame longer than its
// limit.
import { BegunFrame } from "./begun-frame.ts";

/** The longest frame that the header can express. */
export const MAX_FRAME_BYTES = 0xffff;

/** @param frameBytes - 0 … 65,535 */
export function frameHeader(frameBytes: number): Uint8Array {
  return Uint8Array.of(frameBytes >>> 8, frameBytes & 0xff);
}

export class FrameSplitter {
  /** A longer frame is rejected. */
  limitBytes: number;
  /** The bytes of an incomplete header. */
  #highByte: number | undefined;
  readonly #begun = new BegunFrame();

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes;
  }

  /**
   * Parses the next chunk of the stream.
   * @param onFrame - receives each frame, a view into `chunk` or bytes of its own; empty ones are skipped. It may
   * change the limit.
   * @returns false when a frame is longer than the limit: the rest of the stream cannot be parsed
   */
  push(chunk: Uint8Array, onFrame: (frame: Uint8Array) => void): boolean {
    let at = this.#begun.fill(chunk, 0, onFrame);
    while (at < chunk.length) {
      const high = this.#highByte ?? (chunk[at++] as number);
      if (at === chunk.length) {
        this.#highByte = high;
        return true;
      }
      this.#highByte = undefined;
      const length = high * 256 + (chunk[at++] as number);
      if (length > this.limitBytes) return false;
      const end = at + length;
      if (end <= chunk.length) {
        if (length > 0) onFrame(chunk.subarray(at, end));
      } else {
        this.#begun.begin(length, chunk.subarray(at));
      }
      at = end;
    }
    return true;
  }
}
