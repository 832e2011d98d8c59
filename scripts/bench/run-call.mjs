// @ts-check
// Sends a file between two namespaces while a program beside the sender gives RTP to `--rtp-in`, and one beside the
// receiver takes it from `--rtp-out`. Both read the same clock, so each packet has its time from being given until it
// could be played.
import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { CALL_PORTS, clockMs } from "./call-side.mjs";
import { runFile } from "./run-file.mjs";

/**
 * @typedef {import("./call-side.mjs").Frame} Frame
 * @typedef {import("./run-file.mjs").FileRun} FileRun
 * @typedef {ReturnType<typeof startSide>} Side
 */

const side = fileURLToPath(new URL("call-side.mjs", import.meta.url));
/** A packet that can be played later than this is late. */
const LATE_MS = 150;
/** What is given in the last moments may be on its way when the file has arrived and the line ends; it does not count. */
const LAST_MS = 1_000;
const KINDS = /** @type {const} */ (["audio", "video"]);

/** Options of the command for both ends of a call. @param {"in" | "out"} way @returns {string[]} */
export function callOptions(way) {
  return KINDS.flatMap((kind) => [
    `--rtp-${way}`,
    `${kind}=127.0.0.1:${CALL_PORTS[kind]}/${kind === "audio" ? "opus" : "vp8"}`,
  ]);
}

/** @param {"give" | "take"} role @param {readonly string[]} prefix - of a command */
export function startSide(role, prefix) {
  const [program, ...args] = [...prefix, process.execPath, side, role];
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
  const frames = text(child.stdout).then((/** @type {string} */ json) => /** @type {Frame[]} */ (JSON.parse(json)));
  // It is awaited only where the file has arrived.
  frames.catch(() => {});
  return { end: () => child.stdin.end(), frames, kill: () => child.kill("SIGKILL") };
}

/** @param {readonly number[]} ascending @param {number} share - of them that is no more than the result */
function within(ascending, share) {
  return ascending[Math.ceil(ascending.length * share) - 1] ?? 0;
}

/**
 * @param {readonly number[]} waits - of all packets, in ms; infinite: it never came
 * @param {number} lateMs - what takes longer is late
 */
function figuresOfWaits(waits, lateMs) {
  const came = waits.filter(Number.isFinite).toSorted((one, other) => one - other);
  if (came.length === 0) throw new Error("no packet of the call came");
  return {
    callPackets: waits.length,
    latePercent: (100 * waits.filter((ms) => ms > lateMs).length) / waits.length,
    callMs: within(came, 0.5),
    call95Ms: within(came, 0.95),
    call99Ms: within(came, 0.99),
    callMaxMs: within(came, 1),
  };
}

/** A packet can be played when the whole of its frame can. @param {Frame} frame @param {number} ms @returns {number[]} */
function ofPackets({ packets }, ms) {
  return Array.from({ length: packets }, () => ms);
}

/**
 * How late the packets of a call were. Those that never came are late, and have no time.
 * @param {readonly Frame[]} given
 * @param {readonly Frame[]} taken
 * @param {number} endMs - when the file had arrived
 */
export function callFigures(given, taken, endMs) {
  const takenMs = new Map(taken.map(({ number, atMs }) => [number, atMs]));
  const waits = given
    .filter(({ atMs }) => atMs < endMs - LAST_MS)
    .flatMap((frame) => ofPackets(frame, (takenMs.get(frame.number) ?? Number.POSITIVE_INFINITY) - frame.atMs));
  const delays = given.map(({ atMs, dueMs = atMs }) => atMs - dueMs).toSorted((one, other) => one - other);
  const missingPackets = waits.filter((ms) => ms === Number.POSITIVE_INFINITY).length;
  return { ...figuresOfWaits(waits, LATE_MS), missingPackets, timerMs: within(delays, 0.99) };
}

/**
 * The same where nobody knows when a packet was given: how much later it is, by its time stamp, than the quickest of its
 * kind. Those that never came are not counted.
 * @param {readonly Frame[]} taken
 * @param {{ fromMs: number, endMs: number, delayMs: number }} times - of the file; of the path, which the quickest needs too
 */
export function relativeCallFigures(taken, { fromMs, endMs, delayMs }) {
  const counted = taken.filter(({ atMs }) => atMs > fromMs && atMs < endMs);
  const waits = KINDS.flatMap((kind) => {
    const ofKind = counted.filter((frame) => frame.kind === kind);
    const transits = ofKind.map(({ atMs, sourceMs = 0 }) => atMs - sourceMs);
    const quickest = Math.min(...transits);
    return ofKind.flatMap((frame, at) => ofPackets(frame, (transits[at] ?? 0) - quickest));
  });
  return figuresOfWaits(waits, LATE_MS - delayMs);
}

/**
 * @param {FileRun & Required<Pick<FileRun, "openPath">>} run - of the file
 * @returns {Promise<import("./results.mjs").Result>}
 */
export async function runCall(run) {
  /** @type {import("./path-lab.mjs").PathLine | undefined} */
  let line;
  /** @type {Side | undefined} */
  let giver;
  /** @type {Side | undefined} */
  let taker;
  let endMs = 0;
  /** What has to be there before the first packet is given. */
  const awaited = new Set(["accepted", ...KINDS]);
  try {
    const result = await runFile({
      ...run,
      openPath: async () => {
        line = await run.openPath();
        taker = startSide("take", line.places.b.prefix);
        return line;
      },
      beside: {
        args: { offer: callOptions("in"), answer: callOptions("out") },
        onEvent: (role, event) => {
          if (role === "offer" && event.event === "accepted") awaited.delete("accepted");
          if (role === "offer" && event.event === "media" && event.state === "started") awaited.delete(event.kind);
          if (awaited.size === 0) giver ??= startSide("give", line?.places.a.prefix ?? []);
        },
        onEnd: () => {
          endMs = clockMs();
        },
      },
    });
    giver?.end();
    taker?.end();
    return { ...result, ...callFigures((await giver?.frames) ?? [], (await taker?.frames) ?? [], endMs) };
  } finally {
    giver?.kill();
    taker?.kill();
  }
}
