// scripts/check-deps.mjs finds what it is there for: shown a small project of its own for each case.
import { spawnSync } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";

const scripts = fileURLToPath(new URL("../../../scripts", import.meta.url));

interface Project {
  manifest?: object;
  lockEntry?: object;
  packageManifest?: object;
  packageFiles?: string[];
  /** A file of src. */
  source?: string;
}

const IMPORT = 'import { a } from "dep";\n';

/** Runs the check in a project whose src imports one package, `dep`. */
async function check({ manifest, lockEntry, packageManifest, packageFiles = [], source = IMPORT }: Project) {
  const dir = await mkdtemp(join(tmpdir(), "p2p-check-deps-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  await cp(scripts, join(dir, "scripts"), { recursive: true });
  const files: Record<string, object> = {
    "package.json": { devDependencies: { dep: "1.2.3" }, ...manifest },
    "package-lock.json": { packages: { "": {}, "node_modules/dep": { version: "1.2.3", ...lockEntry } } },
    "node_modules/dep/package.json": { name: "dep", ...packageManifest },
    ...Object.fromEntries(packageFiles.map((name) => [`node_modules/dep/${name}`, {}])),
  };
  const texts = Object.entries(files).map(([name, content]) => [name, JSON.stringify(content)] as const);
  for (const [name, text] of [...texts, ["src/a.ts", source] as const]) {
    await mkdir(dirname(join(dir, name)), { recursive: true });
    await writeFile(join(dir, name), text);
  }
  const { status, stderr } = spawnSync(process.execPath, [join(dir, "scripts/check-deps.mjs")], { encoding: "utf8" });
  return { status, stderr };
}

test("a plain package passes", async () => {
  expect(await check({})).toEqual({ status: 0, stderr: "" });
});

const NATIVE = { packageManifest: { scripts: { install: "x" } }, packageFiles: ["a.node"] };

test("what only developers use may have scripts and binaries", async () => {
  expect(await check({ ...NATIVE, source: 'import { b } from "node:fs";\n' })).toEqual({ status: 0, stderr: "" });
});

test.each([
  ["from a type", 'import type { A } from "dep";'],
  ["late", 'await import("dep/deep");'],
  ["by its path", 'require("../node_modules/dep/lib/a.js");'],
])("what is imported %s may not", async (_how, source) => {
  const { status, stderr } = await check({ ...NATIVE, source });
  expect([status, stderr]).toEqual([1, expect.stringContaining("carries a.node")]);
});

test("nor may what a package of the bundle needs", async () => {
  const { status, stderr } = await check({
    ...NATIVE,
    source: 'import { a } from "dep";',
    packageManifest: { dependencies: { deeper: "1.0.0" } },
    packageFiles: ["node_modules/deeper/package.json"],
    lockEntry: {},
  });
  expect([status, stderr]).toEqual([1, expect.stringContaining("node_modules/deeper: is not installed")]);
});

test.each<[what: string, project: Project, complaint: string]>([
  ["an install script", { packageManifest: { scripts: { postinstall: "node x" } } }, "runs 'node x' at postinstall"],
  [
    "an install script that only the lock file knows",
    { lockEntry: { hasInstallScript: true } },
    "has an install script",
  ],
  ["a native binary, however deep", { packageFiles: ["build/Release/x.node"] }, "carries"],
  ["a native source", { packageFiles: ["binding.gyp"] }, "carries binding.gyp"],
  ["gypfile", { packageManifest: { gypfile: true } }, "node-gyp"],
  ["a range", { manifest: { devDependencies: { dep: "^1.2.3" } } }, "dep ^1.2.3 is not an exact version"],
  ["a package that is installed with p2p", { manifest: { dependencies: { dep: "1.2.3" } } }, "make it a devDependency"],
  [
    "a package that package.json does not name",
    { source: 'import "other";' },
    "src/a.ts: other is not in package.json",
  ],
  ["a registry in the lock file", { lockEntry: { resolved: "https://r/dep.tgz" } }, "names a registry"],
  ["an install script of our own", { manifest: { scripts: { prepare: "x" } } }, "has a script 'prepare'"],
])("%s fails", async (_what, project, complaint) => {
  const { status, stderr } = await check(project);
  expect(status).toBe(1);
  expect(stderr).toContain(complaint);
});
