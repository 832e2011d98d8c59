// A part of an earlier session, compared block by block with the sender's file.
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import type { DiskHandle } from "../../../../src/store/file-system.ts";
import { ResumedPart } from "../../../../src/store/transfer/resumed-part.ts";
import { MIN_BLOCK_BYTES } from "../../../../src/transfer/limits.ts";

const CONTENT = new Uint8Array(3 * MIN_BLOCK_BYTES).map((_, at) => at % 251);

/** @param readable - bytes that the disk gives before it gives no more */
function partOf(partBytes: number, fileBytes = CONTENT.length, readable = CONTENT.length) {
  let closes = 0;
  const handle = {
    read: async (into: Uint8Array, at: number, length: number, position: number) => {
      const piece = CONTENT.subarray(position, Math.min(position + length, readable));
      into.set(piece, at);
      return { bytesRead: piece.length };
    },
    close: async () => {
      closes += 1;
    },
  } as unknown as DiskHandle;
  const found = { place: { folder: "/out", id: "0".repeat(16) }, part: { bytes: partBytes } };
  const part = new ResumedPart({ found, hasChanged: false } as never, handle, fileBytes);
  return { part, closes: () => closes };
}

/** The hashes of the sender's blocks; those of `changed` differ. */
function hashesOf(bytes: number, changed: readonly number[] = []): Uint8Array {
  const hashes: Buffer[] = [];
  for (let block = 0; block * MIN_BLOCK_BYTES < bytes; block += 1) {
    const end = Math.min((block + 1) * MIN_BLOCK_BYTES, bytes);
    const hash = createHash("sha256").update(CONTENT.subarray(block * MIN_BLOCK_BYTES, end));
    hashes.push((changed.includes(block) ? hash.update("x") : hash).digest());
  }
  return Buffer.concat(hashes);
}

test("identical blocks are kept, and the hash of all of them continues", async () => {
  const bytes = 2 * MIN_BLOCK_BYTES + 5;
  const { part } = partOf(bytes);
  await part.hash();
  expect(await part.compare(hashesOf(bytes))).toEqual(Uint8Array.of(0b111));
  expect(part.keptBytes).toBe(bytes);
  expect(part.wholeHash?.digest("hex")).toBe(createHash("sha256").update(CONTENT.subarray(0, bytes)).digest("hex"));
});

test("a block that differs leaves a gap, and no hash that could continue", async () => {
  const bytes = 3 * MIN_BLOCK_BYTES;
  const { part } = partOf(bytes);
  await part.hash();
  expect(await part.compare(hashesOf(bytes, [1]))).toEqual(Uint8Array.of(0b101));
  expect(part.keptBytes).toBe(2 * MIN_BLOCK_BYTES);
  expect(part.wholeHash).toBeUndefined();
});

test("a part that is longer than the file now is compared as far as the file goes", () => {
  expect(partOf(3 * MIN_BLOCK_BYTES, 100).part.plan.bytes).toBe(100);
});

test("a disk that does not give the part has nothing in common with the sender", async () => {
  const bytes = 2 * MIN_BLOCK_BYTES;
  const { part } = partOf(bytes, bytes, MIN_BLOCK_BYTES);
  await part.hash();
  expect(await part.compare(hashesOf(bytes))).toEqual(Uint8Array.of(0));
  expect(part.keptBytes).toBe(0);
});

test("closing waits for the hashing, and closes the file once", async () => {
  const { part, closes } = partOf(MIN_BLOCK_BYTES);
  void part.hash();
  await part.close();
  expect(closes()).toBe(1);
});
