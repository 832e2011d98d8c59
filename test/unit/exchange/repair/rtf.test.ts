// The text of RTF files.
import { expect, test } from "vitest";
import { undoRtf } from "../../../../src/exchange/repair/rtf.ts";

test.each([
  ["plain text", "{\\rtf1\\ansi hello}", "hello"],
  ["escapes", "{\\rtf1 a\\{b\\}c\\\\d}", "a{b}c\\d"],
  ["paragraphs", "{\\rtf1 a\\par\nb\\line c}", "a\nb\nc"],
  ["hidden groups", "{\\rtf1{\\fonttbl{\\f0 Arial;}}{\\*\\generator Word;}x}", "x"],
  ["code pages", "{\\rtf1 M\\'fcller}", "Müller"],
  ["Unicode with its stand-in", "{\\rtf1\\uc1 \\u8220?a\\u8221?}", "“a”"],
  ["Unicode without one", "{\\rtf1\\uc0 \\u26446 x}", "李x"],
  ["negative Unicode", "{\\rtf1\\uc1 \\u-225?}", "\uff1f"],
  ["quotes by name", "{\\rtf1 \\ldblquote a\\rdblquote }", "“a”"],
])("%s", (_, rtf, text) => {
  expect(undoRtf(rtf)).toEqual([text]);
});

test("is nothing where there is none", () => {
  expect(undoRtf('{"sdp":1}')).toEqual([]);
});

test("groups without end, and more ends than groups", () => {
  expect(undoRtf(`{\\rtf1 ${"{".repeat(10_000)}a`)).toEqual(["a"]);
  expect(undoRtf(`{\\rtf1 ${"}".repeat(10_000)}a`)).toEqual(["a"]);
});
