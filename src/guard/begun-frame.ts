// A frame of a stream that comes in several chunks: its length is known, and its bytes are collected in one buffer. The
// splitters of this folder share it; each of them knows where a frame begins and how long it may be.

export class BegunFrame {
  #frame: Uint8Array | undefined;
  #filled = 0;

  /** The size of the buffer of the frame that has begun; 0: none has. */
  get keptBytes(): number {
    return this.#frame?.length ?? 0;
  }

  /**
   * Begins a frame.
   * @param length - of all of it, in bytes
   * @param beginning - its first bytes, at most `length` of them; they are copied
   */
  begin(length: number, beginning: Uint8Array): void {
    this.#frame = new Uint8Array(length);
    this.#frame.set(beginning);
    this.#filled = beginning.length;
  }

  /**
   * Takes what belongs to the frame that has begun. Each byte is copied once, however the stream was cut.
   * @param at - where the rest of the frame begins in the chunk
   * @param onWhole - receives the frame, in a buffer of its own, once nothing of it is missing
   * @returns how many bytes of the chunk belong to it
   */
  fill(chunk: Uint8Array, at: number, onWhole: (frame: Uint8Array) => void): number {
    const frame = this.#frame;
    if (frame === undefined) return 0;
    const rest = chunk.subarray(at, at + frame.length - this.#filled);
    frame.set(rest, this.#filled);
    this.#filled += rest.length;
    if (this.#filled === frame.length) {
      this.#frame = undefined;
      onWhole(frame);
    }
    return rest.length;
  }
}
