// What a hostile peer may send: `handle` never throws, sending always comes to rest, and what is kept has a bound.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Association } from "../../src/sctp/association.ts";
import { ChunkType, DataFlag, ParameterType } from "../../src/sctp/packet/chunk-types.ts";
import { encodeParameter } from "../../src/sctp/packet/chunk-walk.ts";
import { readU32, writeU16, writeU32 } from "../../src/sctp/packet/fields.ts";
import { scaled } from "../support/scale.ts";
import {
  checksummed,
  dataChunk,
  forwardTsnChunk,
  type HandMadeChunk,
  packetOf,
  sackChunk,
} from "../support/sctp-packets.ts";
import { drain, drainEvents, pattern, SctpPair } from "../support/sctp-pair.ts";

const runs = { numRuns: scaled(150, 10_000) };
const INITIAL_TSN = 2 ** 32 - 30;
/** Most packets that may leave for one that came: what cwnd allows, repeated, and answers. */
const MAX_PACKETS = 200;

/** An association that is busy: established, something in flight, something half received. */
function busy(): { pair: SctpPair; side: Association; tag: number } {
  const options = { initialTsn: INITIAL_TSN, congestion: "cubic" as const };
  const pair = new SctpPair({ a: options, b: options }).connect();
  const init = pair.sent.find(({ from, types }) => from === "a" && types.includes(ChunkType.INIT));
  const tag = readU32(init?.bytes ?? pattern(20), 16);
  pair.isLost = ({ from, types }) => from === "b" && types.includes(ChunkType.SACK);
  pair.send("a", 1, pattern(30_000));
  pair.send("a", 2, pattern(3_000), { maxRetransmits: 0 });
  pair.send("b", 1, pattern(500));
  pair.run(15);
  return { pair, side: pair.a, tag };
}

/** Takes the packets, and lets some seconds pass. */
function survive(side: Association, packets: readonly Uint8Array[], startMs: number): void {
  let nowMs = startMs;
  drain(side, nowMs);
  for (const packet of packets) {
    side.handle(packet, nowMs);
    expect(drain(side, nowMs).length).toBeLessThanOrEqual(MAX_PACKETS);
    drainEvents(side);
  }
  for (let step = 0; step < 40; step += 1) {
    const deadlineMs = side.nextDeadlineMs();
    if (deadlineMs === Number.POSITIVE_INFINITY) break;
    // Time that is asked for is used: what is due now was sent just now.
    expect(deadlineMs).toBeGreaterThan(nowMs);
    nowMs = Math.max(nowMs, deadlineMs);
    side.advance(nowMs);
    expect(drain(side, nowMs).length).toBeLessThanOrEqual(MAX_PACKETS);
    drainEvents(side);
  }
}

const anyTsn = fc.oneof(
  fc.integer({ min: -70, max: 70 }).map((offset) => (INITIAL_TSN + offset) >>> 0),
  fc.constantFrom(0, 2 ** 31, 2 ** 32 - 1, (INITIAL_TSN + 65_535) >>> 0, (INITIAL_TSN + 2 ** 31 - 1) >>> 0),
  fc.integer({ min: 0, max: 2 ** 32 - 1 }),
);
const anyU16 = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 65_535 }));
const anyBytes = fc.uint8Array({ maxLength: 80 });

const anySack = fc
  .tuple(
    anyTsn,
    fc.constantFrom(0, 1, 1_000, 2 ** 20, 2 ** 32 - 1),
    fc.array(fc.tuple(anyU16, anyU16), { maxLength: 30 }),
    fc.array(anyTsn, { maxLength: 30 }),
  )
  .map(([tsn, window, gaps, duplicates]) => sackChunk(tsn, window, gaps, duplicates));
const anyData = fc
  .record({
    tsn: anyTsn,
    streamId: anyU16,
    ssn: anyU16,
    flags: fc.integer({ min: 0, max: 15 }),
    data: fc.uint8Array({ maxLength: 40 }),
  })
  .map(dataChunk);
const anyForwardTsn = fc
  .tuple(anyTsn, fc.array(fc.tuple(anyU16, anyU16), { maxLength: 10 }))
  .map(([tsn, streams]) => forwardTsnChunk(tsn, streams));
const anyReconfig = fc
  .array(
    fc.tuple(fc.constantFrom(13, 14, 15, 16, 17, 18, 99), anyTsn, anyTsn, anyTsn, fc.array(anyU16, { maxLength: 10 })),
    { maxLength: 4 },
  )
  .map((parameters): HandMadeChunk => {
    const bytes = parameters.flatMap(([type, ...words]) => {
      const streams = words.pop() as number[];
      const value = new Uint8Array(12 + 2 * streams.length);
      for (const [index, word] of (words as number[]).entries()) writeU32(value, 4 * index, word);
      for (const [index, id] of streams.entries()) writeU16(value, 12 + 2 * index, id);
      return [...encodeParameter(type, value)];
    });
    return { type: ChunkType.RE_CONFIG, value: Uint8Array.from(bytes) };
  });
const anyOther = fc
  .tuple(
    fc.oneof(fc.constantFrom(...Object.values(ChunkType)), fc.integer({ min: 0, max: 255 })),
    fc.nat(255),
    anyBytes,
  )
  .map(([type, flags, value]): HandMadeChunk => ({ type, flags, value }));
const anyChunks = fc.array(fc.oneof(anySack, anyData, anyForwardTsn, anyReconfig, anyOther), {
  minLength: 1,
  maxLength: 5,
});

describe("a busy association survives", () => {
  test("chunks of all kinds, plausible and not", () => {
    fc.assert(
      fc.property(fc.array(anyChunks, { maxLength: 12 }), (packets) => {
        const { pair, side, tag } = busy();
        survive(
          side,
          packets.map((chunks) => packetOf(tag, ...chunks)),
          pair.nowMs,
        );
      }),
      runs,
    );
  });

  test("any bytes behind a good header, and packets cut anywhere", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(anyChunks, anyBytes, fc.nat(400)), { maxLength: 12 }), (given) => {
        const { pair, side, tag } = busy();
        const packets = given.map(([chunks, tail, cut]) => {
          const packet = packetOf(tag, ...chunks);
          return checksummed(Uint8Array.from([...packet.subarray(0, Math.max(12, packet.length - cut)), ...tail]));
        });
        survive(side, packets, pair.nowMs);
      }),
      runs,
    );
  });

  test("its own peer's packets with bytes changed, repeated and in another order", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(1_000), fc.nat(1_000), fc.nat(255)), { maxLength: 40 }), (changes) => {
        const { pair, side } = busy();
        const own = pair.sent.filter(({ from }) => from === "b").map(({ bytes }) => bytes);
        const packets = changes.map(([which, at, byte]) => {
          const packet = Uint8Array.from(own[which % own.length] ?? pattern(20));
          // The tag stays: a packet that is not for it is not looked at.
          packet[12 + (at % (packet.length - 12))] = byte;
          return checksummed(packet);
        });
        survive(side, packets, pair.nowMs);
      }),
      runs,
    );
  });

  test("any bytes at all, before and during the association", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 20 }), (packets) => {
        const { pair, side } = busy();
        survive(side, packets, pair.nowMs);
        const fresh = new SctpPair();
        fresh.a.start(0);
        survive(fresh.a, packets, 0);
      }),
      runs,
    );
  });
});

describe("a hostile peer", () => {
  test("cannot acknowledge what was never sent", () => {
    const { pair, side, tag } = busy();
    for (const ahead of [1_000, 65_535, 2 ** 31 - 1]) {
      side.handle(packetOf(tag, sackChunk((INITIAL_TSN + ahead) >>> 0, 1_000_000)), pair.nowMs);
    }
    expect(side.isDrained).toBe(false);
    pair.isLost = () => false;
    pair.run(20_000, () => side.isDrained);
    expect(pair.received("b")).toContain("1:30000");
  });

  test("makes us answer a flood of HEARTBEATs with a few packets, and nothing else starves", () => {
    const { pair, side, tag } = busy();
    const beats = Array.from({ length: 300 }, () => ({ type: ChunkType.HEARTBEAT, value: new Uint8Array(40) }));
    for (let packet = 0; packet < 50; packet += 1) side.handle(packetOf(tag, ...beats), pair.nowMs);
    side.shutdown(pair.nowMs);
    expect(drain(side, pair.nowMs).length).toBeLessThan(40);
    pair.isLost = () => false;
    pair.run(60_000);
    expect(pair.of("a", "closed")).toEqual([{ type: "closed", reason: "shutdown", detail: "" }]);
  });

  test("gets an answer to the largest HEARTBEAT, and what comes after it too", () => {
    const { pair, side, tag } = busy();
    side.handle(packetOf(tag, { type: ChunkType.HEARTBEAT, value: new Uint8Array(16_368) }), pair.nowMs);
    side.handle(packetOf(tag, { type: ChunkType.HEARTBEAT, value: new Uint8Array(8) }), pair.nowMs);
    const sizes = drain(side, pair.nowMs).map(({ length }) => length);
    expect(sizes).toContain(16_384);
    expect(side.nextDeadlineMs()).toBeGreaterThan(pair.nowMs);
  });

  test("that floods with one-byte fragments or messages is held to the window", () => {
    for (const flags of [0, DataFlag.BEGINNING | DataFlag.ENDING]) {
      const { pair, side, tag } = busy();
      const first = readU32(
        pair.sent.find(({ from, types }) => from === "b" && types.includes(1))?.bytes ?? pattern(40),
        28,
      );
      let tsn = first + 1;
      for (let packet = 0; packet < 400; packet += 1) {
        const chunks = Array.from({ length: 100 }, () => {
          const isFirst = tsn === first + 1;
          return dataChunk({ tsn: tsn++, ssn: 5 + packet, flags: isFirst ? flags | DataFlag.BEGINNING : flags });
        });
        side.handle(packetOf(tag, ...chunks.map((chunk) => chunk)), pair.nowMs);
        drain(side, pair.nowMs);
      }
      // 1 MiB of window and one message, at 65 bytes each.
      expect(side.metrics()?.heldBytes ?? 0).toBeLessThan((1_048_576 + 262_144) / 64);
    }
  });

  test("that resets all streams again and again costs little", () => {
    const { pair, side, tag } = busy();
    const streams = Uint16Array.from({ length: 8_000 }, (_, index) => index);
    for (let round = 0; round < 100; round += 1) {
      const value = new Uint8Array(12 + 2 * streams.length);
      writeU32(value, 0, (INITIAL_TSN + round) >>> 0);
      writeU32(value, 8, INITIAL_TSN);
      for (const [index, id] of streams.entries()) writeU16(value, 12 + 2 * index, id);
      const chunk = encodeParameter(
        round % 2 === 0 ? ParameterType.OUTGOING_SSN_RESET : ParameterType.INCOMING_SSN_RESET,
        value,
      );
      side.handle(packetOf(tag, { type: ChunkType.RE_CONFIG, value: chunk }), pair.nowMs);
      drain(side, pair.nowMs);
      expect(drainEvents(side).length).toBeLessThan(10);
    }
  });
});
