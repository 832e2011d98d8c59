// Escapes of programming languages around a document, undone one level at a time.
import { expect, test } from "vitest";
import { undoEscapes } from "../../../../src/exchange/repair/escaped.ts";

const DOCUMENT = '{"type":"offer","sdp":"v=0\\r\\n"}';

test.each([
  ["a string of JSON", JSON.stringify(DOCUMENT)],
  ["escapes without quotation marks", DOCUMENT.replaceAll("\\", "\\\\").replaceAll('"', '\\"')],
])("%s gives the document", (_, text) => {
  expect(undoEscapes(text)).toEqual([DOCUMENT]);
});

test("the doubled quotation marks of a table's cell become single ones", () => {
  expect(undoEscapes('{""type"":""offer""}')).toEqual(['{"type":"offer"}']);
});

test("the quotation marks of Python stay: they are around the document", () => {
  expect(undoEscapes(`'${DOCUMENT.replaceAll("\\", "\\\\")}'`)).toEqual([`'${DOCUMENT}'`]);
});

test("only one level is undone", () => {
  const twice = JSON.stringify(JSON.stringify(DOCUMENT));
  expect(undoEscapes(twice)).toEqual([JSON.stringify(DOCUMENT)]);
});

test.each(["", "{}", DOCUMENT, '"5', "5"])("%j has no escapes to undo", (text) => {
  expect(undoEscapes(text)).toEqual([]);
});
