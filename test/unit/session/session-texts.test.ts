// The texts of a session: what counts as undelivered, and when the end of a foreign peer's channel is the end.
import { describe, expect, test } from "vitest";
import { PromiseLedger } from "../../../src/control/promises.ts";
import type { P2pEvent } from "../../../src/lib/events.ts";
import { SessionTexts } from "../../../src/session/session-texts.ts";
import { HandClock } from "../../support/hand-clock.ts";
import { MemoryChannel } from "../../support/memory-channel.ts";

/** The texts over a channel whose transport acknowledges when the test says so. */
function open({ isForeign = false, messages = 0 } = {}) {
  const [channel] = MemoryChannel.pair();
  const clock = new HandClock();
  const sent: unknown[] = [];
  const drained: ((isDrained: boolean) => void)[] = [];
  channel.send = (data) => {
    sent.push(data);
  };
  channel.whenDrained = (callback) => {
    drained.push(callback);
  };
  const seen = { events: [] as P2pEvent[], heard: 0, acknowledged: 0 };
  const texts = new SessionTexts({
    channel,
    isForeign,
    clock,
    promises: new PromiseLedger({ files: [], messages, further: "none" }),
    events: {
      emit: (event) => seen.events.push(event),
      onHeard: () => {
        seen.heard += 1;
      },
      onTaken: () => {},
      onAcknowledged: () => {
        seen.acknowledged += 1;
      },
      onFlood: () => {},
    },
  });
  const drain = (): void => {
    for (const callback of drained.splice(0)) callback(true);
  };
  return { texts, channel, clock, sent, seen, drain };
}

describe("undelivered texts", () => {
  test("are those without an acknowledgement, those that came too late, and those that were only promised", async () => {
    const { texts, sent, seen } = open({ messages: 2 });
    const first = texts.protocol.send("first");
    void texts.protocol.send("second");
    await expect(texts.refuse()).rejects.toMatchObject({ code: "CONNECTION_LOST" });
    expect(sent).toEqual(["first", "second"]);
    expect(texts.undeliveredCount).toBe(5);
    texts.protocol.acknowledge(1);
    await first;
    expect(texts.undeliveredCount).toBe(4);
    expect(seen).toMatchObject({ acknowledged: 1, events: [{ event: "message", from: "me", text: "first" }] });
  });
});

test("texts and binary messages of the peer are heard and reported", () => {
  const { texts, channel, seen } = open();
  texts.protocol.handlePeer(false);
  channel.onMessage("hello");
  channel.onMessage(new Uint8Array(3));
  expect(seen.heard).toBe(2);
  expect(seen.events).toEqual([
    { event: "message", from: "peer", text: "hello" },
    { event: "binary-message", bytes: 3 },
  ]);
});

describe("a foreign peer", () => {
  test("has acknowledged what its transport has taken", async () => {
    const { texts, drain } = open({ isForeign: true });
    const text = texts.protocol.send("text");
    drain();
    await text;
    expect(texts.protocol.unacknowledgedCount).toBe(0);
  });

  test.each([
    ["its transport has taken everything", ({ drain }: ReturnType<typeof open>) => drain()],
    ["two seconds have passed", ({ clock }: ReturnType<typeof open>) => clock.pass(2_000)],
  ])("that closes its channel is gone when %s", (_, happen) => {
    const all = open({ isForeign: true });
    let calls = 0;
    void all.texts.protocol.send("text");
    all.texts.afterLastAcknowledgement(() => {
      calls += 1;
    });
    all.clock.pass(1_999);
    expect(calls).toBe(0);
    happen(all);
    all.clock.pass(10_000);
    all.drain();
    expect(calls).toBe(1);
  });

  test("that owes nothing is gone in the next turn", () => {
    const { texts, clock } = open({ isForeign: true });
    let calls = 0;
    texts.afterLastAcknowledgement(() => {
      calls += 1;
    });
    expect(calls).toBe(0);
    clock.pass(0);
    expect(calls).toBe(1);
  });
});
