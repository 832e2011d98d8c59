// ICE and DTLS over a bad network: how long until both sides have verified each other. Reduced counts here, the
// full ones with P2P_TEST_LONG=1.
import { describe, expect, test } from "vitest";
import { closeSides, startSides } from "../support/dtls-sides.ts";
import { scaled } from "../support/scale.ts";
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

async function handshakesMs(count: number, conditions: RelayConditions): Promise<number[]> {
  const AT_ONCE = 10;
  const durations: number[] = [];
  for (let first = 0; first < count; first += AT_ONCE) {
    const seeds = Array.from(
      { length: Math.min(AT_ONCE, count - first) },
      (_, index) => conditions.seed + first + index,
    );
    durations.push(...(await Promise.all(seeds.map((seed) => handshakeMs({ ...conditions, seed })))));
  }
  return durations;
}

describe("handshake of ICE and DTLS, both Finished verified", () => {
  test.each([
    { loss: 0.1, count: scaled(20, 200), limitMs: 10_000 },
    { loss: 0.2, count: scaled(10, 50), limitMs: 20_000 },
  ])(
    "every one of $count at $loss loss each way",
    async ({ loss, count, limitMs }) => {
      const durations = await handshakesMs(count, { loss, delayMs: 5, seed: 1 });
      expect(durations.filter((ms) => ms > limitMs)).toEqual([]);
      expect(durations).toHaveLength(count);
    },
    300_000,
  );

  test.each([700, 1_200, 2_500])(
    "at a round trip of %i ms within 8 of them and 2 s",
    async (rttMs) => {
      expect(await handshakeMs({ loss: 0, delayMs: rttMs / 2, seed: 1 })).toBeLessThan(8 * rttMs + 2_000);
    },
    60_000,
  );
});
