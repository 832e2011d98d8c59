// A call over a line that keeps a pair of either kind: the pair that carries it falls silent, for good or for a while. How
// soon the line moves then, and that it stays where it is when it need not. The rule is src/paths/call-watch.ts.
import { expect, test } from "vitest";
import { LIVENESS } from "../../src/paths/liveness.ts";
import { scaled } from "../support/scale.ts";
import { seededRandom } from "../support/seeded-random.ts";
import { type Agent, NatWorld, type Place } from "../support/sim/nat-world.ts";

const SEEDS = Array.from({ length: scaled(20, 500) }, (_, index) => index + 1);
const FRAME_MS = 50;
/** Between two checks of a pair that is about to be given up, and the looks at it. */
const SLACK_MS = LIVENESS.callAskAgainMs + 4 * LIVENESS.callTickMs;
const MINUTE_MS = 60_000;

const both = ({ a, b }: NatWorld): Agent[] => [a, b];

interface Line {
  world: NatWorld;
  rttMs: number;
}

/** Two sides that keep two pairs, connected over UDP. */
function line(seed: number, loss = 0): Line {
  const draw = seededRandom(seed);
  const place: Place = {
    nat: "none",
    isUdpBlocked: false,
    mapsPorts: false,
    hasIpv6: false,
    hasRelay: false,
    delayMs: 1 + draw() * 50,
    loss,
  };
  const world = new NatWorld(draw, place, place);
  world.keepsTwo = true;
  world.start();
  const isReady = (): boolean => both(world).every(({ machine }) => machine.spare?.transport === "tcp");
  world.runUntil(MINUTE_MS, isReady);
  expect(isReady(), `seed ${seed}`).toBe(true);
  return { world, rttMs: 4 * place.delayMs };
}

/** The same, with a call of one side or of both. */
function call(seed: number, { loss = 0, isOneWay = false } = {}): Line {
  const { world, rttMs } = line(seed, loss);
  world.talk(FRAME_MS, { isOfCall: true, from: isOneWay ? [world.a] : both(world) });
  world.runUntil(world.nowMs + 5_000 + seededRandom(seed)() * 1_000);
  return { world, rttMs };
}

/** The moves of a side after this time. What a search selects is no move. */
const movesAfter = ({ moves }: Agent, fromMs: number): Agent["moves"] =>
  moves.filter(({ atMs, isMove }) => isMove && atMs > fromMs);

test.for([
  ["of both sides", false],
  ["of one side", true],
] as const)("UDP that dies under a call %s is left for TCP within 1.5 s and two round trips", ([, isOneWay]) => {
  for (const seed of SEEDS) {
    const { world, rttMs } = call(seed, { isOneWay });
    const cutMs = world.nowMs;
    world.passesUdp = () => false;
    world.runUntil(cutMs + 20_000);
    for (const agent of both(world)) {
      const moves = movesAfter(agent, cutMs);
      expect(
        moves.map(({ transport }) => transport),
        `seed ${seed}`,
      ).toEqual(["tcp"]);
      const afterMs = (moves[0]?.atMs ?? Infinity) - cutMs;
      expect(afterMs, `seed ${seed}`).toBeLessThanOrEqual(LIVENESS.callSilenceMs + SLACK_MS + 2 * rttMs);
      expect(agent.reachable).toEqual([]);
    }
  }
});

test("UDP that dies in one direction only is left by both sides, one after the other", () => {
  for (const seed of SEEDS) {
    const { world, rttMs } = call(seed);
    const cutMs = world.nowMs;
    world.passesUdp = (_nowMs, sender) => sender === world.b;
    world.runUntil(cutMs + 20_000);
    for (const agent of both(world)) {
      const [first, ...others] = movesAfter(agent, cutMs);
      expect(first?.transport, `seed ${seed}`).toBe("tcp");
      expect((first?.atMs ?? Infinity) - cutMs).toBeLessThanOrEqual(
        2 * (LIVENESS.callSilenceMs + SLACK_MS + 2 * rttMs),
      );
      expect(others).toEqual([]);
    }
  }
});

test("where everything stands still for a while, and comes back, nobody moves", () => {
  for (const seed of SEEDS) {
    const { world } = call(seed, { isOneWay: seed % 2 === 0 });
    const cutMs = world.nowMs;
    world.isCut = true;
    world.runUntil(cutMs + seededRandom(seed)() * 5_000);
    world.isCut = false;
    world.runUntil(world.nowMs + 20_000);
    for (const agent of both(world)) expect(movesAfter(agent, cutMs), `seed ${seed}`).toEqual([]);
  }
});

test("a path that loses 3 % each way to and from either side is not left in ten minutes", () => {
  for (const seed of SEEDS.slice(0, scaled(3, 50))) {
    const { world } = call(seed, { loss: 0.015, isOneWay: seed % 2 === 0 });
    const fromMs = world.nowMs;
    world.runUntil(fromMs + 10 * MINUTE_MS);
    for (const agent of both(world)) expect(movesAfter(agent, fromMs), `seed ${seed}`).toEqual([]);
  }
});

test.for([
  ["a second, where both sides speak: nobody moves", 1_000, false, 0],
  ["a second, where one side does: each move away waits longer for the way back", 1_000, true, 10],
  ["two seconds: the same", 2_000, false, 10],
] as const)("UDP that loses all in bursts of %s", ([, burstMs, isOneWay, most]) => {
  for (const seed of SEEDS.slice(0, scaled(3, 50))) {
    const { world } = call(seed, { isOneWay });
    const fromMs = world.nowMs;
    const periodMs = 5_000 + 10_000 * seededRandom(seed)();
    world.passesUdp = (nowMs) => (nowMs - fromMs) % periodMs >= burstMs;
    world.runUntil(fromMs + 10 * MINUTE_MS);
    for (const agent of both(world)) {
      const times = movesAfter(agent, fromMs).map(({ atMs }) => atMs);
      expect(times.length, `seed ${seed}`).toBeLessThanOrEqual(most);
      for (const atMs of times) {
        expect(times.filter((one) => one >= atMs && one < atMs + MINUTE_MS).length).toBeLessThanOrEqual(2);
      }
      const heard = agent.received.map((one) => one.atMs).filter((atMs) => atMs > fromMs);
      const gaps = heard.slice(1).map((atMs, index) => atMs - (heard[index] ?? 0));
      expect(Math.max(0, ...gaps), `seed ${seed}`).toBeLessThan(burstMs + 1_000);
    }
  }
});

test("without a call, UDP that dies is left when its silence is noticed, as before", () => {
  const { world } = line(1);
  world.talk(FRAME_MS);
  world.runUntil(world.nowMs + 5_000);
  const cutMs = world.nowMs;
  world.passesUdp = () => false;
  world.runUntil(cutMs + 20_000);
  for (const agent of both(world)) {
    const [move] = movesAfter(agent, cutMs);
    expect((move?.atMs ?? 0) - cutMs).toBeGreaterThan(LIVENESS.silenceMs - LIVENESS.consentTickMs);
  }
});
