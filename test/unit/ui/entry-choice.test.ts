import { expect, test } from "vitest";
import { choiceExample, chosenPaths, readEntryChoice } from "../../../src/ui/entry-choice.ts";

test.each([
  ["2", [2]],
  ["1,3-5", [1, 3, 4, 5]],
  [" 5-3 , 1 ", [3, 4, 5, 1]],
  ["１，３", [1, 3]],
  ["1、2", [1, 2]],
  ["1 3", [1, 3]],
  ["1  3 - 4", [1, 3, 4]],
])("%j", (text, numbers) => {
  expect(readEntryChoice(text, 5)).toEqual(new Set(numbers));
});

test.each(["", "y", "1,", "1-2-3", "a1", "r1", "1;2"])("%j is no list", (text) => {
  expect(readEntryChoice(text, 5)).toBeUndefined();
});

test.each([
  ["6", 6],
  ["0", 0],
  ["1-999999", 999_999],
])("%s is outside", (text, outside) => {
  expect(readEntryChoice(text, 5)).toEqual({ outside });
});

test("an example names only what there is", () => {
  for (const count of [2, 3, 4, 5, 900]) expect(readEntryChoice(choiceExample(count), count)).toBeInstanceOf(Set);
  expect([2, 3, 4, 5, 900].map(choiceExample)).toEqual(["1", "1,3", "1,3-4", "1,3-5", "1,3-5"]);
});

test("a folder brings what is in it", () => {
  const isChosen = chosenPaths(["d", "d/a", "e"], new Set([1]));
  expect(["d", "d/a", "d/b/c", "e", "da"].filter((path) => isChosen(path))).toEqual(["d", "d/a", "d/b/c"]);
});
