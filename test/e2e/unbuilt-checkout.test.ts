// bin/p2p.js in a checkout that nobody has built.
import { spawnSync } from "node:child_process";
import { copyFile, mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { removeFolder } from "../support/processes.ts";

const ENTRY = fileURLToPath(new URL("../../bin/p2p.js", import.meta.url));

/** Runs the entry in a folder that has it and no more than `dist/cli/start.js`. */
async function runEntry(start?: string): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const checkout = await mkdtemp(join(tmpdir(), "p2p-checkout-"));
  onTestFinished(() => removeFolder(checkout));
  await mkdir(join(checkout, "bin"));
  await mkdir(join(checkout, "dist/cli"), { recursive: true });
  await writeFile(join(checkout, "package.json"), '{ "type": "module" }');
  await copyFile(ENTRY, join(checkout, "bin/p2p.js"));
  if (start !== undefined) await writeFile(join(checkout, "dist/cli/start.js"), start);
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(checkout, "bin/p2p.js")], { encoding: "utf8" });
  return { status, stdout, stderr };
}

test("says how to build it", async () => {
  const told = "p2p: error: this checkout is not built\np2p: hint: npm run build\n";
  expect(await runEntry()).toEqual({ status: 1, stdout: "", stderr: told });
});

test("a file that is missing further inside is not taken for that", async () => {
  const { status, stderr } = await runEntry('import "./missing.js";\nexport const start = () => {};\n');
  expect(status).toBe(1);
  expect(stderr).toContain("ERR_MODULE_NOT_FOUND");
  expect(stderr).not.toContain("not built");
});

test("starts what is there", async () => {
  const start = 'export const start = async () => process.stdout.write("started\\n");\n';
  expect(await runEntry(start)).toEqual({ status: 0, stdout: "started\n", stderr: "" });
});
