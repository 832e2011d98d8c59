// ICE and DTLS over a bad network: how long until both sides have verified each other. Reduced counts here, the
// full ones with P2P_TEST_LONG=1.
import { describe, expect, test } from "vitest";
import type { SessionDescription } from "../../src/exchange/description.ts";
import { createCertificate } from "../../src/rtc/certificate.ts";
import { DtlsPort } from "../../src/rtc/dtls/dtls-port.ts";
import { IceAgent } from "../../src/rtc/ice/agent.ts";
import { scaled } from "../support/scale.ts";
import { type Endpoint, type RelayConditions, UdpRelay } from "../support/udp-relay.ts";

async function openSide() {
  const [agent, certificate] = await Promise.all([
    IceAgent.gather({
      bind: ["127.0.0.1"],
      stunServers: [],
      turnServers: [],
      legacySdp: false,
      onNotice: () => {},
      onLateCandidate: () => {},
    }),
    createCertificate(),
  ]);
  return { agent, certificate };
}

type Side = Awaited<ReturnType<typeof openSide>>;

function endpointOf({ agent }: Side): Endpoint {
  const [candidate] = agent.candidates;
  if (candidate === undefined) throw new Error("no candidate");
  return candidate;
}

function describeAt(side: Side, seen: Endpoint): SessionDescription {
  const { agent, certificate } = side;
  return {
    type: "offer",
    form: "modern",
    mid: "data",
    iceUfrag: agent.iceUfrag,
    icePwd: agent.icePwd,
    iceLite: false,
    fingerprints: [certificate.fingerprint],
    setup: "actpass",
    sctpPort: 5_000,
    maxMessageSize: 65_536,
    candidates: agent.candidates.map((candidate) => ({ ...candidate, address: seen.address, port: seen.port })),
  };
}

function secure(
  side: Side,
  remote: SessionDescription,
  role: "client" | "server",
): { done: Promise<void>; port: DtlsPort } {
  let port: DtlsPort | undefined;
  const done = new Promise<void>((resolve, reject) => {
    port = new DtlsPort({
      role,
      certificate: side.certificate,
      remoteFingerprints: remote.fingerprints,
      send: (datagram) => {
        side.agent.send(datagram);
      },
      onConnected: resolve,
      onData: () => {},
      onEnded: reject,
    });
  });
  const { agent } = side;
  if (port === undefined) throw new Error("no port");
  const opened = port;
  agent.events = {
    onConnected: () => {
      opened.start();
    },
    onData: (datagram) => {
      opened.handle(datagram);
    },
    onConsentLost: () => {},
  };
  agent.start(remote, role === "server");
  return { done, port };
}

/** @returns milliseconds until both sides were through */
async function handshakeMs(conditions: RelayConditions): Promise<number> {
  const [a, b] = await Promise.all([openSide(), openSide()]);
  const { relay, aSeenByB, bSeenByA } = await UdpRelay.open(endpointOf(a), endpointOf(b), conditions);
  const startedMs = performance.now();
  const server = secure(a, describeAt(b, bSeenByA), "server");
  const client = secure(b, describeAt(a, aSeenByB), "client");
  try {
    await Promise.all([server.done, client.done]);
    return performance.now() - startedMs;
  } finally {
    for (const { port } of [server, client]) port.close();
    relay.close();
    await Promise.all([a.agent.close(), b.agent.close()]);
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
