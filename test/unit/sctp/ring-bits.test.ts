// A ring of bits against a set.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RingBits } from "../../../src/sctp/ring-bits.ts";

const CAPACITY = 128;

describe("ring of bits", () => {
  test("holds and finds what a set would, wherever the window of numbers is", () => {
    const base = fc.constantFrom(0, 5, 2 ** 32 - 64, 2 ** 33 + 31, 2 ** 45 - 17);
    const step = fc.tuple(fc.boolean(), fc.nat(CAPACITY - 1));
    fc.assert(
      fc.property(base, fc.array(step, { maxLength: 60 }), fc.nat(CAPACITY), fc.nat(CAPACITY), (from, steps, a, b) => {
        const bits = new RingBits(CAPACITY);
        const model = new Set<number>();
        for (const [isSet, offset] of steps) {
          if (isSet) {
            bits.set(from + offset);
            model.add(from + offset);
          } else {
            bits.clear(from + offset);
            model.delete(from + offset);
          }
        }
        const all = Array.from({ length: CAPACITY }, (_, offset) => from + offset);
        expect(all.filter((n) => bits.has(n))).toEqual(all.filter((n) => model.has(n)));
        const [start, end] = [from + Math.min(a, b), from + Math.max(a, b)];
        const range = all.filter((n) => n >= start && n < end);
        expect(bits.nextSet(start, end)).toBe(range.find((n) => model.has(n)) ?? end);
        expect(bits.nextClear(start, end)).toBe(range.find((n) => !model.has(n)) ?? end);
      }),
      { numRuns: 300 },
    );
  });

  test("an empty range ends where it begins", () => {
    const bits = new RingBits(32);
    expect([bits.nextSet(9, 9), bits.nextClear(9, 9)]).toEqual([9, 9]);
  });
});
