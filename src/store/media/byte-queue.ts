// Bytes of a stream in pieces of the wanted length.

export class ByteQueue {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #chunk: Uint8Array = new Uint8Array();

  constructor(stream: AsyncIterable<Uint8Array>) {
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  /** @returns undefined where the stream ends before */
  async take(count: number): Promise<Uint8Array | undefined> {
    const piece = await this.takeUpTo(count);
    return piece.length < count ? undefined : piece;
  }

  /** @returns fewer bytes only where the stream ends */
  async takeUpTo(count: number): Promise<Uint8Array> {
    const piece = new Uint8Array(count);
    let length = 0;
    while (length < count) {
      if (this.#chunk.length === 0) {
        const { done = false, value } = await this.#chunks.next();
        if (done) break;
        this.#chunk = value;
        continue;
      }
      const part = this.#chunk.subarray(0, count - length);
      piece.set(part, length);
      length += part.length;
      this.#chunk = this.#chunk.subarray(part.length);
    }
    return piece.subarray(0, length);
  }

  /** @returns false where the stream ends before */
  async skip(count: number): Promise<boolean> {
    for (let left = count; left > 0; ) {
      const { length } = await this.takeUpTo(Math.min(left, SKIPPED_AT_ONCE));
      if (length === 0) return false;
      left -= length;
    }
    return true;
  }
}

const SKIPPED_AT_ONCE = 65_536;
