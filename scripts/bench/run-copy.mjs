// @ts-check
// Copies a file by one command over an emulated path, from the start of the command to its end: `p2p offer --via ssh://`
// or scp, both to the same sshd at the other end. What is there at the time limit counts.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../support/project.mjs";
import { openPath } from "./path-lab.mjs";
import { plainEnv } from "./run-file.mjs";
import { resultOf } from "./results.mjs";
import { startSshd, untilListening } from "./sshd.mjs";

const binary = join(root, "bin/p2p.js");
const LISTEN_LIMIT_MS = 30_000;

/**
 * @param {object} run
 * @param {"p2p" | "scp"} run.by
 * @param {string} run.congestion - of TCP, as the kernel names it: what ssh goes over
 * @param {import("./path-lab.mjs").PathConditions} run.path
 * @param {string} run.file
 * @param {number} run.seed
 * @param {number} run.limitMs
 * @param {string} run.scratch
 * @returns {Promise<import("./results.mjs").Result>}
 */
export async function runCopy({ by, congestion, path, file, seed, limitMs, scratch }) {
  const line = await openPath(path, seed, scratch);
  const folder = mkdtempSync(join(scratch, "copy-"));
  /** @type {import("node:child_process").ChildProcess[]} */
  const children = [];
  try {
    line.useTcp(congestion);
    const { a, b } = line.places;
    const [far, keys] = ["far", "keys"].map((name) => join(folder, name));
    if (far === undefined || keys === undefined) throw new Error("unreachable");
    for (const made of [far, keys]) mkdirSync(made);
    writeFileSync(join(folder, "config.json"), "{}");
    const flags = ["--no-stun", "--bind", b.address];
    const stateDir = join(folder, "far-state");
    const server = await startSshd({ folder: keys, home: far, stateDir, flags, address: b.address, prefix: b.prefix });
    children.push(server.child);
    await untilListening(server, LISTEN_LIMIT_MS);
    const via = ["--via", `${server.url}${encodeURI(far)}`, "--no-stun", "--bind", a.address];
    const command = {
      p2p: [process.execPath, binary, "offer", ...via, "--no-chat", "--json", "--dir", folder, file],
      scp: ["scp", "-q", "-P", String(server.port), "--", file, `${server.address}:${far}/copy`],
    }[by];
    const [program = "", ...args] = [...a.prefix, "env", `PATH=${server.path}`, ...command];
    const env = { ...plainEnv, P2P_STATE_DIR: join(folder, "state"), P2P_CONFIG: join(folder, "config.json") };
    line.mark();
    const beganMs = performance.now();
    const child = spawn(program, args, { env, stdio: ["ignore", "ignore", "ignore"] });
    children.push(child);
    let isCutOff = false;
    const limit = setTimeout(() => {
      isCutOff = true;
      // It ends the ssh that it has started.
      child.kill("SIGTERM");
    }, limitMs);
    const [status] = await once(child, "close");
    clearTimeout(limit);
    const ms = performance.now() - beganMs;
    if (!isCutOff && status !== 0) throw new Error(`${by} ended with ${status}`);
    return resultOf({
      bytes: bytesIn(far),
      ms,
      sender: undefined,
      receiver: undefined,
      link: await line.report(),
      isCutOff,
    });
  } finally {
    for (const child of children) {
      child.kill("SIGKILL");
      // A session that sshd has begun may hold them.
      child.stdout?.destroy();
      child.stderr?.destroy();
    }
    line.close();
    // A process that is being killed may still write.
    rmSync(folder, { recursive: true, maxRetries: 10 });
  }
}

/** Bytes on the disk below a folder: an unfinished file may be longer than what of it has come. @param {string} folder */
function bytesIn(folder) {
  if (!existsSync(folder)) return 0;
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith(".journal"))
    .reduce((sum, { parentPath, name }) => {
      const { size, blocks } = statSync(join(parentPath, name));
      return sum + Math.min(size, blocks * 512);
    }, 0);
}
