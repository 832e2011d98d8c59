// What an engine takes at the edges of its rules, what it says it waits for, and that it is quiet once it is over.
import { describe, expect, it } from "vitest";
import { TransferEngine } from "../../../src/transfer/engine.ts";
import type { EngineEvent } from "../../../src/transfer/engine-events.ts";
import type { Frame } from "../../../src/transfer/frames.ts";
import {
  MAX_ENTRIES,
  MAX_MESSAGE_BYTES,
  READ_AHEAD_BYTES,
  RECEIVE_WINDOW_BYTES,
} from "../../../src/transfer/limits.ts";
import { makeManifest } from "../../../src/transfer/manifest.ts";
import { TokenBucket } from "../../../src/transfer/token-bucket.ts";
import { EnginePair, entryOf } from "../../support/engine-pair.ts";
import { framesOf, messageOf, proposalFrames } from "../../support/frames.ts";

const HELLO: Frame = { type: "hello", version: 1, capabilities: 0 };
const into = new Uint8Array(MAX_MESSAGE_BYTES);

/** Lets an engine hear frames. @returns its events since */
function hear(engine: TransferEngine, ...frames: Frame[]): EngineEvent[] {
  engine.handle(messageOf(...frames));
  const events: EngineEvent[] = [];
  for (let event = engine.pollEvent(); event !== undefined; event = engine.pollEvent()) events.push(event);
  return events;
}

function spoken(engine: TransferEngine): Frame[] {
  return framesOf(into.slice(0, engine.pollTransmit(into, 0)));
}

function greeted(): TransferEngine {
  const engine = new TransferEngine("posix");
  hear(engine, HELLO);
  spoken(engine);
  return engine;
}

const proposal = (transfer: number, entries: number): Frame => ({
  type: "proposal",
  transfer,
  entries,
  files: 0,
  bytes: 0,
});

describe("an engine that is over", () => {
  it("hears nothing more, says one thing, and waits for nothing", () => {
    const engine = greeted();
    engine.propose(makeManifest([entryOf("f", 1)]));
    engine.handleText();
    engine.fail("again");
    expect(hear(engine, ...proposalFrames(1, [entryOf("f", 1)]))).toEqual([
      { type: "ended", direction: "send", transfer: 1, end: { kind: "broken" } },
      { type: "broken", by: "me", detail: "text on the transfer channel" },
    ]);
    expect(spoken(engine)).toEqual([{ type: "error", detail: "text on the transfer channel" }]);
    expect(spoken(engine)).toEqual([]);
    expect(engine.nextDeadlineMs()).toBe(Number.POSITIVE_INFINITY);
    expect(engine.propose(makeManifest([entryOf("f", 1)]))).toBeUndefined();
  });

  it("does not read the rest of the message that ended it", () => {
    const events = hear(greeted(), HELLO, ...proposalFrames(1, [entryOf("f", 1)]));
    expect(events).toEqual([{ type: "broken", by: "me", detail: "a second HELLO" }]);
  });

  it("because the peer said so does not answer", () => {
    const engine = greeted();
    expect(hear(engine, { type: "error", detail: "why" }, proposal(1, 1))).toEqual([
      { type: "broken", by: "peer", detail: "why" },
    ]);
    expect(spoken(engine)).toEqual([]);
  });
});

describe("proposals", () => {
  it("have so many entries, each and together, and no more", () => {
    const engine = greeted();
    const events = hear(
      engine,
      proposal(1, MAX_ENTRIES + 1),
      proposal(2, MAX_ENTRIES),
      proposal(3, MAX_ENTRIES),
      proposal(4, 1),
    );
    expect(events.map((event) => [event.type, "transfer" in event && event.transfer])).toEqual([
      ["refused", 1],
      ["refused", 4],
    ]);
    expect(spoken(engine)).toEqual([1, 4].map((transfer) => ({ type: "decline", transfer, reason: "limit" })));
  });

  it("are told before what they have, and not told more than they lack", () => {
    const told = [{ path: "a", why: "name" as const }];
    const leftOut = (transfer: number, count: number): Frame => ({ type: "left-out", transfer, count, told });
    expect(hear(greeted(), leftOut(1, 1))).toEqual([
      { type: "left-out-there", transfer: 1, leftOut: { count: 1, told } },
    ]);
    expect(hear(greeted(), leftOut(1, 0))).toMatchObject([{ type: "broken" }]);
    expect(hear(greeted(), proposal(1, 1), leftOut(1, 1)).at(-1)).toMatchObject({ type: "broken" });
  });

  it("that are over may be answered late, and those to come may not be answered", () => {
    const engine = greeted();
    const transfer = engine.propose(makeManifest([entryOf("f", 1)])) ?? 0;
    engine.cancel("send", transfer, "user");
    const credit = { type: "credit", written: 0, limit: 1 } as const;
    expect(hear(engine, { ...credit, transfer })).toMatchObject([{ type: "ended" }]);
    expect(hear(engine, { ...credit, transfer: transfer + 1 })).toMatchObject([{ type: "broken" }]);
  });

  it("do not end well by a DONE that comes too early", () => {
    const engine = greeted();
    engine.propose(makeManifest([entryOf("f", 1)]));
    spoken(engine);
    expect(hear(engine, { type: "done", transfer: 1 })).toMatchObject([
      { type: "ended", end: { kind: "broken" } },
      { type: "broken" },
    ]);
  });

  it("are declined while they wait for consent, and not when there are none", () => {
    const engine = greeted();
    expect([engine.decline(1, "user"), engine.accept(1, [])]).toEqual([false, false]);
    hear(engine, ...proposalFrames(1, [entryOf("f", 1)]));
    expect(engine.accept(1, [])).toBe(true);
    expect(engine.decline(1, "user")).toBe(false);
    expect(spoken(engine).map(({ type }) => type)).toEqual(["accept"]);
  });

  it("share the window as they are accepted", () => {
    const engine = greeted();
    for (const transfer of [1, 2, 3]) hear(engine, ...proposalFrames(transfer, [entryOf("f", 1)]));
    for (const transfer of [1, 2, 3]) engine.accept(transfer, []);
    expect(spoken(engine).map((frame) => frame.type === "accept" && frame.limit)).toEqual([
      RECEIVE_WINDOW_BYTES,
      RECEIVE_WINDOW_BYTES / 2,
      Math.floor(RECEIVE_WINDOW_BYTES / 3),
    ]);
  });
});

describe("a sender", () => {
  const CONTENTS = { large: new Uint8Array(20_000_000) };
  const notFull = { isChannelFull: false, queuedBytes: () => 0 };

  it("that has nothing to send waits for nothing, however full the channel is", () => {
    const { a } = new EnginePair();
    expect([a.engine.sendWait(notFull), a.engine.sendWait({ ...notFull, isChannelFull: true })]).toEqual([
      undefined,
      undefined,
    ]);
  });

  it("waits for its own files, or for the channel when that is full", () => {
    const pair = new EnginePair();
    pair.a.held.add("read");
    const other = pair.a.propose({ other: new Uint8Array(1) });
    const transfer = pair.a.propose(CONTENTS);
    pair.run();
    pair.b.engine.accept(transfer, []);
    pair.run();
    expect(pair.a.engine.sendWait(notFull)).toBe("reading");
    expect(pair.a.engine.sendWait({ ...notFull, isChannelFull: true })).toBe("channel");
    // The one that nobody has accepted yet takes no share of what is read ahead.
    expect(pair.a.of("read").every((read) => read.transfer !== other)).toBe(true);
    expect(pair.a.of("read").reduce((sum, { bytes }) => sum + bytes, 0)).toBe(READ_AHEAD_BYTES);
  });

  it("waits for the other side's disk, unless most of what is not written is still on its way", () => {
    const pair = new EnginePair();
    pair.b.held.add("write");
    expect(pair.b.engine.isDiskBehind).toBe(false);
    const idle = pair.a.propose({ f: new Uint8Array(1) });
    const transfer = pair.a.propose(CONTENTS);
    pair.run();
    pair.b.engine.accept(transfer, []);
    pair.run();
    expect(pair.a.sent.some((frame) => frame.type === "data" && frame.transfer === idle)).toBe(false);
    const waitWith = (queuedBytes: number) =>
      pair.a.engine.sendWait({ isChannelFull: false, queuedBytes: () => queuedBytes });
    expect(waitWith(0)).toBe("credit");
    expect(waitWith(RECEIVE_WINDOW_BYTES / 2 - 1)).toBe("credit");
    expect(waitWith(RECEIVE_WINDOW_BYTES / 2)).toBe("channel");
    expect(pair.a.engine.isDiskBehind).toBe(false);
    expect(pair.b.engine.isDiskBehind).toBe(true);
    pair.b.held.clear();
    pair.run();
    expect(waitWith(0)).toBeUndefined();
    expect(pair.b.engine.isDiskBehind).toBe(false);
  });

  it("that may send nothing yet waits for the other side, since nothing is on its way", () => {
    const engine = greeted();
    engine.propose(makeManifest([entryOf("f", 10)]));
    spoken(engine);
    hear(engine, { type: "accept", transfer: 1, limit: 0, deferred: new Uint8Array(), resuming: 0 });
    spoken(engine);
    engine.handleRead(1, 0, { ok: true, chunk: new Uint8Array(10), sha256: new Uint8Array(32) });
    spoken(engine);
    expect(engine.sendWait({ isChannelFull: false, queuedBytes: () => 5 })).toBe("credit");
  });

  it("waits for its rate while the bucket is empty", () => {
    const pair = new EnginePair(new TokenBucket(1_000));
    const transfer = pair.a.propose(CONTENTS);
    pair.run();
    pair.b.engine.accept(transfer, []);
    pair.run();
    expect(pair.a.engine.nextDeadlineMs()).toBeLessThan(Number.POSITIVE_INFINITY);
    expect(pair.a.engine.sendWait(notFull)).toBe("rate");
    pair.a.engine.fail("over");
    expect(pair.a.engine.nextDeadlineMs()).toBe(Number.POSITIVE_INFINITY);
  });
});
