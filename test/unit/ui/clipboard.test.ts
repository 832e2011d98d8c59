// The bytes that put a text on a terminal's clipboard.
import { describe, expect, test } from "vitest";
import { clipboardSequence } from "../../../src/ui/clipboard.ts";

const base64 = (text: string): string => Buffer.from(text).toString("base64");

describe("clipboardSequence()", () => {
  test("is OSC 52 with the text in base64", () => {
    expect(clipboardSequence('{"a":"安"}\n', false)).toBe(`\u001b]52;c;${base64('{"a":"安"}\n')}\u0007`);
  });

  test("goes through tmux as well, with its escapes doubled", () => {
    const plain = `\u001b]52;c;${base64("x")}\u0007`;
    expect(clipboardSequence("x", true)).toBe(`${plain}\u001bPtmux;\u001b${plain}\u001b\\`);
  });

  test("is none where terminals would cut it off", () => {
    expect(clipboardSequence("x".repeat(74_994), false)?.length).toBe(100_000);
    expect(clipboardSequence("x".repeat(74_995), false)).toBeUndefined();
    expect(clipboardSequence("安".repeat(25_000), false)).toBeUndefined();
  });
});
