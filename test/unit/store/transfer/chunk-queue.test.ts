import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ChunkQueue } from "../../../../src/store/transfer/chunk-queue.ts";

const MESSAGE_BYTES = 64 * 1024;

/** Memory that is kept by what was taken: whole buffers, each once. */
function keptBytes(batch: readonly Uint8Array[]): number {
  return [...new Set(batch.map(({ buffer }) => buffer))].reduce((sum, buffer) => sum + buffer.byteLength, 0);
}

describe("tiny pieces of large messages", () => {
  it("keep neither their messages nor an object each", () => {
    const queue = new ChunkQueue();
    const count = 20_000;
    for (let at = 0; at < count; at += 1)
      queue.push(new Uint8Array(MESSAGE_BYTES).subarray(at % 60_000, (at % 60_000) + 1), at);
    expect(queue.bytes).toBe(count);
    expect(queue.count).toBeLessThanOrEqual(1 + Math.ceil(count / MESSAGE_BYTES));
    const { batch } = queue.takeRun(Number.POSITIVE_INFINITY);
    expect(keptBytes(batch)).toBeLessThanOrEqual(2 * count);
  });

  it("of any size take at most four times their bytes", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: MESSAGE_BYTES }), { minLength: 1, maxLength: 30 }), (sizes) => {
        const queue = new ChunkQueue();
        let offset = 0;
        for (const size of sizes) {
          queue.push(new Uint8Array(MESSAGE_BYTES).subarray(0, size), offset);
          offset += size;
        }
        const kept = [];
        while (queue.bytes > 0) kept.push(...queue.takeRun(1).batch);
        expect(keptBytes(kept)).toBeLessThanOrEqual(4 * offset);
      }),
    );
  });
});

it("gives back what was put in, at its place, in runs without gaps", () => {
  const piece = fc.record({
    bytes: fc.uint8Array({ minLength: 1, maxLength: 40_000 }),
    gap: fc.nat(2),
    take: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
      const queue = new ChunkQueue();
      const wanted = new Map<number, number>();
      const got = new Map<number, number>();
      let offset = 0;
      const take = (): void => {
        const run = queue.takeRun(50_000);
        let at = run.offset;
        for (const chunk of run.batch) for (const byte of chunk) got.set(at++, byte);
      };
      for (const { bytes, gap, take: isTaken } of pieces) {
        offset += gap;
        queue.push(bytes, offset);
        for (const byte of bytes) wanted.set(offset++, byte);
        if (isTaken) take();
      }
      while (queue.bytes > 0) take();
      expect(got).toEqual(wanted);
      expect(queue.clear()).toBe(0);
    }),
    { numRuns: 50 },
  );
});
