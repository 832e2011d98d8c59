import { describe, expect, test } from "vitest";
import { splitAtCodePoints } from "../../../src/app/text-link.ts";

const bytesOf = (text: string): number => new TextEncoder().encode(text).length;

describe("splitAtCodePoints", () => {
  test("leaves a text that fits whole, the empty one too", () => {
    expect(splitAtCodePoints("", 4)).toEqual([""]);
    expect(splitAtCodePoints("汉字", 6)).toEqual(["汉字"]);
  });

  test.each([4, 5, 7, 10, 100])("cuts at code points, pieces of at most %i bytes", (limit) => {
    const text = "aé汉🙂".repeat(40);
    const pieces = splitAtCodePoints(text, limit);
    expect(pieces.join("")).toBe(text);
    expect(Math.max(...pieces.map(bytesOf))).toBeLessThanOrEqual(limit);
    expect(pieces.some((piece) => /\p{Surrogate}/u.test(piece))).toBe(false);
  });
});
