// What the congestion controllers make of a known path: floors of goodput, the queue that they cause, and what two of
// them leave each other. Virtual time: the numbers are the same on every machine.
import { expect, test } from "vitest";
import { ETHERNET_PACKET_BYTES, talkOfAssociations } from "../support/sim/associations.ts";
import type { LinkConditions } from "../support/sim/link.ts";
import { makePath, symmetricPath } from "../support/sim/pair.ts";
import { bulk } from "../support/sim/traffic.ts";

const MEGABYTE = 1_000_000;

const LONG_LINE: Partial<LinkConditions> = {
  rate: 12_500,
  delayMs: 25,
  queueBytes: 600_000,
  mtuBytes: ETHERNET_PACKET_BYTES,
};

const LATE_TIMERS = { timerLatenessMs: 1.2 };

test.each([
  [0, 10],
  [0.001, 10],
  [0.01, 9.5],
  [0.02, 9],
] as const)("100 Mbit/s, 50 ms, loss %d: at least %d MB/s, and a short queue", (loss, floor) => {
  const conditions = symmetricPath({ ...LONG_LINE, loss }, LATE_TIMERS);
  const talk = talkOfAssociations({ conditions, aSends: bulk(100 * MEGABYTE) });
  const { simulation, aToB } = talk.pair;
  simulation.at(3_000, () => {
    aToB.restartQueueMeasure();
  });
  simulation.runUntil(() => talk.fromA.receivedBytes >= 40 * MEGABYTE, 20_000, "40 MB received");
  expect(talk.goodput / 1000).toBeGreaterThanOrEqual(floor);
  simulation.runTo(8_000);
  expect(aToB.meanQueueMs).toBeLessThan(20);
});

/** Bytes that flows of these controllers, started together on one bottleneck, received between 10 and 40 s. */
function share(bottleneck: Partial<LinkConditions>, controllers: readonly ("bbr" | "cubic")[]): number[] {
  const conditions = symmetricPath({ delayMs: 15, mtuBytes: ETHERNET_PACKET_BYTES, ...bottleneck }, LATE_TIMERS);
  const path = makePath(1, conditions);
  const talks = controllers.map((congestion, index) =>
    talkOfAssociations({ seed: 1 + index, conditions, path, both: { congestion }, aSends: bulk(200 * MEGABYTE) }),
  );
  path.simulation.runTo(10_000);
  const before = talks.map(({ fromA }) => fromA.receivedBytes);
  path.simulation.runTo(40_000);
  return talks.map(({ fromA }, index) => fromA.receivedBytes - (before[index] ?? 0));
}

function fractions(bytes: readonly number[]): number[] {
  const sum = bytes.reduce((total, part) => total + part, 0);
  return bytes.map((part) => part / sum);
}

test.each([
  [40_000, 0.3],
  [150_000, 0.3],
  [600_000, 0.3],
] as const)("in a queue of %i B CUBIC keeps at least %d beside BBR", (queueBytes, floor) => {
  const [bbr = 0, cubic = 0] = fractions(share({ rate: 2_500, queueBytes }, ["bbr", "cubic"]));
  expect(cubic).toBeGreaterThan(floor);
  expect(bbr).toBeGreaterThan(0.2);
});

test.each(["bbr", "cubic"] as const)("two flows of %s share a line", (congestion) => {
  const parts = share({ rate: 2_500, queueBytes: 150_000 }, [congestion, congestion]);
  expect(Math.min(...fractions(parts))).toBeGreaterThan(0.25);
  // 2.5 MB/s less headers.
  expect(parts.reduce((sum, part) => sum + part, 0)).toBeGreaterThan(0.85 * 2.5 * 30 * MEGABYTE);
});

test("CUBIC keeps its part beside BBR behind a policer with a small bucket", () => {
  const policer = { rate: 6_250, burstBytes: 30_000 };
  const [, cubic = 0] = fractions(share({ policer }, ["bbr", "cubic"]));
  expect(cubic).toBeGreaterThan(0.2);
});
