// Sessions over channels in memory: what a loss is called, and when a session ends by itself.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { P2pError } from "../../../src/lib/errors/p2p-error.ts";
import { WINDOW_MESSAGES } from "../../../src/session/channels/text.ts";
import type { SessionMode } from "../../../src/session/session-types.ts";
import { type ControlMessage, encodeControl } from "../../../src/control/messages.ts";
import { MemoryChannel } from "../../support/memory-channel.ts";
import { openSessions, openSide, type Setup, type Side } from "../../support/session-pair.ts";
import { spoolStream } from "../../../src/store/transfer/spool.ts";
import { turnsUntil } from "../../support/transfer-pair.ts";

let folder = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "p2p-session-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function makeFile(bytes: number): Promise<string> {
  const path = join(folder, "f");
  await writeFile(path, Buffer.alloc(bytes, 7));
  return path;
}

const LOSS = new P2pError("CONNECTION_LOST", { seconds: 11 });

describe("a stream that was kept", () => {
  test("is sent as a file and closed when that is over", async () => {
    const { a, b } = openSessions(folder, { consent: "accept" });
    const spool = await spoolStream(Readable.from([Buffer.from("from a pipe")]), "dump");
    expect(await a.session.sendFiles([spool])).toBe("done");
    expect(await readFile(join(folder, "1", "dump"), "utf8")).toBe("from a pipe");
    await expect(spool.reader.read(new Uint8Array(1), 0, 1, 0)).rejects.toThrow();
    for (const { session } of [a, b]) session.finish();
    await Promise.all([a.session.ended, b.session.ended]);
  });

  test("is closed too when it cannot be sent", async () => {
    const { a, b } = openSessions(folder);
    const spool = await spoolStream(Readable.from([]), "dump");
    await expect(a.session.sendFiles([spool, join(folder, "not there")])).rejects.toThrow(P2pError);
    await expect(spool.reader.read(new Uint8Array(1), 0, 1, 0)).rejects.toThrow();
    for (const { session } of [a, b]) session.finish();
    await Promise.all([a.session.ended, b.session.ended]);
  });
});

test("a session says and tells nothing before it is started", async () => {
  const [text, control, transfer] = [MemoryChannel.pair(), MemoryChannel.pair(), MemoryChannel.pair()];
  const channels = { text: text[0], control: control[0], transfer: transfer[0] };
  const side = openSide(folder, 0, channels, { isUnstarted: true });
  const heard: string[] = [];
  control[1].onMessage = (data) => heard.push((JSON.parse(String(data)) as { type: string }).type);
  // What it would have said by now arrives before this does.
  await new Promise<void>((resolve) => {
    text[1].onMessage = () => resolve();
    text[0].send("a mark");
  });
  expect([control[0].sentMessages, transfer[0].sentMessages, side.events]).toEqual([0, 0, []]);
  side.session.start();
  await turnsUntil(() => heard.length > 0 && transfer[0].sentMessages > 0);
  expect(heard[0]).toBe("hello");
  side.session.discard();
});

describe("channels that overtake one another", () => {
  const names = ["text", "control", "transfer"] as const;
  const orders = names.flatMap((first) =>
    names
      .flatMap((second) => names.map((third) => [first, second, third] as const))
      .filter((order) => new Set(order).size === names.length),
  );

  test.each(orders)("come in the order %s, %s, %s: connected is the first event", async (...order) => {
    const pairs = { text: MemoryChannel.pair(), control: MemoryChannel.pair(), transfer: MemoryChannel.pair() };
    const [a, b] = ([0, 1] as const).map((index) => {
      const { text, control, transfer } = pairs;
      const channels = { text: text[index], control: control[index], transfer: transfer[index] };
      return openSide(folder, index, channels, { consent: "accept" });
    }) as [Side, Side];
    // A hears the hello of B; all that A sends waits on the way.
    for (const name of names) pairs[name][0].isHeld = true;
    await a.event("connected");
    const sent = [a.session.sendMessage("a text"), a.session.sendFiles([await makeFile(10)])];
    await a.event("offered");
    for (const name of order) {
      pairs[name][0].release();
      for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(sent);
    const told = b.events.map(({ event }) => event);
    expect(told[0]).toBe("connected");
    expect(told).toEqual(expect.arrayContaining(["message", "incoming", "transfer-done"]));
    for (const { session } of [a, b]) session.finish();
    expect((await Promise.all([a.session.ended, b.session.ended])).map(({ exit }) => exit)).toEqual([0, 0]);
  });
});

describe("a lost connection", () => {
  test("while a transfer awaits consent is a lost connection, not an interrupted transfer", async () => {
    const { a, b } = openSessions(folder);
    const sent = a.session.sendFiles([await makeFile(10)]);
    await b.event("incoming");
    for (const { session } of [a, b]) session.handleDisconnected(LOSS);
    expect(await a.session.ended).toEqual({ event: "closed", reason: "lost", exit: 3 });
    expect(await b.session.ended).toEqual({ event: "closed", reason: "lost", exit: 3 });
    expect(await sent).toBe("failed");
    expect([a.codes(), b.codes()]).toEqual([["CONNECTION_LOST"], ["CONNECTION_LOST"]]);
  });

  test("while a transfer runs is an interrupted transfer on both sides", async () => {
    const { a, b } = openSessions(folder, { consent: "accept" });
    void a.session.sendFiles([await makeFile(32 << 20)]);
    await Promise.all([a.event("accepted"), b.event("accepted")]);
    for (const { session } of [a, b]) session.handleDisconnected(LOSS);
    expect(await a.session.ended).toEqual({ event: "closed", reason: "lost", exit: 4 });
    expect(await b.session.ended).toEqual({ event: "closed", reason: "lost", exit: 4 });
  });
});

describe("what ended a connection", () => {
  test("by breaking the protocol is named for that, whatever runs", async () => {
    const broken = new P2pError("PEER_PROTOCOL", { detail: "a message is too large" });
    const { a, b } = openSessions(folder, { consent: "accept" });
    void a.session.sendFiles([await makeFile(32 << 20)]);
    await Promise.all([a.event("accepted"), b.event("accepted")]);
    for (const { session } of [a, b]) session.handleDisconnected(broken);
    expect(await a.session.ended).toEqual({ event: "closed", reason: "error", exit: 4 });
    expect(await b.session.ended).toEqual({ event: "closed", reason: "error", exit: 4 });
    expect([a.codes(), b.codes()].every((codes) => codes.includes("PEER_PROTOCOL"))).toBe(true);
  });

  test.each([
    [{ end: "aborted" }, "the connection was lost: the other side broke it off"],
    [{ end: "shutdown" }, "the connection was lost: the other side closed it without a goodbye"],
    [{ seconds: 9 }, "the connection was lost: nothing heard for 9 s"],
    [{}, "the connection is closed"],
  ] as const)("%j reads: %s", (params, message) => {
    expect(new P2pError("CONNECTION_LOST", params).message).toBe(message);
  });
});

describe("the end", () => {
  test("comes by itself when both sides have nothing left and all that was sent is acknowledged", async () => {
    const { a, b } = openSessions(folder);
    a.session.finish();
    b.session.finish();
    // Nothing in memory closes the association behind the bye: the side that got it is told here.
    await a.session.ended;
    b.session.handleDisconnected(undefined);
    expect(await a.session.ended).toEqual({ event: "closed", reason: "done", exit: 0 });
    expect(await b.session.ended).toEqual({ event: "closed", reason: "done", exit: 0 });
  });
});

describe("a reader of the events that has stopped", () => {
  test("stops the peer's messages within the window, and not the session", async () => {
    const { a, b } = openSessions(folder, { mode: "conversation" });
    await Promise.all([a.event("connected"), b.event("connected")]);
    b.isStopped = true;
    const count = 3 * WINDOW_MESSAGES;
    const sends = Array.from({ length: count }, (_, index) => a.session.sendMessage(String(index)));
    const arrived = (): string[] => b.events.flatMap((event) => (event.event === "message" ? [event.text] : []));
    await turnsUntil(() => arrived().length === WINDOW_MESSAGES);
    // The other channels go on: a file passes, and no more messages come meanwhile.
    const sent = a.session.sendFiles([await makeFile(1_000)]);
    await b.event("incoming");
    b.session.accept("r1");
    expect(await sent).toBe("done");
    expect(arrived()).toHaveLength(WINDOW_MESSAGES);
    expect(a.session.status().messagesUnacknowledged).toBe(count);
    b.resume();
    await Promise.all(sends);
    expect(arrived()).toEqual(Array.from({ length: count }, (_, index) => String(index)));
    expect([a.codes(), b.codes()]).toEqual([[], []]);
  });
});

/** Session `a` with channels that the test holds the other ends of, as a peer that says what it likes. */
function facePeer(mode: SessionMode = "conversation") {
  const [text, control, transfer] = [MemoryChannel.pair(), MemoryChannel.pair(), MemoryChannel.pair()];
  const side = openSide(folder, 0, { text: text[0], control: control[0], transfer: transfer[0] }, { mode });
  const say = (...messages: ControlMessage[]): void => {
    for (const message of messages) control[0].onMessage(encodeControl(message));
  };
  const texts: unknown[] = [];
  text[1].onMessage = (data) => texts.push(data);
  return { ...side, say, texts, text: text[1], control: control[1], transfer: transfer[1] };
}

const HELLO: ControlMessage = { type: "hello", mode: "conversation", verify: "possible", recovers: true };

describe("a peer that breaks the rules of the control channel", () => {
  test.each<[string, ControlMessage[]]>([
    ["says hello twice", [HELLO]],
    ["acknowledges what was not sent", [{ type: "ack", count: 2 }]],
    ["acknowledges all there can be", [{ type: "ack", count: Number.MAX_SAFE_INTEGER }]],
    ["asks without end", Array.from({ length: 10_000 }, () => ({ type: "ping", number: 1 }))],
  ])("%s: one connected event, nothing again, and the end", async (_name, messages) => {
    const peer = facePeer();
    peer.say(HELLO);
    const sent = peer.session.sendMessage("hi");
    peer.say(...messages, { type: "bye-ack" });
    expect(await peer.session.ended).toEqual({ event: "closed", reason: "error", exit: 4 });
    await expect(sent).rejects.toThrow(P2pError);
    expect(peer.events.filter(({ event }) => event === "connected")).toHaveLength(1);
    expect(peer.codes()).toEqual(["PEER_PROTOCOL", "CONNECTION_LOST"]);
    expect(peer.events.filter(({ event }) => event === "message")).toEqual([]);
    expect(peer.events.at(-1)?.event).toBe("closed");
  });
});

describe("a peer that leaves with messages on the way", () => {
  test.each(["text", "control"] as const)("by closing its %s channel: lost, and how many are told", async (name) => {
    const peer = facePeer();
    peer.say(HELLO);
    const sends = ["a", "b"].map((text) => peer.session.sendMessage(text));
    peer[name].close();
    expect(await peer.session.ended).toEqual({ event: "closed", reason: "lost", exit: 3 });
    for (const sent of sends) await expect(sent).rejects.toThrow("not delivered: 2 messages");
    expect(peer.events.at(-2)).toMatchObject({
      code: "CONNECTION_LOST",
      message: "the connection was lost: the other side closed a channel that is needed; not delivered: 2 messages",
    });
  });

  test("by closing all of them: lost, told once", async () => {
    const peer = facePeer();
    peer.say(HELLO);
    for (const channel of [peer.text, peer.control, peer.transfer]) channel.close();
    expect(await peer.session.ended).toEqual({ event: "closed", reason: "lost", exit: 3 });
    expect(peer.codes()).toEqual(["CONNECTION_LOST"]);
  });

  test("by a bye: it is its goodbye, and they are told as not delivered", async () => {
    const peer = facePeer();
    peer.say(HELLO);
    const sent = peer.session.sendMessage("a");
    peer.say({ type: "bye" });
    expect(await peer.session.ended).toEqual({ event: "closed", reason: "peer-bye", exit: 3 });
    await expect(sent).rejects.toThrow("not delivered: 1 message");
  });

  test("while another reason is known: that one is told", async () => {
    const peer = facePeer();
    peer.say(HELLO);
    peer.text.close();
    peer.session.handleDisconnected(LOSS);
    expect(await peer.session.ended).toEqual({ event: "closed", reason: "lost", exit: 3 });
    expect(peer.events.at(-2)).toMatchObject({ message: "the connection was lost: nothing heard for 11 s" });
  });
});

test("a message that is sent when it is over is rejected, and nobody has to look", async () => {
  const peer = facePeer();
  peer.say(HELLO, { type: "bye" });
  // Node ends the process for a rejection that nobody handles; the runner reports it.
  void peer.session.sendMessage("nobody looks");
  await expect(peer.session.sendMessage("somebody does")).rejects.toThrow("the connection is closed");
  await peer.session.ended;
});

describe("before it is ready", () => {
  test.each<[string, (peer: ReturnType<typeof facePeer>) => void, string]>([
    ["a malformed message", ({ say }) => say({ type: "bye" }), "PEER_PROTOCOL"],
    ["a channel that is closed", ({ control }) => control.close(), "CONNECTION_LOST"],
  ])("%s is for its maker to know, and no event", async (_name, doIt, code) => {
    const peer = facePeer();
    doIt(peer);
    await turnsUntil(() => peer.unready.length > 0);
    expect(peer.unready.map((error) => error.code)).toEqual([code]);
    expect(peer.events).toEqual([]);
    peer.session.discard();
  });
});

test("a peer that closes its transfer channel is told, files fail, and texts go on", async () => {
  const peer = facePeer();
  peer.say(HELLO);
  const sent = peer.session.sendFiles([await makeFile(10)]);
  await peer.event("offered");
  peer.transfer.close();
  expect(await sent).toBe("failed");
  expect(peer.events.at(-1)).toMatchObject({
    code: "PEER_PROTOCOL",
    message: "the other side broke the protocol: it closed the transfer channel",
  });
  const text = peer.session.sendMessage("still here");
  peer.say({ type: "ack", count: 1 });
  await text;
  peer.say({ type: "bye" });
  expect(await peer.session.ended).toEqual({ event: "closed", reason: "peer-bye", exit: 4 });
});

/** Takes the capabilities out of the hello of these sides, as an older p2p says it. */
function withoutCapabilities(sides: readonly ("a" | "b")[]): NonNullable<Setup["tamper"]> {
  return (message, from) => {
    if (typeof message !== "string" || !sides.includes(from)) return message;
    const { capabilities, ...older } = JSON.parse(message) as Record<string, unknown>;
    return capabilities === undefined ? message : JSON.stringify(older);
  };
}

describe("capabilities", () => {
  test("are in the hello, within its grammar, beside the keys that older programs read", async () => {
    const hellos: unknown[] = [];
    const tamper: Setup["tamper"] = (message) => {
      if (String(message).includes('"hello"')) hellos.push(JSON.parse(String(message)));
      return message;
    };
    const { a, b } = openSessions(folder, { tamper });
    await Promise.all([a.event("connected"), b.event("connected")]);
    const capabilities = ["long-text/1", "verify/1", "p2p-transfer/1", "channel-refused/1"];
    const hello = { type: "hello", mode: "once", recovers: false, verify: "possible", capabilities };
    expect(hellos).toEqual([hello, hello]);
    for (const { session } of [a, b]) session.finish();
    await Promise.all([a.session.ended, b.session.ended]);
  });

  test.each([[["a"]], [["b"]], [["a", "b"]]] as const)(
    "an older p2p has none, as %j: texts, files and comparisons go both ways",
    async (sides) => {
      const setup = { mode: "conversation", consent: "accept", tamper: withoutCapabilities(sides) } as const;
      const { a, b } = openSessions(folder, setup);
      await Promise.all([a.event("connected"), b.event("connected")]);
      await Promise.all([a.session.sendMessage("to b"), b.session.sendMessage("to a")]);
      const file = await makeFile(1_000);
      expect(await Promise.all([a.session.sendFiles([file]), b.session.sendFiles([file])])).toEqual(["done", "done"]);
      expect(a.session.verify()).toBe(true);
      await Promise.all([a.event("verify"), b.event("verify")]);
      for (const { session } of [a, b]) session.confirmVerification(true);
      await turnsUntil(() => [a, b].every((side) => side.verifyStates().includes("agreed")));
      expect([a.codes(), b.codes()]).toEqual([[], []]);
      await Promise.all([a.session.end("quit"), b.session.end("quit")]);
    },
  );

  test("without files: sending one fails and is told, and texts go on", async () => {
    const peer = facePeer();
    peer.say({ ...HELLO, capabilities: ["verify/1", "something-new/3"] });
    expect(await peer.session.sendFiles([await makeFile(10)])).toBe("failed");
    expect(peer.codes()).toEqual(["PEER_CANNOT_TAKE_FILES"]);
    const text = peer.session.sendMessage("a text");
    peer.say({ type: "ack", count: 1 });
    await text;
    peer.say({ type: "bye" });
    await peer.session.ended;
  });
});
