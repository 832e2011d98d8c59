// The channels of a session: what is kept of the peer's until all of them are open, and what becomes of the others.
import { describe, expect, test } from "vitest";
import {
  ChannelRegistry,
  MAX_EARLY_BYTES,
  MAX_EARLY_MESSAGES,
  MAX_REFUSALS,
  type SessionChannels,
  type UnknownChannel,
} from "../../../../src/session/channels/registry.ts";
import { CONTROL_PROTOCOL, MAX_REFUSED_NAME_LENGTH } from "../../../../src/control/messages.ts";
import type { MessageChannel } from "../../../../src/lib/message-channel.ts";
import { TRANSFER_PROTOCOL } from "../../../../src/transfer/frames.ts";
import { MemoryChannel } from "../../../support/memory-channel.ts";

const LABELS: Record<string, string> = {
  "": "p2p",
  [CONTROL_PROTOCOL]: "p2p-control",
  [TRANSFER_PROTOCOL]: "p2p-transfer",
};

function channelOf(protocol: string, label = LABELS[protocol] ?? "other"): MessageChannel {
  const [channel] = MemoryChannel.pair();
  return Object.assign(channel, { protocol, label });
}

function collect() {
  const told = { complete: [] as SessionChannels[], floods: 0, refused: [] as UnknownChannel[] };
  const registry = new ChannelRegistry({
    onComplete: (channels) => told.complete.push(channels),
    onFlood: () => {
      told.floods += 1;
    },
  });
  return { registry, told };
}

const usual = (): MessageChannel[] => ["", CONTROL_PROTOCOL, TRANSFER_PROTOCOL].map((protocol) => channelOf(protocol));

describe("before all channels are open", () => {
  test("what came is kept and delivered in order", () => {
    const got: unknown[] = [];
    const [text, control, transfer] = [channelOf(""), channelOf(CONTROL_PROTOCOL), channelOf(TRANSFER_PROTOCOL)];
    const registry = new ChannelRegistry({
      onComplete: (channels) => {
        for (const channel of [channels.text, channels.control, channels.transfer]) {
          if (channel !== undefined) channel.onMessage = (data) => got.push(data);
        }
      },
      onFlood: () => got.push("flood"),
    });
    registry.handleChannel(text);
    text.onMessage("1");
    registry.handleChannel(control);
    control.onMessage("2");
    text.onMessage("3");
    registry.handleChannel(transfer);
    expect(got).toEqual(["1", "2", "3"]);
  });

  test.each([
    ["messages", "x", MAX_EARLY_MESSAGES],
    ["bytes", "x".repeat(MAX_EARLY_BYTES / 4), 4],
    ["bytes of UTF-8", "汉".repeat(MAX_EARLY_BYTES / 12), 4],
  ])("no more %s than the limit: then it is over, once, and nothing starts", (_name, data, fits) => {
    const { registry, told } = collect();
    const text = channelOf("");
    registry.handleChannel(text);
    for (let count = 0; count < fits; count += 1) text.onMessage(data);
    expect(told.floods).toBe(0);
    for (let count = 0; count < 1_000; count += 1) text.onMessage(data);
    expect(told.floods).toBe(1);
    registry.handleChannel(channelOf(CONTROL_PROTOCOL));
    registry.handleChannel(channelOf(TRANSFER_PROTOCOL));
    expect(told.complete).toEqual([]);
  });
});

describe("a channel between two p2p programs that is none of theirs", () => {
  test.each<[string, string, string]>([
    ["another protocol", "x", "p2p-media/1"],
    ["another version", "p2p-control", "p2p-control/2"],
    ["no protocol and another label", "chat", ""],
  ])("by %s is closed and told, and takes no other's place", (_name, label, protocol) => {
    const { registry, told } = collect();
    const odd = channelOf(protocol, label);
    registry.handleChannel(odd);
    const channels = usual();
    for (const channel of channels) registry.handleChannel(channel);
    expect(told.complete).toEqual([{ text: channels[0], control: channels[1], transfer: channels[2] }]);
    expect([odd.isOpen, ...channels.map(({ isOpen }) => isOpen)]).toEqual([false, true, true, true]);
    registry.listen((channel) => told.refused.push(channel));
    expect(told.refused).toEqual([{ label, protocol }]);
  });

  test("is told whichever side opens the channels, and a second one of a kind too", () => {
    const { registry, told } = collect();
    const opened: string[] = [];
    registry.openAll({
      open: (label, protocol) => {
        opened.push(`${label} ${protocol}`);
        return channelOf(protocol, label);
      },
    });
    expect(opened).toEqual(["p2p ", "p2p-control p2p-control/1", "p2p-transfer p2p-transfer/1"]);
    registry.listen((channel) => told.refused.push(channel));
    for (const channel of usual()) registry.handleChannel(channel);
    expect(told.refused.map(({ protocol }) => protocol)).toEqual(["", CONTROL_PROTOCOL, TRANSFER_PROTOCOL]);
  });

  test("is told with a bounded part of its name, and not without end, but always closed", () => {
    const { registry, told } = collect();
    registry.handleChannel(channelOf("汉".repeat(20_000), "😀".repeat(20_000)));
    registry.listen((channel) => told.refused.push(channel));
    const more = Array.from({ length: 1_000 }, () => channelOf("p2p-media/1"));
    for (const channel of more) registry.handleChannel(channel);
    expect(told.refused[0]).toEqual({
      label: "😀".repeat(MAX_REFUSED_NAME_LENGTH),
      protocol: "汉".repeat(MAX_REFUSED_NAME_LENGTH),
    });
    expect(told.refused).toHaveLength(MAX_REFUSALS);
    expect(more.every(({ isOpen }) => !isOpen)).toBe(true);
  });
});
