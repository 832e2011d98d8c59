import { expect, test } from "vitest";
import { baseNames, keptNames, NAME_UNITS_KEPT, NAMES_KEPT } from "../../../src/lib/transfer-names.ts";

const entries = ["a/1", "a/2", "b", "c/d/e", "f", "g"].map((path) => ({ path }));

test("a transfer is known by its top-level names, each once, and one more than is kept shows that there are more", () => {
  expect(baseNames(entries)).toEqual(["a", "b", "c", "f"]);
});

test("of some entries only their names count", () => {
  expect(baseNames(entries, (index) => index > 3)).toEqual(["f", "g"]);
});

test("so many names are kept, and so much of each", () => {
  const names = keptNames(Array.from({ length: NAMES_KEPT + 1 }, () => "x".repeat(NAME_UNITS_KEPT + 1)));
  expect(names).toEqual(Array.from({ length: NAMES_KEPT }, () => "x".repeat(NAME_UNITS_KEPT)));
});
