// The string that people compare: what 33 bits look like, and what is read as the same.
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import {
  digitsOf,
  groupedDigits,
  leadingBits,
  readExpectation,
  STRING_BITS,
  wordsOf,
} from "../../../src/control/verify-string.ts";
import { chineseWords, englishWords } from "../../../src/control/verify-words.ts";
import { seededRandom } from "../../support/seeded-random.ts";

const LARGEST = 2 ** STRING_BITS - 1;

describe("the lists", () => {
  test("have 2,048 different words each", () => {
    for (const list of [englishWords(), chineseWords()]) {
      expect(list).toHaveLength(2_048);
      expect(new Set(list).size).toBe(2_048);
    }
    expect(englishWords().every((word) => /^[a-z]{3,8}$/.test(word))).toBe(true);
    expect(chineseWords().every((word) => /^\p{Script=Han}$/u.test(word))).toBe(true);
  });

  // Two versions with another order would show different strings for the same bits.
  test.each([
    ["english.txt", englishWords, "2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda"],
    ["chinese_simplified.txt", chineseWords, "5c5942792bd8340cb8b27cd592f1015edf56a8c5b26276ee18a482428e7c5726"],
  ])("are %s of BIP-39", (_name, list, sha256) => {
    expect(
      createHash("sha256")
        .update(`${list().join("\n")}\n`)
        .digest("hex"),
    ).toBe(sha256);
  });
});

describe("leading bits", () => {
  test.each([
    [0, 0],
    [1, 1],
    [8, 0xa5],
    [12, 0xa5f],
    [33, 0xa5f01234 * 2 + 1],
  ])("%i of a hash", (bits, value) => {
    expect(leadingBits(Uint8Array.of(0xa5, 0xf0, 0x12, 0x34, 0x80), bits)).toBe(value);
  });
});

describe("a string", () => {
  test("has the same look everywhere", () => {
    expect([digitsOf(0), wordsOf(0)]).toEqual(["0000000000", "abandon abandon abandon"]);
    expect([digitsOf(LARGEST), wordsOf(LARGEST)]).toEqual(["8589934591", "zoo zoo zoo"]);
    expect(wordsOf(2 ** 22 + 2 * 2 ** 11 + 3)).toBe("ability able about");
  });

  test("has its digits in two groups on every screen", () => {
    expect(groupedDigits(digitsOf(LARGEST))).toBe("85899 34591");
  });

  test("is read back from each of its forms", () => {
    const random = seededRandom(33);
    for (let round = 0; round < 500; round += 1) {
      const value = Math.floor(random() * 2 ** STRING_BITS);
      const english = wordsOf(value);
      const chinese = english.replaceAll(/\w+/g, (word) => chineseWords()[englishWords().indexOf(word)] ?? "");
      for (const form of [digitsOf(value), english, chinese]) {
        expect(readExpectation(form), form).toEqual({ type: "string", value });
      }
    }
  });

  test.each([
    "00042 98764",
    " 0004298764\n",
    "000-429-8764",
    "００04298764",
    "ability able YELLOW",
    "Ability, able,\tyellow",
    "\n ability able yellow ",
    "ability-able-yellow",
    "一在蔡",
  ])("%j is taken as it is meant", (text) => {
    const read = readExpectation(text);
    expect(read?.type).toBe("string");
    expect(read).toEqual(readExpectation(text.toUpperCase()));
  });

  test.each([
    "",
    "ability able",
    "ability able abou",
    "ability able about about",
    "123456789",
    "12345678901",
    "8589934592",
    "00000000001",
    "0f".repeat(33),
    `x${"0f".repeat(32)}`,
    "一在",
    "一在a",
  ])("%j is none", (text) => {
    expect(readExpectation(text)).toBeUndefined();
  });

  test("or a fingerprint, with colons or without", () => {
    const hex = "0F".repeat(32);
    const colons = "0F:".repeat(32).slice(0, -1);
    for (const text of [hex, colons, colons.toLowerCase()]) {
      expect(readExpectation(text)).toEqual({ type: "fingerprint", hex });
    }
  });
});
