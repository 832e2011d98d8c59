// Datagrams in a stream: each behind its length in two bytes. RFC 4571 §2, RFC 6544 §3. What comes is cut into frames
// without copying, but for those that two chunks share. No frame is longer than its reader allows.

export const FRAME_HEADER_BYTES = 2;
/** The most that the header can say. */
export const MAX_FRAME_BYTES = 0xffff;

/** @param frameBytes - 0 … 65,535 */
export function frameHeader(frameBytes: number): Uint8Array {
  return Uint8Array.of(frameBytes >>> 8, frameBytes & 0xff);
}

export class FrameSplitter {
  /** A longer frame is not taken. */
  limitBytes: number;
  /** The header as far as it has come, where it is not whole. */
  #highByte: number | undefined;
  /** A frame that has begun, and how much of it is there. */
  #frame: Uint8Array | undefined;
  #filled = 0;

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes;
  }

  /**
   * Takes what came next.
   * @param onFrame - takes each frame, a view into `chunk` or bytes of its own; empty ones are left out. It may change
   * the limit.
   * @returns false when a frame is longer than the limit: nothing behind it makes sense any more
   */
  push(chunk: Uint8Array, onFrame: (frame: Uint8Array) => void): boolean {
    let at = this.#finishBegun(chunk, onFrame);
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
        this.#begin(length, chunk.subarray(at));
      }
      at = end;
    }
    return true;
  }

  #begin(length: number, beginning: Uint8Array): void {
    this.#frame = new Uint8Array(length);
    this.#frame.set(beginning);
    this.#filled = beginning.length;
  }

  /** @returns where in the chunk the rest of a frame that has begun before ends */
  #finishBegun(chunk: Uint8Array, onFrame: (frame: Uint8Array) => void): number {
    const frame = this.#frame;
    if (frame === undefined) return 0;
    const rest = chunk.subarray(0, frame.length - this.#filled);
    frame.set(rest, this.#filled);
    this.#filled += rest.length;
    if (this.#filled === frame.length) {
      this.#frame = undefined;
      onFrame(frame);
    }
    return rest.length;
  }
}
