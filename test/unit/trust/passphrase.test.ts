import { expect, test } from "vitest";
import { englishWords } from "../../../src/control/verify-words.ts";
import { isWeakPassphrase, makePassphrase } from "../../../src/trust/passphrase.ts";

test("one that is made has six words of the list, others each time, and is not weak", () => {
  const made = makePassphrase();
  expect(made.split(" ")).toHaveLength(6);
  expect(made.split(" ").every((word) => englishWords().includes(word))).toBe(true);
  expect(makePassphrase()).not.toBe(made);
  expect(isWeakPassphrase(made)).toBe(false);
});

test.each(["", "a", "12345678901234567890", "aaaaaaaaaaaaaaaaaaaa", "hunter2", "Passw0rd", "密码"])(
  "weak: %j",
  (text) => {
    expect(isWeakPassphrase(text)).toBe(true);
  },
);

test.each([
  "  hunter2 ",
  `hunter2${" \t".repeat(40)}`,
  `${" \u00a0".repeat(40)}a b`,
  "ｈｕｎｔｅｒ２",
  "a \t \t \t \t b",
])("what counts for no key counts for no strength: %j", (text) => {
  expect(isWeakPassphrase(text)).toBe(true);
});

test.each(["correct horse battery staple", "kX8#vq2LmZ", "床前明月光"])("not weak: %j", (text) => {
  expect(isWeakPassphrase(text)).toBe(false);
});

/** Characters that neither repeat nor follow one another. */
const spaced = (first: string, count: number, step = 2): string =>
  Array.from({ length: count }, (_, at) => String.fromCharCode((first.codePointAt(0) ?? 0) + step * (at % 5))).join("");

test.each([
  ["small letters", 11, spaced("a", 11)],
  ["large letters", 11, spaced("A", 11)],
  ["digits", 16, spaced("0", 16)],
  ["signs", 10, "!#%')+-/!#"],
  ["signs between the letters", 10, ":<>@[]_|~;"],
  ["other letters", 5, "床明月光是"],
  ["letters of both sizes", 9, "aCeGiKmOq"],
  ["small letters and digits", 10, "a1c3e5g7i9"],
])("%s: %i are not weak, and one less is", (_what, count, text) => {
  expect(Array.from(text)).toHaveLength(count);
  expect(isWeakPassphrase(text)).toBe(false);
  expect(isWeakPassphrase(Array.from(text).slice(0, -1).join(""))).toBe(true);
});

test("what follows the character before it, upwards or downwards, adds nothing", () => {
  const strong = spaced("a", 11);
  expect(isWeakPassphrase(`${strong.slice(0, 10)}jklmnopqrst`)).toBe(true);
  expect(isWeakPassphrase(`${strong.slice(0, 10)}hgfedcb`)).toBe(true);
  expect(isWeakPassphrase(`${strong.slice(0, 10)}iiiiiiii`)).toBe(true);
  expect(isWeakPassphrase(`${strong.slice(0, 10)}k`)).toBe(false);
});
