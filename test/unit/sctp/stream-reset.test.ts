// Closing streams: RE-CONFIG in progress, repeated, denied, wrapped, with a peer that knows it or not. RFC 6525.
import { describe, expect, test } from "vitest";
import { ChunkType, ParameterType } from "../../../src/sctp/packet/chunk-types.ts";
import { encodeParameter } from "../../../src/sctp/packet/chunk-walk.ts";
import { readU32, writeU16, writeU32 } from "../../../src/sctp/packet/fields.ts";
import type { Tsn } from "../../../src/sctp/serial.ts";
import { StreamReset, type StreamResetPort } from "../../../src/sctp/stream-reset.ts";
import { losesFirst, pattern, SctpPair } from "../../support/sctp-pair.ts";

const ROOM = 1_000;
const RTO_MS = 250;
const PERFORMED = 1;
const DENIED = 2;
const IN_PROGRESS = 6;

function setUp(change: Partial<StreamResetPort> = {}, localTsn = 100, peerTsn = 500) {
  const calls: string[] = [];
  const state = { cumulativeTsn: 0, quiet: true, messages: false };
  const reset = new StreamReset(
    {
      isSupported: true,
      suspend: (id) => calls.push(`suspend ${id}`),
      isQuiet: () => state.quiet,
      lastTsn: () => 4_000 as Tsn,
      resume: (id, isReset) => calls.push(`resume ${id} ${isReset}`),
      cumulativeTsn: () => state.cumulativeTsn as Tsn,
      resetInbound: (ids) => calls.push(`inbound ${ids.join()}`),
      onResetDone: (ids) => calls.push(`done ${ids.join()}`),
      rtoMs: () => RTO_MS,
      ...change,
    },
    localTsn,
    peerTsn,
  );
  const advance = (nowMs: number): void => reset.advance(nowMs, () => state.messages);
  return { reset, calls, state, advance };
}

/** As one RE-CONFIG chunk. */
function give(reset: StreamReset, nowMs: number, ...parameters: Uint8Array[]): void {
  const chunk = Uint8Array.from([ChunkType.RE_CONFIG, 0, 0, 0, ...parameters.flatMap((parameter) => [...parameter])]);
  writeU16(chunk, 2, chunk.length);
  reset.handle(chunk, 0, chunk.length, nowMs);
}

function response(sequence: number, result: number): Uint8Array {
  const value = new Uint8Array(8);
  writeU32(value, 0, sequence);
  writeU32(value, 4, result);
  return encodeParameter(ParameterType.RECONFIG_RESPONSE, value);
}

function request(sequence: number, lastTsn: number, streamIds: readonly number[]): Uint8Array {
  const value = new Uint8Array(12 + 2 * streamIds.length);
  writeU32(value, 0, sequence);
  writeU32(value, 8, lastTsn);
  for (const [index, id] of streamIds.entries()) writeU16(value, 12 + 2 * index, id);
  return encodeParameter(ParameterType.OUTGOING_SSN_RESET, value);
}

/** The next RE-CONFIG that is due, as `[type, sequence, result or last TSN]`. */
function poll(reset: StreamReset, nowMs = 0): number[] | undefined {
  const chunk = reset.pollChunk(nowMs, ROOM);
  if (chunk === undefined) return undefined;
  const isResponse = chunk[1] === ParameterType.RECONFIG_RESPONSE;
  return [chunk[1] ?? 0, readU32(chunk, 4), readU32(chunk, isResponse ? 8 : 12)];
}

describe("our request", () => {
  test("waits for what is queued, holds the stream, and is numbered from the initial TSN", () => {
    const { reset, calls, state, advance } = setUp();
    state.messages = true;
    reset.reset([7, 8, 7]);
    advance(0);
    expect([poll(reset), calls, reset.isIdle]).toEqual([undefined, [], false]);
    state.messages = false;
    state.quiet = false;
    advance(0);
    expect(poll(reset)).toBeUndefined();
    state.quiet = true;
    advance(0);
    expect(reset.nextDeadlineMs).toBe(0);
    expect(poll(reset)).toEqual([13, 100, 4_000]);
    expect([calls, reset.nextDeadlineMs]).toEqual([["suspend 7", "suspend 8"], RTO_MS]);
    give(reset, 1, response(100, PERFORMED));
    expect(calls.slice(2)).toEqual(["resume 7 true", "resume 8 true", "done 7,8"]);
    expect([reset.isIdle, reset.nextDeadlineMs]).toEqual([true, Number.POSITIVE_INFINITY]);
  });

  test("is repeated under its number for as long as nobody answers", () => {
    const { reset, advance } = setUp();
    reset.reset([1]);
    advance(0);
    poll(reset);
    advance(RTO_MS - 1);
    expect(poll(reset, RTO_MS - 1)).toBeUndefined();
    advance(RTO_MS);
    expect(poll(reset, RTO_MS)).toEqual([13, 100, 4_000]);
  });

  test("that is in progress is asked again under a new number", () => {
    const { reset, calls, advance } = setUp();
    reset.reset([1]);
    advance(0);
    poll(reset);
    give(reset, 10, response(100, IN_PROGRESS));
    advance(10 + RTO_MS);
    expect(poll(reset, 10 + RTO_MS)).toEqual([13, 101, 4_000]);
    give(reset, 300, response(100, PERFORMED));
    expect(reset.isIdle).toBe(false);
    give(reset, 300, response(101, PERFORMED));
    expect([reset.isIdle, calls.at(-1)]).toEqual([true, "done 1"]);
  });

  test("that is in progress may be answered late under its first number", () => {
    const { reset, calls } = setUp();
    reset.reset([1]);
    reset.advance(0, () => false);
    poll(reset);
    give(reset, 10, response(100, IN_PROGRESS), response(100, PERFORMED));
    expect([reset.isIdle, calls.at(-1)]).toEqual([true, "done 1"]);
  });

  test("that is denied ends, and the stream goes on as it was", () => {
    const { reset, calls } = setUp();
    reset.reset([1]);
    reset.advance(0, () => false);
    poll(reset);
    give(reset, 10, response(99, PERFORMED), response(100, DENIED));
    expect(calls).toEqual(["suspend 1", "resume 1 false", "done 1"]);
  });

  test("to a peer that does not know RE-CONFIG is not sent", () => {
    const { reset, calls } = setUp({ isSupported: false });
    reset.reset([1]);
    reset.advance(0, () => false);
    expect([poll(reset), reset.isIdle, calls]).toEqual([undefined, true, ["done 1"]]);
  });

  test("names 256 streams at most, fits into the smallest packet, and waits for room", () => {
    const { reset, calls } = setUp();
    reset.reset(Array.from({ length: 600 }, (_, index) => index));
    reset.advance(0, () => false);
    expect(calls).toHaveLength(256);
    expect(reset.pollChunk(0, 500)).toBeUndefined();
    expect(reset.pollChunk(0, ROOM)?.length).toBe(4 + 12 + 512);
  });

  test("numbers wrap", () => {
    const { reset } = setUp({}, 2 ** 32 - 1);
    for (const sequence of [2 ** 32 - 1, 0, 1]) {
      reset.reset([1]);
      reset.advance(0, () => false);
      expect(poll(reset)?.[1]).toBe(sequence);
      give(reset, 0, response(sequence, PERFORMED));
    }
  });
});

describe("the peer's request", () => {
  test("is performed once and answered each time", () => {
    const { reset, calls } = setUp();
    for (let repeat = 0; repeat < 3; repeat += 1) {
      give(reset, 0, request(500, 0, [3, 4]));
      expect(poll(reset)).toEqual([16, 500, PERFORMED]);
    }
    expect(calls).toEqual(["inbound 3,4"]);
  });

  test("waits for what was sent before it (deferred), and tells when it is performed", () => {
    const { reset, calls, state, advance } = setUp();
    give(reset, 0, request(500, 20, [3]));
    expect(poll(reset)).toEqual([16, 500, IN_PROGRESS]);
    give(reset, 0, request(500, 20, [3]));
    expect(poll(reset)).toEqual([16, 500, IN_PROGRESS]);
    state.cumulativeTsn = 19;
    advance(1);
    expect(poll(reset)).toBeUndefined();
    state.cumulativeTsn = 20;
    advance(2);
    expect([poll(reset), calls]).toEqual([[16, 500, PERFORMED], ["inbound 3"]]);
    give(reset, 0, request(500, 20, [3]));
    expect([poll(reset), calls]).toEqual([[16, 500, PERFORMED], ["inbound 3"]]);
  });

  test("may come again under a new number while the first one is deferred", () => {
    const { reset, calls, state, advance } = setUp();
    give(reset, 0, request(500, 20, [3]));
    give(reset, 0, request(501, 20, [3]));
    state.cumulativeTsn = 20;
    advance(2);
    expect(calls).toEqual(["inbound 3"]);
    const answers = [poll(reset), poll(reset), poll(reset), poll(reset)];
    expect(answers).toEqual([[16, 500, IN_PROGRESS], [16, 501, IN_PROGRESS], [16, 501, PERFORMED], undefined]);
  });

  test("out of turn is ignored; its numbers wrap", () => {
    const { reset, calls } = setUp({}, 100, 2 ** 32 - 1);
    give(reset, 0, request(5, 0, [1]));
    expect(poll(reset)).toBeUndefined();
    give(reset, 0, request(2 ** 32 - 1, 0, [1]));
    give(reset, 0, request(0, 0, [2]));
    expect(calls).toEqual(["inbound 1", "inbound 2"]);
  });

  test("for our streams, for the association, or for more streams changes nothing", () => {
    const { reset, calls } = setUp();
    const value = new Uint8Array(8);
    for (const [index, [type, result]] of (
      [
        [ParameterType.INCOMING_SSN_RESET, 0],
        [ParameterType.SSN_TSN_RESET, DENIED],
        [ParameterType.ADD_OUTGOING_STREAMS, DENIED],
        [ParameterType.ADD_INCOMING_STREAMS, DENIED],
      ] as const
    ).entries()) {
      writeU32(value, 0, 500 + index);
      give(reset, 0, encodeParameter(type, value));
      expect(poll(reset)).toEqual([16, 500 + index, result]);
    }
    expect([calls, reset.isIdle]).toEqual([[], true]);
  });

  test("by the thousand keeps a few answers only", () => {
    const { reset } = setUp();
    for (let index = 0; index < 1_000; index += 1) give(reset, 0, request(500 + index, 0, [1]));
    let answers = 0;
    while (poll(reset) !== undefined) answers += 1;
    expect(answers).toBeLessThanOrEqual(4);
  });
});

describe("between two associations", () => {
  test("reset streams: numbering begins anew on both sides, messages before it come before the news", () => {
    const pair = new SctpPair().connect();
    for (let round = 0; round < 3; round += 1) {
      pair.send("a", 5, pattern(3_000, round));
      pair.a.resetStreams([5]);
      pair.send("a", 5, pattern(10, round));
      pair.run(2_000);
    }
    const seen = pair.events.b.flatMap((event): (string | number)[] => {
      if (event.type === "message") return [event.data.length];
      return event.type === "streams-reset" ? ["reset"] : [];
    });
    expect(seen.filter((one) => one === "reset").length).toBeGreaterThan(0);
    expect(seen.filter((one) => one !== "reset")).toEqual([3_000, 10, 3_000, 10, 3_000, 10]);
  });

  test("asked for before there is an association is done when there is one", () => {
    const pair = new SctpPair();
    pair.send("a", 5, pattern(10));
    pair.a.resetStreams([5]);
    pair.connect();
    expect(pair.received("b")).toEqual(["5:10"]);
    expect(pair.of("b", "streams-reset")).toEqual([{ type: "streams-reset", streamIds: [5] }]);
    expect(pair.of("a", "streams-reset-done")).toHaveLength(1);
  });

  test("is sent without anything else happening first", () => {
    const pair = new SctpPair().connect();
    pair.a.resetStreams([1]);
    pair.run(0);
    expect(pair.sent.at(-1)?.types).toEqual([ChunkType.RE_CONFIG]);
  });

  test.each(["a", "b"] as const)("loses RE-CONFIG of %s", (from) => {
    const pair = new SctpPair().connect();
    pair.isLost = losesFirst(from, ChunkType.RE_CONFIG, 3);
    pair.send("a", 5, pattern(10));
    pair.a.resetStreams([5]);
    pair.run(20_000);
    expect(pair.of("b", "streams-reset")).toHaveLength(1);
    expect(pair.of("a", "streams-reset-done")).toHaveLength(1);
  });

  test("overtaking lost data is deferred until it is there", () => {
    const pair = new SctpPair().connect();
    pair.isLost = losesFirst("a", ChunkType.DATA, 2);
    pair.send("a", 5, pattern(10));
    pair.a.resetStreams([5]);
    pair.run(20_000);
    const types = pair.events.b.map(({ type }) => type).filter((type) => type !== "progress");
    expect(types).toEqual(["established", "message", "streams-reset"]);
    expect(pair.of("a", "streams-reset-done")).toHaveLength(1);
  });
});
