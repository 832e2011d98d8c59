// Two engines back to back.
import { describe, expect, it } from "vitest";
import {
  MAX_OPEN_SOURCES,
  MAX_PARALLEL_SMALL_HASHES,
  MAX_UNANSWERED_DECISIONS,
  MAX_UNANSWERED_FILES,
  READ_AHEAD_BYTES,
  READ_BYTES,
  RECEIVE_WINDOW_BYTES,
} from "../../../src/transfer/limits.ts";
import { type Contents, EnginePair, sha256 } from "../../support/engine-pair.ts";

function filled(bytes: number, value: number): Uint8Array {
  return new Uint8Array(bytes).fill(value);
}

function numbered(count: number, bytes: number): Contents {
  return Object.fromEntries(Array.from({ length: count }, (_, at) => [`f${at}`, filled(bytes, at % 256)]));
}

describe("a transfer", () => {
  it("carries files, empty ones too, and ends for both when the receiver says so", () => {
    const pair = new EnginePair();
    const { a, b } = pair;
    const contents = { one: filled(300_000, 1), "d/two": filled(10, 2), empty: filled(0, 0) };
    const transfer = a.propose(contents, ["d"]);
    pair.run();
    expect(b.of("incoming")).toMatchObject([{ transfer, manifest: { files: 3, bytes: 300_010 } }]);
    expect(a.of("read")).toEqual([]);
    expect(b.engine.accept(transfer, [])).toBe(true);
    pair.run();
    expect(b.written("1/1")).toEqual(Buffer.from(contents.one));
    expect(b.stored).toEqual(["1/1", "1/2", "1/3"]);
    expect(a.of("file-sent").map(({ index, skipped }) => [index, skipped])).toEqual([
      [1, false],
      [2, false],
      [3, false],
    ]);
    expect(a.of("file-sent")[0]?.sha256).toEqual(sha256(contents.one));
    expect(a.of("ended")).toEqual([{ type: "ended", direction: "send", transfer, end: { kind: "done" } }]);
    expect(b.of("ended")).toEqual([{ type: "ended", direction: "receive", transfer, end: { kind: "done" } }]);
  });

  it("of folders alone ends after the consent", () => {
    const pair = new EnginePair();
    const transfer = pair.a.propose({}, ["d", "d/e"]);
    pair.run();
    pair.b.engine.accept(transfer, []);
    pair.run();
    expect(pair.b.of("finish")).toHaveLength(1);
    expect(pair.a.of("ended")).toMatchObject([{ end: { kind: "done" } }]);
  });

  it("of a long list of entries streams it over several messages", () => {
    const pair = new EnginePair();
    const contents = Object.fromEntries(
      Array.from({ length: 3_000 }, (_, at) => [`${"long".repeat(20)}${at}`, filled(1, 1)]),
    );
    pair.a.propose(contents);
    pair.run();
    expect(pair.a.sent.filter(({ type }) => type === "entries").length).toBeGreaterThan(3);
    expect(pair.b.of("incoming")[0]?.manifest.entries.map(({ path }) => path)).toEqual(Object.keys(contents));
  });

  it("does not wait for answers between files, and packs small ones together", () => {
    const pair = new EnginePair();
    const { a, b } = pair;
    b.held.add("store");
    const transfer = a.propose(numbered(400, 100));
    pair.run();
    b.engine.accept(transfer, []);
    pair.run();
    expect(b.of("store")).toHaveLength(400);
  });

  it("stops for files that are not answered, and goes on with the answers", () => {
    const pair = new EnginePair();
    const { a, b } = pair;
    b.held.add("store");
    const transfer = a.propose(numbered(MAX_UNANSWERED_FILES + 50, 1));
    pair.run();
    b.engine.accept(transfer, []);
    pair.run();
    expect(b.of("store")).toHaveLength(MAX_UNANSWERED_FILES);
    b.held.clear();
    pair.run();
    expect(a.of("ended")).toMatchObject([{ end: { kind: "done" } }]);
  });

  it("opens and reads ahead only so far", () => {
    const pair = new EnginePair();
    const { a, b } = pair;
    a.held.add("read");
    const small = a.propose(numbered(100, 10));
    pair.run();
    b.engine.accept(small, []);
    pair.run();
    expect(a.of("read")).toHaveLength(MAX_OPEN_SOURCES);
    const large = a.propose({ large: filled(4_000_000, 1) });
    pair.run();
    b.engine.accept(large, []);
    pair.run();
    const asked = a.of("read").filter(({ transfer }) => transfer === large);
    const bytes = asked.reduce((sum, read) => sum + read.bytes, 0);
    expect(bytes).toBeLessThan(READ_AHEAD_BYTES / 2 + READ_BYTES);
    a.held.clear();
    pair.run();
    expect(a.of("ended")).toHaveLength(2);
  });

  it("is slowed by what is not written, to the window", () => {
    const pair = new EnginePair();
    const { a, b } = pair;
    b.held.add("write");
    const transfer = a.propose({ large: filled(20_000_000, 1) });
    pair.run();
    b.engine.accept(transfer, []);
    pair.run();
    const arrived = b.of("write").reduce((sum, { chunk }) => sum + chunk.length, 0);
    expect(arrived).toBe(RECEIVE_WINDOW_BYTES);
    b.held.clear();
    pair.run();
    expect(a.of("ended")).toMatchObject([{ end: { kind: "done" } }]);
  });

  it("shares window and channel with others, and a smaller share takes nothing back", () => {
    const pair = new EnginePair();
    const { a, b } = pair;
    const transfers = [1, 2, 3].map((value) => a.propose({ [`f${value}`]: filled(12_000_000, value) }));
    pair.run();
    for (const transfer of transfers) b.engine.accept(transfer, []);
    pair.run();
    expect(b.stored.toSorted()).toEqual(["1/0", "2/0", "3/0"]);
    const order = a.sent.filter((frame) => frame.type === "data").map(({ transfer }) => transfer);
    const firstOfLast = order.indexOf(3);
    expect(order.slice(firstOfLast)).toContain(1);
  });

  it("tells the sender's progress while it runs", () => {
    const pair = new EnginePair();
    const { a, b } = pair;
    const transfer = a.propose({ large: filled(6_000_000, 1) });
    pair.run();
    b.engine.accept(transfer, []);
    let last = 0;
    while (pair.step()) {
      pair.nowMs += 50;
      const bytes = a.engine.progressBytes("send", transfer);
      if (a.of("ended").length > 0) break;
      expect(bytes).toBeGreaterThanOrEqual(last);
      last = bytes;
    }
    expect(last).toBeGreaterThan(1_000_000);
  });
});

describe("what the receiver has already", () => {
  function deferred(existing: Uint8Array): EnginePair {
    const pair = new EnginePair();
    pair.b.existing.set(0, existing);
    const transfer = pair.a.propose({ f: filled(1_000, 1), g: filled(5, 5) });
    pair.run();
    pair.b.engine.accept(transfer, [0]);
    pair.run();
    return pair;
  }

  it("is not sent when the hash agrees", () => {
    const { a, b } = deferred(filled(1_000, 1));
    expect(b.of("file-skipped")).toMatchObject([{ index: 0 }]);
    expect(a.of("file-sent").toSorted((x, y) => x.index - y.index)).toMatchObject([
      { index: 0, skipped: true, sha256: sha256(filled(1_000, 1)) },
      { index: 1, skipped: false },
    ]);
    expect(a.sent.filter((frame) => frame.type === "data" && frame.index === 0)).toEqual([]);
    expect(a.of("ended")).toMatchObject([{ end: { kind: "done" } }]);
  });

  it("is sent when it differs", () => {
    const { a, b } = deferred(filled(1_000, 9));
    expect(b.stored.toSorted()).toEqual(["1/0", "1/1"]);
    expect(a.of("ended")).toMatchObject([{ end: { kind: "done" } }]);
  });

  it("does not hold up the files beside it", () => {
    const pair = new EnginePair();
    pair.b.held.add("examine");
    const transfer = pair.a.propose({ f: filled(10, 1), g: filled(5, 5) });
    pair.run();
    pair.b.engine.accept(transfer, [0]);
    pair.run();
    expect(pair.b.stored).toEqual(["1/1"]);
    pair.b.held.clear();
    pair.run();
    expect(pair.a.of("ended")).toMatchObject([{ end: { kind: "done" } }]);
  });

  it("may be many files: decisions and hashes come a few at a time", () => {
    const pair = new EnginePair();
    const { a, b } = pair;
    const contents = numbered(1_000, 3);
    for (let at = 0; at < 1_000; at += 1) b.existing.set(at, filled(3, at % 256));
    a.held.add("hash");
    const transfer = a.propose(contents);
    pair.run();
    b.engine.accept(transfer, [...Array(1_000).keys()]);
    pair.run();
    expect(a.of("hash")).toHaveLength(MAX_PARALLEL_SMALL_HASHES);
    expect(b.of("examine").length).toBeLessThanOrEqual(MAX_UNANSWERED_DECISIONS);
    a.held.clear();
    pair.run();
    expect(a.of("file-sent").filter(({ skipped }) => skipped)).toHaveLength(1_000);
    expect(a.sent.some(({ type }) => type === "data")).toBe(false);
  });
});

describe("failures", () => {
  it("of a source are told, and the rest goes on", () => {
    const pair = new EnginePair();
    const { a, b } = pair;
    a.held.add("read");
    const transfer = a.propose({ bad: filled(600_000, 1), good: filled(5, 5) });
    pair.run();
    b.engine.accept(transfer, []);
    pair.run();
    const chunk = filled(READ_BYTES, 1);
    a.engine.handleRead(transfer, 0, { ok: true, chunk, sha256: undefined });
    pair.run();
    a.engine.handleRead(transfer, 0, { ok: false, reason: "source-changed" });
    a.engine.handleRead(transfer, 1, { ok: true, chunk: filled(5, 5), sha256: sha256(filled(5, 5)) });
    pair.run();
    expect(b.of("drop")).toMatchObject([{ index: 0 }]);
    expect(b.of("entry-failed")).toMatchObject([{ index: 0, reason: "source-changed" }]);
    expect(b.stored).toEqual(["1/1"]);
    expect(a.of("ended")).toMatchObject([{ end: { kind: "done" } }]);
  });

  it("of a destination stop that file where it is, and the rest goes on", () => {
    const pair = new EnginePair();
    const { a, b } = pair;
    b.held.add("write");
    const transfer = a.propose({ bad: filled(24_000_000, 1), good: filled(5, 5) });
    pair.run();
    b.engine.accept(transfer, []);
    pair.run();
    b.engine.handleStored(transfer, 0, { ok: false, reason: "write-failed" });
    b.held.clear();
    pair.run();
    expect(a.of("entry-failed")).toMatchObject([{ direction: "send", index: 0, reason: "write-failed" }]);
    expect(a.sent.filter(({ type }) => type === "file-failed")).toMatchObject([{ index: 0, reason: "abandoned" }]);
    expect(b.stored).toEqual(["1/1"]);
    expect(b.of("entry-failed")).toEqual([]);
    expect(a.of("ended")).toMatchObject([{ end: { kind: "done" } }]);
  });

  it("of both sides for one file may cross", () => {
    const pair = new EnginePair();
    const { a, b } = pair;
    a.held.add("read");
    b.held.add("write");
    const transfer = a.propose({ bad: filled(600_000, 1), good: filled(5, 5) });
    pair.run();
    b.engine.accept(transfer, []);
    pair.run();
    a.engine.handleRead(transfer, 0, { ok: true, chunk: filled(READ_BYTES, 1), sha256: undefined });
    pair.run();
    a.engine.handleRead(transfer, 0, { ok: false, reason: "source-changed" });
    b.engine.handleStored(transfer, 0, { ok: false, reason: "write-failed" });
    // Each is on its way before the other arrives.
    pair.carry(a, b);
    pair.carry(b, a);
    a.engine.handleRead(transfer, 1, { ok: true, chunk: filled(5, 5), sha256: sha256(filled(5, 5)) });
    b.held.clear();
    pair.run();
    expect([...a.of("broken"), ...b.of("broken")]).toEqual([]);
    expect(a.of("ended")).toMatchObject([{ end: { kind: "done" } }]);
    expect(b.of("ended")).toMatchObject([{ end: { kind: "done" } }]);
  });

  it("of a folder are told before the end", () => {
    const pair = new EnginePair();
    const { a, b } = pair;
    b.held.add("finish");
    const transfer = a.propose({}, ["d"]);
    pair.run();
    b.engine.accept(transfer, []);
    pair.run();
    b.engine.handleFinished(transfer, [{ index: 0, reason: "write-failed" }]);
    pair.run();
    expect(a.of("entry-failed")).toMatchObject([{ index: 0, reason: "write-failed" }]);
    expect(a.of("ended")).toMatchObject([{ end: { kind: "done" } }]);
  });

  it.each(["send", "receive"] as const)(
    "by cancelling (%s) end it for both; frames on their way are no news",
    (direction) => {
      const pair = new EnginePair();
      const { a, b } = pair;
      b.held.add("write");
      const transfer = a.propose({ f: filled(20_000_000, 1) });
      pair.run();
      b.engine.accept(transfer, []);
      pair.run();
      const canceller = direction === "send" ? a : b;
      expect(canceller.engine.cancel(direction, transfer, "user")).toBe(true);
      b.engine.handleWritten(transfer, RECEIVE_WINDOW_BYTES);
      pair.run();
      const end = (by: "me" | "peer") => ({ end: { kind: "cancelled", by, reason: "user" } });
      expect(a.of("ended")).toMatchObject([end(direction === "send" ? "me" : "peer")]);
      expect(b.of("ended")).toMatchObject([end(direction === "send" ? "peer" : "me")]);
      expect(canceller.engine.cancel(direction, transfer, "user")).toBe(false);
      expect([...a.of("broken"), ...b.of("broken")]).toEqual([]);
    },
  );

  it("by declining end it for both", () => {
    const pair = new EnginePair();
    const transfer = pair.a.propose({ f: filled(1, 1) });
    pair.run();
    expect(pair.b.engine.decline(transfer, "user")).toBe(true);
    expect(pair.b.engine.accept(transfer, [])).toBe(false);
    pair.run();
    expect(pair.a.of("ended")).toMatchObject([{ end: { kind: "declined", by: "peer", reason: "user" } }]);
    expect(pair.b.of("ended")).toMatchObject([{ end: { kind: "declined", by: "me", reason: "user" } }]);
  });
});
