// Received bytes of one file that wait for the disk or a stream. What the peer sent in tiny pieces is put together, so
// that it takes no more memory than its bytes, four times over at most: each piece is a view of the message that it came
// in, and would keep all of that.

/** A piece of this size or more stays a view: its message is at most four times as large. */
const MIN_VIEW_BYTES = 16 * 1024;
/** Pieces that are put together: no more than a message has, so that nothing behind this meets a larger one. */
const MAX_JOINED_BYTES = 64 * 1024;

export interface Chunk {
  /** In the file. */
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** Bytes in a buffer of our own, which more may follow in. */
interface Joined {
  readonly offset: number;
  buffer: Uint8Array;
  length: number;
}

export class ChunkQueue {
  /** In order; all but the last are as they will be taken. */
  #chunks: Chunk[] = [];
  #tail: Joined | undefined;
  #bytes = 0;

  /** Of all that waits. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How many pieces wait. */
  get count(): number {
    return this.#chunks.length + (this.#tail === undefined ? 0 : 1);
  }

  /** @param bytes - at least one; a view of a message */
  push(bytes: Uint8Array, offset: number): void {
    this.#bytes += bytes.length;
    if (bytes.length >= MIN_VIEW_BYTES) {
      this.#endTail();
      this.#chunks.push({ offset, bytes });
      return;
    }
    const tail = this.#tail;
    const isNext = tail !== undefined && tail.offset + tail.length === offset;
    if (tail !== undefined && isNext && tail.length + bytes.length <= MAX_JOINED_BYTES) {
      append(tail, bytes);
      return;
    }
    this.#endTail();
    this.#tail = { offset, buffer: bytes.slice(), length: bytes.length };
  }

  #endTail(): void {
    const tail = this.#tail;
    this.#tail = undefined;
    if (tail !== undefined) this.#chunks.push({ offset: tail.offset, bytes: tail.buffer.subarray(0, tail.length) });
  }

  /**
   * Takes chunks that follow each other.
   * @param maxBytes - of all of them, unless the first alone is larger
   * @returns none when nothing waits
   */
  takeRun(maxBytes: number): { offset: number; batch: Uint8Array[] } {
    this.#endTail();
    const offset = this.#chunks[0]?.offset ?? 0;
    let bytes = 0;
    let count = 0;
    for (const chunk of this.#chunks) {
      if (count > 0 && (bytes + chunk.bytes.length > maxBytes || chunk.offset !== offset + bytes)) break;
      bytes += chunk.bytes.length;
      count += 1;
    }
    this.#bytes -= bytes;
    return { offset, batch: this.#chunks.splice(0, count).map((chunk) => chunk.bytes) };
  }

  /** Forgets all that waits. @returns how many bytes that were */
  clear(): number {
    const bytes = this.#bytes;
    this.#chunks = [];
    this.#tail = undefined;
    this.#bytes = 0;
    return bytes;
  }
}

function append(tail: Joined, bytes: Uint8Array): void {
  const length = tail.length + bytes.length;
  if (length > tail.buffer.length) {
    const larger = new Uint8Array(Math.min(MAX_JOINED_BYTES, Math.max(length, 2 * tail.buffer.length)));
    larger.set(tail.buffer.subarray(0, tail.length));
    tail.buffer = larger;
  }
  tail.buffer.set(bytes, tail.length);
  tail.length = length;
}
