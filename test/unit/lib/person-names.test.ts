// Which names a person takes for the same, and how one is shown that is not what it looks like.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { displayName, looksLike } from "../../../src/lib/person-names.ts";

describe("looks like", () => {
  test.each([
    ["Wang", "W\u0430ng"],
    ["Ivan", "lvan"],
    ["IVAN", "ivan"],
    ["lvan", "IVAN"],
    ["Anna", "\u0391nn\u0430"],
    ["paypal", "\u0440\u0430ypa\u04cf"],
    ["scope", "\u0455\u0441\u043e\u0440\u0435"],
    ["Tom", "T0m"],
    ["morning", "rnorning"],
    ["王木", "王⽊"],
    ["王林", "⺩林"],
    ["Li-Na", "Li Na"],
    ["李 (work)", "李"],
    ["Müller", "Mu\u0308ller"],
    ["( ✓", "(  ✓ "],
  ])("%s: %s", (one, other) => {
    expect(looksLike(one, other)).toBe(true);
    expect(looksLike(other, one)).toBe(true);
  });

  test.each([
    ["Wang", "Li"],
    ["王林", "玉林"],
    ["王林", "王木木"],
    ["Wang", "Wang Lin"],
    ["Ann", "Anna"],
    ["", "Wang"],
    ["...", "Wang"],
    ["कि", "की"],
  ])("not %s: %s", (one, other) => {
    expect(looksLike(one, other)).toBe(false);
  });

  test("every name looks like itself, however it is padded", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 }), (name) => {
        fc.pre(name.replace(/[\p{Default_Ignorable_Code_Point}\p{C}\p{Z}\u2800]/gu, "") !== "");
        expect(looksLike(name, ` ${name}\u200b `)).toBe(true);
      }),
    );
  });
});

describe("is shown", () => {
  test.each([
    "Wang",
    "Wang Lin (new phone)",
    "王芳",
    "山田　太郎",
    "Wang 王芳",
    "Ольга",
    "Müller",
    "김철수",
    "Ωμέγα",
    "مريم",
    "Ann 🙂",
  ])("as it is: %s", (name) => {
    expect(displayName(name)).toBe(name);
  });

  test.each([
    ["W\u0430ng", "W\\u{430}ng"],
    ["王\u0430", "\\u{738b}\\u{430}"],
    ["\u0391\u0430", "\\u{391}\\u{430}"],
    ["Wang\u200b", "Wang\\u{200b}"],
    ["Wa\u00adng", "Wa\\xadng"],
    ["Wang\u3164", "Wang\\u{3164}"],
    ["Wang\u2800", "Wang\\u{2800}"],
    ["\u202aWang", "\\u{202a}Wang"],
    ["王\u{e0100}林\ufe00", "王\\u{e0100}林\\u{fe00}"],
    ["Wang\u{e0041}", "Wang\\u{e0041}"],
    ["Wang\u00a0Lin", "Wang\\u{a0}Lin"],
    ["Wang  Lin", "Wang \\u{20}Lin"],
    [" Wang ", "\\u{20}Wang\\u{20}"],
    ["a\nb\u001b[2J", "a\\nb\\e[2J"],
    ["\ud800", "\\u{d800}"],
  ])("with its code points: %j", (name, shown) => {
    expect(displayName(name)).toBe(shown);
  });

  test("as something that can be shown, and shows no two for one", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 30 }), (name) => {
        expect(displayName(name)).not.toMatch(/[\p{C}\p{Default_Ignorable_Code_Point}\u2800]/u);
      }),
    );
  });
});
