// Which contact a person means.
import { expect, test } from "vitest";
import { contactNamed } from "../../../src/cli/contact-named.ts";
import { Usage } from "../../../src/cli/usage.ts";
import { wordsFor } from "../../../src/words/index.ts";

const usage = new Usage(wordsFor("en"));
const contact = (name: string, publicKey: string) => ({ name, publicKey, verifiedAt: "2026-05-03T10:00:00.000Z" });
const BOB = contact("Bob", "ab12".repeat(16));
const TWINS = [contact("Twin", "cd34".repeat(16)), contact("Twin", "cd35".repeat(16))];
const ALL = [BOB, ...TWINS, contact("ab12ab12", "ef56".repeat(16))];

test.each([
  ["Bob", BOB],
  ["cd34cd34", TWINS[0]],
  ["CD35CD35CD", TWINS[1]],
  // A name counts before a key.
  ["ab12ab12", ALL[3]],
])("%s", (who, expected) => {
  expect(contactNamed(who, ALL, usage)).toBe(expected);
});

test.each([
  ["bob", "nobody is kept as 'bob'"],
  ["cd34", "nobody is kept as 'cd34'"],
  ["Twin", "several people are kept as 'Twin'"],
])("%s is refused", (who, message) => {
  expect(() => contactNamed(who, ALL, usage)).toThrow(message);
});
