// Fragments and messages of a handshake: in whatever order and company they come, what the peer sends gets through,
// and what is kept of all the rest is bounded.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  HandshakeReassembly,
  isEqual,
  MAX_PARTIAL_BYTES,
  MAX_POOL_BYTES,
  MAX_RIVALS,
  MessagePool,
  serializeMessage,
} from "../../../src/guard/handshake-messages.ts";

const CERTIFICATE = 11;

interface Piece {
  type?: number;
  sequence?: number;
  total: number;
  offset: number;
  bytes: Uint8Array;
}

function fragment({ type = CERTIFICATE, sequence = 2, total, offset, bytes }: Piece): Uint8Array {
  const header = Buffer.alloc(12);
  header.writeUInt8(type, 0);
  header.writeUIntBE(total, 1, 3);
  header.writeUInt16BE(sequence, 4);
  header.writeUIntBE(offset, 6, 3);
  header.writeUIntBE(bytes.length, 9, 3);
  return Buffer.concat([header, bytes]);
}

const body = Uint8Array.from({ length: 900 }, (_, index) => index);
const part = (from: number, to: number, of = body): Uint8Array =>
  fragment({ total: of.length, offset: from, bytes: of.subarray(from, to) });

describe("HandshakeReassembly", () => {
  test("gives a whole message back, and again when it is repeated", () => {
    const reassembly = new HandshakeReassembly();
    const bytes = serializeMessage({ type: CERTIFICATE, sequence: 2, body });
    for (let count = 0; count < 2; count += 1) {
      expect(reassembly.handle(bytes)).toEqual([{ type: CERTIFICATE, sequence: 2, body }]);
    }
    expect(reassembly.keptBytes).toBe(0);
  });

  test("puts fragments together in any order, overlapping or not", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(899), { maxLength: 6 }), fc.integer(), (cuts, seed) => {
        const edges = [0, ...cuts.toSorted((a, b) => a - b), 900];
        const pieces = edges.slice(1).map((to, index) => part(Math.max(0, (edges[index] ?? 0) - (seed & 7)), to));
        const order = seed % 2 === 0 ? pieces.toReversed() : pieces;
        const reassembly = new HandshakeReassembly();
        const messages = order.flatMap((piece) => reassembly.handle(piece));
        expect(messages.map((message) => message.body)).toEqual([body]);
      }),
    );
  });

  test("fragments that contradict the peer's come into none of its messages", () => {
    const reassembly = new HandshakeReassembly();
    const forged = body.map((byte) => byte ^ 0xff);
    const seen = [
      part(450, 900, forged),
      part(0, 450),
      part(0, 450, forged),
      part(300, 600, forged),
      // As each flight is repeated until the next one comes.
      part(450, 900),
      part(0, 450),
    ].flatMap((piece) => reassembly.handle(piece));
    expect(seen.some((message) => isEqual(message.body, body))).toBe(true);
  });

  test("passes over what is longer, later or in more pieces than a handshake has it", () => {
    const reassembly = new HandshakeReassembly();
    expect(reassembly.handle(fragment({ total: 16_385, offset: 0, bytes: body }))).toEqual([]);
    expect(reassembly.handle(fragment({ total: 900, offset: 1, bytes: body }))).toEqual([]);
    expect(reassembly.handle(serializeMessage({ type: CERTIFICATE, sequence: 32, body }))).toEqual([]);
    const crumbs = Array.from({ length: 500 }, (_, index) =>
      fragment({ total: 100, offset: index % 100, bytes: Uint8Array.of(index) }),
    );
    reassembly.handle(Buffer.concat(crumbs));
    expect(reassembly.keptBytes).toBeLessThan(8 * 500);
  });

  test("keeps no more than its limit of any fragments, and the peer's message still comes through", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(31), fc.integer({ min: 2, max: 16_384 }), fc.nat(255)), { maxLength: 60 }),
        (all) => {
          const reassembly = new HandshakeReassembly();
          for (const [sequence, total, byte] of all) {
            reassembly.handle(fragment({ sequence, total, offset: 0, bytes: Uint8Array.of(byte) }));
            expect(reassembly.keptBytes).toBeLessThanOrEqual(MAX_PARTIAL_BYTES);
          }
          reassembly.handle(part(0, 450));
          expect(reassembly.handle(part(450, 900)).some((message) => isEqual(message.body, body))).toBe(true);
        },
      ),
    );
  });

  test("takes the longest message and the last place that a handshake has", () => {
    const longest = new Uint8Array(16_384).fill(3);
    const reassembly = new HandshakeReassembly();
    expect(reassembly.handle(fragment({ total: 16_384, offset: 0, bytes: longest }))).toHaveLength(1);
    expect(reassembly.handle(serializeMessage({ type: CERTIFICATE, sequence: 31, body }))).toHaveLength(1);
    expect(reassembly.handle(serializeMessage({ type: 14, sequence: 1, body: new Uint8Array(0) }))).toEqual([
      { type: 14, sequence: 1, body: new Uint8Array(0) },
    ]);
  });

  test("takes eight messages out of one record, and what comes before one that is cut", () => {
    const message = serializeMessage({ type: CERTIFICATE, sequence: 2, body: Uint8Array.of(1) });
    const count = (records: readonly Uint8Array[]): number =>
      new HandshakeReassembly().handle(Buffer.concat(records)).length;
    expect([7, 8, 9].map((messages) => count(Array.from({ length: messages }, () => message)))).toEqual([7, 8, 8]);
    expect(count([message, message.subarray(0, -1)])).toBe(1);
    expect(count([message, part(0, 450).subarray(0, 11)])).toBe(1);
  });

  test("gives bytes of its own: the record may be overwritten", () => {
    const record = serializeMessage({ type: CERTIFICATE, sequence: 2, body });
    const [message] = new HandshakeReassembly().handle(record);
    record.fill(0);
    expect(message?.body).toEqual(body);
  });

  test("keeps fragments apart that are of another type, place or length", () => {
    const begin = { total: 900, offset: 0, bytes: body.subarray(0, 450) };
    for (const other of [{ type: 12 }, { sequence: 3 }, { total: 901 }]) {
      const reassembly = new HandshakeReassembly();
      reassembly.handle(fragment({ ...begin, ...other }));
      expect(reassembly.handle(part(450, 900))).toEqual([]);
      expect(reassembly.handle(part(0, 450)).map((message) => message.body)).toEqual([body]);
    }
  });

  test("counts what it keeps, and nothing of what is whole or empty", () => {
    const reassembly = new HandshakeReassembly();
    reassembly.handle(fragment({ total: 900, offset: 0, bytes: new Uint8Array(0) }));
    reassembly.handle(part(0, 450).subarray(0, -1));
    expect(reassembly.keptBytes).toBe(0);
    reassembly.handle(part(0, 450));
    const kept = reassembly.keptBytes;
    expect(kept).toBeGreaterThanOrEqual(2 * 900);
    reassembly.handle(part(0, 450));
    expect(reassembly.keptBytes).toBe(kept);
    reassembly.handle(fragment({ sequence: 3, total: 900, offset: 0, bytes: Uint8Array.of(1) }));
    expect(reassembly.keptBytes).toBe(2 * kept);
    reassembly.handle(part(450, 900));
    expect(reassembly.keptBytes).toBe(kept);
  });

  test("keeps as many bytes as its limit", () => {
    const reassembly = new HandshakeReassembly();
    const total = (MAX_PARTIAL_BYTES / 8 - 256) / 2;
    for (let sequence = 0; sequence < 8; sequence += 1) {
      reassembly.handle(fragment({ sequence, total, offset: 0, bytes: Uint8Array.of(1) }));
    }
    expect(reassembly.keptBytes).toBe(MAX_PARTIAL_BYTES);
  });

  test("evicts the oldest partial message, and no more than it must", () => {
    const reassembly = new HandshakeReassembly();
    const begin = (sequence: number) => fragment({ sequence, total: 16_000, offset: 0, bytes: Uint8Array.of(1) });
    const size = 2 * 16_000 + 256;
    const fitting = Math.floor(MAX_PARTIAL_BYTES / size);
    for (let sequence = 0; sequence <= fitting; sequence += 1) reassembly.handle(begin(sequence));
    expect(reassembly.keptBytes).toBe(fitting * size);
    const end = (sequence: number) => fragment({ sequence, total: 16_000, offset: 1, bytes: new Uint8Array(15_999) });
    expect([fitting, 1].map((sequence) => reassembly.handle(end(sequence)).length)).toEqual([1, 1]);
    expect(reassembly.handle(end(0))).toEqual([]);
  });

  test("returns for any bytes", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 10 }), (records) => {
        const reassembly = new HandshakeReassembly();
        for (const record of records) reassembly.handle(record);
        expect(reassembly.keptBytes).toBeLessThanOrEqual(MAX_PARTIAL_BYTES);
      }),
    );
  });
});

describe("MessagePool", () => {
  const message = (byte: number, length = 10, sequence = 2, type = CERTIFICATE) => ({
    type,
    sequence,
    body: new Uint8Array(length).fill(byte),
  });

  test("keeps rivals for one place beside each other, the newest first, and nothing twice", () => {
    const pool = new MessagePool();
    expect([message(1), message(2), message(1)].map((one) => pool.add(one))).toEqual([true, true, false]);
    expect(pool.at(CERTIFICATE, 2).map((one) => one.body[0])).toEqual([2, 1]);
    expect(pool.at(CERTIFICATE, 3)).toEqual([]);
  });

  test("tells messages of other bytes, places, types or lengths apart, each with an id of its own", () => {
    const pool = new MessagePool();
    const all = [message(1), message(1, 11), message(1, 10, 3), message(1, 10, 2, 12)];
    expect(all.map((one) => pool.add(one))).toEqual([true, true, true, true]);
    expect(all.map((one) => pool.add(one))).toEqual([false, false, false, false]);
    expect(pool.keptBytes).toBe(41);
    const ids = [...pool.of(CERTIFICATE), ...pool.of(12)].map(({ id }) => id);
    expect(new Set(ids).size).toBe(4);
    pool.clear();
    expect(pool.of(CERTIFICATE)).toEqual([]);
    expect(pool.add(message(1))).toBe(true);
    expect(ids).not.toContain(pool.of(CERTIFICATE)[0]?.id);
  });

  test("is full with as many bytes as its limit, and one more drives the oldest of all out", () => {
    const pool = new MessagePool();
    pool.add(message(1));
    pool.clear();
    for (const type of [1, 2, 11, 12]) pool.add(message(1, MAX_POOL_BYTES / 4, 0, type));
    expect(pool.keptBytes).toBe(MAX_POOL_BYTES);
    pool.add(message(1, 1, 0, 13));
    expect([1, 2, 11, 12, 13].map((type) => pool.of(type).length)).toEqual([0, 1, 1, 1, 1]);
    expect(pool.keptBytes).toBe((3 * MAX_POOL_BYTES) / 4 + 1);
  });

  test("of too many of a type the oldest goes, and those of other types stay", () => {
    const pool = new MessagePool();
    pool.add(message(9, 10, 3, 12));
    for (let byte = 0; byte < 50; byte += 1) pool.add(message(byte));
    expect(pool.of(CERTIFICATE).map((one) => one.body[0])).toEqual([49, 48, 47, 46].slice(0, MAX_RIVALS));
    expect(pool.of(12)).toHaveLength(1);
  });

  test("keeps no more bytes than its limit, whatever comes", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(2, 11, 12, 13, 14), fc.nat(31), fc.nat(16_384)), { maxLength: 40 }),
        (all) => {
          const pool = new MessagePool();
          for (const [type, sequence, length] of all) {
            pool.add(message(sequence, length, sequence, type));
            expect(pool.keptBytes).toBeLessThanOrEqual(MAX_POOL_BYTES);
            expect(pool.of(type)[0]?.body.length).toBe(length);
          }
          pool.clear();
          expect(pool.keptBytes).toBe(0);
        },
      ),
      { numRuns: 30 },
    );
  });
});

test("a message as the transcript has it says its length twice (RFC 6347 §4.2.6)", () => {
  const bytes = serializeMessage({ type: 11, sequence: 0x0102, body: new Uint8Array(0x010203).fill(9) });
  expect([...bytes.subarray(0, 13)]).toEqual([11, 1, 2, 3, 1, 2, 0, 0, 0, 1, 2, 3, 9]);
  expect(bytes).toHaveLength(12 + 0x010203);
});

test("byte strings are equal in length and in each byte", () => {
  const bytes = Uint8Array.of(1, 2, 3);
  expect(isEqual(bytes, Uint8Array.of(1, 2, 3))).toBe(true);
  for (const other of [[], [1, 2], [1, 2, 3, 4], [0, 2, 3], [1, 2, 4]]) {
    expect([isEqual(bytes, Uint8Array.from(other)), isEqual(Uint8Array.from(other), bytes)]).toEqual([false, false]);
  }
});
