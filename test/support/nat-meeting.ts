// Two people behind routers of the lab who pair, greet each other, and send a file. How long the offering side needs from
// the moment the answer is read is printed, and may be 5 s by the times of its own events.
import { createHash, randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, type TestContext } from "vitest";
import { cpuPressureMs } from "./cpu-time.ts";
import { NatLab, type NatOptions } from "./nat-lab.ts";
import { carry, type EventOf, type Person, people, type Running } from "./processes.ts";

/** From the answer read to connected, as promised: on a machine where nobody is kept waiting for a processor. */
const CONNECT_LIMIT_MS = 5_000;
/** Two processes begin, and their servers are asked for ten seconds at most. */
const START_LIMIT_MS = 60_000;
const FILE = "photo.bin";

/** Two people who sit behind routers of some kind. */
export interface Meeting {
  lab: NatLab;
  ann: Person;
  bob: Person;
  offer: Running;
  answer: Running;
  fileBytes: number;
}

/** What one side has beside what both have. */
export interface SideOptions {
  args?: readonly string[];
  env?: Readonly<Record<string, string>>;
}

/** Ann has offered, and Bob has made his answer; nobody has carried it yet. */
export async function begin(
  t: TestContext,
  lab: NatLab,
  fileBytes: number,
  sides: { offer?: SideOptions; answer?: SideOptions } = {},
): Promise<Meeting> {
  const { ann, bob } = await people(t, "ann", "bob");
  await writeFile(join(ann.dir, FILE), randomBytes(fileBytes));
  const start = (host: NatLab["a"], person: Person, command: "offer" | "answer", ...more: string[]): Running => {
    const { args = [], env = {} } = sides[command] ?? {};
    const common = [...lab.stun, "--no-chat", "--yes", "--json", "-m", `from ${person.name}`];
    return host.host.startWith(person, env, command, ...common, ...args, ...more);
  };
  const offer = start(lab.a, ann, "offer", FILE);
  await offer.event("local-file", () => true, START_LIMIT_MS);
  await carry(ann, bob);
  const answer = start(lab.b, bob, "answer");
  await answer.event("local-file", () => true, START_LIMIT_MS);
  await answer.event("waiting", (event) => event.for === "connection");
  return { lab, ann, bob, offer, answer, fileBytes };
}

/** The same in a lab of its own. */
export async function meet(
  t: TestContext,
  routers: readonly [NatOptions, NatOptions],
  fileBytes: number,
  sides: { offer?: SideOptions; answer?: SideOptions } = {},
): Promise<Meeting> {
  return await begin(t, await NatLab.open(t, ...routers), fileBytes, sides);
}

/** Bob's answer comes to Ann: they connect, greet each other, and the file arrives. @returns how they are connected */
export async function finish(
  title: string,
  { ann, bob, offer, answer, fileBytes }: Meeting,
): Promise<EventOf<"connected">["pair"]> {
  const pressureMs = cpuPressureMs();
  await carry(bob, ann);
  const { time: readAt } = await offer.event("peer-file");
  const { time: connectedAt, pair } = await offer.event("connected");
  const keptWaitingMs = cpuPressureMs() - pressureMs;
  const tookMs = Date.parse(connectedAt) - Date.parse(readAt);
  const way = `${pair.local} to ${pair.remote} (${pair.kind} over ${pair.protocol})`;
  console.log(`${title}: ${tookMs} ms from the answer read to connected, ${way}`);
  expect([await offer.exit(60_000), await answer.exit(60_000)]).toEqual([0, 0]);
  expect(tookMs - keptWaitingMs).toBeLessThanOrEqual(CONNECT_LIMIT_MS);
  for (const [side, from] of [
    [offer, "bob"],
    [answer, "ann"],
  ] as const) {
    expect(side.eventsOf("message").filter((event) => event.from === "peer")).toMatchObject([{ text: `from ${from}` }]);
  }
  const digests = await Promise.all([ann, bob].map(async ({ dir }) => sha256(await readFile(join(dir, FILE)))));
  expect(answer.eventsOf("file-done")).toMatchObject([{ sha256: digests[0], bytes: fileBytes }]);
  expect(digests[1]).toBe(digests[0]);
  return pair;
}

/** @returns runs what it is given, but no more than `count` at a time */
export function atMost(count: number): <T>(work: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (running < count) running += 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
