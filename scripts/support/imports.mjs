// @ts-check
// Follows the imports of the project's files, as far as regular expressions read them: TypeScript 7 offers no stable
// compiler API, and the formatter keeps imports regular.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { root } from "./project.mjs";

/**
 * @param {string} folder
 * @returns {string[]} its .ts and .mjs files, relative to the project, with `/`
 */
export function sources(folder) {
  const names = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" });
  return names.filter((name) => /\.(ts|mjs)$/.test(name)).map((name) => `${folder}/${name}`.replaceAll("\\", "/"));
}

/** @type {Map<string, string>} */
const texts = new Map();

/**
 * @param {string} path - relative to the project
 * @returns {string} the text of the file, read once
 */
export function read(path) {
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

/**
 * @param {string} path - relative to the project
 * @returns {string[]} the files that it takes a value of, relative to the project
 */
export function importsOf(path) {
  const found = [];
  for (const [, clause, from, lazy] of read(path).matchAll(IMPORT)) {
    const target = from ?? lazy ?? "";
    if (target.startsWith(".") && (clause === undefined || takesValues(clause))) {
      found.push(posix.join(dirname(path), target));
    }
  }
  return found;
}

/**
 * @param {string} path
 * @returns {string[]} the files that it names in an import or an export, of types too, relative to the project
 */
export function namedBy(path) {
  const named = read(path).matchAll(/\b(?:from|import|import\()\s*["'](\.[^"']+)["']/g);
  return [...named].map(([, target = ""]) => posix.join(dirname(path), target));
}

/** The names that an import or an export takes of a file, of types too. */
const TAKEN = /\b(?:import|export)\s+(?:type\s+)?(?:[\w$]+\s*,\s*)?\{([^}]*)\}\s*from\s*["'](\.[^"']+)["']/g;
/** Imports that take a file whole: which names of it are used stands elsewhere in the text. */
const WHOLE = /\b(?:import|export)\s+\*[^;"']*?from\s*["'](\.[^"']+)["']|\bimport\(\s*["'](\.[^"']+)["']/g;

/**
 * @param {string} path
 * @returns {Map<string, Set<string>>} the names that it takes of each file, relative to the project; of a file that it takes
 *   whole, every name that stands in it
 */
export function namesTakenBy(path) {
  const text = read(path);
  /** @type {Map<string, Set<string>>} */
  const taken = new Map();
  /** @param {string} target @param {Iterable<string>} names */
  const add = (target, names) => {
    const file = posix.join(dirname(path), target);
    taken.set(file, new Set([...(taken.get(file) ?? []), ...names]));
  };
  for (const [, names = "", target = ""] of text.matchAll(TAKEN)) {
    add(
      target,
      names.split(",").map((name) =>
        name
          .trim()
          .replace(/^type\s+/, "")
          .replace(/\s+as\s.*/s, ""),
      ),
    );
  }
  for (const [, star, lazy] of text.matchAll(WHOLE)) add(star ?? lazy ?? "", namesIn(text));
  return taken;
}

/** @param {string} text @returns {Set<string>} the words in it that can be names */
export function namesIn(text) {
  return new Set(text.match(/[\w$]+/g));
}

/**
 * @param {string} path
 * @returns {Map<string, number>} all files that it leads to by imports of values, itself among them, each with the number
 *   of files of src on the shortest way to it, itself counted
 */
export function distancesFrom(path) {
  const distances = new Map([[path, 0]]);
  for (const [file, distance] of distances) {
    for (const next of existsSync(join(root, file)) ? importsOf(file) : []) {
      const further = distance + (next.startsWith("src/") ? 1 : 0);
      if ((distances.get(next) ?? Number.POSITIVE_INFINITY) <= further) continue;
      // It goes to the end of the map, where what it leads to is looked at again.
      distances.delete(next);
      distances.set(next, further);
    }
  }
  return distances;
}

/**
 * @param {string} path
 * @returns {Set<string>} all files that it leads to by imports of values, itself among them
 */
export function reachOf(path) {
  return new Set(distancesFrom(path).keys());
}
