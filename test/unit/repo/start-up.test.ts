// What the help loads before it appears: by static imports, as nothing else is loaded on its way.
import { readFile } from "node:fs/promises";
import { isAbsolute, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../..", import.meta.url));
/** An import or re-export that is there when types are gone. */
const LOADED = /^(?:import|export)\s+(?!type\b)(?:[^"';]*?\sfrom\s+)?"([^"]+)";/gm;

/** All that a file loads: files of src by path, packages by name. */
async function loadedBy(...files: string[]): Promise<Set<string>> {
  const loaded = new Set<string>();
  const waiting = files.map((file) => join(root, file));
  for (const path of waiting) {
    const text = await readFile(path, "utf8");
    for (const [, from = ""] of text.matchAll(LOADED)) {
      const target = from.startsWith(".") ? resolve(path, "..", from) : from;
      if (loaded.has(target)) continue;
      loaded.add(target);
      if (from.startsWith(".")) waiting.push(target);
    }
  }
  return new Set([...loaded].map((each) => (isAbsolute(each) ? relative(root, each) : each)));
}

test("the help loads one package, and no table of widths", async () => {
  const loaded = await loadedBy("src/cli/main.ts", "src/cli/program.ts");
  const packages = [...loaded].filter((each) => !each.startsWith("src") && !each.startsWith("node:"));
  expect(packages).toEqual(["commander"]);
  expect(loaded).toContain(join("src", "ui", "rows.ts"));
  expect(loaded).not.toContain(join("src", "ui", "width.ts"));
});

test("all that is loaded is found", async () => {
  const loaded = await loadedBy("src/cli/commands/pair.ts", "src/store/state/contact-book.ts", "src/ui/view.ts");
  expect(loaded).toContain("string-width");
  expect(loaded).toContain(join("src", "ui", "live-rows.ts"));
  expect(loaded).toContain("zod");
});
