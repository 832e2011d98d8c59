// What a control channel takes of a peer, and how much it keeps for one that does not read.
import { describe, expect, test, vi } from "vitest";
import { nodeClock } from "../../../../src/pairing/node-ports.ts";
import {
  ControlProtocol,
  type ControlProtocolEvents,
  MAX_REQUESTS,
  MAX_WAITING_BYTES,
} from "../../../../src/session/channels/control.ts";
import {
  type ControlMessage,
  encodeControl,
  type HelloMessage,
  MAX_CONTROL_MESSAGE_CHARS,
} from "../../../../src/control/messages.ts";
import { MemoryChannel, type MemoryChannelOptions } from "../../../support/memory-channel.ts";
import { turnsUntil } from "../../../support/transfer-pair.ts";

const HELLO: HelloMessage = { type: "hello", mode: "once", verify: "possible", recovers: true };
const PATH: ControlMessage = { type: "path", ufrag: "abcd", pwd: "p".repeat(22), candidates: [] };

/** A protocol, what the peer says to it, and what it tells. */
function open(options: MemoryChannelOptions = {}) {
  const [near, far] = MemoryChannel.pair(options);
  const told: string[] = [];
  const tell =
    (name: string) =>
    (detail?: unknown): void => {
      told.push(typeof detail === "string" && name === "malformed" ? detail : name);
    };
  const events: ControlProtocolEvents = {
    onHello: tell("hello"),
    onFeature: ({ type }) => told.push(type),
    onAck: tell("ack"),
    onDone: tell("done"),
    onBye: tell("bye"),
    onByeAck: tell("bye-ack"),
    onSilence: tell("silence"),
    onMalformed: tell("malformed"),
  };
  const protocol = new ControlProtocol(near, nodeClock, HELLO, events);
  protocol.start();
  const heard: string[] = [];
  far.onMessage = (data) => {
    if (typeof data === "string") heard.push((JSON.parse(data) as { type: string }).type);
  };
  const say = (...messages: ControlMessage[]): void => {
    for (const message of messages) near.onMessage(encodeControl(message));
  };
  return { protocol, near, far, told, heard, say };
}

describe("a peer that does not read", () => {
  test("makes no more wait than the limit, and that is the end", () => {
    const { protocol, near, told, say } = open();
    near.isHeld = true;
    say(HELLO);
    const path = { ...PATH, candidates: ["c".repeat(MAX_CONTROL_MESSAGE_CHARS / 2)] };
    for (let count = 0; count < 2 * (MAX_WAITING_BYTES / (MAX_CONTROL_MESSAGE_CHARS / 2)); count += 1)
      protocol.send(path);
    expect(near.peakBufferedBytes).toBeLessThanOrEqual(MAX_WAITING_BYTES);
    expect(told).toEqual(["hello", "it does not read the control channel"]);
    protocol.send({ type: "bye" });
    expect(near.peakBufferedBytes).toBeLessThanOrEqual(MAX_WAITING_BYTES);
    protocol.close();
  });
});

describe("a peer that asks without end", () => {
  test.each([
    ["ping", { type: "ping", number: 1 } as const],
    ["path", PATH],
    ["refusal", { type: "channel-refused", label: "x", protocol: "y/1" } as const],
    ["end of a track", { type: "media-end", track: 1, from: "sender" } as const],
  ])("%s: is answered within the allowance and then no more", (_name, message) => {
    const { protocol, near, told, say } = open();
    near.isHeld = true;
    say(HELLO);
    for (let count = 0; count < 100_000; count += 1) say(message);
    const worked = Math.max(
      told.filter((one) => one === "path" || one === "channel-refused" || one === "media-end").length,
      near.sentMessages - 2,
    );
    expect(worked).toBeGreaterThanOrEqual(MAX_REQUESTS);
    // More are allowed as time passes; however slow the machine is, not many of 100,000.
    expect(worked).toBeLessThan(10 * MAX_REQUESTS);
    expect(told.filter((one) => one === "pings, paths, refusals or tracks without end")).toHaveLength(1);
    protocol.close();
  });

  test("is still heard when it ends", () => {
    const { protocol, told, say } = open();
    say(HELLO, HELLO, { type: "done" }, { type: "ack", count: 1 }, { type: "bye" }, { type: "bye-ack" });
    expect(told).toEqual(["hello", "a second hello", "bye", "bye-ack"]);
    protocol.close();
  });

  test("and says bye again and again hears one answer", async () => {
    const { protocol, heard, say } = open();
    say(HELLO);
    for (let count = 0; count < 1_000; count += 1) protocol.sendByeAck();
    await turnsUntil(() => heard.includes("bye-ack"));
    expect(heard.filter((type) => type === "bye-ack")).toHaveLength(1);
    protocol.close();
  });
});

test("a hello that the channel cannot take is told, and nothing is asked afterwards", () => {
  vi.useFakeTimers();
  try {
    const { protocol, near, told } = open({ maxMessageBytes: 8 });
    expect(told).toEqual(["messages of at most 8 bytes"]);
    expect([near.sentMessages, vi.getTimerCount()]).toEqual([0, 0]);
    protocol.close();
  } finally {
    vi.useRealTimers();
  }
});

describe("the order", () => {
  test.each<[string, ControlMessage]>([
    ["path", PATH],
    ["ack", { type: "ack", count: 0 }],
    ["channel-refused", { type: "channel-refused", label: "", protocol: "" }],
    ["done", { type: "done" }],
    ["bye", { type: "bye" }],
    ["bye-ack", { type: "bye-ack" }],
    ["verify-answer", { type: "verify-answer", same: true }],
    ["contact", { type: "contact", key: "a".repeat(64), signature: "a".repeat(128) }],
    ["media-recording", { type: "media-recording", on: true }],
  ])("%s before the hello breaks the protocol", (type, message) => {
    const { protocol, told, say } = open();
    say(message, HELLO);
    expect(told[0]).toBe(`'${type}' before its hello`);
    expect(told).not.toContain("hello");
    protocol.close();
  });

  test("a second hello breaks it, and is not taken", () => {
    const { protocol, told, say } = open();
    say(HELLO, { ...HELLO, mode: "conversation" });
    expect(told).toEqual(["hello", "a second hello"]);
    expect(protocol.peerMode).toBe("once");
    protocol.close();
  });

  test("nothing is heard once it is closed", () => {
    const { protocol, told, say } = open();
    protocol.close();
    say(HELLO, { type: "bye" });
    expect(told).toEqual([]);
  });
});

test("a channel that takes less than a message is told, and nothing is thrown", () => {
  for (const maxMessageBytes of [1, 2, 10, 30]) {
    const { protocol, told, near } = open({ maxMessageBytes });
    expect(told).toEqual([`messages of at most ${maxMessageBytes} bytes`]);
    expect(near.sentMessages).toBeLessThanOrEqual(1);
    for (const type of ["done", "bye"] as const) expect(() => protocol.send({ type })).not.toThrow();
    expect(() => protocol.sendByeAck()).not.toThrow();
    protocol.close();
  }
});
