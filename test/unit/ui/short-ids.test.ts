import fc from "fast-check";
import { expect, it } from "vitest";
import { digitsToTell } from "../../../src/ui/short-ids.ts";

it.each<[string[], number]>([
  [[], 4],
  [["0123456789abcdef"], 4],
  [["0123456789abcdef", "0124456789abcdef"], 4],
  [["04115ab865725543", "04115ab865383f95", "04115ab86506343e"], 11],
  [["0123456789abcdef", "0123456789abcdee"], 16],
])("of %j it shows %i digits", (ids, digits) => {
  expect(digitsToTell(ids, 4)).toBe(digits);
});

it("shows as few as tell all of them apart", () => {
  const id = fc.string({ unit: fc.constantFrom("0", "1", "f"), minLength: 16, maxLength: 16 });
  fc.assert(
    fc.property(fc.uniqueArray(id, { maxLength: 30 }), (ids) => {
      const digits = digitsToTell(ids, 1);
      const shown = (count: number): number => new Set(ids.map((each) => each.slice(0, count))).size;
      expect(shown(digits)).toBe(ids.length);
      if (digits > 1) expect(shown(digits - 1)).toBeLessThan(ids.length);
    }),
  );
});
