// When packets that arrive one by one are left to gather.
import { describe, expect, test } from "vitest";
import { ArrivalCoalescing, type ArrivalTraits, holdThread } from "../../../src/rtc/arrival-coalescing.ts";

const FAR: ArrivalTraits = { isStream: false, minRttMs: 50, inflightBytes: 0 };

/** What is said of each packet of 300 ms. */
function holds(perMs: number, traits: ArrivalTraits, coalescing = new ArrivalCoalescing()): boolean[] {
  return Array.from({ length: 300 * perMs }, (_, index) => coalescing.note(index / perMs, () => traits));
}

describe("ArrivalCoalescing", () => {
  test.each([3.5, 9, 11.5])("lets %f packets a millisecond gather, as soon as it has counted them", (perMs) => {
    const said = holds(perMs, FAR);
    expect(said.slice(0, 40 * perMs).includes(true)).toBe(false);
    expect(said.slice(60 * perMs).includes(false)).toBe(false);
  });

  test.each([
    ["few packets", 1, FAR],
    ["packets that come together anyway", 27, FAR],
    ["a short path", 9, { ...FAR, minRttMs: 9 }],
    ["a path whose round trip is not known", 9, { ...FAR, minRttMs: Number.POSITIVE_INFINITY }],
    ["a path whose round trip is no number", 9, { ...FAR, minRttMs: Number.NaN }],
    ["a path that is a TCP connection", 9, { ...FAR, isStream: true }],
    ["a file of ours that goes the other way", 9, { ...FAR, inflightBytes: 100_000 }],
  ])("never holds the thread for %s", (_title, perMs, traits) => {
    expect(holds(perMs, traits).includes(true)).toBe(false);
  });

  test("goes on while messages of ours are on the way", () => {
    expect(holds(9, { ...FAR, inflightBytes: 2_000 }).at(-1)).toBe(true);
  });

  test("stops when packets become few", () => {
    const coalescing = new ArrivalCoalescing();
    expect(holds(9, FAR, coalescing).at(-1)).toBe(true);
    expect(coalescing.holdMs(0.1)).toBe(1);
    expect(coalescing.note(1_000, () => FAR)).toBe(false);
    expect(coalescing.holdMs(0.1)).toBe(0);
  });

  test("never holds a thread that is behind with what arrives", () => {
    const coalescing = new ArrivalCoalescing();
    holds(9, FAR, coalescing);
    expect([0.1, 0.5, 0.6, 4].map((handlingMs) => coalescing.holdMs(handlingMs))).toEqual([1, 1, 0, 0]);
  });

  test("asks about the path once in 50 ms", () => {
    const coalescing = new ArrivalCoalescing();
    let asked = 0;
    for (let index = 0; index < 9 * 500; index += 1) {
      coalescing.note(index / 9, () => {
        asked += 1;
        return FAR;
      });
    }
    expect(asked).toBe(9);
  });
});

test("holds the thread for as long as it is told", () => {
  const startMs = performance.now();
  holdThread(20);
  expect(performance.now() - startMs).toBeGreaterThanOrEqual(19);
});
