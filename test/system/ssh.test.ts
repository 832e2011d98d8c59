// `p2p offer --via ssh://…` through OpenSSH: a real sshd on loopback with keys of its own, and the system's ssh. Needs root
// and sshd, ssh and ssh-keygen (Debian: openssh-server, openssh-client).
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { type TestContext, expect, test } from "vitest";
import { binary, LOOPBACK, offer, type Person, people, Running } from "../support/processes.ts";

const SSHD = "/usr/sbin/sshd";
/** A loaded machine logs in slowly. */
const LIMIT_MS = 180_000;

interface FarHost {
  ann: Person;
  bob: Person;
  port: number;
  /** The environment of the offering side: its ssh knows the keys. */
  env: Record<string, string>;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return port;
}

async function script(path: string, line: string): Promise<void> {
  await writeFile(path, `#!/bin/sh\n${line}\n`);
  await chmod(path, 0o755);
}

/** An sshd whose logins find a `p2p`, and an ssh that may log in there; both are removed after the test. */
async function farHost(t: TestContext): Promise<FarHost> {
  for (const program of [SSHD, "ssh", "ssh-keygen"]) {
    if (spawnSync(program, ["-?"], { stdio: "ignore" }).error !== undefined) {
      throw new Error(`This test needs ${program}: apt-get install openssh-server openssh-client`);
    }
  }
  const { ann, bob } = await people(t, "ann", "bob");
  const at = (name: string): string => join(bob.dir, "..", name);
  for (const name of ["far-bin", "near-bin"]) await mkdir(at(name));
  for (const name of ["host-key", "user-key"]) {
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", at(name)]);
  }
  const port = await freePort();
  const flags = LOOPBACK.join(" ");
  await script(
    at("far-bin/p2p"),
    `P2P_STATE_DIR='${bob.stateDir}' exec '${process.execPath}' '${binary}' "$@" ${flags}`,
  );
  await script(at("near-bin/ssh"), `exec /usr/bin/ssh -F '${at("ssh-config")}' "$@"`);
  await writeFile(at("keys"), await readFile(at("user-key.pub")));
  const hostKey = (await readFile(at("host-key.pub"), "utf8")).trim();
  await writeFile(at("known-hosts"), `[127.0.0.1]:${port} ${hostKey}\n`);
  await writeFile(
    at("ssh-config"),
    [
      `IdentityFile ${at("user-key")}`,
      `UserKnownHostsFile ${at("known-hosts")}`,
      "IdentitiesOnly yes",
      "BatchMode yes",
      "",
    ].join("\n"),
  );
  await writeFile(
    at("sshd-config"),
    [
      "ListenAddress 127.0.0.1",
      `Port ${port}`,
      `HostKey ${at("host-key")}`,
      `AuthorizedKeysFile ${at("keys")}`,
      "PidFile none",
      "PermitRootLogin yes",
      "PasswordAuthentication no",
      "KbdInteractiveAuthentication no",
      "StrictModes no",
      "UsePAM no",
      // The login has a home without start-up files.
      `SetEnv PATH=${at("far-bin")}:/usr/bin:/bin HOME=${bob.dir}`,
      "",
    ].join("\n"),
  );
  // sshd keeps its unprivileged part there.
  await mkdir("/run/sshd", { recursive: true });
  const child = spawn(SSHD, ["-D", "-e", "-f", at("sshd-config")], { stdio: ["ignore", "pipe", "pipe"] });
  const sshd = new Running(child, "sshd");
  t.onTestFinished(() => sshd.kill());
  t.onTestFailed(() => console.error(sshd.report));
  await sshd.says(/Server listening on 127\.0\.0\.1/, LIMIT_MS);
  return { ann, bob, port, env: { PATH: `${at("near-bin")}:${process.env["PATH"] ?? ""}` } };
}

const TIMEOUT = { timeout: 3 * LIMIT_MS };

test("one command pairs and sends into a folder there, and says what the far side says", TIMEOUT, async (t) => {
  const { ann, bob, port, env } = await farHost(t);
  const name = "it's $(here)";
  const folder = join(bob.dir, name);
  await mkdir(folder);
  await writeFile(join(ann.dir, "photo.jpg"), "a photo");
  const side = offer(ann, ["--json", "--via", `ssh://127.0.0.1:${port}/~/${name}`, "photo.jpg"], { env });
  expect(await side.exit(LIMIT_MS)).toBe(0);
  expect(await readFile(join(folder, "photo.jpg"), "utf8")).toBe("a photo");
  expect(await readdir(folder)).toEqual(["photo.jpg"]);
  expect(side.eventsOf("carrier").map(({ state }) => state)).toEqual(["present", "delivered"]);
  expect(side.stderr).toMatch(/^far end: saved .*photo\.jpg/m);
});

test("a folder that is not there, a p2p that is not there, and one that is too old", TIMEOUT, async (t) => {
  const { ann, port, env } = await farHost(t);
  const via = `ssh://root@127.0.0.1:${port}`;
  const start = (...args: string[]): Running => offer(ann, ["-m", "hi", ...args], { env });
  const tries: [Running, RegExp][] = [
    [start("--via", `${via}/nowhere/at/all`), /cannot use its folder or disk \(exit code 8\) \(FAR_END_FAILED\)/],
    [
      start("--via", via, "--remote", "no-p2p-here answer"),
      /no p2p at the far end \(exit code 127\) \(FAR_END_FAILED\)/,
    ],
    [start("--via", via, "--remote", "p2p answer --of-a-later-year"), /does not know an option .* \(FAR_END_FAILED\)/],
  ];
  for (const [side, said] of tries) {
    expect(await side.exit(LIMIT_MS)).toBe(3);
    expect(side.stderr).toMatch(said);
    expect(side.stderr).toMatch(/^p2p: hint: /m);
  }
});

test("a host that ssh does not know is ssh's to refuse", TIMEOUT, async (t) => {
  const { ann, port, env } = await farHost(t);
  const side = offer(ann, ["--via", `ssh://localhost:${port}`, "-m", "hi"], { env });
  expect(await side.exit(LIMIT_MS)).toBe(3);
  expect(side.stderr).toMatch(/^far end: Host key verification failed/m);
  expect(side.stderr).toContain("(FAR_END_UNREACHABLE)");
});
