// @ts-check
// Makes single binaries: a Node with the bundled command, the page and the licenses in it, by Node's single executable
// application. The same input gives the same bytes.
import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inject } from "postject";
import { withAdHocSignature, withoutPeSignature, withoutSymbols } from "./executables.mjs";

/** Node looks for its script by these two (doc/api/single-executable-applications.md of Node). */
const RESOURCE = "NODE_SEA_BLOB";
const FUSE = "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2";
/** What the program calls itself where it is signed. */
const IDENTIFIER = "p2p-line";

/** @typedef {"linux" | "win32" | "darwin"} System as `process.platform` */

/**
 * Prepares what is put into a Node.
 * @param {object} parts
 * @param {string} parts.script - as bundleScript() makes it
 * @param {string} parts.page - dist/p2p.html
 * @param {string} parts.licenses - of the bundle, and of Node
 * @param {string} [parts.generator] - a Node of the version that it is for, to run here
 * @returns {Buffer}
 */
export function prepareBlob({ script, page, licenses, generator = process.execPath }) {
  const folder = mkdtempSync(join(tmpdir(), "p2p-binary-"));
  try {
    /** @type {Record<string, string>} The paths are in the result: they are the same everywhere. */
    const files = {
      "p2p.cjs": script,
      "p2p.html": page,
      "licenses.txt": licenses,
      "config.json": JSON.stringify({
        main: "p2p.cjs",
        output: "p2p.blob",
        disableExperimentalSEAWarning: true,
        useSnapshot: false,
        // Compiled code holds for one processor and one version.
        useCodeCache: false,
        assets: { "p2p.html": "p2p.html", "licenses.txt": "licenses.txt" },
      }),
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    execFileSync(generator, ["--experimental-sea-config", "config.json"], { cwd: folder, stdio: "pipe" });
    return readFileSync(join(folder, "p2p.blob"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @type {Readonly<Record<System, (node: Buffer) => Buffer>>} What is safe before the injection, and would break it after. */
const BARE = { linux: withoutSymbols, win32: withoutPeSignature, darwin: (node) => node };

/**
 * @param {object} parts
 * @param {System} parts.system
 * @param {string} parts.node - path of a Node of that system
 * @param {Buffer} parts.blob - prepared by the same version of Node
 * @param {string} parts.out - path of the program to make
 */
export async function makeBinary({ system, node, blob, out }) {
  writeFileSync(out, BARE[system](readFileSync(node)));
  await inject(out, RESOURCE, blob, { sentinelFuse: FUSE, machoSegmentName: "NODE_SEA" });
  if (system === "darwin") writeFileSync(out, withAdHocSignature(readFileSync(out), IDENTIFIER));
  chmodSync(out, 0o755);
}
