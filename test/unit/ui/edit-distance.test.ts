import { expect, test } from "vitest";
import { editDistance } from "../../../src/ui/edit-distance.ts";

test.each([
  ["", "", 0],
  ["send", "send", 0],
  ["send", "sned", 1],
  ["P2P_WAITT", "P2P_WAIT", 1],
  ["abc", "", 3],
])("%s and %s are %i apart", (a, b, distance) => {
  expect(editDistance(a, b)).toBe(distance);
});
