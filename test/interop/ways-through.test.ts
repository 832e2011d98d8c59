// What --relay-only and --port put into the file. Real sockets on loopback.
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { afterEach, describe, expect, test } from "vitest";
import type { NetworkOptions } from "../../src/index.ts";
import { IceAgent } from "../../src/rtc/ice/agent.ts";
import type { GatherEvent } from "../../src/rtc/ice/local-side.ts";
import { LOOPBACK, RelayServer, ROUTER, StunServer } from "../support/loopback-servers.ts";

const agents: IceAgent[] = [];
const events: GatherEvent[] = [];

afterEach(async () => {
  await Promise.all(agents.splice(0).map((agent) => agent.close()));
  events.length = 0;
});

async function gather(options: Partial<NetworkOptions>): Promise<IceAgent> {
  const agent = await IceAgent.gather({
    network: { bind: [LOOPBACK], stunServers: [], turnServers: [], legacySdp: false, ...options },
    events: { emit: (event) => events.push(event), onCandidatesChanged: () => {} },
  });
  agents.push(agent);
  return agent;
}

/** A port that nobody has, and the one after it. */
async function freePorts(): Promise<{ first: number; last: number }> {
  for (;;) {
    const sockets = [createSocket("udp4"), createSocket("udp4")] as const;
    sockets[0].bind(0, LOOPBACK);
    await once(sockets[0], "listening");
    const first = sockets[0].address().port;
    const isFree = await new Promise<boolean>((resolve) => {
      sockets[1].once("error", () => {
        resolve(false);
      });
      sockets[1].bind(first + 1, LOOPBACK, () => {
        resolve(true);
      });
    });
    for (const socket of sockets) socket.close();
    if (isFree) return { first, last: first + 1 };
  }
}

describe("a port of one's own", () => {
  test("is taken from the range in order, and one that is taken is told", async () => {
    const ports = await freePorts();
    const [one, other] = [await gather({ ports }), await gather({ ports })];
    expect([one.candidates[0]?.port, other.candidates[0]?.port]).toEqual([ports.first, ports.last]);
    const { first } = ports;
    await expect(gather({ ports: { first, last: first } })).rejects.toMatchObject({
      code: "BIND_FAILED",
      message: `cannot use port ${first} of the local address ${LOOPBACK}: EADDRINUSE`,
      hint: expect.stringContaining("give --port another one") as string,
    });
  });

  test("is offered at the router's address as well, in case that forwards it", async (t) => {
    const server = new StunServer();
    t.onTestFinished(() => server.close());
    const stunServers = [await server.open()];
    const ports = await freePorts();
    const { candidates } = await gather({ stunServers, ports });
    const reflexive = candidates.filter(({ type }) => type === "srflx");
    expect(reflexive).toMatchObject([
      { address: ROUTER, port: server.mappedPort, transport: "udp" },
      { address: ROUTER, port: ports.first, transport: "udp" },
      { address: ROUTER, port: ports.first, transport: "tcp", tcpType: "passive" },
    ]);
    expect(reflexive[0]?.priority).toBeGreaterThan(reflexive[1]?.priority ?? 0);
    server.mappedPort = ports.first;
    await Promise.all(agents.splice(0).map((agent) => agent.close()));
    const kept = await gather({ stunServers, ports });
    const transports = kept.candidates.filter(({ type }) => type === "srflx").map(({ transport }) => transport);
    expect(transports).toEqual(["udp", "tcp"]);
  });
});

describe("relays only", () => {
  test("nothing of this machine is in the file, and no STUN server is asked", async (t) => {
    const [stun, turn] = [new StunServer(), new RelayServer()];
    t.onTestFinished(() => {
      stun.close();
      turn.close();
    });
    const options = { relayOnly: true, stunServers: [await stun.open()], turnServers: [await turn.open()] };
    const { candidates } = await gather(options);
    expect(candidates).toMatchObject([
      { type: "relay", address: ROUTER, port: 50_000, relatedAddress: "0.0.0.0", relatedPort: 0 },
    ]);
    expect(stun.askedFrom).toEqual([]);
    expect(events.map(({ event }) => event)).toEqual(["asking-servers"]);
  });
});
