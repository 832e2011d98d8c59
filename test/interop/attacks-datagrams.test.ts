// What anybody can throw at the port of a line, from a foreign address or in the peer's name: it is dropped, and
// the line lives. Some of it is shown to end a session of bare werift. RFC 6347 §4.1.2.7, RFC 7983.
import { X509Certificate } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { afterEach, describe, expect, test } from "vitest";
import { mayBeStun } from "../../src/guard/stun-message.ts";
import { DtlsForger, FORGERIES } from "../support/dtls-forger.ts";
import { until } from "../support/processes.ts";
import { scaled } from "../support/scale.ts";
import { seededRandom } from "../support/seeded-random.ts";
import { clientHello, HANDSHAKE_STRAYS, record, type Stray, STRAYS } from "../support/stray-datagrams.ts";
import {
  BarePeer,
  endpointOf,
  GuardedPeer,
  introduce,
  introduceOver,
  newCertificate,
  talk,
} from "../support/talking-peers.ts";
import type { Endpoint, UdpRelay } from "../support/udp-relay.ts";

const FORGER_SEEDS = scaled(3, 100);
/** Some thirty for each genuine datagram of a handshake. A flood may hold a line up while it lasts, and no longer. */
const FORGED_DATAGRAMS = 400;

const closers: (() => unknown)[] = [];

afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

async function guarded(): Promise<GuardedPeer> {
  const peer = await GuardedPeer.create();
  closers.push(() => peer.close());
  return peer;
}

async function stranger(): Promise<Socket> {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  closers.push(() => socket.close());
  return socket;
}

interface Line {
  offerer: GuardedPeer;
  answerer: GuardedPeer;
  relay: UdpRelay;
  /** From a foreign address to each side. */
  throwAt: (datagrams: readonly Buffer[]) => void;
}

/** The offerer is the DTLS server, on side `a` of the relay. */
async function line(prepare?: (relay: UdpRelay) => void): Promise<Line> {
  const [offerer, answerer, foreign] = await Promise.all([guarded(), guarded(), stranger()]);
  const ends: Endpoint[] = [offerer, answerer].map(({ rtc }) =>
    endpointOf(rtc.describe({ type: "offer", form: "modern", mid: "data", setup: "actpass" })),
  );
  const relay = await introduceOver(offerer, answerer, prepare);
  closers.push(() => relay.close());
  const throwAt = (datagrams: readonly Buffer[]): void => {
    for (const { address, port } of ends) for (const datagram of datagrams) foreign.send(datagram, port, address);
  };
  return { offerer, answerer, relay, throwAt };
}

function inThePeersName(relay: UdpRelay, datagrams: readonly Buffer[]): void {
  for (const side of ["a", "b"] as const) for (const datagram of datagrams) relay.send(datagram, side);
}

const ALL: readonly Stray[] = [...STRAYS, ...HANDSHAKE_STRAYS];

describe("against a line that stands", () => {
  // What was sent before a message of ours is also received before it: the line has seen it when the message arrives.
  test("strays from a foreign address", async () => {
    const { offerer, answerer, throwAt } = await line();
    await talk(offerer, answerer);
    for (const { datagrams } of ALL) {
      throwAt(datagrams());
      await talk(offerer, answerer);
    }
  });

  test.each(ALL.map(({ kind }) => kind))("in the peer's name: %s", async (kind) => {
    const { offerer, answerer, relay } = await line();
    await talk(offerer, answerer);
    inThePeersName(relay, ALL.find((stray) => stray.kind === kind)?.datagrams() ?? []);
    await talk(offerer, answerer);
    expect([offerer.ended, answerer.ended]).toEqual([undefined, undefined]);
  });
});

describe("against a line that is being made", () => {
  test("strays from a foreign address, before and during the handshake", async () => {
    let throwThem = (): void => {};
    const { offerer, answerer, throwAt } = await line((relay) => {
      relay.onDatagram = () => {
        throwThem();
        return true;
      };
    });
    throwThem = () => throwAt(STRAYS.flatMap(({ datagrams }) => datagrams()));
    throwAt(ALL.flatMap(({ datagrams }) => datagrams()));
    await talk(offerer, answerer);
  });

  test.each(ALL.map(({ kind }) => kind))("in the peer's name, beside each datagram of the peer: %s", async (kind) => {
    const stray = ALL.find((one) => one.kind === kind);
    const { offerer, answerer } = await line((relay) => {
      relay.onDatagram = (_, toward) => {
        for (const datagram of stray?.datagrams() ?? []) relay.send(datagram, toward);
        return true;
      };
    });
    await talk(offerer, answerer);
  });

  test("hellos of others in the client's name, before each datagram of the client", async () => {
    const { offerer, answerer } = await line((relay) => {
      relay.onDatagram = (datagram, toward) => {
        if (toward === "a" && datagram[0] === 22) relay.send(clientHello(), "a");
        return true;
      };
    });
    await talk(offerer, answerer);
  });

  test.each(Array.from({ length: FORGER_SEEDS }, (_, seed) => seed))(
    "damaged, old and made copies in either one's name, seed %i",
    async (seed) => {
      const random = seededRandom(seed);
      let sent = 0;
      const forger = new DtlsForger(random, new X509Certificate((await newCertificate()).certPem).raw);
      const { offerer, answerer } = await line((relay) => {
        relay.onDatagram = (datagram, toward) => {
          if (mayBeStun(datagram)) return true;
          const forged = forger.forge(datagram, toward === "a" ? "toServer" : "toClient", Object.values(FORGERIES));
          for (const one of forged) {
            if (sent >= FORGED_DATAGRAMS || random() >= 0.3) continue;
            sent += 1;
            relay.send(one, toward);
          }
          return true;
        };
      });
      await talk(offerer, answerer, 60_000);
      expect([offerer.ended, answerer.ended]).toEqual([undefined, undefined]);
    },
  );
});

describe("one datagram of a stranger against bare werift", () => {
  async function bareLine(): Promise<{ server: BarePeer; client: BarePeer; throwAt: (datagram: Buffer) => void }> {
    const [server, client, foreign] = [await BarePeer.create(), await BarePeer.create(), await stranger()];
    closers.push(
      () => server.close(),
      () => client.close(),
    );
    await introduce(server, client);
    await talk(server, client);
    const [candidate] = server.ice.localCandidates.filter(({ host }) => host === "127.0.0.1");
    return { server, client, throwAt: (datagram) => foreign.send(datagram, candidate?.port ?? 0, "127.0.0.1") };
  }

  test.each([
    ["an unknown content type", () => record(24, Buffer.alloc(0))],
    ["a plaintext close_notify", () => record(21, Buffer.of(1, 0))],
  ])("%s closes its DTLS", async (_, make) => {
    const { server, throwAt } = await bareLine();
    throwAt(make());
    await until(() => server.pc.dtlsTransports[0]?.state === "closed", "the session is over");
  });

  test("a ClientHello makes it forget its keys", async () => {
    const { server, throwAt } = await bareLine();
    throwAt(clientHello());
    await until(() => server.dtls?.connected === false && server.dtls.cipher.cipher === undefined, "the keys are gone");
  });
});
