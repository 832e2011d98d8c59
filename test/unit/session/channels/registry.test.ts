// What is kept of a peer's channels until all of them are open.
import { describe, expect, test } from "vitest";
import {
  ChannelCollector,
  MAX_EARLY_BYTES,
  MAX_EARLY_MESSAGES,
  type SessionChannels,
} from "../../../../src/session/channels/registry.ts";
import { CONTROL_PROTOCOL } from "../../../../src/control/messages.ts";
import type { MessageChannel } from "../../../../src/lib/message-channel.ts";
import { TRANSFER_PROTOCOL } from "../../../../src/transfer/frames.ts";
import { MemoryChannel } from "../../../support/memory-channel.ts";

function channelOf(protocol: string): MessageChannel {
  const [channel] = MemoryChannel.pair();
  return Object.assign(channel, { protocol });
}

function collect() {
  const told = { complete: [] as SessionChannels[], floods: 0 };
  const collector = new ChannelCollector(
    true,
    (channels) => told.complete.push(channels),
    () => {
      told.floods += 1;
    },
  );
  return { collector, told };
}

describe("before all channels are open", () => {
  test("what came is kept and delivered in order", () => {
    const got: unknown[] = [];
    const [text, control, transfer] = [channelOf(""), channelOf(CONTROL_PROTOCOL), channelOf(TRANSFER_PROTOCOL)];
    const collector = new ChannelCollector(
      true,
      (channels) => {
        for (const channel of [channels.text, channels.control, channels.transfer]) {
          if (channel !== undefined) channel.onMessage = (data) => got.push(data);
        }
      },
      () => got.push("flood"),
    );
    collector.handleChannel(text);
    text.onMessage("1");
    collector.handleChannel(control);
    control.onMessage("2");
    text.onMessage("3");
    collector.handleChannel(transfer);
    expect(got).toEqual(["1", "2", "3"]);
  });

  test.each([
    ["messages", "x", MAX_EARLY_MESSAGES],
    ["bytes", "x".repeat(MAX_EARLY_BYTES / 4), 4],
    ["bytes of UTF-8", "汉".repeat(MAX_EARLY_BYTES / 12), 4],
  ])("no more %s than the limit: then it is over, once, and nothing starts", (_name, data, fits) => {
    const { collector, told } = collect();
    const text = channelOf("");
    collector.handleChannel(text);
    for (let count = 0; count < fits; count += 1) text.onMessage(data);
    expect(told.floods).toBe(0);
    for (let count = 0; count < 1_000; count += 1) text.onMessage(data);
    expect(told.floods).toBe(1);
    collector.handleChannel(channelOf(CONTROL_PROTOCOL));
    collector.handleChannel(channelOf(TRANSFER_PROTOCOL));
    expect(told.complete).toEqual([]);
  });
});
