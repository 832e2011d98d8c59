// DATA chunks that come in parts: any order, repeats, and parts that fit nowhere.
import { describe, expect, test } from "vitest";
import { CHUNK_PART_BYTES } from "../../../../src/sctp/packet/chunk-types.ts";
import { ChunkParts } from "../../../../src/sctp/rx/chunk-parts.ts";
import { firstTsn } from "../../../../src/sctp/serial.ts";

const TSN = firstTsn(7);
const DATA = Uint8Array.from({ length: 2 * CHUNK_PART_BYTES + 50 }, (_, index) => (index * 31) % 251);
const OFFSETS = [0, CHUNK_PART_BYTES, 2 * CHUNK_PART_BYTES];

function partAt(offset: number): Uint8Array {
  return DATA.subarray(offset, offset + CHUNK_PART_BYTES);
}

describe("parts of a chunk", () => {
  test.each([[[0, 1, 2]], [[2, 0, 1]], [[1, 1, 2, 0]]])("make it whole in the order %j", (order) => {
    const parts = new ChunkParts();
    const results = order.map((index) => {
      const offset = OFFSETS[index] ?? 0;
      return parts.add(TSN, DATA.length, offset, partAt(offset));
    });
    expect(results.at(-1)).toEqual(DATA);
    expect(results.slice(0, -1).every((result) => result === undefined)).toBe(true);
    expect(parts.count).toBe(0);
  });

  test("that lie nowhere are ignored", () => {
    const parts = new ChunkParts();
    for (const [total, offset, bytes] of [
      [DATA.length, 1, CHUNK_PART_BYTES],
      [DATA.length, 0, CHUNK_PART_BYTES - 1],
      [DATA.length, 3 * CHUNK_PART_BYTES, 1],
      [0, 0, 1],
      [100, 0, 101],
      [65_535, 0, CHUNK_PART_BYTES],
    ] as const) {
      expect(parts.add(TSN, total, offset, new Uint8Array(bytes))).toBeUndefined();
    }
    expect(parts.count).toBe(0);
  });

  test("of a chunk that is said to have another size begin anew", () => {
    const parts = new ChunkParts();
    parts.add(TSN, DATA.length - 1, 0, partAt(0));
    for (const offset of OFFSETS.slice(1)) expect(parts.add(TSN, DATA.length, offset, partAt(offset))).toBeUndefined();
    expect(parts.add(TSN, DATA.length, 0, partAt(0))).toEqual(DATA);
  });

  test("of too many chunks are forgotten, the oldest first", () => {
    const parts = new ChunkParts();
    for (let tsn = 0; tsn < 1_000; tsn += 1) parts.add(firstTsn(tsn), DATA.length, 0, partAt(0));
    expect(parts.count).toBe(64);
    const rest = (tsn: number) =>
      OFFSETS.slice(1).map((offset) => parts.add(firstTsn(tsn), DATA.length, offset, partAt(offset)));
    expect(rest(999)[1]).toEqual(DATA);
    expect(rest(900)).toEqual([undefined, undefined]);
  });

  test("are dropped with the TSN", () => {
    const parts = new ChunkParts();
    for (const tsn of [5, 6, 7]) parts.add(firstTsn(tsn), DATA.length, 0, partAt(0));
    parts.dropUpTo(firstTsn(6));
    expect(parts.count).toBe(1);
  });
});
