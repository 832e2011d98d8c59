// Gap ack blocks as they are in a chunk: whether they ascend, and how they do.
import { expect, test } from "vitest";
import { areAscending, sortedGaps } from "../../../../src/sctp/tx/gap-blocks.ts";

/** Blocks of 16-bit offsets, after two bytes of something else. */
function bytesOf(...blocks: [first: number, last: number][]): Uint8Array {
  const bytes = new Uint8Array(2 + 4 * blocks.length);
  const view = new DataView(bytes.buffer);
  for (const [at, [first, last]] of blocks.entries()) {
    view.setUint16(2 + 4 * at, first);
    view.setUint16(4 + 4 * at, last);
  }
  return bytes;
}

test.each<[[number, number][], boolean]>([
  [[], true],
  [[[2, 3]], true],
  [
    [
      [2, 3],
      [5, 9],
      [65_535, 65_535],
    ],
    true,
  ],
  [
    [
      [5, 9],
      [2, 3],
    ],
    false,
  ],
  [
    [
      [2, 3],
      [9, 9],
      [5, 6],
    ],
    false,
  ],
])("%j ascends: %s", (blocks, isIt) => {
  expect(areAscending(bytesOf(...blocks), 2, blocks.length)).toBe(isIt);
});

test("sorted blocks are the same ones in order", () => {
  const odd = bytesOf([40_000, 40_001], [5, 9], [65_535, 65_535], [2, 3]);
  expect(sortedGaps(odd, 2, 4)).toEqual(bytesOf([2, 3], [5, 9], [40_000, 40_001], [65_535, 65_535]).slice(2));
  expect(sortedGaps(odd, 2, 1)).toEqual(bytesOf([40_000, 40_001]).slice(2));
});
