// @ts-check
// npm run demo [-- PROGRAM]: runs two real `p2p` processes in two folders; this script acts as the person who carries the two files
// between them. It shows the screen of each side, then compares the received files on the disk with those sent.
import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { build, ensureInstalled, root } from "./support/project.mjs";

/** What runs `p2p`: the built command, or a program that is given. */
const given = process.argv[2];
const [program, ...programArgs] = given === undefined ? [process.execPath, join(root, "bin/p2p.js")] : [resolve(given)];

const LIMIT_MS = 60_000;
const FILE_BYTES = 8 * 1024 * 1024;
const FILE_NAME = "holiday.bin";
const LOOPBACK = ["--bind", "127.0.0.1", "--no-stun"];

const coloured = process.stdout.isTTY && process.env.NO_COLOR === undefined;

/** Environment without this person's own `p2p` settings, which are not meant for the two sides of the demo. */
const plainEnv = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("P2P_")));

/** @typedef {{ name: string, paint: string, folder: string }} Side */

/**
 * @param {Side | undefined} side - undefined: the person who carries the files
 * @param {string} line
 */
function show(side, line) {
  const [name, paint] = side === undefined ? ["", "2"] : [side.name, side.paint];
  const prefix = `${name.padEnd(3)} │ `;
  console.log(coloured ? `\u001b[${paint}m${prefix}\u001b[0m${line}` : `${prefix}${line}`);
}

/**
 * Starts `p2p` in the folder of a side and shows its output.
 * @param {Side} side
 * @param {readonly string[]} args
 */
function start(side, args) {
  const typed = args.map((arg) => (arg.includes(" ") ? `'${arg}'` : arg)).join(" ");
  show(side, `$ p2p ${typed}`);
  const child = spawn(program, [...programArgs, ...args], {
    cwd: side.folder,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...plainEnv, P2P_STATE_DIR: `${side.folder}-state`, P2P_CONFIG: join(side.folder, "..", "config.json") },
  });
  /** @type {string[]} */
  const received = [];
  createInterface(child.stdout).on("line", (line) => {
    received.push(line);
    show(side, line);
  });
  createInterface(child.stderr).on("line", (line) => show(side, line));
  /** @type {Promise<number | null>} */
  const exited = new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  return { side, child, received, exited };
}

/**
 * Carries the file that one side wrote to the other side, as a person does by mail or on a stick.
 * @param {ReturnType<typeof start>} from
 * @param {Side} to
 * @param {AbortSignal} limit
 */
async function carry(from, to, limit) {
  const written = join(from.side.folder, "LocaltionJson.json");
  while (!existsSync(written)) {
    if (from.child.exitCode !== null) throw new Error(`${from.side.name} ended without writing its file`);
    await sleep(50, undefined, { signal: limit });
  }
  copyFileSync(written, join(to.folder, "LocaltionJson_p.json"));
  show(undefined, `(${from.side.name}'s LocaltionJson.json is carried to ${to.name} as LocaltionJson_p.json)`);
}

/** @param {string} path */
function sha256(path) {
  return existsSync(path) ? createHash("sha256").update(readFileSync(path)).digest("hex") : "not there";
}

/**
 * @param {string} base - an empty folder
 * @param {AbortSignal} limit
 * @returns {Promise<boolean>} whether everything arrived as it was sent
 */
async function demo(base, limit) {
  const ann = { name: "ann", paint: "36", folder: join(base, "ann") };
  const bob = { name: "bob", paint: "33", folder: join(base, "bob") };
  for (const side of [ann, bob]) mkdirSync(side.folder);
  writeFileSync(join(base, "config.json"), "{}");
  writeFileSync(join(ann.folder, FILE_NAME), randomBytes(FILE_BYTES));

  const annSays = "hi Bob, the pictures are on their way";
  const bobSays = "hi Ann, nobody is between us";
  const offer = start(ann, ["offer", ...LOOPBACK, "--no-chat", "-m", annSays, FILE_NAME]);
  const answer = start(bob, ["answer", ...LOOPBACK, "--no-chat", "--yes", "-m", bobSays]);
  const stop = () => {
    for (const { child } of [offer, answer]) child.kill("SIGKILL");
  };
  limit.addEventListener("abort", stop, { once: true });
  const ended = Promise.all([offer.exited, answer.exited]);
  try {
    await carry(offer, bob, limit);
    await carry(answer, ann, limit);
    const exits = await ended;

    const sent = sha256(join(ann.folder, FILE_NAME));
    const came = sha256(join(bob.folder, FILE_NAME));
    /** @type {[what: string, holds: boolean][]} */
    const checks = [
      [`both ended with exit code 0 (${exits.join(" and ")})`, exits.every((exit) => exit === 0)],
      ["ann's message reached bob", answer.received.includes(annSays)],
      ["bob's message reached ann", offer.received.includes(bobSays)],
      [`${FILE_NAME} sent:    SHA-256 ${sent}`, sent !== "not there"],
      [`${FILE_NAME} on disk: SHA-256 ${came}`, came === sent],
    ];
    console.log();
    for (const [what, holds] of checks) console.log(`${holds ? "ok  " : "FAIL"}  ${what}`);
    return checks.every(([, holds]) => holds);
  } finally {
    stop();
    await ended;
  }
}

if (given === undefined) {
  ensureInstalled();
  build();
}
const base = mkdtempSync(join(tmpdir(), "p2p-demo-"));
const interrupted = new AbortController();
process.once("SIGINT", () => interrupted.abort(new Error("interrupted")));
try {
  const good = await demo(base, AbortSignal.any([interrupted.signal, AbortSignal.timeout(LIMIT_MS)]));
  console.log(good ? "\nthe demo worked" : "\nthe demo failed");
  process.exitCode = good ? 0 : 1;
} catch (error) {
  console.error(`\nthe demo failed: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
} finally {
  rmSync(base, { recursive: true, force: true });
}
