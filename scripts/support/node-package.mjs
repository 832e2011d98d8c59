// @ts-check
// Fetches a Node of another system or version from npm's registry. npm installs no package of another system, so these
// are none of the dependencies, and their hashes stand in this repository instead of in the lock file.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { root } from "./project.mjs";

/**
 * @typedef {object} NodePackage
 * @property {string} name - of the package
 * @property {string} version - of the package and of Node
 * @property {string} sha512 - of the packed package, in base64, as npm's registry gives it
 */

/**
 * @param {Pick<NodePackage, "name" | "version">} node
 * @returns {string} the absolute path of the folder that fetchNode() fills
 */
export function nodeFolder({ name, version }) {
  return join(root, "node_modules", ".cache", "p2p", `${name}-${version}`, "package");
}

/**
 * Fetches it, unless it is there.
 * @param {NodePackage} node
 * @returns {string} its folder
 * @throws Error when it cannot be had, or is another one than the hash says
 */
export function fetchNode(node) {
  const folder = nodeFolder(node);
  if (existsSync(folder)) return folder;
  const target = dirname(folder);
  mkdirSync(dirname(target), { recursive: true });
  // What is in its place is whole, because it is renamed there at the end.
  const made = mkdtempSync(`${target}-`);
  try {
    const packed = `${node.name}-${node.version}.tgz`;
    execFileSync("npm", ["pack", `${node.name}@${node.version}`, "--silent", "--pack-destination", made], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    const hash = createHash("sha512")
      .update(readFileSync(join(made, packed)))
      .digest("base64");
    if (hash !== node.sha512) throw new Error(`${packed} has the SHA-512 ${hash} and should have ${node.sha512}`);
    execFileSync("tar", ["-xzf", packed], { cwd: made, stdio: "inherit" });
    rmSync(join(made, packed));
    rmSync(target, { recursive: true, force: true });
    renameSync(made, target);
    return folder;
  } catch (error) {
    rmSync(made, { recursive: true, force: true });
    throw error;
  }
}
