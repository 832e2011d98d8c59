// The connection to a broker over a stream in memory, with a clock in the hand of the test: brokers that do not answer.
import { expect, test } from "vitest";
import type { Packet } from "mqtt-packet";
import { type BrokerEvents, type BrokerLink, brokerAt } from "../../../../../src/pairing/carriers/mqtt/broker.ts";
import { HandClock } from "../../../../support/hand-clock.ts";
import { HandWire, type Reply } from "../../../../support/hand-wire.ts";

const URL_SHOWN = "mqtt://broker.example";
const ADDRESS = { isTls: false, host: "broker.example", port: 1_883, prefix: "p2p", url: URL_SHOWN };
const REQUEST = { clientId: "p2p1", filters: ["p2p/+"], willTopic: "p2p/me", maxPayloadBytes: 1_000 };
const LEAVING = { topic: "p2p/me", payload: new TextEncoder().encode("x"), keepSeconds: 60 };
const CONNACK: Packet = { cmd: "connack", reasonCode: 0, sessionPresent: false };
const PONG: Packet = { cmd: "pingresp" };

/** A broker that lets the client read, and confirms nothing. */
const silent: Reply = ({ cmd, messageId = 0 }) => {
  if (cmd === "connect") return [CONNACK];
  if (cmd === "pingreq") return [PONG];
  return cmd === "subscribe" ? [{ cmd: "suback", messageId, granted: [1] }] : [];
};

interface Held {
  readonly clock: HandClock;
  readonly wire: HandWire;
  readonly lost: unknown[];
  readonly link: Promise<BrokerLink>;
}

function hold(reply: Reply, events: Partial<BrokerEvents> = {}): Held {
  const clock = new HandClock();
  const wire = new HandWire(reply);
  const lost: unknown[] = [];
  const link = brokerAt(ADDRESS, undefined, { clock, dial: () => wire })(REQUEST, {
    onMessage: () => {},
    onLost: (error) => lost.push(error),
    ...events,
  });
  return { clock, wire, lost, link };
}

/** Lets the streams hand on what was written. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

test("a broker that does not confirm a message is left after 15 seconds", async () => {
  const { clock, lost, link } = hold(silent);
  const published = (await link).publish(LEAVING);
  const failure = expect(published).rejects.toMatchObject({
    code: "BROKER_UNREACHABLE",
    params: { url: URL_SHOWN, reason: "ETIMEDOUT" },
  });
  clock.pass(14_999);
  await settle();
  expect(lost).toEqual([]);
  clock.pass(1);
  await failure;
  expect(lost).toMatchObject([{ code: "BROKER_UNREACHABLE" }]);
  expect(clock.timerCount).toBe(0);
});

test("a message that is confirmed in time leaves no timer behind", async () => {
  const { clock, lost, link } = hold((packet) => {
    const { cmd, messageId = 0 } = packet;
    return cmd === "publish" ? [{ cmd: "puback", messageId, reasonCode: 0 }] : silent(packet);
  });
  await (await link).publish(LEAVING);
  expect(clock.timerCount).toBe(1);
  clock.pass(20_000);
  await settle();
  expect(lost).toEqual([]);
});

test("a broker that answers nothing at all is left after 15 seconds", async () => {
  const { clock, wire, link } = hold(() => []);
  const failure = expect(link).rejects.toMatchObject({ code: "BROKER_UNREACHABLE" });
  await settle();
  expect(wire.seen).toMatchObject([{ cmd: "connect" }]);
  clock.pass(15_000);
  await failure;
  expect(clock.timerCount).toBe(0);
});

test.each([0x97, 0x9a, 0x9b, 0x8b])("a broker that takes leave with the code %i refuses", async (reasonCode) => {
  const { wire, lost, link } = hold(silent);
  await link;
  wire.say({ cmd: "disconnect", reasonCode });
  await settle();
  expect(lost).toMatchObject([{ code: "BROKER_REFUSED", params: { why: "other", status: reasonCode } }]);
});

test("a broker that takes leave without a fault is a lost connection", async () => {
  const { wire, lost, link } = hold(silent);
  await link;
  wire.say({ cmd: "disconnect", reasonCode: 0 });
  await settle();
  expect(lost).toMatchObject([{ code: "BROKER_UNREACHABLE", params: { reason: "ECONNRESET" } }]);
});

test.each([
  [{ retainAvailable: false }, 0x9a],
  [{ maximumQoS: 0 }, 0x9b],
])("a broker that says %j at the start refuses", async (properties, status) => {
  const { link } = hold((packet) =>
    packet.cmd === "connect" ? [{ ...CONNACK, properties } as Packet] : silent(packet),
  );
  await expect(link).rejects.toMatchObject({ code: "BROKER_REFUSED", params: { why: "other", status } });
});

test("the broker says how often it has to hear of us, and may be silent for longer", async () => {
  const properties = { serverKeepAlive: 5 };
  let isDeaf = false;
  const { clock, wire, lost, link } = hold((packet) => {
    if (packet.cmd === "connect") return [{ ...CONNACK, properties } as Packet];
    return isDeaf ? [] : silent(packet);
  });
  await link;
  const pings = (): number => wire.seen.filter(({ cmd }) => cmd === "pingreq").length;
  for (let count = 0; count < 10; count += 1) {
    await settle();
    expect(pings()).toBe(count + 1);
    clock.pass(5_000);
  }
  await settle();
  isDeaf = true;
  clock.pass(30_000);
  await settle();
  expect(lost).toEqual([]);
  clock.pass(5_000);
  expect(lost).toMatchObject([{ code: "BROKER_UNREACHABLE", params: { reason: "ETIMEDOUT" } }]);
});

test("a broker that sends on and reads nothing is left before its messages fill our memory", async () => {
  let count = 0;
  const { wire, lost, link } = hold(silent, { onMessage: () => (count += 1) });
  await link;
  wire.isStalled = true;
  const message: Packet = {
    cmd: "publish",
    topic: "p2p/x",
    payload: "x",
    qos: 1,
    dup: false,
    retain: false,
    messageId: 1,
  };
  const batch = Array.from({ length: 1_000 }, () => message);
  for (let round = 0; round < 100 && lost.length === 0; round += 1) {
    wire.say(...batch);
    await settle();
  }
  expect(lost).toMatchObject([{ code: "BROKER_UNREACHABLE", params: { reason: "too-much" } }]);
  // Each is confirmed by four bytes or a little more.
  expect(count).toBeGreaterThan(5_000);
  expect(count).toBeLessThan(20_000);
});

test("a packet of the broker's own that is too long ends the connection before it has come", async () => {
  const { wire, lost, link } = hold(silent);
  await link;
  // A SUBACK of 60 MB, in small pieces: to find each of its codes among them would take hours.
  wire.push(Uint8Array.of(0x90, 0x80, 0x8e, 0xce, 0x1c));
  await settle();
  expect(lost).toMatchObject([{ code: "BROKER_UNREACHABLE", params: { reason: "too-much" } }]);
});

test("a message that is too long is passed over, and the next one counts", async () => {
  const taken: number[] = [];
  const { wire, lost, link } = hold(silent, { onMessage: ({ payload }) => taken.push(payload.length) });
  await link;
  const message: Packet = { cmd: "publish", topic: "p2p/x", payload: "", qos: 0, dup: false, retain: false };
  for (const bytes of [1_000, 100_000, 1_001, 10]) wire.say({ ...message, payload: Buffer.alloc(bytes) });
  await settle();
  expect(taken).toEqual([1_000, 10]);
  expect(lost).toEqual([]);
});

test("a message that consists of properties is passed over, and the next one counts", async () => {
  const taken: number[] = [];
  const { wire, lost, link } = hold(silent, { onMessage: ({ payload }) => taken.push(payload.length) });
  await link;
  const message: Packet = { cmd: "publish", topic: "p2p/x", payload: "x", qos: 0, dup: false, retain: false };
  const userProperties = { a: Array.from({ length: 700 }, () => "b") };
  wire.say({ ...message, properties: { userProperties } }, { ...message, payload: "next" });
  await settle();
  expect(taken).toEqual([4]);
  expect(lost).toEqual([]);
});

test("a broker that sends the shortest packets without end is left", async () => {
  const { wire, lost, link } = hold(silent);
  await link;
  const pongs = Buffer.concat(Array.from({ length: 32_768 }, () => Uint8Array.of(0xd0, 0)));
  wire.push(pongs);
  await settle();
  expect(lost).toEqual([]);
  wire.push(pongs);
  await settle();
  expect(lost).toMatchObject([{ code: "BROKER_UNREACHABLE", params: { reason: "too-much" } }]);
});

test.each<Packet>([CONNACK, { cmd: "suback", messageId: 1, granted: [1] }])(
  "a broker that confirms again what it has confirmed ($cmd) is left, and no more is sent for it",
  async (again) => {
    const { wire, lost, link } = hold(silent);
    await link;
    await settle();
    const sent = wire.seen.length;
    wire.say(...Array.from({ length: 1_000 }, () => again));
    await settle();
    expect(lost).toMatchObject([{ code: "BROKER_UNREACHABLE", params: { reason: "not-mqtt" } }]);
    expect(wire.seen.length).toBe(sent);
  },
);
