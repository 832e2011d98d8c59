// Messages in the order of their streams: SSNs that wrap, are skipped and begin anew, and readers that are busy.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Fragment } from "../../../../src/sctp/rx/fragments.ts";
import { InboundStreams } from "../../../../src/sctp/rx/inbound-streams.ts";
import type { Tsn } from "../../../../src/sctp/serial.ts";

function message(streamId: number, ssn: number, ...bytes: number[]): Fragment[] {
  const data = Uint8Array.from(bytes.length === 0 ? [ssn & 0xff] : bytes);
  return [
    { tsn: 0 as Tsn, flags: 3, streamId, ssn: ssn & 0xffff, ppid: 53, data, otherEnd: 0 as Tsn, runBytes: data.length },
  ];
}

/** All that is there, as `stream:first byte` and `reset ids`. */
function poll(streams: InboundStreams): string[] {
  const items: string[] = [];
  for (let item = streams.poll(); item !== undefined; item = streams.poll()) {
    items.push(item.type === "message" ? `${item.streamId}:${item.data[0]}` : `reset ${item.streamIds.join()}`);
  }
  return items;
}

describe("inbound streams", () => {
  test("deliver in the order of the stream whatever the order of arrival, over the wrap too", () => {
    const order = fc.shuffledSubarray(
      Array.from({ length: 12 }, (_, index) => index),
      { minLength: 12 },
    );
    fc.assert(
      fc.property(order, fc.constantFrom(0, 65_530), (arrivals, first) => {
        const streams = new InboundStreams(first);
        const got: string[] = [];
        for (const index of arrivals) {
          streams.addMessage(message(1, first + index, index), false);
          got.push(...poll(streams));
        }
        expect(got).toEqual(Array.from({ length: 12 }, (_, index) => `1:${index}`));
        expect([streams.heldBytes, streams.heldCount]).toEqual([0, 0]);
      }),
    );
  });

  test("streams do not wait for each other, nor unordered messages for anybody", () => {
    const streams = new InboundStreams(0);
    streams.addMessage(message(1, 1), false);
    streams.addMessage(message(2, 0), false);
    streams.addMessage(message(1, 9), true);
    expect(poll(streams)).toEqual(["2:0", "1:9"]);
    expect([streams.heldBytes, streams.heldCount]).toEqual([1, 1]);
  });

  test("a number that was there is dropped and costs nothing", () => {
    const streams = new InboundStreams(0);
    for (const ssn of [0, 2, 2, 0, 65_535]) streams.addMessage(message(1, ssn), false);
    expect(poll(streams)).toEqual(["1:0"]);
    expect(streams.heldCount).toBe(1);
  });

  test("skipping hands out what was early, in order, and never goes back", () => {
    const streams = new InboundStreams(0);
    for (const ssn of [5, 3, 1, 8]) streams.addMessage(message(1, ssn), false);
    streams.skipTo(1, 4);
    expect(poll(streams)).toEqual(["1:1", "1:3", "1:5"]);
    streams.skipTo(1, 2);
    streams.addMessage(message(1, 6), false);
    streams.skipTo(1, 7);
    expect(poll(streams)).toEqual(["1:6", "1:8"]);
  });

  test("takes time by the number of messages, whatever order and steps a peer chooses", () => {
    const stepsFor = (count: number): number => {
      const streams = new InboundStreams(0);
      for (let ssn = 2 * count; ssn > count; ssn -= 1) streams.addMessage(message(1, ssn), false);
      for (let ssn = 0; ssn <= 2 * count; ssn += 1) streams.skipTo(1, ssn);
      expect(poll(streams)).toHaveLength(count);
      return streams.steps;
    };
    for (const count of [1_000, 2_000, 4_000, 8_000, 16_000]) {
      expect(stepsFor(count)).toBeLessThanOrEqual(3 * count * Math.log2(count));
    }
  });

  test("a stream that is resumed for one message at a time hands out all, in order, before what is newer", () => {
    const streams = new InboundStreams(0);
    streams.pause(1);
    for (let ssn = 0; ssn < 3_000; ssn += 1) streams.addMessage(message(1, ssn), false);
    const got: string[] = [...poll(streams)];
    while (streams.heldCount > 0) {
      streams.resume(1);
      const item = streams.poll();
      streams.pause(1);
      if (item?.type === "message") got.push(`${item.streamId}:${got.length}`);
      if (got.length === 1_000) streams.addMessage(message(2, 0), false);
    }
    expect(got).toHaveLength(3_001);
    expect(got.at(-1)).toBe("2:3000");
    expect(streams.heldBytes).toBe(0);
  });

  test("a reset begins at 0, drops what was early, and stands between before and after", () => {
    const streams = new InboundStreams(0);
    for (const ssn of [0, 1, 5]) streams.addMessage(message(1, ssn), false);
    streams.reset([1, 9]);
    streams.addMessage(message(1, 0, 70), false);
    expect(poll(streams)).toEqual(["1:0", "1:1", "reset 1,9", "1:70"]);
    expect([streams.heldBytes, streams.heldCount]).toEqual([0, 0]);
  });

  test("a reset that names none is of all", () => {
    const streams = new InboundStreams(0);
    for (const id of [1, 2]) streams.addMessage(message(id, 0), false);
    streams.reset([]);
    for (const id of [1, 2]) streams.addMessage(message(id, 0), false);
    expect(poll(streams)).toEqual(["1:0", "2:0", "reset 1,2", "1:0", "2:0"]);
  });

  test("a paused stream keeps its messages and resets, in order, and others go on", () => {
    const streams = new InboundStreams(0);
    streams.addMessage(message(1, 0), false);
    streams.pause(1);
    streams.addMessage(message(1, 1), false);
    streams.addMessage(message(2, 0), false);
    streams.reset([1, 2]);
    expect(poll(streams)).toEqual(["2:0", "reset 2"]);
    streams.addMessage(message(1, 0, 70), false);
    expect([poll(streams), streams.heldBytes]).toEqual([[], 3]);
    streams.resume(1);
    streams.addMessage(message(1, 1, 71), false);
    expect(poll(streams)).toEqual(["1:0", "1:1", "reset 1", "1:70", "1:71"]);
    expect([streams.heldBytes, streams.heldCount]).toEqual([0, 0]);
  });

  test("pausing and resuming at any time keeps the order", () => {
    const step = fc.constantFrom("add", "pause", "resume", "poll");
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const streams = new InboundStreams(0);
        const got: string[] = [];
        let next = 0;
        for (const one of steps) {
          if (one === "add") streams.addMessage(message(1, next++), false);
          else if (one === "poll") got.push(...poll(streams));
          else streams[one as "pause" | "resume"](1);
        }
        streams.resume(1);
        got.push(...poll(streams));
        expect(got).toEqual(Array.from({ length: next }, (_, index) => `1:${index}`));
      }),
    );
  });
});
