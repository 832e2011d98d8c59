// Connecting over a bad network: how long until both sides have verified each other, and until a channel is open. Reduced counts here, the
// full ones with P2P_TEST_LONG=1.
import { describe, expect, test } from "vitest";
import { closeSides, startSides } from "../support/dtls-sides.ts";
import { until } from "../support/processes.ts";
import { scaled } from "../support/scale.ts";
import { GuardedPeer, introduceOver } from "../support/talking-peers.ts";
import type { RelayConditions } from "../support/udp-relay.ts";

/** @returns milliseconds until both sides were through */
async function handshakeMs(conditions: RelayConditions): Promise<number> {
  const startedMs = performance.now();
  const sides = await startSides(conditions);
  try {
    await Promise.all([sides.a.connected, sides.b.connected]);
    return performance.now() - startedMs;
  } finally {
    await closeSides(sides);
  }
}

/** @returns milliseconds until the answering side has the channel that the offering side opened */
async function firstChannelMs(conditions: RelayConditions): Promise<number> {
  const [offerer, answerer] = await Promise.all([GuardedPeer.create(), GuardedPeer.create()]);
  const startedMs = performance.now();
  const relay = await introduceOver(offerer, answerer, undefined, undefined, conditions);
  try {
    await until(() => answerer.isOpen, "the channel is open", 60_000);
    return performance.now() - startedMs;
  } finally {
    await Promise.all([offerer.close(), answerer.close()]);
    relay.close();
  }
}

async function eachMs(
  count: number,
  conditions: RelayConditions,
  one: (conditions: RelayConditions) => Promise<number>,
): Promise<number[]> {
  const AT_ONCE = 10;
  const durations: number[] = [];
  for (let first = 0; first < count; first += AT_ONCE) {
    const seeds = Array.from(
      { length: Math.min(AT_ONCE, count - first) },
      (_, index) => conditions.seed + first + index,
    );
    durations.push(...(await Promise.all(seeds.map((seed) => one({ ...conditions, seed })))));
  }
  return durations;
}

describe.concurrent.each([
  ["handshake of ICE and DTLS, both Finished verified", handshakeMs],
  ["the same, until the first channel opens", firstChannelMs],
] as const)("%s", (_, one) => {
  test.each([
    { loss: 0.1, count: scaled(20, 200), limitMs: 10_000 },
    { loss: 0.2, count: scaled(10, 50), limitMs: 20_000 },
  ])(
    "every one of $count at $loss loss each way",
    async ({ loss, count, limitMs }) => {
      const durations = await eachMs(count, { loss, delayMs: 5, seed: 1 }, one);
      expect(durations.filter((ms) => ms > limitMs)).toEqual([]);
      expect(durations).toHaveLength(count);
    },
    300_000,
  );

  test.each([700, 1_200, 2_500])(
    "at a round trip of %i ms within 8 of them and 2 s",
    async (rttMs) => {
      expect(await one({ loss: 0, delayMs: rttMs / 2, seed: 1 })).toBeLessThan(8 * rttMs + 2_000);
    },
    60_000,
  );
});
