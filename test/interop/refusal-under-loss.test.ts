// A refused peer is told, also where datagrams are lost. RFC 6347 §4.2.7.
import { expect, onTestFinished, test } from "vitest";
import { closeSides, startSides } from "../support/dtls-sides.ts";
import { until } from "../support/processes.ts";
import { scaled } from "../support/scale.ts";
import { GuardedPeer, introduceOver } from "../support/talking-peers.ts";
import type { RelayConditions } from "../support/udp-relay.ts";

const ALERT = 21;
const LINES = scaled(12, 100);

/** The DTLS server is `a`. @returns how it ended, for `a` and `b` */
async function codesOfRefusal(conditions: RelayConditions, forged: "a" | "b"): Promise<string[]> {
  const sides = await startSides(conditions, forged);
  try {
    return await Promise.all([sides.a, sides.b].map(async ({ ended }) => (await ended)?.code ?? "closed"));
  } finally {
    await closeSides(sides);
  }
}

test("at 30 % loss each way both sides learn of it, whoever is not who it should be", async () => {
  const lines = await Promise.all(
    Array.from({ length: LINES }, async (_, seed) => {
      const isServerForged = seed % 2 === 0;
      const codes = await codesOfRefusal({ loss: 0.3, delayMs: 5, seed }, isServerForged ? "a" : "b");
      return isServerForged ? codes : codes.toReversed();
    }),
  );
  expect(lines).toEqual(lines.map(() => ["REFUSED_BY_PEER", "PEER_NOT_AUTHENTIC"]));
});

test("who refuses and closes at once still says it more than once", async () => {
  const [offerer, answerer] = await Promise.all([GuardedPeer.create(), GuardedPeer.create()]);
  const { fingerprints } = await answerer.offer();
  let lostAlerts = 0;
  const relay = await introduceOver(
    offerer,
    answerer,
    (opened) => {
      opened.onDatagram = (datagram) => {
        const isLost = datagram[0] === ALERT && lostAlerts < 2;
        if (isLost) lostAlerts += 1;
        return !isLost;
      };
    },
    (offer) => ({ ...offer, fingerprints }),
  );
  onTestFinished(async () => {
    await Promise.all([offerer.close(), answerer.close()]);
    relay.close();
  });
  await until(() => answerer.ended !== undefined, "the answerer refuses");
  await answerer.close();
  await until(() => offerer.ended !== undefined, "the offerer hears of it");
  expect([answerer.code, offerer.code, lostAlerts]).toEqual(["PEER_NOT_AUTHENTIC", "REFUSED_BY_PEER", 2]);
});
