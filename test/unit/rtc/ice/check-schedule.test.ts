// The pace of checks, whatever happens to them: in virtual time.
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { CHECK_PACE_MS, CheckSchedule } from "../../../../src/rtc/ice/check-schedule.ts";
import { PairState, type WeriftPair } from "../../../../src/rtc/werift.ts";

const CHECKS_PER_SECOND = 1_000 / CHECK_PACE_MS;

type Pair = { name: number; state: number };

/** A schedule over so many pairs, and the checks that it has begun. */
function scheduleOf(count: number) {
  const pairs: Pair[] = Array.from({ length: count }, (_, name) => ({ name, state: PairState.WAITING }));
  const begun: { name: number; atMs: number }[] = [];
  const schedule = new CheckSchedule({
    pairs: () => pairs as unknown as WeriftPair[],
    check: (pair) => {
      begun.push({ name: (pair as unknown as Pair).name, atMs: performance.now() });
    },
    onTick: () => {},
  });
  const trigger = (name: number): void => {
    schedule.trigger(pairs[name] as unknown as WeriftPair);
  };
  return { schedule, pairs, begun, trigger };
}

/** The most that began within a second. */
function busiestSecond(begun: readonly { atMs: number }[]): number {
  return Math.max(
    ...begun.map(({ atMs: startMs }) => begun.filter(({ atMs }) => atMs >= startMs && atMs < startMs + 1_000).length),
  );
}

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe("no more checks begin than were promised", () => {
  test.each([1, 7, 200])("with %i pairs whose checks end at once", (count) => {
    const { schedule, begun } = scheduleOf(count);
    schedule.start();
    vi.advanceTimersByTime(10_000);
    schedule.stop();
    expect(begun.length).toBeGreaterThan(10);
    expect(busiestSecond(begun)).toBeLessThanOrEqual(CHECKS_PER_SECOND);
  });

  test.each([1, 7, 200])("where each of %i pairs asks for another turn all the time", (count) => {
    const { schedule, pairs, begun, trigger } = scheduleOf(count);
    schedule.start();
    for (let ms = 0; ms < 5_000; ms += 1) {
      for (const { name } of pairs) trigger(name);
      vi.advanceTimersByTime(1);
    }
    schedule.stop();
    // Many askers do not keep others from their turn either.
    expect(begun.length).toBeGreaterThan(4 * CHECKS_PER_SECOND);
    expect(busiestSecond(begun)).toBeLessThanOrEqual(CHECKS_PER_SECOND);
    expect(new Set(begun.map(({ name }) => name)).size).toBe(Math.min(count, begun.length));
  });

  test("where it is started again and again", () => {
    const { schedule, begun } = scheduleOf(200);
    for (let ms = 0; ms < 3_000; ms += 5) {
      schedule.stop();
      schedule.start();
      vi.advanceTimersByTime(5);
    }
    schedule.stop();
    expect(begun.length).toBeGreaterThan(CHECKS_PER_SECOND);
    expect(busiestSecond(begun)).toBeLessThanOrEqual(CHECKS_PER_SECOND);
  });
});

test("a pair that is asked for comes before all others, once", () => {
  const { schedule, begun, trigger } = scheduleOf(50);
  schedule.start();
  trigger(40);
  trigger(40);
  vi.advanceTimersByTime(3 * CHECK_PACE_MS);
  schedule.stop();
  expect(begun.map(({ name }) => name).slice(0, 3)).toEqual([40, 0, 1]);
});

test("once a pair is nominated only those are checked that are asked for", () => {
  const { schedule, begun, trigger } = scheduleOf(50);
  schedule.start();
  vi.advanceTimersByTime(1);
  schedule.settle();
  const before = begun.length;
  vi.advanceTimersByTime(1_000);
  trigger(9);
  vi.advanceTimersByTime(5_000);
  expect(begun.slice(before).map(({ name }) => name)).toEqual([9]);
});

test("nothing is checked that is not listed any more, is being checked, or is asked for after the end", () => {
  const { schedule, pairs, begun, trigger } = scheduleOf(4);
  schedule.start();
  vi.advanceTimersByTime(4 * CHECK_PACE_MS);
  schedule.settle();
  vi.advanceTimersByTime(CHECK_PACE_MS);
  const before = begun.length;
  for (const { name } of pairs.slice(0, 3)) trigger(name);
  (pairs[1] as Pair).state = PairState.IN_PROGRESS;
  pairs.splice(2, 1);
  vi.advanceTimersByTime(1_000);
  expect(begun.slice(before).map(({ name }) => name)).toEqual([0]);
  schedule.stop();
  trigger(0);
  vi.advanceTimersByTime(1_000);
  expect(begun).toHaveLength(before + 1);
});
