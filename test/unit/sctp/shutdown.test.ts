// Ending in order and at once, with each chunk of it lost. RFC 9260 §9.
import { describe, expect, test } from "vitest";
import { ChunkType } from "../../../src/sctp/packet/chunk-types.ts";
import { losesFirst, pattern, SctpPair } from "../../support/sctp-pair.ts";

const { SHUTDOWN, SHUTDOWN_ACK, SHUTDOWN_COMPLETE, DATA, ABORT } = ChunkType;
const IN_ORDER = [{ type: "closed", reason: "shutdown", detail: "" }];

describe("shutdown", () => {
  test("shutdown connection", () => {
    const pair = new SctpPair().connect();
    pair.a.shutdown(pair.nowMs);
    pair.run(1_000);
    expect([pair.of("a", "closed"), pair.of("b", "closed")]).toEqual([IN_ORDER, IN_ORDER]);
  });

  test("by both at the same time", () => {
    const pair = new SctpPair().connect();
    pair.a.shutdown(pair.nowMs);
    pair.b.shutdown(pair.nowMs);
    pair.run(1_000);
    expect([pair.of("a", "closed"), pair.of("b", "closed")]).toEqual([IN_ORDER, IN_ORDER]);
  });

  test("delivers what both had queued before it", () => {
    const pair = new SctpPair().connect();
    pair.isLost = losesFirst("a", DATA, 3);
    pair.send("a", 0, pattern(50_000));
    pair.send("b", 0, pattern(60_000));
    pair.a.shutdown(pair.nowMs);
    pair.send("a", 0, pattern(9));
    pair.run(20_000);
    expect([pair.received("a"), pair.received("b")]).toEqual([["0:60000"], ["0:50000"]]);
    expect([pair.of("a", "closed"), pair.of("b", "closed")]).toEqual([IN_ORDER, IN_ORDER]);
  });

  test.each([
    ["SHUTDOWN", "a", SHUTDOWN],
    ["SHUTDOWN ACK", "b", SHUTDOWN_ACK],
    ["SHUTDOWN COMPLETE", "a", SHUTDOWN_COMPLETE],
  ] as const)("resending %s", (_, from, type) => {
    const pair = new SctpPair().connect();
    pair.isLost = losesFirst(from, type, 2);
    pair.a.shutdown(pair.nowMs);
    pair.run(30_000);
    expect([pair.of("a", "closed"), pair.of("b", "closed")]).toEqual([IN_ORDER, IN_ORDER]);
  });

  test("timer expires too many times", () => {
    const pair = new SctpPair().connect();
    pair.isLost = ({ from }) => from === "b";
    pair.a.shutdown(pair.nowMs);
    pair.run(120_000);
    expect(pair.of("a", "closed")).toMatchObject([{ reason: "aborted" }]);
    expect(pair.count("a", SHUTDOWN)).toBeLessThan(12);
    expect(pair.of("b", "closed")).toEqual(IN_ORDER);
  });

  test("waits for streams that are being reset", () => {
    const pair = new SctpPair().connect();
    pair.send("a", 4, pattern(10));
    pair.run(100);
    pair.isLost = losesFirst("b", ChunkType.RE_CONFIG, 2);
    pair.a.resetStreams([4]);
    pair.a.shutdown(pair.nowMs);
    pair.run(30_000);
    expect(pair.of("b", "streams-reset")).toEqual([{ type: "streams-reset", streamIds: [4] }]);
    expect(pair.of("b", "closed")).toEqual(IN_ORDER);
  });
});

describe("abort", () => {
  test("because of what the peer sent names that, and the peer hears an ABORT", () => {
    const pair = new SctpPair({ b: { maxMessageBytes: 1_000 } }).connect();
    pair.send("a", 0, pattern(2_000));
    pair.run(100);
    const detail = "a message is too large";
    expect(pair.of("b", "closed")).toEqual([{ type: "closed", reason: "violation", detail }]);
    expect(pair.of("a", "closed")).toEqual([{ type: "closed", reason: "aborted", detail: "the peer aborted" }]);
  });

  test("tells the peer and closes, even with a full queue", () => {
    const pair = new SctpPair().connect();
    pair.send("a", 0, pattern(200_000));
    pair.run(5);
    pair.a.abort(pair.nowMs, "enough");
    pair.run(100);
    expect(pair.of("a", "closed")).toEqual([{ type: "closed", reason: "aborted", detail: "enough" }]);
    expect(pair.of("b", "closed")).toEqual([{ type: "closed", reason: "aborted", detail: "the peer aborted" }]);
    expect(pair.count("a", ABORT)).toBe(1);
    pair.send("a", 0, pattern(1));
    pair.run(1_000);
    expect(pair.a.nextDeadlineMs()).toBe(Number.POSITIVE_INFINITY);
  });

  test("is told once, and nothing follows", () => {
    const pair = new SctpPair().connect();
    pair.a.abort(pair.nowMs, "x");
    pair.a.abort(pair.nowMs, "y");
    pair.a.shutdown(pair.nowMs);
    pair.run(10_000);
    expect(pair.events.a.filter(({ type }) => type === "closed")).toHaveLength(1);
    expect(pair.events.a.at(-1)?.type).toBe("closed");
  });
});
