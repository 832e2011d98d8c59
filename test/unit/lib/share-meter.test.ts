import { expect, test } from "vitest";
import { ShareMeter } from "../../../src/lib/share-meter.ts";

test("counts for each kind how long it held in the last two seconds", () => {
  const meter = new ShareMeter<"a" | "b">();
  meter.note("a", 10_000);
  meter.note("b", 10_500);
  meter.note(undefined, 11_500);
  expect(meter.shareOf("a", 12_000)).toBeCloseTo(0.25);
  expect(meter.shareOf("b", 12_000)).toBeCloseTo(0.5);
  // What is older than two seconds no longer counts.
  expect(meter.shareOf("a", 12_600)).toBe(0);
  expect(meter.shareOf("b", 12_600)).toBeCloseTo(0.45);
  expect(meter.shareOf("b", 60_000)).toBe(0);
});

test("counts what holds still, and a thousand changes within one step", () => {
  const meter = new ShareMeter<"a" | "b">();
  for (let ms = 0; ms < 4_000; ms += 0.5) meter.note(ms % 1 === 0 ? "a" : "b", ms);
  expect(meter.shareOf("a", 4_000)).toBeCloseTo(0.5, 1);
  meter.note("a", 4_000);
  expect(meter.shareOf("a", 1_000_000)).toBeCloseTo(1);
});
