// One engine against frames made by hand: every rule of the protocol, broken.
import { describe, expect, it } from "vitest";
import { TransferEngine } from "../../../src/transfer/engine.ts";
import type { EngineEvent } from "../../../src/transfer/engine-events.ts";
import { CAN_RESUME, type Frame } from "../../../src/transfer/frames.ts";
import {
  MAX_ENTRIES,
  MAX_MANIFEST_BYTES,
  MAX_MESSAGE_BYTES,
  MAX_OPEN_ENTRIES,
  MAX_OPEN_FOLDERS,
  MAX_OPEN_PROPOSALS,
  RECEIVE_WINDOW_BYTES,
} from "../../../src/transfer/limits.ts";
import { entryOf, folderOf } from "../../support/engine-pair.ts";
import { framesOf, messageOf } from "../../support/frames.ts";

function filled(bytes: number, value: number): Uint8Array {
  return new Uint8Array(bytes).fill(value);
}

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
    for (let event = this.engine.pollEvent(); event !== undefined; event = this.engine.pollEvent())
      this.events.push(event);
    return this;
  }

  /** Sends all there is. */
  speak(): Frame[] {
    const frames: Frame[] = [];
    for (
      let bytes = this.engine.pollTransmit(this.#message, 0);
      bytes > 0;
      bytes = this.engine.pollTransmit(this.#message, 0)
    ) {
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

const HELLO: Frame = { type: "hello", version: 1, capabilities: CAN_RESUME };
const SHA = new Uint8Array(32);

function proposalOf(transfer: number, files: [string, number][]): Frame[] {
  const entries = files.map(([path, bytes]) => entryOf(path, bytes));
  const bytes = files.reduce((sum, [, each]) => sum + each, 0);
  return [
    { type: "proposal", transfer, entries: files.length, files: files.length, bytes },
    { type: "entries", transfer, first: 0, entries },
  ];
}

function data(index: number, offset: number, bytes: number): Frame {
  return { type: "data", transfer: 1, index, offset, chunk: new Uint8Array(bytes) };
}

describe("a peer that breaks the protocol before consent", () => {
  it.each<[string, Frame[], string]>([
    ["says no HELLO", [proposalOf(1, [["f", 1]])[0] as Frame], "no HELLO"],
    ["says HELLO twice", [HELLO, HELLO], "a second HELLO"],
    ["speaks version 0", [{ ...HELLO, version: 0 } as Frame], "version 0"],
    ["sends without a proposal", [HELLO, data(0, 0, 1)], "a transfer that was not proposed"],
    ["sends without consent", [HELLO, ...proposalOf(1, [["f", 1]]), data(0, 0, 1)], "files without consent"],
    [
      "ends a file without consent",
      [HELLO, ...proposalOf(1, [["f", 0]]), { type: "file-end", transfer: 1, index: 0, sha256: SHA }],
      "files without consent",
    ],
    [
      "uses a number twice",
      [HELLO, ...proposalOf(1, [["f", 1]]), ...proposalOf(1, [["g", 1]])],
      "a proposal with an old number",
    ],
    [
      "proposes nothing",
      [HELLO, { type: "proposal", transfer: 1, entries: 0, files: 0, bytes: 0 }],
      "a proposal of nothing",
    ],
    [
      "counts more files than entries",
      [HELLO, { type: "proposal", transfer: 1, entries: 1, files: 2, bytes: 0 }],
      "a proposal of nothing",
    ],
    [
      "lies about the sum",
      [
        HELLO,
        { type: "proposal", transfer: 1, entries: 1, files: 1, bytes: 7 },
        { type: "entries", transfer: 1, first: 0, entries: [entryOf("f", 8)] },
      ],
      "files and bytes of the proposal do not add up",
    ],
    [
      "lists more than it proposed",
      [
        HELLO,
        { type: "proposal", transfer: 1, entries: 1, files: 1, bytes: 2 },
        { type: "entries", transfer: 1, first: 0, entries: [entryOf("f", 1), entryOf("g", 1)] },
      ],
      "more entries than were proposed",
    ],
    [
      "lists out of order",
      [
        HELLO,
        { type: "proposal", transfer: 1, entries: 2, files: 2, bytes: 2 },
        { type: "entries", transfer: 1, first: 1, entries: [entryOf("f", 1)] },
      ],
      "entries out of order",
    ],
    ["answers what was not proposed", [HELLO, { type: "done", transfer: 1 }], "an answer to what was not proposed"],
  ])("%s", (_, frames, problem) => {
    const victim = new Victim().hear(...frames);
    expect(victim.problem).toBe(problem);
    expect(victim.speak()).toEqual([{ type: "error", detail: problem }]);
    // Nothing is heard or said afterwards.
    expect(victim.hear(HELLO).speak()).toEqual([]);
    expect(victim.engine.propose({ entries: [], files: 0, bytes: 0 })).toBeUndefined();
  });

  it.each([
    ["../up", "path '../up' (dot-segment)"],
    ["/abs", "path '/abs' (absolute)"],
    ["a\0b", "path 'a\0b' (nul)"],
    ["", "path '' (empty)"],
  ])("with the path %j has that proposal declined, unseen", (path, detail) => {
    const victim = new Victim().hear(
      HELLO,
      ...proposalOf(1, [
        ["good", 1],
        [path, 1],
      ]),
    );
    expect(victim.events).toEqual([{ type: "refused", transfer: 1, reason: "unsafe-path", detail }]);
    expect(victim.speak()).toMatchObject([{ type: "hello" }, { type: "decline", transfer: 1, reason: "unsafe-path" }]);
    victim.hear(...proposalOf(2, [["good", 1]]));
    expect(victim.events.at(-1)).toMatchObject({ type: "incoming", transfer: 2 });
  });

  it("with one path twice has that proposal declined", () => {
    const victim = new Victim().hear(
      HELLO,
      ...proposalOf(1, [
        ["f", 1],
        ["f", 1],
      ]),
    );
    expect(victim.events).toMatchObject([{ type: "refused", reason: "unsafe-path", detail: "path 'f' twice" }]);
  });

  it("with more entries or proposals than are taken has them declined", () => {
    const victim = new Victim().hear(HELLO, {
      type: "proposal",
      transfer: 1,
      entries: MAX_ENTRIES + 1,
      files: 1,
      bytes: 1,
    });
    const tooLarge = { type: "refused", transfer: 1, reason: "limit", excess: { of: "entries", limit: MAX_ENTRIES } };
    expect(victim.events).toEqual([tooLarge]);
    for (let transfer = 2; transfer < MAX_OPEN_PROPOSALS + 2; transfer += 1)
      victim.hear(...proposalOf(transfer, [["f", 1]]));
    expect(victim.events.filter(({ type }) => type === "incoming")).toHaveLength(MAX_OPEN_PROPOSALS);
    victim.hear(...proposalOf(MAX_OPEN_PROPOSALS + 2, [["f", 1]]));
    expect(victim.events.at(-1)).toMatchObject({ excess: { of: "proposals", limit: MAX_OPEN_PROPOSALS } });
  });

  it("with more entries in all its open proposals than are taken has the last one declined", () => {
    const victim = new Victim().hear(HELLO);
    const open = { type: "proposal", entries: MAX_ENTRIES, files: 1, bytes: 1 } as const;
    for (const transfer of [1, 2]) victim.hear({ ...open, transfer });
    expect(victim.events).toEqual([]);
    victim.hear({ ...open, transfer: 3, entries: 1 });
    expect(victim.events).toMatchObject([{ transfer: 3, excess: { of: "open-entries", limit: MAX_OPEN_ENTRIES } }]);
  });

  /** A file below this many folders of its own. */
  function deepProposal(transfer: number, count: number, depth: number): Frame[] {
    return proposalOf(
      transfer,
      Array.from({ length: count }, (_, at): [string, number] => [`${transfer}-${at}${"/d".repeat(depth)}/f`, 0]),
    );
  }

  it("with more folders in all its open proposals than are taken has the last one declined", () => {
    const victim = new Victim().hear(HELLO);
    const foldersOfProposal = 100 * 251;
    const taken = Math.floor(MAX_OPEN_FOLDERS / foldersOfProposal);
    for (let transfer = 1; transfer <= taken; transfer += 1) victim.hear(...deepProposal(transfer, 100, 250));
    expect(victim.events.filter(({ type }) => type === "incoming")).toHaveLength(taken);
    victim.hear(...deepProposal(taken + 1, 100, 250));
    expect(victim.speak()).toContainEqual({ type: "decline", transfer: taken + 1, reason: "limit" });
    // Those that are over make room.
    victim.hear({ type: "sender-cancel", transfer: 1, reason: "user" });
    victim.hear(...deepProposal(taken + 2, 100, 250));
    expect(victim.events.at(-1)).toMatchObject({ type: "incoming", transfer: taken + 2 });
  });

  it.each<[string, number, (at: number) => string]>([
    ["names", Math.floor(MAX_MANIFEST_BYTES / 4_000) + 1, (at) => String(at).padEnd(4_000, "n")],
    ["folders", Math.floor(MAX_OPEN_FOLDERS / 251) + 1, (at) => `${at}${"/d".repeat(250)}/f`],
  ])(
    "whose last frame brings more %s than are taken is declined, and nobody hears of the proposal",
    (of, count, path) => {
      const victim = new Victim().hear(HELLO, {
        type: "proposal",
        transfer: 1,
        entries: count,
        files: count,
        bytes: 0,
      });
      for (let first = 0; first < count; first += 10) {
        const entries = Array.from({ length: Math.min(10, count - first) }, (__, at) => entryOf(path(first + at), 0));
        victim.hear({ type: "entries", transfer: 1, first, entries });
      }
      expect(victim.speak()).toContainEqual({ type: "decline", transfer: 1, reason: "limit" });
      expect(victim.events).toMatchObject([{ type: "refused", excess: { of } }]);
    },
  );

  it("with endless proposals that it lets us answer but does not read is cut off", () => {
    const victim = new Victim().hear(HELLO);
    const perMessage = 2_000;
    for (let first = 1; first < 300_000 && victim.problem === undefined; first += perMessage) {
      const proposal = (at: number): Frame => ({
        type: "proposal",
        transfer: first + at,
        entries: MAX_ENTRIES + 1,
        files: 1,
        bytes: 1,
      });
      victim.hear(...Array.from({ length: perMessage }, (_, at) => proposal(at)));
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
  function accepted(deferred: number[] = []): Victim {
    const victim = new Victim().hear(
      HELLO,
      ...proposalOf(1, [
        ["f", 10],
        ["g", 10],
        ["big", 50_000_000],
      ]),
    );
    victim.engine.accept(1, deferred);
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
    [
      "lists entries again",
      [{ type: "entries", transfer: 1, first: 3, entries: [folderOf("d")] }],
      "entries behind the end of a proposal",
    ],
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

  it("sends a file that is deferred", () => {
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
  function proposing(): Victim {
    const victim = new Victim().hear(HELLO);
    victim.engine.propose({ entries: [entryOf("f", 10), folderOf("d"), entryOf("g", 10)], files: 2, bytes: 20 });
    return victim;
  }

  const accept = (bits = 0): Frame => ({
    type: "accept",
    transfer: 1,
    limit: 5,
    deferred: Uint8Array.of(bits),
    resuming: 0,
  });
  const result = (index: number, status: "stored" | "skipped" | "failed"): Frame => {
    return { type: "result", transfer: 1, index, status, reason: "other" };
  };

  it("accepts before the proposal is whole", () => {
    expect(proposing().hear(accept()).problem).toBe("an ACCEPT for what was not proposed or was accepted before");
  });

  it.each<[string, Frame[], string]>([
    ["accepts twice", [accept()], "an ACCEPT for what was not proposed or was accepted before"],
    ["declines what it accepted", [{ type: "decline", transfer: 1, reason: "user" }], "a DECLINE after an ACCEPT"],
    ["is done too early", [{ type: "done", transfer: 1 }], "a DONE before every file was answered"],
    ["answers a file that was not sent", [result(0, "stored")], "a RESULT for a file that was not sent"],
    ["answers an index that is not there", [result(9, "stored")], "a RESULT for a file that was not sent"],
    ["says a folder is stored", [result(1, "stored")], "a wrong RESULT for a directory"],
    [
      "decides what it did not hold back",
      [{ type: "decide", transfer: 1, index: 0, decision: { kind: "send" } }],
      "a DECIDE for an entry that was not deferred",
    ],
    [
      "takes credit back",
      [{ type: "credit", transfer: 1, written: 0, limit: 4 }],
      "a CREDIT that takes back an earlier one",
    ],
    [
      "has written what was not sent",
      [{ type: "credit", transfer: 1, written: 1, limit: 9 }],
      "a CREDIT for more than was sent",
    ],
  ])("%s", (_, frames, problem) => {
    const victim = proposing();
    victim.speak();
    expect(victim.hear(accept()).problem).toBeUndefined();
    expect(victim.hear(...frames).problem).toBe(problem);
  });

  it("holds back a folder", () => {
    const victim = proposing();
    victim.speak();
    expect(victim.hear(accept(0b010)).problem).toBe("an ACCEPT that defers a directory");
  });

  it("decides all files of a large transfer at once: each goes out as quickly as of a small one", () => {
    // Minutes, and so the end of this test, where taking one out of the queue moves all that are left.
    const count = 100_000;
    const victim = new Victim().hear(HELLO);
    const entries = Array.from({ length: count }, (_, at) => entryOf(`${at}`, 0));
    victim.engine.propose({ entries, files: count, bytes: 0 });
    victim.speak();
    victim.hear({ type: "accept", transfer: 1, limit: 0, deferred: filled(count / 8, 0xff), resuming: 0 });
    for (let first = 0; first < count; first += 1_000) {
      const decide = (_: unknown, at: number): Frame => {
        return { type: "decide", transfer: 1, index: first + at, decision: { kind: "send" } };
      };
      victim.hear(...Array.from({ length: 1_000 }, decide));
    }
    let ended = 0;
    while (ended < count) {
      const ends = victim.speak().filter((frame) => frame.type === "file-end");
      ended += ends.length;
      victim.hear(
        ...ends.map(({ index }): Frame => ({ type: "result", transfer: 1, index, status: "stored", reason: "other" })),
      );
      for (const event of victim.events.splice(0)) {
        if (event.type !== "read") continue;
        victim.engine.handleRead(1, event.index, { ok: true, chunk: new Uint8Array(), sha256: SHA });
      }
    }
    expect(victim.problem).toBeUndefined();
  });

  it("answers a file before its end", () => {
    const victim = proposing();
    victim.speak();
    victim.hear(accept());
    victim.speak();
    victim.engine.handleRead(1, 0, { ok: true, chunk: filled(10, 1), sha256: SHA });
    expect(victim.speak()).toMatchObject([{ type: "data", chunk: filled(5, 1) }]);
    expect(victim.hear(result(0, "stored")).problem).toBe("a RESULT before the end of the file");
  });
});
