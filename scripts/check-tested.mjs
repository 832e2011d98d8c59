// @ts-check
// Checks that every file of src has a test of its own: a file of test/ takes a value of it, or a test in test/unit has its
// name, or, for a command, a test in test/e2e runs it. A file without values is exempt, since there is nothing to run. So
// is what support/parts-of-others.mjs lists: a part of one owner, which the owner's test runs.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { PARTS } from "./support/parts-of-others.mjs";
import { root } from "./support/project.mjs";

/** @param {string} folder @returns {string[]} relative to the project, with `/` */
function sources(folder) {
  const names = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" });
  return names.filter((name) => /\.(ts|mjs)$/.test(name)).map((name) => `${folder}/${name}`.replaceAll("\\", "/"));
}

/** @type {Map<string, string>} */
const texts = new Map();

/** @param {string} path */
function read(path) {
  const text = texts.get(path) ?? readFileSync(join(root, path), "utf8");
  texts.set(path, text);
  return text;
}

/** @param {string} clause - what stands between `import` and `from` */
function takesValues(clause) {
  const braces = /\{([^}]*)\}/.exec(clause)?.[1];
  if (braces === undefined || clause.replace(/\{[^}]*\}/, "").trim() !== "") return true;
  return braces.split(",").some((name) => name.trim() !== "" && !/^type\s/.test(name.trim()));
}

/** An import of a value; one that takes nothing but types does not run anything. */
const IMPORT = /\b(?:import|export)\s+(?!type\b)([^;"'`]*?)\s*from\s*["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']/g;

/** @param {string} path @returns {string[]} the files that it takes a value of, relative to the project */
function importsOf(path) {
  const found = [];
  for (const [, clause, from, lazy] of read(path).matchAll(IMPORT)) {
    const target = from ?? lazy ?? "";
    if (target.startsWith(".") && (clause === undefined || takesValues(clause))) {
      found.push(posix.join(dirname(path), target));
    }
  }
  return found;
}

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

/** @param {string} test @returns {Set<string>} all files that it leads to by imports */
function reachOf(test) {
  const reached = new Set([test]);
  for (const path of reached) for (const next of existsSync(join(root, path)) ? importsOf(path) : []) reached.add(next);
  return reached;
}

const problems = [];
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
  const isReaching = /^test\/(?:e2e|system)\//.test(test);
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
  console.log(`${files.length} files in src, each with a test; ${parts.size} in the list of parts`);
process.exitCode = problems.length === 0 ? 0 : 1;
