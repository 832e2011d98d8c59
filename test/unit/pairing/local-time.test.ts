// Times in sentences, on the clock of this computer.
import { expect, test } from "vitest";
import { formatLocalTime } from "../../../src/pairing/local-time.ts";

test("a time is shown in the time zone of this computer", () => {
  expect(formatLocalTime(new Date(2026, 2, 1, 8, 5).getTime())).toBe("2026-03-01 08:05");
});
