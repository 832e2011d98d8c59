// One file as it is sent, in the worker: each read is a trip to another process of the browser, so it is read in large
// blocks, the next one while the last is hashed and sent.
import type { IHasher } from "hash-wasm";
import type { Content } from "./received-file.ts";

/** Read at one time, in bytes. */
export const READ_BLOCK_BYTES = 4 * 1024 * 1024;

interface Block {
  start: number;
  bytes: Uint8Array<ArrayBuffer>;
}

/** @throws RangeError when the file is shorter than it was */
async function bytesOf(file: Content, start: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(await file.slice(start, end).arrayBuffer());
  if (bytes.length !== end - start) throw new RangeError("the file is shorter than it was");
  return bytes;
}

export async function hashRange(hasher: IHasher, file: Content, start: number, end: number): Promise<void> {
  for (let at = start; at < end; at += READ_BLOCK_BYTES) {
    hasher.update(await bytesOf(file, at, Math.min(at + READ_BLOCK_BYTES, end)));
  }
}

export class FileReading {
  readonly #file: Content & { size: number };
  readonly #hasher: IHasher;
  #hashedBytes = 0;
  #block: Block = { start: 0, bytes: new Uint8Array() };
  #next: { start: number; block: Promise<Block> } | undefined;
  #tail: Promise<unknown> = Promise.resolve();

  /** @param hasher - has seen nothing */
  constructor(file: Content & { size: number }, hasher: IHasher) {
    this.#file = file;
    this.#hasher = hasher;
  }

  /**
   * Reads a piece. Pieces are asked for in the order of their offsets; what lies between them is hashed too, so that after
   * the last one the hasher has seen the whole file.
   * @throws RangeError when the file is shorter than it was
   */
  read(offset: number, bytes: number): Promise<ArrayBuffer> {
    const piece = this.#tail.then(() => this.#read(offset, bytes));
    this.#tail = piece.catch(() => {});
    return piece;
  }

  async #read(offset: number, bytes: number): Promise<ArrayBuffer> {
    const piece = new Uint8Array(bytes);
    for (let done = 0; done < bytes; ) {
      const block = await this.#blockAt(offset + done);
      const from = offset + done - block.start;
      const part = block.bytes.subarray(from, from + bytes - done);
      piece.set(part, done);
      done += part.length;
    }
    return piece.buffer;
  }

  async #blockAt(offset: number): Promise<Block> {
    const { start, bytes } = this.#block;
    if (offset >= start && offset < start + bytes.length) return this.#block;
    const block = await (this.#next?.start === offset ? this.#next.block : this.#load(offset));
    this.#block = block;
    const end = block.start + block.bytes.length;
    this.#loadNext(end);
    if (offset > this.#hashedBytes) await hashRange(this.#hasher, this.#file, this.#hashedBytes, offset);
    this.#hasher.update(block.bytes.subarray(Math.max(0, this.#hashedBytes - offset)));
    this.#hashedBytes = Math.max(this.#hashedBytes, end);
    return block;
  }

  async #load(start: number): Promise<Block> {
    const end = Math.min(start + READ_BLOCK_BYTES, this.#file.size);
    if (end <= start) throw new RangeError("the file is shorter than it was");
    return { start, bytes: await bytesOf(this.#file, start, end) };
  }

  #loadNext(start: number): void {
    this.#next = undefined;
    if (start >= this.#file.size) return;
    const block = this.#load(start);
    // Who reads on is told.
    block.catch(() => {});
    this.#next = { start, block };
  }
}
