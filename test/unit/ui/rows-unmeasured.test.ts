// Rows of a command that has loaded no table of widths: they may break early, and never too late.
import stringWidth from "string-width";
import { expect, test } from "vitest";
import { rowsOf } from "../../../src/ui/rows.ts";

test("ASCII breaks as it does with the tables", () => {
  expect(rowsOf("one two three four", 10, 2)).toEqual(["one two", "  three", "  four"]);
});

test.each(["日本語の長い文章がここに並ぶ", "привет как дела сегодня", "👨‍👩‍👧‍👦🇨🇳👍🏽 e\u0301e\u0301 한국어 텍스트"])(
  "%s fits",
  (text) => {
    const rows = rowsOf(text, 12, 2);
    for (const row of rows) expect(stringWidth(row)).toBeLessThanOrEqual(12);
    expect(rows.join("").replaceAll(" ", "")).toBe(text.replaceAll(" ", ""));
  },
);
