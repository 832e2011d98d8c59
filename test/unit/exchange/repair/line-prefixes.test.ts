// What stands before and behind each line of a text that was copied from a tool.
import { describe, expect, test } from "vitest";
import { undoChatHeaders, undoQuoting } from "../../../../src/exchange/repair/line-prefixes.ts";

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

test("quotation marks of all levels and with initials go, and bars and numbers where they are in most lines", () => {
  expect(undoQuoting("> > a\n>> b\n  AB> c\nd")).toEqual(["a\nb\nc\nd"]);
  expect(undoQuoting("| a\n |b")).toEqual(["a\nb"]);
  expect(undoQuoting("9: a\n10: b\n11: c\n")).toEqual(["a\nb\nc\n"]);
  expect(undoQuoting("  > a > b\n  >c")).toEqual(["a > b\nc"]);
  expect(undoQuoting("AB> a\nAB> b")).toEqual(["a\nb"]);
});

test.each(["//", "#", "*", "·"])("the mark %s goes with and without blanks around it", (mark) => {
  for (const prefix of [mark, `${mark} `, `  ${mark}`]) {
    expect(undoQuoting(["a", "b", "c"].map((line) => prefix + line).join("\n"))).toEqual(["a\nb\nc"]);
  }
});

test.each(["a > b", "x 1: a", "a +1", "a // b", "a # b", "a * b", "a │ b", "1app | a", "a$b"])(
  "a mark within lines is none: %j",
  (line) => {
    expect(undoQuoting([line, line.replace("1", "2"), line.replace("1", "3")].join("\n"))).toEqual([]);
  },
);

test("lines of blanks stay, and do not count", () => {
  expect(undoQuoting("+a\n+b\n+c\n  \n\t")).toEqual(["a\nb\nc\n  \n\t"]);
});

test("only what `cat -A` shows has its signs for a carriage return and a tab", () => {
  expect(undoQuoting("a$\nb^I$\nc\nd^M$\ne$")).toEqual(["a\nb\t\nd\ne"]);
  expect(undoQuoting("│a^M│\n│b^I│\n│c│")).toEqual(["a^M\nb^I\nc"]);
});

test.each([
  ["one bar", "| a\nb"],
  ["two numbers", "1: a\n2: b"],
  ["numbers that are out of order", "1: a\n3: b\n4: c"],
  ["numbers before few of the lines", "1: a\n2: b\n3: c\nd\ne\nf"],
  ["two marks", "+a\n+b"],
  ["marks before few of the lines", "+a\n+b\n+c\nd\ne"],
])("%s: nothing stands before the lines", (_, text) => {
  expect(undoQuoting(text)).toEqual([]);
});

test("a mark before three lines of four goes, with the line that has none, and empty lines stay", () => {
  expect(undoQuoting("+a\n+b\n\n+c\nd")).toEqual(["a\nb\n\nc"]);
});

describe("what chats put above and before messages", () => {
  test.each([
    "Ann 10:24",
    "Ann(12345) 2026/11/28 10:24:31",
    "Ann, [28.11.2026 10:24]",
    "Ann — Today at 10:24 AM",
    "Ann:",
    "安：",
    "On Sat, 28 Nov 2026, Ann wrote:",
    "Ann schrieb:",
    "Ann a écrit :",
    "安 写道：",
    "-----Original Message-----",
    "————————",
    "  Ann 10:24  ",
    "  Ann:  ",
    "Ann 2:",
    "On Saturday, the 28th of November 2026, Ann Example wrote:",
    "Le samedi 28 novembre 2026, Ann Example a écrit :",
    "On Saturday Ann wrote",
    `${"x".repeat(39)}:`,
    `${"x ".repeat(97)} 10:24`,
  ])("a line %j goes", (header) => {
    expect(undoChatHeaders(`${header}\n{"a":\n${header}\n1}`)).toEqual(['{"a":\n1}']);
  });

  test.each([
    ["a line of a description", "a=setup:actpass 10:24"],
    ["a name in quotation marks", '"Ann" 10:24'],
    ["a path with a clock time in it", "\\10:24 "],
    ["digits of a fingerprint", "10:24:AA:BB:CC"],
    ["an address", "fe80::10:24"],
    ["a time without a blank before it", "Ann10:24"],
    ["what begins with a number", "1 Ann:"],
    ["a long line with a colon", `${"x".repeat(40)}:`],
    ["a line longer than any header", `${"x ".repeat(98)} 10:24`],
    ["a time alone", "10:24"],
    ["a sentence with a verb of headers", "she wrote a letter"],
    ["two dashes", "-- Ann"],
    ["a rule within a line", "a --- b"],
    ["a sealed file", "AGE ENCRYPTED 10:24"],
    ["an empty line", ""],
  ])("%s is no header", (_, line) => {
    expect(undoChatHeaders(`{\n${line}\n}`)).toEqual([]);
  });

  test.each([
    ["[28.11.26, 10:24:31] Ann: ", "[28.11.26, 10:25:02] Ann: "],
    ["[10:24 AM] Ann: ", "[10:25 AM] Bob: "],
    ["28/11/2026, 10:24 - Ann: ", "28/11/2026, 10:25 - Ann: "],
    ["2026-11-28 10:24:31 - Ann:", "2026-11-28 10:25:02 - Ann:"],
    ["10:24 <Ann> ", "10:25 <Ann>"],
    ["\u200e[28.11.26, 10:24:31] Ann: ", "  [28.11.26, 10:25:02] Ann: "],
    ["Ann: ", "Ann: "],
    ["[10:24]<Ann> ", "[10:25]Ann: "],
    [`[10:24 ${"x".repeat(33)}] Ann: `, `10:24 ${"x".repeat(34)} - Ann: `],
  ])("%j before the text goes, and the text stays whole", (first, second) => {
    expect(undoChatHeaders(`${first}{"a":\n${second}1}`)).toEqual(['{"a":\n1}']);
  });

  test.each([
    ["a name before one line only", "Ann: one\nBob: two"],
    ["brackets without a time", "[28.11.26] Ann: one\n[28.11.27] Ann: two"],
    ["brackets that do not end", '[28.11.26, 10:24:31 Ann: "one"'],
    ["brackets that end too late", `[10:24 ${"x".repeat(40)}] Ann: "one"`],
    ["a time without a name", '10:24 "one"'],
    ["a time that is not at the beginning", 'at 10:24 - Ann: "1"'],
    ["a dash without a time", 'x - Ann: "1"'],
    ["a time and a dash too far away", `10:24 ${"x".repeat(35)} - Ann: "1"`],
    ["a name in angles behind other text", '[10:24] x <Ann> "1"'],
    ["a name behind quotation marks", '[10:24] "x" Ann: 1'],
    ["a member of an object, twice", '"a": 1,\n"a": 2'],
  ])("%s is no header", (_, text) => {
    expect(undoChatHeaders(text)).toEqual([]);
  });
});
