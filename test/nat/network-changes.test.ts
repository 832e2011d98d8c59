// What happens to networks while a file travels over a line that stands: an outage of a minute, another address of either
// side, directly and through a relay. The line goes on by itself, and the file arrives whole.
import { createHash, randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, test, type TestContext } from "vitest";
import { cpuPressureMs } from "../support/cpu-time.ts";
import { MovingLab, type MovingLabOptions } from "../support/moving-lab.ts";
import { carry, type EventOf, type Person, people, type Running } from "../support/processes.ts";

const FILE = "film.bin";
const FILE_BYTES = 24_000_000;
/** Sixteen seconds for all of it: whatever happens falls into the middle. */
const LIMIT = "1500kB/s";
const OUTAGE_MS = 60_000;
/** From the way being there to everything going on, where nobody is kept waiting for a processor. */
const RESTORE_LIMIT_MS = 15_000;

/** Both look for another way for so long. */
const SEARCH_MS = 119_000;
const SEARCH_LIMIT_MS = 170_000;

interface Session {
  lab: MovingLab;
  ann: Person;
  bob: Person;
  offer: Running;
  answer: Running;
}

/** Ann sends Bob a file, and a part of it is there. */
async function begin(t: TestContext, options: MovingLabOptions): Promise<Session> {
  const lab = await MovingLab.open(t, options);
  const { ann, bob } = await people(t, "ann", "bob");
  await writeFile(join(ann.dir, FILE), randomBytes(FILE_BYTES));
  const turn = options.way === "relay" ? lab.turn.args : [];
  const args = [...turn, "--no-stun", "--no-chat", "--yes", "--json", "--limit", LIMIT];
  const offer = lab.a.namespace.startWith(ann, lab.turn.env, "offer", ...args, "-m", "from ann", FILE);
  await offer.event("local-file");
  await carry(ann, bob);
  const answer = lab.b.namespace.startWith(bob, lab.turn.env, "answer", ...args, "-m", "from bob");
  await answer.event("local-file");
  await carry(bob, ann);
  const { pair } = await offer.event("connected");
  expect(pair.kind === "relay").toBe(options.way === "relay");
  await answer.event("progress", ({ bytes }) => bytes > FILE_BYTES / 20, 60_000);
  return { lab, ann, bob, offer, answer };
}

/** What a side tells of interruptions, in order. TCP may be quicker than UDP at any time; then the line moves later. */
function interruptions(side: Running): EventOf<"network">["state"][] {
  return side.eventsOf("network").flatMap(({ state }) => (state === "moved" ? [] : [state]));
}

function isRestored({ state }: EventOf<"network">): boolean {
  return state === "restored";
}

/** The file arrives whole, after one interruption that both have told. */
async function finish(title: string, session: Session, mendedMs: number): Promise<void> {
  const { ann, bob, offer, answer } = session;
  const pressureMs = cpuPressureMs();
  const restored = await Promise.all([offer, answer].map((side) => side.event("network", isRestored, 60_000)));
  const keptWaitingMs = cpuPressureMs() - pressureMs;
  const tookMs = Math.max(...restored.map(({ time }) => Date.parse(time))) - mendedMs;
  expect([await offer.exit(90_000), await answer.exit(90_000)]).toEqual([0, 0]);
  const [done] = answer.eventsOf("transfer-done");
  console.log(`${title}: ${tookMs} ms until both went on, ${done?.ms} ms for the file`);
  expect(tookMs - keptWaitingMs).toBeLessThanOrEqual(RESTORE_LIMIT_MS);
  for (const side of [offer, answer]) expect(interruptions(side)).toEqual(["interrupted", "restored"]);
  const digests = await Promise.all([ann, bob].map(async ({ dir }) => sha256(await readFile(join(dir, FILE)))));
  expect(answer.eventsOf("file-done")).toMatchObject([{ sha256: digests[0], bytes: FILE_BYTES }]);
  expect(digests[1]).toBe(digests[0]);
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

describe.concurrent("an outage of a minute", () => {
  test.for(["direct", "nat", "relay"] as const)("%s", async (way, t) => {
    const session = await begin(t, { way });
    session.lab.cut();
    await Promise.all(
      [session.offer, session.answer].map((side) => side.event("network", ({ state }) => state === "interrupted")),
    );
    // The outage itself is what is to be survived; nothing tells when it is long enough.
    await pause(OUTAGE_MS);
    for (const side of [session.offer, session.answer]) expect(interruptions(side)).toEqual(["interrupted"]);
    session.lab.mend();
    await finish(`an outage, ${way}`, session, Date.now());
  });
});

test.concurrent("an outage that does not end: both give up after two minutes, and say what to do", async (t) => {
  const { lab, offer, answer } = await begin(t, { way: "direct" });
  lab.cut();
  const sides = [offer, answer];
  expect(await Promise.all(sides.map((side) => side.exit(SEARCH_LIMIT_MS)))).toEqual([4, 4]);
  for (const side of sides) {
    expect(interruptions(side)).toEqual(["interrupted"]);
    expect(side.eventsOf("error")).toMatchObject([{ code: "TRANSFER_INTERRUPTED" }]);
    expect(side.events.at(-1)).toMatchObject({ event: "closed", reason: "lost", exit: 4 });
    const interrupted = side.eventsOf("network").find(({ state }) => state === "interrupted");
    const [from, until] = [interrupted, side.events.at(-1)].map((event) => Date.parse(event?.time ?? ""));
    expect(Number(until) - Number(from)).toBeGreaterThanOrEqual(SEARCH_MS);
  }
});

describe.concurrent("another network", () => {
  test.for([
    ["direct", "a"],
    ["direct", "b"],
    ["nat", "a"],
    ["relay", "a"],
    ["relay", "b"],
  ] as const)("%s, and %s moves", async ([way, side], t) => {
    const session = await begin(t, { way });
    const host = session.lab[side];
    host.leave();
    await host.enter();
    await finish(`another network, ${way}, ${side}`, session, Date.now());
  });

  test("relay, and a has none for a while", async (t) => {
    const session = await begin(t, { way: "relay" });
    const { lab, offer } = session;
    lab.a.leave();
    await offer.event("network", ({ state }) => state === "interrupted");
    await lab.a.enter();
    await finish("none for a while, relay", session, Date.now());
  });

  test("of one side, and then of the other", async (t) => {
    const { lab, ann, bob, offer, answer } = await begin(t, { way: "direct" });
    const restored = (side: Running, count: number): Promise<void> =>
      side.until(() => side.eventsOf("network").filter(isRestored).length >= count, `restored ${count} times`, 60_000);
    lab.a.leave();
    await lab.a.enter();
    await Promise.all([offer, answer].map((side) => restored(side, 1)));
    lab.b.leave();
    await lab.b.enter();
    await restored(answer, 2);
    expect([await offer.exit(90_000), await answer.exit(90_000)]).toEqual([0, 0]);
    // Bob leaves before he knows Ann's new credentials. She may learn of his new address over TCP while she still waits
    // for his old one, and then her line moves to TCP without an interruption.
    for (const side of [offer, answer]) {
      const told = interruptions(side);
      expect(told).toEqual(told.map((_, index) => (index % 2 === 0 ? "interrupted" : "restored")));
      expect(told.at(-1)).toBe("restored");
    }
    expect(sha256(await readFile(join(bob.dir, FILE)))).toBe(sha256(await readFile(join(ann.dir, FILE))));
  });

  test("that is there before the old one goes: hardly anything is noticed", async (t) => {
    const session = await begin(t, { way: "direct" });
    const { lab, answer } = session;
    await lab.a.enter();
    const told = answer.eventsOf("progress").length;
    // Ann looks at her addresses every two seconds, and tells Bob of the new one.
    await answer.until(() => answer.eventsOf("progress").length > told + 20, "the file goes on for five seconds");
    lab.a.leave();
    await finish("another network, and both for a while", session, Date.now());
  });
});
