// One file as it is sent, in the worker. It is read as a stream: the browser fills a pipe ahead of what is taken here,
// which costs a quarter of what it costs to ask for each block.
import type { IHasher } from "hash-wasm";
import type { Content } from "./received-file.ts";

/** Read at one time where a range is hashed, in bytes. */
const READ_BLOCK_BYTES = 4 * 1024 * 1024;

/** What is used of a File. */
export interface ReadFile extends Content {
  readonly size: number;
  stream(): ReadableStream<Uint8Array<ArrayBuffer>>;
}

/** @throws RangeError when the file is shorter than it was */
async function bytesOf(file: Content, start: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(await file.slice(start, end).arrayBuffer());
  if (bytes.length !== end - start) throw tooShort();
  return bytes;
}

/** Adds a range of a file to a hash, block by block. @param start - in bytes @param end - in bytes, not included */
export async function hashRange(hasher: IHasher, file: Content, start: number, end: number): Promise<void> {
  for (let at = start; at < end; at += READ_BLOCK_BYTES) {
    hasher.update(await bytesOf(file, at, Math.min(at + READ_BLOCK_BYTES, end)));
  }
}

export class FileReading {
  readonly #file: ReadFile;
  readonly #hasher: IHasher;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;
  /** What has come of the stream and is not taken. */
  #rest: Uint8Array<ArrayBuffer> = new Uint8Array();
  /** Offset of `#rest` in the file. */
  #at = 0;
  #tail: Promise<unknown> = Promise.resolve();

  /** @param hasher - has seen nothing */
  constructor(file: ReadFile, hasher: IHasher) {
    this.#file = file;
    this.#hasher = hasher;
    this.#reader = file.stream().getReader();
  }

  /**
   * Reads a piece. Pieces are asked for in the order of their offsets; what lies between them is hashed too, so that after
   * the last one the hasher has seen the whole file.
   * @throws RangeError when the file is shorter than it was
   * @throws DOMException of the browser when the file cannot be read, or was changed since it was chosen
   */
  read(offset: number, bytes: number): Promise<ArrayBuffer> {
    const piece = this.#tail.then(() => this.#read(offset, bytes));
    this.#tail = piece.catch(() => {});
    return piece;
  }

  async #read(offset: number, bytes: number): Promise<ArrayBuffer> {
    while (this.#at < offset) await this.#take(offset - this.#at);
    const piece = new Uint8Array(bytes);
    for (let done = 0; done < bytes; ) {
      const part = await this.#take(bytes - done);
      piece.set(part, done);
      done += part.length;
    }
    if (offset > 0 && offset + bytes === this.#file.size) await this.#checkUnchanged();
    return piece.buffer;
  }

  /** @returns at least one byte, and at most `limit` */
  async #take(limit: number): Promise<Uint8Array<ArrayBuffer>> {
    while (this.#rest.length === 0) {
      const { done, value } = await this.#reader.read();
      if (done) throw tooShort();
      this.#hasher.update(value);
      this.#rest = value;
    }
    const part = this.#rest.subarray(0, limit);
    this.#rest = this.#rest.subarray(part.length);
    this.#at += part.length;
    return part;
  }

  /** A browser compares a file with the one that was chosen when it opens it, which for a long one was long ago. */
  async #checkUnchanged(): Promise<void> {
    await bytesOf(this.#file, this.#file.size - 1, this.#file.size);
  }

  /** Lets go of the file once what was asked for is read. Nothing may be asked for afterwards. */
  async close(): Promise<void> {
    await this.#tail;
    await this.#reader.cancel().catch(() => {});
  }
}

function tooShort(): RangeError {
  return new RangeError("the file is shorter than it was");
}
