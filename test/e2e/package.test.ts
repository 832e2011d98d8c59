// What `npm pack` makes is all that a user gets: npm installs it without the registry, the command and the module work
// from it, and nothing else is in it.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, afterAll, describe, expect, test } from "vitest";
import { type InstalledPackage, installPackage } from "../support/installed-package.ts";
import { connect, exits, LOOPBACK, OWN_FILE, people, run } from "../support/processes.ts";
import { randomFile, sha256Of } from "../support/trees.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

let installed: InstalledPackage;

beforeAll(async () => {
  installed = await installPackage();
});
afterAll(() => installed.remove());

describe("the package", () => {
  test("has what its users need and nothing else", async () => {
    const files = (await readdir(installed.folder, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) =>
        join(entry.parentPath, entry.name)
          .slice(installed.folder.length + 1)
          .replaceAll("\\", "/"),
      );
    expect(files).toEqual(
      expect.arrayContaining(["bin/p2p.js", "dist/index.js", "dist/index.d.ts", "dist/p2p.html", "dist/licenses.txt"]),
    );
    expect(files).toEqual(expect.arrayContaining(["LICENSE", "README.md", "docs/errors.md", "docs/man/p2p.1"]));
    const known =
      /^(?:(?:ARCHITECTURE|CHANGELOG|CONTRIBUTING|README|SECURITY)\.md|LICENSE|package\.json|bin\/p2p\.js|dist\/(?:chunks\/[\w-]+|cli\/start|index)\.js|dist\/(?:index\.d\.ts|licenses\.txt|p2p\.html)|docs\/[\w-]+(?:\.md|\.schema\.json)|docs\/(?:benchmarks\.svg|unicode-license\.txt)|docs\/man\/[\w-]+\.1|samples\/(?:2018-\w+\.json|\w+\.mjs))$/;
    expect(files.filter((file) => !known.test(file))).toEqual([]);
  });

  test("has every page and folder that its pages link to", async () => {
    const pages = (await readdir(installed.folder, { recursive: true })).filter((file) => file.endsWith(".md"));
    const links: string[] = [];
    for (const page of pages) {
      const text = await readFile(join(installed.folder, page), "utf8");
      for (const [, link = ""] of text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)) {
        if (!/^[a-z]+:/.test(link)) links.push(join(page, "..", link));
      }
    }
    expect(links.length).toBeGreaterThan(50);
    expect(links.filter((link) => !existsSync(join(installed.folder, link)))).toEqual([]);
  });

  test("is installed alone", async () => {
    const packages = (await readdir(join(installed.folder, ".."))).filter((name) => !name.startsWith("."));
    expect(packages).toEqual(["p2p-line"]);
  });

  test("has types that need no other", async () => {
    await writeFile(
      join(installed.user, "program.mts"),
      'import { createOffer, P2pError, type P2pEvent, type Session } from "p2p-line";\n' +
        "export const offer = await createOffer({ network: { stunServers: [] } });\n" +
        "export const session: Session = await offer.accept(offer.document);\n" +
        'export const codes = [new P2pError("USAGE", { detail: "", cure: "" }).code, ((event: P2pEvent) => event.event)];\n',
    );
    const compilerOptions = { module: "nodenext", target: "es2023", strict: true, noEmit: true, types: [] };
    await writeFile(join(installed.user, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["program.mts"] }));
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const checked = spawnSync(process.execPath, [tsc, "-p", installed.user], { encoding: "utf8" });
    expect(checked.stdout).toBe("");
    expect(checked.status).toBe(0);
  });
});

test("npx starts the command by the name of the package", async (t) => {
  const { ann } = await people(t, "ann");
  const { version } = JSON.parse(await readFile(join(installed.folder, "package.json"), "utf8")) as { version: string };
  expect(installed.npm("npx", ["p2p-line", "--version"])).toEqual({ status: 0, stdout: `${version}\n`, stderr: "" });
  const offer = installed.npm("npx", ["p2p-line", "offer", ...LOOPBACK, "--dir", ann.dir, "--quiet", "--wait", "1s"]);
  // Nobody brings an answer.
  expect(offer).toMatchObject({ status: 6, stderr: expect.stringContaining("p2p: error:") });
  expect(existsSync(join(ann.dir, OWN_FILE))).toBe(true);
});

test("a session with the installed command, and one with the installed module", async (t) => {
  const { ann, bob } = await people(t, "ann", "bob");
  const { command } = installed;
  const sent = await randomFile(join(ann.dir, "one.bin"), 100_000);
  const pair = await connect({ ann, bob }, ["--no-chat", "-m", "hi", "one.bin"], ["--no-chat", "-y"], {
    ann: { command },
    bob: { command },
  });
  expect(await exits(pair)).toEqual([0, 0]);
  expect(pair.bob.stdout).toBe("hi\n");
  expect(await sha256Of(join(bob.dir, "one.bin"))).toBe(sent);

  // Its import of the package leads to the installed module.
  const embedded = spawnSync(process.execPath, [join(installed.folder, "samples/embed.mjs")], { encoding: "utf8" });
  expect(embedded.stderr).toBe("");
  expect(embedded.stdout).toMatch(/the file is right\n$/);
});

test("p2p licenses prints those of all that is bundled", async (t) => {
  const { ann } = await people(t, "ann");
  const told = run(ann, ["licenses"], { command: installed.command });
  expect(await told.exit()).toBe(0);
  expect(told.stdout).toContain("p2p (MIT)\n");
  // Of the command, of a package that brings no text of its own, and of the page.
  for (const name of ["commander", "zod", "age-encryption", "werift", "hash-wasm"]) {
    expect(told.stdout).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\((?:MIT|BSD-3-Clause)\\)$`, "m"));
  }
  expect(told.stdout.match(/^=+$/gm)?.length).toBeGreaterThan(2 * 50);
});
