// @ts-check
// Two machines with an emulated path between them, on this one: network namespaces, and path-link.c compiled where a
// compiler is. Needs Linux, root, `ip` (iproute2), `cc` and /dev/net/tun.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/**
 * @typedef {import("./processes.mjs").Line} Line
 * @typedef {import("./link.mjs").LinkSide} LinkSide
 *
 * @typedef {object} PathConditions
 * @property {number} [bytesPerSecond] - of each direction; none: no bottleneck
 * @property {number} queueBytes
 * @property {number} delayMs - one way
 * @property {number} [jitterMs] - up to so much more, the order kept
 * @property {number} [lossPercent]
 * @property {number} [burstPackets] - mean run of losses
 * @property {{ percent: number, ms: number }} [late] - so many come up to so much later, and let others pass
 *
 * @typedef {object} Place - where one side runs
 * @property {string} address
 * @property {readonly string[]} prefix - of a command that runs there
 *
 * @typedef {Line & { places: Record<LinkSide, Place>, useTcp: (congestion: string) => void }} PathLine
 */

const DEVICE = "path0";
const ADDRESSES = { a: "10.98.0.1", b: "10.98.0.2" };
const READY_LIMIT_MS = 10_000;
/** Of all connections until another is asked for: what nearly all machines have, whatever this one is set to. */
const USUAL_CONGESTION = "cubic";
/** Where iproute2 keeps the names of namespaces. */
const NAMES_FOLDER = "/run/netns";
const SPACE_NAME = /^p2p-bench-(\d+)-[ab]$/;
const source = fileURLToPath(new URL("path-link.c", import.meta.url));

/** @param {string} command @param {readonly string[]} args */
function run(command, args) {
  const { status, stderr, error } = spawnSync(command, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${error?.message ?? stderr.trim()}`);
}

/** The first reason why there can be no such path here; undefined: there can. */
export function missingForPaths() {
  if (process.platform !== "linux") return "network namespaces are of Linux";
  if (process.getuid?.() !== 0) return "network namespaces need root";
  if (!existsSync("/dev/net/tun")) return "there is no /dev/net/tun";
  const tools = [
    ["ip", "-V"],
    ["cc", "--version"],
  ].flatMap(([tool = "", asked = ""]) => (spawnSync(tool, [asked]).error === undefined ? [] : [`there is no ${tool}`]));
  return tools[0];
}

/** Whether a process with this id runs. @param {number} pid */
function isAlive(pid) {
  return existsSync(`/proc/${pid}`);
}

/**
 * The namespaces of benches that were killed.
 * @param {readonly string[]} names - of all namespaces
 * @param {(pid: number) => boolean} isAlive - whether a process runs
 */
export function staleSpaces(names, isAlive) {
  return names.filter((name) => {
    const pid = SPACE_NAME.exec(name)?.[1];
    return pid !== undefined && !isAlive(Number(pid));
  });
}

function removeStale() {
  const names = existsSync(NAMES_FOLDER) ? readdirSync(NAMES_FOLDER) : [];
  for (const space of staleSpaces(names, isAlive)) spawnSync("ip", ["netns", "delete", space]);
}

/** Compiles the link. @param {string} scratch - a folder @returns {string} the program */
function compiled(scratch) {
  const program = join(scratch, "path-link");
  if (!existsSync(program)) run("cc", ["-O2", "-o", program, source]);
  return program;
}

/** @param {PathConditions} conditions @param {number} seed */
function optionsOf(conditions, seed) {
  const { bytesPerSecond = 0, queueBytes, delayMs, jitterMs = 0, lossPercent = 0, burstPackets = 1, late } = conditions;
  const named = {
    rate: bytesPerSecond,
    queue: queueBytes,
    delay: delayMs,
    jitter: jitterMs,
    loss: lossPercent,
    burst: burstPackets,
    late: late?.percent ?? 0,
    "late-ms": late?.ms ?? 0,
    seed,
  };
  return Object.entries(named).flatMap(([name, value]) => [`--${name}`, String(value)]);
}

/**
 * Makes two namespaces and the path between them.
 * @param {PathConditions} conditions
 * @param {number} seed - of the losses and delays
 * @param {string} scratch - a folder
 * @returns {Promise<PathLine>}
 */
export async function openPath(conditions, seed, scratch) {
  const program = compiled(scratch);
  const spaces = { a: `p2p-bench-${process.pid}-a`, b: `p2p-bench-${process.pid}-b` };
  const remove = () => Object.values(spaces).forEach((space) => spawnSync("ip", ["netns", "delete", space]));
  removeStale();
  remove();
  for (const space of Object.values(spaces)) run("ip", ["netns", "add", space]);
  const child = spawn(program, [spaces.a, spaces.b, ...optionsOf(conditions, seed)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const limit = setTimeout(() => child.kill("SIGKILL"), READY_LIMIT_MS);
  const first = await lines.next();
  clearTimeout(limit);
  if (first.value !== "ready") {
    remove();
    throw new Error("the emulated path did not start");
  }
  const prefixOf = (/** @type {LinkSide} */ side) => ["ip", "netns", "exec", spaces[side]];
  const useTcp = (/** @type {string} */ congestion) => {
    for (const side of /** @type {const} */ (["a", "b"])) {
      run("ip", ["-n", spaces[side], "route", "change", "10.98.0.0/30", "dev", DEVICE, "congctl", congestion]);
    }
  };
  useTcp(USUAL_CONGESTION);
  return {
    places: {
      a: { address: ADDRESSES.a, prefix: prefixOf("a") },
      b: { address: ADDRESSES.b, prefix: prefixOf("b") },
    },
    useTcp,
    moved: (_from, port) => port,
    mark: () => void child.kill("SIGUSR1"),
    report: async () => {
      child.kill("SIGTERM");
      const { value } = await lines.next();
      return value === undefined ? undefined : JSON.parse(value);
    },
    close: () => {
      child.kill("SIGKILL");
      remove();
    },
  };
}
