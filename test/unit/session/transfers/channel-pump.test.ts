// How the channel of the transfers is filled: by hand, in a time that the test lets pass.
import { expect, test } from "vitest";
import { ChannelPump } from "../../../../src/session/transfers/channel-pump.ts";
import { CHANNEL_HIGH_BYTES, CHANNEL_LOW_BYTES, MAX_MESSAGE_BYTES } from "../../../../src/transfer/limits.ts";

interface Setting {
  pump: ChannelPump;
  /** Messages that the engine has. */
  waiting: number[];
  channel: { bufferedBytes: number; isOpen: boolean; lowWaterBytes: number; onBufferedLow: () => void };
  sent: Uint8Array[];
  filled: boolean[];
  /** The deadline of the engine, and the timers and turns that run, by what they call. */
  time: { deadlineMs: number; timers: Map<() => void, number>; turns: (() => void)[] };
}

function opened(maxMessageBytes = 1_000_000): Setting {
  const waiting: number[] = [];
  const sent: Uint8Array[] = [];
  const filled: boolean[] = [];
  const time: Setting["time"] = { deadlineMs: Number.POSITIVE_INFINITY, timers: new Map(), turns: [] };
  const channel = {
    maxMessageBytes,
    bufferedBytes: 0,
    isOpen: true,
    lowWaterBytes: 0,
    onBufferedLow: (): void => {},
    send: (data: string | Uint8Array): void => {
      sent.push(data as Uint8Array);
      channel.bufferedBytes += data.length;
    },
  };
  const pump = new ChannelPump({
    engine: { pollTransmit: () => waiting.shift() ?? 0, nextDeadlineMs: () => time.deadlineMs },
    channel,
    clock: {
      nowMs: () => 100,
      setTimer: (call, ms) => {
        time.timers.set(call, ms);
        return () => time.timers.delete(call);
      },
      nextTurn: (call) => {
        time.turns.push(call);
        return () => {};
      },
    },
    onFilled: () => filled.push(pump.isFull),
  });
  return { pump, waiting, channel, sent, filled, time };
}

test("messages are sent until the channel is full, and again when it has space", () => {
  const { pump, waiting, channel, sent, filled } = opened();
  expect([pump.messageBytes, channel.lowWaterBytes]).toEqual([MAX_MESSAGE_BYTES, CHANNEL_LOW_BYTES]);
  const count = Math.ceil(CHANNEL_HIGH_BYTES / MAX_MESSAGE_BYTES);
  waiting.push(...Array<number>(count + 2).fill(MAX_MESSAGE_BYTES));
  pump.pump();
  expect([sent.length, filled]).toEqual([count, [true]]);
  channel.bufferedBytes = 0;
  channel.onBufferedLow();
  expect([sent.length, filled]).toEqual([count + 2, [true, false]]);
  expect(opened(5_000).pump.messageBytes).toBe(5_000);
});

test("several wishes to send in one turn fill the channel once, in the next", () => {
  const { pump, waiting, sent, time } = opened();
  waiting.push(10);
  pump.pumpSoon();
  pump.pumpSoon();
  expect([sent.length, time.turns.length]).toEqual([0, 1]);
  time.turns.shift()?.();
  expect(sent.map(({ length }) => length)).toEqual([10]);
  pump.pumpSoon();
  expect(time.turns).toHaveLength(1);
});

test("the channel may keep what it gets: no buffer is written to that it has", () => {
  const { pump, waiting, sent } = opened();
  // A short message is copied out of its buffer, a long one takes it along.
  waiting.push(1_000, 60_000, 60_000, 1_000);
  pump.pump();
  expect(sent.map(({ length }) => length)).toEqual([1_000, 60_000, 60_000, 1_000]);
  expect(new Set(sent.map(({ buffer }) => buffer)).size).toBe(4);
  expect(sent.map(({ buffer }) => buffer.byteLength)).toEqual([1_000, MAX_MESSAGE_BYTES, MAX_MESSAGE_BYTES, 1_000]);
});

test("a timer runs while data waits for the rate limit, and only one, of a millisecond at least", () => {
  const { pump, channel, time } = opened();
  time.deadlineMs = 350.2;
  pump.pump();
  pump.pump();
  expect([...time.timers.values()]).toEqual([251]);
  time.deadlineMs = 90;
  pump.pump();
  expect([...time.timers.values()]).toEqual([1]);
  // Full, or gone: then its callback wakes us, or nothing does.
  channel.bufferedBytes = CHANNEL_HIGH_BYTES;
  pump.pump();
  expect(time.timers.size).toBe(0);
  channel.bufferedBytes = 0;
  channel.isOpen = false;
  pump.pump();
  expect(time.timers.size).toBe(0);
});

test("after the end nothing is sent but a last message that is asked for", () => {
  const { pump, waiting, channel, sent, time } = opened();
  time.deadlineMs = 200;
  pump.pump();
  pump.stop();
  expect(time.timers.size).toBe(0);
  waiting.push(10, 20);
  pump.pump();
  expect([sent, time.timers.size]).toEqual([[], 0]);
  channel.bufferedBytes = CHANNEL_HIGH_BYTES;
  expect([pump.sendMessage(), sent.length]).toEqual([true, 1]);
  channel.isOpen = false;
  expect(pump.sendMessage()).toBe(false);
});
