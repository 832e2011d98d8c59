// What an agent does while its file travels: it asks the STUN server again from the sockets in the file, and tells when
// that sees them elsewhere. Real sockets on loopback; only the clocks are the test's.
import { createSocket } from "node:dgram";
import { networkInterfaces } from "node:os";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { IceCandidate } from "../../src/exchange/description.ts";
import { createOffer, type P2pEvent, type TurnServer } from "../../src/index.ts";
import { KEEP_ALIVE_TICK_MS } from "../../src/nat/keepalive.ts";
import { IceAgent } from "../../src/rtc/ice/agent.ts";
import { LOOPBACK, RelayServer, ROUTER, StunServer } from "../support/loopback-servers.ts";

vi.mock("node:os", { spy: true });

/** What of a description does not matter here. */
const REST = {
  type: "answer",
  form: "modern",
  mid: "data",
  setup: "active",
  sctpPort: 5_000,
  maxMessageSize: 0,
  iceLite: false,
} as const;

let server: StunServer;
const agents: IceAgent[] = [];
let told: string[] = [];
/** Of the clock that the agent sees. */
let nowMs = 0;
let wallMs = 0;

/** Lets so much time pass, tick by tick, as quickly as it may. */
function pass(ms: number): void {
  for (let passedMs = 0; passedMs < ms; passedMs += KEEP_ALIVE_TICK_MS) {
    nowMs += KEEP_ALIVE_TICK_MS;
    wallMs += KEEP_ALIVE_TICK_MS;
    vi.advanceTimersByTime(KEEP_ALIVE_TICK_MS);
  }
}

async function gather(stunServers: string[], bind = [LOOPBACK], turnServers: TurnServer[] = []): Promise<IceAgent> {
  const agent = await IceAgent.gather({
    network: { bind, stunServers, turnServers, legacySdp: false },
    events: { emit: () => {}, onCandidatesChanged: (why) => told.push(why) },
  });
  agents.push(agent);
  return agent;
}

/** Waits until it holds; the clocks of the test stand still meanwhile. */
async function eventually(check: () => void): Promise<void> {
  await vi.waitFor(check, 60_000);
}

/** This machine has these addresses from now on. */
function haveAddresses(...addresses: string[]): void {
  vi.mocked(networkInterfaces).mockReturnValue({
    eth0: addresses.map((address) => ({
      address,
      family: "IPv4",
      internal: false,
      netmask: "255.0.0.0",
      mac: "02:00:00:00:00:01",
      cidr: null,
    })),
  });
}

const hosts = ({ candidates }: IceAgent): string[] =>
  candidates.filter(({ type, transport }) => type === "host" && transport === "udp").map(({ address }) => address);
const mapped = ({ candidates }: IceAgent): IceCandidate[] => candidates.filter(({ type }) => type === "srflx");

beforeEach(() => {
  server = new StunServer();
  told = [];
  nowMs = performance.now();
  wallMs = Date.now();
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  vi.spyOn(performance, "now").mockImplementation(() => nowMs);
  vi.spyOn(Date, "now").mockImplementation(() => wallMs);
});

afterEach(async () => {
  await Promise.all(agents.splice(0).map((agent) => agent.close()));
  expect(vi.getTimerCount()).toBe(0);
  server.close();
  vi.useRealTimers();
  vi.mocked(networkInterfaces).mockReset();
});

describe("while its file travels, an agent", () => {
  test("asks the server that answered again, from the socket in the file", async () => {
    const agent = await gather([await server.open()]);
    expect(mapped(agent)).toMatchObject([{ address: ROUTER, port: 40_000 }]);
    const before = server.askedFrom.length;
    for (let round = 1; round <= 3; round += 1) {
      pass(16_000);
      await eventually(() => expect(server.askedFrom.length).toBeGreaterThanOrEqual(before + round));
    }
    expect(new Set(server.askedFrom)).toEqual(new Set([agent.candidates[0]?.port]));
    expect(told).toEqual([]);
  });

  test("tells another mapping once, and has it instead of the old one", async () => {
    const agent = await gather([await server.open()]);
    server.mappedPort = 40_001;
    pass(16_000);
    await eventually(() => expect(mapped(agent)).toMatchObject([{ address: ROUTER, port: 40_001 }]));
    pass(KEEP_ALIVE_TICK_MS);
    await eventually(() => expect(told).toEqual(["mapping-changed"]));
    pass(60_000);
    expect(told).toEqual(["mapping-changed"]);
  });

  test("asks at once after sleep", async () => {
    await gather([await server.open()]);
    const before = server.askedFrom.length;
    pass(KEEP_ALIVE_TICK_MS);
    wallMs += 3_600_000;
    pass(KEEP_ALIVE_TICK_MS);
    await eventually(() => expect(server.askedFrom.length).toBeGreaterThan(before));
  });

  test("takes silence for no news", async () => {
    const agent = await gather([await server.open()]);
    server.isSilent = true;
    const before = server.askedFrom.length;
    pass(16_000);
    await eventually(() => expect(server.askedFrom.length).toBeGreaterThan(before));
    pass(60_000);
    expect(mapped(agent)).toHaveLength(1);
    expect(told).toEqual([]);
  });

  test("asks nobody without a server", async () => {
    await server.open();
    await gather([]);
    pass(3_600_000);
    expect(server.askedFrom).toEqual([]);
  });

  test("takes the addresses of another network, with what the server says of them, as one change", async () => {
    haveAddresses("127.0.0.2");
    const agent = await gather([await server.open()], []);
    expect(hosts(agent)).toEqual(["127.0.0.2"]);
    server.mappedPort = 40_001;
    haveAddresses("127.0.0.3");
    pass(KEEP_ALIVE_TICK_MS);
    await eventually(() => expect(mapped(agent)).toMatchObject([{ port: 40_001, relatedAddress: "127.0.0.3" }]));
    pass(2 * KEEP_ALIVE_TICK_MS);
    await eventually(() => expect(told).toEqual(["address-came"]));
    expect(hosts(agent)).toEqual(["127.0.0.3"]);
    const asked = server.askedFrom.length;
    pass(16_000);
    await eventually(() => expect(server.askedFrom.length).toBeGreaterThan(asked));
    expect(server.askedFrom.at(-1)).toBe(agent.candidates[0]?.port);
  });

  test("keeps its sockets while there is no network, and checks from a new one when there is", async () => {
    haveAddresses("127.0.0.2");
    const [agent, peer] = [await gather([], []), await gather([])];
    const { candidates } = agent;
    haveAddresses();
    pass(3_600_000);
    expect(agent.candidates).toEqual(candidates);
    const { iceUfrag, icePwd } = peer;
    // Nobody answers there, so that it goes on.
    const nowhere = { ...(peer.candidates[0] as IceCandidate), port: 1_999 };
    agent.start({ ...REST, fingerprints: [], iceUfrag, icePwd, candidates: [nowhere] }, true);
    haveAddresses("127.0.0.2", "127.0.0.3");
    pass(KEEP_ALIVE_TICK_MS);
    await eventually(() => expect(hosts(agent)).toEqual(["127.0.0.2", "127.0.0.3"]));
    expect(agent.pairs().map(({ local }) => local.split(":")[0])).toEqual(["127.0.0.2", "127.0.0.3"]);
    haveAddresses("127.0.0.3");
    pass(40_000);
    await eventually(() => expect(hosts(agent)).toEqual(["127.0.0.3"]));
    expect(agent.pairs().map(({ local }) => local.split(":")[0])).toEqual(["127.0.0.3"]);
  });

  test("refreshes its relay, and gets another from a server that has forgotten it", async (t) => {
    await server.open();
    const turn = new RelayServer();
    t.onTestFinished(() => turn.close());
    const agent = await gather([], [LOOPBACK], [await turn.open()]);
    const relays = (): number[] => agent.candidates.filter(({ type }) => type === "relay").map(({ port }) => port);
    expect(relays()).toEqual([50_000]);
    for (let round = 1; round <= 2; round += 1) {
      pass(16_000);
      await eventually(() => expect(turn.refreshCount).toBeGreaterThanOrEqual(round));
    }
    expect(relays()).toEqual([50_000]);
    turn.forget();
    pass(16_000);
    // A request that a slow machine repeats gets a port of its own.
    await eventually(() => expect(relays()).toEqual([expect.any(Number)]));
    await eventually(() => expect(relays()).not.toEqual([50_000]));
    pass(KEEP_ALIVE_TICK_MS);
    await eventually(() => expect(told).toEqual(["mapping-changed"]));
  });

  test("leaves all as it is once it is connected", async () => {
    const url = await server.open();
    const [agent, peer] = [await gather([url]), await gather([])];
    const sides = [
      [agent, peer],
      [peer, agent],
    ] as const;
    for (const [one, { iceUfrag, icePwd, candidates }] of sides) {
      one.start({ ...REST, fingerprints: [], iceUfrag, icePwd, candidates }, one === agent);
    }
    await eventually(() => expect(agent.selectedPair()).toBeDefined());
    const asked = server.askedFrom.length;
    pass(20_000);
    server.mappedPort = 40_001;
    // Whatever was sent is there when a later datagram from the same machine is.
    const later = createSocket("udp4");
    later.send("later", Number(url.split(":").at(-1)), LOOPBACK, () => later.close());
    await eventually(() => expect(server.askedFrom.length).toBeGreaterThan(asked));
    expect(server.askedFrom.length).toBe(asked + 1);
    expect(told).toEqual([]);
  });
});

describe("an embedder", () => {
  test("is told of a new document, and has it", async () => {
    const offer = await createOffer({ network: { bind: [LOOPBACK], stunServers: [await server.open()] } });
    const events: P2pEvent[] = [];
    void (async () => {
      for await (const event of offer.events) events.push(event);
    })();
    expect(offer.document).toContain(" 40000 typ srflx");
    server.mappedPort = 40_001;
    pass(16_000);
    await eventually(() => {
      pass(KEEP_ALIVE_TICK_MS);
      expect(events.at(-1)).toMatchObject({ event: "file-rewritten", revision: 2, why: "mapping-changed" });
    });
    expect(offer.document).toContain(" 40001 typ srflx");
    expect(offer.document).not.toContain(" 40000 typ srflx");
    await offer.close();
  });
});
