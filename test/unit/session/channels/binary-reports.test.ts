import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { nodeClock } from "../../../../src/pairing/node-ports.ts";
import { BinaryReports, MAX_REPORTS_AT_ONCE } from "../../../../src/session/channels/binary-reports.ts";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

test("tells a few one by one, what comes faster as one sum, and no byte is missing", () => {
  const told: number[] = [];
  const reports = new BinaryReports(nodeClock, (bytes) => told.push(bytes));
  for (let count = 0; count < 10_000; count += 1) reports.tell(7);
  expect(told).toHaveLength(MAX_REPORTS_AT_ONCE);
  vi.advanceTimersByTime(1_000);
  expect(told).toHaveLength(MAX_REPORTS_AT_ONCE + 1);
  reports.close();
  expect(told.reduce((sum, bytes) => sum + bytes, 0)).toBe(70_000);
});

test("tells what waits when it is closed", () => {
  const told: number[] = [];
  const reports = new BinaryReports(nodeClock, (bytes) => told.push(bytes));
  for (let count = 0; count < MAX_REPORTS_AT_ONCE + 3; count += 1) reports.tell(1);
  reports.close();
  expect(told.at(-1)).toBe(3);
  vi.advanceTimersByTime(10_000);
  expect(told).toHaveLength(MAX_REPORTS_AT_ONCE + 1);
});
