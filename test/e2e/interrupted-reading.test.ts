// Ctrl-C ends a command whatever it is reading: a pipe that nobody writes to, a file that does not end, and files that
// were made to keep a reader busy.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, openSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Writable } from "node:stream";
import { expect, type TestContext, test } from "vitest";
import { killAtEarlyEnd } from "../support/early-end.mjs";
import { answer, binary, people, run, until } from "../support/processes.ts";

const TIMEOUT_MS = 60_000;
const KIB = 1_024;

/** Files that a quadratic reader works on for minutes. */
const BUSY: Readonly<Record<string, string>> = {
  "fence.json": `${"~".repeat(255 * KIB)}\``,
  "candidate.json": JSON.stringify({
    sdp: { type: "offer", sdp: "v=0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n" },
    icecandidate: [`candidate:1 1 udp 1 1.2.3.4 5000 typ host${" ".repeat(250 * KIB)}\nx`],
  }),
  "armor.json": `-----BEGIN AGE ENCRYPTED FILE-----${"A".repeat(250 * KIB)}`,
};

/** What a pipe holds, and more: it has been written when somebody reads it. */
const MORE_THAN_A_PIPE = " ".repeat(200 * KIB);

/** Interrupts it when it reads. @returns the signal that ended it, or its exit code */
async function endOf(
  t: TestContext,
  args: readonly string[],
  isReading: (stdin: Writable) => Promise<void>,
): Promise<unknown> {
  const child = spawn(process.execPath, [binary, ...args], { stdio: ["pipe", "ignore", "ignore"] });
  killAtEarlyEnd(child);
  t.onTestFinished(() => void child.kill("SIGKILL"));
  const ended = once(child, "exit") as Promise<[number | null, string | null]>;
  await isReading(child.stdin);
  child.kill("SIGINT");
  const [code, signal] = await ended;
  return signal ?? code;
}

test("of a pipe that nobody writes to", { timeout: TIMEOUT_MS }, async (t) => {
  const { ann } = await people(t, "ann");
  const fifo = join(ann.dir, "pipe");
  execFileSync("mkfifo", [fifo]);
  // Opening it to write succeeds when somebody has opened it to read.
  let writer: number | undefined;
  const isOpen = (): boolean => {
    try {
      writer ??= openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK);
      return true;
    } catch {
      return false;
    }
  };
  const end = await endOf(t, ["inspect", fifo], async () => until(isOpen, "the pipe is read"));
  if (writer !== undefined) closeSync(writer);
  expect(["SIGINT", 130]).toContain(end);
});

test("of an input that goes on", { timeout: TIMEOUT_MS }, async (t) => {
  const end = await endOf(t, ["inspect", "-"], async (stdin) => {
    stdin.on("error", () => {});
    await new Promise<void>((resolve) => {
      stdin.write(MORE_THAN_A_PIPE, () => {
        resolve();
      });
    });
  });
  expect(["SIGINT", 130]).toContain(end);
});

test("of files that were made to keep a reader busy", { timeout: TIMEOUT_MS }, async (t) => {
  const { ann } = await people(t, "ann");
  for (const [name, text] of Object.entries(BUSY)) await writeFile(join(ann.dir, name), text);
  for (const name of Object.keys(BUSY)) expect(await run(ann, ["inspect", name]).exit()).toBe(6);
  const waiting = answer(ann, ["--json"]);
  await waiting.event("waiting");
  waiting.signal("SIGINT");
  expect(await waiting.exit()).toBe(130);
});
