// STUN and TURN servers that lie, over real sockets: nothing of what they say ends the process or gets into our file
// unless it can be true, and each is named for what it did.
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import type { ServerReport } from "../../src/rtc/ice/gather.ts";
import type { GatherEvent } from "../../src/rtc/ice/local-side.ts";
import { allocateRelay, type Relay, refreshRelay } from "../../src/rtc/ice/relay.ts";
import { IceAgent } from "../../src/rtc/ice/agent.ts";
import { loadWerift } from "../../src/rtc/werift.ts";
import { LOOPBACK } from "../support/loopback-servers.ts";

type Attributes = readonly (readonly [string, unknown])[];
type Request = NonNullable<ReturnType<ReturnType<typeof loadWerift>["parseMessage"]>>;
/** What is said to a request: attributes of a response, or bytes as they are. */
type Say = (request: Request) => Attributes | Buffer;

const closers: (() => unknown)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

function bytesOf(said: Attributes | Buffer, request: Request): Buffer {
  if (Buffer.isBuffer(said)) return said;
  const { classes, Message } = loadWerift();
  const answer = new Message(request.messageMethod, classes.RESPONSE, request.transactionId);
  for (const [name, value] of said) answer.setAttribute(name as never, value as never);
  return answer.bytes;
}

/** An error response that does not say which error. */
function errorWithoutCode(request: Request): Buffer {
  const { classes, Message } = loadWerift();
  return new Message(request.messageMethod, classes.ERROR, request.transactionId).bytes;
}

const RELAYED: Attributes = [
  ["XOR-RELAYED-ADDRESS", [LOOPBACK, 50_000]],
  ["XOR-MAPPED-ADDRESS", [LOOPBACK, 50_001]],
  ["LIFETIME", 600],
];

async function openUdp(say: Say): Promise<number> {
  const socket = createSocket("udp4");
  socket.on("message", (datagram, from) => {
    const request = loadWerift().parseMessage(datagram);
    if (request !== undefined) socket.send(bytesOf(say(request), request), from.port, from.address);
  });
  socket.bind(0, LOOPBACK);
  await once(socket, "listening");
  closers.push(() => socket.close());
  return socket.address().port;
}

/** @returns its port, and the connection that comes */
async function openTcp(say: Say): Promise<{ port: number; connected: Promise<Socket> }> {
  const server = createServer();
  const connected = once(server, "connection").then(([socket]) => socket as Socket);
  server.on("connection", (socket) => {
    socket.on("error", () => {});
    closers.push(() => socket.destroy());
    socket.on("data", (chunk) => {
      // One request is one chunk on loopback: the client waits for the answer to each.
      const request = loadWerift().parseMessage(chunk);
      if (request !== undefined) socket.write(bytesOf(say(request), request));
    });
  });
  server.listen(0, LOOPBACK);
  await once(server, "listening");
  closers.push(() => server.close());
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new TypeError("no port");
  return { port: address.port, connected };
}

async function allocate(url: string, onLost: () => void = () => {}) {
  const reports: ServerReport[] = [];
  const relay = await allocateRelay(
    { url, user: "user", password: "password" },
    {
      index: 0,
      isOnlyKind: false,
      onLost,
      report: (report) => reports.push(report),
      signal: new AbortController().signal,
    },
  );
  if (relay !== undefined) closers.push(() => relay.protocol.close());
  const failure = reports.flatMap((one) => (one.event === "server-failed" ? [one.error] : []))[0];
  return { relay, code: failure?.code, params: failure?.params };
}

function without(name: string): Attributes {
  return RELAYED.filter(([other]) => other !== name);
}

function relayedAt(address: string, port: number): Attributes {
  return [["XOR-RELAYED-ADDRESS", [address, port]], ...without("XOR-RELAYED-ADDRESS")];
}

describe("a TURN server", () => {
  const lies: [string, Say, string][] = [
    ["an error without a code", errorWithoutCode, "no-code"],
    ["no relayed address", () => without("XOR-RELAYED-ADDRESS"), "no-address"],
    ["no mapped address", () => without("XOR-MAPPED-ADDRESS"), "no-address"],
    ["port 0", () => relayedAt(LOOPBACK, 0), "odd-address"],
    ["a multicast address", () => relayedAt("224.0.0.251", 5_353), "odd-address"],
    ["a service of its own machine", () => relayedAt(LOOPBACK, 22), "odd-address"],
    ["an IPv4 address in the clothes of IPv6", () => relayedAt("::ffff:10.0.0.1", 50_000), "odd-address"],
  ];

  test.each(lies)("by UDP that answers with %s gives no relay, and is named for it", async (_, say, flaw) => {
    const url = `turn:${LOOPBACK}:${await openUdp(say)}`;
    const { relay, code, params } = await allocate(url);
    expect(relay).toBeUndefined();
    expect(code).toBe("SERVER_ANSWER_WRONG");
    expect(params).toMatchObject({ url, flaw });
  });

  test.each(lies)("by TCP that answers with %s: its connection is closed as well", async (_, say, flaw) => {
    const { port, connected } = await openTcp(say);
    const { relay, params } = await allocate(`turn:${LOOPBACK}:${port}?transport=tcp`);
    expect(relay).toBeUndefined();
    expect(params).toMatchObject({ flaw });
    const socket = await connected;
    if (!socket.closed) await once(socket, "close");
  });

  test("by TCP that sends what is no frame is left at once", async () => {
    const { port, connected } = await openTcp(() => Buffer.alloc(65_536, 0xff));
    const { relay, params } = await allocate(`turn:${LOOPBACK}:${port}?transport=tcp`);
    expect(relay).toBeUndefined();
    expect(params).toMatchObject({ flaw: "no-frames" });
    const socket = await connected;
    if (!socket.closed) await once(socket, "close");
  });

  test("by TCP that sends what is no frame once it has given a relay loses us", async () => {
    const { port, connected } = await openTcp(() => RELAYED);
    let lost: () => void = () => {};
    const isLost = new Promise<void>((resolve) => {
      lost = resolve;
    });
    const { relay } = await allocate(`turn:${LOOPBACK}:${port}?transport=tcp`, lost);
    expect(relay?.candidate).toMatchObject({ type: "relay", port: 50_000 });
    const socket = await connected;
    socket.write(Buffer.alloc(65_536, 0xff));
    await isLost;
  });

  test.each(["udp", "tcp"])("by %s that answers a refresh with an error without a code ends nothing", async (by) => {
    const { methods } = loadWerift();
    const say: Say = (request) => (request.messageMethod === methods.REFRESH ? errorWithoutCode(request) : RELAYED);
    const port = by === "udp" ? await openUdp(say) : (await openTcp(say)).port;
    const { relay } = await allocate(`turn:${LOOPBACK}:${port}?transport=${by}`);
    // By UDP somebody else may have said it.
    expect(await refreshRelay(relay as Relay)).toBe(by === "udp");
  });

  test("nobody waits for its answer any more: asking ends at once", async () => {
    const { port, connected } = await openTcp(() => Buffer.alloc(0));
    const abort = new AbortController();
    const asked = allocateRelay(
      { url: `turn:${LOOPBACK}:${port}?transport=tcp`, user: "user", password: "password" },
      { index: 0, isOnlyKind: false, onLost: () => {}, report: () => {}, signal: abort.signal },
    );
    const socket = await connected;
    abort.abort();
    expect(await asked).toBeUndefined();
    if (!socket.closed) await once(socket, "close");
  });
});

describe("a STUN server", () => {
  async function gather(say: Say) {
    const url = `stun:${LOOPBACK}:${await openUdp(say)}`;
    const events: GatherEvent[] = [];
    const agent = await IceAgent.gather({
      network: { stunServers: [url], turnServers: [], bind: [LOOPBACK], legacySdp: false },
      events: { emit: (event) => events.push(event), onCandidatesChanged: () => {} },
    });
    closers.push(() => agent.close());
    const failures = events.flatMap((one) => (one.event === "error" ? [one.code] : []));
    return { types: agent.candidates.map(({ type }) => type), failures };
  }

  test.each([
    [LOOPBACK, 0],
    [LOOPBACK, 22],
    ["0.0.0.0", 40_000],
    ["224.0.0.251", 40_000],
    ["255.255.255.255", 40_000],
    ["169.254.1.1", 40_000],
    ["fd00::7", 40_000],
    ["::ffff:10.0.0.1", 40_000],
  ])("that sees us at %s port %i is named, and that is not in our file", async (address, port) => {
    const { types, failures } = await gather(() => [["XOR-MAPPED-ADDRESS", [address, port]]]);
    expect(types).not.toContain("srflx");
    expect(failures).toEqual(["SERVER_ANSWER_WRONG"]);
  });

  test.each([
    ["without an address", () => []],
    ["with an error that does not say which", errorWithoutCode],
  ] as [string, Say][])("that answers %s is named", async (_, say) => {
    const { types, failures } = await gather(say);
    expect(types).not.toContain("srflx");
    expect(failures).toEqual(["SERVER_ANSWER_WRONG"]);
  });

  test("that sees us at a private address may be right", async () => {
    const { types, failures } = await gather(() => [["XOR-MAPPED-ADDRESS", ["10.3.2.1", 40_000]]]);
    expect(types).toContain("srflx");
    expect(failures).toEqual([]);
  });
});
