// Typographic characters that stand in the place of ASCII.
import { expect, test } from "vitest";
import { undoTypography } from "../../../../src/exchange/repair/typography.ts";

test.each([
  ["quotation marks", "{“type”: ‘offer’, „sdp“: «v=0»}", '{"type": \'offer\', "sdp": "v=0"}'],
  ["dashes and spaces", "a–b\u00a0c\u3000d", "a-b c d"],
  ["full-width forms", "｛＂a＂：１｝", '{"a":1}'],
  ["what is not seen", "\ufeff{\u200b}\u00ad", "{}"],
  ["colours of a terminal", "\u001b[1;32m{}\u001b[0m", "{}"],
  ["line breaks of other kinds", "a\u2028b\u0085c", "a\nb\nc"],
])("%s become ASCII", (_, text, ascii) => {
  expect(undoTypography(text)).toEqual([ascii]);
});

test("the name that a person has chosen stays as it is", () => {
  expect(undoTypography('{“name”: "Ann – “the one”", “id”: 1}')).toEqual(['{"name": "Ann – “the one”", "id": 1}']);
});

test("ASCII has nothing to undo, nor has a letter beyond it", () => {
  expect(undoTypography('{"a": "é"}')).toEqual([]);
});
