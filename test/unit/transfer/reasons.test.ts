// Reasons on the wire: each number stands for one, and numbers of later versions are failures all the same.
import { expect, test } from "vitest";
import { decodeReason, encodeReason, type Reason } from "../../../src/transfer/reasons.ts";

// The numbers of docs/transfer-protocol.md: another program has them too.
test.each<[Reason, number]>([
  ["user", 1],
  ["policy", 2],
  ["disk-full", 3],
  ["write-failed", 4],
  ["limit", 5],
  ["unsafe-path", 6],
  ["closing", 7],
  ["source-changed", 8],
  ["unreadable", 9],
  ["hash-mismatch", 10],
  ["abandoned", 11],
  ["other", 255],
])("%s is %i", (reason, code) => {
  expect([encodeReason(reason), decodeReason(code)]).toEqual([code, reason]);
});

test.each([0, 12, 128, 254])("%i of a later version is some other reason", (code) => {
  expect(decodeReason(code)).toBe("other");
});
