// How a page reads a file that it sends: in large blocks, whatever pieces are asked for.
import { createHash } from "node:crypto";
import { createSHA256 } from "hash-wasm";
import { expect, test } from "vitest";
import { FileReading, READ_BLOCK_BYTES } from "../../../src/web/file-reading.ts";

const PIECE_BYTES = 512 * 1024;

/** A file that notes what is read of it. */
class NotedFile {
  readonly size: number;
  readonly content: Uint8Array<ArrayBuffer>;
  readonly reads: [start: number, end: number][] = [];

  constructor(size: number, content = Uint8Array.from({ length: size }, (_, at) => at ^ (at >> 8))) {
    this.size = size;
    this.content = content;
  }

  slice(start: number, end: number): { arrayBuffer(): Promise<ArrayBuffer> } {
    this.reads.push([start, end]);
    return { arrayBuffer: () => Promise.resolve(this.content.slice(start, end).buffer) };
  }
}

/** Reads pieces to the end of the file. @returns the bytes, and the hash of all that was seen */
async function readAll(file: NotedFile, from = 0): Promise<{ bytes: Buffer; sha256: string }> {
  const hasher = await createSHA256();
  const reading = new FileReading(file, hasher.init());
  const pieces: Promise<ArrayBuffer>[] = [];
  for (let at = from; at < file.size; at += PIECE_BYTES) {
    pieces.push(reading.read(at, Math.min(PIECE_BYTES, file.size - at)));
  }
  const bytes = Buffer.concat((await Promise.all(pieces)).map((piece) => new Uint8Array(piece)));
  return { bytes, sha256: hasher.digest() };
}

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

test("pieces come out of large blocks, each read once, and the hash is that of the file", async () => {
  const size = 2 * READ_BLOCK_BYTES + 1_000;
  const file = new NotedFile(size);
  const read = await readAll(file);
  expect(read.bytes.equals(file.content)).toBe(true);
  expect(read.sha256).toBe(sha256(file.content));
  expect(file.reads).toEqual([
    [0, READ_BLOCK_BYTES],
    [READ_BLOCK_BYTES, 2 * READ_BLOCK_BYTES],
    [2 * READ_BLOCK_BYTES, size],
  ]);
});

test.each([1, 700_000, READ_BLOCK_BYTES, READ_BLOCK_BYTES + 5])(
  "what the other side has, %i bytes, is hashed and not handed out",
  async (from) => {
    const file = new NotedFile(2 * READ_BLOCK_BYTES);
    const read = await readAll(file, from);
    expect(read.bytes.equals(file.content.subarray(from))).toBe(true);
    expect(read.sha256).toBe(sha256(file.content));
  },
);

test("what is left out in the middle of a block, or beyond it, is hashed too", async () => {
  const file = new NotedFile(3 * READ_BLOCK_BYTES);
  const hasher = await createSHA256();
  const reading = new FileReading(file, hasher.init());
  for (const at of [0, 2 * PIECE_BYTES, 2 * READ_BLOCK_BYTES + PIECE_BYTES, file.size - PIECE_BYTES]) {
    const piece = new Uint8Array(await reading.read(at, PIECE_BYTES));
    expect(Buffer.from(piece).equals(file.content.subarray(at, at + PIECE_BYTES))).toBe(true);
  }
  expect(hasher.digest()).toBe(sha256(file.content));
});

test("a file that is shorter than it was is told, also when it was read ahead", async () => {
  const file = new NotedFile(2 * READ_BLOCK_BYTES, new Uint8Array(READ_BLOCK_BYTES + 10));
  const reading = new FileReading(file, (await createSHA256()).init());
  expect((await reading.read(0, PIECE_BYTES)).byteLength).toBe(PIECE_BYTES);
  await expect(reading.read(READ_BLOCK_BYTES, PIECE_BYTES)).rejects.toThrow(RangeError);
  await expect(reading.read(2 * READ_BLOCK_BYTES, 1)).rejects.toThrow(RangeError);
});
