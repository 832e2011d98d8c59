// `p2p offer --via ssh://…` through OpenSSH: a real sshd on loopback with keys of its own, and the system's ssh. Needs root
// and sshd, ssh and ssh-keygen (Debian: openssh-server, openssh-client).
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, expect, test } from "vitest";
import { missingForSsh, startSshd } from "../../scripts/bench/sshd.mjs";
import { LOOPBACK, offer, type Person, people, Running } from "../support/processes.ts";

/** A loaded machine logs in slowly. */
const LIMIT_MS = 180_000;

interface FarHost {
  ann: Person;
  bob: Person;
  port: number;
  /** The environment of the offering side: its ssh knows the keys. */
  env: Record<string, string>;
}

/** An sshd whose logins find a `p2p`, and an ssh that may log in there; both are removed after the test. */
async function farHost(t: TestContext): Promise<FarHost> {
  const missing = missingForSsh();
  if (missing !== undefined)
    throw new Error(`This test needs ${missing}: apt-get install openssh-server openssh-client`);
  const { ann, bob } = await people(t, "ann", "bob");
  const folder = join(bob.dir, "..", "keys");
  await mkdir(folder);
  const { port, path, child } = await startSshd({ folder, home: bob.dir, stateDir: bob.stateDir, flags: LOOPBACK });
  const sshd = new Running(child, "sshd");
  t.onTestFinished(() => sshd.kill());
  t.onTestFailed(() => console.error(sshd.report));
  await sshd.says(/Server listening on 127\.0\.0\.1/, LIMIT_MS);
  return { ann, bob, port, env: { PATH: path } };
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
