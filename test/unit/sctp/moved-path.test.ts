// An association whose packets take another path while the one before still carries what is in flight there: nothing of
// that goes twice, nothing waits for it, and what arrives late is neither a loss nor a measure of the new path.
import { describe, expect, test } from "vitest";
import { SctpPair } from "../../support/sctp-pair.ts";

const ETHERNET = { maxPacketBytes: 1_435, maxForeignPacketBytes: 1_435 };
const OVER_TCP = { maxPacketBytes: 16_384, maxForeignPacketBytes: 1_435, isStream: true };
const TO_UDP = { rttMs: 20, ...ETHERNET, isOneMachine: false, isStream: false };
const TO_TCP = { rttMs: 20, ...OVER_TCP, isOneMachine: false };

const received = (pair: SctpPair): number => pair.of("b", "message").reduce((sum, { data }) => sum + data.length, 0);
const retransmitted = (pair: SctpPair): number => pair.a.metrics()?.chunksRetransmitted ?? 0;

/** Two sides over a path, and a way to move them to another one that is faster or slower. */
class Moving {
  readonly pair: SctpPair;
  #delayMs: number;

  constructor(from: typeof OVER_TCP | typeof ETHERNET, delayMs: number) {
    this.#delayMs = delayMs;
    this.pair = new SctpPair({ a: { congestion: "bbr", ...from }, b: { congestion: "bbr", ...from } });
    this.pair.delaysMs = () => [this.#delayMs];
    this.pair.connect();
    for (let count = 0; count < 40; count += 1) this.pair.send("a", 1, new Uint8Array(100_000).fill(count));
    this.pair.run(10_000, () => received(this.pair) > 1_000_000);
  }

  /** Both directions take the other path. */
  move(to: typeof TO_UDP | typeof TO_TCP, delayMs: number): this {
    this.pair.a.handleMoved(to, this.pair.nowMs);
    this.pair.b.handleMoved(to, this.pair.nowMs);
    this.#delayMs = delayMs;
    return this;
  }
}

function isComplete({ pair }: Moving): boolean {
  const first = pair.of("b", "message").flatMap(({ streamId, data }) => (streamId === 1 ? [data[0]] : []));
  expect(first).toEqual(Array.from({ length: 40 }, (_, count) => count));
  return pair.a.isDrained;
}

describe.each([
  ["from a slow TCP path to a fast UDP one", OVER_TCP, 200, TO_UDP, 10],
  ["from a fast UDP path to a slow TCP one", ETHERNET, 10, TO_TCP, 60],
  ["between two that are alike", ETHERNET, 20, TO_TCP, 20],
] as const)("%s", (_name, from, beforeMs, to, afterMs) => {
  test("nothing goes twice, and everything arrives", () => {
    const moving = new Moving(from, beforeMs);
    const { pair } = moving;
    const before = retransmitted(pair);
    expect(pair.a.metrics()?.inflightBytes).toBeGreaterThan(0);
    moving.move(to, afterMs);
    expect(pair.a.metrics()).toMatchObject({ inflightBytes: 0, packetBytes: 1_191 });
    pair.run(30_000, () => received(pair) === 4_000_000);
    pair.run(5_000);
    expect(retransmitted(pair) - before).toBe(0);
    expect(isComplete(moving)).toBe(true);
  });

  test("a text that is written just then does not wait for what is in flight", () => {
    const moving = new Moving(from, beforeMs);
    const { pair } = moving;
    moving.move(to, afterMs);
    pair.send("a", 2, new Uint8Array(100).fill(1));
    const tookMs = pair.run(10_000, () => pair.of("b", "message").some(({ streamId }) => streamId === 2));
    expect(tookMs).toBeLessThan(250);
  });

  test("the round trips of the path before are none of the new one", () => {
    const moving = new Moving(from, beforeMs).move(to, afterMs);
    moving.pair.run(30_000, () => received(moving.pair) === 4_000_000);
    const srttMs = moving.pair.a.metrics()?.srttMs ?? 0;
    expect(srttMs).toBeGreaterThan(afterMs);
    expect(srttMs).toBeLessThan(2 * afterMs + 40);
  });
});

test("the size of packets follows the path: found by a probe on TCP, and small at once on the way back", () => {
  const moving = new Moving(ETHERNET, 10).move(TO_TCP, 10);
  moving.pair.run(1_000);
  expect(moving.pair.a.metrics()?.packetBytes).toBe(16_384);
  moving.move(TO_UDP, 10);
  const before = moving.pair.sent.length;
  moving.pair.send("a", 1, new Uint8Array(200_000).fill(40));
  moving.pair.run(5_000, () => moving.pair.a.isDrained);
  const largest = Math.max(...moving.pair.sent.slice(before).map(({ bytes }) => bytes.length));
  expect(largest).toBeLessThanOrEqual(1_435);
});

test("what the path before never delivers is sent again by the new one, within two seconds", () => {
  const moving = new Moving(OVER_TCP, 100);
  const { pair } = moving;
  // What is on its way is stuck in a connection that carries nothing any more.
  const dropped = pair.dropFlights("b");
  expect(dropped).toBeGreaterThan(0);
  moving.move(TO_UDP, 10);
  const tookMs = pair.run(30_000, () => received(pair) === 4_000_000);
  expect(tookMs).toBeLessThan(3_000);
  pair.run(1_000);
  expect(isComplete(moving)).toBe(true);
});

test("moves in quick succession lose nothing and end in rest", () => {
  const moving = new Moving(ETHERNET, 10);
  const { pair } = moving;
  for (let count = 1; count <= 6; count += 1) {
    pair.run(10_000, () => received(pair) > 1_000_000 + count * 400_000);
    if (count % 2 === 1) moving.move(TO_TCP, 30);
    else moving.move(TO_UDP, 10);
  }
  pair.run(30_000, () => received(pair) === 4_000_000);
  pair.run(5_000);
  expect(isComplete(moving)).toBe(true);
  expect(pair.b.isDrained).toBe(true);
});

test("before there is anybody at the other end it does nothing", () => {
  const pair = new SctpPair();
  pair.a.handleMoved(TO_TCP, pair.nowMs);
  pair.connect();
  expect(pair.events.a).toMatchObject([{ type: "established" }]);
});
