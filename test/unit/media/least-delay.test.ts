import { expect, test } from "vitest";
import { LeastDelay } from "../../../src/media/least-delay.ts";

test("the least of the last seconds is found, and forgotten after 20 s at most", () => {
  const delay = new LeastDelay();
  expect([delay.least(30, 0), delay.least(20, 5_000), delay.least(40, 9_000)]).toEqual([30, 20, 20]);
  expect(delay.least(40, 12_000)).toBe(20);
  expect(delay.least(45, 22_500)).toBe(40);
});
