import { describe, expect, it } from "vitest";
import { displayWidth, padToEnd, padToStart, truncateEnd, truncateMiddle } from "../../../src/ui/width.ts";

describe("displayWidth()", () => {
  it.each([
    ["abc", 3],
    ["中文", 4],
    ["e\u0301", 1],
    ["👍🏽", 2],
    ["👨‍👩‍👧‍👦", 2],
    ["ﾊﾝ", 2],
  ])("counts %s", (text, columns) => {
    expect(displayWidth(text)).toBe(columns);
  });
});

describe("truncateEnd()", () => {
  it.each([
    ["short", 5, "short"],
    ["longer", 5, "long…"],
    ["中文字", 6, "中文字"],
    ["中文字", 5, "中文…"],
    ["中文字", 4, "中…"],
    ["👨‍👩‍👧‍👦👨‍👩‍👧‍👦", 3, "👨‍👩‍👧‍👦…"],
    ["abc", 1, "…"],
    ["abc", 0, ""],
  ])("cuts %s to %d columns", (text, columns, expected) => {
    expect(truncateEnd(text, columns)).toBe(expected);
  });
});

describe("truncateMiddle()", () => {
  it.each([
    ["report.pdf", 10, "report.pdf"],
    ["a-long-report.pdf", 10, "a-lon….pdf"],
    ["很长的中文文件名.pdf", 12, "很长的….pdf"],
    ["很长的中文文件名.pdf", 11, "很长的….pdf"],
    ["abc", 1, "…"],
    ["abc", 0, ""],
  ])("cuts %s to %d columns", (text, columns, expected) => {
    expect(truncateMiddle(text, columns)).toBe(expected);
    expect(displayWidth(truncateMiddle(text, columns))).toBeLessThanOrEqual(columns);
  });
});

describe("padding", () => {
  it("fills up to the columns and never cuts", () => {
    expect(padToEnd("中", 4)).toBe("中  ");
    expect(padToStart("中", 4)).toBe("  中");
    expect(padToEnd("中文字", 4)).toBe("中文字");
  });
});

it("long text is measured piece by piece, without cutting what belongs together", () => {
  const family = "👨‍👩‍👧";
  expect(displayWidth(`${"a".repeat(250)}${family.repeat(100)}中`)).toBe(250 + 200 + 2);
  expect(displayWidth("가".repeat(5_000))).toBe(10_000);
  expect(truncateEnd(family.repeat(5_000), 5)).toBe(`${family.repeat(2)}…`);
  expect(truncateMiddle(`${"中".repeat(5_000)}.txt`, 10)).toBe("中中….txt");
});
