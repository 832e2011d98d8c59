// @ts-check
// Sends a file or a tree through two real p2p processes. The clock runs from `accepted` to `transfer-done` at the
// sender, so it includes reading, hashing, writing, flushing and the receiver's verified answer.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { root } from "../support/project.mjs";
import { isOver, movedCandidate, openLine, usageOf } from "./processes.mjs";
import { resultOf } from "./results.mjs";

const binary = join(root, "bin/p2p.js");
const lineSide = join(root, "scripts/bench/line-side.mjs");
export const OWN_FILE = "LocaltionJson.json";
export const PEER_FILE = "LocaltionJson_p.json";
const PAIRING_LIMIT_MS = 90_000;
const COMMON = ["--no-stun", "--json", "--no-chat"];
/** Where both sides run unless they are on an emulated path: here. */
const HERE = { address: "127.0.0.1", prefix: [] };

/** Environment without this person's own `p2p` settings, which are not meant for the measured processes. */
export const plainEnv = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("P2P_")));

/**
 * @typedef {object} FileRun
 * @property {string} path - file or folder
 * @property {string} scratch - an existing folder
 * @property {readonly string[]} args - more options of both sides
 * @property {import("./link.mjs").Link | undefined} link
 * @property {number} limitMs - of the transfer; what had come by then counts
 * @property {"tcp" | "all"} [transport] - the only one whose candidates are carried, or all of them; default: UDP
 * @property {true} [isAgain] - it was sent before into the same folder, which is not measured
 * @property {number} [maxPacketBytes] - of SCTP packets; the module runs then instead of the command
 * @property {() => Promise<import("./path-lab.mjs").PathLine>} [openPath] - between two namespaces, instead of `link`
 * @property {string} [against] - the folder of another p2p, which runs instead of this one
 * @property {Beside} [beside] - what goes on meanwhile
 *
 * @typedef {object} Beside
 * @property {Record<"offer" | "answer", readonly string[]>} args - more options of each side
 * @property {(role: "offer" | "answer", event: any) => void} onEvent
 * @property {() => void} onEnd - the transfer has ended, and both sides still run
 */

/**
 * Carries an exchange file to the other side, with its candidates of one transport; UDP candidates are moved onto the
 * link.
 * @param {string} from
 * @param {string} to
 * @param {FileRun["transport"]} transport
 * @param {(port: number) => number} move
 */
export function carry(from, to, transport, move) {
  const document = JSON.parse(readFileSync(join(from, OWN_FILE), "utf8"));
  document.icecandidate = document.icecandidate.flatMap((/** @type {string} */ text) => {
    const init = JSON.parse(text);
    if (transport !== "all" && !isOver(transport, init.candidate)) return [];
    return [JSON.stringify({ ...init, candidate: movedCandidate(init.candidate, move) })];
  });
  writeFileSync(join(to, PEER_FILE), JSON.stringify(document));
}

/**
 * @param {string} folder
 * @param {readonly string[]} command - of Node
 * @param {(event: any) => void} onEvent
 * @param {readonly string[]} [prefix] - of the command
 * @param {"ignore" | "pipe"} [stdin] - at its end, or open
 */
export function start(folder, command, onEvent, prefix = [], stdin = "ignore") {
  const [program = "", ...args] = [...prefix, process.execPath, ...command];
  const child = spawn(program, args, {
    env: { ...plainEnv, P2P_STATE_DIR: `${folder}-state`, P2P_CONFIG: join(folder, "..", "config.json") },
    // The description of `--rtp-out` goes to the current folder.
    cwd: folder,
    stdio: [stdin, "pipe", "ignore"],
  });
  const stdout = /** @type {import("node:stream").Readable} */ (child.stdout);
  createInterface({ input: stdout }).on("line", (line) => onEvent(JSON.parse(line)));
  return child;
}

/**
 * @param {"offer" | "answer"} role
 * @param {FileRun} run
 * @param {string} dir - of the exchange files
 * @param {string} output
 * @param {string} [address] - of this side
 * @returns {string[]} of Node
 */
function commandOf(role, { path, args, maxPacketBytes, against, beside }, dir, output, address = HERE.address) {
  const sent = role === "offer" ? path : undefined;
  if (maxPacketBytes !== undefined) return [lineSide, JSON.stringify({ role, dir, path: sent, maxPacketBytes })];
  const files = sent === undefined ? ["--output", output, "--yes"] : [sent];
  const program = against === undefined ? binary : join(against, "bin/p2p.js");
  return [program, role, ...files, ...args, ...(beside?.args[role] ?? []), "--dir", dir, "--bind", address, ...COMMON];
}

/**
 * @param {FileRun} run
 * @param {string} folder
 * @param {string} output - where the receiver puts the files
 * @param {import("./processes.mjs").Line & Partial<import("./path-lab.mjs").PathLine>} line
 * @param {import("node:child_process").ChildProcess[]} children
 */
function transfer(run, folder, output, line, children) {
  const { limitMs } = run;
  const { a: placeA, b: placeB } = line.places ?? { a: HERE, b: HERE };
  const [a, b] = ["a", "b"].map((name) => join(folder, name));
  if (a === undefined || b === undefined) throw new Error("unreachable");
  for (const side of [a, b]) mkdirSync(side, { recursive: true });
  writeFileSync(join(folder, "config.json"), "{}");
  let receivedBytes = 0;
  const usages = () => children.map(({ pid }) => usageOf(pid));
  return new Promise((resolve, reject) => {
    /** @type {{ atMs: number, usages: ReturnType<typeof usages> } | undefined} */
    let accepted;
    /** @type {NodeJS.Timeout | undefined} */
    let limit;
    const end = (/** @type {number} */ bytes, /** @type {boolean} */ isCutOff) => {
      if (accepted === undefined) return;
      clearTimeout(limit);
      run.beside?.onEnd();
      const ms = performance.now() - accepted.atMs;
      const before = accepted.usages;
      const [sender, receiver] = usages().map((after, index) => after && used(before[index], after));
      resolve({ bytes, ms, sender, receiver, isCutOff });
    };
    const fail = (/** @type {string} */ message) => {
      clearTimeout(limit);
      reject(new Error(message));
    };
    const onAnswerEvent = (/** @type {any} */ event) => {
      run.beside?.onEvent("answer", event);
      if (event.event === "error") fail(event.message);
      if (event.event === "local-file") carry(b, a, run.transport, (port) => line.moved("b", port));
      if (event.event === "progress") receivedBytes = event.bytes;
    };
    const onOfferEvent = (/** @type {any} */ event) => {
      run.beside?.onEvent("offer", event);
      if (event.event === "error") fail(event.message);
      if (event.event === "local-file") {
        carry(a, b, run.transport, (port) => line.moved("a", port));
        children.push(start(b, commandOf("answer", run, b, output, placeB.address), onAnswerEvent, placeB.prefix));
      }
      if (event.event === "accepted") {
        accepted = { atMs: performance.now(), usages: usages() };
        line.mark();
        clearTimeout(limit);
        limit = setTimeout(() => end(receivedBytes, true), limitMs);
      }
      if (event.event === "transfer-done") end(event.bytes, false);
    };
    children.push(start(a, commandOf("offer", run, a, output, placeA.address), onOfferEvent, placeA.prefix));
    children[0]?.once("close", () => fail("p2p ended before the transfer did"));
    limit = setTimeout(() => fail("no transfer began"), PAIRING_LIMIT_MS);
  });
}

/**
 * @param {import("./processes.mjs").Usage | undefined} before
 * @param {import("./processes.mjs").Usage} after
 */
function used(before, after) {
  return { ...after, cpuMs: after.cpuMs - (before?.cpuMs ?? 0) };
}

/** @param {import("node:child_process").ChildProcess} child */
async function killed(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.removeAllListeners("close");
  const closed = once(child, "close");
  child.kill("SIGKILL");
  await closed;
}

/**
 * @param {FileRun} run
 * @returns {Promise<import("./results.mjs").Result>}
 */
export async function runFile(run) {
  const folder = mkdtempSync(join(run.scratch, "round-"));
  const line = await (run.openPath?.() ?? openLine(run.link));
  /** @type {import("node:child_process").ChildProcess[]} */
  const children = [];
  try {
    const output = join(folder, "received");
    if (run.isAgain) {
      await transfer(run, join(folder, "first"), output, line, children);
      for (const child of children.splice(0)) await killed(child);
    }
    const measured = await transfer(run, join(folder, "measured"), output, line, children);
    return resultOf({ ...measured, link: await line.report() });
  } finally {
    for (const child of children) child.kill("SIGKILL");
    line.close();
    // A process that is being killed may still write.
    rmSync(folder, { recursive: true, maxRetries: 10 });
  }
}
