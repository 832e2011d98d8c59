// A bounded, ordered queue of our answers that wait for the channel.
import { encodeFrame, type Frame, frameBytes } from "./frames.ts";

export class FrameQueue {
  #frames: Frame[] = [];
  #head = 0;
  #bytes = 0;

  /** Encoded size of all queued frames. */
  get bytes(): number {
    return this.#bytes;
  }

  push(frame: Frame): void {
    this.#frames.push(frame);
    this.#bytes += frameBytes(frame);
  }

  clear(): void {
    this.#frames = [];
    this.#head = 0;
    this.#bytes = 0;
  }

  /** Writes as many frames as fit. @returns the new end of the message */
  writeFrames(into: Uint8Array, start: number): number {
    let at = start;
    for (let frame = this.#frames[this.#head]; frame !== undefined; frame = this.#frames[this.#head]) {
      const written = encodeFrame(frame, into, at);
      if (written === 0) return at;
      at += written;
      this.#bytes -= written;
      this.#head += 1;
    }
    this.clear();
    return at;
  }
}
