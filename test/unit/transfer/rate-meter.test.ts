import { describe, expect, it } from "vitest";
import { RateMeter } from "../../../src/transfer/rate-meter.ts";

describe("the rate", () => {
  it("is nothing before there are two readings", () => {
    const meter = new RateMeter();
    expect(meter.bytesPerSecond).toBe(0);
    meter.note(5, 100);
    expect(meter.bytesPerSecond).toBe(0);
  });

  it("is that of the last two seconds", () => {
    const meter = new RateMeter();
    for (let ms = 0; ms <= 10_000; ms += 50) meter.note(ms * 1_000, ms);
    expect(meter.bytesPerSecond).toBe(1_000_000);
    for (let ms = 10_050; ms <= 14_000; ms += 50) meter.note(10_000_000 + (ms - 10_000) * 10, ms);
    expect(meter.bytesPerSecond).toBe(10_000);
  });

  it("counts a reading that comes at once after another", () => {
    const meter = new RateMeter();
    meter.note(0, 0);
    meter.note(500, 500);
    meter.note(900, 501);
    meter.note(1_000, 502);
    expect(meter.bytesPerSecond).toBe(1_992);
  });

  it.each([
    ["a reading close behind another replaces it", [0, 50], 2_060, 0],
    ["one that is a step behind stays", [0, 100], 2_150, 100],
    ["so does each of many", [0, 100, 250], 2_300, 250],
    ["the one at the beginning of the window counts with the one before", [0, 100], 2_100, 0],
  ])("begins where it should: %s", (_what, earlier, nowMs, first) => {
    const meter = new RateMeter();
    // Of one byte each millisecond, but for the last reading.
    for (const ms of earlier) meter.note(ms, ms);
    meter.note(1_000_000, nowMs);
    expect(meter.bytesPerSecond).toBe(Math.round(((1_000_000 - first) * 1_000) / (nowMs - first)));
  });
});
