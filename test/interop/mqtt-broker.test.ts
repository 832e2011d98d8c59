// The connection to a broker over real sockets: aedes, a broker in this process that speaks MQTT 3.1.1, and servers that
// are none, or refuse.
import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { Aedes, type PublishPacket } from "aedes";
import mqtt, { type Packet } from "mqtt-packet";
import { afterEach, expect, test } from "vitest";
import {
  type BrokerEvents,
  type BrokerLink,
  type BrokerLogin,
  brokerAt,
} from "../../src/pairing/carriers/mqtt/broker.ts";
import { parseBrokerAddress } from "../../src/pairing/carriers/mqtt/broker-address.ts";
import { openMqttCarrier } from "../../src/pairing/carriers/mqtt/open-mqtt-carrier.ts";
import { P2pError } from "../../src/lib/errors/p2p-error.ts";
import { withResolvers } from "../support/with-resolvers.ts";

let clients = 0;
const REQUEST = { filters: ["p2p/+"], willTopic: "p2p/me", maxPayloadBytes: 1_000 };
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** @returns the port */
async function listen(handle: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    handle(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  ends.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

async function connect(port: number, events: Partial<BrokerEvents> = {}, login?: BrokerLogin): Promise<BrokerLink> {
  const address = parseBrokerAddress(`mqtt://127.0.0.1:${port}`);
  if (typeof address === "string") throw new TypeError(address);
  clients += 1;
  const request = { ...REQUEST, clientId: `p2p${clients}` };
  const link = await brokerAt(address, login)(request, { onMessage: () => {}, onLost: () => {}, ...events });
  ends.push(() => link.close());
  return link;
}

async function aedes(options: ConstructorParameters<typeof Aedes>[0] = {}): Promise<{ broker: Aedes; port: number }> {
  const broker = await Aedes.createBroker(options);
  const port = await listen((socket) => broker.handle(socket));
  ends.push(() => new Promise<void>((resolve) => broker.close(resolve)));
  return { broker, port };
}

/** A broker that speaks MQTT 5 as far as a test wants it to. */
async function scripted(version: 4 | 5, reply: (packet: Packet, socket: Socket) => Packet[]): Promise<number> {
  return await listen((socket) => {
    const parser = mqtt.parser({ protocolVersion: version });
    parser.on("packet", (packet) => {
      for (const answer of reply(packet, socket)) socket.write(mqtt.generate(answer, { protocolVersion: version }));
    });
    socket.on("data", (chunk) => parser.parse(chunk));
  });
}

const CONNACK: Packet = { cmd: "connack", reasonCode: 0, returnCode: 0, sessionPresent: false };

test("aedes keeps what is left, brings it to who comes later, and removes it when told to", async () => {
  const { port } = await aedes();
  const writer = await connect(port);
  await writer.publish({ topic: "p2p/me", payload: bytes("hello"), keepSeconds: 60 });
  const [first, second] = [withResolvers<unknown>(), withResolvers<unknown>()];
  const next = [first, second];
  await connect(port, { onMessage: (message) => next.shift()?.resolve(message) }, { user: "me", password: "secret" });
  expect(await first.promise).toEqual({ topic: "p2p/me", payload: Buffer.from("hello"), isRetained: true });
  await writer.publish({ topic: "p2p/me", payload: bytes(""), keepSeconds: 0 });
  expect(await second.promise).toMatchObject({ topic: "p2p/me", payload: Buffer.alloc(0) });
});

test("a broker that never answers is given up when the line ends", async () => {
  const accepted = withResolvers<Socket>();
  const port = await listen((socket) => accepted.resolve(socket));
  const broker = parseBrokerAddress(`mqtt://127.0.0.1:${port}`);
  if (typeof broker === "string") throw new TypeError(broker);
  const line = new AbortController();
  const opening = openMqttCarrier({ broker, agreed: "able crane mutual" }, { role: "offer", signal: line.signal });
  const socket = await accepted.promise;
  line.abort(new Error("the line is over"));
  await expect(opening).rejects.toThrow("the line is over");
  socket.destroy();
});

test("the carriers of two sides with one passphrase have each other's document", async () => {
  const { port } = await aedes();
  const broker = parseBrokerAddress(`mqtt://127.0.0.1:${port}/home`);
  if (typeof broker === "string") throw new TypeError(broker);
  const [, answering] = await Promise.all(
    (["offer", "answer"] as const).map(async (role) => {
      const carrier = await openMqttCarrier({ broker, agreed: "able crane mutual ghost upon river" }, { role });
      ends.push(() => carrier.close());
      await carrier.publish(`the ${role}`, 1, Date.now() + 60_000);
      return carrier;
    }),
  );
  if (answering === undefined || !("incoming" in answering)) throw new TypeError("it sifts");
  expect(answering).toMatchObject({ via: broker.url, ownPlace: broker.url, peerPlace: broker.url });
  const reading = new AbortController();
  for await (const text of answering.incoming(reading.signal)) {
    expect(Buffer.from(text.bytes).toString()).toBe("the offer");
    // Whoever has the passphrase can leave any number that cannot serve.
    const refused = new P2pError("FILE_OWN", { path: "x" });
    const told = Array.from({ length: 20 }, () => text.tellsRefusal?.(refused)).filter((isTold) => isTold === true);
    expect([told.length > 0, told.length < 20]).toEqual([true, true]);
    reading.abort();
  }
});

test("aedes tells the others when a side is lost, and not when it takes leave", async () => {
  const { broker, port } = await aedes();
  const published: string[] = [];
  broker.on("publish", ({ topic }: PublishPacket) => published.push(topic));
  await (await connect(port)).close();
  const lost = withResolvers<unknown>();
  await connect(port, { onLost: lost.resolve });
  const will = withResolvers<void>();
  broker.on("publish", ({ topic }: PublishPacket) => {
    if (topic === "p2p/me") will.resolve();
  });
  const [client] = Object.values((broker as unknown as { clients: Record<string, { conn: Socket }> }).clients);
  client?.conn.destroy();
  expect(await lost.promise).toMatchObject({ code: "BROKER_UNREACHABLE" });
  await will.promise;
  expect(published.filter((topic) => topic === "p2p/me")).toHaveLength(1);
});

test("aedes refuses a wrong password", async () => {
  const { port } = await aedes({
    authenticate: (_client, user, password, done) => {
      done(null, user === "me" && String(password) === "secret");
    },
  });
  await expect(connect(port, {}, { user: "me", password: "wrong" })).rejects.toMatchObject({
    code: "BROKER_REFUSED",
    params: { why: "login" },
  });
  await connect(port, {}, { user: "me", password: "secret" });
});

test.each([
  [0x86, "login"],
  [0x8c, "login"],
  [0x87, "not-allowed"],
  [0x88, "other"],
])("a broker that says %i refuses: %s", async (reasonCode, why) => {
  const port = await scripted(5, () => [{ cmd: "connack", reasonCode, sessionPresent: false }]);
  await expect(connect(port)).rejects.toMatchObject({ code: "BROKER_REFUSED", params: { why, status: reasonCode } });
});

test("a broker that does not let us read the topics refuses, and so does one that takes nothing there", async () => {
  // One of several topics is enough for it.
  for (const granted of [[0x87], [1, 0x87, 1]]) {
    const deaf = await scripted(5, ({ cmd, messageId = 0 }) =>
      cmd === "connect" ? [CONNACK] : [{ cmd: "suback", messageId, granted }],
    );
    await expect(connect(deaf)).rejects.toMatchObject({ code: "BROKER_REFUSED", params: { why: "not-allowed" } });
  }
  const mute = await scripted(5, ({ cmd, messageId = 0 }) => {
    if (cmd === "connect") return [CONNACK];
    if (cmd === "subscribe") return [{ cmd: "suback", messageId, granted: [1] }];
    return cmd === "publish" ? [{ cmd: "puback", messageId, reasonCode: 0x87 }] : [];
  });
  const link = await connect(mute);
  await expect(link.publish({ topic: "p2p/me", payload: bytes("x"), keepSeconds: 1 })).rejects.toMatchObject({
    code: "BROKER_REFUSED",
    params: { why: "not-allowed" },
  });
});

test("MQTT 5: what is kept has an expiry, and the broker need not send us our own messages", async () => {
  const seen: Packet[] = [];
  const port = await scripted(5, (packet) => {
    seen.push(packet);
    const { messageId = 0 } = packet;
    if (packet.cmd === "connect") return [CONNACK];
    if (packet.cmd === "subscribe") return [{ cmd: "suback", messageId, granted: [1] }];
    return packet.cmd === "publish" ? [{ cmd: "puback", messageId, reasonCode: 0 }] : [];
  });
  const link = await connect(port);
  await link.publish({ topic: "p2p/me", payload: bytes("x"), keepSeconds: 60 });
  await link.publish({ topic: "p2p/me", payload: bytes("note") });
  expect(seen.filter(({ cmd }) => cmd !== "pingreq")).toMatchObject([
    { cmd: "connect", protocolVersion: 5, clean: true, will: { topic: "p2p/me", retain: true } },
    { cmd: "subscribe", subscriptions: [{ topic: "p2p/+", qos: 1, nl: true }] },
    { cmd: "publish", retain: true, qos: 1, properties: { messageExpiryInterval: 60 } },
    { cmd: "publish", retain: false },
  ]);
});

test.each([
  ["says nothing that is MQTT", (socket: Socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")],
  ["hangs up", (socket: Socket) => socket.destroy()],
  ["claims a packet of 256 MB, malformed", (socket: Socket) => socket.end(Buffer.from("20ffffffff7f", "hex"))],
])("a server that %s is no broker", async (_what, handle) => {
  await expect(connect(await listen(handle))).rejects.toMatchObject({ code: "BROKER_UNREACHABLE" });
});

test("nobody listens", async () => {
  const port = await listen(() => {});
  for (const end of ends.splice(0)) await end();
  await expect(connect(port)).rejects.toMatchObject({ code: "BROKER_UNREACHABLE", params: { reason: "ECONNREFUSED" } });
});

test("a broker that sends without end is left, and what is too large for a document is not taken", async () => {
  const flood = Buffer.alloc(2_000_000);
  const port = await scripted(5, ({ cmd, messageId = 0 }, socket) => {
    if (cmd === "connect") return [CONNACK];
    if (cmd !== "subscribe") return [];
    const more = (): void => {
      if (socket.destroyed) return;
      const packet: Packet = { cmd: "publish", topic: "p2p/x", payload: flood, qos: 0, dup: false, retain: false };
      socket.write(mqtt.generate(packet, { protocolVersion: 5 }), () => more());
    };
    setImmediate(more);
    return [{ cmd: "suback", messageId, granted: [1] }];
  });
  const lost = withResolvers<unknown>();
  const taken: unknown[] = [];
  await connect(port, { onLost: lost.resolve, onMessage: (message) => taken.push(message) });
  expect(await lost.promise).toMatchObject({ code: "BROKER_UNREACHABLE", params: { reason: "too-much" } });
  expect(taken).toEqual([]);
});
