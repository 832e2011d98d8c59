// Lines that keep a pair of either kind, each in a network of its own: whatever UDP, TCP and the load do there, nobody moves
// more than twice in a minute, and no move stops what people send to each other. The rules are src/paths, in virtual time.
import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { LIVENESS } from "../../src/paths/liveness.ts";
import { scaled } from "../support/scale.ts";
import { type Agent, bursts, type NatKind, NatWorld } from "../support/sim/nat-world.ts";
import { logUniform, seededRandom } from "../support/seeded-random.ts";

const NETWORKS = scaled(60, 1_000);
const FOR_MS = 600_000;
/** What each side sends to be heard by the other. */
const TALK_MS = 100;
const MINUTE_MS = 60_000;
const MAX_MOVES = 2;
const MAX_STALL_MS = 3_000;
/** Where the network itself takes UDP away, silence has to be noticed first. */
const MAX_BREAK_MS = LIVENESS.silenceMs + 2 * LIVENESS.consentTickMs + MAX_STALL_MS;

const NATS: readonly NatKind[] = ["none", "cone", "firewall", "full-cone", "restricted-cone", "symmetric"];

/** Of packets to or from one side. Where a fifth of all is lost, checks are too, three in a row now and then. */
const MAX_LOSS = 0.03;
/** TCP is taken by then where UDP does not pass. */
const OPENS_MS = 3_000;

/** What becomes of UDP on a path. */
const UDP = {
  "passes always": () => true,
  "opens late": (world: NatWorld, draw: () => number) => {
    const opensMs = draw() * FOR_MS;
    world.passesUdp = (nowMs) => nowMs >= opensMs;
  },
  "carries nothing once data takes it": (world: NatWorld) => {
    const isUnused = (): boolean => agentsOf(world).every(({ machine }) => machine.selected?.transport !== "udp");
    // The first pair has to be over TCP: without it nothing would be connected.
    world.passesUdp = (nowMs) => nowMs > OPENS_MS && isUnused();
  },
  "is shaped away when much has passed": (world: NatWorld, draw: () => number) => {
    const closesMs = draw() * FOR_MS;
    world.passesUdp = (nowMs) => nowMs < closesMs;
  },
  "comes and goes": (world: NatWorld, draw: () => number) => {
    const periodMs = logUniform(draw, 2_000, 120_000);
    world.passesUdp = (nowMs) => Math.floor(nowMs / periodMs) % 2 === 0;
  },
  "is blocked": (world: NatWorld) => {
    world.passesUdp = () => false;
  },
} satisfies Record<string, (world: NatWorld, draw: () => number) => unknown>;

type UdpFate = keyof typeof UDP;
const FATES = Object.keys(UDP) as UdpFate[];
const BREAKING: readonly UdpFate[] = ["is shaped away when much has passed", "comes and goes"];

const agentsOf = ({ a, b }: NatWorld): Agent[] => [a, b];

/** Bulk comes and goes, and each kind of path carries it at a rate of its own. */
function addLoad(world: NatWorld, draw: () => number): void {
  const pauseMs = logUniform(draw, 500, 100_000);
  const rates = { udp: logUniform(draw, 1e3, 2e5), tcp: logUniform(draw, 1e3, 2e5) };
  const minRttMs = logUniform(draw, 0.2, 20);
  const totals = new Map<Agent, { bytes: number; lastMs: number; isBusy: boolean }>();
  world.areNeighbours = draw() < 0.5;
  world.load = (nowMs, agent) => {
    const total = totals.get(agent) ?? { bytes: 0, lastMs: nowMs, isBusy: false };
    totals.set(agent, total);
    const isBusy = Math.floor(nowMs / pauseMs) % 2 === 1;
    if (total.isBusy) total.bytes += rates[agent.machine.selected?.transport ?? "udp"] * (nowMs - total.lastMs);
    total.lastMs = nowMs;
    if (isBusy !== total.isBusy) {
      total.isBusy = isBusy;
      agent.machine.expectFiles({ bytes: isBusy ? 1e9 : 0, rate: Number.POSITIVE_INFINITY }, nowMs);
    }
    return { deliveredBytes: total.bytes + world.talkOf(agent).deliveredBytes, minRttMs };
  };
}

/** A network of its own. @returns it, what becomes of UDP there, and whether the two have a call */
function networkOf(seed: number): { world: NatWorld; fate: UdpFate; isCall: boolean } {
  const draw = seededRandom(seed);
  const place = (nat: NatKind) => ({
    nat,
    isUdpBlocked: false,
    mapsPorts: draw() < 0.3,
    hasIpv6: draw() < 0.3,
    hasRelay: false,
    delayMs: logUniform(draw, 0.1, 150),
    loss: draw() < 0.5 ? 0 : logUniform(draw, 0.001, MAX_LOSS),
  });
  const world = new NatWorld(
    seededRandom(seed),
    place(NATS[Math.floor(draw() * NATS.length)] ?? "none"),
    place("none"),
  );
  world.keepsTwo = true;
  const fate = FATES[seed % FATES.length] ?? "passes always";
  UDP[fate](world, draw);
  if (draw() < 0.3) world.loses = bursts(seed, { share: MAX_LOSS * draw(), packets: 1 + 2 * draw() });
  if (draw() < 0.7) addLoad(world, draw);
  return { world, fate, isCall: draw() < 0.5 };
}

/** The most moves in any minute. What a search selects is no move. */
function mostMoves({ moves }: Agent): number {
  const times = moves.filter(({ isMove }) => isMove).map(({ atMs }) => atMs);
  return Math.max(
    0,
    ...times.map((fromMs) => times.filter((atMs) => atMs >= fromMs && atMs < fromMs + MINUTE_MS).length),
  );
}

/** How long nothing came from the other side, at most, from the first that came to the end. */
function longestStall({ received }: Agent): number {
  const times = [...received.map(({ atMs }) => atMs), FOR_MS];
  return Math.max(...times.slice(1).map((atMs, index) => atMs - (times[index] ?? 0)));
}

test.each(FATES)("UDP %s", async (fate) => {
  const all = Array.from({ length: NETWORKS }, (_, seed) => seed).filter((seed) => FATES[seed % FATES.length] === fate);
  let moved = 0;
  for (const seed of all) {
    // Vitest wants to hear of its worker now and then.
    await setImmediate();
    const { world, isCall } = networkOf(seed);
    world.start();
    world.runUntil(MINUTE_MS, () => world.areConnected);
    expect(world.areConnected, `seed ${seed}`).toBe(true);
    world.talk(TALK_MS, { isOfCall: isCall });
    world.runUntil(FOR_MS);
    for (const agent of agentsOf(world)) {
      moved += agent.moves.length - 1;
      expect(agent.lostAtMs, `seed ${seed}`).toBeUndefined();
      expect(mostMoves(agent), `seed ${seed}`).toBeLessThanOrEqual(MAX_MOVES);
      expect(longestStall(agent), `seed ${seed}`).toBeLessThan(BREAKING.includes(fate) ? MAX_BREAK_MS : MAX_STALL_MS);
    }
  }
  // Otherwise none of this was tried.
  expect(moved > 0).toBe(fate !== "is blocked");
});
