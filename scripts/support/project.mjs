// @ts-check
// Project helpers for every script: its folder, whether its dependencies are installed, how to build it. It uses only
// Node's own modules, because these scripts are the first to run in a fresh clone.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of package.json. */
export const root = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Runs one of the project's tools or scripts with the Node that runs this process.
 * @param {string} file - relative to the project
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {number} exit code; 1 when a signal ended it
 */
export function runNode(file, args, env = process.env) {
  return spawnSync(process.execPath, [join(root, file), ...args], { cwd: root, stdio: "inherit", env }).status ?? 1;
}

/**
 * Does the same for a required step: a failure ends this process.
 * @param {string} file
 * @param {readonly string[]} args
 */
function mustRunNode(file, args) {
  const status = runNode(file, args);
  if (status !== 0) process.exit(status);
}

/** @typedef {{ version?: string, integrity?: string, optional?: boolean }} LockedPackage */

/**
 * @param {string} path
 * @returns {Record<string, LockedPackage>}
 */
function lockedPackages(path) {
  return JSON.parse(readFileSync(path, "utf8")).packages;
}

/** Whether node_modules matches package-lock.json: npm stores its own lock file of the packages that it installed. */
function isInstalled() {
  const installedLock = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(installedLock)) return false;
  const installed = lockedPackages(installedLock);
  return Object.entries(lockedPackages(join(root, "package-lock.json"))).every(([path, wanted]) => {
    if (path === "") return true;
    const present = installed[path];
    // A missing optional package was made for another platform.
    if (present === undefined) return wanted.optional === true;
    return present.version === wanted.version && present.integrity === wanted.integrity;
  });
}

/** Installs the locked dependencies unless they are installed already. */
export function ensureInstalled() {
  if (isInstalled()) return;
  console.log("installing the dependencies (npm ci) …");
  const npm = process.env.npm_execpath;
  const { status } =
    npm === undefined
      ? spawnSync("npm ci", { cwd: root, stdio: "inherit", shell: true })
      : spawnSync(process.execPath, [npm, "ci"], { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}

/**
 * Makes `dist`, which is shipped, and `build`, which has each file of src as a module of its own: scripts and some tests
 * load single ones of them.
 */
export function build() {
  mustRunNode("node_modules/typescript/bin/tsc", ["-p", "tsconfig.build.json"]);
  const built = join(root, "build");
  for (const entry of readdirSync(built, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const source = join(root, "src", path.slice(built.length).replace(/(\.d\.ts|\.js)$/, ".ts"));
    if (!existsSync(source)) rmSync(path);
  }
  mustRunNode("scripts/build-dist.mjs", []);
}
