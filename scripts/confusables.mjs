// Generates src/lib/confusables-data.ts from two files of the Unicode Character Database:
//   node scripts/confusables.mjs confusables.txt EquivalentUnifiedIdeograph.txt > src/lib/confusables-data.ts
// (https://www.unicode.org/Public/security/ and https://www.unicode.org/Public/UCD/latest/ucd/). It leaves out
// characters that NFKC changes anyway, and those that are never shown.
import { readFileSync } from "node:fs";
import process from "node:process";

const [confusablesPath, radicalsPath] = process.argv.slice(2);
if (confusablesPath === undefined || radicalsPath === undefined) {
  throw new TypeError("usage: confusables.mjs confusables.txt EquivalentUnifiedIdeograph.txt");
}

const COLUMNS = 114;
const text = readFileSync(confusablesPath, "utf8");
const version = /^# Version: ([\d.]+)/m.exec(text)?.[1] ?? "unknown";

/** Parses lines `SOURCE ; TARGET …` in hex; SOURCE may be `FIRST..LAST`, and comments follow `#`. */
function* rowsOf(data) {
  for (const line of data.split("\n")) {
    const [source = "", target = ""] = line.replace(/#.*/, "").split(";");
    if (target.trim() === "") continue;
    const [first = "", last = first] = source.trim().split("..");
    for (let code = Number.parseInt(first, 16); code <= Number.parseInt(last, 16); code += 1) {
      yield [code, target.trim().split(/\s+/)];
    }
  }
}

const targets = new Map();
for (const data of [readFileSync(radicalsPath, "utf8"), text]) {
  for (const [code, target] of rowsOf(data)) {
    const char = String.fromCodePoint(code);
    const isKept = char.normalize("NFKC").normalize("NFD") === char && !/\p{Default_Ignorable_Code_Point}/u.test(char);
    if (isKept) targets.set(code, target.map((hex) => Number.parseInt(hex, 16).toString(36)).join("."));
  }
}

const entries = [];
let before = 0;
for (const [code, target] of [...targets].toSorted(([one], [other]) => one - other)) {
  entries.push(`${(code - before).toString(36)}=${target}`);
  before = code;
}
const lines = [""];
for (const entry of entries) {
  if (`${lines.at(-1)} ${entry}`.length > COLUMNS) lines.push("");
  lines.push(`${lines.pop()} ${entry}`.trimStart());
}
process.stdout.write(`// Which characters look like others, of Unicode ${version} (confusables.txt, EquivalentUnifiedIdeograph.txt), made by
// scripts/confusables.mjs. © Unicode, Inc.; its license is in docs/unicode-license.txt.

/** Of those that NFKC leaves as they are: distance from the one before, and what it looks like, all in base 36. */
export const CONFUSABLES =
  // biome-ignore format: generated
\`
${lines.join("\n")}
\`;
`);
