// @ts-check
// Builds the browser peer: src/web into one HTML file that needs nothing else. Its policy names the hashes of its
// loader, of the program that the loader unpacks, and of its one style, and lets it fetch nothing.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { deflateRawSync } from "node:zlib";
import { rolldown } from "rolldown";
import { packagesIn } from "./bundle.mjs";
import { PAGE_ENTRIES } from "./page-entries.mjs";
import { root } from "./project.mjs";

/**
 * @param {string} entry - relative to the project
 * @returns {Promise<import("rolldown").OutputChunk>} a classic script
 */
async function bundle(entry) {
  const bundled = await rolldown({
    input: join(root, entry),
    cwd: root,
    platform: "browser",
    onLog: (level, log) => {
      if (level === "warn") throw new Error(log.message);
    },
  });
  try {
    const { output } = await bundled.generate({
      format: "iife",
      minify: true,
      codeSplitting: false,
      comments: { legal: false },
    });
    const [chunk, ...others] = output;
    if (others.length > 0 || chunk.imports.length > 0) throw new Error(`${entry}: more than one script`);
    return chunk;
  } finally {
    await bundled.close();
  }
}

/** @param {string} text */
function hashOf(text) {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}

/** A script in HTML ends at the first of these, wherever it stands. @param {string} code */
function inHtml(code) {
  return code.replaceAll("</script", "<\\/script").replaceAll("<!--", "<\\!--");
}

/** @param {string} text */
function withoutComments(text) {
  return text.replaceAll(/\/\*[^*]*\*\//g, "").replaceAll(/\s+/g, " ");
}

/** @param {string} script */
function packed(script) {
  return deflateRawSync(script, { level: 9 }).toString("base64");
}

/**
 * @returns {Promise<{ page: string, packages: string[] }>} its text, whose size test/e2e/page.test.ts limits, and the
 *   folders of the packages in it
 * @throws Error when it needs what a page does not have
 */
export async function buildPage() {
  const [program, worker, unpacker] = await Promise.all(PAGE_ENTRIES.map(bundle));
  if (program === undefined || worker === undefined || unpacker === undefined) throw new TypeError("three entries");
  const style = withoutComments(readFileSync(join(root, "src/web/page.css"), "utf8"));
  const loader = inHtml(unpacker.code);
  const policy = [
    "default-src 'none'",
    `script-src ${hashOf(loader)} ${hashOf(program.code)} 'wasm-unsafe-eval'`,
    `style-src ${hashOf(style)}`,
    "worker-src blob:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  const license = readFileSync(join(root, "node_modules/hash-wasm/LICENSE"), "utf8").replaceAll("--", "- -");
  const parts = {
    LICENSE: license,
    POLICY: policy,
    STYLE: style,
    WORKER: packed(worker.code),
    PROGRAM: packed(program.code),
    LOADER: loader,
  };
  let page = readFileSync(join(root, "src/web/page.html"), "utf8");
  for (const [name, text] of Object.entries(parts)) page = page.replace(`%${name}%`, () => text);
  return { page, packages: packagesIn([program, worker, unpacker]) };
}
