// How an error is shown: two lines, each with its prefix in the language of the user.
import { expect, test } from "vitest";
import { errorLines } from "../../../src/ui/narration.ts";
import { PLAIN_STYLE, plainParts } from "../../../src/ui/style.ts";
import { wordsFor } from "../../../src/words/index.ts";

test.each(["en", "zh"] as const)("an error has its message and its code, and then its hint (%s)", (lang) => {
  const words = wordsFor(lang).conversation;
  const error = { code: "FILE_MISSING", message: "'f' is missing", hint: "name another" };
  expect(errorLines(error, { words, style: PLAIN_STYLE }).map(plainParts)).toEqual([
    `${words.errorPrefix}${words.withCode(error)}`,
    `${words.hintPrefix}name another`,
  ]);
});
