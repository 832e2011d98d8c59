// The simulator, with an engine too small to be wrong in interesting ways: what a link does to datagrams, how a side
// drives its engine, and that every mistake of an engine is found and told with its seed.
import { expect, test } from "vitest";
import type { Engine } from "../../src/sctp/engine.ts";
import { seededRandom } from "../support/seeded-random.ts";
import { randomScenario } from "../support/sim/conditions.ts";
import { writeChecksum } from "../support/sim/crc32c.ts";
import { CLEAN_LINK, type Link, type LinkConditions } from "../support/sim/link.ts";
import type { Packet } from "../support/sim/packet.ts";
import { CLEAN_PATH, connect, makePath, symmetricPath } from "../support/sim/pair.ts";
import { Simulation } from "../support/sim/simulation.ts";
import { Talk, type TalkOptions } from "../support/sim/talk.ts";
import { ToyEngine, type ToyOptions } from "../support/sim/toy-engine.ts";
import { bulk } from "../support/sim/traffic.ts";
import { VirtualTime } from "../support/sim/virtual-time.ts";

function toy(options: Partial<ToyOptions> = {}): ToyEngine {
  return new ToyEngine({ initialTsn: 2 ** 32 - 50, windowPackets: 64, rtoMs: 500, ...options });
}

function talk(options: Partial<TalkOptions<ToyEngine>> & { mistake?: ToyOptions["mistake"] } = {}): Talk<ToyEngine> {
  const { mistake, ...rest } = options;
  const b = toy(mistake === undefined ? {} : { mistake });
  return new Talk({ seed: 1, conditions: CLEAN_PATH, a: toy(), b, aSends: bulk(500_000), bSends: [], ...rest });
}

/** A sink behind one link, and what came out of it when. */
function lonelyLink(conditions: Partial<LinkConditions>) {
  const simulation = new Simulation(7);
  const link = simulation.link("→", { ...CLEAN_LINK, overheadBytes: 0, ...conditions });
  const arrivals: { index: number; atMs: number; packet: Packet }[] = [];
  const receive = (packet: Packet) => {
    arrivals.push({ index: (packet.bytes[0] ?? 0) * 256 + (packet.bytes[1] ?? 0), atMs: simulation.nowMs, packet });
  };
  const send = (index: number, bytes = 1000) => {
    const datagram = new Uint8Array(bytes);
    datagram.set([index >> 8, index & 255]);
    writeChecksum(datagram);
    link.send(datagram, { receive });
  };
  return { simulation, link, arrivals, send };
}

/** Sends `count` datagrams of 1,000 bytes, one a millisecond. */
function sendMany(many: { simulation: Simulation; link: Link; send: (index: number) => void }, count: number): void {
  for (let index = 0; index < count; index += 1) {
    many.simulation.at(index, () => {
      many.send(index);
    });
  }
  many.simulation.runTo(count + 10_000);
}

test("tasks run in the order of their times, and of their scheduling when those are equal", () => {
  const time = new VirtualTime();
  const random = seededRandom(3);
  const ran: number[] = [];
  const expected: { atMs: number; index: number }[] = [];
  for (let index = 0; index < 500; index += 1) {
    const atMs = Math.floor(50 * random());
    expected.push({ atMs, index });
    time.schedule(atMs, { run: () => ran.push(index) });
  }
  while (time.step());
  expected.sort((left, right) => left.atMs - right.atMs || left.index - right.index);
  expect(ran).toEqual(expected.map(({ index }) => index));
  expect(() => {
    time.schedule(0, { run: () => undefined });
  }).toThrow(RangeError);
});

test("a bottleneck sends at its rate, then the wire delays", () => {
  const { simulation, link, arrivals, send } = lonelyLink({ rate: 100, delayMs: 20 });
  for (let index = 0; index < 3; index += 1) send(index);
  simulation.runTo(15);
  link.restartQueueMeasure();
  simulation.runTo(1000);
  expect(arrivals.map(({ atMs }) => atMs)).toEqual([30, 40, 50]);
  // 2,000 bytes for 5 ms, then 1,000 for 10, of 985.
  expect(link.meanQueueMs).toBeCloseTo((20 * 5 + 10 * 10) / 985, 9);
});

test("a queue drops what does not fit, and a new rate counts from the next datagram on", () => {
  const { simulation, link, arrivals, send } = lonelyLink({
    rate: 100,
    queueBytes: 3500,
    changes: [{ atMs: 5, rate: 50 }],
  });
  for (let index = 0; index < 5; index += 1) send(index);
  simulation.runTo(1000);
  expect(arrivals.map(({ index, atMs }) => [index, atMs])).toEqual([
    [0, 10],
    [1, 30],
    [2, 50],
  ]);
  expect(link.counts.queueDrops).toBe(2);
});

test("a policer lets a burst pass, then its rate", () => {
  const many = lonelyLink({ policer: { rate: 100, burstBytes: 5_000 } });
  sendMany(many, 1_000);
  expect(many.arrivals.slice(0, 5).map(({ index }) => index)).toEqual([0, 1, 2, 3, 4]);
  // 5,000 bytes and 100 in each of 999 ms.
  expect(many.arrivals).toHaveLength(104);
  expect(many.link.counts.policed).toBe(896);
});

test("loss, duplicates and damage come as often as asked", () => {
  const many = lonelyLink({ loss: 0.05, duplicate: 0.1, corrupt: 0.02 });
  sendMany(many, 20_000);
  const { counts } = many.link;
  expect(counts.lost / 20_000).toBeCloseTo(0.05, 2);
  expect(counts.duplicated / counts.delivered).toBeCloseTo(0.1, 1);
  expect(counts.corrupted / counts.delivered).toBeCloseTo(0.02, 2);
  expect(many.arrivals).toHaveLength(counts.delivered + counts.duplicated);
});

test("bursts lose datagrams one after the other", () => {
  const many = lonelyLink({ burst: { goodMs: 100, badMs: 5, loss: 1 } });
  sendMany(many, 20_000);
  const lost = 20_000 - many.arrivals.length;
  const runs = many.arrivals.filter(({ index }, at) => index !== (many.arrivals[at - 1]?.index ?? -1) + 1).length;
  expect(lost / 20_000).toBeGreaterThan(0.03);
  expect(lost / runs).toBeGreaterThan(3);
});

test("jitter keeps the order, reordering does not", () => {
  const indexes = (conditions: Partial<LinkConditions>) => {
    const many = lonelyLink(conditions);
    sendMany(many, 1000);
    return many.arrivals.map(({ index }) => index);
  };
  const order = Array.from({ length: 1000 }, (_, index) => index);
  expect(indexes({ delayMs: 5, jitterMs: 50 })).toEqual(order);
  const reordered = indexes({ delayMs: 5, reorder: { probability: 0.1, extraMs: 20 } });
  expect(reordered).not.toEqual(order);
  expect(reordered.toSorted((left, right) => left - right)).toEqual(order);
});

test("outages, a smaller MTU and a filter swallow what they are meant to", () => {
  const many = lonelyLink({
    outages: [{ fromMs: 100, toMs: 200 }],
    changes: [{ atMs: 500, mtuBytes: 999 }],
  });
  many.link.filter = (bytes) => bytes[1] !== 7;
  sendMany(many, 600);
  const missing = Array.from({ length: 600 }, (_, index) => index).filter(
    (index) => !many.arrivals.some((arrival) => arrival.index === index),
  );
  const outage = Array.from({ length: 100 }, (_, index) => 100 + index);
  const tooLarge = Array.from({ length: 100 }, (_, index) => 500 + index);
  expect(missing).toEqual([7, ...outage, 256 + 7, ...tooLarge]);
});

/** Notes when it is called, and asks to be called again at given times. */
class Metronome implements Engine<never> {
  readonly beats: number[] = [];
  readonly heard: number[] = [];
  deadlineMs = 10;

  handle(_input: Uint8Array, nowMs: number): void {
    this.heard.push(nowMs);
  }

  advance(nowMs: number): void {
    this.beats.push(nowMs);
    this.deadlineMs = nowMs + 10;
  }

  pollTransmit(): number {
    return 0;
  }

  pollEvent(): undefined {
    return undefined;
  }

  nextDeadlineMs(): number {
    return this.deadlineMs;
  }
}

test("timers are exact or somewhat late, and a stall holds back timers and datagrams", () => {
  const run = (timerLatenessMs: number) => {
    const side = () => ({ engine: new Metronome(), onEvent: () => undefined });
    const path = makePath(5, CLEAN_PATH);
    const pair = connect<Metronome, Metronome, never>(path, { stalls: undefined, timerLatenessMs }, side(), side());
    for (const driven of [pair.a, pair.b]) driven.change(() => undefined);
    pair.simulation.at(95, () => {
      pair.a.stall(40);
    });
    pair.simulation.at(100, () => {
      for (let index = 0; index < 250; index += 1) pair.bToA.send(new Uint8Array(50), pair.a);
    });
    // What the application does in the meantime waits too, and does not hold up what waits in the socket.
    pair.a.at(110, () => undefined);
    pair.simulation.runTo(200);
    return pair;
  };
  const exact = run(0);
  expect(exact.a.engine.beats).toEqual([10, 20, 30, 40, 50, 60, 70, 80, 90, 135, 145, 155, 165, 175, 185, 195]);
  expect(exact.a.engine.heard).toEqual(Array.from({ length: 200 }, () => 135));
  expect(exact.a.bufferDrops).toBe(50);
  const late = run(1.2).b.engine.beats;
  const lateness = late.map((atMs, index) => atMs - (late[index - 1] ?? 0) - 10);
  expect(Math.min(...lateness)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...lateness)).toBeGreaterThan(0.6);
  expect(Math.max(...lateness)).toBeLessThanOrEqual(1.2);
});

test("a toy carries its messages over a bad path, the same way for the same seed", () => {
  const conditions = symmetricPath(
    { rate: 1000, delayMs: 10, loss: 0.02, duplicate: 0.02, corrupt: 0.01, queueBytes: 100_000 },
    { timerLatenessMs: 1.2, stalls: { everyMs: 500, leastMs: 5, mostMs: 200 } },
  );
  const run = (seed: number) => {
    const finished = talk({ seed, conditions, bSends: bulk(100_000, 10_000, 2) }).finish(600_000);
    return [finished.pair.simulation.nowMs, finished.pair.aToB.counts];
  };
  expect(run(11)).toEqual(run(11));
  expect(run(11)).not.toEqual(run(12));
});

test("a failure tells seed, conditions and the last packets", () => {
  const conditions = symmetricPath({ delayMs: 3, outages: [{ fromMs: 20, toMs: Infinity }] });
  const failing = () => talk({ seed: 4321, conditions, aSends: bulk(1_000_000) }).finish(60_000);
  expect(failing).toThrow(/^stall: not all delivered/);
  expect(failing).toThrow(/seed 4321, conditions .*"delayMs":3.*"toMs":"Infinity"/);
  expect(failing).toThrow(/ {2}a→b {2}outage +1188 B: DATA tsn=\d+ sid=1 ssn=0 ppid=5[13] /);
});

test.each([
  ["corrupts", /b received: message 0 of stream 1 \(65536 B\) has other bytes than were sent/],
  ["repeats", /b received: message 1 of stream 1 \(65536 B\) (has other bytes|was never sent|has PPID)/],
  ["always-due", /b stays due at 0/],
  ["throws", /thrown: Error: toy mistake/],
] as const)("an engine that %s is found", (mistake, message) => {
  expect(() => talk({ mistake }).finish(60_000)).toThrow(message);
});

test("an engine that never repeats is found", () => {
  const conditions = symmetricPath({ delayMs: 1, loss: 0.1 });
  const options = { conditions, a: toy({ mistake: "never-repeats" }), b: toy({ mistake: "never-repeats" }) };
  expect(() => talk(options).finish(60_000)).toThrow(/^stall: /);
});

test("what `inspect` says ends the run", () => {
  expect(() => talk({ inspect: () => "too fat" }).finish(60_000)).toThrow(/^a: too fat/);
});

test("random scenarios differ, stay in their ranges, and a toy gets through the slowest parts of them", () => {
  const scenarios = Array.from({ length: 300 }, (_, seed) => randomScenario(seed));
  expect(new Set(scenarios.map(({ path }) => path.aToB.delayMs)).size).toBe(300);
  for (const { path, a, b } of scenarios) {
    expect(path.aToB.delayMs).toBeGreaterThanOrEqual(0.1);
    expect(path.aToB.delayMs).toBeLessThanOrEqual(300);
    expect(path.aToB.rate).toBeGreaterThanOrEqual(10);
    expect(path.bToA.loss).toBeLessThanOrEqual(0.05);
    for (const { initialTsn, sends } of [a, b]) {
      expect(initialTsn).toBeLessThan(2 ** 32);
      expect(sends.every(({ bytes }) => bytes >= 1 && bytes <= 262_144)).toBe(true);
    }
  }
  for (const { seed, path, a, b } of scenarios.slice(0, 30)) {
    const engine = (initialTsn: number) => toy({ initialTsn, windowPackets: 20, rtoMs: 2_000 });
    const sends = (end: typeof a) => end.sends.slice(0, 20).map((message) => ({ ...message, isUnordered: false }));
    talk({
      seed,
      conditions: path,
      a: engine(1),
      b: engine(1),
      aSends: sends(a),
      bSends: sends(b),
      startAtMs: { a: a.startAtMs, b: b.startAtMs },
    }).finish(36_000_000);
  }
});
