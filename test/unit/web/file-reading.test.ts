// How a page reads a file that it sends: as one stream, whatever pieces are asked for.
import { createHash } from "node:crypto";
import { createSHA256 } from "hash-wasm";
import { expect, test } from "vitest";
import { FileReading } from "../../../src/web/file-reading.ts";

const PIECE_BYTES = 512 * 1024;

/** The browser hands out what its pipe holds. */
const CHUNK_BYTES = 100_000;
const SIZE = 3_000_000;

/** A file that notes what is read of it beside its stream, and whether that was let go. */
class NotedFile {
  readonly size: number;
  readonly content: Uint8Array<ArrayBuffer>;
  readonly reads: [start: number, end: number][] = [];
  isCancelled = false;
  wasChanged = false;

  constructor(size: number, content = Uint8Array.from({ length: size }, (_, at) => at ^ (at >> 8))) {
    this.size = size;
    this.content = content;
  }

  slice(start: number, end: number): { arrayBuffer(): Promise<ArrayBuffer> } {
    this.reads.push([start, end]);
    const bytes = this.content.slice(start, end).buffer;
    const failure = new DOMException("", "NotReadableError");
    return { arrayBuffer: () => (this.wasChanged ? Promise.reject(failure) : Promise.resolve(bytes)) };
  }

  stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    let at = 0;
    return new ReadableStream({
      pull: (controller) => {
        if (at < this.content.length) controller.enqueue(this.content.slice(at, at + CHUNK_BYTES));
        else controller.close();
        at += CHUNK_BYTES;
      },
      cancel: () => {
        this.isCancelled = true;
      },
    });
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

test("pieces come out of one stream, and the hash is that of the file", async () => {
  const file = new NotedFile(SIZE);
  const read = await readAll(file);
  expect(read.bytes.equals(file.content)).toBe(true);
  expect(read.sha256).toBe(sha256(file.content));
  // The last byte is read anew: the browser compares the file with the one that was chosen.
  expect(file.reads).toEqual([[SIZE - 1, SIZE]]);
});

test("a file of one piece is read once", async () => {
  const file = new NotedFile(1_000);
  expect((await readAll(file)).sha256).toBe(sha256(file.content));
  expect(file.reads).toEqual([]);
});

test.each([1, CHUNK_BYTES, 700_000])(
  "what the other side has, %i bytes, is hashed and not handed out",
  async (from) => {
    const file = new NotedFile(SIZE);
    const read = await readAll(file, from);
    expect(read.bytes.equals(file.content.subarray(from))).toBe(true);
    expect(read.sha256).toBe(sha256(file.content));
  },
);

test("what is left out between two pieces is hashed too", async () => {
  const file = new NotedFile(SIZE);
  const hasher = await createSHA256();
  const reading = new FileReading(file, hasher.init());
  for (const at of [0, 2 * PIECE_BYTES, file.size - PIECE_BYTES]) {
    const piece = new Uint8Array(await reading.read(at, PIECE_BYTES));
    expect(Buffer.from(piece).equals(file.content.subarray(at, at + PIECE_BYTES))).toBe(true);
  }
  expect(hasher.digest()).toBe(sha256(file.content));
});

test("a file that is shorter than it was is told", async () => {
  const file = new NotedFile(SIZE, new Uint8Array(PIECE_BYTES + 10));
  const reading = new FileReading(file, (await createSHA256()).init());
  expect((await reading.read(0, PIECE_BYTES)).byteLength).toBe(PIECE_BYTES);
  await expect(reading.read(PIECE_BYTES, PIECE_BYTES)).rejects.toThrow(RangeError);
  await expect(reading.read(2 * PIECE_BYTES, 1)).rejects.toThrow(RangeError);
});

test("a file that was changed while it was read is told at its end", async () => {
  const file = new NotedFile(2 * PIECE_BYTES);
  const reading = new FileReading(file, (await createSHA256()).init());
  await reading.read(0, PIECE_BYTES);
  file.wasChanged = true;
  await expect(reading.read(PIECE_BYTES, PIECE_BYTES)).rejects.toThrow(DOMException);
});

test("what was asked for before a file is let go still comes", async () => {
  const file = new NotedFile(SIZE);
  const reading = new FileReading(file, (await createSHA256()).init());
  const piece = reading.read(0, PIECE_BYTES);
  await reading.close();
  expect((await piece).byteLength).toBe(PIECE_BYTES);
  expect(file.isCancelled).toBe(true);
});
