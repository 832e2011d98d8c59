// @ts-check
// Checks that every file of src has a test of its own: a file of test/ takes a value of it, or a test in test/unit has its
// name, or, for a command, a test in test/e2e runs it. A file without values is exempt, since there is nothing to run. So
// is what support/parts-of-others.mjs lists: a part of one owner, which the owner's test runs. And checks that nothing in
// src is dead: an entry of the package leads to each file by imports, if only of types, and another file takes each value
// that a file exports. A type may stand for itself, since it describes what is exported beside it, but has to be used there.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { importsOf, namedBy, namesIn, namesTakenBy, reachOf, read, sources } from "./support/imports.mjs";
import { PAGE_ENTRIES } from "./support/page-entries.mjs";
import { PARTS } from "./support/parts-of-others.mjs";
import { root } from "./support/project.mjs";

const files = sources("src");
const tests = sources("test");
const imported = new Set(tests.flatMap(importsOf));

/** @param {string} file - `src/cli/commands/NAME.ts` */
function isRun(file) {
  const name = /^src\/cli\/commands\/([a-z-]+)\.ts$/.exec(file)?.[1];
  return name !== undefined && tests.some((path) => path.startsWith("test/e2e/") && read(path).includes(`"${name}"`));
}

/** @param {string} file */
function hasValues(file) {
  return /^export\s+(?!type\b|interface\b|declare\b)/m.test(read(file));
}

/** @param {string} file */
function isTested(file) {
  const mirror = `${file.replace(/^src/, "test/unit").replace(/\.ts$/, "")}.test.ts`;
  return imported.has(file) || existsSync(join(root, mirror)) || isRun(file);
}

/** @returns {Set<string>} what package.json or the command names of dist, as the file of src that it is built from */
function entries() {
  const texts = ["package.json", "bin/p2p.js"].filter((path) => existsSync(join(root, path))).map(read);
  const named = texts.flatMap((text) => [...text.matchAll(/dist\/([\w/-]+)\.js/g)]);
  // The browser peer is bundled into a page of its own (scripts/support/page.mjs).
  const bundled = PAGE_ENTRIES.filter((path) => existsSync(join(root, path)));
  return new Set([...named.map(([, name]) => `src/${name}.ts`), ...bundled]);
}

/** @returns {Set<string>} what is taken of the files of src, as `FILE NAME` */
function takenNames() {
  const taken = new Set();
  for (const file of [...files, ...tests, ...sources("scripts")]) {
    for (const [from, names] of namesTakenBy(file)) for (const name of names) taken.add(`${from} ${name}`);
  }
  return taken;
}

/** @returns {Set<string>} the names that stand in a script, which takes modules of build/ by paths that it puts together */
function scriptNames() {
  return new Set(sources("scripts").flatMap((path) => [...namesIn(read(path))]));
}

/** @param {string} file @returns {string[]} what it exports and nobody needs */
function exportedForNobody(file) {
  const exported = read(file).matchAll(/^export (?:async )?(function\*?|class|const|let|type|interface) ([\w$]+)/gm);
  return [...exported].flatMap(([, kind = "", name = ""]) => {
    if (taken.has(`${file} ${name}`) || inScripts.has(name)) return [];
    const isUsedHere = [...read(file).matchAll(/[\w$]+/g)].filter(([word]) => word === name).length > 1;
    return (kind === "type" || kind === "interface") && isUsedHere ? [] : [name];
  });
}

const problems = [];
const entered = entries();
const taken = takenNames();
const inScripts = scriptNames();
for (const file of files.filter((path) => !entered.has(path))) {
  for (const name of exportedForNobody(file)) problems.push(`${file} exports ${name}, which no other file takes`);
}
const alive = new Set(entered);
for (const file of alive) for (const next of existsSync(join(root, file)) ? namedBy(file) : []) alive.add(next);
for (const file of files) {
  if (!alive.has(file)) problems.push(`${file} is dead: no entry of the package leads to it by imports`);
}
const parts = new Set(PARTS.flatMap((part) => part.files));
const folders = [...parts].filter((path) => path.endsWith("/"));
for (const file of files) {
  if (!hasValues(file) || parts.has(file) || isTested(file) || folders.some((folder) => file.startsWith(folder)))
    continue;
  const own = `test/unit/${file.slice(4).replace(/\.ts$/, ".test.ts")}`;
  problems.push(
    `${file} has no test: write ${own} (or, for a part of one owner, a row in scripts/support/parts-of-others.mjs)`,
  );
}
for (const { test, files: listed } of PARTS) {
  if (!existsSync(join(root, test))) {
    problems.push(`parts-of-others.mjs names ${test}, which is not there`);
    continue;
  }
  // A test of real processes runs the command, and one that walks a folder names it.
  const isReaching = /^test\/(?:e2e|system|web)\//.test(test);
  const reached = reachOf(test);
  for (const file of listed) {
    const isLed = isReaching || reached.has(file) || (file.endsWith("/") && read(test).includes(file));
    if (!existsSync(join(root, file))) problems.push(`parts-of-others.mjs lists ${file}, which is not there`);
    else if (isTested(file)) problems.push(`parts-of-others.mjs lists ${file}, which has a test: take it out`);
    else if (!isLed) problems.push(`${test} does not lead to ${file}, as parts-of-others.mjs says`);
  }
}

for (const problem of problems) console.error(problem);
if (problems.length === 0)
  console.log(`${files.length} files in src, each in use and with a test; ${parts.size} in the list of parts`);
process.exitCode = problems.length === 0 ? 0 : 1;
