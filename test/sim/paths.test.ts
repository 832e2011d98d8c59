// Two sides behind every kind of router in virtual time: who connects, by what, how fast, how many packets it costs, and
// what happens when the network breaks, changes or sleeps. The rules are src/paths; real sockets are in test/nat.
import { describe, expect, test } from "vitest";
import { RATE_WINDOW_MS } from "../../src/paths/bulk-load.ts";
import { LIVENESS } from "../../src/paths/liveness.ts";
import { MOVE_PAUSE_MS } from "../../src/paths/move-rule.ts";
import { scaled } from "../support/scale.ts";
import { type Agent, bursts, type NatKind, NatWorld, type Place } from "../support/sim/nat-world.ts";
import { seededRandom } from "../support/seeded-random.ts";

const HOUR_MS = 3_600_000;
/** Between the last packet of one check and the first of the next, and a round trip: what docs/networks.md promises. */
const PROMPT_MS = 5_000;
const SEEDS = Array.from({ length: scaled(20, 500) }, (_, index) => index + 1);
const plain: Place = {
  nat: "cone",
  isUdpBlocked: false,
  mapsPorts: false,
  hasIpv6: false,
  hasRelay: false,
  delayMs: 20,
  loss: 0,
};

function meet(a: Partial<Place>, b: Partial<Place>, seed = 1): NatWorld {
  return new NatWorld(seededRandom(seed), { ...plain, ...a }, { ...plain, ...b });
}

/** Starts both sides and runs until they are connected. */
function connect(world: NatWorld, withinMs = 60_000): NatWorld {
  world.start();
  world.runUntil(withinMs, () => world.areConnected);
  return world;
}

/** Connected, and each side has told the other how it is found again. */
function settled(world: NatWorld): NatWorld {
  connect(world);
  expect(world.areConnected).toBe(true);
  world.runUntil(world.nowMs + 10_000);
  return world;
}

const both = ({ a, b }: NatWorld): Agent[] => [a, b];
const kindOf = ({ a }: NatWorld): string | undefined => {
  const { kind, transport } = a.moves.at(-1) ?? {};
  return transport === "tcp" ? `${kind} over tcp` : kind;
};

describe("which routers meet without a relay", () => {
  const kinds: NatKind[] = ["none", "full-cone", "restricted-cone", "cone", "symmetric", "firewall"];
  /** RFC 5128 §3.3: a symmetric NAT does not meet one that filters by port. */
  const filtersByPort: NatKind[] = ["cone", "symmetric", "firewall"];
  test.each(kinds.flatMap((a) => kinds.map((b) => [a, b] as const)))("%s and %s", (a, b) => {
    const canMeet = !(
      (a === "symmetric" && filtersByPort.includes(b)) ||
      (b === "symmetric" && filtersByPort.includes(a))
    );
    const world = connect(meet({ nat: a }, { nat: b }));
    expect(world.areConnected).toBe(canMeet);
    if (canMeet) expect(world.nowMs).toBeLessThan(PROMPT_MS);
  });
});

describe("what makes up for strict routers", () => {
  test.each<[string, Partial<Place>, Partial<Place>, string]>([
    ["a router that maps ports", { nat: "symmetric", mapsPorts: true }, { nat: "symmetric" }, "mapped"],
    ["IPv6 on both sides", { nat: "symmetric", hasIpv6: true }, { nat: "symmetric", hasIpv6: true }, "host"],
    ["a relay on one side", { nat: "symmetric", hasRelay: true }, { nat: "symmetric" }, "relay"],
    ["a relay of a side whose UDP is blocked", { isUdpBlocked: true, hasRelay: true }, { nat: "symmetric" }, "relay"],
    ["TCP, where one side is public", { isUdpBlocked: true }, { nat: "none", isUdpBlocked: true }, "host over tcp"],
    [
      "TCP, where one side's router maps ports",
      { isUdpBlocked: true },
      { isUdpBlocked: true, mapsPorts: true },
      "mapped over tcp",
    ],
  ])("%s", (_name, a, b, kind) => {
    const world = connect(meet(a, b));
    expect(world.areConnected).toBe(true);
    // The side that is reached sees the other as a peer-reflexive candidate.
    expect([kind, kind.replace(/mapped|host/, "prflx")]).toContain(kindOf(world));
    expect(world.nowMs).toBeLessThan(PROMPT_MS);
  });

  test("UDP blocked on both sides behind NATs: nothing but a relay", () => {
    expect(connect(meet({ isUdpBlocked: true }, { isUdpBlocked: true })).areConnected).toBe(false);
  });
});

describe("choosing", () => {
  test("UDP carries wherever it works, though TCP answers too", () => {
    for (const seed of SEEDS) {
      const world = meet({ nat: "none", loss: 0.1 }, { nat: "none", loss: 0.1 }, seed);
      world.keepsTwo = true;
      connect(world);
      // A fifth of all is lost each way: a move may be taken back, and tried again a minute later.
      world.runUntil(world.nowMs + 120_000);
      expect(both(world).map(({ moves }) => moves.some(({ transport }) => transport === "udp"))).toEqual([true, true]);
    }
  });

  test("two sides that both take themselves for controlling agree on one pair", () => {
    for (const seed of SEEDS) {
      const world = meet({}, {}, seed);
      world.start(0, true);
      world.runUntil(60_000, () => world.areConnected);
      expect(world.areConnected).toBe(true);
      expect(world.nowMs).toBeLessThan(PROMPT_MS);
      expect(world.a.machine.isControlling).toBe(!world.b.machine.isControlling);
    }
  });

  test("a fifth of all packets lost on each side, a second of round trip", () => {
    for (const seed of SEEDS) {
      const world = connect(meet({ loss: 0.2, delayMs: 250 }, { loss: 0.2, delayMs: 250 }, seed));
      expect(world.areConnected).toBe(true);
    }
  });
});

describe("a file that is carried late", () => {
  test("connects within 5 s after hours, for a few packets a second", () => {
    for (const seed of SEEDS.slice(0, scaled(3, 50))) {
      const world = meet({}, {}, seed);
      world.start(2 * HOUR_MS);
      world.runUntil(2 * HOUR_MS);
      expect(world.b.packets / (2 * HOUR_MS)).toBeLessThan(0.02);
      world.runUntil(3 * HOUR_MS, () => world.areConnected);
      expect(world.areConnected).toBe(true);
      expect(world.nowMs - 2 * HOUR_MS).toBeLessThan(PROMPT_MS);
    }
  });
});

describe("when the network breaks", () => {
  test("an outage of a minute is told after 8 to 9 s, and heals by itself", () => {
    for (const seed of SEEDS) {
      const world = settled(meet({}, {}, seed));
      const cutMs = world.nowMs;
      world.isCut = true;
      world.runUntil(cutMs + 60_000);
      for (const { reachable } of both(world)) {
        expect(reachable.map(({ isReachable }) => isReachable)).toEqual([false]);
        expect((reachable[0]?.atMs ?? 0) - cutMs).toBeGreaterThan(LIVENESS.silenceMs - LIVENESS.consentCheckMs - 2_000);
        expect((reachable[0]?.atMs ?? 0) - cutMs).toBeLessThanOrEqual(LIVENESS.silenceMs + 2 * LIVENESS.consentTickMs);
      }
      world.isCut = false;
      world.runUntil(cutMs + 75_000);
      for (const { reachable, machine } of both(world)) {
        expect(machine.state).toBe("selected");
        expect(reachable.at(-1)?.isReachable).toBe(true);
      }
    }
  });

  test("one of three minutes is the end, two minutes after it was noticed", () => {
    const world = settled(meet({}, {}));
    const cutMs = world.nowMs;
    world.isCut = true;
    world.runUntil(cutMs + 180_000);
    for (const { lostAtMs } of both(world)) {
      expect((lostAtMs ?? 0) - cutMs).toBeGreaterThan(LIVENESS.searchMs);
      expect((lostAtMs ?? Infinity) - cutMs).toBeLessThan(LIVENESS.searchMs + LIVENESS.silenceMs + 2_000);
    }
  });

  test("a peer that cannot be found again is lost when consent expires", () => {
    const world = connect(meet({}, {}));
    const cutMs = world.nowMs;
    // Before either has told the other how it is found again.
    world.isCut = true;
    world.runUntil(cutMs + 60_000);
    for (const { lostAtMs } of both(world)) {
      expect((lostAtMs ?? 0) - cutMs).toBeGreaterThanOrEqual(LIVENESS.consentExpiryMs - 6_000);
      expect((lostAtMs ?? Infinity) - cutMs).toBeLessThanOrEqual(LIVENESS.consentExpiryMs + 2 * LIVENESS.consentTickMs);
    }
  });

  test("a side that moves towards a public one is found again", () => {
    for (const seed of SEEDS) {
      const world = settled(meet({ nat: "cone" }, { nat: "none" }, seed));
      const movedMs = world.nowMs;
      world.a.move({ delayMs: 40 });
      world.runUntil(movedMs + 20_000);
      for (const { machine, moves } of both(world)) {
        expect(machine.state).toBe("selected");
        expect(moves.length).toBe(2);
      }
      expect(world.a.machine.selected?.remote).toBe("pub-b:1");
    }
  });

  test("two that move at once behind routers need a relay, and take it", () => {
    const world = settled(meet({ hasRelay: true }, { hasRelay: true }));
    world.a.move({});
    world.b.move({});
    world.runUntil(world.nowMs + 30_000);
    for (const { machine, moves } of both(world)) {
      expect(machine.state).toBe("selected");
      expect(moves.at(-1)?.kind).toBe("relay");
    }
  });
});

describe("with a pair of either kind", () => {
  const EVERY_MS = 20;
  /** Both are public: TCP works, and UDP as the world says. */
  function meetTwice(a: Partial<Place> = {}, b: Partial<Place> = {}, seed = 1): NatWorld {
    const world = meet({ nat: "none", ...a }, { nat: "none", ...b }, seed);
    world.keepsTwo = true;
    return world;
  }

  /** How long nothing came from the other side, at most, and how many numbers did not come at all. */
  function gapsOf({ received }: Agent): { longestMs: number; missing: number } {
    const gaps = received.slice(1).map(({ atMs }, index) => atMs - (received[index]?.atMs ?? 0));
    const numbers = received.map(({ number }) => number);
    expect(new Set(numbers).size).toBe(numbers.length);
    return { longestMs: Math.max(...gaps), missing: Math.max(...numbers) - Math.min(...numbers) + 1 - numbers.length };
  }

  function random(seed: number): { world: NatWorld; opensMs: number } {
    const draw = seededRandom(seed);
    const nats: NatKind[] = ["none", "cone", "firewall", "full-cone", "symmetric"];
    const nat = nats[Math.floor(draw() * nats.length)] ?? "cone";
    const [delayMs, loss] = [1 + draw() * 120, draw() * 0.05];
    const world = meetTwice({ nat, delayMs, loss }, { delayMs: 1 + draw() * 20 }, seed);
    const opensMs = 1_000 + draw() * 5_000;
    world.passesUdp = (nowMs) => nowMs >= opensMs;
    return { world, opensMs };
  }

  test("a line that came over TCP moves to UDP within 5 s of its opening, without a gap, and stays", () => {
    for (const seed of SEEDS) {
      const { world, opensMs } = random(seed);
      connect(world);
      expect(world.a.moves[0]?.transport).toBe("tcp");
      world.talk(EVERY_MS);
      world.runUntil(opensMs + 14_000);
      for (const agent of both(world)) {
        const context = `seed ${seed}`;
        expect(
          agent.moves.map(({ transport }) => transport),
          context,
        ).toEqual(["tcp", "udp"]);
        expect((agent.moves[1]?.atMs ?? Infinity) - opensMs, context).toBeLessThan(PROMPT_MS);
        expect(agent.reachable, context).toEqual([]);
        const { longestMs, missing } = gapsOf(agent);
        expect(longestMs, context).toBeLessThanOrEqual(250);
        expect(missing / agent.received.length, context).toBeLessThan(0.12);
        expect(agent.machine.spare?.transport, context).toBe("tcp");
      }
    }
  });

  test("overseas, with losses in runs of three, UDP carries within 5 s although TCP connected first", () => {
    for (const seed of SEEDS) {
      const world = meetTwice({ delayMs: 55 }, { delayMs: 55 }, seed);
      world.loses = bursts(seed, { share: 0.03, packets: 3 });
      let isOpen = false;
      world.passesUdp = () => isOpen;
      connect(world);
      isOpen = true;
      const tcpMs = world.nowMs;
      expect(both(world).map(({ moves }) => moves[0]?.transport)).toEqual(["tcp", "tcp"]);
      world.talk(EVERY_MS);
      world.runUntil(tcpMs + PROMPT_MS);
      for (const agent of both(world)) {
        expect(agent.machine.selected?.transport, `seed ${seed}`).toBe("udp");
        expect(agent.moves).toHaveLength(2);
        expect(agent.reachable).toEqual([]);
      }
    }
  });

  test("nothing is lost by a move on a path that loses nothing", () => {
    for (const seed of SEEDS) {
      const world = meetTwice({ delayMs: seed }, {}, seed);
      world.passesUdp = (nowMs) => nowMs >= 3_000;
      connect(world);
      world.talk(EVERY_MS);
      world.runUntil(30_000);
      for (const agent of both(world)) {
        expect(agent.moves).toHaveLength(2);
        expect(gapsOf(agent).missing).toBe(0);
      }
    }
  });

  test("with an older program on the other side the line stays where it is, and nothing more is checked", () => {
    const world = meetTwice();
    world.keepsTwo = false;
    world.passesUdp = (nowMs) => nowMs >= 3_000;
    settled(world);
    const before = both(world).map(({ packetsOfChecks }) => packetsOfChecks);
    world.runUntil(120_000);
    expect(both(world).map(({ packetsOfChecks }) => packetsOfChecks)).toEqual(before);
    expect(both(world).map(({ moves }) => moves.length)).toEqual([1, 1]);
  });

  test("UDP that answers once and then carries nothing is left again, and tried ever more rarely", () => {
    for (const seed of SEEDS) {
      const world = meetTwice({}, {}, seed);
      const isUnused = (): boolean => both(world).every(({ machine }) => machine.selected?.transport !== "udp");
      // The first pair has to be over TCP.
      world.passesUdp = (nowMs) => nowMs > 3_000 && isUnused();
      connect(world);
      world.runUntil(600_000);
      for (const { moves, reachable, machine } of both(world)) {
        expect(moves.slice(0, 3).map(({ transport }) => transport)).toEqual(["tcp", "udp", "tcp"]);
        expect((moves[2]?.atMs ?? Infinity) - (moves[1]?.atMs ?? 0)).toBeLessThanOrEqual(3_000);
        expect(machine.selected?.transport).toBe("tcp");
        expect(moves.length).toBeLessThanOrEqual(9);
        expect(reachable).toEqual([]);
      }
    }
  });

  test("UDP that dies is replaced by the TCP connection that is there, without an interruption being told", () => {
    for (const seed of SEEDS) {
      const world = settled(meetTwice({}, {}, seed));
      expect(both(world).map(({ machine }) => machine.spare?.transport)).toEqual(["tcp", "tcp"]);
      const cutMs = world.nowMs;
      world.passesUdp = (nowMs) => nowMs > cutMs + 30_000;
      world.runUntil(cutMs + LIVENESS.silenceMs + 2_000);
      expect(both(world).map(({ machine }) => machine.selected?.transport)).toEqual(["tcp", "tcp"]);
      expect(both(world).flatMap(({ reachable }) => reachable)).toEqual([]);
      world.runUntil(cutMs + 150_000);
      expect(both(world).map(({ machine }) => machine.selected?.transport)).toEqual(["udp", "udp"]);
    }
  });

  test("UDP that took over late and dies gives the line back to the connection that it began with", () => {
    for (const seed of SEEDS) {
      const world = meetTwice({}, {}, seed);
      let closesMs = Infinity;
      world.passesUdp = (nowMs) => nowMs >= 3_000 && nowMs < closesMs;
      connect(world);
      world.runUntil(20_000);
      closesMs = 20_000;
      world.runUntil(20_000 + LIVENESS.silenceMs + 2_000);
      for (const { moves, reachable } of both(world)) {
        expect(moves.map(({ transport }) => transport)).toEqual(["tcp", "udp", "tcp"]);
        expect(reachable).toEqual([]);
      }
    }
  });

  test("bulk over a short path takes TCP, stays there in pauses, and goes back a minute after it has ended", () => {
    for (const seed of SEEDS) {
      const world = meetTwice({ delayMs: 0.1 }, { delayMs: 0.1 }, seed);
      const isBusy = (nowMs: number): boolean =>
        (nowMs > 5_000 && nowMs < 60_000) || (nowMs > 90_000 && nowMs < 120_000);
      let [deliveredBytes, lastMs] = [0, 0];
      world.load = (nowMs) => {
        if (isBusy(nowMs)) deliveredBytes += 100_000 * (nowMs - lastMs);
        lastMs = nowMs;
        return { deliveredBytes, minRttMs: 0.4 };
      };
      connect(world);
      world.runUntil(400_000);
      for (const { moves, reachable } of both(world)) {
        expect(moves.map(({ transport }) => transport)).toEqual(["udp", "tcp", "udp"]);
        expect(moves[1]?.atMs).toBeLessThan(8_000);
        expect(moves[2]?.atMs).toBeGreaterThan(120_000 + MOVE_PAUSE_MS - RATE_WINDOW_MS * 2);
        expect(reachable).toEqual([]);
      }
    }
  });

  test("files to a neighbour take TCP before they have begun, and stay there in pauses", () => {
    for (const seed of SEEDS) {
      const world = meetTwice({ delayMs: 2 }, { delayMs: 1 }, seed);
      world.areNeighbours = true;
      const sent = { bytes: 0, rate: 0, lastMs: 0 };
      world.load = (nowMs) => {
        sent.bytes += sent.rate * (nowMs - sent.lastMs);
        sent.lastMs = nowMs;
        return { deliveredBytes: sent.bytes, minRttMs: 6 };
      };
      /** Files leave for so long. */
      const send = (fromMs: number, untilMs: number): void => {
        world.runUntil(fromMs);
        for (const agent of both(world)) agent.expectFiles(1e9);
        sent.rate = 100_000;
        world.runUntil(untilMs);
        for (const agent of both(world)) agent.expectFiles(0);
        sent.rate = 0;
      };
      connect(world);
      send(5_000, 30_000);
      send(40_000, 70_000);
      world.runUntil(200_000);
      for (const { moves, reachable } of both(world)) {
        expect(moves.map(({ transport }) => transport)).toEqual(["udp", "tcp", "udp"]);
        expect(moves[1]?.atMs).toBe(5_000);
        expect(moves[2]?.atMs).toBeGreaterThan(70_000 + MOVE_PAUSE_MS - RATE_WINDOW_MS * 2);
        expect(reachable).toEqual([]);
      }
    }
  });

  test("a path that loses a third makes nobody move more than twice in a minute", () => {
    for (const seed of SEEDS) {
      const world = connect(meetTwice({ loss: 0.1 }, { loss: 0.1 }, seed));
      world.runUntil(600_000);
      for (const { moves } of both(world)) {
        const byMinute = moves
          .slice(1)
          .map(({ atMs }) => moves.filter((one) => one.atMs >= atMs && one.atMs < atMs + 60_000));
        // What a search selects is no move.
        for (const minute of byMinute) expect(minute.filter(({ isMove }) => isMove).length).toBeLessThanOrEqual(2);
      }
    }
  });

  test("where UDP is blocked for ever, few packets go on asking for it", () => {
    const world = meetTwice();
    world.passesUdp = () => false;
    settled(world);
    world.runUntil(120_000);
    const before = both(world).map(({ packetsOfChecks }) => packetsOfChecks);
    world.runUntil(720_000);
    for (const [index, { packetsOfChecks }] of both(world).entries()) {
      // A check of four packets for each pair in half a minute, and the one that it makes the other side begin.
      expect((packetsOfChecks - (before[index] ?? 0)) / 600).toBeLessThan(1);
    }
  });
});

test("whatever happens, a side begins no more than 20 checks a second and sends no more than 80 packets", () => {
  for (const seed of SEEDS) {
    const world = meet({ nat: "symmetric", hasIpv6: true }, { nat: "symmetric", mapsPorts: true }, seed);
    world.start();
    let before = [0, 0];
    for (let second = 1; second <= 60; second += 1) {
      world.runUntil(second * 1_000);
      const now = both(world).map(({ packetsOfChecks }) => packetsOfChecks);
      for (const [index, count] of now.entries()) expect(count - (before[index] ?? 0)).toBeLessThanOrEqual(80);
      before = now;
    }
  }
});
