import { describe, expect, test } from "vitest";
import {
  MAX_PIECES,
  MAX_TEXT_UNITS,
  splitAtCodePoints,
  TextProtocol,
  WINDOW_MESSAGES,
  WINDOW_UNITS,
} from "../../../../src/session/channels/text.ts";
import { MemoryChannel } from "../../../support/memory-channel.ts";
import { turnsUntil } from "../../../support/transfer-pair.ts";

const bytesOf = (text: string): number => new TextEncoder().encode(text).length;

describe("splitAtCodePoints", () => {
  test("leaves a text that fits whole, the empty one too", () => {
    expect(splitAtCodePoints("", 4)).toEqual([""]);
    expect(splitAtCodePoints("汉字", 6)).toEqual(["汉字"]);
  });

  test.each([4, 5, 7, 10, 100])("cuts at code points, pieces of at most %i bytes", (limit) => {
    const text = "aé汉🙂".repeat(40);
    const pieces = splitAtCodePoints(text, limit);
    expect(pieces.join("")).toBe(text);
    expect(Math.max(...pieces.map(bytesOf))).toBeLessThanOrEqual(limit);
    expect(pieces.some((piece) => /\p{Surrogate}/u.test(piece))).toBe(false);
  });
});

/** A text protocol over a memory channel, the channel's other end, and what the protocol told. */
function openProtocol(isBounded = true) {
  const [near, far] = MemoryChannel.pair({ maxMessageBytes: 2 * WINDOW_UNITS });
  const told = { texts: [] as string[], acknowledged: [] as string[], taken: 0, floods: 0, binary: 0 };
  const take: (() => void)[] = [];
  const protocol = new TextProtocol(near, isBounded, {
    onText: (text, onTaken) => {
      told.texts.push(text);
      take.push(onTaken);
    },
    onBinary: () => {
      told.binary += 1;
    },
    onTaken: () => {
      told.taken += 1;
    },
    onAcknowledged: (text) => told.acknowledged.push(text),
    onFlood: () => {
      told.floods += 1;
    },
  });
  const arrived: string[] = [];
  far.onMessage = (data) => {
    if (typeof data === "string") arrived.push(data);
  };
  return { protocol, near, far, told, take, arrived };
}

const numbers = (count: number) => Array.from({ length: count }, (_, index) => String(index));

describe("what is on the way", () => {
  test("is bounded in messages: the rest goes as the peer acknowledges", async () => {
    const { protocol, near, told, arrived } = openProtocol();
    const all = numbers(WINDOW_MESSAGES + 50);
    const sends = all.map((text) => protocol.send(text));
    expect(near.sentMessages).toBe(WINDOW_MESSAGES);
    expect(protocol.unacknowledgedCount).toBe(all.length);
    protocol.acknowledge(20);
    expect(near.sentMessages).toBe(WINDOW_MESSAGES + 20);
    expect(told.acknowledged).toEqual(all.slice(0, 20));
    protocol.acknowledge(WINDOW_MESSAGES + 20);
    protocol.acknowledge(all.length);
    await Promise.all(sends);
    await turnsUntil(() => arrived.length === all.length);
    expect(arrived).toEqual(all);
  });

  test("is bounded in length, and a longer one goes alone", () => {
    const { protocol, near } = openProtocol();
    const half = "x".repeat(WINDOW_UNITS / 2);
    for (const text of [half, half, "short", "y".repeat(WINDOW_UNITS + 1), "last"]) void protocol.send(text);
    expect(near.sentMessages).toBe(2);
    protocol.acknowledge(1);
    expect(near.sentMessages).toBe(3);
    protocol.acknowledge(2);
    expect(near.sentMessages).toBe(3);
    protocol.acknowledge(3);
    expect(near.sentMessages).toBe(4);
    protocol.acknowledge(4);
    expect(near.sentMessages).toBe(5);
  });

  test("is not acknowledged by a count of what was not sent", () => {
    const { protocol, told } = openProtocol();
    for (const text of numbers(WINDOW_MESSAGES + 1)) void protocol.send(text);
    protocol.acknowledge(1_000_000);
    expect(told.acknowledged).toHaveLength(WINDOW_MESSAGES);
  });

  test("to another program is what its transport has not acknowledged", async () => {
    const { protocol, told } = openProtocol(false);
    const all = numbers(3 * WINDOW_MESSAGES);
    for (const text of all) void protocol.send(text);
    await turnsUntil(() => told.acknowledged.length === all.length);
    expect(told.acknowledged).toEqual(all);
  });

  test("that never goes out is rejected with the rest", async () => {
    const { protocol } = openProtocol();
    const sends = numbers(WINDOW_MESSAGES + 1).map((text) => protocol.send(text));
    protocol.fail(new Error("ended"));
    expect((await Promise.allSettled(sends)).every(({ status }) => status === "rejected")).toBe(true);
  });
});

describe("what has come", () => {
  test("counts when the reader has taken it, binary when all before it is", async () => {
    const { protocol, far, told, take } = openProtocol();
    protocol.handlePeer(false);
    far.send("a");
    far.send(new Uint8Array(1));
    far.send("b");
    far.send(new Uint8Array(1));
    await turnsUntil(() => told.binary === 2);
    expect([protocol.takenCount, told.taken]).toEqual([0, 0]);
    take[0]?.();
    expect([protocol.takenCount, told.taken]).toEqual([2, 1]);
    take[1]?.();
    expect([protocol.takenCount, told.taken]).toEqual([4, 2]);
    far.send(new Uint8Array(1));
    await turnsUntil(() => told.binary === 3);
    expect([protocol.takenCount, told.taken]).toEqual([5, 3]);
  });

  test("beyond the window ends it: told once, the rest dropped", async () => {
    const { far, told } = openProtocol();
    for (const text of numbers(2 * WINDOW_MESSAGES)) far.send(text);
    await turnsUntil(() => far.bufferedBytes === 0);
    expect(told.texts).toHaveLength(WINDOW_MESSAGES);
    expect(told.floods).toBe(1);
  });

  test("from another program, which knows no window, waits at the transport for the reader", async () => {
    const { far, told, take } = openProtocol(false);
    const all = numbers(2 * WINDOW_MESSAGES);
    for (const text of all) far.send(text);
    await turnsUntil(() => told.texts.length === WINDOW_MESSAGES);
    expect(far.isHeld).toBe(true);
    expect(far.bufferedBytes).toBeGreaterThan(0);
    for (let index = 0; index < all.length; index += 1) {
      await turnsUntil(() => take[index] !== undefined);
      take[index]?.();
    }
    expect(told.texts).toEqual(all);
    expect(told.floods).toBe(0);
  });
});

describe("a text that is too long for one message", () => {
  /** Two protocols that join pieces, and what the second told. */
  function joining(maxMessageBytes: number) {
    const [near, far] = MemoryChannel.pair({ maxMessageBytes });
    const told = { texts: [] as string[], floods: 0, binary: 0 };
    const take: (() => void)[] = [];
    const none = (): void => {};
    const events = { onText: none, onBinary: none, onTaken: none, onAcknowledged: none, onFlood: none };
    const sender = new TextProtocol(near, true, events);
    const reader = new TextProtocol(far, true, {
      ...events,
      onText: (text, onTaken) => {
        told.texts.push(text);
        take.push(onTaken);
      },
      onTaken: () => sender.acknowledge(reader.takenCount),
      onBinary: () => {
        told.binary += 1;
      },
      onFlood: () => {
        told.floods += 1;
      },
    });
    for (const protocol of [sender, reader]) protocol.handlePeer(true);
    return { sender, reader, near, told, take };
  }

  test.each([
    ["ASCII", "x".repeat(MAX_TEXT_UNITS)],
    ["what takes three bytes a unit", "汉".repeat(MAX_TEXT_UNITS)],
    ["pairs of units", "🙂".repeat(MAX_TEXT_UNITS / 2)],
  ])("comes as one: %s", async (_, text) => {
    const { sender, told, take } = joining(262_144);
    const sent = [sender.send(text), sender.send("short"), sender.send(text)];
    await turnsUntil(() => told.texts.length === 2);
    expect(told.texts).toEqual([text, "short"]);
    // The third stays on the way until the reader has taken the first.
    take[0]?.();
    take[1]?.();
    await turnsUntil(() => told.texts.length === 3);
    take[2]?.();
    await Promise.all(sent);
    expect(told).toEqual({ texts: [text, "short", text], floods: 0, binary: 0 });
  });

  test("of more than a MiB comes in parts of that", async () => {
    const { sender, told, take } = joining(262_144);
    const sent = sender.send(`x${"🙂".repeat(MAX_TEXT_UNITS / 2)}`);
    await turnsUntil(() => told.texts.length === 1);
    take[0]?.();
    await turnsUntil(() => told.texts.length === 2);
    take[1]?.();
    await sent;
    expect(told.texts.map(({ length }) => length)).toEqual([MAX_TEXT_UNITS - 1, 2]);
  });

  test("goes in strings to a peer that does not join them", async () => {
    const [near, far] = MemoryChannel.pair({ maxMessageBytes: 10 });
    const none = (): void => {};
    const protocol = new TextProtocol(near, true, {
      onText: none,
      onBinary: none,
      onTaken: none,
      onAcknowledged: none,
      onFlood: none,
    });
    protocol.handlePeer(false);
    const arrived: unknown[] = [];
    far.onMessage = (data) => arrived.push(data);
    void protocol.send("0123456789abc");
    await turnsUntil(() => arrived.length === 2);
    expect(arrived).toEqual(["0123456789", "abc"]);
  });

  test.each([
    ["of a text without an end", () => Array.from({ length: 13 }, () => new Uint8Array(262_144).fill(120))],
    ["that are empty", () => [new Uint8Array()]],
    ["of a byte each", () => Array.from({ length: MAX_PIECES + 1 }, () => Uint8Array.of(120))],
    ["that are no UTF-8", () => [new Uint8Array([255]), "end"]],
    ["of a text that is too long", () => [...Array.from({ length: 4 }, () => new Uint8Array(262_144).fill(120)), "x"]],
  ])("pieces %s break the protocol, once", async (_, pieces) => {
    const { near, told } = joining(262_144);
    for (const piece of [...pieces(), "later"]) near.send(piece);
    await turnsUntil(() => near.bufferedBytes === 0);
    expect(told).toEqual({ texts: [], floods: 1, binary: 0 });
  });

  test("pieces before the hello of a peer that joins none are binary messages", async () => {
    const { protocol, far, told } = openProtocol();
    far.send(new Uint8Array(3));
    await turnsUntil(() => far.bufferedBytes === 0);
    expect(told.binary).toBe(0);
    protocol.handlePeer(false);
    expect(told.binary).toBe(1);
    expect(protocol.takenCount).toBe(1);
  });
});
