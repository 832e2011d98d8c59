// Towards receivers as they are found: one that reports twenty gaps at most (dcSCTP), one that drops what is far ahead
// (usrsctp), one that does not know RE-CONFIG.
import { describe, expect, test } from "vitest";
import { ChunkType, COMMON_HEADER_BYTES, ParameterType } from "../../../src/sctp/packet/chunk-types.ts";
import { readU16, readU32 } from "../../../src/sctp/packet/fields.ts";
import { packetOf, sackChunk, withoutParameters } from "../../support/sctp-packets.ts";
import { pattern, type SentPacket, SctpPair } from "../../support/sctp-pair.ts";
import { seededRandom } from "../../support/seeded-random.ts";

const { INIT, INIT_ACK, SACK, DATA, RE_CONFIG } = ChunkType;
const REPORTED_GAPS = 20;

/** Both sides take each other for another stack. */
function foreign({ bytes, types }: SentPacket): Uint8Array {
  const isInit = types.includes(INIT) || types.includes(INIT_ACK);
  return isInit ? withoutParameters(bytes, [ParameterType.OWN_STACK]) : bytes;
}

/** A packet of one SACK, with its lowest gaps only. */
function cut(packet: SentPacket): Uint8Array {
  const { bytes, types } = packet;
  const gapCount = readU16(bytes, COMMON_HEADER_BYTES + 12);
  if (types.length !== 1 || types[0] !== SACK || gapCount <= REPORTED_GAPS) return foreign(packet);
  const gaps = Array.from({ length: REPORTED_GAPS }, (_, index) => {
    const at = COMMON_HEADER_BYTES + 16 + 4 * index;
    return [readU16(bytes, at), readU16(bytes, at + 2)] as const;
  });
  return packetOf(readU32(bytes, 4), sackChunk(readU32(bytes, 16), readU32(bytes, 20), gaps));
}

describe("a receiver", () => {
  test("that reports twenty gaps at most: little is repeated needlessly, and no timeout is needed", () => {
    const random = seededRandom(11);
    const pair = new SctpPair({ a: { congestion: "bbr" }, oneWayMs: 25 });
    pair.change = cut;
    pair.connect();
    let lost = 0;
    let longest = 0;
    pair.isLost = ({ from, bytes, types }) => {
      if (types[0] === SACK) longest = Math.max(longest, readU16(bytes, COMMON_HEADER_BYTES + 12));
      if (from !== "a" || !types.includes(DATA) || random() >= 0.05) return false;
      lost += types.filter((type) => type === DATA).length;
      return true;
    };
    for (let index = 0; index < 60; index += 1) pair.send("a", 0, pattern(100_000, index));
    pair.run(300_000, () => pair.a.isDrained);
    expect(pair.received("b")).toHaveLength(60);
    // Otherwise this would show nothing.
    expect(longest).toBeGreaterThan(REPORTED_GAPS);
    const metrics = pair.a.metrics();
    expect(metrics?.chunksRetransmitted).toBeGreaterThanOrEqual(lost);
    expect(metrics?.chunksRetransmitted).toBeLessThan(1.1 * lost + 10);
    expect(metrics?.timeouts).toBe(0);
  });

  test("of unknown kind is never sent a TSN 4,000 ahead of what it has acknowledged", () => {
    const pair = new SctpPair({ a: { congestion: "bbr" }, b: { receiveWindowBytes: 64 * 1_048_576 } });
    pair.change = foreign;
    pair.connect();
    let isFirst = true;
    let first = 0;
    let highest = 0;
    pair.isLost = ({ from, types, bytes }) => {
      if (from !== "a" || types[0] !== DATA) return false;
      const tsn = readU32(bytes, COMMON_HEADER_BYTES + 4);
      if (isFirst) first = tsn;
      isFirst = false;
      highest = Math.max(highest, (tsn - first) | 0);
      // The first chunk never arrives.
      return tsn === first;
    };
    for (let index = 0; index < 9_000; index += 1) pair.send("a", 0, pattern(100));
    pair.run(3_000);
    expect(highest).toBeGreaterThan(1_000);
    expect(highest).toBeLessThan(4_000);
  });

  test("that does not know RE-CONFIG hears of no reset, and shutting down does not wait for one", () => {
    const pair = new SctpPair();
    pair.change = ({ bytes, types }) => {
      const isInit = types.includes(INIT) || types.includes(INIT_ACK);
      return isInit ? withoutParameters(bytes, [ParameterType.SUPPORTED_EXTENSIONS]) : bytes;
    };
    pair.connect();
    pair.send("a", 3, pattern(10));
    pair.a.resetStreams([3]);
    pair.a.shutdown(pair.nowMs);
    pair.run(5_000);
    expect([pair.count("a", RE_CONFIG), pair.received("b")]).toEqual([0, ["3:10"]]);
    expect(pair.of("a", "closed")).toEqual([{ type: "closed", reason: "shutdown", detail: "" }]);
  });
});

describe("the window that another stack is told", () => {
  const BUFFER_BYTES = 300_000;
  const path = { rttMs: undefined, maxPacketBytes: 1_191, maxForeignPacketBytes: 1_191, isStream: false };

  /** @returns the largest window in the SACKs of `b` while it takes half a megabyte */
  function largestWindow(pair: SctpPair): number {
    let largest = 0;
    pair.isLost = ({ from, bytes, types }) => {
      if (from === "b" && types[0] === SACK) largest = Math.max(largest, readU32(bytes, COMMON_HEADER_BYTES + 8));
      return false;
    };
    pair.send("a", 0, pattern(500_000, 1));
    pair.run(60_000, () => pair.a.isDrained);
    return largest;
  }

  test.each([
    { what: "on one machine", isOneMachine: true, isStream: false, isForeign: true, isLimited: true },
    { what: "on one machine, over TCP", isOneMachine: true, isStream: true, isForeign: true, isLimited: false },
    { what: "on another machine", isOneMachine: false, isStream: false, isForeign: true, isLimited: false },
    { what: "of our own kind", isOneMachine: true, isStream: false, isForeign: false, isLimited: false },
  ])("$what", ({ isOneMachine, isStream, isForeign, isLimited }) => {
    const pair = new SctpPair({ b: { isOneMachine, isStream, socketBufferBytes: BUFFER_BYTES } });
    if (isForeign) pair.change = foreign;
    pair.connect();
    const largest = largestWindow(pair);
    if (isLimited) expect(largest).toBe(BUFFER_BYTES / 3);
    else expect(largest).toBeGreaterThan(BUFFER_BYTES);
  });

  test("follows the path", () => {
    const pair = new SctpPair({ b: { isOneMachine: true, socketBufferBytes: BUFFER_BYTES } });
    pair.change = foreign;
    pair.connect();
    pair.b.handleNewPath({ ...path, isOneMachine: false }, pair.nowMs);
    expect(largestWindow(pair)).toBeGreaterThan(BUFFER_BYTES);
  });
});
