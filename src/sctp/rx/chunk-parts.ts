// DATA chunks that come in parts, because the path has become narrower than the packet that they were cut for. Two ends
// of our own stack understand it: docs/rfc-deviations.md, D6.
import { CHUNK_PART_BYTES } from "../packet/chunk-types.ts";
import type { Tsn } from "../serial.ts";

/** Chunks of which parts are missing. The sender repeats all parts of a chunk, so that a forgotten one costs time only. */
const MAX_OPEN_CHUNKS = 64;
/** A chunk fits into the largest packet. */
const MAX_PARTS = 15;

interface OpenChunk {
  readonly data: Uint8Array;
  /** Bit by bit, the parts that have come. */
  parts: number;
}

export class ChunkParts {
  readonly #open = new Map<Tsn, OpenChunk>();

  /** Chunks of which some parts have come. */
  get count(): number {
    return this.#open.size;
  }

  /**
   * Takes one part of the user data of a chunk. A part that does not lie where the others of its chunk may lie is ignored.
   * @param totalBytes - of the whole chunk; `offset`: of this part in it
   * @returns the user data when it is whole, in memory of its own; undefined: not yet
   */
  add(tsn: Tsn, totalBytes: number, offset: number, part: Uint8Array): Uint8Array | undefined {
    const index = offset / CHUNK_PART_BYTES;
    const count = Math.ceil(totalBytes / CHUNK_PART_BYTES);
    const isPlaced = Number.isInteger(index) && index < count && count <= MAX_PARTS;
    if (!isPlaced || part.length !== Math.min(CHUNK_PART_BYTES, totalBytes - offset)) return undefined;
    let chunk = this.#open.get(tsn);
    if (chunk?.data.length !== totalBytes) chunk = this.#begin(tsn, totalBytes);
    chunk.data.set(part, offset);
    chunk.parts |= 1 << index;
    if (chunk.parts !== (1 << count) - 1) return undefined;
    this.#open.delete(tsn);
    return chunk.data;
  }

  #begin(tsn: Tsn, totalBytes: number): OpenChunk {
    const chunk = { data: new Uint8Array(totalBytes), parts: 0 };
    this.#open.delete(tsn);
    for (const oldest of this.#open.keys()) {
      if (this.#open.size < MAX_OPEN_CHUNKS) break;
      this.#open.delete(oldest);
    }
    this.#open.set(tsn, chunk);
    return chunk;
  }

  /** Everything up to this TSN has arrived in another way, or was given up. */
  dropUpTo(tsn: Tsn): void {
    for (const at of this.#open.keys()) if (at <= tsn) this.#open.delete(at);
  }
}
