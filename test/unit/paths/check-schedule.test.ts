import { describe, expect, test } from "vitest";
import {
  CHECK_PACE_MS,
  CheckSchedule,
  RECHECK_MS,
  RECHECK_SLOW_AFTER_MS,
  RECHECK_SLOW_MS,
} from "../../../src/paths/check-schedule.ts";

interface Pair {
  name: string;
  isBeingChecked: boolean;
}

const pairsOf = (...names: string[]): Pair[] => names.map((name) => ({ name, isBeingChecked: false }));

/** Runs the schedule; each check ends at once. @returns what began, with its time */
function run(
  schedule: CheckSchedule<Pair>,
  pairs: readonly Pair[],
  fromMs: number,
  untilMs: number,
): [string, number][] {
  const begun: [string, number][] = [];
  for (let nowMs = fromMs; ; ) {
    nowMs = Math.max(nowMs, schedule.nextDeadlineMs());
    if (nowMs > untilMs) return begun;
    const pair = schedule.takeDue(pairs, nowMs);
    if (pair === undefined) continue;
    begun.push([pair.name, nowMs]);
    schedule.noteChecked(pair, nowMs);
  }
}

describe("the schedule of checks", () => {
  test("takes the best pair first, one each 50 ms, and each again after half a second", () => {
    const schedule = new CheckSchedule<Pair>();
    schedule.start(0);
    const begun = run(schedule, pairsOf("a", "b"), 0, RECHECK_MS + CHECK_PACE_MS);
    expect(begun).toEqual([
      ["a", 0],
      ["b", CHECK_PACE_MS],
      ["a", RECHECK_MS],
      ["b", RECHECK_MS + CHECK_PACE_MS],
    ]);
  });

  test("never begins more than 20 a second, however many pairs there are and whoever triggers them", () => {
    const schedule = new CheckSchedule<Pair>();
    const pairs = pairsOf(...Array.from({ length: 200 }, (_, index) => String(index)));
    schedule.start(0);
    let begun = 0;
    const names = new Set<string>();
    for (let nowMs = 0; nowMs < 10_000; nowMs += 1) {
      for (const pair of pairs) schedule.trigger(pair, nowMs);
      const pair = schedule.takeDue(pairs, nowMs);
      if (pair !== undefined) {
        begun += 1;
        names.add(pair.name);
      }
      // Starting anew does not begin the pace anew.
      if (nowMs % 100 === 0) schedule.start(nowMs);
    }
    expect(begun).toBe(10_000 / CHECK_PACE_MS);
    // Many askers do not keep others from their turn either.
    expect(names.size).toBe(pairs.length);
  });

  test("slows down after the first minute", () => {
    const schedule = new CheckSchedule<Pair>();
    schedule.start(0);
    const begun = run(schedule, pairsOf("a"), 0, RECHECK_SLOW_AFTER_MS + 5 * RECHECK_SLOW_MS);
    const times = begun.map(([, atMs]) => atMs);
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBe(RECHECK_MS);
    expect((times.at(-1) ?? 0) - (times.at(-2) ?? 0)).toBe(RECHECK_SLOW_MS);
  });

  test("lets what was triggered go first, and nothing else once a pair is selected", () => {
    const schedule = new CheckSchedule<Pair>();
    const pairs = pairsOf("a", "b", "c");
    schedule.start(0);
    schedule.trigger(pairs[2] as Pair, 0);
    schedule.settle();
    schedule.trigger(pairs[1] as Pair, 0);
    expect(run(schedule, pairs, 0, 10_000).map(([name]) => name)).toEqual(["c", "b"]);
    expect(schedule.nextDeadlineMs()).toBe(Number.POSITIVE_INFINITY);
  });

  test("leaves alone what is being checked, and what is in the list no more", () => {
    const schedule = new CheckSchedule<Pair>();
    const [a, gone] = pairsOf("a", "gone") as [Pair, Pair];
    a.isBeingChecked = true;
    schedule.start(0);
    schedule.trigger(a, 0);
    schedule.trigger(gone, 0);
    expect(run(schedule, [a], 0, 5_000)).toEqual([]);
  });

  test("does nothing after stop, and counts from start", () => {
    const schedule = new CheckSchedule<Pair>();
    expect(schedule.runningMs(5)).toBeUndefined();
    schedule.start(10);
    expect(schedule.runningMs(15)).toBe(5);
    schedule.stop();
    schedule.trigger(pairsOf("a")[0] as Pair, 20);
    expect(schedule.nextDeadlineMs()).toBe(Number.POSITIVE_INFINITY);
  });
});
