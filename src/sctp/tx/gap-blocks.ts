// The gap ack blocks of a SACK as encoded in the chunk: pairs of 16-bit offsets. RFC 9260 §3.3.4.
import { readU16, readU32, writeU32 } from "../packet/fields.ts";

/** Whether the blocks are in ascending order, as every stack sends them. */
export function areAscending(bytes: Uint8Array, at: number, count: number): boolean {
  let before = 0;
  for (let index = 0; index < count; index += 1) {
    const first = readU16(bytes, at + 4 * index);
    if (first < before) return false;
    before = first;
  }
  return true;
}

/** The same blocks in ascending order. */
export function sortedGaps(bytes: Uint8Array, at: number, count: number): Uint8Array {
  const gaps = Array.from({ length: count }, (_, index) => readU32(bytes, at + 4 * index)).toSorted((a, b) => a - b);
  const sorted = new Uint8Array(4 * count);
  for (const [index, gap] of gaps.entries()) writeU32(sorted, 4 * index, gap);
  return sorted;
}
