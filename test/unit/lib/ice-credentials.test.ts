// The form of ICE credentials, RFC 8839 §5.4.
import { expect, test } from "vitest";
import { ICE_PWD, ICE_UFRAG } from "../../../src/lib/ice-credentials.ts";

test.each<[RegExp, min: number]>([
  [ICE_UFRAG, 4],
  [ICE_PWD, 22],
])("%s takes ice-chars, from the least number of them to 256", (form, min) => {
  const lengths = [min - 1, min, 256, 257].map((length) => form.test("a".repeat(length)));
  expect(lengths).toEqual([false, true, true, false]);
  expect(form.test("azAZ09+/".repeat(3))).toBe(true);
  for (const odd of ["-", "=", " ", "\n", "é"]) expect(form.test(`${"a".repeat(min)}${odd}`)).toBe(false);
});
