import { expect, test } from "vitest";
import { TellingPace } from "../../../../src/store/exchange/telling-pace.ts";
import { RecentMap } from "../../../../src/lib/recent-map.ts";

/** At which times something that is asked for each tenth of a second is admitted. */
function admitted(ask: () => boolean, clock: { ms: number }, untilMs: number): number[] {
  const times: number[] = [];
  for (; clock.ms < untilMs; clock.ms += 100) if (ask()) times.push(clock.ms);
  return times;
}

test("one kind is told a few times at once, and then ever less often", () => {
  const clock = { ms: 0 };
  const pace = new TellingPace(() => clock.ms, { firstMs: 5_000, lastMs: 20_000 });
  expect(admitted(() => pace.admits("x"), clock, 80_000)).toEqual([
    0, 100, 200, 300, 5_300, 15_300, 35_300, 55_300, 75_300,
  ]);
});

test("another kind has a pace of its own, and quiet makes it new", () => {
  const clock = { ms: 0 };
  const pace = new TellingPace(() => clock.ms, { firstMs: 5_000, lastMs: 20_000 });
  admitted(() => pace.admits("x"), clock, 1_000);
  expect([pace.admits("x"), pace.admits("y")]).toEqual([false, true]);
  clock.ms = 100_000;
  expect(admitted(() => pace.admits("x"), clock, 100_500)).toHaveLength(4);
});

test("all kinds together have a limit, but for one that is alone", () => {
  const clock = { ms: 0 };
  const pace = new TellingPace(() => clock.ms, { firstMs: 5_000, lastMs: 20_000 });
  let kind = 0;
  expect(admitted(() => pace.admits(`${(kind += 1)}`), clock, 3_600_000).length).toBeLessThan(30 + 361);
  const alone = new TellingPace(() => clock.ms, { firstMs: 100, lastMs: 100, isAlone: true });
  expect(admitted(() => alone.admits(""), clock, clock.ms + 10_000).length).toBeGreaterThan(50);
});

test("a memory forgets what is oldest", () => {
  const map = new RecentMap<number>(2);
  for (const [at, key] of ["a", "b", "a", "c"].entries()) map.set(key, at);
  expect([map.get("a"), map.has("b"), map.get("c")]).toEqual([2, false, 3]);
});
