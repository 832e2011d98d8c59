import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cutInto } from "../../support/cut-stream.ts";
import { FrameSplitter, frameHeader, MAX_FRAME_BYTES } from "../../../src/guard/tcp-frames.ts";

function stream(frames: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(frames.flatMap((frame) => [frameHeader(frame.length), frame]));
}

describe("FrameSplitter", () => {
  test("gives back every frame, however the stream is cut", () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 600 }), { maxLength: 20 }),
        fc.array(fc.integer({ min: 0, max: 700 }), { maxLength: 40 }),
        (frames, lengths) => {
          const splitter = new FrameSplitter(600);
          const got: Uint8Array[] = [];
          for (const chunk of cutInto(stream(frames), lengths)) {
            expect(splitter.push(chunk, (frame) => got.push(frame.slice()))).toBe(true);
          }
          expect(got.map((frame) => [...frame])).toEqual(frames.map((frame) => [...frame]));
        },
      ),
    );
  });

  test("gives back frames that come byte by byte", () => {
    const splitter = new FrameSplitter(300);
    const got: number[] = [];
    for (const byte of stream([new Uint8Array(1), new Uint8Array(300)])) {
      expect(splitter.push(Uint8Array.of(byte), (frame) => got.push(frame.length))).toBe(true);
    }
    expect(got).toEqual([1, 300]);
  });

  test("copies nothing of a frame that came in one piece", () => {
    const chunk = stream([Uint8Array.of(1, 2, 3)]);
    new FrameSplitter(10).push(chunk, (frame) => {
      expect(frame.buffer).toBe(chunk.buffer);
    });
  });

  test("announces the length of a frame in two bytes, the higher one first (RFC 4571 §2)", () => {
    expect([0, 1, 255, 256, MAX_FRAME_BYTES].map((length) => [...frameHeader(length)])).toEqual([
      [0, 0],
      [0, 1],
      [0, 255],
      [1, 0],
      [255, 255],
    ]);
  });

  test("leaves out empty frames", () => {
    const got: number[] = [];
    new FrameSplitter(10).push(Uint8Array.of(0, 0, 0, 1, 7, 0, 0), (frame) => got.push(frame.length));
    expect(got).toEqual([1]);
  });

  test("takes no frame beyond its limit, and none behind it", () => {
    const got: number[] = [];
    const splitter = new FrameSplitter(2);
    expect(
      splitter.push(stream([new Uint8Array(2), new Uint8Array(3), new Uint8Array(1)]), ({ length }) =>
        got.push(length),
      ),
    ).toBe(false);
    expect(got).toEqual([2]);
  });

  test("a limit that a frame raises holds for the next", () => {
    const got: number[] = [];
    const splitter = new FrameSplitter(1);
    const isTaken = splitter.push(stream([new Uint8Array(1), new Uint8Array(MAX_FRAME_BYTES)]), ({ length }) => {
      got.push(length);
      splitter.limitBytes = MAX_FRAME_BYTES;
    });
    expect([isTaken, got]).toEqual([true, [1, MAX_FRAME_BYTES]]);
  });

  test("takes anything", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 3_000 })), (chunks) => {
        const splitter = new FrameSplitter(1_024);
        for (const chunk of chunks) {
          if (!splitter.push(chunk, ({ length }) => expect(length).toBeLessThanOrEqual(1_024))) return;
        }
      }),
    );
  });
});
