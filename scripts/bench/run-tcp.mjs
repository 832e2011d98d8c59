// @ts-check
// Measures what the system's TCP makes of an emulated path, from the first byte that arrives.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { openPath } from "./path-lab.mjs";
import { resultOf } from "./results.mjs";

const side = fileURLToPath(new URL("tcp-side.mjs", import.meta.url));

/**
 * @param {object} run
 * @param {import("./path-lab.mjs").PathConditions} run.path
 * @param {string} run.congestion - as the kernel names it
 * @param {number} run.seconds
 * @param {number} run.seed
 * @param {string} run.scratch
 * @returns {Promise<import("./results.mjs").Result>}
 */
export async function runTcp({ path, congestion, seconds, seed, scratch }) {
  const line = await openPath(path, seed, scratch);
  const { a, b } = line.places;
  /** @param {readonly string[]} command */
  const start = ([program = "", ...args]) => spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
  /** @type {import("node:child_process").ChildProcess[]} */
  const children = [];
  try {
    line.useTcp(congestion);
    const receiver = start([...b.prefix, process.execPath, side, "receive", b.address, String(seconds)]);
    children.push(receiver);
    const lines = createInterface({ input: receiver.stdout })[Symbol.asyncIterator]();
    const { value: port } = await lines.next();
    line.mark();
    const sender = start([...a.prefix, process.execPath, side, "send", b.address, port]);
    children.push(sender);
    // A sender that found no way would leave the receiver waiting.
    sender.once("exit", (code) => code === 0 || receiver.kill("SIGKILL"));
    const { value: measured } = await lines.next();
    if (measured === undefined) throw new Error("the receiver over TCP ended early");
    return resultOf({ ...JSON.parse(measured), sender: undefined, receiver: undefined, link: await line.report() });
  } finally {
    for (const child of children) child.kill("SIGKILL");
    line.close();
  }
}
