import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const run = promisify(execFile);

test("samples/embed.mjs pairs two sides by a carrier of its own", async () => {
  const { stdout, stderr } = await run(process.execPath, ["samples/embed.mjs"], { timeout: 40_000 });
  expect(stderr).toBe("");
  const lines = stdout.trim().split("\n");
  expect([...lines].sort((a, b) => (a < b ? -1 : 1))).toEqual([
    "Alice reads: hello, Alice",
    "Alice: closed (done)",
    "Bob has a file of 18 bytes",
    "Bob reads: hello, Bob",
    "Bob: closed (done)",
    "the file is right",
  ]);
  expect(lines.at(-1)).toBe("the file is right");
});
