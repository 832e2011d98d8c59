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

test.each(["correct horse battery staple", "kX8#vq2LmZ", "床前明月光"])("not weak: %j", (text) => {
  expect(isWeakPassphrase(text)).toBe(false);
});
