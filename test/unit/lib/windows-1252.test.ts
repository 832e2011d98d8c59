// Windows-1252: every byte is a character, those of the typography included.
import { expect, test } from "vitest";
import { decodeWindows1252 } from "../../../src/lib/windows-1252.ts";

test("all bytes are the characters of the Encoding standard", () => {
  const all = decodeWindows1252(Uint8Array.from({ length: 256 }, (_, byte) => byte));
  expect(all.slice(0, 0x80)).toBe(String.fromCharCode(...Array.from({ length: 0x80 }, (_, code) => code)));
  expect(all.slice(0x80, 0xa0)).toBe("€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ");
  expect(all.slice(0xa0)).toBe(String.fromCharCode(...Array.from({ length: 0x60 }, (_, at) => 0xa0 + at)));
});

test("long texts are decoded whole", () => {
  const bytes = new Uint8Array(100_001).fill(0x93);
  expect(decodeWindows1252(bytes)).toBe("“".repeat(100_001));
});
