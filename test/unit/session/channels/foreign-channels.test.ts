// Which channel of another WebRTC program carries the text, and what becomes of the others.
import { describe, expect, test } from "vitest";
import type { MessageChannel } from "../../../../src/lib/message-channel.ts";
import { ForeignChannels, OPENING_MS, SETTLE_MS } from "../../../../src/session/channels/foreign-channels.ts";
import { MAX_REFUSALS } from "../../../../src/session/channels/registry.ts";
import { HandClock } from "../../../support/hand-clock.ts";
import { MemoryChannel } from "../../../support/memory-channel.ts";

function channelOf(label: string): MessageChannel & { label: string } {
  const [channel] = MemoryChannel.pair();
  return Object.assign(channel, { protocol: "", label });
}

function bench(role: "offer" | "answer") {
  const clock = new HandClock();
  const seen = {
    used: [] as MessageChannel[],
    texts: [] as unknown[],
    opened: [] as MessageChannel[],
    unused: [] as string[],
    floods: 0,
  };
  const channels = new ForeignChannels({
    role,
    clock,
    events: {
      onComplete: ({ text }) => {
        seen.used.push(text);
        text.onMessage = (data) => seen.texts.push(data);
      },
      onFlood: () => {
        seen.floods += 1;
      },
    },
  });
  const adopted = channelOf("");
  const opener = {
    open: (label: string) => {
      const channel = channelOf(label);
      seen.opened.push(channel);
      return channel;
    },
    /** Messages have come on the stream. */
    adopt: (streamId: number, use: (channel: MessageChannel) => void) => {
      use(adopted);
      adopted.onMessage(`early on ${streamId}`);
    },
  };
  channels.begin(opener);
  channels.listen((label) => seen.unused.push(label));
  const labels = () => ({ used: seen.used.map(({ label }) => label), opened: seen.opened.map(({ label }) => label) });
  return { clock, channels, seen, labels, adopted };
}

describe("the offering side", () => {
  test("opens p2p at once; what the peer opens is closed and named", () => {
    const { channels, seen, labels } = bench("offer");
    const theirs = channelOf("chat");
    channels.handleChannel(theirs);
    expect(labels()).toEqual({ used: ["p2p"], opened: ["p2p"] });
    expect(theirs.isOpen).toBe(false);
    expect(seen.unused).toEqual(["chat"]);
  });

  test("moves to a stream that both know without a word, as long as nothing has come on its own", () => {
    const { channels, seen, adopted } = bench("offer");
    channels.handleUnopened(0);
    expect(seen.texts).toEqual(["early on 0"]);
    const sent: unknown[] = [];
    adopted.send = (data) => sent.push(data);
    seen.used[0]?.send("answer");
    expect(sent).toEqual(["answer"]);
    expect(seen.unused).toEqual([]);
  });

  test("stays where it is heard, and names such a stream", () => {
    const { channels, seen } = bench("offer");
    seen.opened[0]?.onMessage("hello");
    channels.handleUnopened(0);
    expect(seen.texts).toEqual(["hello"]);
    expect(seen.unused).toEqual([""]);
  });
});

describe("the answering side", () => {
  test.each(["chat", "Text", "message-bus", "聊天"])(
    "takes '%s' at once, and what came before it is delivered",
    (label) => {
      const { channels, seen, labels } = bench("answer");
      const [control, chat] = [channelOf("control"), channelOf(label)];
      channels.handleChannel(control);
      control.onMessage("not for people");
      channels.handleChannel(chat);
      chat.onMessage("hello");
      expect(labels()).toEqual({ used: [label], opened: [] });
      expect(seen.texts).toEqual(["hello"]);
      expect([control.isOpen, seen.unused]).toEqual([false, ["control"]]);
    },
  );

  test("takes the first where no label says more, with all that has come on it", () => {
    const { channels, clock, seen, labels } = bench("answer");
    const [a, b] = [channelOf("a"), channelOf("b")];
    channels.handleChannel(a);
    a.onMessage("1");
    channels.handleChannel(b);
    b.onMessage("no");
    a.onMessage("2");
    clock.pass(SETTLE_MS - 1);
    expect(seen.used).toEqual([]);
    clock.pass(1);
    expect(labels().used).toEqual(["a"]);
    expect(seen.texts).toEqual(["1", "2"]);
    expect(seen.unused).toEqual(["b"]);
  });

  test("opens p2p where the peer opens nothing", () => {
    const { clock, labels } = bench("answer");
    clock.pass(OPENING_MS - 1);
    expect(labels().opened).toEqual([]);
    clock.pass(1);
    expect(labels()).toEqual({ used: ["p2p"], opened: ["p2p"] });
  });

  describe("that has opened p2p", () => {
    function late() {
      const made = bench("answer");
      made.clock.pass(OPENING_MS);
      return { ...made, theirs: channelOf("theirs") };
    }

    test("moves to a first channel of the peer, and hears both", () => {
      const { channels, seen, theirs } = late();
      const sent: unknown[] = [];
      theirs.send = (data) => sent.push(data);
      channels.handleChannel(theirs);
      theirs.onMessage("there");
      seen.opened[0]?.onMessage("here");
      seen.used[0]?.send("answer");
      expect([seen.texts, sent, seen.unused]).toEqual([["there", "here"], ["answer"], []]);
    });

    test("moves once: a second one is closed and named", () => {
      const { channels, seen, theirs } = late();
      const second = channelOf("second");
      channels.handleChannel(theirs);
      channels.handleChannel(second);
      expect([theirs.isOpen, second.isOpen, seen.unused]).toEqual([true, false, ["second"]]);
    });

    test("stays where it is heard", () => {
      const { channels, seen, theirs } = late();
      seen.opened[0]?.onMessage("hello");
      channels.handleChannel(theirs);
      expect([theirs.isOpen, seen.unused]).toEqual([false, ["theirs"]]);
    });

    test("has delivered everything when both channels have", () => {
      const { channels, seen, theirs } = late();
      const [own] = seen.opened;
      if (own === undefined) throw new Error("nothing was opened");
      const waiting: ((isDrained: boolean) => void)[] = [];
      own.whenDrained = (callback) => waiting.push(callback);
      channels.handleChannel(theirs);
      const drained: boolean[] = [];
      seen.used[0]?.whenDrained((isDrained) => drained.push(isDrained));
      expect(drained).toEqual([]);
      for (const callback of waiting) callback(true);
      expect(drained).toEqual([true]);
    });
  });

  test("adopts a stream that both know without a word", () => {
    const { channels, clock, seen, labels } = bench("answer");
    channels.handleUnopened(7);
    clock.pass(SETTLE_MS);
    expect(labels()).toEqual({ used: [""], opened: [] });
    expect(seen.texts).toEqual(["early on 7"]);
    clock.pass(OPENING_MS);
    expect(seen.used).toHaveLength(1);
  });

  test("opens one itself where the only one was closed before it was chosen", () => {
    const { channels, clock, labels } = bench("answer");
    const gone = channelOf("x");
    channels.handleChannel(gone);
    gone.close();
    clock.pass(SETTLE_MS);
    expect(labels()).toEqual({ used: ["p2p"], opened: ["p2p"] });
  });

  test("does nothing more once the try is over", () => {
    const { channels, clock, seen, labels } = bench("answer");
    channels.close();
    clock.pass(OPENING_MS);
    channels.handleChannel(channelOf("chat"));
    channels.handleUnopened(1);
    clock.pass(OPENING_MS);
    expect(labels()).toEqual({ used: [], opened: [] });
    expect(seen.unused).toEqual([]);
  });
});

test("only so many unused channels are named, none by more than 64 characters", () => {
  const { channels, seen } = bench("offer");
  for (let count = 0; count < 100; count += 1) channels.handleChannel(channelOf("x".repeat(1_000)));
  expect(seen.unused).toEqual(Array.from({ length: MAX_REFUSALS }, () => "x".repeat(64)));
});
