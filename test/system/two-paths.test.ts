// A line that came over TCP, since UDP was blocked at first, while a file travels or a call goes on: it moves to UDP as soon
// as that passes, without an interruption, and goes on over TCP when UDP is blocked again. Real sockets between two machines.
import { createHash, randomBytes } from "node:crypto";
import { existsSync, statSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test, type TestContext } from "vitest";
import { openMediaSource } from "../../src/store/media/media-files.ts";
import { cpuPressureMs } from "../support/cpu-time.ts";
import { framesOf } from "../support/media-clips.ts";
import { Machine, requireNamespaces } from "../support/network-namespaces.ts";
import { carry, people, type Person, type Running } from "../support/processes.ts";

const FILE = "film.bin";
const FILE_BYTES = 30_000_000;
/** Twenty seconds for all of it: what happens falls into the middle. */
const LIMIT = "1500kB/s";
/** Where nobody is kept waiting for a processor. */
const MOVE_LIMIT_MS = 5_000;
/** The same under a call, where silence would be noticed after 8 s otherwise. */
const CALL_MOVE_LIMIT_MS = 3_000;
const RECORDING = "got.webm";

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

interface Line {
  readonly ann: Person;
  readonly bob: Person;
  readonly machines: readonly Machine[];
  readonly offer: Running;
  readonly answer: Running;
}

/** Two machines, connected over TCP. @param args - of either side */
async function connectOverTcp(t: TestContext, args: { offer: string[]; answer: string[] }): Promise<Line> {
  requireNamespaces("nft");
  const machines = await Machine.pair();
  const [one, other] = machines;
  const { ann, bob } = await people(t, "ann", "bob");
  await writeFile(join(ann.dir, FILE), randomBytes(FILE_BYTES));
  blockUdp(machines);
  const both = ["--no-stun", "--no-chat", "--yes", "--json"];
  const offer = one.start(ann, "offer", ...both, ...args.offer);
  await offer.event("local-file");
  await carry(ann, bob);
  const answer = other.start(bob, "answer", ...both, ...args.answer);
  await answer.event("local-file");
  await carry(bob, ann);
  for (const side of [offer, answer]) expect((await side.event("connected")).pair.protocol).toBe("tcp");
  return { ann, bob, machines, offer, answer };
}

/** Both sides move to this kind of pair within so long of what happens to both machines. */
async function expectMoves(
  { offer, answer }: Line,
  to: "udp" | "tcp",
  limitMs: number,
  happen: () => void,
): Promise<void> {
  happen();
  const pressureMs = cpuPressureMs();
  const happenedMs = Date.now();
  for (const side of [offer, answer]) {
    const moved = await side.event("network", (event) => event.state === "moved" && event.pair.protocol === to, 60_000);
    const keptWaitingMs = cpuPressureMs() - pressureMs;
    expect(Date.parse(moved.time) - happenedMs - keptWaitingMs).toBeLessThan(limitMs);
  }
}

test("UDP that opens late takes over, and TCP takes over from it when it closes", async (t) => {
  const limit = ["--limit", LIMIT];
  const line = await connectOverTcp(t, { offer: [...limit, FILE], answer: limit });
  const { ann, bob, machines, offer, answer } = line;
  const sides = [offer, answer];
  await answer.event("progress", ({ bytes }) => bytes > FILE_BYTES / 20, 60_000);
  await expectMoves(line, "udp", MOVE_LIMIT_MS, () => openUdp(machines));
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

test("under a call UDP that closes is left at once, and what is recorded goes on", async (t) => {
  const line = await connectOverTcp(t, { offer: ["--publish", "test:"], answer: ["--record", RECORDING] });
  const { bob, machines, offer, answer } = line;
  const path = join(bob.dir, RECORDING);
  /** Waits until three seconds more are on the disk, of 4 KB each. */
  const recordMore = async (): Promise<void> => {
    const bytes = existsSync(path) ? statSync(path).size : 0;
    await answer.until(() => existsSync(path) && statSync(path).size > bytes + 12_000, "more is recorded", 60_000);
  };
  await expectMoves(line, "udp", MOVE_LIMIT_MS, () => openUdp(machines));
  await recordMore();
  await expectMoves(line, "tcp", CALL_MOVE_LIMIT_MS, () => blockUdp(machines));
  await recordMore();
  offer.signal("SIGINT");
  expect([await offer.exit(60_000), await answer.exit(60_000)]).toEqual([130, 0]);
  for (const side of [offer, answer]) {
    expect(side.eventsOf("network").map(({ state }) => state)).toEqual(["moved", "moved"]);
  }
  const tracks = await framesOf(await openMediaSource(path));
  expect(tracks).toHaveLength(2);
  // Four seconds at least, at 15 pictures a second.
  for (const frames of tracks) expect(frames.length).toBeGreaterThan(60);
});
