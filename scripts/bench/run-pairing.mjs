// @ts-check
// Measures how long two real p2p processes take to find each other: from the start of the commands to `connected` at both,
// or until a small file lies at the other side. Nothing of it is asserted; docs/benchmarks.md has the figures.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { root } from "../support/project.mjs";
import { answerOf, forkScript } from "./processes.mjs";
import { carry, start } from "./run-file.mjs";
import { startSshd, untilListening } from "./sshd.mjs";

/**
 * @typedef {import("./results.mjs").Result} Result
 * @typedef {import("node:child_process").ChildProcess} ChildProcess
 * @typedef {{ folder: string, children: ChildProcess[], onClose: (() => Promise<void> | void)[] }} Scene
 */

const binary = join(root, "bin/p2p.js");
const LIMIT_MS = 60_000;
const LOOK_MS = 5;
const LOCAL = ["--no-stun", "--bind", "127.0.0.1"];
const COMMON = [...LOCAL, "--json", "--no-chat"];
const PASSPHRASE = "able crane mutual ghost upon river";
const FILE_BYTES = 1_024;

/** @param {string} scratch @param {(scene: Scene) => Promise<Result>} measure @returns {Promise<Result>} */
async function onScene(scratch, measure) {
  /** @type {Scene} */
  const scene = { folder: mkdtempSync(join(scratch, "pairing-")), children: [], onClose: [] };
  writeFileSync(join(scene.folder, "config.json"), "{}");
  for (const name of ["a", "b", "shared"]) mkdirSync(join(scene.folder, name));
  writeFileSync(join(scene.folder, "file"), Buffer.alloc(FILE_BYTES, 1));
  try {
    return await measure(scene);
  } finally {
    for (const child of scene.children) {
      child.kill("SIGKILL");
      // A session that sshd has begun may hold them.
      child.stdout?.destroy();
      child.stderr?.destroy();
    }
    const isRunning = (/** @type {ChildProcess} */ child) => child.exitCode === null && child.signalCode === null;
    await Promise.all(scene.children.filter(isRunning).map((child) => once(child, "exit")));
    for (const close of scene.onClose) await close();
    rmSync(scene.folder, { recursive: true, maxRetries: 10 });
  }
}

/** @param {string} what @param {Promise<unknown>} done */
async function within(what, done) {
  const limit = new AbortController();
  const late = sleep(LIMIT_MS, undefined, { signal: limit.signal }).then(() => {
    throw new Error(`${what}: not within ${LIMIT_MS} ms`);
  });
  late.catch(() => {});
  await Promise.race([done, late]).finally(() => limit.abort());
}

/**
 * Starts one side. The function that it returns resolves at the first event of a name, and rejects at an error.
 * @param {Scene} scene
 * @param {"a" | "b"} name
 * @param {readonly string[]} args - of p2p
 * @param {{ onEvent?: (event: any) => void, prefix?: readonly string[] }} [more] - `prefix` of the command
 */
function side({ folder, children }, name, args, { onEvent, prefix } = {}) {
  const dir = join(folder, name);
  /** @type {Map<string, () => void>} */
  const awaited = new Map();
  const seen = new Set();
  let fail = (/** @type {Error} */ _error) => {};
  const failed = new Promise((_resolve, reject) => {
    fail = reject;
  });
  failed.catch(() => {});
  const handleEvent = (/** @type {any} */ event) => {
    if (event.event === "error") fail(new Error(event.message));
    onEvent?.(event);
    seen.add(event.event);
    awaited.get(event.event)?.();
  };
  const child = start(dir, [binary, ...args, "--dir", dir, ...COMMON], handleEvent, prefix);
  children.push(child);
  child.once("close", () => fail(new Error("p2p ended early")));
  return (/** @type {string} */ event) =>
    within(
      event,
      Promise.race([
        failed,
        new Promise((resolve) => {
          if (seen.has(event)) resolve(undefined);
          else awaited.set(event, () => resolve(undefined));
        }),
      ]),
    );
}

/** @param {number} beganMs */
const secondsSince = (beganMs) => (performance.now() - beganMs) / 1_000;

/** How long it takes to derive the meeting place of a passphrase, in so many processes at once. @param {number} count */
async function scryptSeconds(count) {
  const children = Array.from({ length: count }, () => forkScript("scrypt-side.mjs", []));
  await Promise.all(children.map((child) => answerOf(child, "isReady", LIMIT_MS)));
  const answers = children.map((child) => answerOf(child, "derivedMs", LIMIT_MS));
  for (const child of children) child.send({});
  return Math.max(...(await Promise.all(answers))) / 1_000;
}

/** Whether the broker is mosquitto; else it is one in this process. */
export const hasMosquitto = spawnSync("mosquitto", ["-h"], { stdio: "ignore" }).error === undefined;

/** @param {Scene} scene @returns {Promise<string>} its address */
async function startBroker(scene) {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("unreachable");
  const url = `mqtt://127.0.0.1:${address.port}`;
  if (!hasMosquitto) {
    const { Aedes } = await import("aedes");
    const broker = await Aedes.createBroker();
    /** @type {Set<import("node:net").Socket>} */
    const sockets = new Set();
    server.on("connection", (socket) => {
      sockets.add(socket);
      socket.on("error", () => {});
      broker.handle(socket);
    });
    scene.onClose.push(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
      broker.close();
    });
    return url;
  }
  server.close();
  await once(server, "close");
  const config = join(scene.folder, "mosquitto.conf");
  writeFileSync(config, `listener ${address.port} 127.0.0.1\nallow_anonymous true\npersistence false\n`);
  const child = spawn("mosquitto", ["-c", config], { stdio: ["ignore", "ignore", "pipe"] });
  scene.children.push(child);
  const isRunning = new Promise((resolve) => {
    child.stderr.setEncoding("utf8").on("data", (/** @type {string} */ text) => {
      if (text.includes("running")) resolve(undefined);
    });
  });
  await within("mosquitto", isRunning);
  return url;
}

/**
 * Over a broker, from the start of both commands to `connected`, or of the answering one with the offer waiting there.
 * @param {string} scratch
 * @param {boolean} isOfferWaiting
 */
export function runBroker(scratch, isOfferWaiting) {
  return onScene(scratch, async (scene) => {
    const via = ["--via", await startBroker(scene)];
    const scrypt = await scryptSeconds(isOfferWaiting ? 1 : 2);
    // `start` gives the processes this environment but for its own settings of p2p.
    const secret = ["--passphrase-file", join(scene.folder, "passphrase")];
    writeFileSync(join(scene.folder, "passphrase"), PASSPHRASE, { mode: 0o600 });
    let beganMs = performance.now();
    const offered = side(scene, "a", ["offer", ...via, ...secret, "-m", "hi"]);
    if (isOfferWaiting) {
      await offered("waiting");
      beganMs = performance.now();
    }
    const answered = side(scene, "b", ["answer", ...via, ...secret, "-m", "hi"]);
    await Promise.all([offered("connected"), answered("connected")]);
    const seconds = secondsSince(beganMs);
    return { seconds, scryptSeconds: scrypt, beyondSeconds: seconds - scrypt };
  });
}

/** Over a shared folder, both commands at once. @param {string} scratch */
export function runFolder(scratch) {
  return onScene(scratch, async (scene) => {
    const via = ["--via", `folder:${join(scene.folder, "shared")}`, "-m", "hi"];
    const beganMs = performance.now();
    const sides = [side(scene, "a", ["offer", ...via]), side(scene, "b", ["answer", ...via])];
    await Promise.all(sides.map((reached) => reached("connected")));
    const seconds = secondsSince(beganMs);
    return { seconds, beyondSeconds: seconds };
  });
}

/** Two exchange files, each copied to the other side as soon as it is there; both commands at once. @param {string} scratch */
export function runCarried(scratch) {
  return onScene(scratch, async (scene) => {
    const [a, b] = ["a", "b"].map((name) => join(scene.folder, name));
    if (a === undefined || b === undefined) throw new Error("unreachable");
    const beganMs = performance.now();
    const carried =
      (/** @type {string} */ from, /** @type {string} */ to) =>
      (/** @type {any} */ { event }) => {
        if (event === "local-file") carry(from, to, "all", (port) => port);
      };
    const sides = [
      side(scene, "a", ["offer", "-m", "hi"], { onEvent: carried(a, b) }),
      side(scene, "b", ["answer", "-m", "hi"], { onEvent: carried(b, a) }),
    ];
    await Promise.all(sides.map((reached) => reached("connected")));
    const seconds = secondsSince(beganMs);
    return { seconds, beyondSeconds: seconds };
  });
}

/**
 * One command that pairs and sends a file of 1 KB, from its start until that lies whole at the far end.
 * @param {string} scratch
 * @param {"ssh" | "exec"} how
 * @returns {Promise<Result>}
 */
export function runCommand(scratch, how) {
  return onScene(scratch, async (scene) => {
    const far = join(scene.folder, "b");
    const there = `${process.execPath} ${binary} answer --yes --in - --out - ${LOCAL.join(" ")} -o ${far}`;
    if (how === "exec") return await sent(scene, ["--via", `exec:${there}`], []);
    const server = await startServer(scene);
    return await sent(scene, ["--via", `${server.url}${encodeURI(far)}`], ["env", `PATH=${server.path}`]);
  });
}

/** What `ssh HOST true` takes alone. @param {string} scratch */
export function runSshAlone(scratch) {
  return onScene(scratch, async (scene) => {
    const { port, address, path } = await startServer(scene);
    const beganMs = performance.now();
    const args = [`PATH=${path}`, "ssh", "-T", "-p", String(port), "--", address, "true"];
    const child = spawn("env", args, { stdio: "ignore" });
    scene.children.push(child);
    await within("ssh", once(child, "close"));
    const seconds = secondsSince(beganMs);
    return { seconds, beyondSeconds: seconds };
  });
}

/** @param {Scene} scene */
async function startServer(scene) {
  const folder = join(scene.folder, "keys");
  mkdirSync(folder);
  const stateDir = join(scene.folder, "far-state");
  const server = await startSshd({ folder, home: join(scene.folder, "b"), stateDir, flags: LOCAL });
  scene.children.push(server.child);
  await untilListening(server, LIMIT_MS);
  return server;
}

/** @param {Scene} scene @param {readonly string[]} via @param {readonly string[]} prefix @returns {Promise<Result>} */
async function sent(scene, via, prefix) {
  const beganMs = performance.now();
  const reached = side(scene, "a", ["offer", ...via, join(scene.folder, "file")], { prefix });
  const whole = untilThere(join(scene.folder, "b", "file"), beganMs + LIMIT_MS).then(() => secondsSince(beganMs));
  await reached("transfer-done");
  const seconds = await whole;
  return { seconds, beyondSeconds: seconds };
}

/** Resolves when a file is there, or at the deadline. @param {string} path @param {number} deadlineMs */
async function untilThere(path, deadlineMs) {
  while (!existsSync(path) && performance.now() < deadlineMs) await sleep(LOOK_MS);
}
