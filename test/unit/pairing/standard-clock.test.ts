// The clock of Node and of a browser: long waits, and timers that are cancelled.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { standardClock } from "../../../src/pairing/standard-clock.ts";

const clock = standardClock(() => () => {});

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("a wait that no timer can measure does not end at once", () => {
  const called = vi.fn();
  clock.setTimer(called, 60 * 24 * 60 * 60 * 1_000);
  vi.advanceTimersByTime(24 * 60 * 60 * 1_000);
  expect(called).not.toHaveBeenCalled();
});

test("a cancelled timer does not call", () => {
  const called = vi.fn();
  const cancel = clock.setTimer(called, 10);
  cancel();
  vi.advanceTimersByTime(20);
  expect(called).not.toHaveBeenCalled();
});
