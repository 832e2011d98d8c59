// What stands before and behind each line of a text that was copied from a tool.
import { expect, test } from "vitest";
import { undoQuoting } from "../../../../src/exchange/repair/line-prefixes.ts";

const LINES = ["{", '   "a": [', "      1", "   ]", "}"];
const TEXT = LINES.join("\n");
const squeezed = (text: string): string => text.replaceAll(/ +/g, " ").replaceAll("\n ", "\n");
const marked = (mark: (line: string, at: number) => string): string => LINES.map(mark).join("\n");

test.each([
  ["a difference", marked((line) => `+${line}`)],
  ["a quoted difference", marked((line) => `+ ${line}`)],
  ["a difference the other way", marked((line) => `-${line}`)],
  ["a comment", marked((line) => `// ${line}`)],
  ["a comment of a shell", marked((line) => `# ${line}`)],
  ["the log of a container", marked((line) => `app-1  | ${line}`)],
  ["numbers of less", marked((line, at) => `${String(at + 1).padStart(7)} ${line}`)],
  ["the borders of a terminal", marked((line) => `│${line}│`)],
  ["cat -A", marked((line) => `${line}^M$`)],
])("%s", (_, text) => {
  // A space after a mark may belong to the mark or to the line.
  expect(undoQuoting(text).map(squeezed)).toEqual([squeezed(TEXT)]);
});

test("a mark before a few lines is a part of the text", () => {
  expect(undoQuoting("- one\n- two\nthree\nfour\nfive")).toEqual([]);
  expect(undoQuoting("+1\n+2")).toEqual([]);
});
