// A line that came over TCP, since UDP was blocked at first, while a file travels: it moves to UDP as soon as that
// passes, without an interruption, and goes on over TCP when UDP is blocked again. Real sockets between two machines.
import { createHash, randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { cpuPressureMs } from "../support/cpu-time.ts";
import { Machine, requireNamespaces } from "../support/network-namespaces.ts";
import { carry, people } from "../support/processes.ts";

const FILE = "film.bin";
const FILE_BYTES = 30_000_000;
/** Twenty seconds for all of it: what happens falls into the middle. */
const LIMIT = "1500kB/s";
/** Where nobody is kept waiting for a processor. */
const MOVE_LIMIT_MS = 5_000;

const BLOCKING = `table inet lab {
  chain in {
    type filter hook input priority 0
    meta l4proto udp drop
  }
}
`;

/** Nothing that comes over UDP reaches a program from now on. */
function blockUdp(machines: readonly Machine[]): void {
  for (const machine of machines) machine.feed(BLOCKING, "nft", "-f", "-");
}

function openUdp(machines: readonly Machine[]): void {
  for (const machine of machines) machine.run("nft", "delete", "table", "inet", "lab");
}

const sha256 = async (path: string): Promise<string> =>
  createHash("sha256")
    .update(await readFile(path))
    .digest("hex");

test("UDP that opens late takes over, and TCP takes over from it when it closes", async (t) => {
  requireNamespaces("nft");
  const machines = await Machine.pair();
  const [one, other] = machines;
  const { ann, bob } = await people(t, "ann", "bob");
  await writeFile(join(ann.dir, FILE), randomBytes(FILE_BYTES));
  blockUdp(machines);
  const args = ["--no-stun", "--no-chat", "--yes", "--json", "--limit", LIMIT];
  const offer = one.start(ann, "offer", ...args, FILE);
  await offer.event("local-file");
  await carry(ann, bob);
  const answer = other.start(bob, "answer", ...args);
  await answer.event("local-file");
  await carry(bob, ann);
  const sides = [offer, answer];
  for (const side of sides) expect((await side.event("connected")).pair.protocol).toBe("tcp");
  await answer.event("progress", ({ bytes }) => bytes > FILE_BYTES / 20, 60_000);
  const pressureMs = cpuPressureMs();
  const openedMs = Date.now();
  openUdp(machines);
  for (const side of sides) {
    const moved = await side.event("network", ({ state }) => state === "moved", 60_000);
    expect(moved).toMatchObject({ pair: { protocol: "udp" } });
    const keptWaitingMs = cpuPressureMs() - pressureMs;
    expect(Date.parse(moved.time) - openedMs - keptWaitingMs).toBeLessThan(MOVE_LIMIT_MS);
  }
  const { bytes } = answer.eventsOf("progress").at(-1) ?? { bytes: 0 };
  await answer.event("progress", (now) => now.bytes > bytes + 1_500_000, 60_000);
  blockUdp(machines);
  for (const side of sides) {
    await side.event("network", (event) => event.state === "moved" && event.pair.protocol === "tcp", 60_000);
  }
  expect([await offer.exit(90_000), await answer.exit(90_000)]).toEqual([0, 0]);
  for (const side of sides) expect(side.eventsOf("network").map(({ state }) => state)).toEqual(["moved", "moved"]);
  const digests = await Promise.all([ann, bob].map(({ dir }) => sha256(join(dir, FILE))));
  expect(digests[1]).toBe(digests[0]);
  expect(answer.eventsOf("file-done")).toMatchObject([{ sha256: digests[0], bytes: FILE_BYTES }]);
});
