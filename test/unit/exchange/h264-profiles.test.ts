// Profiles of H.264 as other programs write them, and which stream may be sent to whom.
import { expect, test } from "vitest";
import { h264ProfileOf, isDecodable } from "../../../src/exchange/h264-profiles.ts";

test.each([
  ["42e01f", "constrained-baseline"],
  ["42C02A", "constrained-baseline"],
  ["42001f", "baseline"],
  ["4d001f", "main"],
  ["4de01f", "constrained-baseline"],
  ["58801f", "baseline"],
  ["58c01f", "constrained-baseline"],
  ["58001f", undefined],
  ["640028", "high"],
  ["640c1f", "constrained-high"],
  // High 4:4:4: no program of this kind decodes it.
  ["f4001f", undefined],
  ["42e0", undefined],
  ["", undefined],
  [undefined, "baseline"],
])("%s is %s", (id, profile) => {
  expect(h264ProfileOf(id)).toBe(profile);
});

test("a profile includes those with less, and no other", () => {
  expect(isDecodable("constrained-baseline", "high")).toBe(true);
  expect(isDecodable("constrained-baseline", "main")).toBe(true);
  expect(isDecodable("main", "high")).toBe(true);
  expect(isDecodable("high", "main")).toBe(false);
  expect(isDecodable("baseline", "constrained-baseline")).toBe(false);
  expect(isDecodable("main", "main")).toBe(true);
});
