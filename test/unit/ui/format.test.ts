import { describe, expect, it, test, vi } from "vitest";
import { formatBytes } from "../../../src/command-port.ts";
import { wordsFor } from "../../../src/words/index.ts";
import {
  formatClock,
  formatAge,
  formatDuration,
  formatMoment,
  formatPercent,
  formatRate,
  formatRemaining,
  fullPath,
} from "../../../src/ui/format.ts";

const en = wordsFor("en").conversation;
const zh = wordsFor("zh").conversation;

describe("formatBytes()", () => {
  it.each([
    [0, "0 B"],
    [1_023, "1023 B"],
    [1_024, "1.0 KiB"],
    [1_536, "1.5 KiB"],
    [102_348, "99.9 KiB"],
    [102_400, "100 KiB"],
    [1_048_063, "1023 KiB"],
    [1_048_064, "1.0 MiB"],
    [412 * 1_048_576, "412 MiB"],
    [5 * 1_073_741_824, "5.0 GiB"],
    [Number.MAX_SAFE_INTEGER, "8.0 PiB"],
  ])("shows %d bytes", (bytes, expected) => {
    expect(formatBytes(bytes)).toBe(expected);
  });

  it("is the base of the rate", () => {
    expect(formatRate(4_300_000)).toBe("4.1 MiB/s");
  });
});

describe("formatPercent()", () => {
  it.each([
    [0, 10, "0%"],
    [999, 1_000, "99%"],
    [1_000, 1_000, "100%"],
    [1_001, 1_000, "100%"],
    [0, 0, "100%"],
  ])("shows %d of %d", (bytes, total, expected) => {
    expect(formatPercent(bytes, total)).toBe(expected);
  });
});

describe("formatRemaining()", () => {
  it.each([
    [0, 100, 25, "0:04"],
    [0, 725, 1, "12:05"],
    [0, 3_723, 1, "1:02:03"],
    [100, 100, 5, "0:00"],
    [0, 100, 0, undefined],
    [0, 1e12, 1, undefined],
  ])("needs for %d of %d at %d", (bytes, total, rate, expected) => {
    expect(formatRemaining(bytes, total, rate)).toBe(expected);
  });
});

describe("formatAge()", () => {
  it.each([
    [-5, "0 s", "0 秒"],
    [59_999, "59 s", "59 秒"],
    [180_000, "3 min", "3 分钟"],
    [7_199_999, "1 h", "1 小时"],
    [86_400_000, "1 day", "1 天"],
    [600_000_000, "6 days", "6 天"],
  ])("%d ms is %s, %s", (ms, english, chinese) => {
    expect(formatAge(ms, en)).toBe(english);
    expect(formatAge(ms, zh)).toBe(chinese);
  });
});

describe("formatDuration()", () => {
  it.each([
    [0, "0.0 s", "0.0 秒"],
    [3_240, "3.2 s", "3.2 秒"],
    [9_960, "10 s", "10 秒"],
    [59_700, "1 min 0 s", "1 分 0 秒"],
    [65_000, "1 min 5 s", "1 分 5 秒"],
    [7_380_000, "2 h 3 min", "2 小时 3 分"],
  ])("shows %d ms", (ms, english, chinese) => {
    expect(formatDuration(ms, en)).toBe(english);
    expect(formatDuration(ms, zh)).toBe(chinese);
  });
});

describe("clocks", () => {
  const now = new Date(2030, 0, 2, 9, 5);

  it("show local time", () => {
    expect(formatClock(now)).toBe("09:05");
  });

  it("show the date of another day", () => {
    expect(formatMoment(new Date(2030, 0, 2, 23, 59), now)).toBe("23:59");
    expect(formatMoment(new Date(2030, 0, 3, 9, 5), now)).toBe("2030-01-03 09:05");
  });
});

test("a path is whole, and stays as it is where the current folder is gone", () => {
  expect(fullPath("a/b")).toBe(`${process.cwd()}/a/b`);
  const gone = vi.spyOn(process, "cwd").mockImplementation(() => {
    throw new Error("ENOENT: no such file or directory, uv_cwd");
  });
  expect(fullPath("a/b")).toBe("a/b");
  gone.mockRestore();
});
