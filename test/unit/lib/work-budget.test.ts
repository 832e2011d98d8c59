import { expect, test } from "vitest";
import { WorkBudget } from "../../../src/lib/work-budget.ts";

/** How much of what is asked for every millisecond may be done. */
function doneWithin(budget: WorkBudget, fromMs: number, ms: number): number {
  let count = 0;
  for (let nowMs = fromMs; nowMs < fromMs + ms; nowMs += 1) if (budget.take(nowMs)) count += 1;
  return count;
}

test("allows a burst, then its rate, however much is asked for", () => {
  const budget = new WorkBudget(10, 16);
  expect(doneWithin(budget, 0, 10)).toBe(10);
  expect(doneWithin(budget, 10, 10_000)).toBe(106);
});

test("a pause gives no more than the burst back", () => {
  const budget = new WorkBudget(10, 16);
  doneWithin(budget, 0, 1_000);
  expect(Array.from({ length: 30 }, () => budget.take(3_600_000)).filter(Boolean)).toHaveLength(16);
});

test("gives back exactly as much as the time that has passed is worth", () => {
  const budget = new WorkBudget(10, 1);
  expect([0, 0, 99, 100, 100, 150, 199, 200].map((nowMs) => budget.take(nowMs))).toEqual([
    true,
    false,
    false,
    true,
    false,
    false,
    false,
    true,
  ]);
});

test("work of several units is done whole or not at all", () => {
  const budget = new WorkBudget(10, 16);
  expect([10, 10, 6, 1].map((units) => budget.take(0, units))).toEqual([true, false, true, false]);
  expect([5, 4].map((units) => budget.take(400, units))).toEqual([false, true]);
});
