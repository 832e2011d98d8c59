// From a seed, a path and what two applications do on it: anything between a modem and a data centre, with most
// kinds of trouble at once, and sequence numbers that begin shortly before they wrap.
import { logUniform, seededRandom } from "../seeded-random.ts";
import { CLEAN_LINK, type LinkChange, type LinkConditions } from "./link.ts";
import type { PathConditions } from "./pair.ts";
import type { PlannedMessage } from "./traffic.ts";

export interface EndConditions {
  congestion: "bbr" | "cubic";
  initialTsn: number;
  receiveWindowBytes: number;
  maxPacketBytes: number;
  knowsRtt: boolean;
  startAtMs: number;
  sends: readonly PlannedMessage[];
}

export interface ScenarioConditions {
  seed: number;
  path: PathConditions;
  /** Both sides have to agree on it: on the wire it is always 0. */
  initialSsn: number;
  a: EndConditions;
  b: EndConditions;
}

type Random = () => number;

const KILOBYTE_PER_SECOND = 1;
/** What a side sends at most; and no more than its bottleneck carries in so much time. */
const MOST_BYTES = 6_000_000;
const BUSY_MS = 8_000;
const STREAMS = 5;
/** Changes and outages begin before this. */
const TROUBLE_MS = 20_000;

export function randomScenario(seed: number): ScenarioConditions {
  const random = seededRandom(seed);
  const delayMs = logUniform(random, 0.1, 300);
  const aToB = randomLink(random, delayMs);
  const bToA = chance(random, 0.7)
    ? { ...aToB, changes: randomChanges(random, aToB.mtuBytes) }
    : randomLink(random, delayMs);
  const stalls = chance(random, 0.3)
    ? { everyMs: logUniform(random, 50, 5000), leastMs: 5, mostMs: logUniform(random, 10, 200) }
    : undefined;
  const timerLatenessMs = chance(random, 0.7) ? 1.2 : 0;
  const path = { aToB, bToA, stalls, timerLatenessMs };
  const initialSsn = chance(random, 0.5) ? 65_530 + Math.floor(6 * random()) : 0;
  return { seed, path, initialSsn, a: randomEnd(random, aToB.rate), b: randomEnd(random, bToA.rate) };
}

function randomLink(random: Random, delayMs: number): LinkConditions {
  const rate = chance(random, 0.1) ? Infinity : logUniform(random, 10, 50_000) * KILOBYTE_PER_SECOND;
  const mtuBytes = chance(random, 0.3) ? Infinity : 1_191 + Math.floor(400 * random());
  const pipeBytes = Math.min(rate, 50_000) * (2 * delayMs + 1);
  return {
    ...CLEAN_LINK,
    rate,
    delayMs,
    queueBytes: Math.max(3_000, pipeBytes * logUniform(random, 0.1, 8)),
    loss: chance(random, 0.6) ? logUniform(random, 0.000_1, 0.05) : 0,
    burst: chance(random, 0.2)
      ? { goodMs: logUniform(random, 50, 10_000), badMs: logUniform(random, 1, 300), loss: 0.3 + 0.7 * random() }
      : undefined,
    reorder: chance(random, 0.3)
      ? { probability: logUniform(random, 0.001, 0.2), extraMs: logUniform(random, 0.1, 4 * delayMs + 1) }
      : undefined,
    duplicate: chance(random, 0.2) ? logUniform(random, 0.001, 0.1) : 0,
    corrupt: chance(random, 0.2) ? logUniform(random, 0.000_1, 0.02) : 0,
    mtuBytes,
    jitterMs: chance(random, 0.4) ? logUniform(random, 0.1, delayMs + 5) : 0,
    outages: chance(random, 0.2) ? [randomOutage(random)] : [],
    changes: randomChanges(random, mtuBytes),
  };
}

function randomOutage(random: Random): { fromMs: number; toMs: number } {
  const fromMs = TROUBLE_MS * random() ** 2;
  return { fromMs, toMs: fromMs + logUniform(random, 50, 10_000) };
}

function randomChanges(random: Random, mtuBytes: number): LinkChange[] {
  const changes: LinkChange[] = [];
  const atMs = () => TROUBLE_MS * random() ** 2;
  if (chance(random, 0.2)) changes.push({ atMs: atMs(), rate: logUniform(random, 10, 50_000) });
  if (chance(random, 0.2)) changes.push({ atMs: atMs(), delayMs: logUniform(random, 0.1, 300) });
  // A path that takes any size leads to the same machine and stays so; others may get narrower, as far as 1,191.
  if (mtuBytes !== Infinity && chance(random, 0.2)) {
    changes.push({ atMs: atMs(), mtuBytes: 1_191 + Math.floor((mtuBytes - 1_191) * random()) });
  }
  return changes;
}

function randomEnd(random: Random, rate: number): EndConditions {
  return {
    congestion: chance(random, 0.7) ? "bbr" : "cubic",
    initialTsn: randomTsn(random),
    receiveWindowBytes: Math.floor(logUniform(random, 65_536, 8 * 2 ** 20)),
    maxPacketBytes: chance(random, 0.5) ? 16_384 : 1_435,
    knowsRtt: chance(random, 0.5),
    startAtMs: chance(random, 0.5) ? 0 : logUniform(random, 0.1, 2_000),
    sends: chance(random, 0.2) ? [] : randomMessages(random, Math.min(MOST_BYTES, rate * BUSY_MS)),
  };
}

/** Near 2³² it wraps; near 10⁹ its decimal text gets longer, which a sort of strings does not survive. */
function randomTsn(random: Random): number {
  const near = Math.floor(200 * random());
  const choice = random();
  if (choice < 0.4) return 2 ** 32 - 1 - near;
  if (choice < 0.6) return 10 ** 9 - 1 - near;
  return Math.floor(random() * 2 ** 32);
}

function randomMessages(random: Random, mostBytes: number): PlannedMessage[] {
  let leftBytes = chance(random, 0.3) ? logUniform(random, 10, mostBytes + 11) : mostBytes * random();
  const largestBytes = logUniform(random, 10, 262_144);
  const isChatty = chance(random, 0.3);
  const unordered = chance(random, 0.2) ? 0.3 : 0;
  const messages: PlannedMessage[] = [];
  let atMs = 0;
  while (leftBytes > 0 && messages.length < 2_000) {
    const bytes = chance(random, 0.1) ? 1 : Math.ceil(logUniform(random, 1, largestBytes));
    if (isChatty && chance(random, 0.2)) atMs += logUniform(random, 0.1, 1_000);
    const streamId = Math.floor(STREAMS * random());
    messages.push({ streamId, bytes, atMs, isUnordered: chance(random, unordered) });
    leftBytes -= bytes;
  }
  return messages;
}

function chance(random: Random, probability: number): boolean {
  return random() < probability;
}
