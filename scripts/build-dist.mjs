// @ts-check
// Writes dist: the bundle, the types of the module, the browser peer and the licenses of what is in them. `npm run build`
// runs it when `build` is there.
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { bundleModules } from "./support/bundle.mjs";
import { licensesOf } from "./support/licenses.mjs";
import { moduleTypes } from "./support/module-types.mjs";
import { buildPage } from "./support/page.mjs";
import { root } from "./support/project.mjs";

const dist = join(root, "dist");

/** @param {string} path - in dist, with `/` @returns {string | undefined} */
function written(path) {
  try {
    return readFileSync(join(dist, path), "utf8");
  } catch {
    return undefined;
  }
}

/**
 * Replaces a file at once, and only if it differs: programs may be running from here.
 * @param {string} path - in dist, with `/`
 * @param {string} text
 */
function settle(path, text) {
  if (written(path) === text) return;
  const target = join(dist, path);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(`${target}.new`, text);
  renameSync(`${target}.new`, target);
}

const [bundle, { page, packages }] = await Promise.all([bundleModules(), buildPage()]);
const entries = [...bundle.files].filter(([path]) => !path.startsWith("chunks/"));
const chunks = [...bundle.files].filter(([path]) => path.startsWith("chunks/"));
const licenses = licensesOf([...bundle.packages, ...packages]);
// What an entry loads is there before it.
const files = new Map([
  ...chunks,
  ["index.d.ts", moduleTypes()],
  ["p2p.html", page],
  ["licenses.txt", licenses],
  ...entries,
]);
for (const [path, text] of files) settle(path, text);
for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
  const path = join(entry.parentPath, entry.name);
  const name = path.slice(dist.length + 1).replaceAll("\\", "/");
  const isOurs = entry.isDirectory() ? [...files.keys()].some((file) => file.startsWith(`${name}/`)) : files.has(name);
  if (!isOurs) rmSync(path, { recursive: true, force: true });
}
