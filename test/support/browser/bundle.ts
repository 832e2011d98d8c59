// Bundles TypeScript for a browser by a stock bundler with its defaults: no shims, no replacements, no externals. What
// the bundle cannot hold fails.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const root = fileURLToPath(new URL("../../../", import.meta.url));

export interface BrowserBundle {
  /** A classic script. */
  code: string;
  /** Bytes of the code in UTF-8. */
  bytes: number;
  /** Modules that left code in it, relative to the project, with the bytes of each before it was minified. */
  modules: ReadonlyMap<string, number>;
  /** Everything that the bundler complained of. */
  warnings: readonly string[];
}

const ENTRY = "\0entry";

/**
 * @param entry - the text of a module whose imports are paths relative to the project (`./src/…`)
 * @throws when an import cannot be resolved, or leads out of the bundle
 */
export async function bundleForBrowser(entry: string, options: { minify: boolean }): Promise<BrowserBundle> {
  const warnings: string[] = [];
  const bundle = await rolldown({
    input: ENTRY,
    cwd: root,
    platform: "browser",
    plugins: [
      {
        name: "entry",
        resolveId(source, importer) {
          if (source === ENTRY) return ENTRY;
          // As if the entry were a file in the project's folder.
          return importer === ENTRY ? this.resolve(source, join(root, "entry.ts")) : null;
        },
        load: (id) => (id === ENTRY ? entry : null),
      },
    ],
    onLog: (_level, log) => {
      warnings.push(log.message);
    },
  });
  try {
    const { output } = await bundle.generate({ format: "iife", name: "bundled", minify: options.minify });
    const [chunk, ...others] = output;
    const outward = [...chunk.imports, ...chunk.dynamicImports];
    if (others.length > 0 || outward.length > 0) throw new Error(`more than one script: ${outward.join(", ")}`);
    const modules = new Map<string, number>();
    for (const [id, { renderedLength }] of Object.entries(chunk.modules)) {
      if (renderedLength > 0) modules.set(id.replace(root, ""), renderedLength);
    }
    return { code: chunk.code, bytes: new TextEncoder().encode(chunk.code).length, modules, warnings };
  } finally {
    await bundle.close();
  }
}
