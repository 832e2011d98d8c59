import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ReplayWindow } from "../../../src/lib/replay-window.ts";

const BITS = 16_384;
/** Any number beyond the window. */
const HIGH = 50_000;

describe("ReplayWindow", () => {
  test("refuses what it has seen and takes what is late but new", () => {
    const window = new ReplayWindow(BITS);
    for (const sequence of [0, 5, 3]) {
      expect(window.isFresh(sequence)).toBe(true);
      window.mark(sequence);
      expect(window.isFresh(sequence)).toBe(false);
    }
    expect(window.isFresh(4)).toBe(true);
  });

  test("refuses what is older than the window", () => {
    const window = new ReplayWindow(BITS);
    window.mark(HIGH);
    expect(window.isFresh(HIGH - BITS)).toBe(false);
    expect(window.isFresh(HIGH - BITS + 1)).toBe(true);
  });

  test("a number that is marked though it is too old changes nothing", () => {
    const window = new ReplayWindow(BITS);
    window.mark(HIGH);
    for (const old of [HIGH - BITS, HIGH - 2 * BITS + 1, 0]) window.mark(old);
    expect(window.isFresh(HIGH - BITS + 1)).toBe(true);
    expect(Array.from({ length: BITS - 1 }, (_, back) => window.isFresh(HIGH - 1 - back)).every(Boolean)).toBe(true);
  });

  test("forgets all at once what a jump leaves behind, and nothing that is still inside", () => {
    for (const [jump, isKept] of [
      [BITS - 1, true],
      [BITS, false],
      [HIGH, false],
    ] as const) {
      const window = new ReplayWindow(BITS);
      for (let sequence = 0; sequence <= 40; sequence += 1) window.mark(sequence);
      window.mark(40 + jump);
      const first = 40 + jump - BITS + 1;
      expect(window.isFresh(first)).toBe(!isKept);
      expect(Array.from({ length: BITS - 2 }, (_, index) => window.isFresh(first + 1 + index)).every(Boolean)).toBe(
        true,
      );
    }
  });

  test("takes what is newer than all, whatever lay at its place in the window", () => {
    const window = new ReplayWindow(BITS);
    for (const sequence of [0, BITS, 2 * BITS]) {
      expect(window.isFresh(sequence)).toBe(true);
      window.mark(sequence);
    }
  });

  test("agrees with a set of all numbers seen, near 2^48 too", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(0, 2 ** 32 - 700, 2 ** 48 - 100_000),
        fc.array(fc.nat({ max: 4 * BITS }), { maxLength: 400 }),
        (start, offsets) => {
          const window = new ReplayWindow(BITS);
          const seen = new Set<number>();
          let highest = -1;
          for (const offset of offsets) {
            const sequence = start + offset;
            const isFresh = !seen.has(sequence) && sequence > highest - BITS;
            expect(window.isFresh(sequence)).toBe(isFresh);
            if (!isFresh) continue;
            window.mark(sequence);
            seen.add(sequence);
            highest = Math.max(highest, sequence);
          }
        },
      ),
    );
  });
});
