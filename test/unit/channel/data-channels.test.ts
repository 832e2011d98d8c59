import { describe, expect, test } from "vitest";
import {
  DataChannels,
  MAX_NAMES_BYTES,
  MAX_UNOPENED_BYTES,
  MAX_UNOPENED_MESSAGES,
  MAX_UNSENT_ACKS,
} from "../../../src/channel/data-channels.ts";
import { decodeDcep, encodeDcepAck, encodeDcepOpen } from "../../../src/channel/dcep.ts";
import type { MessageChannel } from "../../../src/lib/message-channel.ts";
import { type AssociationPort, Ppid } from "../../../src/sctp/port.ts";

const END = { reason: "shutdown", detail: "" } as const;

class FakeAssociation implements AssociationPort {
  sent: { streamId: number; ppid: number; data: Uint8Array }[] = [];
  resets: number[] = [];
  buffered = 0;
  isDrained = true;
  sendMessage(streamId: number, ppid: number, data: Uint8Array): void {
    this.sent.push({ streamId, ppid, data });
  }
  bufferedBytes: (streamId?: number) => number = () => this.buffered;
  resetStream(streamId: number): void {
    this.resets.push(streamId);
  }
  paused = new Set<number>();
  pauseStream(streamId: number): void {
    this.paused.add(streamId);
  }
  resumeStream(streamId: number): void {
    this.paused.delete(streamId);
  }
}

function setUp(dtlsRole: "client" | "server" = "client", remoteMaxMessageBytes = 65_536) {
  const association = new FakeAssociation();
  const incoming: MessageChannel[] = [];
  let closedCount = 0;
  const channels = new DataChannels(association, {
    dtlsRole,
    remoteMaxMessageBytes,
    events: {
      onEstablished: () => {},
      onChannel: (channel) => incoming.push(channel),
      onClosed: () => {
        closedCount += 1;
      },
    },
  });
  return { association, channels, incoming, closedCount: () => closedCount };
}

function received(channel: MessageChannel): (string | number[])[] {
  const messages: (string | number[])[] = [];
  channel.onMessage = (data) => messages.push(typeof data === "string" ? data : [...data]);
  return messages;
}

describe("a stream that nobody has opened", () => {
  function listening() {
    const association = new FakeAssociation();
    const incoming: MessageChannel[] = [];
    const unopened: number[] = [];
    const texts: (string | number[])[] = [];
    const use = (channel: MessageChannel): void => {
      incoming.push(channel);
      channel.onMessage = (data) => texts.push(typeof data === "string" ? data : [...data]);
    };
    const channels = new DataChannels(association, {
      dtlsRole: "server",
      remoteMaxMessageBytes: 65_536,
      events: {
        onEstablished: () => {},
        onChannel: use,
        onUnopened: (streamId) => unopened.push(streamId),
        onClosed: () => {},
      },
    });
    return { association, channels, incoming, unopened, texts, use };
  }

  test("is reported once, and adopted with all that has come", () => {
    const { association, channels, unopened, texts, use } = listening();
    channels.handleMessage(4, Ppid.STRING, new TextEncoder().encode("a"));
    channels.handleMessage(4, Ppid.BINARY_EMPTY, Uint8Array.of(0));
    channels.handleMessage(6, Ppid.STRING, new TextEncoder().encode("other"));
    expect(unopened).toEqual([4, 6]);
    channels.adopt(4, use);
    channels.handleMessage(4, Ppid.STRING, new TextEncoder().encode("b"));
    expect(texts).toEqual(["a", [], "b"]);
    // Nothing is said of it: the peer expects no OPEN and no ACK.
    expect(association.sent).toEqual([]);
  });

  test("whose OPEN comes late is a channel as any other", () => {
    const { association, channels, incoming, texts } = listening();
    channels.handleMessage(0, Ppid.STRING, new TextEncoder().encode("overtook"));
    channels.handleMessage(0, Ppid.DCEP, encodeDcepOpen({ label: "late", protocol: "", ordered: true, priority: 0 }));
    expect(incoming.map(({ label }) => label)).toEqual(["late"]);
    expect(texts).toEqual(["overtook"]);
    expect(association.sent.map(({ ppid }) => ppid)).toEqual([Ppid.DCEP]);
  });

  test("keeps no more than its limits, and nothing after a reset", () => {
    const { channels, texts, use } = listening();
    for (let count = 0; count < 10_000; count += 1) channels.handleMessage(count % 8, Ppid.STRING, Uint8Array.of(65));
    channels.adopt(0, use);
    expect(texts).toHaveLength(MAX_UNOPENED_MESSAGES / 8);
    channels.handleStreamsReset([1]);
    channels.adopt(1, use);
    channels.handleMessage(9, Ppid.BINARY, new Uint8Array(MAX_UNOPENED_BYTES));
    channels.adopt(9, use);
    expect(texts).toHaveLength(MAX_UNOPENED_MESSAGES / 8);
  });

  test("is ignored where nobody listens for it", () => {
    const { channels, incoming, association } = setUp();
    channels.handleMessage(4, Ppid.STRING, Uint8Array.of(65));
    expect([incoming, association.sent]).toEqual([[], []]);
  });
});

describe("stream ids (RFC 8832 §6)", () => {
  test.each([
    ["client", [0, 2]],
    ["server", [1, 3]],
  ] as const)("the DTLS %s opens %j", (role, ids) => {
    const { association, channels } = setUp(role);
    channels.open("a", "");
    channels.open("b", "");
    expect(association.sent.map((message) => message.streamId)).toEqual(ids);
  });
});

describe("a channel that the peer opens", () => {
  test("is acknowledged and reported with its label and protocol", () => {
    const { association, channels, incoming } = setUp();
    channels.handleMessage(1, Ppid.DCEP, encodeDcepOpen({ label: "p2p", protocol: "x/1", ordered: true, priority: 0 }));
    expect(incoming.map(({ label, protocol }) => ({ label, protocol }))).toEqual([{ label: "p2p", protocol: "x/1" }]);
    expect(decodeDcep(association.sent[0]?.data ?? new Uint8Array(0))).toEqual({ type: "ack" });
  });

  test("is not opened twice by a repeated OPEN", () => {
    const { channels, incoming } = setUp();
    const open = encodeDcepOpen({ label: "p2p", protocol: "", ordered: true, priority: 0 });
    channels.handleMessage(1, Ppid.DCEP, open);
    channels.handleMessage(1, Ppid.DCEP, open);
    expect(incoming).toHaveLength(1);
  });

  test("is reset when there are too many", () => {
    const { association, channels, incoming } = setUp();
    for (let index = 0; index < 300; index += 1) {
      const open = encodeDcepOpen({ label: "", protocol: "", ordered: true, priority: 0 });
      channels.handleMessage(1 + 2 * index, Ppid.DCEP, open);
    }
    expect(incoming).toHaveLength(256);
    expect(association.resets).toHaveLength(44);
  });

  test("is reset when its names and those of the others are too long", () => {
    const { association, channels, incoming } = setUp();
    const open = encodeDcepOpen({
      label: "x".repeat(65_535),
      protocol: "y".repeat(65_535),
      ordered: true,
      priority: 0,
    });
    for (let index = 0; index < 100; index += 1) channels.handleMessage(1 + 2 * index, Ppid.DCEP, open);
    const letters = incoming.reduce((sum, { label, protocol }) => sum + label.length + protocol.length, 0);
    expect(2 * letters).toBeLessThanOrEqual(MAX_NAMES_BYTES);
    expect(incoming.length + association.resets.length).toBe(100);
    const before = incoming.length;
    channels.handleStreamsReset([1]);
    channels.handleMessage(1, Ppid.DCEP, open);
    expect(incoming).toHaveLength(before + 1);
  });

  test("is not opened again before the answer to its first OPEN has left, and not when many answers wait", () => {
    const { association, channels, incoming } = setUp();
    const open = encodeDcepOpen({ label: "", protocol: "", ordered: true, priority: 0 });
    association.buffered = 1;
    channels.handleMessage(1, Ppid.DCEP, open);
    expect(incoming).toHaveLength(0);
    const waiting = new Set<number>();
    association.bufferedBytes = (streamId = 0) => (waiting.has(streamId) ? 1 : 0);
    for (let index = 0; index < 1_000; index += 1) {
      const streamId = 1 + 2 * index;
      channels.handleMessage(streamId, Ppid.DCEP, open);
      channels.handleStreamsReset([streamId]);
      waiting.add(streamId);
    }
    expect(association.sent).toHaveLength(MAX_UNSENT_ACKS);
    waiting.clear();
    channels.handleMessage(3_001, Ppid.DCEP, open);
    expect(association.sent).toHaveLength(MAX_UNSENT_ACKS + 1);
  });
});

describe("messages (RFC 8831 §8)", () => {
  test("text, bytes and their empty forms have their own payload protocols", () => {
    const { association, channels } = setUp();
    const channel = channels.open("a", "");
    for (const data of ["x", "", Uint8Array.of(1), new Uint8Array(0)]) channel.send(data);
    expect(association.sent.slice(1).map(({ ppid, data }) => [ppid, data.length])).toEqual([
      [Ppid.STRING, 1],
      [Ppid.STRING_EMPTY, 1],
      [Ppid.BINARY, 1],
      [Ppid.BINARY_EMPTY, 1],
    ]);
  });

  test("arrive as what they were sent; unknown protocols and streams are ignored", () => {
    const { channels } = setUp();
    const messages = received(channels.open("a", ""));
    channels.handleMessage(0, Ppid.STRING, new TextEncoder().encode("汉"));
    channels.handleMessage(0, Ppid.STRING_EMPTY, Uint8Array.of(0));
    channels.handleMessage(0, Ppid.BINARY, Uint8Array.of(7));
    channels.handleMessage(0, Ppid.BINARY_EMPTY, Uint8Array.of(0));
    channels.handleMessage(0, 52, Uint8Array.of(1));
    channels.handleMessage(8, Ppid.STRING, Uint8Array.of(65));
    channels.handleMessage(8, Ppid.DCEP, encodeDcepAck());
    expect(messages).toEqual(["汉", "", [7], []]);
  });

  test("larger than the peer takes are the caller's mistake", () => {
    const { channels } = setUp("client", 4);
    expect(() => channels.open("a", "").send("汉汉")).toThrow(RangeError);
  });

  test("a limit of 0 means any size", () => {
    const { association, channels } = setUp("client", 0);
    channels.open("a", "").send(new Uint8Array(1_000_000));
    expect(association.sent[1]?.data.length).toBe(1_000_000);
  });
});

describe("buffered amount", () => {
  test("is told once when it falls to the low-water mark", () => {
    const { association, channels } = setUp();
    const channel = channels.open("a", "");
    let calls = 0;
    channel.onBufferedLow = () => {
      calls += 1;
    };
    channel.lowWaterBytes = 10;
    association.buffered = 11;
    channel.send("x");
    channels.handleProgress();
    expect(calls).toBe(0);
    association.buffered = 10;
    channels.handleProgress();
    channels.handleProgress();
    expect(calls).toBe(1);
  });

  test("whenDrained waits for the association, and for its end at the latest", () => {
    const { association, channels } = setUp();
    const channel = channels.open("a", "");
    const calls: string[] = [];
    association.isDrained = false;
    channel.whenDrained((isDrained) => calls.push(isDrained ? "drained" : "not drained"));
    channels.handleProgress();
    expect(calls).toEqual([]);
    association.isDrained = true;
    channels.handleProgress();
    expect(calls).toEqual(["drained"]);
    association.isDrained = false;
    channel.whenDrained((isDrained) => calls.push(isDrained ? "drained" : "closed"));
    channels.handleClosed(END);
    expect(calls).toEqual(["drained", "closed"]);
    channel.whenDrained((isDrained) => calls.push(isDrained ? "drained" : "closed again"));
    expect(calls).toEqual(["drained", "closed", "closed again"]);
  });

  test("whenDrained waits for what was sent before the peer closed the channel", () => {
    const { association, channels } = setUp();
    const channel = channels.open("a", "");
    const calls: boolean[] = [];
    channel.send("x");
    association.isDrained = false;
    channels.handleStreamsReset([0]);
    channel.whenDrained((isDrained) => calls.push(isDrained));
    expect([channel.isOpen, calls]).toEqual([false, []]);
    association.isDrained = true;
    channels.handleProgress();
    expect(calls).toEqual([true]);
  });
});

describe("closing", () => {
  test("resets our stream, and what arrives late is not a new channel's", () => {
    const { association, channels } = setUp();
    const channel = channels.open("a", "");
    const messages = received(channel);
    channel.close();
    channel.send("late");
    expect(association.resets).toEqual([0]);
    expect(association.sent).toHaveLength(1);
    channels.handleStreamsReset([0]);
    channels.handleMessage(0, Ppid.STRING, Uint8Array.of(65));
    expect(messages).toEqual([]);
    expect(association.resets).toEqual([0]);
  });

  test("by the peer is answered by a reset and told once", () => {
    const { association, channels } = setUp();
    const channel = channels.open("a", "");
    let closes = 0;
    channel.onClose = () => {
      closes += 1;
    };
    channels.handleStreamsReset([0, 4]);
    channels.handleClosed(END);
    expect([closes, association.resets, channel.isOpen]).toEqual([1, [0], false]);
  });

  test("the end of the association closes every channel and is told once", () => {
    const { channels, closedCount } = setUp();
    const channel = channels.open("a", "");
    channels.handleClosed(END);
    channels.handleClosed(END);
    expect([channel.isOpen, closedCount()]).toEqual([false, 1]);
  });
});

test("a paused channel keeps its stream's messages at the association", () => {
  const { association, channels } = setUp();
  const channel = channels.open("one", "");
  channel.pause();
  expect([...association.paused]).toEqual([0]);
  channel.resume();
  expect([...association.paused]).toEqual([]);
});

describe("what a careless peer does", () => {
  test("an id of ours that the peer took is passed over", () => {
    const { association, channels } = setUp();
    channels.handleMessage(0, Ppid.DCEP, encodeDcepOpen({ label: "theirs", protocol: "", ordered: true, priority: 0 }));
    channels.open("ours", "").send("x");
    expect(association.sent.map(({ streamId }) => streamId)).toEqual([0, 2, 2]);
  });

  test("a message behind our close is not delivered", () => {
    const { channels } = setUp();
    const channel = channels.open("a", "");
    const messages = received(channel);
    channel.close();
    channels.handleMessage(0, Ppid.STRING, Uint8Array.of(65));
    expect(messages).toEqual([]);
  });

  test("a name that is too long is the caller's mistake and takes no id", () => {
    const { association, channels } = setUp();
    expect(() => channels.open("x".repeat(65_536), "")).toThrow(RangeError);
    channels.open("a", "");
    expect(association.sent.map(({ streamId }) => streamId)).toEqual([0]);
  });

  test("a byte order mark is text like any other", () => {
    const { channels } = setUp();
    const messages = received(channels.open("a", ""));
    channels.handleMessage(0, Ppid.STRING, new TextEncoder().encode("\uFEFFx"));
    expect(messages).toEqual(["\uFEFFx"]);
  });
});
