// @ts-check
// Sends two files in opposite directions at once between two real processes, and messages from one side meanwhile;
// measures the time of each message to the other side and of its acknowledgement back.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../support/project.mjs";
import { usageOf } from "./processes.mjs";
import { carry, start } from "./run-file.mjs";

const lineSide = join(root, "scripts/bench/line-side.mjs");
const CHAT_EVERY_MS = 50;
const LIMIT_MS = 600_000;

/**
 * @param {{ path: string, scratch: string }} run - a file, and an existing folder
 * @returns {Promise<import("./results.mjs").Result>}
 */
export async function runDuplex({ path, scratch }) {
  const folder = mkdtempSync(join(scratch, "round-"));
  const [a, b] = [join(folder, "a"), join(folder, "b")];
  for (const side of [a, b]) mkdirSync(side);
  writeFileSync(join(folder, "config.json"), "{}");
  /** @type {import("node:child_process").ChildProcess[]} */
  const children = [];
  try {
    return await new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("the transfers did not end")), LIMIT_MS);
      /** @type {number[]} */
      let roundTripsMs = [];
      /** @type {number | undefined} */
      let startMs;
      let bytes = 0;
      let doneCount = 0;
      let peakRssBytes = 0;
      const onEvent = (/** @type {any} */ event) => {
        if (event.event === "error") reject(new Error(event.message));
        if (event.event === "accepted") startMs ??= performance.now();
        if (event.event === "chat") roundTripsMs = event.roundTripsMs;
        if (event.event === "transfer-done") {
          bytes += event.direction === "send" ? event.bytes : 0;
          doneCount += 1;
          for (const { pid } of children) peakRssBytes = Math.max(peakRssBytes, usageOf(pid)?.peakRssBytes ?? 0);
        }
        if (startMs === undefined || doneCount < 4 || roundTripsMs.length === 0) return;
        clearTimeout(timer);
        const ms = performance.now() - startMs;
        const sorted = roundTripsMs.toSorted((x, y) => x - y);
        const at = (/** @type {number} */ share) => sorted[Math.floor((sorted.length - 1) * share)] ?? 0;
        resolve({
          mbPerSecond: bytes / 1e3 / ms,
          seconds: ms / 1_000,
          senderPeakMb: peakRssBytes / 1e6,
          chatMs: at(0.5),
          lateChatMs: at(0.95),
          chatCount: sorted.length,
        });
      };
      const side = (/** @type {"offer" | "answer"} */ role, /** @type {string} */ dir) => [
        lineSide,
        JSON.stringify({ role, dir, path, ...(role === "offer" && { chatEveryMs: CHAT_EVERY_MS }) }),
      ];
      const onOfferEvent = (/** @type {any} */ event) => {
        if (event.event === "local-file") {
          carry(a, b, undefined, (port) => port);
          children.push(start(b, side("answer", b), onAnswerEvent));
        }
        onEvent(event);
      };
      const onAnswerEvent = (/** @type {any} */ event) => {
        if (event.event === "local-file") carry(b, a, undefined, (port) => port);
        onEvent(event);
      };
      children.push(start(a, side("offer", a), onOfferEvent));
    });
  } finally {
    for (const child of children) child.kill("SIGKILL");
    rmSync(folder, { recursive: true, maxRetries: 10 });
  }
}
