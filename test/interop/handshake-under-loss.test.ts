// Connecting over a bad network: both sides verify each other, and a channel opens, whatever is lost. How soon what is lost
// is sent again is held by test/unit/rtc/dtls/flight-sender.test.ts, where no time passes by itself. Reduced counts here, the full
// ones with P2P_TEST_LONG=1.
import { describe, test } from "vitest";
import { closeSides, startSides } from "../support/dtls-sides.ts";
import { until } from "../support/processes.ts";
import { scaled } from "../support/scale.ts";
import { GuardedPeer, introduceOver } from "../support/talking-peers.ts";
import type { RelayConditions } from "../support/udp-relay.ts";

/** Only what hangs takes so long. */
const LIMIT_MS = 300_000;
const AT_ONCE = 10;

/** Resolves when both sides are through. */
async function shakeHands(conditions: RelayConditions): Promise<void> {
  const sides = await startSides(conditions);
  try {
    await Promise.all([sides.a.connected, sides.b.connected]);
  } finally {
    await closeSides(sides);
  }
}

/** Resolves when the answering side has the channel that the offering side opened. */
async function openFirstChannel(conditions: RelayConditions): Promise<void> {
  const [offerer, answerer] = await Promise.all([GuardedPeer.create(), GuardedPeer.create()]);
  const relay = await introduceOver(offerer, answerer, undefined, undefined, conditions);
  try {
    await until(() => answerer.isOpen, "the channel is open", LIMIT_MS);
  } finally {
    await Promise.all([offerer.close(), answerer.close()]);
    relay.close();
  }
}

describe.concurrent.each([
  ["handshake of ICE and DTLS, both Finished verified", shakeHands],
  ["the same, until the first channel opens", openFirstChannel],
] as const)("%s", (_, one) => {
  test.each([
    { loss: 0.1, count: scaled(20, 200) },
    { loss: 0.2, count: scaled(10, 50) },
  ])(
    "each of $count at $loss loss each way",
    async ({ loss, count }) => {
      for (let first = 1; first <= count; first += AT_ONCE) {
        const seeds = Array.from({ length: Math.min(AT_ONCE, count + 1 - first) }, (_each, index) => first + index);
        await Promise.all(seeds.map((seed) => one({ loss, delayMs: 5, seed })));
      }
    },
    LIMIT_MS,
  );

  test.each([700, 1_200, 2_500])(
    "at a round trip of %i ms",
    async (rttMs) => {
      await one({ loss: 0, delayMs: rttMs / 2, seed: 1 });
    },
    LIMIT_MS,
  );
});
