// Packets written and walked through again.
import { describe, expect, test } from "vitest";
import { ChunkType, DataFlag } from "../../../../src/sctp/packet/chunk-types.ts";
import { ChunkWalk, encodeParameter, readParameters } from "../../../../src/sctp/packet/chunk-walk.ts";
import { packetChecksum } from "../../../../src/sctp/packet/crc32c.ts";
import { readU16, readU32 } from "../../../../src/sctp/packet/fields.ts";
import { PacketWriter } from "../../../../src/sctp/packet/packet-writer.ts";

function begin(limitBytes: number, bufferBytes = 2_000) {
  const into = new Uint8Array(bufferBytes).fill(0xee);
  const writer = new PacketWriter();
  writer.begin(into, limitBytes, 5_000, 5_001, 0xfedcba98);
  return { into, writer };
}

function walk(packet: Uint8Array): [type: number, flags: number, start: number, end: number][] {
  const walker = new ChunkWalk();
  const chunks: [number, number, number, number][] = [];
  walker.begin(packet);
  while (walker.step()) chunks.push([walker.type, walker.flags, walker.start, walker.end]);
  return chunks;
}

describe("packet writer", () => {
  test("writes header, chunks with their padding, and the checksum", () => {
    const { into, writer } = begin(1_191);
    expect([writer.isEmpty, writer.room]).toEqual([true, 1_179]);
    writer.chunk(ChunkType.HEARTBEAT, 3, Uint8Array.of(1, 2, 3, 4, 5));
    writer.data(
      { flags: DataFlag.ENDING, tsn: 2 ** 33 + 5, streamId: 7, ssn: 65_536 + 9, ppid: 51 },
      Uint8Array.of(9, 8, 7),
      1,
      3,
    );
    const packet = into.subarray(0, writer.finish(true));
    expect([readU16(packet, 0), readU16(packet, 2), readU32(packet, 4)]).toEqual([5_000, 5_001, 0xfedcba98]);
    expect(walk(packet)).toEqual([
      [ChunkType.HEARTBEAT, 3, 12, 21],
      [ChunkType.DATA, 1, 24, 42],
    ]);
    expect([...packet.subarray(21, 24), ...packet.subarray(42)]).toEqual([0, 0, 0, 0, 0]);
    expect([...packet.subarray(28, 42)]).toEqual([0, 0, 0, 5, 0, 7, 0, 9, 0, 0, 0, 51, 8, 7]);
    const sum = packetChecksum(packet, 0, packet.length);
    expect([...packet.subarray(8, 12)]).toEqual([sum & 255, (sum >>> 8) & 255, (sum >>> 16) & 255, sum >>> 24]);
  });

  test("leaves the checksum zero when it may", () => {
    const { into, writer } = begin(100);
    writer.chunk(ChunkType.COOKIE_ACK, 0, new Uint8Array(0));
    expect([writer.finish(false), readU32(into, 8)]).toEqual([16, 0]);
  });

  test("writes a SACK with gaps and duplicates", () => {
    const { into, writer } = begin(100);
    writer.sack(2 ** 32 + 1, 70_000, Uint16Array.of(2, 3, 65_535, 65_535), 2, Uint32Array.of(4_000_000_000), 1);
    const packet = into.subarray(0, writer.finish(false));
    expect(walk(packet)).toEqual([[ChunkType.SACK, 0, 12, 40]]);
    expect([readU32(packet, 16), readU32(packet, 20), readU16(packet, 24), readU16(packet, 26)]).toEqual([
      1, 70_000, 2, 1,
    ]);
    expect([28, 30, 32, 34].map((at) => readU16(packet, at))).toEqual([2, 3, 65_535, 65_535]);
    expect(readU32(packet, 36)).toBe(4_000_000_000);
  });

  test("fills up to a size with one PAD chunk, unless that is too little", () => {
    const { into, writer } = begin(1_191);
    writer.pad(1_191);
    expect(writer.finish(false)).toBe(1_188);
    expect(walk(into.subarray(0, 1_188))).toEqual([[ChunkType.PAD, 0, 12, 1_188]]);
    const small = begin(100);
    small.writer.pad(15);
    expect(small.writer.isEmpty).toBe(true);
  });

  test("grows to what it has to carry, never beyond its buffer, and never shrinks", () => {
    const { writer } = begin(500, 800);
    writer.grow(600);
    expect(writer.room).toBe(588);
    writer.grow(100);
    expect(writer.room).toBe(588);
    writer.grow(5_000);
    expect(writer.room).toBe(788);
  });
});

describe("chunk walk", () => {
  const header = Array.from({ length: 12 }, () => 0);

  test.each([
    ["no chunk", []],
    ["half a chunk header", [4, 0, 0]],
    ["a length below that of a header", [4, 0, 0, 3, 0]],
    ["a length of zero", [4, 0, 0, 0]],
    ["a length beyond the packet", [4, 0, 0, 9, 1, 2, 3, 4]],
  ])("stops at %s", (_, bytes) => {
    expect(walk(Uint8Array.from([...header, ...bytes]))).toEqual([]);
  });

  test("takes a last chunk without its padding, and stops behind a good one", () => {
    expect(walk(Uint8Array.from([...header, 4, 0, 0, 5, 1]))).toEqual([[4, 0, 12, 17]]);
    expect(walk(Uint8Array.from([...header, 4, 0, 0, 4, 5, 0, 0, 2]))).toEqual([[4, 0, 12, 16]]);
  });
});

describe("parameters", () => {
  test("are read as they were written, the last one without its padding too", () => {
    const bytes = Uint8Array.from([
      ...encodeParameter(0xc000, new Uint8Array(0)),
      ...encodeParameter(7, Uint8Array.of(1, 2, 3)),
    ]);
    for (const end of [bytes.length, bytes.length - 1]) {
      expect(readParameters(bytes, 0, end)?.map(({ type, value }) => [type, ...value])).toEqual([
        [0xc000],
        [7, 1, 2, 3],
      ]);
    }
  });

  test("with a length that cannot be true are none", () => {
    for (const bytes of [
      [0, 7, 0, 3],
      [0, 7, 0, 5],
      [0, 7, 0],
    ]) {
      expect(readParameters(Uint8Array.from(bytes), 0, bytes.length)).toBeUndefined();
    }
  });
});
