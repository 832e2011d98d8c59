// A line over TCP to a neighbour: TCP repeats and shares by itself, so that what counts is that it always has something to
// send, and that a call beside it does not wait long behind that.
import { expect, test } from "vitest";
import { metricsOf, talkOfAssociations } from "../support/sim/associations.ts";
import { CLEAN_LINK } from "../support/sim/link.ts";
import { CLEAN_PATH, stallNowAndThen } from "../support/sim/pair.ts";
import { bulk } from "../support/sim/traffic.ts";

/** 1 Gbit/s, in bytes each millisecond. */
const RATE = 125_000;
/** One way. */
const DELAY_MS = 1;
const PACKET_BYTES = 16_384;
const PAYLOAD_PART = (PACKET_BYTES - 28) / (PACKET_BYTES + CLEAN_LINK.overheadBytes);
/** Of a call of 1 Mbit/s. */
const CALL_PACKET_BYTES = 1_200;
const CALL_EVERY_MS = 9.6;
const FROM_MS = 1_000;
const TO_MS = 12_000;

test("a sender that stands still for a moment keeps TCP busy meanwhile, and a call is not late", () => {
  const link = { ...CLEAN_LINK, rate: RATE, delayMs: DELAY_MS };
  const talk = talkOfAssociations({
    seed: 1,
    conditions: { ...CLEAN_PATH, aToB: link, bToA: link, timerLatenessMs: 1.2 },
    both: { isStream: true, maxPacketBytes: PACKET_BYTES, initialRttMs: 2 * DELAY_MS },
    aSends: bulk(RATE * TO_MS * 2),
    bufferBytes: 2 ** 22,
  });
  const { pair, fromA } = talk;
  stallNowAndThen(pair.simulation, pair.a, { everyMs: 100, leastMs: 4, mostMs: 12 });
  const delays: number[] = [];
  for (let atMs = FROM_MS; atMs < TO_MS; atMs += CALL_EVERY_MS) {
    pair.a.at(atMs, (association, nowMs) => {
      const receive = (): void => void delays.push(pair.simulation.nowMs - atMs);
      pair.aToB.send(new Uint8Array(CALL_PACKET_BYTES), { receive });
      association.noteBeside(CALL_PACKET_BYTES, nowMs);
    });
  }
  pair.simulation.runTo(FROM_MS);
  const earlyBytes = fromA.receivedBytes;
  pair.aToB.restartQueueMeasure();
  pair.simulation.runTo(TO_MS);
  const carriedBytes = fromA.receivedBytes - earlyBytes;
  expect(carriedBytes / (RATE * (TO_MS - FROM_MS) * PAYLOAD_PART)).toBeGreaterThan(0.99);
  expect(pair.aToB.meanQueueMs).toBeLessThan(40);
  expect(delays.length).toBeGreaterThan(1_000);
  expect(Math.max(...delays)).toBeLessThan(100);
  // The queue is let go of for a moment now and then, to see the path behind it.
  expect(metricsOf(pair.a.engine).congestion.minRttMs).toBeLessThan(2 * DELAY_MS + 2);
});
