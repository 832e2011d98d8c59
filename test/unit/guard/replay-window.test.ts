import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ReplayWindow } from "../../../src/guard/replay-window.ts";

describe("ReplayWindow (RFC 6347 §4.1.2.6)", () => {
  test("refuses what it has seen and takes what is late but new", () => {
    const window = new ReplayWindow();
    for (const sequence of [0, 5, 3]) {
      expect(window.isFresh(sequence)).toBe(true);
      window.mark(sequence);
      expect(window.isFresh(sequence)).toBe(false);
    }
    expect(window.isFresh(4)).toBe(true);
  });

  test("refuses what is older than the window", () => {
    const window = new ReplayWindow();
    window.mark(5_000);
    expect(window.isFresh(5_000 - 1_024)).toBe(false);
    expect(window.isFresh(5_000 - 1_023)).toBe(true);
  });

  test("agrees with a set of all numbers seen, near 2^48 too", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(0, 2 ** 32 - 700, 2 ** 48 - 10_000),
        fc.array(fc.nat({ max: 4_000 }), { maxLength: 400 }),
        (start, offsets) => {
          const window = new ReplayWindow();
          const seen = new Set<number>();
          let highest = -1;
          for (const offset of offsets) {
            const sequence = start + offset;
            const isFresh = !seen.has(sequence) && sequence > highest - 1_024;
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
