// What is said of seals, signatures and keys.
import { expect, test } from "vitest";
import { SEAL_ERRORS } from "../../../../src/lib/errors/english-seal.ts";

test("a key of one's own that is not there is told apart from one that nobody can have", () => {
  const { message, hint } = SEAL_ERRORS.CONTACT_UNUSABLE;
  expect(message({ name: "Bob", whose: "own" })).toContain("your own long-term key");
  expect(message({ name: "Bob", whose: "theirs" })).toContain("no key of somebody else");
  expect(hint({ name: "Bob", whose: "own" })).toContain("both type /keep again");
});

test("a secret that others can read gets the command that mends it", () => {
  const { hint } = SEAL_ERRORS.SECRET_UNREADABLE;
  expect(hint({ path: "/home/ann/pass", problem: "others-can-read" })).toBe("chmod 600 /home/ann/pass");
});
