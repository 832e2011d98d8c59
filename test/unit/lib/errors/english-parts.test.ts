// Phrases of which English error sentences are made.
import { expect, test } from "vitest";
import {
  ADVICE_TEXTS,
  connectAdvice,
  isPattern,
  LOSS_TEXTS,
  lossText,
  writeProblemOf,
} from "../../../../src/lib/errors/english-parts.ts";

test("a silence is told with its length, one of less than a second as an end", () => {
  expect(lossText({ seconds: 30 }, LOSS_TEXTS)).toContain("30 s");
  expect(lossText({ seconds: 0 }, LOSS_TEXTS)).toBe(LOSS_TEXTS.shutdown(0));
  expect(lossText({ end: "aborted" }, LOSS_TEXTS)).toBe(LOSS_TEXTS.aborted(0));
  expect(lossText({}, LOSS_TEXTS)).toBe(LOSS_TEXTS.over(0));
});

test("there is advice only where the two files show what is in the way", () => {
  expect(connectAdvice("not-known", ADVICE_TEXTS)).toBeUndefined();
  expect(connectAdvice("both-symmetric", ADVICE_TEXTS)).toBe(ADVICE_TEXTS.relay);
});

test.each([
  ["*.jpg", true],
  ["a?c", true],
  ["[ab]", true],
  ["{a,b}", true],
  ["photo (1).jpg", false],
])("%s: is a pattern of a shell: %s", (path, is) => {
  expect(isPattern(path)).toBe(is);
});

test.each([
  ["ENOENT: no such file or directory", "folder"],
  ["ENOTDIR", "folder"],
  ["EROFS: read-only file system", "permission"],
  ["ENOSPC: no space left on device", "room"],
  ["it is a folder", "taken"],
  ["it cannot be removed", "other"],
])("a file that cannot be written lacks something: %s", (reason, problem) => {
  expect(writeProblemOf(reason)).toBe(problem);
});
