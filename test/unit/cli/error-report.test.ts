// An error that ends the run: what it is and what to do, and for who debugs, the stacks down to the first cause.
import { expect, test } from "vitest";
import { printErrorReport } from "../../../src/cli/error-report.ts";
import type { TerminalPrinter } from "../../../src/cli/print.ts";
import { P2pError } from "../../../src/index.ts";
import { PLAIN_STYLE, type Part, plainParts } from "../../../src/ui/style.ts";
import { wordsFor } from "../../../src/words/index.ts";
import type { Lang } from "../../../src/words/lang.ts";

function report(error: P2pError, isDebugging: boolean, lang: Lang = "en"): string[] {
  const lines: string[] = [];
  const printer = { style: PLAIN_STYLE, insist: (...parts: Part[]) => lines.push(plainParts(parts)) };
  const context = { printer: printer as unknown as TerminalPrinter, words: wordsFor(lang), lang, isDebugging };
  printErrorReport(error, context);
  return lines;
}

test.each(["en", "zh"] as const)("is told with its code and a hint, escaped, in %s", (lang) => {
  const lines = report(new P2pError("PATH_MISSING", { path: "a\u001b[2Jb" }), false, lang);
  expect(lines.length).toBeGreaterThanOrEqual(2);
  expect(lines[0]).toContain("PATH_MISSING");
  expect(lines.join("\n")).toContain("a\\e[2Jb");
  expect(lines.join("\n")).not.toContain("\u001b");
});

test("comes with the stack of every cause once, however they point at each other", () => {
  const [first, second] = [new Error("first"), new Error("second\u0007")];
  first.cause = second;
  second.cause = first;
  const lines = report(new P2pError("INTERNAL", { detail: "x" }, { cause: first }), true);
  expect(lines.filter((line) => line.startsWith("caused by: "))).toHaveLength(2);
  expect(lines.filter((line) => line.startsWith("caused by: Error: first"))).toHaveLength(1);
  expect(lines.join("\n")).not.toContain("\u0007");
});

test("of a cause that is no error is shown, too", () => {
  const lines = report(new P2pError("INTERNAL", { detail: "x" }, { cause: { code: 7 } }), true);
  expect(lines).toContain("caused by: { code: 7 }");
});
