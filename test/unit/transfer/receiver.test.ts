// One incoming transfer: what its sender may say, and when.
import { describe, expect, test, vi } from "vitest";
import type { EngineEvent } from "../../../src/transfer/engine-events.ts";
import type { Entry, Frame } from "../../../src/transfer/frames.ts";
import { KeptBlocks } from "../../../src/transfer/kept-blocks.ts";
import {
  MAX_PARALLEL_HASHES,
  MAX_PARALLEL_SMALL_HASHES,
  MAX_UNANSWERED_DECISIONS,
  MAX_UNANSWERED_FILES,
  MIN_BLOCK_BYTES,
  SMALL_HASH_BYTES,
} from "../../../src/transfer/limits.ts";
import { ManifestReader } from "../../../src/transfer/manifest.ts";
import { Receiver } from "../../../src/transfer/receiver.ts";

const ROOM = { pathBytes: 1_000_000, folders: 1_000 };
const SHA256 = new Uint8Array(32);
const file = (path: string, bytes = 3): Entry => ({ type: "file", path, bytes, mode: 0o644, mtimeUs: 0 });

function receiverOf(...entries: Entry[]) {
  const events: EngineEvent[] = [];
  const frames: Frame[] = [];
  const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
  const reader = new ManifestReader(
    { entries: entries.length, files: entries.filter(({ type }) => type === "file").length, bytes },
    "linux",
  );
  const receiver = new Receiver(
    7,
    reader,
    (event) => events.push(event),
    (frame) => frames.push(frame),
  );
  return { receiver, events, frames, take: () => receiver.handleEntries(0, entries, ROOM) };
}

test("consent is possible once the proposal is complete, and once", () => {
  const { receiver, events, frames, take } = receiverOf(file("a"));
  expect(receiver.accept([], [], 1_000)).toBe(false);
  expect(take()).toBeUndefined();
  expect(events[0]).toMatchObject({ type: "incoming", transfer: 7 });
  expect(receiver.accept([], [], 1_000)).toBe(true);
  expect(frames).toMatchObject([{ type: "accept", transfer: 7, limit: 1_000 }]);
  expect(receiver.accept([], [], 1_000)).toBe(false);
  expect(take()).toMatchObject({ kind: "broken" });
});

test("a proposal that takes more room than the others leave is refused", () => {
  const { receiver } = receiverOf(file("folder/a"));
  expect(receiver.handleEntries(0, [file("folder/a")], { pathBytes: 1_000, folders: 0 })).toMatchObject({
    kind: "refused",
    why: { reason: "limit", excess: { of: "folders" } },
  });
});

test("bytes are taken in order, within the file and the credit", () => {
  const { receiver, take } = receiverOf(file("a", 10), file("b"));
  take();
  receiver.accept([], [], 4);
  expect(receiver.handleData(0, 1, Uint8Array.of(1))).toBeTypeOf("string");
  expect(receiver.handleData(0, 0, Uint8Array.of(1, 2))).toBeUndefined();
  expect(receiver.handleData(1, 0, Uint8Array.of(1))).toBeTypeOf("string");
  expect(receiver.handleData(0, 2, Uint8Array.of(1, 2, 3))).toBeTypeOf("string");
});

test("what is missing of a file may come in many small chunks: where it ends is looked for once", () => {
  const bytes = 16 * MIN_BLOCK_BYTES;
  const { receiver, events, take } = receiverOf(file("a", bytes));
  take();
  receiver.accept([], [{ index: 0, bytes }], bytes);
  receiver.handleBlocks(0, 0, new Uint8Array(16 * 32));
  // The first and the last block are here.
  receiver.handleCompared(0, Uint8Array.of(0b1, 0b1000_0000));
  const looked = vi.spyOn(KeptBlocks.prototype, "wantedEnd");
  for (let at = 0; at < 1_000; at += 1) {
    expect(receiver.handleData(0, MIN_BLOCK_BYTES + at, Uint8Array.of(1))).toBeUndefined();
  }
  const rest = new Uint8Array(14 * MIN_BLOCK_BYTES - 1_000);
  expect(receiver.handleData(0, MIN_BLOCK_BYTES + 1_000, rest)).toBeUndefined();
  expect(looked.mock.calls.length).toBeLessThan(5);
  looked.mockRestore();
  expect(receiver.handleData(0, 15 * MIN_BLOCK_BYTES, Uint8Array.of(1))).toBeTypeOf("string");
  expect(receiver.handleFileEnd(0, SHA256)).toBeUndefined();
  expect(events.at(-1)).toMatchObject({ type: "store", index: 0 });
});

test("a file is stored after its hash has come, and the transfer ends when all is finished", () => {
  const { receiver, events, frames, take } = receiverOf(file("a"));
  take();
  receiver.accept([], [], 1_000);
  receiver.handleData(0, 0, Uint8Array.of(1, 2, 3));
  expect(receiver.handleFileEnd(0, SHA256)).toBeUndefined();
  expect(events.map(({ type }) => type)).toEqual(expect.arrayContaining(["write", "store"]));
  receiver.handleWritten(3);
  receiver.handleStored(0, { ok: true });
  expect(receiver.progressBytes).toBe(3);
  expect(frames).toContainEqual(expect.objectContaining({ type: "result", status: "stored" }));
  expect(events.at(-1)?.type).toBe("finish");
  expect(receiver.handleFinished([])).toBe(true);
  expect(frames.at(-1)).toEqual({ type: "done", transfer: 7 });
});

test("only a file can be deferred", () => {
  const { receiver, take } = receiverOf({ ...file("d"), type: "directory", bytes: 0 } as Entry);
  take();
  expect(() => receiver.accept([0], [], 1_000)).toThrow(RangeError);
});

const folder = (path: string): Entry => ({ type: "directory", path, bytes: 0, mode: 0o755, mtimeUs: 0 });
const files = (count: number, bytes = 3): Entry[] => Array.from({ length: count }, (_, at) => file(`f${at}`, bytes));
const indices = (count: number): number[] => Array.from({ length: count }, (_, at) => at);
const NO_CONSENT = "files without consent";

/** A transfer that was consented to. What it said until then is forgotten. */
function accepted(entries: Entry[], deferred: number[] = [], parts: { index: number; bytes: number }[] = []) {
  const made = receiverOf(...entries);
  made.take();
  made.receiver.accept(deferred, parts, 1_000_000);
  const of = (type: EngineEvent["type"]) => made.events.filter((event) => event.type === type);
  return { ...made, of };
}

test("a proposal that takes all the room there is is taken, and may be declined until it is accepted", () => {
  const { receiver } = receiverOf(file("folder/a"));
  expect(receiver.isUndecided).toBe(true);
  expect(receiver.handleEntries(0, [file("folder/a")], { pathBytes: 8, folders: 1 })).toBeUndefined();
  expect([receiver.isUndecided, receiver.pathBytes, receiver.folderCount]).toEqual([true, 8, 1]);
  receiver.accept([], [], 1);
  expect([receiver.isUndecided, receiver.isReceiving]).toEqual([false, true]);
});

test("before consent nothing comes, and no answer of the disk counts", () => {
  const { receiver, frames, events, take } = receiverOf(file("a"));
  take();
  expect(receiver.handleBlocks(0, 0, SHA256)).toBe(NO_CONSENT);
  expect(receiver.handleFileFailed(0, "other")).toBe(NO_CONSENT);
  expect(receiver.handleFileEnd(0, SHA256)).toBe(NO_CONSENT);
  expect(receiver.handleData(0, 0, SHA256)).toBe(NO_CONSENT);
  receiver.handleExamined(0, { kind: "send" });
  receiver.handleCompared(0, SHA256);
  receiver.handleStored(0, { ok: true });
  receiver.handleWritten(3);
  expect(receiver.handleFinished([])).toBe(false);
  expect([frames, events.length, receiver.progressBytes]).toEqual([[], 1, 0]);
});

describe("what is not wanted", () => {
  test("is held back where it is a file, and reported where it is none", () => {
    const { receiver, frames, take } = receiverOf(folder("d"), file("a"), file("b"));
    take();
    receiver.accept([], [], 9, [0, 1]);
    expect(frames).toEqual([
      { type: "accept", transfer: 7, limit: 9, deferred: Uint8Array.of(0b010), resuming: 0 },
      { type: "result", transfer: 7, index: 0, status: "failed", reason: "user" },
    ]);
    expect(receiver.handleData(1, 0, Uint8Array.of(1))).toBe("a file that is not due");
    expect(receiver.handleData(2, 0, Uint8Array.of(1))).toBeUndefined();
  });

  test("is not reported without end", () => {
    const { receiver, frames, take } = receiverOf(
      ...indices(MAX_UNANSWERED_FILES + 9).map((at) => folder(`d${at}`)),
      file("f"),
    );
    take();
    receiver.accept([], [], 9, indices(MAX_UNANSWERED_FILES + 9));
    expect(frames.filter(({ type }) => type === "result")).toHaveLength(MAX_UNANSWERED_FILES);
  });
});

describe("files that are examined first", () => {
  test.each([
    [SMALL_HASH_BYTES, MAX_PARALLEL_SMALL_HASHES],
    [SMALL_HASH_BYTES + 1, MAX_PARALLEL_HASHES],
  ])("of %i bytes are so %i at a time", (bytes, atOnce) => {
    const { receiver, of } = accepted(files(30, bytes), indices(30));
    expect(of("examine")).toHaveLength(atOnce);
    receiver.handleExamined(0, { kind: "send" });
    expect(of("examine")).toHaveLength(atOnce + 1);
    // Neither a second answer nor one that nobody asked for is one.
    receiver.handleExamined(0, { kind: "send" });
    receiver.handleExamined(29, { kind: "send" });
    expect(of("examine")).toHaveLength(atOnce + 1);
  });

  test("do not fill the sender's queue: further ones wait for its answers of any kind", () => {
    const { receiver, of, frames } = accepted(
      files(MAX_UNANSWERED_DECISIONS + 4),
      indices(MAX_UNANSWERED_DECISIONS + 4),
    );
    for (const index of indices(MAX_UNANSWERED_DECISIONS)) {
      receiver.handleExamined(index, index % 2 === 0 ? { kind: "have", sha256: SHA256 } : { kind: "skip" });
    }
    const next = (): number => of("examine").length - MAX_UNANSWERED_DECISIONS;
    expect(next()).toBe(0);
    expect(receiver.handleFileEnd(0, SHA256)).toBeUndefined();
    expect([next(), receiver.progressBytes]).toEqual([1, 3]);
    expect(receiver.handleFileEnd(1, new Uint8Array(32).fill(1))).toBeUndefined();
    expect([next(), receiver.progressBytes]).toEqual([2, 6]);
    expect(frames.slice(-2)).toMatchObject([
      { index: 0, status: "skipped" },
      { index: 1, status: "skipped" },
    ]);
    expect(receiver.handleFileFailed(3, "other")).toBeUndefined();
    expect(next()).toBe(3);
    expect(receiver.handleFileFailed(4, "other")).toBeUndefined();
    expect(next()).toBe(4);
    expect(of("entry-failed")).toMatchObject([{ index: 3 }, { index: 4 }]);
    // Nothing was begun of them that would have to be dropped.
    expect(of("drop")).toEqual([]);
  });

  test("and are different come whole, which is an answer too", () => {
    const { receiver, of } = accepted(files(MAX_UNANSWERED_DECISIONS + 1), indices(MAX_UNANSWERED_DECISIONS + 1));
    for (const index of indices(MAX_UNANSWERED_DECISIONS))
      receiver.handleExamined(index, { kind: "have", sha256: SHA256 });
    expect(of("examine")).toHaveLength(MAX_UNANSWERED_DECISIONS);
    expect(receiver.handleData(0, 0, Uint8Array.of(1, 2, 3))).toBeUndefined();
    expect(of("examine")).toHaveLength(MAX_UNANSWERED_DECISIONS + 1);
    // The file that comes now is ended before anything is said of another.
    expect(receiver.handleFileEnd(1, SHA256)).toContain("before the end of another");
    expect(receiver.handleFileFailed(1, "other")).toContain("before the end of another");
    expect(receiver.handleFileEnd(0, SHA256)).toBeUndefined();
    expect(of("store")).toMatchObject([{ index: 0 }]);
  });

  test("and are to be sent fail as any other", () => {
    const { receiver, of } = accepted([file("a")], [0]);
    receiver.handleExamined(0, { kind: "send" });
    receiver.handleFileFailed(0, "other");
    expect([of("drop"), of("entry-failed")].map((events) => events.length)).toEqual([1, 1]);
  });
});

describe("a file that fails here", () => {
  test("while it comes is reported at once, and the rest of it is not written", () => {
    const { receiver, frames, of } = accepted([file("a", 10), file("b")]);
    receiver.handleStored(0, { ok: false, reason: "disk-full" });
    expect(frames).toHaveLength(1);
    receiver.handleData(0, 0, new Uint8Array(4));
    receiver.handleStored(0, { ok: true });
    expect(frames).toHaveLength(1);
    receiver.handleStored(0, { ok: false, reason: "disk-full" });
    expect(frames.at(-1)).toEqual({ type: "result", transfer: 7, index: 0, status: "failed", reason: "disk-full" });
    expect(receiver.handleData(0, 4, new Uint8Array(6))).toBeUndefined();
    expect(receiver.handleFileEnd(0, SHA256)).toBeUndefined();
    expect([of("write").length, of("store").length, frames.length]).toEqual([1, 0, 2]);
    expect(receiver.handleFileFailed(1, "other")).toBeUndefined();
    expect([of("finish").length, of("entry-failed").length]).toEqual([1, 1]);
  });

  test("and there too is reported once", () => {
    const { receiver, of } = accepted([file("a", 10)]);
    receiver.handleData(0, 0, new Uint8Array(4));
    receiver.handleStored(0, { ok: false, reason: "disk-full" });
    expect(receiver.handleFileFailed(0, "other")).toBeUndefined();
    expect([of("finish").length, of("entry-failed").length, of("drop").length]).toEqual([1, 0, 0]);
  });
});

test("files that fail there leave no place taken, and only files fail", () => {
  const { receiver, of } = accepted([...files(MAX_UNANSWERED_FILES + 9), folder("d")]);
  for (const index of indices(MAX_UNANSWERED_FILES + 8))
    expect(receiver.handleFileFailed(index, "other")).toBeUndefined();
  expect(receiver.handleFileFailed(MAX_UNANSWERED_FILES + 9, "other")).toContain("not a file");
  expect(of("finish")).toEqual([]);
});

test("a file that is here in part may fail while its blocks are compared, and is compared no further", () => {
  const { receiver, of, frames } = accepted([file("a", 10), file("b")], [], [{ index: 0, bytes: 4 }]);
  receiver.handleCompared(0, Uint8Array.of(1));
  expect(receiver.handleBlocks(0, 0, SHA256)).toBeUndefined();
  expect(of("compare")).toHaveLength(1);
  expect(of("begun")).toEqual([]);
  expect(receiver.handleFileFailed(0, "other")).toBeUndefined();
  expect([of("drop").length, of("entry-failed").length, of("begun").length]).toEqual([1, 1, 1]);
  receiver.handleCompared(0, Uint8Array.of(1));
  expect([frames.some(({ type }) => type === "keep"), receiver.progressBytes]).toEqual([false, 0]);
});

test("the hash of a file to store is its own copy, and so many folders are reported as failed", () => {
  const { receiver, of, frames } = accepted([file("a", 0)]);
  const sha256 = new Uint8Array(32).fill(5);
  receiver.handleFileEnd(0, sha256);
  sha256.fill(0);
  expect(of("store")).toMatchObject([{ sha256: new Uint8Array(32).fill(5) }]);
  receiver.handleStored(0, { ok: true });
  receiver.handleWritten(5);
  expect(receiver.handleData(0, 0, SHA256)).toBe(NO_CONSENT);
  const failed = indices(MAX_UNANSWERED_FILES + 5).map((index) => ({ index, reason: "other" as const }));
  expect(receiver.handleFinished(failed)).toBe(true);
  expect(frames.filter((frame) => frame.type === "result" && frame.status === "failed")).toHaveLength(
    MAX_UNANSWERED_FILES,
  );
});
