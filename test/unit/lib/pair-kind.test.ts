import { expect, test } from "vitest";
import { lessDirect } from "../../../src/lib/pair-kind.ts";

test.each([
  ["host", "host", "host"],
  ["host", "prflx", "prflx"],
  ["prflx", "srflx", "srflx"],
  ["srflx", "relay", "relay"],
] as const)("a pair of %s and %s is %s, from either side", (one, other, kind) => {
  expect([lessDirect(one, other), lessDirect(other, one)]).toEqual([kind, kind]);
});
