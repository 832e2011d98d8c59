// The order of the files of one outgoing transfer, what is read ahead, and what its receiver may say of each.
import { describe, expect, test } from "vitest";
import type { EngineEvent } from "../../../src/transfer/engine-events.ts";
import { DATA_OVERHEAD_BYTES, type Entry, type Frame } from "../../../src/transfer/frames.ts";
import { planBlocks } from "../../../src/transfer/kept-blocks.ts";
import {
  MAX_OPEN_SOURCES,
  MAX_PARALLEL_HASHES,
  MAX_PARALLEL_SMALL_HASHES,
  MAX_UNANSWERED_FILES,
  MIN_BLOCK_BYTES,
  READ_BYTES,
  SMALL_HASH_BYTES,
} from "../../../src/transfer/limits.ts";
import { makeManifest } from "../../../src/transfer/manifest.ts";
import { SendPipeline } from "../../../src/transfer/send-pipeline.ts";
import { TokenBucket } from "../../../src/transfer/token-bucket.ts";
import { entryOf, folderOf } from "../../support/engine-pair.ts";
import { framesOf } from "../../support/frames.ts";

const SHA = new Uint8Array(32).fill(1);
const OTHER_SHA = new Uint8Array(32).fill(2);
const PLENTY = 1_000_000_000;
const files = (count: number, bytes: number): Entry[] =>
  Array.from({ length: count }, (_, at) => entryOf(`f${at}`, bytes));

/** @param held - indices of files that the ACCEPT defers; `resuming` of them are there in part */
function pipelineOf(entries: Entry[], { held = [] as number[], resuming = 0, limit = PLENTY } = {}) {
  const events: EngineEvent[] = [];
  const pipeline = new SendPipeline(1, makeManifest(entries), limit, (event) => events.push(event));
  const bitmap = new Uint8Array(Math.ceil(entries.length / 8));
  for (const index of held) bitmap[index >> 3] = (bitmap[index >> 3] ?? 0) | (1 << (index & 7));
  expect(pipeline.defer(bitmap, resuming)).toBeUndefined();
  const of = <T extends EngineEvent["type"]>(type: T): Extract<EngineEvent, { type: T }>[] =>
    events.filter((event): event is Extract<EngineEvent, { type: T }> => event.type === type);
  const written = (bytes = 65_536, bucket?: TokenBucket): Frame[] => {
    const into = new Uint8Array(bytes);
    return framesOf(into.subarray(0, pipeline.writeFrames(into, 0, bucket)));
  };
  let answered = 0;
  /** Reads what was asked for since. */
  const read = (budget = PLENTY): void => {
    pipeline.requestReads(budget);
    for (const { index, offset, bytes } of of("read").slice(answered)) {
      answered += 1;
      const isEnd = offset + bytes === entries[index]?.bytes;
      pipeline.handleRead(index, { ok: true, chunk: new Uint8Array(bytes), sha256: isEnd ? SHA : undefined });
    }
  };
  return { pipeline, events, of, written, read };
}

describe("what it waits for", () => {
  test("is its own file, then the credit or the channel, then the answer, then nothing", () => {
    const { pipeline, written, read } = pipelineOf([folderOf("d"), entryOf("a", 3)], { limit: 2 });
    pipeline.requestReads(PLENTY);
    expect(pipeline.wait).toBe("reading");
    read();
    expect(pipeline.wait).toBe("channel");
    expect(written()).toMatchObject([{ type: "data", chunk: new Uint8Array(2) }]);
    expect([pipeline.wait, pipeline.unwrittenBytes, pipeline.isOver]).toEqual(["credit", 2, false]);
    pipeline.handleCredit(2, 3);
    expect([pipeline.wait, pipeline.unwrittenBytes, pipeline.arrivedBytes]).toEqual(["channel", 0, 2]);
    expect(written().map(({ type }) => type)).toEqual(["data", "file-end"]);
    expect(pipeline.wait).toBe("credit");
    pipeline.handleResult(1, "stored", "other");
    expect([pipeline.wait, pipeline.isOver, pipeline.arrivedBytes]).toEqual([undefined, true, 3]);
  });

  test("is a hash of its own while nothing else is to be sent", () => {
    const { pipeline } = pipelineOf([entryOf("a", 3)], { held: [0] });
    expect(pipeline.wait).toBe("credit");
    pipeline.handleDecide(0, { kind: "skip" });
    expect(pipeline.wait).toBe("reading");
  });

  test("is nothing where there are no files", () => {
    expect(pipelineOf([folderOf("d")]).pipeline.wait).toBeUndefined();
  });
});

describe("a credit", () => {
  test("is never taken back, and never for more than was sent", () => {
    const { pipeline, written, read } = pipelineOf([entryOf("a", 10)], { limit: 5 });
    read();
    written();
    expect(pipeline.handleCredit(6, 5)).toContain("more than was sent");
    expect(pipeline.handleCredit(5, 5)).toBeUndefined();
    expect(pipeline.handleCredit(4, 9)).toContain("takes back");
    expect(pipeline.handleCredit(5, 4)).toContain("takes back");
    expect(pipeline.handleCredit(5, 9)).toBeUndefined();
  });
});

describe("a RESULT", () => {
  test("for a folder says once that it failed", () => {
    const { pipeline, events } = pipelineOf([folderOf("d"), entryOf("a", 1)]);
    expect(pipeline.handleResult(0, "stored", "other")).toBe("a wrong RESULT for a directory");
    expect(pipeline.handleResult(0, "failed", "user")).toBeUndefined();
    expect(events).toMatchObject([{ type: "entry-failed", index: 0, reason: "user" }]);
    expect(pipeline.handleResult(0, "failed", "user")).toBe("a wrong RESULT for a directory");
    expect([events.length, pipeline.isOver]).toEqual([1, false]);
  });

  test("comes for what was sent, and once", () => {
    const { pipeline, written, read, of } = pipelineOf(files(3, 2));
    expect(pipeline.handleResult(0, "failed", "other")).toContain("not sent");
    expect(pipeline.handleResult(9, "failed", "other")).toContain("not sent");
    read();
    written();
    expect(pipeline.handleResult(0, "stored", "other")).toBeUndefined();
    expect(pipeline.handleResult(1, "skipped", "other")).toBeUndefined();
    expect(pipeline.handleResult(2, "failed", "disk-full")).toBeUndefined();
    expect(of("file-sent")).toMatchObject([
      { index: 0, skipped: false, sha256: SHA },
      { index: 1, skipped: true },
    ]);
    expect(of("entry-failed")).toMatchObject([{ index: 2, reason: "disk-full" }]);
    expect(pipeline.handleResult(0, "stored", "other")).toContain("not sent");
    expect([pipeline.isOver, pipeline.arrivedBytes]).toEqual([true, 4]);
  });

  test("that a file failed may come while it is sent, and ends it", () => {
    const { pipeline, written, read, of } = pipelineOf([entryOf("a", 2 * READ_BYTES), entryOf("b", 1)], { limit: 10 });
    read(READ_BYTES);
    expect(pipeline.handleResult(0, "failed", "other")).toContain("not sent");
    written();
    expect(pipeline.handleResult(0, "stored", "other")).toContain("before the end");
    expect(pipeline.handleResult(0, "failed", "disk-full")).toBeUndefined();
    expect(pipeline.handleResult(0, "failed", "disk-full")).toBeUndefined();
    expect(of("entry-failed")).toMatchObject([{ index: 0, reason: "disk-full" }]);
    expect(of("close-source")).toMatchObject([{ index: 0 }]);
    // What was read of it no longer counts as read ahead, and the next file begins.
    read(READ_BYTES);
    expect(of("read").map(({ index }) => index)).toEqual([0, 1]);
    pipeline.handleCredit(10, 100);
    expect(written()).toMatchObject([
      { type: "file-failed", index: 0, reason: "abandoned" },
      { type: "data", index: 1 },
      { type: "file-end", index: 1 },
    ]);
    expect(pipeline.handleResult(0, "failed", "other")).toBeUndefined();
    expect(pipeline.handleResult(0, "stored", "other")).toContain("not sent");
    pipeline.handleResult(1, "stored", "other");
    expect([pipeline.isOver, pipeline.arrivedBytes, of("entry-failed").length]).toEqual([true, 1, 1]);
  });
});

describe("reading", () => {
  test("goes on as the data leaves, in pieces of the budget and of the largest read", () => {
    const { pipeline, written, read, of } = pipelineOf([entryOf("a", 25)]);
    pipeline.requestReads(10);
    pipeline.requestReads(10);
    expect(of("read").map(({ offset, bytes }) => [offset, bytes])).toEqual([[0, 10]]);
    read(10);
    written();
    read(10);
    written();
    read(10);
    expect(of("read").map(({ offset, bytes }) => [offset, bytes])).toEqual([
      [0, 10],
      [10, 10],
      [20, 5],
    ]);
    expect(written().map(({ type }) => type)).toEqual(["data", "file-end"]);
    expect(of("chunk-sent")).toHaveLength(3);
    const large = pipelineOf([entryOf("a", 3 * READ_BYTES)]);
    large.pipeline.requestReads(2 * READ_BYTES + 1);
    expect(large.of("read").map(({ bytes }) => bytes)).toEqual([READ_BYTES, READ_BYTES, READ_BYTES]);
  });

  test("that fails is told in the turn of the file, and nothing is read of it any more", () => {
    const { pipeline, written, of } = pipelineOf([entryOf("a", 5), entryOf("b", 0)]);
    pipeline.requestReads(PLENTY);
    pipeline.handleRead(0, { ok: false, reason: "unreadable" });
    pipeline.handleRead(0, { ok: true, chunk: new Uint8Array(5), sha256: SHA });
    pipeline.handleRead(7, { ok: true, chunk: new Uint8Array(5), sha256: SHA });
    pipeline.handleRead(1, { ok: true, chunk: new Uint8Array(), sha256: SHA });
    expect(of("close-source")).toMatchObject([{ index: 0 }]);
    expect(written()).toEqual([
      { type: "file-failed", transfer: 1, index: 0, reason: "unreadable" },
      { type: "file-end", transfer: 1, index: 1, sha256: SHA },
    ]);
  });

  test("has so many files open, and begins so many that are not answered", () => {
    const { pipeline, written, read, of } = pipelineOf(files(MAX_UNANSWERED_FILES + 5, 0));
    pipeline.requestReads(PLENTY);
    expect(of("read")).toHaveLength(MAX_OPEN_SOURCES);
    for (let round = 0; round < 20; round += 1) {
      read();
      written();
    }
    expect(of("read")).toHaveLength(MAX_UNANSWERED_FILES);
    pipeline.handleResult(0, "stored", "other");
    read();
    expect(of("read")).toHaveLength(MAX_UNANSWERED_FILES + 1);
  });
});

describe("data", () => {
  test("waits for room that is worth a frame", () => {
    const { pipeline, written, read } = pipelineOf([entryOf("a", 3_000)]);
    read();
    expect(written(1_000)).toEqual([]);
    expect(written(1_024 + DATA_OVERHEAD_BYTES - 1)).toEqual([]);
    expect(written(1_024 + DATA_OVERHEAD_BYTES)).toMatchObject([
      { type: "data", offset: 0, chunk: new Uint8Array(1_024) },
    ]);
    expect(written(65_536)).toMatchObject([{ offset: 1_024, chunk: new Uint8Array(1_976) }, { type: "file-end" }]);
    expect(pipeline.unwrittenBytes).toBe(3_000);
  });

  test("is as much as the rate lets out", () => {
    const { written, read } = pipelineOf([entryOf("a", 3_000)]);
    read();
    const bucket = new TokenBucket(1_000);
    bucket.advance(0);
    const sent = written(65_536, bucket).flatMap((frame) => (frame.type === "data" ? [frame.chunk.length] : []));
    const bytes = sent.reduce((sum, each) => sum + each, 0);
    expect(bytes).toBeLessThan(3_000);
    expect(
      bytes + written(65_536).reduce((sum, frame) => sum + (frame.type === "data" ? frame.chunk.length : 0), 0),
    ).toBe(3_000);
  });
});

describe("a file that the receiver wanted to look at first", () => {
  test("is decided once, and only if it was held back", () => {
    const { pipeline, of } = pipelineOf(files(2, 3), { held: [1] });
    expect(pipeline.handleDecide(0, { kind: "send" })).toContain("not deferred");
    expect(pipeline.handleDecide(1, { kind: "send" })).toBeUndefined();
    expect(pipeline.handleDecide(1, { kind: "send" })).toContain("not deferred");
    pipeline.requestReads(PLENTY);
    expect(of("read").map(({ index }) => index)).toEqual([1, 0]);
  });

  test("cannot be a folder", () => {
    const pipeline = new SendPipeline(1, makeManifest([folderOf("d")]), 1, () => {});
    expect(pipeline.defer(Uint8Array.of(1), 0)).toBe("an ACCEPT that defers a directory");
  });

  test("goes as its hash alone where it is there, whole where it is another, and not where it cannot be read", () => {
    const { pipeline, of, written, read } = pipelineOf(files(4, 3), { held: [0, 1, 2, 3] });
    pipeline.handleDecide(0, { kind: "skip" });
    pipeline.handleDecide(1, { kind: "have", sha256: SHA });
    pipeline.handleDecide(2, { kind: "have", sha256: OTHER_SHA });
    pipeline.handleDecide(3, { kind: "have", sha256: SHA });
    expect(of("hash").map(({ index }) => index)).toEqual([0, 1, 2, 3]);
    for (const index of [0, 1, 2]) pipeline.handleHash(index, { ok: true, sha256: SHA });
    pipeline.handleHash(3, { ok: false, reason: "unreadable" });
    pipeline.handleHash(3, { ok: true, sha256: SHA });
    read();
    expect(of("read").map(({ index }) => index)).toEqual([2]);
    expect(written()).toMatchObject([
      { type: "file-end", index: 0 },
      { type: "file-end", index: 1 },
      { type: "data", index: 2 },
      { type: "file-end", index: 2 },
      { type: "file-failed", index: 3, reason: "unreadable" },
    ]);
  });

  test.each([
    [SMALL_HASH_BYTES, MAX_PARALLEL_SMALL_HASHES],
    [SMALL_HASH_BYTES + 1, MAX_PARALLEL_HASHES],
  ])("of %i bytes is hashed beside others: %i at a time", (bytes, atOnce) => {
    const held = Array.from({ length: 20 }, (_, at) => at);
    const { pipeline, of } = pipelineOf(files(20, bytes), { held });
    for (const index of held) pipeline.handleDecide(index, { kind: "skip" });
    expect(of("hash")).toHaveLength(atOnce);
    pipeline.handleHash(0, { ok: true, sha256: SHA });
    expect(of("hash")).toHaveLength(atOnce + 1);
  });
});

describe("a file that the receiver has in part", () => {
  const bytes = 2 * MIN_BLOCK_BYTES;
  const plan = planBlocks(MIN_BLOCK_BYTES);
  const decision = { kind: "resume", ...plan } as const;

  test("is resumed by the plan of its size, if the ACCEPT announced it", () => {
    const wrong = pipelineOf(files(2, bytes), { held: [0, 1], resuming: 1 });
    expect(wrong.pipeline.handleDecide(0, { ...decision, bytes: bytes + 1 })).toBe("a DECIDE for wrong blocks");
    expect(wrong.pipeline.handleDecide(1, decision)).toBeUndefined();
    const { pipeline } = pipelineOf(files(1, bytes), { held: [0] });
    expect(pipeline.handleDecide(0, decision)).toContain("did not announce");
  });

  test("holds all others up until it is settled, and then goes without what is there", () => {
    const { pipeline, of, read } = pipelineOf(files(2, bytes), { held: [1], resuming: 1 });
    pipeline.beginIfSettled();
    pipeline.handleDecide(1, decision);
    read();
    expect([of("read"), of("begun"), of("hash")]).toEqual([[], [], []]);
    expect(of("hash-blocks")).toMatchObject([{ index: 1, plan }]);
    pipeline.handleHash(1, { ok: true, sha256: SHA });
    expect(() => pipeline.handleBlocks(1, { ok: true, hashes: new Uint8Array(64) })).toThrow(RangeError);
    expect(pipeline.handleKeep(1, Uint8Array.of(1))).toContain("not being resumed");
  });

  test("is sent from the first byte that is not there", () => {
    const { pipeline, of, written, read } = pipelineOf(files(2, bytes), { held: [1], resuming: 1 });
    pipeline.handleDecide(1, decision);
    pipeline.handleBlocks(0, { ok: true, hashes: SHA });
    pipeline.handleBlocks(1, { ok: true, hashes: SHA });
    expect(written()).toMatchObject([{ type: "blocks", index: 1, first: 0, hashes: SHA }]);
    expect(pipeline.handleKeep(1, Uint8Array.of(1))).toBeUndefined();
    expect(of("begun")).toMatchObject([{ resumedBytes: MIN_BLOCK_BYTES }]);
    expect(pipeline.arrivedBytes).toBe(MIN_BLOCK_BYTES);
    read(READ_BYTES);
    expect(of("read")[0]).toMatchObject({ index: 1, offset: MIN_BLOCK_BYTES, bytes: MIN_BLOCK_BYTES });
    for (let left = MIN_BLOCK_BYTES; left > 0; ) {
      const sent = written();
      for (const frame of sent) if (frame.type === "data" && frame.index === 1) left -= frame.chunk.length;
    }
    written();
    pipeline.handleResult(1, "stored", "other");
    expect(pipeline.arrivedBytes).toBe(bytes);
  });

  test("and cannot be read here any more is told at once, and holds nothing up", () => {
    const { pipeline, of, written, read } = pipelineOf(files(3, bytes), { held: [1, 2], resuming: 2 });
    pipeline.handleDecide(1, decision);
    pipeline.handleDecide(2, decision);
    pipeline.handleBlocks(1, { ok: false, reason: "unreadable" });
    read();
    expect(written()).toEqual([{ type: "file-failed", transfer: 1, index: 1, reason: "unreadable" }]);
    expect(of("begun")).toEqual([]);
    pipeline.handleBlocks(2, { ok: false, reason: "unreadable" });
    expect(of("begun")).toMatchObject([{ resumedBytes: 0 }]);
    read(10);
    expect(written().map((frame) => [frame.type, "index" in frame && frame.index])).toEqual([
      ["file-failed", 2],
      ["data", 0],
    ]);
  });

  test("waits with its hashes for those before it to be sent", () => {
    const held = [0, 1, 2, 3];
    const { pipeline, of, written } = pipelineOf(files(4, bytes), { held, resuming: 4 });
    for (const index of held) pipeline.handleDecide(index, decision);
    expect(of("hash-blocks")).toHaveLength(MAX_PARALLEL_HASHES);
    pipeline.handleBlocks(0, { ok: true, hashes: SHA });
    expect(of("hash-blocks")).toHaveLength(MAX_PARALLEL_HASHES);
    written();
    expect(of("hash-blocks")).toHaveLength(MAX_PARALLEL_HASHES + 1);
  });
});
