// Line breaks within the strings of a document.
import { expect, test } from "vitest";
import { hasBrokenDescription, undoBrokenLines } from "../../../../src/exchange/repair/broken-lines.ts";

test("a break in the middle of a word and one in the place of a space", () => {
  expect(undoBrokenLines('{"sdp":"a=fingerprint:sha-\n256 AB:CD\\r\\nc=IN\nIP4 0.0.0.0\\r\\n"}')).toEqual([
    '{"sdp":"a=fingerprint:sha-256 AB:CD\\r\\nc=IN IP4 0.0.0.0\\r\\n"}',
  ]);
});

test("a break in the name has two readings, where a digest can decide between them", () => {
  const text = '{"p2p":{"name":"Ann\nLee","digest":"00"}}';
  expect(undoBrokenLines(text)).toEqual([text.replace("\n", " "), text.replace("\n", "")]);
  expect(undoBrokenLines(text.replace(',"digest":"00"', ""))).toEqual([]);
});

test("real line ends between quotation marks become escapes", () => {
  expect(undoBrokenLines('{"sdp": "v=0\na=mid:0\n"}')).toEqual(['{"sdp": "v=0\\r\\na=mid:0\\r\\n"}']);
});

test("a description that stands alone is broken where a line is none", () => {
  expect(hasBrokenDescription("v=0\no=- 1\n2 IN IP4 1.2.3.4\n")).toBe(true);
  expect(hasBrokenDescription("v=0\no=- 1 2 IN IP4 1.2.3.4\n")).toBe(false);
});

test.each(['{"a":1}', '{\n  "a": "b"\n}', "hello\nworld"])("%j is not broken", (text) => {
  expect(undoBrokenLines(text)).toEqual([]);
});
