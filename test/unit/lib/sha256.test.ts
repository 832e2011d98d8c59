// SHA-256 without a platform, against the platform's.
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { sha256Hex } from "../../../src/lib/sha256.ts";

test("every length around the ends of blocks", () => {
  for (let length = 0; length <= 300; length += 1) {
    const bytes = Uint8Array.from({ length }, (_, at) => (at * 31 + length) % 256);
    expect(sha256Hex(bytes), `${length} bytes`).toBe(createHash("sha256").update(bytes).digest("hex"));
  }
});

test("a text as long as an exchange file may be", () => {
  const bytes = new Uint8Array(262_144).fill(0x61);
  expect(sha256Hex(bytes)).toBe(createHash("sha256").update(bytes).digest("hex"));
});
