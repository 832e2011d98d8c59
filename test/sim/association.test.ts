// Two associations on whatever path a seed makes, and on named ones: every message arrives once, whole and in order,
// and both sides come to rest. Virtual time; a failure tells its seed.
import { expect, test } from "vitest";
import { Ppid } from "../../src/sctp/port.ts";
import { scaled } from "../support/scale.ts";
import {
  ETHERNET_PACKET_BYTES,
  metricsOf,
  talkOfAssociations,
  talkOfScenario,
  talkToForeign,
} from "../support/sim/associations.ts";
import { randomScenario } from "../support/sim/conditions.ts";
import { DCSCTP, type ReceiverModel, USRSCTP } from "../support/sim/foreign-receiver.ts";
import type { LinkConditions } from "../support/sim/link.ts";
import { symmetricPath } from "../support/sim/pair.ts";
import { bulk, type PlannedMessage } from "../support/sim/traffic.ts";

const SEEDS = scaled(60, 2000);
const HOUR_MS = 3_600_000;

/** 100 Mbit/s, 50 ms, a queue of one round trip. */
const LONG_LINE: Partial<LinkConditions> = {
  rate: 12_500,
  delayMs: 25,
  queueBytes: 600_000,
  mtuBytes: ETHERNET_PACKET_BYTES,
};
const REORDER = { probability: 0.2, extraMs: 10 };

test.each(Array.from({ length: SEEDS }, (_, seed) => seed))("scenario %i", (seed) => {
  talkOfScenario(randomScenario(seed)).finish(HOUR_MS);
});

test.each([2 ** 32 - 100, 10 ** 9 - 100])("reordered TSNs from %i on", (initialTsn) => {
  const conditions = symmetricPath({ ...LONG_LINE, reorder: REORDER, loss: 0.01 });
  const sends = bulk(2_000_000);
  talkOfAssociations({ conditions, both: { initialTsn }, aSends: sends, bSends: sends }).finish(60_000);
});

test("stream sequence numbers wrap on each stream", () => {
  const conditions = symmetricPath({ ...LONG_LINE, reorder: REORDER, loss: 0.01 });
  const sends = Array.from({ length: 2000 }, (_, index) => message(index % 3, 200));
  talkOfAssociations({ conditions, both: { initialSsn: 65_400 }, aSends: sends, bSends: sends }).finish(60_000);
});

test("messages of one byte, and those that stand for empty ones", () => {
  const sends = Array.from({ length: 1000 }, (_, index) =>
    index % 2 === 0
      ? message(1, 1)
      : { ...message(1, 1), ppid: index % 4 === 1 ? Ppid.STRING_EMPTY : Ppid.BINARY_EMPTY },
  );
  const conditions = symmetricPath({ ...LONG_LINE, loss: 0.02 });
  talkOfAssociations({ conditions, aSends: sends, bSends: sends }).finish(60_000);
});

test.each(["bbr", "cubic"] as const)(
  "after an outage of 30 s %s goes on within 3 round trips and an RTO",
  (congestion) => {
    const outage = { fromMs: 2_000, toMs: 32_000 };
    const conditions = symmetricPath({ ...LONG_LINE, outages: [outage] });
    const talk = talkOfAssociations({ conditions, both: { congestion }, aSends: bulk(60_000_000) });
    const { simulation, a } = talk.pair;
    simulation.runTo(outage.toMs);
    const { rtoMs } = metricsOf(a.engine);
    const before = talk.fromA.receivedCount;
    const limitMs = outage.toMs + 3 * 50 + rtoMs;
    simulation.runUntil(() => talk.fromA.receivedCount > before, limitMs, "receiving again");
    talk.finish(limitMs + 60_000);
  },
);

test("a round trip of 600 ms", () => {
  const conditions = symmetricPath({ ...LONG_LINE, delayMs: 300, queueBytes: 2_000_000 });
  talkOfAssociations({ conditions, aSends: bulk(20_000_000) }).finish(60_000);
});

test("a receiver that reads nothing for 20 s closes its window and opens it again", () => {
  const conditions = symmetricPath(LONG_LINE);
  const receiveWindowBytes = 262_144;
  const talk = talkOfAssociations({ conditions, both: { receiveWindowBytes }, aSends: bulk(10_000_000) });
  const { simulation, a, b } = talk.pair;
  b.at(1_000, (engine) => {
    engine.pauseStream(1);
  });
  simulation.runTo(20_000);
  const before = talk.fromA.receivedCount;
  expect(metricsOf(b.engine).heldBytes).toBeGreaterThan(receiveWindowBytes / 2);
  expect(metricsOf(a.engine).peerWindowBytes).toBeLessThan(ETHERNET_PACKET_BYTES);
  simulation.runTo(21_000);
  expect(talk.fromA.receivedCount).toBe(before);
  b.change((engine) => {
    engine.resumeStream(1);
  });
  // What was held comes at once, new data a round trip later.
  const heldCount = Math.ceil(receiveWindowBytes / 65_536) + 1;
  simulation.runUntil(() => talk.fromA.receivedCount > before + heldCount, 21_300, "receiving again");
  talk.finish(60_000);
});

test.each(["bbr", "cubic"] as const)("SACKs that are lost for 3 s slow %s down no longer than that", (congestion) => {
  const conditions = symmetricPath(LONG_LINE);
  const bToA = { ...conditions.bToA, outages: [{ fromMs: 2_000, toMs: 5_000 }] };
  const talk = talkOfAssociations({
    conditions: { ...conditions, bToA },
    both: { congestion },
    aSends: bulk(60_000_000),
  });
  talk.finish(15_000);
  expect(metricsOf(talk.pair.a.engine).srttMs).toBeLessThan(200);
});

test.each(["bbr", "cubic"] as const)("bursts of loss with %s", (congestion) => {
  const conditions = symmetricPath({ ...LONG_LINE, burst: { goodMs: 200, badMs: 5, loss: 0.8 } });
  talkOfAssociations({ conditions, both: { congestion }, aSends: bulk(5_000_000) }).finish(HOUR_MS);
});

test("a path that carries only small packets from some moment on", () => {
  const conditions = symmetricPath({ ...LONG_LINE, changes: [{ atMs: 2_000, mtuBytes: 1_191 }] });
  const both = { maxPacketBytes: ETHERNET_PACKET_BYTES };
  const talk = talkOfAssociations({ conditions, both, aSends: bulk(40_000_000) });
  talk.pair.simulation.runTo(1_999);
  expect(metricsOf(talk.pair.a.engine).packetBytes).toBeGreaterThan(1_191);
  talk.finish(60_000);
  expect(metricsOf(talk.pair.a.engine).packetBytes).toBeLessThanOrEqual(1_191);
});

test("a stalled event loop does not send its arrears at once", () => {
  const stalls = { everyMs: 300, leastMs: 5, mostMs: 200 };
  const conditions = symmetricPath(LONG_LINE, { stalls, timerLatenessMs: 1.2 });
  const talk = talkOfAssociations({ conditions, aSends: bulk(20_000_000) }).finish(HOUR_MS);
  expect(talk.pair.a.largestBurst).toBeLessThanOrEqual(64);
});

test("a process that sleeps for two minutes goes on where it was", () => {
  const talk = talkOfAssociations({ conditions: symmetricPath(LONG_LINE), aSends: bulk(20_000_000) });
  talk.pair.simulation.at(1_000, () => {
    talk.pair.a.stall(120_000);
  });
  talk.finish(130_000);
});

test("pure reordering is not taken for loss", () => {
  // Within a quarter of the round trip, which RACK waits for. RFC 8985 §6.2.
  const conditions = symmetricPath({ ...LONG_LINE, reorder: { probability: 0.1, extraMs: 10 } });
  const talk = talkOfAssociations({ conditions, aSends: bulk(10_000_000) }).finish(60_000);
  const { timeouts, chunksRetransmitted } = metricsOf(talk.pair.a.engine);
  expect(timeouts).toBe(0);
  expect(chunksRetransmitted).toBeLessThanOrEqual(talk.pair.aToB.counts.queueDrops + 20);
});

test.each([10, 30])("what a SACK had no room for gives no round trip (reordered by %i ms)", (extraMs) => {
  // The overflowing queue drops every other packet: more gaps than a packet can report.
  const conditions = symmetricPath({ ...LONG_LINE, reorder: { probability: 0.1, extraMs } });
  const talk = talkOfAssociations({ conditions, both: { congestion: "cubic" }, aSends: bulk(20_000_000) });
  talk.finish(20_000);
  expect(metricsOf(talk.pair.a.engine).srttMs).toBeLessThan(200);
});

test.each([
  ["dcSCTP", DCSCTP, 5 * 2 ** 20, 0.02],
  ["usrsctp", USRSCTP, 262_144, 0.01],
  ["usrsctp", USRSCTP, 16 * 2 ** 20, 0.02],
] as const)("a receiver like %s (%o, window %i, loss %d)", (_name, model: ReceiverModel, receiveWindowBytes, loss) => {
  const conditions = symmetricPath({ ...LONG_LINE, loss });
  const sends = [...bulk(10_000_000), message(1, 1, 30_000)];
  // A seed in which no retransmission at the very end is lost: that one is left to the timeout (RFC 8985 §7.2).
  const talk = talkToForeign(model, { seed: 2, conditions, bOptions: { receiveWindowBytes }, aSends: sends });
  talk.finish(120_000);
  expect(metricsOf(talk.pair.a.engine).timeouts).toBe(0);
});

function message(streamId: number, bytes: number, atMs = 0): PlannedMessage {
  return { streamId, bytes, atMs, isUnordered: false };
}
