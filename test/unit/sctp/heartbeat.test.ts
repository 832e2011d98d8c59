// HEARTBEATs: when they leave, what an answer proves, and that few are remembered. RFC 9260 §8.3, RFC 4820.
import { describe, expect, test } from "vitest";
import { Heartbeat } from "../../../src/sctp/heartbeat.ts";
import { ChunkType } from "../../../src/sctp/packet/chunk-types.ts";
import { readU16 } from "../../../src/sctp/packet/fields.ts";
import { PacketWriter } from "../../../src/sctp/packet/packet-writer.ts";
import { chunkTypes } from "../../support/sctp-pair.ts";
import { seededRandom } from "../../support/seeded-random.ts";

const BASE = 1_191;

function setUp(maxPacketBytes = BASE) {
  const heartbeat = new Heartbeat({ random: seededRandom(1), basePacketBytes: BASE, maxPacketBytes, nowMs: 0 });
  const write = (nowMs: number): Uint8Array | undefined => {
    const into = new Uint8Array(16_384);
    const packet = new PacketWriter();
    packet.begin(into, BASE, 1, 2, 3);
    return heartbeat.write(packet, nowMs, 500) ? into.slice(0, packet.finish(false)) : undefined;
  };
  /** The HEARTBEAT of a packet comes back. */
  const answer = (packet: Uint8Array, nowMs: number) =>
    heartbeat.handleAck(packet, 12, 12 + readU16(packet, 14), nowMs);
  return { heartbeat, write, answer };
}

describe("a heartbeat", () => {
  test("leaves after about half a minute in which nothing else did", () => {
    const { heartbeat, write } = setUp();
    expect(heartbeat.nextDeadlineMs).toBeGreaterThanOrEqual(22_500);
    expect(heartbeat.nextDeadlineMs).toBeLessThanOrEqual(37_500);
    expect(write(22_000)).toBeUndefined();
    heartbeat.postpone(22_000);
    expect(heartbeat.nextDeadlineMs).toBe(52_000);
    expect(chunkTypes(write(52_000) ?? new Uint8Array(0))).toEqual([ChunkType.HEARTBEAT]);
    expect(heartbeat.nextDeadlineMs).toBeGreaterThan(74_000);
  });

  test("measures the round trip, once for each answer", () => {
    const { write, answer } = setUp();
    const packet = write(40_000) ?? new Uint8Array(40);
    expect(answer(packet, 40_030)).toEqual({ rttMs: 30, probeBytes: 0 });
    expect(answer(packet, 40_040)).toBeUndefined();
  });

  test("that is padded proves a size", () => {
    const { heartbeat, write, answer } = setUp(1_435);
    const packet = write(0) ?? new Uint8Array(40);
    expect([packet.length, chunkTypes(packet)]).toEqual([1_432, [ChunkType.HEARTBEAT, ChunkType.PAD]]);
    expect(answer(packet, 5)).toEqual({ rttMs: 5, probeBytes: 1_435 });
    expect(heartbeat.pathMtu.handleProbeAcked(1_435, 5)).toBe(true);
  });

  test("answers to what was never asked, cut or grown, prove nothing", () => {
    const { write, answer, heartbeat } = setUp();
    const packet = write(40_000) ?? new Uint8Array(40);
    const other = Uint8Array.from(packet);
    other[20] = (other[20] ?? 0) ^ 1;
    expect(answer(other, 40_001)).toBeUndefined();
    expect(heartbeat.handleAck(packet, 12, 27, 40_001)).toBeUndefined();
    expect(heartbeat.handleAck(packet, 12, 29, 40_001)).toBeUndefined();
  });

  test("that is long past is forgotten: eight are remembered", () => {
    const { write, answer } = setUp();
    const packets = Array.from({ length: 9 }, (_, index) => write(40_000 * (index + 1)) ?? new Uint8Array(40));
    expect(answer(packets[0] as Uint8Array, 400_000)).toBeUndefined();
    expect(answer(packets[1] as Uint8Array, 400_000)).toBeDefined();
  });
});
