// Rows that are painted again and again, as the bytes that move, clear and print.
import { expect, test } from "vitest";
import { LiveRows, printed } from "../../../src/ui/live-rows.ts";

const COLUMNS = 10;
const CLEAR = "\r\u001b[J";

test("finished lines are broken into rows of the terminal, further rows indented", () => {
  expect(printed([["short"], ["0123456789ab"]], COLUMNS)).toBe("short\r\n0123456789\r\n  ab\r\n");
});

test("nothing is above the first paint, and each line counts as one row after it", () => {
  const rows = new LiveRows();
  expect(rows.erase(COLUMNS, 0)).toBe(CLEAR);
  expect(rows.paint([["one"], ["two"]], COLUMNS)).toBe("one\r\ntwo\r\n");
  expect(rows.erase(COLUMNS, 0)).toBe(`\u001b[2A${CLEAR}`);
  expect(rows.erase(COLUMNS, 3)).toBe(`\u001b[5A${CLEAR}`);
});

test("in a terminal that has become narrower, a line counts as the rows that it was wrapped into", () => {
  const rows = new LiveRows();
  rows.paint([["0123456789"], ["漢字"], [""]], COLUMNS);
  expect(rows.erase(4, 0)).toBe(`\u001b[5A${CLEAR}`);
});

test("a line that is too wide is cut, and lines above push the live rows down", () => {
  const rows = new LiveRows();
  expect(rows.paint([["0123456789ab"]], COLUMNS)).toBe("0123456789\r\n");
  rows.paint([["live"]], COLUMNS);
  expect(rows.above([["done"]], COLUMNS, 1)).toBe(`\u001b[2A${CLEAR}done\r\nlive\r\n`);
  expect(rows.erase(COLUMNS, 0)).toBe(`\u001b[1A${CLEAR}`);
});
