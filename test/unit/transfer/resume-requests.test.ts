// The hashes that a receiver has asked for: it takes those, in their order, and nothing else, and asks for each file once.
import { describe, expect, it } from "vitest";
import { MIN_BLOCK_BYTES } from "../../../src/transfer/limits.ts";
import { ResumeRequests } from "../../../src/transfer/resume-requests.ts";

const HASH_BYTES = 32;
const hashes = (count: number, fill = 1): Uint8Array => new Uint8Array(count * HASH_BYTES).fill(fill);

/** Of file 7 there are three blocks here, of file 9 a part of one. */
function requests(): ResumeRequests {
  return new ResumeRequests([
    { index: 7, bytes: 3 * MIN_BLOCK_BYTES },
    { index: 9, bytes: 1 },
  ]);
}

describe("hashes of blocks", () => {
  it("are all there when the last have come", () => {
    const open = requests();
    expect(open.addHashes(7, 0, hashes(1, 1))).toEqual({ all: undefined });
    expect(open.addHashes(7, 1, hashes(1, 2))).toEqual({ all: undefined });
    const { all } = open.addHashes(7, 2, hashes(1, 3)) as { all: Uint8Array };
    expect([all.length, all[0], all[HASH_BYTES], all[2 * HASH_BYTES]]).toEqual([3 * HASH_BYTES, 1, 2, 3]);
    expect(open.addHashes(9, 0, hashes(1))).toEqual({ all: hashes(1) });
  });

  it.each([
    ["of a file that is whole or new here", 8, 0, 1, "nobody asked for"],
    ["that leave some out", 7, 1, 1, "out of order"],
    ["of more blocks than there are", 7, 0, 4, "too many"],
  ])("%s are refused, and those that belong there still come", (_what, index, first, count, problem) => {
    const open = requests();
    expect(open.addHashes(index, first, hashes(count))).toEqual({ problem: expect.stringContaining(problem) });
    expect(open.addHashes(7, 0, hashes(3))).toEqual({ all: hashes(3) });
  });

  it("that come twice, or when all are there, are refused", () => {
    const open = requests();
    open.addHashes(7, 0, hashes(2));
    expect(open.addHashes(7, 0, hashes(1))).toHaveProperty("problem");
    open.addHashes(7, 2, hashes(1));
    expect(open.addHashes(7, 3, hashes(1))).toHaveProperty("problem");
  });
});

describe("a file of which a part is here", () => {
  it("is open until it is settled or given up, and is asked for with its blocks", () => {
    const open = requests();
    expect(open.plans().map(([index, plan]) => [index, plan])).toEqual([
      [7, expect.objectContaining({ blockBytes: MIN_BLOCK_BYTES })],
      [9, expect.objectContaining({ blockBytes: MIN_BLOCK_BYTES })],
    ]);
    open.giveUp(9);
    expect([open.openCount, open.addHashes(9, 0, hashes(1))]).toEqual([1, { problem: expect.any(String) }]);
    open.settle(7, Uint8Array.of(0), 4 * MIN_BLOCK_BYTES);
    expect([open.openCount, open.plans()]).toEqual([0, []]);
  });

  it("keeps the blocks that are equal, and is settled once", () => {
    const open = requests();
    const kept = open.settle(7, Uint8Array.of(0b101), 4 * MIN_BLOCK_BYTES);
    expect([kept?.keptBytes, open.keptBytes, open.kept(7) === kept]).toEqual([
      2 * MIN_BLOCK_BYTES,
      2 * MIN_BLOCK_BYTES,
      true,
    ]);
    expect(open.settle(7, Uint8Array.of(0b111), 4 * MIN_BLOCK_BYTES)).toBeUndefined();
    expect([open.keptBytes, open.kept(9), open.kept(8)]).toEqual([2 * MIN_BLOCK_BYTES, undefined, undefined]);
    open.settle(9, Uint8Array.of(1), 5);
    expect(open.keptBytes).toBe(2 * MIN_BLOCK_BYTES + 1);
  });
});
