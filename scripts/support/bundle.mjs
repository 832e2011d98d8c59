// @ts-check
// Bundles src with all packages that it uses: for npm into modules that are loaded when they are needed, and into one
// script for the single binary. Says which packages are in it.
import { isBuiltin } from "node:module";
import { basename, join } from "node:path";
import { rolldown } from "rolldown";
import { root } from "./project.mjs";

/** What the package offers: its command and its module. By the path in dist, without extension. */
const ENTRIES = { "cli/start": join(root, "src/cli/start.ts"), index: join(root, "src/index.ts") };

/** The script that a single binary runs. Where the run never ends, the process ends with Node's code for that: 13. */
const BINARY_ENTRY = "\0single-binary";
const BINARY_SCRIPT = `
import { start } from ${JSON.stringify(join(root, "src/cli/start.ts"))};
let hasEnded = false;
process.once("exit", (code) => {
  if (!hasEnded && code === 0) process.exitCode = 13;
});
void start().then(() => {
  hasEnded = true;
});
`;

/** How src says that it loads a CommonJS module when it is needed. A bundler has its own \`require\` for that. */
const OWN_REQUIRE = "const require = createRequire(import.meta.url);\n";

/**
 * Where `debug`, by which packages tell what they do, reads and writes the variable DEBUG. Many have it in their shell for
 * other programs, and werift would tell ICE passwords; and it is theirs: what they start gets it as it was.
 * @type {readonly [string, string][]}
 */
const DEBUG_VARIABLE = [
  ["return process.env.DEBUG;", "return undefined;"],
  ["delete process.env.DEBUG;", ""],
];

/** @returns {import("rolldown").Plugin} */
function silentPackages() {
  return {
    name: "silent-packages",
    transform(code, id) {
      if (!/[\\/]node_modules[\\/]debug[\\/]src[\\/]node\.js$/.test(id)) return null;
      return DEBUG_VARIABLE.reduce((text, [form, other]) => {
        if (!text.includes(form)) throw new Error(`${id}: reads its variable in a form that the bundle does not know`);
        return text.replace(form, other);
      }, code);
    },
  };
}

/** @returns {import("rolldown").Plugin} */
function nodeForms() {
  return {
    name: "node-forms",
    resolveId: (id) => (id === BINARY_ENTRY ? id : null),
    load: (id) => (id === BINARY_ENTRY ? BINARY_SCRIPT : null),
    transform(code, id) {
      if (!id.startsWith(join(root, "src")) || !code.includes("createRequire")) return null;
      if (!code.includes(OWN_REQUIRE)) throw new Error(`${id}: createRequire in a form that the bundle does not know`);
      return code.replace(OWN_REQUIRE, "");
    },
  };
}

/**
 * @param {Record<string, string>} input
 * @param {import("rolldown").OutputOptions} output
 */
async function bundle(input, output) {
  const bundled = await rolldown({
    input,
    cwd: root,
    platform: "node",
    plugins: [nodeForms(), silentPackages()],
    onLog: (level, log) => {
      if (level === "warn") throw new Error(log.message);
    },
  });
  try {
    const { output: made } = await bundled.generate({ minify: true, comments: { legal: false }, ...output });
    const chunks = made.flatMap((file) => (file.type === "chunk" ? [file] : []));
    const wanted = chunks.flatMap((chunk) => [...chunk.imports, ...chunk.dynamicImports]);
    const outside = wanted.filter((name) => !isBuiltin(name) && !chunks.some(({ fileName }) => fileName === name));
    if (outside.length > 0) throw new Error(`not in the bundle: ${outside.join(", ")}`);
    return chunks;
  } finally {
    await bundled.close();
  }
}

/**
 * A chunk has the name of the largest package in it, so that what loads one can be seen.
 * @param {{ moduleIds: string[], name: string }} chunk
 */
function chunkName({ moduleIds }) {
  const packages = moduleIds.map(packageFolder).flatMap((folder) => (folder === undefined ? [] : [basename(folder)]));
  const named = ["werift", "zod", "mediabunny"].find((name) => packages.includes(name));
  return `chunks/${named ?? "[name]"}-[hash].js`;
}

/**
 * @param {string} module - absolute path
 * @returns {string | undefined} the folder of the package that it belongs to; undefined for a file of ours
 */
function packageFolder(module) {
  return /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(module)?.[0];
}

/**
 * @param {readonly import("rolldown").OutputChunk[]} chunks
 * @returns {string[]} the folders of the packages of which there is code in them
 */
export function packagesIn(chunks) {
  const modules = chunks.flatMap((chunk) => Object.entries(chunk.modules));
  const used = modules.flatMap(([id, { renderedLength }]) => (renderedLength > 0 ? [packageFolder(id)] : []));
  return [...new Set(used.filter((folder) => folder !== undefined))];
}

/** @typedef {{ files: Map<string, string>, packages: string[] }} Bundle files by path in dist; folders of packages in them */

/**
 * The command and the module for npm: the two entries of dist, and the chunks that they load.
 * @returns {Promise<Bundle>}
 */
export async function bundleModules() {
  const chunks = await bundle(ENTRIES, {
    format: "esm",
    entryFileNames: "[name].js",
    // In a folder as those of src, so that paths from a module to its surroundings stay right.
    chunkFileNames: chunkName,
  });
  return { files: new Map(chunks.map((chunk) => [chunk.fileName, chunk.code])), packages: packagesIn(chunks) };
}

/**
 * The command as one classic script, for a single binary.
 * @returns {Promise<string>}
 */
export async function bundleScript() {
  const [script, ...others] = await bundle({ p2p: BINARY_ENTRY }, { format: "cjs", codeSplitting: false });
  if (script === undefined || others.length > 0) throw new Error("not one script");
  return script.code;
}
