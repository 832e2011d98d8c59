// A peer that says one thing again and again, and reads nothing: what the engine keeps for it is bounded, counted in
// bytes of answers, of paths and of requests that nobody has answered yet.
import { describe, expect, it } from "vitest";
import { TransferEngine } from "../../../src/transfer/engine.ts";
import type { EngineEvent } from "../../../src/transfer/engine-events.ts";
import { type Entry, type Frame, frameBytes } from "../../../src/transfer/frames.ts";
import {
  MAX_CONTROL_BYTES,
  MAX_MESSAGE_BYTES,
  MAX_OPEN_PROPOSALS,
  MAX_PARALLEL_SMALL_HASHES,
  MAX_UNANSWERED_FILES,
  READ_AHEAD_BYTES,
  RECEIVE_WINDOW_BYTES,
} from "../../../src/transfer/limits.ts";
import { entryOf, folderOf, symlinkOf } from "../../support/engine-pair.ts";
import { framesOf, messageOf, proposalFrames } from "../../support/frames.ts";

const SHA = new Uint8Array(32);
const MESSAGES = 3_000;
const FILES = 2_000;

/** What the shell around an engine has been asked and has not answered. */
class Victim {
  readonly engine = new TransferEngine("posix");
  readonly #message = new Uint8Array(MAX_MESSAGE_BYTES);
  isBroken = false;
  asked = { writes: 0, stores: 0, examines: 0, reads: 0, hashes: 0, compares: 0 };
  /** Proposals that were told of and stand. */
  openProposals = 0;

  constructor() {
    this.hear({ type: "hello", version: 1, capabilities: 3 });
  }

  hear(...frames: Frame[]): void {
    this.engine.handle(messageOf(...frames));
    for (let event = this.engine.pollEvent(); event !== undefined; event = this.engine.pollEvent()) this.#take(event);
  }

  #take(event: EngineEvent): void {
    if (event.type === "broken") this.isBroken = true;
    if (event.type === "incoming") this.openProposals += 1;
    if (event.type === "ended" && event.direction === "receive") this.openProposals -= 1;
    if (event.type === "write") this.asked.writes += event.chunk.length;
    if (event.type === "store") this.asked.stores += 1;
    if (event.type === "examine") this.asked.examines += 1;
    if (event.type === "read") this.asked.reads += event.bytes;
    if (event.type === "hash" || event.type === "hash-blocks") this.asked.hashes += 1;
    if (event.type === "compare") this.asked.compares += 1;
  }

  /** All that waits for the channel, as it would leave. */
  drain(): Frame[] {
    const frames: Frame[] = [];
    for (let bytes = -1; bytes !== 0; ) {
      bytes = this.engine.pollTransmit(this.#message, 0);
      frames.push(...framesOf(this.#message.slice(0, bytes)));
      for (let event = this.engine.pollEvent(); event !== undefined; event = this.engine.pollEvent()) this.#take(event);
    }
    return frames;
  }
}

/** One that receives files of the peer, some deferred, and one of its own that the peer has accepted. */
function busy(): Victim {
  const victim = new Victim();
  const entries: Entry[] = Array.from({ length: FILES }, (_, at) => entryOf(`${at}`, at % 2 === 0 ? 0 : 2 ** 30));
  victim.hear(...proposalFrames(1, [...entries, folderOf("d"), symlinkOf("d/l", ".")]));
  victim.engine.accept(1, [1, 3, 5, 7], [{ index: 9, bytes: 2 ** 20 }]);
  victim.engine.propose({ entries: entries.slice(), files: FILES, bytes: (FILES / 2) * 2 ** 30 });
  victim.drain();
  const deferred = new Uint8Array(Math.ceil(FILES / 8)).fill(0xff);
  victim.hear({ type: "accept", transfer: 1, limit: Number.MAX_SAFE_INTEGER, deferred, resuming: 0 });
  return victim;
}

const KINDS: [string, (at: number) => Frame[]][] = [
  ["hello", () => [{ type: "hello", version: 1, capabilities: 3 }]],
  ["error", () => [{ type: "error", detail: "x".repeat(500) }]],
  ["proposals that are refused", (at) => proposalFrames(at + 2, [entryOf("../x", 1)])],
  ["proposals of too much", (at) => [{ type: "proposal", transfer: at + 2, entries: 2 ** 32 - 1, files: 1, bytes: 0 }]],
  [
    "proposals that are not gone on with",
    (at) => [{ type: "proposal", transfer: at + 2, entries: 250_000, files: 1, bytes: 0 }],
  ],
  ["proposals that are whole", (at) => proposalFrames(at + 2, [entryOf("n".repeat(4_000), 0)])],
  [
    "proposals that are taken back",
    (at) => [...proposalFrames(at + 2, [entryOf("f", 0)]), { type: "sender-cancel", transfer: at + 2, reason: "user" }],
  ],
  ["entries of nothing", () => [{ type: "entries", transfer: 1, first: 0, entries: [] }]],
  ["data", (at) => [{ type: "data", transfer: 1, index: 11, offset: at * 60_000, chunk: new Uint8Array(60_000) }]],
  ["data of one byte", (at) => [{ type: "data", transfer: 1, index: 11, offset: at, chunk: new Uint8Array(1) }]],
  ["ends of files", (at) => [{ type: "file-end", transfer: 1, index: at * 2, sha256: SHA }]],
  ["failures of files", (at) => [{ type: "file-failed", transfer: 1, index: at * 2, reason: "unreadable" }]],
  ["blocks", (at) => [{ type: "blocks", transfer: 1, index: 9, first: at, hashes: SHA }]],
  ["decisions to send", (at) => [{ type: "decide", transfer: 1, index: at, decision: { kind: "send" } }]],
  ["decisions to skip", (at) => [{ type: "decide", transfer: 1, index: at, decision: { kind: "skip" } }]],
  ["decisions by hash", (at) => [{ type: "decide", transfer: 1, index: at, decision: { kind: "have", sha256: SHA } }]],
  [
    "decisions to resume",
    (at) => [
      {
        type: "decide",
        transfer: 1,
        index: 2 * at + 1,
        decision: { kind: "resume", bytes: 2 ** 20, blockBytes: 2 ** 18 },
      },
    ],
  ],
  ["credit", (at) => [{ type: "credit", transfer: 1, written: 0, limit: Number.MAX_SAFE_INTEGER - (at % 2) }]],
  ["results", (at) => [{ type: "result", transfer: 1, index: at, status: "failed", reason: "other" }]],
  ["keeps", () => [{ type: "keep", transfer: 1, index: 9, kept: new Uint8Array(2_048) }]],
  ["done", () => [{ type: "done", transfer: 1 }]],
  ["accepts", () => [{ type: "accept", transfer: 1, limit: 1, deferred: new Uint8Array(30_000), resuming: 64 }]],
  ["declines", () => [{ type: "decline", transfer: 1, reason: "user" }]],
  ["receiver-cancel", () => [{ type: "receiver-cancel", transfer: 1, reason: "user" }]],
];

describe("a peer that reads nothing and repeats", () => {
  it.each(KINDS)("%s", (_, framesAt) => {
    const victim = busy();
    const before = { ...victim.asked };
    for (let at = 0; at < MESSAGES && !victim.isBroken; at += 1) victim.hear(...framesAt(at));
    // The shell answers nothing: what it was asked is all that there is in memory.
    expect(victim.asked.writes).toBeLessThanOrEqual(RECEIVE_WINDOW_BYTES);
    expect(victim.asked.stores).toBeLessThanOrEqual(MAX_UNANSWERED_FILES);
    expect(victim.asked.examines).toBeLessThanOrEqual(MAX_PARALLEL_SMALL_HASHES);
    expect(victim.asked.hashes - before.hashes).toBeLessThanOrEqual(MAX_PARALLEL_SMALL_HASHES);
    expect(victim.asked.compares).toBeLessThanOrEqual(1);
    const waiting = victim.drain().filter(({ type }) => type !== "entries" && type !== "proposal");
    const bytes = waiting.reduce((sum, frame) => sum + frameBytes(frame), 0);
    expect(bytes).toBeLessThanOrEqual(MAX_CONTROL_BYTES + MAX_MESSAGE_BYTES);
    expect(victim.asked.reads).toBeLessThanOrEqual(READ_AHEAD_BYTES);
    expect(victim.openProposals).toBeLessThanOrEqual(MAX_OPEN_PROPOSALS);
  });
});
