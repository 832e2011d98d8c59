import { describe, expect, test } from "vitest";
import { BitrateEstimate } from "../../../src/media/bitrate-estimate.ts";

/** Lets this rate arrive for so many seconds, with a report each second. @returns what the reports said */
function run(
  estimate: BitrateEstimate,
  {
    bitsPerSecond,
    fromMs,
    seconds,
    loss = 0,
    queueMs = 0,
  }: {
    bitsPerSecond: number;
    fromMs: number;
    seconds: number;
    loss?: number;
    queueMs?: number;
  },
): (number | undefined)[] {
  const said: (number | undefined)[] = [];
  for (let ms = fromMs; ms < fromMs + seconds * 1_000; ms += 10) {
    estimate.arrived(bitsPerSecond / 8 / 100, queueMs, ms);
    if (ms % 1_000 === 990) said.push(estimate.next(loss, ms));
  }
  return said;
}

describe("BitrateEstimate", () => {
  test("says nothing before it has measured for a second", () => {
    const estimate = new BitrateEstimate();
    expect(estimate.next(0, 0)).toBeUndefined();
    expect(run(estimate, { bitsPerSecond: 1e6, fromMs: 0, seconds: 1 })).toEqual([undefined]);
  });

  test("grows while all goes well, to half above what arrives", () => {
    const said = run(new BitrateEstimate(), { bitsPerSecond: 1e6, fromMs: 0, seconds: 20 });
    expect(said[1]).toBeCloseTo(1.08e6, -4);
    expect(said.at(-1)).toBeCloseTo(1.5e6, -4);
  });

  test.each([
    ["a queue", { queueMs: 200 }],
    ["much loss", { loss: 0.2 }],
  ])("goes below what arrives with %s", (_, trouble) => {
    const estimate = new BitrateEstimate();
    run(estimate, { bitsPerSecond: 1e6, fromMs: 0, seconds: 10 });
    const said = run(estimate, { bitsPerSecond: 1e6, fromMs: 10_000, seconds: 2, ...trouble });
    expect(said.at(-1)).toBeCloseTo(0.85e6, -4);
  });

  test("stays with a loss between", () => {
    const estimate = new BitrateEstimate();
    const [, before] = run(estimate, { bitsPerSecond: 1e6, fromMs: 0, seconds: 2 });
    expect(run(estimate, { bitsPerSecond: 1e6, fromMs: 2_000, seconds: 3, loss: 0.05 })).toEqual([
      before,
      before,
      before,
    ]);
  });

  test("is never below what a small picture takes, nor without a limit", () => {
    const slow = new BitrateEstimate();
    expect(run(slow, { bitsPerSecond: 1_000, fromMs: 0, seconds: 5, loss: 1 }).at(-1)).toBe(150_000);
    const fast = new BitrateEstimate();
    expect(run(fast, { bitsPerSecond: 1e9, fromMs: 0, seconds: 9 }).at(-1)).toBe(50_000_000);
  });

  test("what came before a pause is not counted", () => {
    const estimate = new BitrateEstimate();
    run(estimate, { bitsPerSecond: 10e6, fromMs: 0, seconds: 2 });
    estimate.arrived(100, 0, 60_000);
    expect(estimate.next(0.5, 60_100)).toBe(150_000);
  });
});
