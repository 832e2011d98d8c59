// A run of the tests that somebody stops from outside leaves no program behind.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";

const helper = new URL("../support/early-end.mjs", import.meta.url).href;
/** Like a worker of vitest: it starts a program that would run for minutes, which keeps its stdout open. */
const WORKER = `
  import { spawn } from "node:child_process";
  import { killAtEarlyEnd } from ${JSON.stringify(helper)};
  const script = "console.log('runs'); setTimeout(() => {}, 300_000);";
  killAtEarlyEnd(spawn(process.execPath, ["-e", script], { stdio: ["ignore", "inherit", "ignore"] }));
  process.on("message", () => process.exit(3));
`;

test.each([
  ["cut off from vitest", "SIGKILL", (worker: ChildProcess) => worker.disconnect()],
  ["that ends itself", 3, (worker: ChildProcess) => worker.send("end")],
])("what runs for a worker %s ends with it", async (_what, how, stop) => {
  const args = ["--input-type=module", "-e", WORKER];
  const worker = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit", "ipc"] });
  const { stdout } = worker;
  if (stdout === null) throw new TypeError("no stdout");
  await once(stdout, "data");
  // Its stdout ends when the program has ended as well.
  const ended = Promise.all([once(worker, "exit"), once(stdout.resume(), "end")]);
  stop(worker);
  const [[code, signal]] = (await ended) as [[number | null, NodeJS.Signals | null], unknown];
  expect(code ?? signal).toBe(how);
});
