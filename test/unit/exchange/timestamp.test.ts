import { describe, expect, test } from "vitest";
import { parseTimestamp } from "../../../src/exchange/timestamp.ts";

describe("parseTimestamp()", () => {
  test.each([
    "1970-01-01T00:00:00Z",
    "1999-12-31T23:59:59.9Z",
    "2000-02-29T12:00:00.123Z",
    "2024-02-29T00:00:00.000Z",
    "2026-03-01T08:00:00.123456789Z",
    "2100-03-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "0000-03-01T00:00:00Z",
  ])("%s agrees with Date", (text) => {
    expect(parseTimestamp(text)).toBe(Date.parse(text));
  });

  test.each([
    "",
    "2026-03-01",
    "2026-03-01T08:00:00",
    "2026-03-01 08:00:00Z",
    "2026-03-01T08:00:00+01:00",
    "2026-00-01T00:00:00Z",
    "2026-13-01T00:00:00Z",
    "2026-02-29T00:00:00Z",
    "2100-02-29T00:00:00Z",
    "2026-04-31T00:00:00Z",
    "2026-01-00T00:00:00Z",
    "2026-01-01T24:00:00Z",
    "2026-01-01T00:60:00Z",
    // A leap second, of which the calendar of people knows nothing.
    "2016-12-31T23:59:60Z",
  ])("'%s' is no time", (text) => {
    expect(parseTimestamp(text)).toBeUndefined();
  });
});
