// @ts-check
// Sends a file from the browser peer to the command between two namespaces, alone or while the page publishes its
// browser's camera and microphone of its own making, which a program beside the command takes from `--rtp-out`.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../support/project.mjs";
import { clockMs } from "./call-side.mjs";
import { resultOf } from "./results.mjs";
import { callOptions, relativeCallFigures, startSide } from "./run-call.mjs";
import { start } from "./run-file.mjs";
import { answerFor, CHROMIUM, openPeer, until, withPage } from "./run-page.mjs";

const COMMAND = join(root, "bin/p2p.js");
const FAKE_CAMERA = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"];
/** From the start of the browser until the file goes. */
const BEGIN_LIMIT_MS = 90_000;

/**
 * @typedef {object} PageCallRun
 * @property {string} path - a file that takes longer than it is measured
 * @property {string} scratch - an existing folder
 * @property {() => Promise<import("./path-lab.mjs").PathLine>} openPath
 * @property {number} delayMs - of the path, one way
 * @property {number} seconds - that it is measured
 * @property {boolean} hasCall
 */

/** A program that is Chromium in another namespace. @param {string} folder @param {readonly string[]} prefix */
function browserWithin(folder, prefix) {
  const program = join(folder, "chromium.sh");
  writeFileSync(program, `#!/bin/sh\nexec ${prefix.join(" ")} ${CHROMIUM} "$@"\n`, { mode: 0o700 });
  return program;
}

/**
 * Connects the page with a command, and lets it send its file; what has come when the time is up counts.
 * @param {PageCallRun} run
 * @param {import("./path-lab.mjs").PathLine} line
 * @param {string} dir - of the command
 * @param {import("playwright-core").Page} page
 * @param {(command: import("node:child_process").ChildProcess) => void} onStarted
 * @returns {Promise<{ bytes: number, fromMs: number, endMs: number }>} by `clockMs`
 */
async function sendFromPage({ path, seconds, hasCall }, line, dir, page, onStarted) {
  const part = await openPeer(page);
  return await new Promise((resolve, reject) => {
    const awaited = new Set(hasCall ? ["audio", "video"] : []);
    let fromMs = 0;
    let last = { bytes: 0, endMs: 0 };
    const limit = setTimeout(() => reject(new Error("no file began")), BEGIN_LIMIT_MS);
    const choose = () => part("file").setInputFiles(path).catch(reject);
    const begin = async () => {
      await until(async () => (await part("state").textContent()) === "connected", "the page is connected");
      await (hasCall ? part("publish-camera").click() : choose());
    };
    const onEvent = (/** @type {any} */ event) => {
      if (event.event === "error") reject(new Error(event.message));
      if (event.event === "local-file") void answerFor(part, dir).catch(reject);
      if (event.event === "connected") begin().catch(reject);
      if (event.event === "media" && event.state === "started") {
        if (awaited.delete(event.kind) && awaited.size === 0) void choose();
      }
      if (event.event === "accepted") {
        fromMs = clockMs();
        line.mark();
        clearTimeout(limit);
        setTimeout(() => resolve({ ...last, fromMs }), seconds * 1_000);
      }
      if (event.event === "progress" || event.event === "transfer-done") {
        last = { bytes: event.bytes, endMs: clockMs() };
      }
      if (event.event === "transfer-done") resolve({ ...last, fromMs });
    };
    const { address, prefix } = line.places.b;
    const args = ["--dir", dir, "--bind", address, "--no-stun", "--json", "--chat", "--wait", "5m"];
    const call = hasCall ? callOptions("out") : [];
    // With its stdin open the command stays until the page has chosen its file.
    onStarted(start(dir, [COMMAND, "offer", "--output", dir, "--yes", ...call, ...args], onEvent, prefix, "pipe"));
  });
}

/**
 * @param {PageCallRun} run
 * @returns {Promise<import("./results.mjs").Result>}
 */
export async function runPageCall(run) {
  const folder = mkdtempSync(join(run.scratch, "page-"));
  const dir = join(folder, "a");
  mkdirSync(dir);
  writeFileSync(join(folder, "config.json"), "{}");
  const line = await run.openPath();
  const { a, b } = line.places;
  const taker = run.hasCall ? startSide("take", b.prefix) : undefined;
  /** @type {import("node:child_process").ChildProcess | undefined} */
  let command;
  const keep = (/** @type {import("node:child_process").ChildProcess} */ started) => {
    command = started;
  };
  try {
    const browser = { program: browserWithin(folder, a.prefix), flags: FAKE_CAMERA };
    const times = await withPage((page) => sendFromPage(run, line, dir, page, keep), browser);
    const { bytes, fromMs, endMs } = times;
    const link = await line.report();
    const result = resultOf({ bytes, ms: endMs - fromMs, sender: undefined, receiver: undefined, link });
    if (taker === undefined) return result;
    taker.end();
    return { ...result, ...relativeCallFigures(await taker.frames, { ...times, delayMs: run.delayMs }) };
  } finally {
    taker?.kill();
    command?.kill("SIGKILL");
    line.close();
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
  }
}
