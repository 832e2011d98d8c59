import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FrameSplitter, frameHeader, MAX_FRAME_BYTES } from "../../../src/guard/tcp-frames.ts";

function stream(frames: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(frames.flatMap((frame) => [frameHeader(frame.length), frame]));
}

/** Cuts bytes into chunks of the given lengths, the rest last. */
function chunksOf(bytes: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let at = 0;
  for (const length of lengths) {
    chunks.push(bytes.subarray(at, at + length));
    at += length;
  }
  return [...chunks, bytes.subarray(at)];
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
          for (const chunk of chunksOf(stream(frames), lengths)) {
            expect(splitter.push(chunk, (frame) => got.push(frame.slice()))).toBe(true);
          }
          expect(got.map((frame) => [...frame])).toEqual(frames.map((frame) => [...frame]));
        },
      ),
    );
  });

  test("copies nothing of a frame that came in one piece", () => {
    const chunk = stream([Uint8Array.of(1, 2, 3)]);
    new FrameSplitter(10).push(chunk, (frame) => {
      expect(frame.buffer).toBe(chunk.buffer);
    });
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
