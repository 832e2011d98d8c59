import { describe, expect, test } from "vitest";
import { MAX_MISSING, MissingPackets } from "../../../src/media/missing-packets.ts";

/** When each packet is asked for, looking every ms. */
function requests(missing: MissingPackets, fromMs: number, untilMs: number): [atMs: number, indexes: number[]][] {
  const found: [number, number[]][] = [];
  for (let nowMs = fromMs; nowMs < untilMs; nowMs += 1) {
    const due = missing.takeDue(nowMs);
    if (due.length > 0) found.push([nowMs, due]);
  }
  return found;
}

describe("MissingPackets", () => {
  test("asks after a moment, and again after a round trip and a bit", () => {
    const missing = new MissingPackets();
    missing.add(5, 7, 100);
    expect(requests(missing, 100, 250)).toEqual([
      [101, [5, 6]],
      [165, [5, 6]],
      [229, [5, 6]],
    ]);
  });

  test("what comes out of order is not asked for", () => {
    const missing = new MissingPackets();
    missing.add(5, 6, 100);
    expect(missing.takeDue(100)).toEqual([]);
    expect(missing.arrived(5, 100)).toBe(false);
    expect([requests(missing, 100, 400), missing.nextRequestMs]).toEqual([[], Infinity]);
  });

  test("learns the round trip from an answer, and asks and waits accordingly", () => {
    const missing = new MissingPackets();
    expect([missing.rttMs, missing.waitMs]).toEqual([undefined, 340]);
    missing.add(5, 6, 0);
    expect(missing.takeDue(6)).toEqual([5]);
    expect(missing.arrived(5, 6 + 150)).toBe(true);
    expect([missing.rttMs, missing.waitMs]).toEqual([150, 750]);
    missing.add(8, 9, 1_000);
    expect(requests(missing, 1_000, 1_300).map(([atMs]) => atMs)).toEqual([1_001, 1_190]);
  });

  test("an answer to one of several requests is an upper bound only", () => {
    const missing = new MissingPackets();
    missing.add(5, 6, 0);
    missing.takeDue(6);
    missing.takeDue(80);
    missing.arrived(5, 106);
    expect(missing.rttMs).toBe(100);
    missing.add(7, 8, 1_000);
    missing.takeDue(1_006);
    missing.arrived(7, 1_026);
    expect(missing.rttMs).toBe(90);
    missing.add(9, 10, 2_000);
    missing.takeDue(2_006);
    missing.takeDue(2_300);
    missing.arrived(9, 2_400);
    expect(missing.rttMs).toBe(90);
  });

  test("gives up after its wait, and asks ten times at most", () => {
    const missing = new MissingPackets();
    missing.add(5, 6, 0);
    expect([missing.isHopeless(5, 339), missing.isHopeless(5, 340)]).toEqual([false, true]);
    expect(missing.hopelessAtMs(5)).toBe(340);
    expect(requests(missing, 0, 5_000).length).toBe(10);
  });

  test("what it does not know is hopeless", () => {
    const missing = new MissingPackets();
    missing.add(5, 8, 0);
    missing.forgetBefore(7);
    expect([5, 6, 7].map((index) => missing.isHopeless(index, 1))).toEqual([true, true, false]);
    missing.clear();
    expect(missing.isHopeless(7, 1)).toBe(true);
    expect(missing.nextRequestMs).toBe(Infinity);
  });

  test("keeps MAX_MISSING, the newest, and none of a loss that is larger", () => {
    const missing = new MissingPackets();
    expect(missing.add(0, MAX_MISSING, 0)).toBe(true);
    expect(missing.add(MAX_MISSING, MAX_MISSING + 10, 0)).toBe(true);
    expect([9, 10].map((index) => missing.isHopeless(index, 1))).toEqual([true, false]);
    expect(missing.takeDue(6).length).toBe(MAX_MISSING);
    expect(missing.add(5_000, 5_001 + MAX_MISSING, 10)).toBe(false);
    expect(missing.takeDue(1_000)).toEqual([]);
  });

  test("looks every 5 ms at most, whatever its deadlines", () => {
    const missing = new MissingPackets();
    for (let index = 0; index < 100; index += 2) missing.add(index, index + 1, index);
    const times = requests(missing, 0, 60).map(([atMs]) => atMs);
    expect(times.every((atMs, at) => at === 0 || atMs - (times[at - 1] ?? 0) >= 5)).toBe(true);
  });
});
