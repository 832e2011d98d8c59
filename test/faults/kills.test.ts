// Either side is killed at any moment, again and again, until the same trees are on both sides: nothing is lost, and
// little is sent twice. What travels is counted on the way, by a relay between the two.
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { expect, test, type TestContext } from "vitest";
import {
  answer,
  offer,
  OWN_FILE,
  PEER_FILE,
  type Person,
  people,
  removeFolder,
  type Running,
  until,
} from "../support/processes.ts";
import { scaled } from "../support/scale.ts";
import { seededRandom } from "../support/seeded-random.ts";
import { randomFile, readTree } from "../support/trees.ts";
import { type Endpoint, GOOD_NETWORK, UdpRelay } from "../support/udp-relay.ts";

const MB = 1_000_000;
const SEED = Number(process.env.P2P_FAULTS_SEED ?? 1);
const KILLS = scaled(20, 200);
const PLAN = scaled(
  { transfers: 1, bytes: 60 * MB, files: 100, rate: 2 * MB, killAfterMs: [0, 3_500] as const },
  { transfers: 10, bytes: 300 * MB, files: 500, rate: 5 * MB, killAfterMs: [0, 6_500] as const },
);
/** The promise for each kill. */
const PROMISED_BYTES = Math.max(2 * PLAN.rate, 16 * 1024 * 1024);
/** What is expected: half a second before a part is written down, and what is on the way. */
const EXPECTED_BYTES = PLAN.rate + 2 * MB;
/** For what takes a moment on a machine that does nothing else. */
const PATIENCE_MS = 120_000;
const CANDIDATE = /127\.0\.0\.1 (\d+) typ host/g;

interface Sides {
  readonly ann: Person;
  readonly bob: Person;
}

/** One large file, some of medium size, and many small ones in folders: together as planned. */
async function makeTree(folder: string): Promise<void> {
  const sizes = [PLAN.bytes / 3, ...Array.from({ length: 5 }, () => PLAN.bytes / 15)];
  const small = PLAN.files - sizes.length;
  for (let at = 0; at < small; at += 1) sizes.push(PLAN.bytes / 3 / small);
  for (const [at, bytes] of sizes.entries()) {
    const dir = join(folder, `d${at % 7}`);
    await mkdir(dir, { recursive: true });
    await randomFile(join(dir, `f${at}`), Math.round(bytes));
  }
}

async function readPort(path: string): Promise<Endpoint> {
  const port = Number((await readFile(path, "utf8")).matchAll(CANDIDATE).next().value?.[1]);
  return { address: "127.0.0.1", port };
}

/** Carries a file with another port in it. */
async function carryAs(from: Person, to: Person, { port }: Endpoint): Promise<void> {
  const text = await readFile(join(from.dir, OWN_FILE), "utf8");
  await writeFile(join(to.dir, PEER_FILE), text.replaceAll(CANDIDATE, `127.0.0.1 ${port} typ host`));
}

/** One session: Ann sends, Bob receives; whoever makes the offer. */
class Leg {
  readonly ann: Running;
  readonly bob: Running;
  /** Bytes of datagrams that Ann sent to Bob. */
  sentBytes = 0;
  #relay: UdpRelay | undefined;

  private constructor(sides: Sides, annOffers: boolean) {
    const sends = ["--no-chat", "--json", "--limit", `${PLAN.rate}B/s`, "tree"];
    const takes = ["--no-chat", "--json", "-y", "-o", "in"];
    this.ann = annOffers ? offer(sides.ann, sends) : answer(sides.ann, sends);
    this.bob = annOffers ? answer(sides.bob, takes) : offer(sides.bob, takes);
  }

  static async begin({ ann, bob }: Sides, annOffers: boolean): Promise<Leg> {
    for (const { dir } of [ann, bob])
      for (const name of [OWN_FILE, PEER_FILE]) await rm(join(dir, name), { force: true });
    const leg = new Leg({ ann, bob }, annOffers);
    const [offering, answering] = annOffers ? [ann, bob] : [bob, ann];
    await until(() => existsSync(join(offering.dir, OWN_FILE)), "an offer is written", PATIENCE_MS);
    const towardOfferer = await readPort(join(offering.dir, OWN_FILE));
    const [a, b] = annOffers ? [towardOfferer, undefined] : [undefined, towardOfferer];
    const { relay, aSeenByB, bSeenByA } = await UdpRelay.open(a, b, GOOD_NETWORK);
    leg.#relay = relay;
    relay.onDatagram = (datagram, toward) => {
      if (toward === "b") leg.sentBytes += datagram.length;
      return true;
    };
    await carryAs(offering, answering, annOffers ? aSeenByB : bSeenByA);
    await until(() => existsSync(join(answering.dir, OWN_FILE)), "an answer is written", PATIENCE_MS);
    relay.setEnd(annOffers ? "b" : "a", await readPort(join(answering.dir, OWN_FILE)));
    await carryAs(answering, offering, annOffers ? bSeenByA : aSeenByB);
    return leg;
  }

  get hasEnded(): boolean {
    return this.ann.hasEnded && this.bob.hasEnded;
  }

  close(): void {
    this.#relay?.close();
  }
}

/** Ends a leg at some moment, unless it ends before. @returns how many were killed */
async function endLeg(leg: Leg, random: () => number): Promise<number> {
  const [least, most] = PLAN.killAfterMs;
  const atMs = performance.now() + least + random() * (most - least);
  while (!leg.hasEnded && performance.now() < atMs) await pause(5);
  const [victim, survivor] = random() < 0.5 ? [leg.ann, leg.bob] : [leg.bob, leg.ann];
  const isKilled = !victim.hasEnded;
  await victim.kill();
  // The other one is given up by its person, who may be patient or not.
  if (random() < 0.5) survivor.signal("SIGINT");
  else await survivor.kill();
  await survivor.exit(PATIENCE_MS);
  return Number(isKilled);
}

/** Until the whole tree is there, with so many kills on the way if it lasts. @returns what happened */
async function transfer(
  sides: Sides,
  kills: number,
  random: () => number,
): Promise<{ kills: number; sentBytes: number }> {
  const sum = { kills: 0, sentBytes: 0 };
  for (;;) {
    const leg = await Leg.begin(sides, random() < 0.5);
    const isLast = sum.kills >= kills;
    if (isLast) await Promise.all([leg.ann.exit(5 * PATIENCE_MS), leg.bob.exit(5 * PATIENCE_MS)]);
    else sum.kills += await endLeg(leg, random);
    leg.close();
    sum.sentBytes += leg.sentBytes;
    const isDone = leg.bob.eventsOf("closed")[0]?.reason === "done";
    if (isLast) expect([await leg.ann.exit(), await leg.bob.exit()], leg.bob.report).toEqual([0, 0]);
    if (isLast || isDone) return sum;
  }
}

async function emptied(folder: string): Promise<void> {
  await removeFolder(folder);
  await mkdir(folder, { recursive: true });
}

test(`${KILLS} kills of either side lose nothing`, async (t: TestContext) => {
  const random = seededRandom(SEED);
  const total = { kills: 0, sentBytes: 0, bytes: 0, transfers: 0 };
  while (total.kills < KILLS || total.transfers < PLAN.transfers) {
    const sides = await people(t, "ann", "bob");
    const [from, to] = [join(sides.ann.dir, "tree"), join(sides.bob.dir, "in")];
    await emptied(from);
    await emptied(to);
    await makeTree(from);
    const left = Math.max(1, PLAN.transfers - total.transfers);
    const { kills, sentBytes } = await transfer(sides, Math.ceil((KILLS - total.kills) / left), random);
    expect(await readTree(join(to, "tree"))).toEqual(await readTree(from));
    expect(await readdir(to)).toEqual(["tree"]);
    total.kills += kills;
    total.sentBytes += sentBytes;
    total.bytes += PLAN.bytes;
    total.transfers += 1;
    // Room for the next one.
    await emptied(from);
    await emptied(to);
  }
  const twice = total.sentBytes - total.bytes;
  const eachMb = (twice / total.kills / MB).toFixed(2);
  console.log(
    `seed ${SEED}: ${total.kills} kills, ${total.transfers} transfers of ${PLAN.bytes / MB} MB, ${PLAN.files} files each; ` +
      `sent twice ${(twice / MB).toFixed(1)} MB (all datagrams counted), ${eachMb} MB a kill`,
  );
  expect(total.kills).toBeGreaterThanOrEqual(KILLS);
  expect(twice).toBeLessThan(total.kills * Math.min(EXPECTED_BYTES, PROMISED_BYTES));
});
