import { describe, expect, it } from "vitest";
import { numberedName, safeLinkTarget, safeRelativePath, utf8Bytes, pathCost } from "../../../src/transfer/names.ts";

function segmentsOf(path: string, rules: "posix" | "windows" = "posix"): string[] | string {
  const safe = safeRelativePath(path, rules);
  return safe.ok ? safe.segments : safe.reason;
}

describe("paths that are refused", () => {
  it.each([
    ["", "empty"],
    ["/etc/passwd", "absolute"],
    ["//host/share", "absolute"],
    ["..", "dot-segment"],
    [".", "dot-segment"],
    ["a/../../b", "dot-segment"],
    ["a/./b", "dot-segment"],
    ["..\\..\\b", "dot-segment"],
    ["a\\..\\b", "dot-segment"],
    ["a//b", "empty-segment"],
    ["a/", "empty-segment"],
    ["a\0b", "nul"],
    ["a/".repeat(256) + "b", "too-deep"],
    ["x".repeat(4097), "too-long"],
    ["ü".repeat(2049), "too-long"],
  ])("%j is %s", (path, reason) => {
    expect(segmentsOf(path)).toBe(reason);
    expect(segmentsOf(path, "windows")).toBe(reason);
  });
});

describe("where a link leads", () => {
  it.each([
    ["t/l", "f", 0, ["f"]],
    ["t/l", ".", 0, []],
    ["t/l", "./a//b/.", 0, ["a", "b"]],
    ["t/d/l", "..", 1, []],
    ["t/a/b/l", "../../x/y", 2, ["x", "y"]],
    ["t/l", "e\u001bvil", 0, ["e_vil"]],
  ])("%j to %j", (path, target, up, segments) => {
    expect(safeLinkTarget(path, target)).toEqual({ up, segments });
  });

  it.each([
    ["t/l", ""],
    ["t/l", "/"],
    ["t/l", "/etc/passwd"],
    ["t/l", ".."],
    ["t/l", "../t/f"],
    ["t/d/l", "../../x"],
    ["t/d/l", "d2/../../../x"],
    ["t/d/l", "a/.."],
    ["t/l", "..\\x"],
    ["t/l", "a\0b"],
    ["l", "f"],
    ["l", "."],
    ["t/l", "x/".repeat(300)],
  ])("%j to %j is refused", (path, target) => {
    expect(safeLinkTarget(path, target)).toBeUndefined();
  });
});

describe("names that are kept", () => {
  it.each([
    "plain.txt",
    "数据.bin",
    "👩‍👩‍👧 family.png",
    "नमस्ते",
    "می‌خواهم",
    "...",
    "..hidden",
    " leading",
    "e\u0301 decomposed",
    `${"ü".repeat(125)}.text`,
    "x".repeat(255),
  ])("%j", (name) => {
    expect(segmentsOf(name)).toEqual([name]);
  });

  it("segments stay apart", () => {
    expect(segmentsOf("a/b c/d.txt")).toEqual(["a", "b c", "d.txt"]);
  });

  it("what only Windows minds stays elsewhere", () => {
    expect(segmentsOf("12:30.log")).toEqual(["12:30.log"]);
    expect(segmentsOf("con/aux.txt/end. ")).toEqual(["con", "aux.txt", "end. "]);
  });
});

describe("names that are repaired", () => {
  it.each([
    ["a\nb\r\u001b[31mc\u007f\u0085", "a_b__[31mc__"],
    ["txt.\u202eexe", "txt._exe"],
    ["a\u2066b\u2069c", "a_b_c"],
    ["line\u2028break", "line_break"],
    ["C:\\Windows\\x", "C:_Windows_x"],
    ["\\\\host\\share", "__host_share"],
    [".p2p-0123456789abcdef.part", "_.p2p-0123456789abcdef.part"],
    [".P2P-x", "_.P2P-x"],
    ["\ud800lone", "\ufffdlone"],
  ])("%j becomes %j", (name, repaired) => {
    expect(segmentsOf(name)).toEqual([repaired]);
  });

  it.each([
    ["C:evil", "C_evil"],
    ["file.txt:stream", "file.txt_stream"],
    ['a<b>c"d|e?f*g', "a_b_c_d_e_f_g"],
    ["con", "_con"],
    ["NUL.txt", "_NUL.txt"],
    ["com1", "_com1"],
    ["LPT¹.x", "_LPT¹.x"],
    ["aux .txt", "_aux .txt"],
    ["console", "console"],
    ["com10", "com10"],
    ["trailing. .", "trailing___"],
    ["...", "___"],
  ])("on Windows %j becomes %j", (name, repaired) => {
    expect(segmentsOf(name, "windows")).toEqual([repaired]);
  });

  it.each([".", " ", ". .", " ...".repeat(3)])("on Windows a cut that leaves %j at the end leaves it as _", (tail) => {
    const stem = "x".repeat(255 - tail.length);
    expect(segmentsOf(`${stem}${tail}${"y".repeat(60)}`, "windows")).toEqual([stem + "_".repeat(tail.length)]);
  });

  it("the time that a name takes on Windows grows with its length only", () => {
    const name = `${" .".repeat(2_000)}x`;
    const startedMs = performance.now();
    for (let count = 0; count < 1_000; count += 1) segmentsOf(`${count}${name}`, "windows");
    // Some 30 ms on a quiet machine; 9 s where every dot begins a search of its own.
    expect(performance.now() - startedMs).toBeLessThan(2_000);
  });

  it("a name past 255 bytes is cut at a code point and keeps its extension", () => {
    const [name = ""] = segmentsOf(`${"数".repeat(100)}.tar.gz`);
    expect(name).toBe(`${"数".repeat(82)}.tar.gz`);
    expect(utf8Bytes(name)).toBeLessThanOrEqual(255);
    const [long = ""] = segmentsOf("👍".repeat(80));
    expect(long).toBe("👍".repeat(63));
  });
});

describe("numbered names", () => {
  it.each([
    ["f.ext", 1, "f (1).ext"],
    ["f.tar.gz", 2, "f (2).tar.gz"],
    ["noext", 10, "noext (10)"],
    [".bashrc", 1, ".bashrc (1)"],
    ["f.ext", 0, "f.ext"],
  ])("%s, %i: %s", (name, count, numbered) => {
    expect(numberedName(name, count)).toBe(numbered);
  });

  it("are cut to fit, at the stem", () => {
    const numbered = numberedName(`${"x".repeat(251)}.ext`, 12);
    expect(numbered).toBe(`${"x".repeat(246)} (12).ext`);
    expect(utf8Bytes(numbered)).toBe(255);
    const noRealExtension = numberedName(`a.${"ü".repeat(126)}`, 1);
    expect(utf8Bytes(noRealExtension)).toBeLessThanOrEqual(255);
    expect(noRealExtension.endsWith(" (1)")).toBe(true);
  });
});

it.each([
  ["", 0],
  ["abc", 3],
  ["\u00fc", 2],
  ["\u00fcabc", 5],
  ["abc\u0100", 8],
  ["\u6570\u6570", 6],
  ["\u6570abc", 8],
  ["\u{1f44d}", 4],
])("%j counts %i bytes", (path, bytes) => {
  expect(pathCost(path)).toBe(bytes);
});
