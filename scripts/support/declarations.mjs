// @ts-check
// Reads the exports of a built module from its .d.ts files, for docs/api.md. TypeScript 7 offers no stable compiler
// API, but the declarations that it writes are regular: statements start in column 0 and are closed by braces.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** @typedef {{ doc: string, code: string, file: string }} Declaration - `file`: the .d.ts in which it is */

/**
 * @param {string} file - a .d.ts
 * @returns {Map<string, Declaration>} every export by name, in the order of the file, re-exports followed
 */
export function exportsOf(file) {
  return moduleOf(file).exported;
}

/**
 * Finds what exported declarations mention without its being exported itself, and what that mentions.
 * @param {Map<string, Declaration>} exported - as `exportsOf` returns them
 * @returns {Map<string, Declaration>} by name, sorted
 */
export function mentionedBy(exported) {
  const waiting = [...exported.values()];
  const known = new Set(waiting.map(keyOf));
  /** @type {[string, Declaration][]} */
  const found = [];
  for (const { code, file } of waiting) {
    const { exported: own, imported } = moduleOf(file);
    for (const [name] of withoutComments(code).matchAll(/\b[A-Z]\w*\b/g)) {
      const declaration = own.get(name) ?? imported.get(name);
      if (declaration === undefined || known.has(keyOf(declaration))) continue;
      known.add(keyOf(declaration));
      waiting.push(declaration);
      found.push([name, declaration]);
    }
  }
  return new Map(found.sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** @param {Declaration} declaration */
function keyOf({ file, code }) {
  return `${file} ${code}`;
}

/** @param {string} code */
function withoutComments(code) {
  return code.replace(/\/\*[\s\S]*?\*\//g, "").replace(/"(?:[^"\\]|\\.)*"/g, "");
}

/**
 * @param {string} file - a .d.ts
 * @returns {{ exported: Map<string, Declaration>, imported: Map<string, Declaration> }} by the names that it uses
 */
function moduleOf(file) {
  /** @type {Map<string, Declaration>} */
  const found = new Map();
  /** @type {Map<string, Declaration>} */
  const imported = new Map();
  for (const { doc, code } of statementsOf(readFileSync(file, "utf8"))) {
    const list = /^(import|export) (?:type )?(\*|\{[^}]*\})(?: from "(\..+)")?;$/.exec(code);
    if (list !== null) {
      const [, verb, names = "", from] = list;
      const theirs = from === undefined ? imported : exportsOf(declarationsOf(file, from));
      const pairs = names === "*" ? [...theirs.keys()].map((name) => [name, name]) : namesIn(names);
      for (const [theirName = "", name = ""] of pairs) {
        const declaration = theirs.get(theirName);
        if (declaration !== undefined) (verb === "import" ? imported : found).set(name, declaration);
        else if (verb === "export") throw new Error(`${file}: cannot find the declaration of ${theirName}`);
      }
      continue;
    }
    const name = /^export (?:declare )?(?:abstract )?(?:interface|type|class|function|const) (\w+)/.exec(code)?.[1];
    if (name === undefined) continue;
    // A further overload of a function belongs to its first declaration.
    const before = found.get(name);
    found.set(name, before === undefined ? { doc, code, file } : { ...before, code: `${before.code}\n${code}` });
  }
  return { exported: found, imported };
}

/**
 * @param {string} file
 * @param {string} specifier - a relative import in it
 */
function declarationsOf(file, specifier) {
  return join(dirname(file), specifier.replace(/\.(ts|js)$/, ".d.ts"));
}

/**
 * @param {string} list - `{ a, type b as c }`
 * @returns {string[][]} pairs of the name in the other module and the name here
 */
function namesIn(list) {
  return list
    .slice(1, -1)
    .split(",")
    .map((entry) => entry.trim().replace(/^type /, ""))
    .filter((entry) => entry !== "")
    .map((entry) => {
      const [theirs = "", ours = theirs] = entry.split(" as ");
      return [theirs, ours];
    });
}

/**
 * @param {string} text
 * @returns {{ doc: string, code: string }[]}
 */
function statementsOf(text) {
  const statements = [];
  /** @type {string[]} */
  let docLines = [];
  /** @type {string[]} */
  let codeLines = [];
  let depth = 0;
  let inDoc = false;
  for (const line of text.split("\n")) {
    if (codeLines.length === 0 && (inDoc || line.startsWith("/**"))) {
      if (!inDoc) docLines = [];
      docLines.push(line);
      inDoc = !line.endsWith("*/");
      continue;
    }
    if (codeLines.length === 0 && line.trim() === "") continue;
    codeLines.push(line);
    depth += balanceOf(line);
    if (depth === 0 && (line.endsWith(";") || (line.endsWith("}") && isClosedByBrace(codeLines)))) {
      statements.push({ doc: unwrapDoc(docLines), code: codeLines.join("\n") });
      docLines = [];
      codeLines = [];
    }
  }
  return statements;
}

/**
 * A type may go on behind a brace, with the next member of a union.
 * @param {readonly string[]} lines - the first lines of a statement
 */
function isClosedByBrace(lines) {
  return !/^(?:export )?(?:declare )?(?:type|const)\b/.test(lines[0] ?? "");
}

/**
 * @param {string} line
 * @returns {number} opened minus closed braces, without those in comments and strings
 */
function balanceOf(line) {
  const bare = line.replace(/\/\*\*.*?\*\/|^\s*\/?\*.*$|"(?:[^"\\]|\\.)*"/g, "");
  return bare.split("{").length - bare.split("}").length;
}

/**
 * @param {readonly string[]} lines - the lines of a doc comment
 * @returns {string} its text
 */
function unwrapDoc(lines) {
  return lines
    .join("\n")
    .replace(/^\/\*\*\s?|\s*\*\/$/g, "")
    .replace(/^ \* ?/gm, "")
    .trim();
}
