import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { cutInto } from "../../support/cut-stream.ts";
import { MAX_TURN_FRAME_BYTES, TurnFrameSplitter } from "../../../src/guard/turn-frames.ts";

function stunMessage(bodyBytes: number): Uint8Array {
  const message = new Uint8Array(20 + bodyBytes);
  const view = new DataView(message.buffer);
  view.setUint16(0, 0x0101);
  view.setUint16(2, bodyBytes);
  view.setUint32(4, 0x2112a442);
  return message.fill(7, 20);
}

function channelData(dataBytes: number): Uint8Array {
  const message = new Uint8Array(4 + Math.ceil(dataBytes / 4) * 4);
  const view = new DataView(message.buffer);
  view.setUint16(0, 0x4001);
  view.setUint16(2, dataBytes);
  return message.fill(9, 4);
}

const frame = fc.oneof(
  fc.integer({ min: 0, max: 80 }).map((words) => stunMessage(4 * words)),
  fc.integer({ min: 0, max: 300 }).map(channelData),
);

describe("TurnFrameSplitter", () => {
  test("gives back every message, however the stream is cut", () => {
    fc.assert(
      fc.property(
        fc.array(frame, { maxLength: 20 }),
        fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 60 }),
        (frames, lengths) => {
          const splitter = new TurnFrameSplitter();
          const got: Uint8Array[] = [];
          for (const chunk of cutInto(Buffer.concat(frames), lengths)) {
            expect(splitter.push(chunk, (one) => got.push(one.slice()))).toBe(true);
          }
          expect(got.map((one) => [...one])).toEqual(frames.map((one) => [...one]));
          expect(splitter.keptBytes).toBe(0);
        },
      ),
    );
  });

  test("gives back messages that come byte by byte", () => {
    const splitter = new TurnFrameSplitter();
    const got: number[] = [];
    for (const byte of Buffer.concat([stunMessage(8), channelData(3), stunMessage(0)])) {
      expect(splitter.push(Uint8Array.of(byte), (one) => got.push(one.length))).toBe(true);
    }
    expect(got).toEqual([28, 8, 20]);
  });

  test("knows by its first byte which kind begins (RFC 8656 §12)", () => {
    const kindOf = (first: number): boolean => new TurnFrameSplitter().push(Uint8Array.of(first), () => {});
    expect([0x00, 0x3f, 0x40, 0x7f, 0x80].map(kindOf)).toEqual([true, true, true, true, false]);
  });

  test("keeps the header of a message that has begun, then no more than its length", () => {
    const splitter = new TurnFrameSplitter();
    for (const [bytes, kept] of [
      [channelData(8).subarray(0, 3), 3],
      [channelData(8).subarray(3, 5), 12],
      [Buffer.concat([channelData(8).subarray(5), stunMessage(4).subarray(0, 19)]), 19],
      [Buffer.concat([stunMessage(4).subarray(19), channelData(0)]), 0],
    ] as const) {
      expect([splitter.push(bytes, () => {}), splitter.keptBytes]).toEqual([true, kept]);
    }
  });

  test("gives what came in one piece as a view of it, and what did not as bytes of its own", () => {
    const splitter = new TurnFrameSplitter();
    const chunk = Buffer.concat([channelData(4), channelData(4).subarray(0, 6)]);
    const got: Uint8Array[] = [];
    splitter.push(chunk, (one) => got.push(one));
    splitter.push(channelData(4).subarray(6), (one) => got.push(one));
    expect(got.map((one) => one.buffer === chunk.buffer)).toEqual([true, false]);
  });

  test.each([
    ["a first byte of neither", Uint8Array.of(0xff)],
    ["a STUN message without its cookie", stunMessage(8).fill(0, 4, 8)],
    ["a STUN message of an odd length", Uint8Array.from([1, 1, 0, 3, 0x21, 0x12, 0xa4, 0x42, ...new Uint8Array(12)])],
  ])("takes nothing behind %s, whole or in pieces", (_, bytes) => {
    const got: Uint8Array[] = [];
    expect(new TurnFrameSplitter().push(bytes, (one) => got.push(one))).toBe(false);
    const inPieces = new TurnFrameSplitter();
    expect([...bytes].every((byte) => inPieces.push(Uint8Array.of(byte), (one) => got.push(one)))).toBe(false);
    expect(got).toEqual([]);
  });

  test("holds the longest message of each kind, and says how long that is", () => {
    for (const longest of [stunMessage(0xfffc), channelData(0xffff)]) {
      const splitter = new TurnFrameSplitter();
      expect(splitter.push(longest.subarray(0, -1), () => {})).toBe(true);
      expect(splitter.keptBytes).toBe(longest.length);
      expect(longest.length).toBeLessThanOrEqual(MAX_TURN_FRAME_BYTES);
    }
  });

  test("keeps no more than one message, whatever comes", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 500 }), { maxLength: 40 }), (chunks) => {
        const splitter = new TurnFrameSplitter();
        for (const chunk of chunks) {
          if (!splitter.push(chunk, () => {})) break;
          expect(splitter.keptBytes).toBeLessThanOrEqual(MAX_TURN_FRAME_BYTES);
        }
      }),
    );
  });

  test("copies each byte of a message that never ends once", () => {
    const splitter = new TurnFrameSplitter();
    const message = channelData(65_532);
    splitter.push(message.subarray(0, 4), () => {});
    const set = vi.spyOn(Uint8Array.prototype, "set");
    for (let at = 4; at < 60_000; at += 100) splitter.push(message.subarray(at, at + 100), () => {});
    const copied = set.mock.calls.reduce((sum, [source]) => sum + source.length, 0);
    set.mockRestore();
    expect(copied).toBeGreaterThan(50_000);
    expect(copied).toBeLessThanOrEqual(61_000);
  });
});
