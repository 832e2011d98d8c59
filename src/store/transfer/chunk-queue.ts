// Queue of the received bytes of one file that wait for the disk or a stream. Tiny pieces are joined, so that the queue
// takes at most four times the memory of its bytes: each piece is a view of the message that it came in, and would keep
// the whole message alive.

/** A piece of this size or more remains a view: its message is at most four times as large. */
const MIN_VIEW_BYTES = 16 * 1024;
/** Maximum size of a joined piece: no more than a message, so that later stages never receive a larger one. */
const MAX_JOINED_BYTES = 64 * 1024;

export interface Chunk {
  /** The offset in the file. */
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** Bytes in a buffer of our own, to which more may be appended. */
interface Joined {
  readonly offset: number;
  buffer: Uint8Array;
  length: number;
}

export class ChunkQueue {
  /** Chunks in order; all but the last are final. */
  #chunks: Chunk[] = [];
  #tail: Joined | undefined;
  #bytes = 0;

  /** The number of queued bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The number of queued pieces. */
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
   * Dequeues contiguous chunks.
   * @param maxBytes - the limit for all of them together, unless the first alone is larger
   * @returns an empty batch when the queue is empty
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

  /** Drops everything in the queue. @returns the number of dropped bytes */
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
