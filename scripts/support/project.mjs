// @ts-check
// What every script needs of the project itself: where it is, whether its dependencies are there, how to build it.
// Only Node's own modules: these scripts are the first thing that runs in a fresh clone.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of package.json. */
export const root = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Runs one of the project's tools, or one of its scripts, with the Node that runs this.
 * @param {string} file - relative to the project
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {number} exit code; 1 when a signal ended it
 */
export function runNode(file, args, env = process.env) {
  return spawnSync(process.execPath, [join(root, file), ...args], { cwd: root, stdio: "inherit", env }).status ?? 1;
}

/**
 * The same for a step without which there is no going on.
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

/** Whether node_modules holds what package-lock.json names: npm keeps its own lock file of what it installed. */
function isInstalled() {
  const installedLock = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(installedLock)) return false;
  const installed = lockedPackages(installedLock);
  return Object.entries(lockedPackages(join(root, "package-lock.json"))).every(([path, wanted]) => {
    if (path === "") return true;
    const present = installed[path];
    // An optional package that is not there was made for another platform.
    if (present === undefined) return wanted.optional === true;
    return present.version === wanted.version && present.integrity === wanted.integrity;
  });
}

/** Installs the locked dependencies, unless they are there already. */
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

/** Compiles src to dist and removes from dist what src no longer has. */
export function build() {
  mustRunNode("node_modules/typescript/bin/tsc", ["-p", "tsconfig.build.json"]);
  const dist = join(root, "dist");
  for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const built = join(entry.parentPath, entry.name);
    const source = join(root, "src", built.slice(dist.length).replace(/(\.d\.ts|\.js)$/, ".ts"));
    if (!existsSync(source)) rmSync(built);
  }
}
