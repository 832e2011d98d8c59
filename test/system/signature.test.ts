// The ad-hoc signature of a program for macOS, which no test can start here: it is byte for byte the one that Go's linker
// writes, for Macs with Apple's processor.
import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { withAdHocSignature } from "../../scripts/support/executables.mjs";
import { removeFolder } from "../support/processes.ts";

/** Takes away the last load command, which is the signature's, and the signature. */
function unsigned(program: Buffer): Buffer {
  let at = 32;
  for (let left = program.readUInt32LE(16) - 1; left > 0; left -= 1) at += program.readUInt32LE(at + 4);
  expect(program.readUInt32LE(at)).toBe(0x1d);
  const bare = Buffer.from(program.subarray(0, program.readUInt32LE(at + 8)));
  bare.fill(0, at, at + 16);
  bare.writeUInt32LE(bare.readUInt32LE(16) - 1, 16);
  bare.writeUInt32LE(bare.readUInt32LE(20) - 16, 20);
  return bare;
}

test("is that of Go's linker", { timeout: 600_000 }, async (t) => {
  const dir = await mkdtemp(join(tmpdir(), "p2p-go-"));
  t.onTestFinished(() => removeFolder(dir));
  await writeFile(join(dir, "main.go"), "package main\n\nfunc main() {}\n");
  const env = { ...process.env, GOOS: "darwin", GOARCH: "arm64", GOCACHE: join(dir, "cache") };
  execFileSync("go", ["build", "-o", "program", "main.go"], { cwd: dir, env, stdio: "pipe" });
  const program = await readFile(join(dir, "program"));
  expect(withAdHocSignature(program, "a.out").equals(program)).toBe(true);
  expect(withAdHocSignature(unsigned(program), "a.out").equals(program)).toBe(true);
});
