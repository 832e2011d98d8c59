// @ts-check
// The browser peer in Debian's Chromium, without a window, next to a bare data channel of the same browser: a file goes
// between the command and the page, and messages between the same channel of ours and a script of a few lines.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { root } from "../support/project.mjs";
import { answerOf, forkScript } from "./processes.mjs";
import { resultOf } from "./results.mjs";
import { OWN_FILE, PEER_FILE, start } from "./run-file.mjs";

export const CHROMIUM = "/usr/bin/chromium";
/** It shows its addresses, and the other side is on 127.0.0.1. */
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--allow-loopback-in-peer-connection",
  "--disable-features=WebRtcHideLocalIpsWithMdns",
];
const PAGE = join(root, "dist/p2p.html");
const COMMAND = join(root, "bin/p2p.js");
const LIMIT_MS = 300_000;
const STEP_MS = 60_000;
const POLL_MS = 50;

/** @typedef {"to the page" | "from the page"} Way */

/**
 * Runs something in a browser of its own, which does not keep what an earlier run has received.
 * @template T
 * @param {(page: import("playwright-core").Page) => Promise<T>} run
 * @param {{ program?: string, flags?: readonly string[] }} [options] - what is Chromium; more flags
 * @returns {Promise<T>}
 */
export async function withPage(run, { program = CHROMIUM, flags = [] } = {}) {
  const { chromium } = await import("playwright-core");
  const browser = await chromium.launch({ executablePath: program, args: [...FLAGS, ...flags] });
  try {
    return await run(await browser.newPage());
  } finally {
    await browser.close();
  }
}

/**
 * Sends a file between the command and the page. The clock runs from `accepted` to `transfer-done` at the command.
 * @param {{ way: Way, path: string, scratch: string }} run
 * @returns {Promise<import("./results.mjs").Result>}
 */
export async function runPageFile({ way, path, scratch }) {
  const folder = mkdtempSync(join(scratch, "page-"));
  const dir = join(folder, "a");
  mkdirSync(dir);
  writeFileSync(join(folder, "config.json"), "{}");
  /** @type {import("node:child_process").ChildProcess | undefined} */
  let command;
  try {
    return await withPage(async (page) => {
      const part = await openPeer(page);
      const choose = async () => {
        await until(async () => (await part("state").textContent()) === "connected", "the page is connected");
        await part("file").setInputFiles(path);
      };
      const given = way === "to the page" ? [path] : ["--output", dir, "--yes"];
      // With its stdin open the command stays until the page has chosen its file.
      const args = ["--dir", dir, "--bind", "127.0.0.1", "--no-stun", "--json", "--chat", "--wait", "5m"];
      const ms = await new Promise((resolve, reject) => {
        let acceptedAtMs = 0;
        setTimeout(() => reject(new Error("the transfer took too long")), LIMIT_MS).unref();
        const onEvent = (/** @type {any} */ event) => {
          if (event.event === "error") reject(new Error(event.message));
          if (event.event === "local-file") void answerFor(part, dir).catch(reject);
          if (event.event === "connected" && way === "from the page") choose().catch(reject);
          if (event.event === "offered") part("accept").click().catch(reject);
          if (event.event === "accepted") acceptedAtMs = performance.now();
          if (event.event === "transfer-done") resolve(performance.now() - acceptedAtMs);
        };
        command = start(dir, [COMMAND, "offer", ...given, ...args], onEvent, [], "pipe");
      });
      return resultOf({ bytes: statSync(path).size, ms, sender: undefined, receiver: undefined, link: undefined });
    });
  } finally {
    command?.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Opens the browser peer.
 * @param {import("playwright-core").Page} page
 * @returns {Promise<(name: string) => import("playwright-core").Locator>} its parts
 */
export async function openPeer(page) {
  await page.goto(pathToFileURL(PAGE).href);
  // What is put into a page whose program does not run yet is lost.
  await until(async () => (await page.evaluate("document.querySelector('#main').inert")) === false, "the page runs");
  return (name) => page.locator(`[data-p2p="${name}"]`);
}

/**
 * Carries the offer into the page and its answer back.
 * @param {(name: string) => import("playwright-core").Locator} part
 * @param {string} dir
 */
export async function answerFor(part, dir) {
  await part("their-text").fill(readFileSync(join(dir, OWN_FILE), "utf8"));
  await part("their-text").dispatchEvent("change");
  await until(async () => (await part("my-text").inputValue()) !== "", "the page has made an answer");
  writeFileSync(join(dir, PEER_FILE), await part("my-text").inputValue());
}

/**
 * The page's policy forbids what playwright waits with.
 * @param {() => Promise<boolean>} condition
 * @param {string} what
 */
export async function until(condition, what) {
  const limitMs = performance.now() + STEP_MS;
  while (!(await condition())) {
    if (performance.now() > limitMs) throw new Error(`after ${STEP_MS} ms still not: ${what}`);
    await sleep(POLL_MS);
  }
}

/** In the browser: the side of a bare channel. */
const BARE = `globalThis.bare = (() => {
  const peer = new RTCPeerConnection();
  const state = { bytes: 0 };
  const gathered = () => new Promise((resolve) => {
    if (peer.iceGatheringState === "complete") resolve();
    peer.onicegatheringstatechange = () => peer.iceGatheringState === "complete" && resolve();
  });
  const count = (channel) => {
    channel.binaryType = "arraybuffer";
    channel.onmessage = ({ data }) => { state.bytes += data.byteLength; };
  };
  const fill = (channel) => {
    const message = new Uint8Array(65536);
    const more = () => { while (channel.bufferedAmount < 4194304) channel.send(message); };
    channel.bufferedAmountLowThreshold = 1048576;
    channel.onbufferedamountlow = more;
    channel.onopen = more;
  };
  peer.ondatachannel = ({ channel }) => count(channel);
  return {
    state,
    answer: async (sdp) => {
      await peer.setRemoteDescription({ type: "offer", sdp });
      await peer.setLocalDescription();
      await gathered();
      return peer.localDescription.sdp;
    },
    offer: async () => {
      fill(peer.createDataChannel("bench"));
      await peer.setLocalDescription();
      await gathered();
      return peer.localDescription.sdp;
    },
    accept: (sdp) => peer.setRemoteDescription({ type: "answer", sdp }),
  };
})(), 0`;

/**
 * Measures a bare data channel between our own channel in a process and the browser, for a while after a warm-up.
 * @param {{ way: Way, warmUpMs: number, measureMs: number }} run
 * @returns {Promise<import("./results.mjs").Result>}
 */
export async function runBareChannel({ way, warmUpMs, measureMs }) {
  const isTowards = way === "to the page";
  const side = forkScript("side.mjs", ["p2p", isTowards ? "sender" : "receiver"]);
  try {
    return await withPage(async (page) => {
      await page.goto("data:text/html,bench");
      await page.evaluate(BARE);
      const call = (/** @type {string} */ name, /** @type {string} */ sdp = "") =>
        page.evaluate(`bare.${name}(${JSON.stringify(sdp)})`);
      const isOpen = answerOf(side, "isOpen", STEP_MS);
      if (isTowards) {
        const offer = await answerOf(side, "description", STEP_MS);
        side.send({ description: await call("answer", offer) });
      } else {
        const offer = await call("offer");
        const answer = answerOf(side, "description", STEP_MS);
        side.send({ description: offer });
        await call("accept", await answer);
      }
      await isOpen;
      const mark = async () => {
        if (isTowards) {
          return /** @type {{ bytes: number, atMs: number }} */ (
            await page.evaluate("({ bytes: bare.state.bytes, atMs: performance.now() })")
          );
        }
        const marked = answerOf(side, "mark", STEP_MS);
        side.send({ mark: true });
        const { receivedBytes, atMs } = await marked;
        return { bytes: receivedBytes, atMs };
      };
      await sleep(warmUpMs);
      const before = await mark();
      await sleep(measureMs);
      const after = await mark();
      const [bytes, ms] = [after.bytes - before.bytes, after.atMs - before.atMs];
      return resultOf({ bytes, ms, sender: undefined, receiver: undefined, link: undefined });
    });
  } finally {
    side.kill("SIGKILL");
  }
}
