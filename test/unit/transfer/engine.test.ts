// Two engines back to back, and one engine against frames made by hand.
import { describe, expect, it } from "vitest";
import { TransferEngine } from "../../../src/transfer/engine.ts";
import type { EngineEvent } from "../../../src/transfer/engine-events.ts";
import type { Frame } from "../../../src/transfer/frames.ts";
import {
  MAX_ENTRIES,
  MAX_MESSAGE_BYTES,
  MAX_OPEN_OFFERS,
  MAX_OPEN_SOURCES,
  MAX_UNANSWERED_FILES,
  READ_AHEAD_BYTES,
  READ_BYTES,
  RECEIVE_WINDOW_BYTES,
} from "../../../src/transfer/limits.ts";
import { type Contents, EnginePair, entryOf, folderOf, sha256 } from "../../support/engine-pair.ts";
import { framesOf, messageOf } from "../../support/frames.ts";

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
    const transfer = a.offer(contents, ["d"]);
    pair.run();
    expect(b.of("incoming")).toMatchObject([{ transfer, manifest: { files: 3, bytes: 300_010 } }]);
    expect(a.of("read")).toEqual([]);
    expect(b.engine.accept(transfer, [])).toBe(true);
    pair.run();
    expect(b.written.get("1/1")).toEqual(Buffer.from(contents.one));
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
    const transfer = pair.a.offer({}, ["d", "d/e"]);
    pair.run();
    pair.b.engine.accept(transfer, []);
    pair.run();
    expect(pair.b.of("finish")).toHaveLength(1);
    expect(pair.a.of("ended")).toMatchObject([{ end: { kind: "done" } }]);
  });

  it("of a long list of entries streams it over several messages", () => {
    const pair = new EnginePair();
    const contents = Object.fromEntries(Array.from({ length: 3_000 }, (_, at) => [`${"long".repeat(20)}${at}`, filled(1, 1)]));
    pair.a.offer(contents);
    pair.run();
    expect(pair.a.sent.filter(({ type }) => type === "entries").length).toBeGreaterThan(3);
    expect(pair.b.of("incoming")[0]?.manifest.entries.map(({ path }) => path)).toEqual(Object.keys(contents));
  });

  it("does not wait for answers between files, and packs small ones together", () => {
    const pair = new EnginePair();
    const { a, b } = pair;
    b.held.add("store");
    const transfer = a.offer(numbered(400, 100));
    pair.run();
    b.engine.accept(transfer, []);
    pair.run();
    expect(b.of("store")).toHaveLength(400);
  });

  it("stops for files that are not answered, and goes on with the answers", () => {
    const pair = new EnginePair();
    const { a, b } = pair;
    b.held.add("store");
    const transfer = a.offer(numbered(MAX_UNANSWERED_FILES + 50, 1));
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
    const small = a.offer(numbered(100, 10));
    pair.run();
    b.engine.accept(small, []);
    pair.run();
    expect(a.of("read")).toHaveLength(MAX_OPEN_SOURCES);
    const large = a.offer({ large: filled(20_000_000, 1) });
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
    const transfer = a.offer({ large: filled(20_000_000, 1) });
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
    const transfers = [1, 2, 3].map((value) => a.offer({ [`f${value}`]: filled(12_000_000, value) }));
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
    const transfer = a.offer({ large: filled(6_000_000, 1) });
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
  function held(existing: Uint8Array): EnginePair {
    const pair = new EnginePair();
    pair.b.existing.set(0, existing);
    const transfer = pair.a.offer({ f: filled(1_000, 1), g: filled(5, 5) });
    pair.run();
    pair.b.engine.accept(transfer, [0]);
    pair.run();
    return pair;
  }

  it("is not sent when the hash agrees", () => {
    const { a, b } = held(filled(1_000, 1));
    expect(b.of("file-skipped")).toMatchObject([{ index: 0 }]);
    expect(a.of("file-sent").toSorted((x, y) => x.index - y.index)).toMatchObject([
      { index: 0, skipped: true, sha256: sha256(filled(1_000, 1)) },
      { index: 1, skipped: false },
    ]);
    expect(a.sent.filter((frame) => frame.type === "data" && frame.index === 0)).toEqual([]);
    expect(a.of("ended")).toMatchObject([{ end: { kind: "done" } }]);
  });

  it("is sent when it differs", () => {
    const { a, b } = held(filled(1_000, 9));
    expect(b.stored.toSorted()).toEqual(["1/0", "1/1"]);
    expect(a.of("ended")).toMatchObject([{ end: { kind: "done" } }]);
  });

  it("does not hold up the files beside it", () => {
    const pair = new EnginePair();
    pair.b.held.add("examine");
    const transfer = pair.a.offer({ f: filled(10, 1), g: filled(5, 5) });
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
    const transfer = a.offer(contents);
    pair.run();
    b.engine.accept(transfer, [...Array(1_000).keys()]);
    pair.run();
    expect(a.of("hash")).toHaveLength(2);
    expect(b.of("examine").length).toBeLessThanOrEqual(128);
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
    const transfer = a.offer({ bad: filled(600_000, 1), good: filled(5, 5) });
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
    const transfer = a.offer({ bad: filled(12_000_000, 1), good: filled(5, 5) });
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

  it("of a folder are told before the end", () => {
    const pair = new EnginePair();
    const { a, b } = pair;
    b.held.add("finish");
    const transfer = a.offer({}, ["d"]);
    pair.run();
    b.engine.accept(transfer, []);
    pair.run();
    b.engine.handleFinished(transfer, [{ index: 0, reason: "write-failed" }]);
    pair.run();
    expect(a.of("entry-failed")).toMatchObject([{ index: 0, reason: "write-failed" }]);
    expect(a.of("ended")).toMatchObject([{ end: { kind: "done" } }]);
  });

  it.each(["send", "receive"] as const)("by cancelling (%s) end it for both; frames on their way are no news", (direction) => {
    const pair = new EnginePair();
    const { a, b } = pair;
    b.held.add("write");
    const transfer = a.offer({ f: filled(20_000_000, 1) });
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
  });

  it("by declining end it for both", () => {
    const pair = new EnginePair();
    const transfer = pair.a.offer({ f: filled(1, 1) });
    pair.run();
    expect(pair.b.engine.decline(transfer, "user")).toBe(true);
    expect(pair.b.engine.accept(transfer, [])).toBe(false);
    pair.run();
    expect(pair.a.of("ended")).toMatchObject([{ end: { kind: "declined", by: "peer", reason: "user" } }]);
    expect(pair.b.of("ended")).toMatchObject([{ end: { kind: "declined", by: "me", reason: "user" } }]);
  });
});

/** One engine that hears frames made by hand. */
class Victim {
  readonly engine = new TransferEngine("posix");
  readonly events: EngineEvent[] = [];
  readonly #message = new Uint8Array(MAX_MESSAGE_BYTES);

  hear(...frames: Frame[]): this {
    this.engine.handle(messageOf(...frames));
    return this.#drain();
  }

  #drain(): this {
    for (let event = this.engine.pollEvent(); event !== undefined; event = this.engine.pollEvent()) this.events.push(event);
    return this;
  }

  /** Sends all there is. */
  speak(): Frame[] {
    const frames: Frame[] = [];
    for (let bytes = this.engine.pollTransmit(this.#message, 0); bytes > 0; bytes = this.engine.pollTransmit(this.#message, 0)) {
      frames.push(...framesOf(this.#message.slice(0, bytes)));
    }
    this.#drain();
    return frames;
  }

  get problem(): string | undefined {
    const broken = this.events.find((event) => event.type === "broken");
    return broken?.type === "broken" ? broken.detail : undefined;
  }
}

const HELLO: Frame = { type: "hello", version: 1, capabilities: 0 };
const SHA = new Uint8Array(32);

function offerOf(transfer: number, files: [string, number][]): Frame[] {
  const entries = files.map(([path, bytes]) => entryOf(path, bytes));
  const bytes = files.reduce((sum, [, each]) => sum + each, 0);
  return [
    { type: "offer", transfer, entries: files.length, files: files.length, bytes },
    { type: "entries", transfer, first: 0, entries },
  ];
}

function data(index: number, offset: number, bytes: number): Frame {
  return { type: "data", transfer: 1, index, offset, chunk: new Uint8Array(bytes) };
}

describe("a peer that breaks the protocol before consent", () => {
  it.each<[string, Frame[], string]>([
    ["says no HELLO", [offerOf(1, [["f", 1]])[0] as Frame], "no HELLO"],
    ["says HELLO twice", [HELLO, HELLO], "a second HELLO"],
    ["speaks version 0", [{ ...HELLO, version: 0 } as Frame], "version 0"],
    ["sends without an offer", [HELLO, data(0, 0, 1)], "a transfer that was not offered"],
    ["sends without consent", [HELLO, ...offerOf(1, [["f", 1]]), data(0, 0, 1)], "files without consent"],
    ["ends a file without consent", [HELLO, ...offerOf(1, [["f", 0]]), { type: "file-end", transfer: 1, index: 0, sha256: SHA }], "files without consent"],
    ["uses a number twice", [HELLO, ...offerOf(1, [["f", 1]]), ...offerOf(1, [["g", 1]])], "an offer with an old number"],
    ["offers nothing", [HELLO, { type: "offer", transfer: 1, entries: 0, files: 0, bytes: 0 }], "an offer of nothing"],
    ["counts more files than entries", [HELLO, { type: "offer", transfer: 1, entries: 1, files: 2, bytes: 0 }], "an offer of nothing"],
    [
      "lies about the sum",
      [HELLO, { type: "offer", transfer: 1, entries: 1, files: 1, bytes: 7 }, { type: "entries", transfer: 1, first: 0, entries: [entryOf("f", 8)] }],
      "files and bytes of the offer do not add up",
    ],
    [
      "lists more than it offered",
      [HELLO, { type: "offer", transfer: 1, entries: 1, files: 1, bytes: 2 }, { type: "entries", transfer: 1, first: 0, entries: [entryOf("f", 1), entryOf("g", 1)] }],
      "more entries than were offered",
    ],
    [
      "lists out of order",
      [HELLO, { type: "offer", transfer: 1, entries: 2, files: 2, bytes: 2 }, { type: "entries", transfer: 1, first: 1, entries: [entryOf("f", 1)] }],
      "entries out of order",
    ],
    ["answers what was not offered", [HELLO, { type: "done", transfer: 1 }], "an answer to what was not offered"],
  ])("%s", (_, frames, problem) => {
    const victim = new Victim().hear(...frames);
    expect(victim.problem).toBe(problem);
    expect(victim.speak()).toEqual([{ type: "error", detail: problem }]);
    // Nothing is heard or said afterwards.
    expect(victim.hear(HELLO).speak()).toEqual([]);
    expect(victim.engine.offer({ entries: [], files: 0, bytes: 0 })).toBeUndefined();
  });

  it.each([
    ["../up", "path '../up' (dot-segment)"],
    ["/abs", "path '/abs' (absolute)"],
    ["a\0b", "path 'a\0b' (nul)"],
    ["", "path '' (empty)"],
  ])("with the path %j has that offer declined, unseen", (path, detail) => {
    const victim = new Victim().hear(HELLO, ...offerOf(1, [["good", 1], [path, 1]]));
    expect(victim.events).toEqual([{ type: "refused", transfer: 1, reason: "unsafe-path", detail }]);
    expect(victim.speak()).toEqual([HELLO, { type: "decline", transfer: 1, reason: "unsafe-path" }]);
    victim.hear(...offerOf(2, [["good", 1]]));
    expect(victim.events.at(-1)).toMatchObject({ type: "incoming", transfer: 2 });
  });

  it("with one path twice has that offer declined", () => {
    const victim = new Victim().hear(HELLO, ...offerOf(1, [["f", 1], ["f", 1]]));
    expect(victim.events).toMatchObject([{ type: "refused", reason: "unsafe-path", detail: "path 'f' twice" }]);
  });

  it("with more entries or offers than are taken has them declined", () => {
    const victim = new Victim().hear(HELLO, { type: "offer", transfer: 1, entries: MAX_ENTRIES + 1, files: 1, bytes: 1 });
    expect(victim.events).toMatchObject([{ type: "refused", transfer: 1, reason: "limit" }]);
    for (let transfer = 2; transfer < MAX_OPEN_OFFERS + 2; transfer += 1) victim.hear(...offerOf(transfer, [["f", 1]]));
    expect(victim.events.filter(({ type }) => type === "incoming")).toHaveLength(MAX_OPEN_OFFERS);
    victim.hear(...offerOf(MAX_OPEN_OFFERS + 2, [["f", 1]]));
    expect(victim.events.at(-1)).toMatchObject({ type: "refused", reason: "limit" });
  });

  it("with endless offers that it lets us answer but does not read is cut off", () => {
    const victim = new Victim().hear(HELLO);
    const perMessage = 2_000;
    for (let first = 1; first < 300_000 && victim.problem === undefined; first += perMessage) {
      const offer = (at: number): Frame => ({ type: "offer", transfer: first + at, entries: MAX_ENTRIES + 1, files: 1, bytes: 1 });
      victim.hear(...Array.from({ length: perMessage }, (_, at) => offer(at)));
    }
    expect(victim.problem).toBe("frames that make more answers than are read");
  });

  it("with text on the channel is cut off", () => {
    const victim = new Victim();
    victim.engine.handleText();
    expect(victim.speak()).toEqual([{ type: "error", detail: "text on the transfer channel" }]);
  });
});

describe("a peer that breaks the protocol after consent", () => {
  function accepted(held: number[] = []): Victim {
    const victim = new Victim().hear(HELLO, ...offerOf(1, [["f", 10], ["g", 10], ["big", 50_000_000]]));
    victim.engine.accept(1, held);
    victim.speak();
    return victim;
  }

  const end = (index: number): Frame => ({ type: "file-end", transfer: 1, index, sha256: SHA });

  it.each<[string, Frame[], string]>([
    ["begins behind the begin", [data(0, 1, 1)], "data at a wrong offset"],
    ["leaves a gap", [data(0, 0, 4), data(0, 5, 1)], "data at a wrong offset"],
    ["overlaps", [data(0, 0, 4), data(0, 3, 2)], "data at a wrong offset"],
    ["writes past the end", [data(0, 0, 11)], "data behind the end of a file"],
    ["writes past the end in a second piece", [data(0, 0, 10), data(0, 10, 1)], "data behind the end of a file"],
    ["sends empty data", [data(0, 0, 0)], "empty data"],
    ["ends too early", [data(0, 0, 9), end(0)], "the end of a file before its bytes"],
    ["ends before it begins", [end(0)], "the end of a file before its bytes"],
    ["mixes files", [data(0, 0, 5), data(1, 0, 5)], "a file before the end of another"],
    ["ends another file", [data(0, 0, 10), end(1)], "a file before the end of another"],
    ["sends a file twice", [data(0, 0, 10), end(0), data(0, 0, 10)], "a file that is not due"],
    ["names an index that is not there", [data(9, 0, 1)], "data for what is not a file"],
    ["lists entries again", [{ type: "entries", transfer: 1, first: 3, entries: [folderOf("d")] }], "entries behind the end of an offer"],
  ])("%s", (_, frames, problem) => {
    const victim = accepted().hear(...frames);
    expect(victim.problem).toBe(problem);
    expect(victim.events.filter(({ type }) => type === "ended")).toMatchObject([{ end: { kind: "broken" } }]);
  });

  it("sends more than it was granted", () => {
    const victim = accepted();
    for (let offset = 0; offset < RECEIVE_WINDOW_BYTES; offset += 65_536) victim.hear(data(2, offset, 65_536));
    expect(victim.problem).toBeUndefined();
    expect(victim.hear(data(2, RECEIVE_WINDOW_BYTES, 1)).problem).toBe("data beyond the credit");
  });

  it("sends a file that is held back", () => {
    expect(accepted([0]).hear(data(0, 0, 1)).problem).toBe("a file that is not due");
  });

  it("sends what was to be skipped", () => {
    const victim = accepted([0]);
    victim.engine.handleExamined(1, 0, { kind: "skip" });
    expect(victim.hear(data(0, 0, 1)).problem).toBe("a file that is not due");
  });

  it("pretends to have the same with another hash", () => {
    const victim = accepted([0]);
    victim.engine.handleExamined(1, 0, { kind: "have", sha256: filled(32, 1) });
    expect(victim.hear(end(0)).problem).toBe("the end of a file before its bytes");
  });
});

describe("a receiver that breaks the protocol", () => {
  function offering(): Victim {
    const victim = new Victim().hear(HELLO);
    victim.engine.offer({ entries: [entryOf("f", 10), folderOf("d"), entryOf("g", 10)], files: 2, bytes: 20 });
    return victim;
  }

  const accept = (bits = 0): Frame => ({ type: "accept", transfer: 1, limit: 5, held: Uint8Array.of(bits) });
  const result = (index: number, status: "stored" | "skipped" | "failed"): Frame => {
    return { type: "result", transfer: 1, index, status, reason: "other" };
  };

  it("accepts before the offer is whole", () => {
    expect(offering().hear(accept()).problem).toBe("an ACCEPT for what was not offered or was accepted before");
  });

  it.each<[string, Frame[], string]>([
    ["accepts twice", [accept()], "an ACCEPT for what was not offered or was accepted before"],
    ["declines what it accepted", [{ type: "decline", transfer: 1, reason: "user" }], "a DECLINE after an ACCEPT"],
    ["is done too early", [{ type: "done", transfer: 1 }], "a DONE before every file was answered"],
    ["answers a file that was not sent", [result(0, "stored")], "a RESULT for a file that was not sent"],
    ["answers an index that is not there", [result(9, "stored")], "a RESULT for a file that was not sent"],
    ["says a folder is stored", [result(1, "stored")], "a wrong RESULT for a directory"],
    ["decides what it did not hold back", [{ type: "decide", transfer: 1, index: 0, decision: { kind: "send" } }], "a DECIDE for an entry that was not held back"],
    ["takes credit back", [{ type: "credit", transfer: 1, written: 0, limit: 4 }], "a CREDIT that takes back an earlier one"],
    ["has written what was not sent", [{ type: "credit", transfer: 1, written: 1, limit: 9 }], "a CREDIT for more than was sent"],
  ])("%s", (_, frames, problem) => {
    const victim = offering();
    victim.speak();
    expect(victim.hear(accept()).problem).toBeUndefined();
    expect(victim.hear(...frames).problem).toBe(problem);
  });

  it("holds back a folder", () => {
    const victim = offering();
    victim.speak();
    expect(victim.hear(accept(0b010)).problem).toBe("an ACCEPT that holds back a directory");
  });

  it("answers a file before its end", () => {
    const victim = offering();
    victim.speak();
    victim.hear(accept());
    victim.speak();
    victim.engine.handleRead(1, 0, { ok: true, chunk: filled(10, 1), sha256: SHA });
    expect(victim.speak()).toMatchObject([{ type: "data", chunk: filled(5, 1) }]);
    expect(victim.hear(result(0, "stored")).problem).toBe("a RESULT before the end of the file");
  });
});
