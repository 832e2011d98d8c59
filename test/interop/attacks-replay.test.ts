// Application records that were captured on the way and are sent again: each counts once. RFC 6347 §4.1.2.6.
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { afterEach, expect, test } from "vitest";
import { closeSides, connectSides, type DtlsSide } from "../support/dtls-sides.ts";
import { until } from "../support/processes.ts";
import { BarePeer, endpointOf, introduceOver, talk } from "../support/talking-peers.ts";
import type { UdpRelay } from "../support/udp-relay.ts";

const COPIES = 3;
const APPLICATION_DATA = 23;

const closers: (() => unknown)[] = [];

afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

/** Keeps a copy of each application record toward side `b`. */
function capture(relay: UdpRelay): Buffer[] {
  const captured: Buffer[] = [];
  relay.onDatagram = (datagram, toward) => {
    if (toward === "b" && datagram[0] === APPLICATION_DATA) captured.push(Buffer.from(datagram));
    return true;
  };
  return captured;
}

function texts({ received }: DtlsSide): string[] {
  return received.map(String);
}

test("replayed from the peer's address and from another: nothing arrives twice", async () => {
  const { a, b, relay } = await connectSides();
  closers.push(() => closeSides({ a, b, relay }));
  const captured = capture(relay);
  const sent = ["one", "two", "three"];
  for (const text of sent) a.port.send(Buffer.from(text));
  await until(() => b.received.length === sent.length, "all have arrived");
  expect(captured).toHaveLength(sent.length);

  const stranger = createSocket("udp4");
  stranger.bind(0, "127.0.0.1");
  await once(stranger, "listening");
  closers.push(() => stranger.close());
  const { address, port } = endpointOf(b.agent);
  for (const datagram of captured) {
    for (let copy = 0; copy < COPIES; copy += 1) {
      stranger.send(datagram, port, address);
      relay.send(datagram, "b");
    }
  }
  a.port.send(Buffer.from("last"));
  await until(() => texts(b).includes("last"), "what comes after them arrives");
  expect(texts(b)).toEqual([...sent, "last"]);
});

test("records that overtake each other all count, and each once", async () => {
  const { a, b, relay } = await connectSides();
  closers.push(() => closeSides({ a, b, relay }));
  const held: Buffer[] = [];
  relay.onDatagram = (datagram, toward) => {
    if (toward === "b" && datagram[0] === APPLICATION_DATA) held.push(Buffer.from(datagram));
    return toward !== "b";
  };
  const sent = Array.from({ length: 200 }, (_, index) => `record ${index}`);
  for (const text of sent) a.port.send(Buffer.from(text));
  await until(() => held.length === sent.length, "all are held");
  for (const datagram of [...held].reverse()) relay.send(datagram, "b");
  for (const datagram of held) relay.send(datagram, "b");
  await until(() => b.received.length >= sent.length, "all have arrived");
  relay.onDatagram = () => true;
  a.port.send(Buffer.from("last"));
  await until(() => texts(b).includes("last"), "what comes after them arrives");
  expect(texts(b)).toEqual([...[...sent].reverse(), "last"]);
});

test("bare werift takes each of them again", async () => {
  const [offerer, answerer] = [await BarePeer.create(), await BarePeer.create()];
  closers.push(
    () => offerer.close(),
    () => answerer.close(),
  );
  const relay = await introduceOver(offerer, answerer);
  closers.push(() => relay.close());
  await talk(offerer, answerer);
  const captured = capture(relay);
  let packets = 0;
  answerer.dtls?.onData.subscribe(() => {
    packets += 1;
  });
  offerer.send("once");
  await until(() => answerer.received.includes("once"), "it arrives");
  const [copy] = captured;
  const before = packets;
  if (copy !== undefined) for (let index = 0; index < COPIES; index += 1) relay.send(copy, "b");
  await until(() => packets >= before + COPIES, "the copies were taken");
});
