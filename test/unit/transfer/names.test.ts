import { describe, expect, it } from "vitest";
import {
  hasByteNames,
  type NameRules,
  freePath,
  numberedName,
  pathCost,
  safeLinkTarget,
  safeRelativePath,
  unsendable,
  utf8Bytes,
} from "../../../src/transfer/names.ts";
import { cpuMs } from "../../support/cpu-time.ts";

function segmentsOf(path: string, rules: NameRules = "posix"): string[] | string {
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

describe("the longest paths that are taken", () => {
  it.each([
    ["4,096 bytes", `${"y".repeat(240)}/`.repeat(17).slice(0, 4_096), undefined],
    ["256 folders and a file", `${"a/".repeat(255)}b`, 256],
    ["4,096 bytes of longer letters", `${"ü/".repeat(200)}${"ü".repeat(1_748)}`, undefined],
  ])("have %s", (_what, path, segments) => {
    const taken = segmentsOf(path);
    expect(taken).toBeInstanceOf(Array);
    if (segments !== undefined) expect(taken).toHaveLength(segments);
  });

  it("may be sent exactly when they are taken", () => {
    expect([unsendable("a/b"), unsendable("a//b"), unsendable("/a"), unsendable("x".repeat(4_097))]).toEqual([
      undefined,
      "empty-segment",
      "absolute",
      "too-long",
    ]);
  });
});

it("a name with bytes that are not UTF-8 is known by its path or its link", () => {
  expect(
    [{ path: "a" }, { path: "a", target: "b" }, { path: "a\udce9" }, { path: "a", target: "b\udce9" }].map(
      hasByteNames,
    ),
  ).toEqual([false, false, true, true]);
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

  it("every character beside those that are repaired", () => {
    const kept = "\u0020\u007e\u00a0\u2027\u200e\u200f\u202f\u2065\u206a\ufefe[]";
    expect(segmentsOf(`x${kept}x`)).toEqual([`x${kept}x`]);
  });

  it("every byte, where names have any", () => {
    expect(segmentsOf("caf\udce9\udc80\udcff", "linux")).toEqual(["caf\udce9\udc80\udcff"]);
    expect(segmentsOf("caf\udce9", "posix")).toEqual(["caf\ufffd"]);
    expect(segmentsOf("a\udc7f\udd00\ud800\udfffb", "linux")).toEqual(["a\ufffd\ufffd\ud800\udfffb"]);
    expect(segmentsOf(`${"\udce9".repeat(300)}`, "linux")).toEqual(["\udce9".repeat(255)]);
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

  it("each first and last character of what is unsafe", () => {
    for (const char of "\u0001\u001f\u007f\u0080\u009f\u2028\u2029\u202a\u202e\u2066\u2069\ufeff\\") {
      expect(segmentsOf(`a${char}${char}b`)).toEqual(["a__b"]);
    }
  });

  it("each device name of Windows, with or without an extension, in either case", () => {
    const devices = ["con", "prn", "aux", "nul", "conin$", "conout$", "com0", "com9", "lpt0", "lpt9", "com²", "com³"];
    for (const device of [...devices, ...devices.map((name) => name.toUpperCase())]) {
      for (const name of [device, `${device}.txt`, `${device} x`]) {
        expect(segmentsOf(name, "windows")).toEqual([`_${name}`]);
        expect(segmentsOf(name)).toEqual([name]);
      }
      for (const name of [`x${device}`, `${device}x`, `${device}_`])
        expect(segmentsOf(name, "windows")).toEqual([name]);
    }
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
    const begin = process.cpuUsage();
    for (let count = 0; count < 1_000; count += 1) segmentsOf(`${count}${name}`, "windows");
    // Some 30 ms on a quiet machine; 9 s where every dot begins a search of its own.
    expect(cpuMs(begin)).toBeLessThan(2_000);
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

  it.each([
    ["a.TAR.gz", "a (1).TAR.gz"],
    [".tar.gz", ".tar (1).gz"],
    ["tar.gz", "tar (1).gz"],
    ["xtar.gz", "xtar (1).gz"],
    ["a.b.c", "a.b (1).c"],
    [`a.${"x".repeat(31)}`, `a (1).${"x".repeat(31)}`],
    [`a.${"x".repeat(32)}`, `a.${"x".repeat(32)} (1)`],
    [`a.${"ü".repeat(16)}`, `a.${"ü".repeat(16)} (1)`],
    ["a.", "a (1)."],
  ])("%s begins anew as %s", (name, numbered) => {
    expect(numberedName(name, 1)).toBe(numbered);
  });

  it.each([
    ["x", 1],
    ["\u0080", 2],
    ["ü", 2],
    ["\u07ff", 2],
    ["\u0800", 3],
    ["数", 3],
    ["\uffff", 3],
    ["\u{10000}", 4],
    ["\udc80", 1],
    ["\udcff", 1],
  ])("are cut where %j, of %i bytes, still fits", (char, bytes) => {
    const whole = char.repeat(Math.floor(255 / bytes));
    expect(numberedName(whole, 0)).toBe(whole);
    expect(numberedName(char.repeat(400), 0)).toBe(whole);
    expect(utf8Bytes(whole)).toBe(bytes * Math.floor(255 / bytes));
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

describe("freePath()", () => {
  const taken = new Set(["d/f.txt", "d/f (1).txt", "g"]);
  const isTaken = (path: string): boolean => taken.has(path);

  it.each([
    ["d/e.txt", 0, "d/e.txt", 0],
    ["d/f.txt", 0, "d/f (2).txt", 2],
    ["d/f.txt", 5, "d/f (5).txt", 5],
    ["g", 0, "g (1)", 1],
  ])("%j from number %i on is %j", (path, firstCount, free, count) => {
    expect(freePath(path, isTaken, firstCount)).toEqual({ path: free, count });
  });
});
