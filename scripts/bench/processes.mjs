// @ts-check
// Helpers shared by the runners: forked children that answer, the link between two sides, descriptions moved onto it,
// and the machine resources that a process has used.
import { fork } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * @typedef {import("./link.mjs").Link} Link
 * @typedef {import("./link.mjs").LinkSide} LinkSide
 * @typedef {import("./link-queue.mjs").LinkQueueReport} LinkQueueReport
 * @typedef {import("node:child_process").ChildProcess} ChildProcess
 * @typedef {{ cpuMs: number, peakRssBytes: number }} Usage
 * @typedef {{ towardA: LinkQueueReport, towardB: LinkQueueReport, cpuMs: number }} LinkReport
 *
 * @typedef {object} Line - how the descriptions of the two sides are carried
 * @property {(from: LinkSide, port: number) => number} moved - the port at which the other side finds it
 * @property {() => void} mark - the measurement begins
 * @property {() => Promise<LinkReport | undefined>} report - since the mark; undefined without a link
 * @property {() => void} close
 */

const here = fileURLToPath(new URL(".", import.meta.url));
const CANDIDATE = /^(?:a=)?candidate:\S+ 1 udp \d+ (\S+) (\d+) typ host/i;

/**
 * @param {string} script - beside this file
 * @param {readonly string[]} args
 */
export function forkScript(script, args) {
  return fork(join(here, script), args);
}

/**
 * Waits for the next message of a child that contains a field.
 * @param {ChildProcess} child
 * @param {string} field
 * @param {number} limitMs
 * @returns {Promise<any>}
 */
export function answerOf(child, field, limitMs) {
  return new Promise((resolve, reject) => {
    const end = (/** @type {() => void} */ settle) => {
      clearTimeout(timer);
      child.off("message", onMessage).off("exit", onExit);
      settle();
    };
    const onMessage = (/** @type {any} */ message) => {
      if (message[field] !== undefined) end(() => resolve(message[field]));
    };
    const onExit = () => end(() => reject(new Error(`a process ended before its ${field}`)));
    const timer = setTimeout(() => end(() => reject(new Error(`no ${field} after ${limitMs} ms`))), limitMs);
    child.on("message", onMessage).once("exit", onExit);
  });
}

/** @type {Line} A direct connection: nothing lies between the two sides. */
const direct = {
  moved: (_from, port) => port,
  mark: () => {},
  report: () => Promise.resolve(undefined),
  close: () => {},
};

/**
 * @param {Link | undefined} conditions - undefined: no link
 * @returns {Promise<Line>}
 */
export async function openLine(conditions) {
  if (conditions === undefined) return direct;
  const child = forkScript("link.mjs", [JSON.stringify(conditions)]);
  const ports = await answerOf(child, "ports", 10_000);
  return {
    moved: (side, port) => {
      child.send({ end: { side, port } });
      return ports[side === "a" ? "b" : "a"];
    },
    mark: () => void child.send({ mark: true }),
    report: () => {
      const answer = answerOf(child, "report", 10_000);
      child.send({ report: true });
      return answer;
    },
    close: () => void child.kill("SIGKILL"),
  };
}

/**
 * @param {"tcp" | undefined} transport - undefined: UDP
 * @param {string} candidate
 */
export function isOver(transport, candidate) {
  return candidate.split(" ")[2]?.toLowerCase() === (transport ?? "udp");
}

/**
 * Returns an SDP whose only candidate is the one on 127.0.0.1, at its port on the link; or with its TCP candidates
 * unchanged.
 * @param {string} sdp
 * @param {"tcp" | undefined} transport
 * @param {(port: number) => number} move
 */
export function movedSdp(sdp, transport, move) {
  let isKept = false;
  const lines = sdp.split("\r\n").filter((line) => {
    if (!line.startsWith("a=candidate:")) return true;
    const isOurs =
      transport === undefined ? !isKept && CANDIDATE.exec(line)?.[1] === "127.0.0.1" : isOver(transport, line);
    isKept ||= isOurs;
    return isOurs;
  });
  if (!isKept) throw new Error(`no candidate on 127.0.0.1 in:\n${sdp}`);
  return lines.map((line) => movedCandidate(line, move)).join("\r\n");
}

/**
 * @param {string} line
 * @param {(port: number) => number} move
 */
export function movedCandidate(line, move) {
  const port = CANDIDATE.exec(line)?.[2];
  return port === undefined ? line : line.replace(` ${port} typ`, ` ${move(Number(port))} typ`);
}

/** Resources that this process has used so far. @returns {Usage} */
export function ownUsage() {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  return { cpuMs: (userCPUTime + systemCPUTime) / 1_000, peakRssBytes: maxRSS * 1_024 };
}

/** Linux counts processor time in hundredths of a second wherever Node runs. */
const MS_PER_TICK = 10;

/**
 * Resources that another process has used so far.
 * @param {number | undefined} pid
 * @returns {Usage | undefined} undefined without /proc, or when the process no longer exists
 */
export function usageOf(pid) {
  try {
    // The name in brackets may hold spaces; utime and stime are the 12th and 13th fields after it.
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
    const peakKib = /^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    if (peakKib === undefined) return undefined;
    return {
      cpuMs: (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK,
      peakRssBytes: Number(peakKib) * 1_024,
    };
  } catch {
    return undefined;
  }
}
