// An association whose packets take another path: what was on its way goes again at once, and nothing that was learned
// of the path before counts. RFC 9260 §7.2.1.
import { describe, expect, test } from "vitest";
import { ChunkType } from "../../../src/sctp/packet/chunk-types.ts";
import { SctpPair } from "../../support/sctp-pair.ts";

const OUTAGE_MS = 60_000;
const ETHERNET = { maxPacketBytes: 1_435, maxForeignPacketBytes: 1_435 };
const LONG_WAY = { rttMs: 20, ...ETHERNET, isOneMachine: false, isStream: false };

/** What was cut for the path before may go in parts. */
const SENDS_DATA: readonly number[] = [ChunkType.DATA, ChunkType.DATA_PART];

function received(pair: SctpPair): number {
  return pair.events.b.reduce((sum, event) => sum + (event.type === "message" ? event.data.length : 0), 0);
}

/** Megabytes under way, and then nothing arrives any more for a minute. */
function interrupted(congestion: "bbr" | "cubic"): SctpPair {
  const pair = new SctpPair({ a: { congestion, ...ETHERNET }, b: { congestion, ...ETHERNET } }).connect();
  for (let count = 0; count < 20; count += 1) pair.send("a", 1, new Uint8Array(100_000).fill(count));
  pair.run(10_000, () => received(pair) > 300_000);
  pair.isLost = () => true;
  pair.run(OUTAGE_MS);
  expect(received(pair)).toBeLessThan(2_000_000);
  pair.isLost = () => false;
  return pair;
}

describe.each(["bbr", "cubic"] as const)("with %s", (congestion) => {
  test("data leaves at once, in either direction, and each message arrives once", () => {
    const pair = interrupted(congestion);
    const [sentBefore, atMs] = [pair.sent.length, pair.nowMs];
    for (const side of ["a", "b"] as const) pair[side].handleNewPath(LONG_WAY, atMs);
    pair.run(0);
    const first = pair.sent.slice(sentBefore);
    expect(
      first.filter(({ from, types }) => from === "a" && types.some((type) => SENDS_DATA.includes(type))),
    ).not.toEqual([]);
    expect(first.filter(({ from, types }) => from === "b" && types.includes(ChunkType.SACK))).not.toEqual([]);
    const tookMs = pair.run(30_000, () => received(pair) === 2_000_000);
    expect(tookMs).toBeLessThan(3_000);
    const messages = pair.events.b.flatMap((event) => (event.type === "message" ? [event.data[0]] : []));
    expect(messages).toEqual(Array.from({ length: 20 }, (_, count) => count));
  });

  test("what its size and its round trip are is found anew", () => {
    const pair = interrupted(congestion);
    pair.a.handleNewPath({ ...LONG_WAY, rttMs: 700, maxPacketBytes: 1_315, maxForeignPacketBytes: 1_315 }, pair.nowMs);
    expect(pair.a.metrics()).toMatchObject({ packetBytes: 1_191, srttMs: 700, inflightBytes: 0 });
    pair.b.handleNewPath(LONG_WAY, pair.nowMs);
    pair.run(30_000, () => received(pair) === 2_000_000);
    for (let count = 0; count < 20; count += 1) pair.send("a", 1, new Uint8Array(100_000));
    pair.run(30_000, () => received(pair) === 4_000_000);
    expect(pair.a.metrics()?.packetBytes).toBe(1_315);
    expect(pair.a.metrics()?.srttMs).toBeLessThan(100);
  });
});

test("a path that is changed while data flows loses nothing", () => {
  const pair = new SctpPair({ a: ETHERNET, b: ETHERNET }).connect();
  for (let count = 0; count < 20; count += 1) pair.send("a", 1, new Uint8Array(100_000).fill(count));
  for (let change = 1; change <= 10; change += 1) {
    pair.run(10_000, () => received(pair) >= change * 180_000);
    pair.a.handleNewPath(LONG_WAY, pair.nowMs);
    pair.b.handleNewPath(LONG_WAY, pair.nowMs);
  }
  pair.run(30_000, () => received(pair) === 2_000_000);
  expect(received(pair)).toBe(2_000_000);
  expect(pair.run(60_000)).toBeGreaterThan(0);
  expect([pair.a.isDrained, pair.b.isDrained]).toEqual([true, true]);
});

test("before there is anybody at the other end it does nothing", () => {
  const pair = new SctpPair();
  pair.a.handleNewPath(LONG_WAY, pair.nowMs);
  pair.connect();
  expect(pair.events.a).toMatchObject([{ type: "established" }]);
});
