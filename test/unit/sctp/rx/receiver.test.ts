// The receiving half: windows, duplicates, gaps, FORWARD TSN, and a peer that takes no notice of our window.
import { describe, expect, test } from "vitest";
import { ChunkType, COMMON_HEADER_BYTES, DataFlag } from "../../../../src/sctp/packet/chunk-types.ts";
import { readU16, readU32 } from "../../../../src/sctp/packet/fields.ts";
import { PacketWriter } from "../../../../src/sctp/packet/packet-writer.ts";
import { BUDGET_PART, Receiver, type Violation } from "../../../../src/sctp/rx/receiver.ts";
import { dataChunk, forwardTsnChunk, type HandMadeData, packetOf } from "../../../support/sctp-packets.ts";

const FIRST = 1_000;
const WINDOW = 65_536;
const { BEGINNING, ENDING, UNORDERED, IMMEDIATE } = DataFlag;

class Bench {
  readonly receiver: Receiver;
  nowMs = 0;

  constructor(change: { windowBytes?: number; maxMessageBytes?: number; isOwnStack?: boolean } = {}) {
    this.receiver = new Receiver({
      initialTsn: FIRST,
      initialSsn: 0,
      isOwnStack: false,
      windowBytes: WINDOW,
      maxMessageBytes: 10_000,
      ...change,
    });
  }

  data(...chunks: HandMadeData[]): Violation {
    let violation: Violation;
    for (const chunk of chunks) {
      const packet = packetOf(1, dataChunk(chunk));
      const end = COMMON_HEADER_BYTES + readU16(packet, COMMON_HEADER_BYTES + 2);
      violation ??= this.receiver.handleData(packet, COMMON_HEADER_BYTES, end, packet[COMMON_HEADER_BYTES + 1] ?? 0);
      this.receiver.handlePacketEnd(this.nowMs);
    }
    return violation;
  }

  forward(tsn: number, ...streams: [number, number][]): void {
    const packet = packetOf(1, forwardTsnChunk(tsn, streams));
    this.receiver.handleForwardTsn(packet, COMMON_HEADER_BYTES, packet.length);
    this.receiver.handlePacketEnd(this.nowMs);
  }

  /** What the next SACK says. */
  sack(packetBytes = 1_191) {
    const into = new Uint8Array(packetBytes);
    const writer = new PacketWriter();
    writer.begin(into, packetBytes, 1, 2, 3);
    expect(this.receiver.writeSack(writer)).toBe(true);
    const bytes = writer.finish(true);
    expect(into[COMMON_HEADER_BYTES]).toBe(ChunkType.SACK);
    const gapCount = readU16(into, 24);
    const duplicateCount = readU16(into, 26);
    expect(bytes).toBe(28 + 4 * (gapCount + duplicateCount));
    return {
      cumulative: readU32(into, 16),
      window: readU32(into, 20),
      gaps: Array.from({ length: 2 * gapCount }, (_, index) => readU16(into, 28 + 2 * index)),
      duplicates: Array.from({ length: duplicateCount }, (_, index) => readU32(into, 28 + 4 * (gapCount + index))),
    };
  }

  messages(): number[][] {
    const all: number[][] = [];
    for (let item = this.receiver.poll(); item !== undefined; item = this.receiver.poll()) {
      if (item.type === "message") all.push([...item.data]);
    }
    return all;
  }
}

describe("a SACK tells", () => {
  test("of gaps and duplicates, the latter once", () => {
    const bench = new Bench();
    bench.data({ tsn: FIRST }, { tsn: FIRST + 2, ssn: 2 }, { tsn: FIRST + 3, ssn: 3 }, { tsn: FIRST + 5, ssn: 5 });
    bench.data({ tsn: FIRST }, { tsn: FIRST + 3, ssn: 3 });
    expect(bench.sack()).toMatchObject({ cumulative: FIRST, gaps: [2, 3, 5, 5], duplicates: [FIRST, FIRST + 3] });
    expect(bench.sack()).toMatchObject({ gaps: [2, 3, 5, 5], duplicates: [] });
    expect(bench.messages()).toEqual([[1]]);
  });

  test("as much as fits, gaps first, and nothing without room", () => {
    const bench = new Bench();
    for (let index = 1; index < 40; index += 1) bench.data({ tsn: FIRST + 2 * index });
    bench.data({ tsn: FIRST + 2 });
    expect(bench.sack(28 + 4 * 10).gaps).toHaveLength(20);
    expect(bench.sack()).toMatchObject({ duplicates: [] });
    const writer = new PacketWriter();
    writer.begin(new Uint8Array(27), 27, 1, 2, 3);
    expect(bench.receiver.writeSack(writer)).toBe(false);
  });

  test("at once of what is urgent: a gap, what fills it, a duplicate, the I bit", () => {
    const bench = new Bench();
    for (let index = 0; index < 100; index += 1) {
      bench.data({ tsn: FIRST + index, ssn: index });
      bench.sack();
    }
    const next = FIRST + 100;
    bench.data({ tsn: next, ssn: 100 });
    expect(bench.receiver.isSackDue(0)).toBe(false);
    bench.sack();
    for (const chunk of [
      { tsn: next + 2, ssn: 102 },
      { tsn: next + 1, ssn: 101 },
      { tsn: next + 1, ssn: 101 },
      { tsn: next + 3, ssn: 103, flags: BEGINNING | ENDING | IMMEDIATE },
    ]) {
      bench.data(chunk);
      expect(bench.receiver.isSackDue(0)).toBe(true);
      bench.sack();
    }
  });
});

test("a peer with our own stack is told at once that a gap opened, and of what comes into it as of anything else", () => {
  const bench = new Bench({ isOwnStack: true });
  for (let index = 0; index < 100; index += 1) {
    bench.data({ tsn: FIRST + index, ssn: index });
    bench.sack();
  }
  const next = FIRST + 100;
  const dueAfter = [next + 1, next + 2, next + 3, next + 5, next + 4, next].map((tsn) => {
    bench.data({ tsn, ssn: tsn - FIRST });
    const isDue = bench.receiver.isSackDue(0);
    if (isDue) bench.sack();
    return isDue;
  });
  expect(dueAfter).toEqual([true, false, false, true, false, false]);
});

describe("the window", () => {
  const kilobyte = new Uint8Array(1_000);

  test("shrinks by what is held and tells of itself when it opens", () => {
    const bench = new Bench();
    for (let index = 0; index < 65; index += 1) bench.data({ tsn: FIRST + index, ssn: index, data: kilobyte });
    expect(bench.sack().window).toBe(0);
    expect(bench.receiver.isSackDue(0)).toBe(false);
    expect(bench.receiver.poll()).toBeDefined();
    expect(bench.receiver.isSackDue(0)).toBe(false);
    expect(bench.messages()).toHaveLength(64);
    expect(bench.receiver.isSackDue(0)).toBe(true);
    expect(bench.sack().window).toBe(WINDOW);
    expect(bench.receiver.heldBytes).toBe(0);
  });

  test("that the peer takes no notice of holds: the next TSN alone gets one message more", () => {
    const bench = new Bench();
    for (let index = 0; index < 500; index += 1) bench.data({ tsn: FIRST + index, ssn: index, data: kilobyte });
    for (let index = 1_000; index < 1_500; index += 1) bench.data({ tsn: FIRST + index, ssn: index, data: kilobyte });
    expect(bench.receiver.heldBytes).toBeLessThanOrEqual(WINDOW + 10_000);
    expect(bench.sack().gaps).toEqual([]);
  });

  test("fills up with crumbs sooner than with loaves", () => {
    for (const flags of [BEGINNING | ENDING, BEGINNING | ENDING | UNORDERED]) {
      const bench = new Bench();
      for (let index = 0; index < 5_000; index += 1) bench.data({ tsn: FIRST + index, ssn: index + 1, flags });
      expect(bench.receiver.heldBytes).toBeLessThan(300);
      expect(bench.receiver.costBytes).toBeLessThanOrEqual(BUDGET_PART * WINDOW + 10_000);
    }
    const bench = new Bench();
    for (let index = 0; index < 5_000; index += 1) {
      expect(bench.data({ tsn: FIRST + index, flags: index === 0 ? BEGINNING : 0 })).toBeUndefined();
    }
    expect(bench.receiver.heldBytes).toBeLessThan(300);
    expect(bench.receiver.costBytes).toBeLessThanOrEqual(BUDGET_PART * WINDOW + 10_000);
  });

  test("does not let a crumb keep its whole packet", () => {
    const receiver = new Bench().receiver;
    const packet = packetOf(1, dataChunk({ tsn: FIRST }), { type: ChunkType.PAD, value: new Uint8Array(5_000) });
    receiver.handleData(packet, COMMON_HEADER_BYTES, COMMON_HEADER_BYTES + 17, BEGINNING | ENDING);
    const item = receiver.poll();
    expect(item?.type === "message" && item.data.buffer.byteLength).toBe(1);
  });
});

describe("ends the association", () => {
  test("no user data", () => {
    const bench = new Bench();
    expect(bench.data({ tsn: FIRST, data: new Uint8Array(0) })).toBe("no user data");
  });

  test("a message that is too large, whole or growing", () => {
    expect(new Bench().data({ tsn: FIRST, data: new Uint8Array(10_001) })).toBe("a message is too large");
    const bench = new Bench();
    bench.data({ tsn: FIRST, flags: BEGINNING, data: new Uint8Array(6_000) });
    expect(bench.data({ tsn: FIRST + 1, flags: 0, data: new Uint8Array(6_000) })).toBe("a message is too large");
  });

  test("fragments that cannot belong together: nothing is kept for ever", () => {
    expect(new Bench().data({ tsn: FIRST, flags: ENDING })).toBe("fragments do not fit together");
    const bench = new Bench();
    bench.data({ tsn: FIRST, flags: BEGINNING });
    expect(bench.data({ tsn: FIRST + 1 })).toBe("fragments do not fit together");
  });
});

describe("FORWARD TSN", () => {
  test("skips what is missing, of streams too, and is acknowledged at once", () => {
    const bench = new Bench();
    bench.data({ tsn: FIRST + 3, ssn: 1, data: Uint8Array.of(7) });
    bench.sack();
    bench.forward(FIRST + 2, [0, 0]);
    expect(bench.receiver.isSackDue(0)).toBe(true);
    expect(bench.sack()).toMatchObject({ cumulative: FIRST + 3, gaps: [] });
    expect(bench.messages()).toEqual([[7]]);
  });

  test("that is old or too far ahead changes nothing, but is answered", () => {
    const bench = new Bench();
    bench.data({ tsn: FIRST });
    for (const tsn of [FIRST, FIRST - 1, FIRST + 70_000, FIRST + 2 ** 31 - 1]) {
      bench.sack();
      bench.forward(tsn, [0, 40_000]);
      expect(bench.receiver.isSackDue(0)).toBe(true);
      expect(bench.sack().cumulative).toBe(FIRST);
    }
    bench.data({ tsn: FIRST + 1, ssn: 1 });
    expect(bench.messages()).toHaveLength(2);
  });

  test("into the middle of a message drops the rest of it, come before or after", () => {
    const bench = new Bench();
    bench.data({ tsn: FIRST, flags: BEGINNING }, { tsn: FIRST + 3, flags: 0 }, { tsn: FIRST + 4, flags: 0 });
    bench.forward(FIRST + 1, [0, 0]);
    expect(bench.data({ tsn: FIRST + 6, flags: ENDING }, { tsn: FIRST + 7, ssn: 1 })).toBeUndefined();
    expect(bench.data({ tsn: FIRST + 2, flags: 0 }, { tsn: FIRST + 5, flags: 0 })).toBeUndefined();
    expect(bench.sack()).toMatchObject({ cumulative: FIRST + 7, gaps: [] });
    expect(bench.messages()).toEqual([[1]]);
    expect(bench.receiver.heldBytes).toBe(0);
    expect(bench.data({ tsn: FIRST + 8, ssn: 2, flags: 0 })).toBe("fragments do not fit together");
  });

  test("drops unordered messages that are not whole", () => {
    const bench = new Bench();
    bench.data({ tsn: FIRST, flags: BEGINNING | UNORDERED }, { tsn: FIRST + 2 });
    bench.forward(FIRST + 1);
    expect(bench.messages()).toEqual([[1]]);
    expect([bench.receiver.heldBytes, bench.sack().cumulative]).toEqual([0, FIRST + 2]);
  });
});
