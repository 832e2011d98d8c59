// What is held back of a peer until people have compared: in its order, and no more than may wait.
import { describe, expect, test } from "vitest";
import {
  GatedChannel,
  GatedChannels,
  MAX_GATED_BYTES,
  MAX_GATED_MESSAGES,
} from "../../../../src/session/channels/gate.ts";
import { MemoryChannel } from "../../../support/memory-channel.ts";

/** A gated channel over one that cannot be paused, what came through, and how often more came than may wait. */
function gated() {
  const [channel] = MemoryChannel.pair();
  const seen = { through: [] as (string | Uint8Array)[], floods: 0 };
  const gate = new GatedChannel(channel, () => {
    seen.floods += 1;
  });
  gate.onMessage = (data) => {
    seen.through.push(data);
  };
  gate.hold();
  return { gate, seen, come: (data: string | Uint8Array) => channel.onMessage(data) };
}

describe("while it is held", () => {
  test.each<[string, (bytes: number) => string | Uint8Array]>([
    ["bytes", (bytes) => new Uint8Array(bytes)],
    ["letters, of two bytes each", (bytes) => "x".repeat(bytes / 2)],
  ])("so many %s wait, and no more", (_, ofBytes) => {
    const { gate, seen, come } = gated();
    const piece = MAX_GATED_BYTES / 4;
    for (let count = 0; count < 4; count += 1) come(ofBytes(piece));
    expect(seen).toEqual({ through: [], floods: 0 });
    come("x");
    expect(seen.floods).toBe(1);
    gate.release();
    expect(seen.through).toHaveLength(4);
    gate.hold();
    for (let count = 0; count < 4; count += 1) come(ofBytes(piece));
    expect(seen.floods).toBe(1);
  });

  test("so many messages wait, and no more, and come in their order", () => {
    const { gate, seen, come } = gated();
    const messages = Array.from({ length: MAX_GATED_MESSAGES }, (_, at) => `${at}`);
    for (const message of messages) come(message);
    expect(seen).toEqual({ through: [], floods: 0 });
    come("one more");
    expect(seen.floods).toBe(1);
    gate.release();
    expect(seen.through).toEqual(messages);
  });
});

test("what was held before a move comes before what comes after it, and the new channel is paused meanwhile", () => {
  const { gate, seen, come } = gated();
  const [next] = MemoryChannel.pair();
  const sent: unknown[] = [];
  next.send = (data) => {
    sent.push(data);
  };
  let pauses = 0;
  next.pause = () => {
    pauses += 1;
  };
  come("first");
  gate.moveTo(next);
  next.onMessage("second");
  come("third");
  expect(seen.through).toEqual([]);
  expect(pauses).toBe(1);
  gate.release();
  expect(seen.through).toEqual(["first", "second", "third"]);
  gate.send("answer");
  expect(sent).toEqual(["answer"]);
});

test("who waits for all channels is woken when they are released", async () => {
  const channels = new GatedChannels(() => {});
  channels.take(MemoryChannel.pair()[0]);
  channels.hold();
  const released = channels.untilReleased();
  channels.release();
  await expect(released).resolves.toBeUndefined();
});
