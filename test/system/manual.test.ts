// The manual pages as `man` shows them. Debian: man-db.
import { spawnSync } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { optionsOf } from "../../src/cli/option-table.ts";
import { OTHER_VARIABLES } from "../../src/cli/unknown-variables.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const FOLDER = join(ROOT, "docs/man");

function shown(page: string): { text: string; complaints: string } {
  const env = { ...process.env, LC_ALL: "C.UTF-8", MANWIDTH: "80", MAN_KEEP_FORMATTING: "" };
  const args = ["--warnings", "--encoding=UTF-8", "--local-file", join(FOLDER, page)];
  const { stdout, stderr, error } = spawnSync("man", args, { encoding: "utf8", env });
  if (error !== undefined) throw new Error("This test needs man: apt-get install man-db");
  return { text: stdout, complaints: stderr };
}

test("each page is shown without a warning, and has the options of its command", async () => {
  const pages = await readdir(FOLDER);
  expect(pages).toContain("p2p-offer.1");
  for (const page of pages) {
    const { text, complaints } = shown(page);
    expect({ page, complaints }).toEqual({ page, complaints: "" });
    const command = page.replace(/^p2p-?|\.1$/g, "");
    for (const { name } of optionsOf(command)) expect(text).toContain(`--${name}`);
    for (const name of OTHER_VARIABLES) expect(text).toContain(name);
    for (const title of [
      "NAME",
      "SYNOPSIS",
      "OPTIONS",
      "EXAMPLES",
      "EXIT STATUS",
      "ENVIRONMENT",
      "FILES",
      "SEE ALSO",
    ]) {
      expect(text).toContain(`\n${title}\n`);
    }
  }
});

test("what may be named by --via has an example", () => {
  expect(shown("p2p-offer.1").text).toContain("p2p offer --via ssh://");
});

test("the package names every page", async () => {
  const { man } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")) as { man: string[] };
  const pages = await readdir(FOLDER);
  expect(man).toEqual(pages.toSorted().map((page) => `./docs/man/${page}`));
});
