// @ts-check
// Checks that `p2p` installs only plain JavaScript: no package that it needs at run time, however deep, runs a script
// when it is installed or carries a native binary. Versions are exact, and the lock file names no registry.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./support/project.mjs";

/**
 * @typedef {{
 *   scripts?: Record<string, string>, gypfile?: boolean, binary?: unknown,
 *   dependencies?: Record<string, string>, optionalDependencies?: Record<string, string>,
 *   devDependencies?: Record<string, string>,
 * }} PackageJson
 * @typedef {{ version: string, dev?: boolean, resolved?: string, hasInstallScript?: boolean }} LockedPackage
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

let runtimeCount = 0;
for (const [path, entry] of Object.entries(locked)) {
  if (entry.resolved !== undefined) problems.push(`package-lock.json: ${path} names a registry: ${entry.resolved}`);
  if (path === "" || entry.dev === true) continue;
  runtimeCount += 1;
  problems.push(...runtimeProblems(path, entry).map((problem) => `${path}: ${problem}`));
}

for (const problem of problems) console.error(problem);
if (problems.length === 0) console.log(`${runtimeCount} packages at run time: no install scripts, no native binaries`);
process.exitCode = problems.length === 0 ? 0 : 1;

/**
 * @param {string} path - `node_modules/…`
 * @param {LockedPackage} entry
 * @returns {string[]}
 */
function runtimeProblems(path, entry) {
  const folder = join(root, path);
  if (!existsSync(folder)) return ["is not installed: npm ci"];
  /** @type {PackageJson} */
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const found = [];
  if (entry.hasInstallScript === true) found.push("the lock file says that it has an install script");
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
