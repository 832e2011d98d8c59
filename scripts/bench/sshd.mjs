// @ts-check
// An OpenSSH server with keys of its own whose logins find the p2p of this checkout, and a PATH on which `ssh` and `scp`
// may log in there. For benchmarks and for test/system. Needs root, sshd, ssh and ssh-keygen (Debian: openssh-server,
// openssh-client).
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { root } from "../support/project.mjs";

const SSHD = "/usr/sbin/sshd";
const binary = join(root, "bin/p2p.js");

/**
 * @typedef {object} SshServer
 * @property {string} url - `ssh://ADDRESS:PORT`
 * @property {string} address
 * @property {number} port
 * @property {string} path - a PATH for the near side
 * @property {import("node:child_process").ChildProcess} child - sshd; it says on stderr when it listens
 */

/** The first thing that is missing here for a server; undefined: nothing is. */
export function missingForSsh() {
  if (process.getuid?.() !== 0) return "sshd needs root";
  return [SSHD, "ssh", "ssh-keygen"].find((program) => spawnSync(program, ["-?"], { stdio: "ignore" }).error);
}

/** @returns {Promise<number>} a port that is free on loopback */
async function freePort() {
  const server = createServer();
  await new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve(undefined));
  });
  const address = server.address();
  await new Promise((resolve) => {
    server.close(resolve);
  });
  if (address === null || typeof address === "string") throw new Error("unreachable");
  return address.port;
}

/** @param {string} path @param {string} line - of the shell */
function script(path, line) {
  writeFileSync(path, `#!/bin/sh\n${line}\n`);
  chmodSync(path, 0o755);
}

/**
 * Starts it; the caller ends `child`.
 * @param {object} options
 * @param {string} options.folder - an existing one for keys, configuration and scripts
 * @param {string} options.home - of the login
 * @param {string} options.stateDir - of the p2p there
 * @param {readonly string[]} options.flags - behind each p2p command there
 * @param {string} [options.address] - default: loopback
 * @param {readonly string[]} [options.prefix] - of the command that starts it
 * @returns {Promise<SshServer>}
 */
export async function startSshd({ folder, home, stateDir, flags, address = "127.0.0.1", prefix = [] }) {
  const at = (/** @type {string} */ name) => join(folder, name);
  for (const name of ["far-bin", "near-bin"]) mkdirSync(at(name));
  for (const name of ["host-key", "user-key"]) {
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", at(name)]);
  }
  const port = await freePort();
  script(
    at("far-bin/p2p"),
    `P2P_STATE_DIR='${stateDir}' exec '${process.execPath}' '${binary}' "$@" ${flags.join(" ")}`,
  );
  for (const program of ["ssh", "scp"]) {
    script(at(`near-bin/${program}`), `exec /usr/bin/${program} -F '${at("ssh-config")}' "$@"`);
  }
  copyFileSync(at("user-key.pub"), at("keys"));
  const hostKey = readFileSync(at("host-key.pub"), "utf8").trim();
  writeFileSync(at("known-hosts"), `[${address}]:${port} ${hostKey}\n`);
  const near = [
    `IdentityFile ${at("user-key")}`,
    `UserKnownHostsFile ${at("known-hosts")}`,
    "IdentitiesOnly yes",
    "BatchMode yes",
  ];
  writeFileSync(at("ssh-config"), `${near.join("\n")}\n`);
  const far = [
    `ListenAddress ${address}`,
    `Port ${port}`,
    `HostKey ${at("host-key")}`,
    `AuthorizedKeysFile ${at("keys")}`,
    "PidFile none",
    "PermitRootLogin yes",
    "PasswordAuthentication no",
    "KbdInteractiveAuthentication no",
    "StrictModes no",
    "UsePAM no",
    "Subsystem sftp internal-sftp",
    // The login has a home without start-up files.
    `SetEnv PATH=${at("far-bin")}:/usr/bin:/bin HOME=${home}`,
  ];
  writeFileSync(at("sshd-config"), `${far.join("\n")}\n`);
  // sshd keeps its unprivileged part there.
  mkdirSync("/run/sshd", { recursive: true });
  const [program, ...args] = [...prefix, SSHD, "-D", "-e", "-f", at("sshd-config")];
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  const path = `${at("near-bin")}:${process.env["PATH"] ?? ""}`;
  return { url: `ssh://${address}:${port}`, address, port, path, child };
}

/** Resolves when it listens. @param {SshServer} server @param {number} limitMs */
export async function untilListening({ child }, limitMs) {
  let said = "";
  await new Promise((resolve, reject) => {
    const limit = setTimeout(() => reject(new Error(`sshd does not listen: ${said}`)), limitMs);
    child.stderr?.setEncoding("utf8").on("data", (/** @type {string} */ text) => {
      said += text;
      if (!said.includes("Server listening")) return;
      clearTimeout(limit);
      resolve(undefined);
    });
  });
}
