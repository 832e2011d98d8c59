import { expect, test } from "vitest";
import { formatWait } from "../../../src/lib/format.ts";

test.each([
  [86_400_000, "24h"],
  [90_000, "90s"],
  [120_000, "2m"],
  [0, "0s"],
])("%i ms is written %s", (ms, text) => {
  expect(formatWait(ms)).toBe(text);
});
