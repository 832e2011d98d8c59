import { expect, test } from "vitest";
import { openingBudget } from "../../../../src/store/exchange/opening-budget.ts";

test("eight of the costliest attempts may be made at once, and then one in four seconds", () => {
  const budget = openingBudget();
  const times: number[] = [];
  for (let ms = 0; ms <= 60_000; ms += 100) if (budget.take(ms, 1)) times.push(ms);
  expect(times.slice(0, 8)).toEqual([0, 100, 200, 300, 400, 500, 600, 700]);
  expect(times.slice(8)).toEqual(Array.from({ length: 15 }, (_, at) => 4_000 * (at + 1)));
});

test("cheap attempts count by what they cost", () => {
  const budget = openingBudget();
  let count = 0;
  while (budget.take(0, 1 / 256)) count += 1;
  expect(count).toBe(8 * 256);
});
