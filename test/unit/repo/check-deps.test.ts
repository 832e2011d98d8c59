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
}

/** Runs the check in a project that needs one package, `dep`. */
async function check({ manifest, lockEntry, packageManifest, packageFiles = [] }: Project) {
  const dir = await mkdtemp(join(tmpdir(), "p2p-check-deps-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  await cp(scripts, join(dir, "scripts"), { recursive: true });
  const files: Record<string, object> = {
    "package.json": { dependencies: { dep: "1.2.3" }, ...manifest },
    "package-lock.json": { packages: { "": {}, "node_modules/dep": { version: "1.2.3", ...lockEntry } } },
    "node_modules/dep/package.json": { name: "dep", ...packageManifest },
    ...Object.fromEntries(packageFiles.map((name) => [`node_modules/dep/${name}`, {}])),
  };
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(dir, name)), { recursive: true });
    await writeFile(join(dir, name), JSON.stringify(content));
  }
  const { status, stderr } = spawnSync(process.execPath, [join(dir, "scripts/check-deps.mjs")], { encoding: "utf8" });
  return { status, stderr };
}

test("a plain package passes", async () => {
  expect(await check({})).toEqual({ status: 0, stderr: "" });
});

test("what only developers install may have scripts and binaries", async () => {
  const dev = { lockEntry: { dev: true }, packageManifest: { scripts: { install: "x" } }, packageFiles: ["a.node"] };
  expect(await check(dev)).toEqual({ status: 0, stderr: "" });
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
  ["a range", { manifest: { dependencies: { dep: "^1.2.3" } } }, "dep ^1.2.3 is not an exact version"],
  ["a registry in the lock file", { lockEntry: { resolved: "https://r/dep.tgz" } }, "names a registry"],
  ["an install script of our own", { manifest: { scripts: { prepare: "x" } } }, "has a script 'prepare'"],
])("%s fails", async (_what, project, complaint) => {
  const { status, stderr } = await check(project);
  expect(status).toBe(1);
  expect(stderr).toContain(complaint);
});
