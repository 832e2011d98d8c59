// A text is found in a stream of characters wherever it ends, also where it overlaps itself.
import { expect, test } from "vitest";
import { TextFinder } from "../../../src/exchange/text-finder.ts";

/** The places, counted from 1, at which the text is complete. */
function endsOf(text: string, stream: string): number[] {
  const finder = new TextFinder(text);
  return Array.from(stream).flatMap((char, at) => (finder.take(char) ? [at + 1] : []));
}

test.each([
  ["a", "banana", [2, 4, 6]],
  ["ana", "banana", [4, 6]],
  ["aab", "aaab", [4]],
  ["abab", "abababab", [4, 6, 8]],
  ["-----", "-----------", [5, 6, 7, 8, 9, 10, 11]],
  ["abcabd", "abcabcabd", [9]],
  ["x", "banana", []],
])("%s in %s", (text, stream, ends) => {
  expect(endsOf(text, stream)).toEqual(ends);
});

test("a reset forgets the begin", () => {
  const finder = new TextFinder("ab");
  expect(finder.take("a")).toBe(false);
  finder.reset();
  expect([finder.take("b"), finder.take("a"), finder.take("b")]).toEqual([false, false, true]);
});

test("an empty text cannot be found", () => {
  expect(() => new TextFinder("")).toThrow(RangeError);
});
