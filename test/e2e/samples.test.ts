import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const run = promisify(execFile);

/** The lines of a sample that says nothing on stderr, in the order of their texts. */
async function linesOf(sample: string): Promise<string[]> {
  const { stdout, stderr } = await run(process.execPath, [`samples/${sample}`], { timeout: 150_000 });
  expect(stderr).toBe("");
  return stdout.trim().split("\n");
}

const sorted = (lines: readonly string[]): string[] => [...lines].sort((a, b) => (a < b ? -1 : 1));
const TIMEOUT = { timeout: 160_000 };

test("samples/embed.mjs pairs two sides by two strings", TIMEOUT, async () => {
  const lines = await linesOf("embed.mjs");
  expect(sorted(lines)).toEqual([
    "Alice reads: hello, Alice",
    "Alice: closed (done)",
    "Bob has a file of 18 bytes",
    "Bob reads: hello, Bob",
    "Bob: closed (done)",
    "the file is right",
  ]);
  expect(lines.at(-1)).toBe("the file is right");
});

const TALK = ["Alice reads: hello, Alice", "Alice: closed (done)", "Bob reads: hello, Bob", "Bob: closed (done)"];

test("samples/carrier.mjs pairs two sides by a carrier of its own", TIMEOUT, async () => {
  expect(sorted(await linesOf("carrier.mjs"))).toEqual(TALK);
});

test("samples/messenger.mjs pairs two sides in a chat room of its own", TIMEOUT, async () => {
  const found = [
    "Alice has the other side's answer from the chat room",
    "Bob has the other side's offer from the chat room",
  ];
  expect(sorted(await linesOf("messenger.mjs"))).toEqual(sorted([...TALK, ...found]));
});
