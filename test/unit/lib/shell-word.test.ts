import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { subjectOf } from "../../../src/lib/errors/english-parts.ts";
import { asTyped, shellWord } from "../../../src/lib/shell-word.ts";

test.each([
  ["LocaltionJson.json", "LocaltionJson.json"],
  ["--out=/tmp/x", "--out=/tmp/x"],
  ["我的文件.json", "我的文件.json"],
  ["my offer.json", '"my offer.json"'],
  ["", '""'],
  ["it's", `"it's"`],
  ["$HOME's", String.raw`'$HOME'\''s'`],
  ["50%", "'50%'"],
  ["a;b", '"a;b"'],
])("%s is written %s", (text, word) => {
  expect(shellWord(text)).toBe(word);
});

test.each([
  ["/dev/fd/63", "<(…)"],
  ["/proc/self/fd/11", "<(…)"],
  ["/dev/fd/63/x", "/dev/fd/63/x"],
  ["/dev/fd", "/dev/fd"],
  ["fd/63", "fd/63"],
  ["-", "-"],
])("%s was typed as %s", (path, typed) => {
  expect(asTyped(path)).toBe(typed);
  expect(subjectOf(path)).toBe(path === "-" ? "stdin" : typed);
});

test("a shell reads all that is printed as it was", () => {
  const texts = [String.raw`a "b" 'c' $d \e !f %g`, "`x`", "*?[a]", "~/x", "#x", "a\tb", "<>|&;()", "\\"];
  const command = `printf '%s\\0' ${texts.map(shellWord).join(" ")}`;
  expect(execFileSync("sh", ["-c", command], { encoding: "utf8" })).toBe(texts.map((text) => `${text}\0`).join(""));
});
