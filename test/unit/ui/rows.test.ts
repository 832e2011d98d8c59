// No row but the first of a line begins at the first column, whatever the other side has written and however wide a terminal
// shows it.
import { Chalk } from "chalk";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { wordsFor } from "../../../src/words/index.ts";
import { rowsOf } from "../../../src/ui/rows.ts";
import { PLAIN_STYLE, renderRows, type Style } from "../../../src/ui/style.ts";
import { peerMessage } from "../../../src/ui/view.ts";
import { displayWidth } from "../../../src/ui/width.ts";
import { Screen } from "../../support/screen.ts";

const look = { words: wordsFor("en").conversation, style: PLAIN_STYLE };
const AT = new Date(2030, 0, 2, 10, 34);
const chalk = new Chalk({ level: 1 });

/** What stands on a terminal that these rows were written to. */
function screenOf(rows: readonly string[], columns: number): string[] {
  const screen = new Screen(columns);
  for (const row of rows) screen.write(`${row.replaceAll(/\u001b\[[0-9;]*m/g, "")}\r\n`);
  return screen.lines;
}

function messageRows(text: string, columns: number, style: Style = PLAIN_STYLE): string[] {
  return peerMessage(text, AT, "Wang", { ...look, style }).flatMap((line) => renderRows(line, columns));
}

describe("rows", () => {
  test("break behind a blank near the end, else anywhere", () => {
    expect(rowsOf("a line that fits", 40, 2)).toEqual(["a line that fits"]);
    expect(rowsOf("one two three four five six", 11, 2)).toEqual(["one two", "  three", "  four five", "  six"]);
    expect(rowsOf("x".repeat(25), 11, 2)).toEqual(["x".repeat(11), `  ${"x".repeat(9)}`, `  ${"x".repeat(5)}`]);
    expect(rowsOf("你好 我们今天下午三点见面", 12, 2)).toEqual(["你好 我们今", "  天下午三点", "  见面"]);
  });

  test("cut no word that fits into a row of its own", () => {
    expect(rowsOf("p2p: error: interrupted (TRANSFER_INTERRUPTED)", 30, 2)).toEqual([
      "p2p: error: interrupted",
      "  (TRANSFER_INTERRUPTED)",
    ]);
    expect(rowsOf("no 'turn:host?transport=tcp' x", 27, 2)).toEqual(["no", "  'turn:host?transport=tcp'", "  x"]);
    expect(rowsOf(`x ${"y".repeat(30)} z`, 20, 2)).toEqual([`x ${"y".repeat(18)}`, `  ${"y".repeat(12)} z`]);
    expect(rowsOf(`one two three ${"y".repeat(22)} z`, 20, 2)).toEqual([
      "one two three",
      `  ${"y".repeat(18)}`,
      "  yyyy z",
    ]);
  });

  test("begin with no closing mark and end with no opening one", () => {
    expect(rowsOf("请把它发回来，存到这里", 12, 2)).toEqual(["请把它发回", "  来，存到这", "  里"]);
    expect(rowsOf("已存到这里（可用 3 GiB）", 13, 2)).toEqual(["已存到这里", "  （可用 3", "  GiB）"]);
    expect(rowsOf("对方运行p2p命令", 10, 2)).toEqual(["对方运行", "  p2p命令"]);
  });

  test("keep the styling, which takes no columns", () => {
    const red = chalk.red("one two three");
    const rows = rowsOf(red, 9, 2);
    expect(rows.join("")).toContain("\u001b[31m");
    expect(screenOf(rows, 9)).toEqual(["one two", "  three"]);
  });

  test("are never without an indent, in a terminal of few columns", () => {
    for (const columns of [1, 2, 3, 5, 8]) {
      for (const row of rowsOf("somebody else's text", columns, 6).slice(1)) expect(row).toMatch(/^ /);
    }
  });

  test("are no wider than the terminal where their indent leaves little room", () => {
    const name = `${"A".repeat(38)} ${"B".repeat(90)}`;
    const rows = rowsOf(`10:34 ${name}: hi`, 80, 140);
    expect(rows.filter((row) => displayWidth(row) > 80)).toEqual([]);
    expect(rowsOf(`x ${"\u1112".repeat(12)}`, 10, 8).filter((row) => displayWidth(row) > 10)).toEqual([]);
  });

  test("break what is joined of too many characters", () => {
    const family = `${"👩\u200d".repeat(40)}👩`;
    for (const row of rowsOf(`x ${family}`, 20, 2)) expect(Array.from(row).length).toBeLessThan(45);
    expect(rowsOf(`x ${family}`, 20, 2).length).toBeGreaterThan(3);
  });
});

describe.each([80, 50, 20])("a message in %i columns", (columns) => {
  test.each([
    [
      "blanks to the end of the row",
      `ok${" ".repeat(columns - 15)}${"signed: this is the Wang you verified ".repeat(3)}`,
    ],
    ["wide characters", `${"签名".repeat(60)} 已核对`],
    ["emoji that are joined, or not", "👩\u200d👩\u200d👧\u200d👦🏳️\u200d🌈❤️🇨🇳👍🏽".repeat(20)],
    ["marks that take no column", "e\u0301\u0300o\u0302n\u0303".repeat(60)],
    ["tabs and line feeds", `a\tb\n${" \t".repeat(40)}signed: you\r\n\r\nsigned`],
    ["no blank at all", "x".repeat(400)],
    ["spacing marks", "\u0915\u093e\u0916\u093f".repeat(60)],
  ])("with %s", (_, text) => {
    const lines = screenOf(messageRows(text, columns), columns);
    expect(lines[0]).toMatch(/^10:34 Wang:/);
    for (const line of lines.slice(1)) expect(line).toMatch(/^(?: {6}|$)/);
    expect(lines.length).toBeGreaterThan(1);
  });
});

test("no text reaches the first column of a second row, in any width, with or without colours", () => {
  const colored: Style = { ...PLAIN_STYLE, cyan: (text) => ({ raw: chalk.cyan(text), plain: text }) };
  fc.assert(
    fc.property(
      fc.string({ unit: "grapheme", maxLength: 200 }),
      fc.integer({ min: 20, max: 100 }),
      fc.constantFrom(PLAIN_STYLE, colored),
      (text, columns, style) => {
        const lines = screenOf(messageRows(text, columns, style), columns);
        for (const line of lines.slice(1)) expect(line).toMatch(/^(?: {6}|$)/);
      },
    ),
  );
});
