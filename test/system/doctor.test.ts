// `p2p doctor` and a real TURN server: coturn on loopback.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, type TestContext } from "vitest";
import type { NetworkReport } from "../../src/command-port.ts";
import { people, removeFolder, Running, run } from "../support/processes.ts";

const PORT = 23_478;

/** @returns when it listens */
async function coturn(t: TestContext): Promise<void> {
  const { error } = spawnSync("turnserver", ["--help"], { stdio: "ignore" });
  if (error !== undefined) throw new Error("This test needs turnserver: apt-get install coturn");
  const dir = await mkdtemp(join(tmpdir(), "p2p-coturn-"));
  const args = ["-n", "--log-file=stdout", `--listening-port=${PORT}`, "--listening-ip=127.0.0.1", "--no-cli"];
  args.push("--relay-ip=127.0.0.1", "--lt-cred-mech", "--realm=test", "--user=ann:right", "--no-tls", "--no-dtls");
  args.push(`--pidfile=${join(dir, "pid")}`, `--userdb=${join(dir, "db")}`);
  const server = new Running(spawn("turnserver", args, { stdio: ["ignore", "pipe", "pipe"] }), "turnserver");
  t.onTestFinished(async () => {
    await server.kill();
    await removeFolder(dir);
  });
  const sockets = (): string => execFileSync("ss", ["-Hlntu"], { encoding: "utf8" });
  const wanted = ["udp", "tcp"].map((transport) => new RegExp(`^${transport} .*127\\.0\\.0\\.1:${PORT} `, "m"));
  await server.until(() => wanted.every((one) => one.test(sockets())), "it listens");
}

async function turnResults(t: TestContext, password: string): Promise<NetworkReport["turn"]> {
  const { ann } = await people(t, "ann");
  const urls = [`turn:127.0.0.1:${PORT}`, `turn:127.0.0.1:${PORT}?transport=tcp`];
  const args = ["--json", "--no-stun", "--bind", "127.0.0.1", ...urls.flatMap((url) => ["--turn", url])];
  const doctor = run(ann, ["doctor", ...args], { env: { P2P_TURN_USER: "ann", P2P_TURN_PASSWORD: password } });
  expect(await doctor.exit()).toBe(0);
  expect(doctor.stdout).not.toContain(password);
  return (JSON.parse(doctor.stdout) as NetworkReport).turn;
}

test("the right password gives a relay, by UDP and by TCP; a wrong one is told as such", async (t) => {
  await coturn(t);
  expect(await turnResults(t, "right")).toMatchObject([
    { state: "works", relayed: expect.stringMatching(/^127\.0\.0\.1:\d+$/) },
    { state: "works", relayed: expect.stringMatching(/^127\.0\.0\.1:\d+$/) },
  ]);
  expect(await turnResults(t, "wrong")).toMatchObject([
    { state: "credentials", reason: expect.stringMatching(/^401/) },
    { state: "credentials", reason: expect.stringMatching(/^401/) },
  ]);
});
