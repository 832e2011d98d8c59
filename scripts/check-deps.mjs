// @ts-check
// Checks that only plain JavaScript is bundled, and that p2p needs no package where it is installed: what src imports,
// however deep, runs no script when it is installed and carries no native binary. Versions are exact, and the lock file
// names no registry.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { read, sources } from "./support/imports.mjs";
import { root } from "./support/project.mjs";

/**
 * @typedef {{
 *   scripts?: Record<string, string>, gypfile?: boolean, binary?: unknown,
 *   dependencies?: Record<string, string>, optionalDependencies?: Record<string, string>,
 *   devDependencies?: Record<string, string>,
 * }} PackageJson
 * @typedef {{ version: string, resolved?: string, hasInstallScript?: boolean }} LockedPackage
 */

const INSTALL_SCRIPTS = ["preinstall", "install", "postinstall", "prepare"];

/** @type {string[]} */
const problems = [];
/** @type {PackageJson} */
const own = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
/** @type {Record<string, LockedPackage>} */
const locked = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;

for (const name of INSTALL_SCRIPTS) {
  if (own.scripts?.[name] !== undefined) problems.push(`package.json: has a script '${name}'`);
}
for (const [name, range] of Object.entries({ ...own.dependencies, ...own.devDependencies })) {
  if (!/^(?:npm:@?[\w./-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/.test(range))
    problems.push(`package.json: ${name} ${range} is not an exact version`);
}

for (const name of Object.keys({ ...own.dependencies, ...own.optionalDependencies })) {
  problems.push(`package.json: ${name} would be installed with p2p; it is bundled: make it a devDependency`);
}
for (const [path, entry] of Object.entries(locked)) {
  if (entry.resolved !== undefined) problems.push(`package-lock.json: ${path} names a registry: ${entry.resolved}`);
}
const bundled = bundledPackages();
for (const path of bundled) problems.push(...bundledProblems(path).map((problem) => `${path}: ${problem}`));

for (const problem of problems) console.error(problem);
if (problems.length === 0)
  console.log(`${bundled.size} packages in the bundle: no install scripts, no native binaries`);
process.exitCode = problems.length === 0 ? 0 : 1;

/** @returns {Set<string>} the packages that src imports, and all that they need, by path in the lock file */
function bundledPackages() {
  /** @type {Set<string>} */
  const found = new Set();
  for (const file of sources("src")) {
    for (const [, named = ""] of read(file).matchAll(/\b(?:from|import|import\(|require\()\s*"([\w@./:-]+)"/g)) {
      const target = named.includes("/node_modules/") ? named.replace(/^.*\/node_modules\//, "") : named;
      if (/^(?:\.|node:)/.test(target)) continue;
      const name = /^(?:@[^/]+\/)?[^/]+/.exec(target)?.[0] ?? target;
      if (own.devDependencies?.[name] === undefined) problems.push(`${file}: ${name} is not in package.json`);
      else found.add(`node_modules/${name}`);
    }
  }
  for (const path of found)
    for (const name of Object.keys(manifestOf(path)?.dependencies ?? {})) found.add(placeOf(name, path));
  return found;
}

/**
 * @param {string} path - of a package in the lock file
 * @returns {PackageJson | undefined} undefined where it is not installed
 */
function manifestOf(path) {
  const file = join(root, path, "package.json");
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
}

/**
 * @param {string} name
 * @param {string} from - path of the package that needs it
 * @returns {string} the nearest one in the lock file
 */
function placeOf(name, from) {
  for (let at = from; at !== ""; at = at.slice(0, Math.max(0, at.lastIndexOf("/node_modules/")))) {
    if (locked[`${at}/node_modules/${name}`] !== undefined) return `${at}/node_modules/${name}`;
  }
  return `node_modules/${name}`;
}

/**
 * @param {string} path - `node_modules/…`
 * @returns {string[]}
 */
function bundledProblems(path) {
  const folder = join(root, path);
  const manifest = manifestOf(path);
  if (manifest === undefined) return ["is not installed: npm ci"];
  const found = [];
  if (locked[path]?.hasInstallScript === true) found.push("the lock file says that it has an install script");
  // `prepare` runs only for packages from git, and we have none: only the scripts of a registry package matter.
  for (const name of ["preinstall", "install", "postinstall"]) {
    if (manifest.scripts?.[name] !== undefined) found.push(`runs '${manifest.scripts[name]}' at ${name}`);
  }
  if (manifest.gypfile === true) found.push("is built by node-gyp");
  if (manifest.binary !== undefined) found.push("downloads a binary");
  for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (/(^|[\\/])node_modules[\\/]/.test(file)) continue;
    if (file.endsWith(".node") || /(^|[\\/])binding\.gyp$/.test(file)) found.push(`carries ${file}`);
  }
  return found;
}
