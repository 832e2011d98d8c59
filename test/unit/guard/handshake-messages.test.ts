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
