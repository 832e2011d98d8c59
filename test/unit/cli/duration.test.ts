import { expect, test } from "vitest";
import { MAX_DURATION_MS, parseDurationMs } from "../../../src/cli/duration.ts";

test.each([
  ["90s", 90_000],
  ["5m", 300_000],
  ["24h", 86_400_000],
  ["1h30m", 5_400_000],
  ["1h0m1s", 3_601_000],
  ["500h", MAX_DURATION_MS],
])("%s is %d ms", (text, expected) => {
  expect(parseDurationMs(text)).toBe(expected);
});

test.each(["", "0s", "5", "-5s", "1.5h", "30m1h", "5 m", "5M", "1d", "501h", "999999999h", "1h1h", "٣s"])(
  "'%s' is no duration",
  (text) => {
    expect(parseDurationMs(text)).toBeUndefined();
  },
);

test("the longest duration fits into a timer", () => {
  expect(MAX_DURATION_MS).toBeLessThan(2 ** 31);
});
