// Resuming between two engines, and every rule of it broken.
import { describe, expect, it } from "vitest";
import { CAN_RESUME, type Frame } from "../../../src/transfer/frames.ts";
import { isPlanFor, KeptBlocks, planBlocks } from "../../../src/transfer/kept-blocks.ts";
import { MAX_BLOCKS, MAX_RESUMED_FILES, MIN_BLOCK_BYTES } from "../../../src/transfer/limits.ts";
import { EnginePair } from "../../support/engine-pair.ts";
import { messageOf } from "../../support/frames.ts";
import { seededRandom } from "../../support/seeded-random.ts";

const BLOCK = MIN_BLOCK_BYTES;

function noise(bytes: number, seed = 1): Uint8Array {
  const random = seededRandom(seed);
  return Uint8Array.from({ length: bytes }, () => random() * 256);
}

/** Proposes one file of which the receiver has a part, accepted. */
function resumed(content: Uint8Array, part: Uint8Array): EnginePair {
  const pair = new EnginePair();
  pair.a.propose({ other: noise(10), f: content });
  pair.run();
  pair.b.parts.set("1/1", part);
  pair.b.engine.accept(1, [], [{ index: 1, bytes: Math.min(part.length, content.length) }]);
  return pair;
}

function sentData(pair: EnginePair): [offset: number, bytes: number][] {
  const data = pair.a.sent.filter((frame) => frame.type === "data" && frame.index === 1);
  return data.map((frame) => (frame.type === "data" ? [frame.offset, frame.chunk.length] : [0, 0]));
}

/** Whether the receiver's part is the file. Compared as bytes: the runner's own comparison takes seconds. */
function hasWhole(pair: EnginePair, content: Uint8Array): boolean {
  return Buffer.from(content).equals(pair.b.parts.get("1/1") ?? Buffer.alloc(0));
}

function bytesOf(data: [number, number][]): number {
  return data.reduce((sum, [, bytes]) => sum + bytes, 0);
}

describe("a file of which there is a part", () => {
  const content = noise(4 * BLOCK + 1_000);

  it("goes on behind it, and nothing moves before that is known", () => {
    const pair = resumed(content, content.slice(0, 2 * BLOCK + 77));
    pair.run();
    expect(sentData(pair)[0]?.[0]).toBe(2 * BLOCK + 77);
    expect(bytesOf(sentData(pair))).toBe(2 * BLOCK + 1_000 - 77);
    expect(pair.b.stored).toEqual(["1/1", "1/0"]);
    expect(hasWhole(pair, content)).toBe(true);
    for (const side of [pair.a, pair.b]) {
      expect(side.of("begun")).toMatchObject([{ resumedBytes: 2 * BLOCK + 77 }]);
      expect(side.of("ended")).toMatchObject([{ end: { kind: "done" } }]);
    }
    const types = pair.a.sent.map(({ type }) => type);
    expect(types.indexOf("blocks")).toBeLessThan(types.indexOf("data"));
  });

  it("and that is all of it: only the hash comes", () => {
    const pair = resumed(content, content.slice());
    pair.run();
    expect(sentData(pair)).toEqual([]);
    expect(pair.b.stored).toEqual(["1/1", "1/0"]);
    expect(pair.a.of("file-sent")).toHaveLength(2);
  });

  it("with wrong blocks has these and no others sent", () => {
    const part = content.slice(0, 3 * BLOCK + 500);
    part[0] = (part[0] ?? 0) + 1;
    part[2 * BLOCK + 5] = (part[2 * BLOCK + 5] ?? 0) + 1;
    const pair = resumed(content, part);
    pair.run();
    expect(bytesOf(sentData(pair))).toBe(2 * BLOCK + (BLOCK + 1_000 - 500));
    expect(hasWhole(pair, content)).toBe(true);
    expect(pair.b.stored).toEqual(["1/1", "1/0"]);
  });

  it("of nothing but wrong bytes comes whole", () => {
    const pair = resumed(content, noise(BLOCK, 9));
    pair.run();
    expect(bytesOf(sentData(pair))).toBe(content.length);
    expect(pair.a.of("begun")).toMatchObject([{ resumedBytes: 0 }]);
    expect(pair.b.stored).toEqual(["1/1", "1/0"]);
  });

  it("that the sender cannot read any more is told, and the rest comes", () => {
    const pair = resumed(content, content.slice(0, BLOCK));
    pair.a.held.add("hash-blocks");
    pair.run();
    expect(pair.a.of("begun")).toEqual([]);
    expect(sentData(pair)).toEqual([]);
    pair.a.engine.handleBlocks(1, 1, { ok: false, reason: "source-changed" });
    pair.run();
    expect(pair.b.of("entry-failed")).toMatchObject([{ index: 1, reason: "source-changed" }]);
    expect(pair.b.of("drop")).toMatchObject([{ index: 1 }]);
    expect(pair.b.stored).toEqual(["1/0"]);
    expect(pair.b.of("begun")).toMatchObject([{ resumedBytes: 0 }]);
    expect(pair.a.of("ended")).toMatchObject([{ end: { kind: "done" } }]);
  });

  it("counts for the progress of both sides, once", () => {
    const pair = resumed(content, content.slice(0, 2 * BLOCK));
    pair.a.held.add("read");
    pair.run();
    expect(pair.a.engine.progressBytes("send", 1)).toBe(2 * BLOCK);
    expect(pair.b.engine.progressBytes("receive", 1)).toBe(2 * BLOCK);
    pair.a.held.clear();
    pair.b.held.add("finish");
    pair.run();
    expect(pair.a.engine.progressBytes("send", 1)).toBe(content.length + 10);
    expect(pair.b.engine.progressBytes("receive", 1)).toBe(content.length + 10);
  });
});

describe("a peer that breaks the rules of resuming", () => {
  const content = noise(3 * BLOCK);

  /** The problem that the receiver finds in these frames of the sender. */
  function problemOfReceiver(...frames: Frame[]): string {
    const pair = resumed(content, content.slice(0, 2 * BLOCK));
    pair.a.held.add("hash-blocks");
    pair.run();
    pair.b.engine.handle(messageOf(...frames));
    pair.b.answer();
    return pair.b.of("broken")[0]?.detail ?? "";
  }

  const hashes = (first: number, count: number, index = 1): Frame => {
    return { type: "blocks", transfer: 1, index, first, hashes: new Uint8Array(32 * count) };
  };

  it.each<[string, Frame[], string]>([
    ["hashes for a file that is not resumed", [hashes(0, 1, 0)], "hashes of blocks that nobody asked for"],
    ["hashes out of order", [hashes(1, 1)], "hashes of blocks out of order"],
    ["hashes twice", [hashes(0, 1), hashes(0, 1)], "hashes of blocks out of order"],
    ["too many hashes", [hashes(0, 3)], "hashes of too many blocks"],
    ["hashes behind the last", [hashes(0, 2), hashes(2, 1)], "hashes of blocks that nobody asked for"],
    [
      "data before it was compared",
      [{ type: "data", transfer: 1, index: 1, offset: 0, chunk: new Uint8Array(1) }],
      "a file that is not due",
    ],
    [
      "an end before it was compared",
      [{ type: "file-end", transfer: 1, index: 1, sha256: new Uint8Array(32) }],
      "a file that is not due",
    ],
  ])("sends %s", (_, frames, problem) => {
    expect(problemOfReceiver(...frames)).toBe(problem);
  });

  it.each<[string, number, number, string]>([
    ["what is there already", 0, 10, "data at a wrong offset"],
    ["beyond what differs", BLOCK, BLOCK + 1, "data that is here already"],
    ["behind the gap", BLOCK + 1, 1, "data at a wrong offset"],
  ])("sends data of %s", (_, offset, bytes, problem) => {
    const part = content.slice();
    part[BLOCK] = (part[BLOCK] ?? 0) + 1;
    const pair = resumed(content, part);
    pair.a.held.add("read");
    pair.run();
    expect(pair.b.of("begun")).toHaveLength(1);
    pair.b.engine.handle(messageOf({ type: "data", transfer: 1, index: 1, offset, chunk: new Uint8Array(bytes) }));
    pair.b.answer();
    expect(pair.b.of("broken")).toMatchObject([{ detail: problem }]);
  });

  /** The problem that the sender finds in these frames of the receiver. */
  function problemOfSender(resuming: number, ...frames: Frame[]): string {
    const pair = new EnginePair();
    pair.a.propose({ other: noise(10), f: content });
    pair.run();
    const deferred = Uint8Array.of(0b11);
    pair.a.engine.handle(messageOf({ type: "accept", transfer: 1, limit: 1_000, deferred, resuming }, ...frames));
    pair.a.answer();
    return pair.a.of("broken")[0]?.detail ?? "";
  }

  const decide = (bytes: number, blockBytes = BLOCK, index = 1): Frame => {
    return { type: "decide", transfer: 1, index, decision: { kind: "resume", bytes, blockBytes } };
  };

  it.each<[string, number, Frame[], string]>([
    ["too many files", MAX_RESUMED_FILES + 1, [], "an ACCEPT that resumes too many files"],
    ["what was not announced", 0, [decide(1)], "a DECIDE to resume that the ACCEPT did not announce"],
    ["nothing of a file", 1, [decide(0)], "a DECIDE for wrong blocks"],
    ["more than there is", 1, [decide(content.length + 1)], "a DECIDE for wrong blocks"],
    ["in tiny blocks", 1, [decide(10, 1)], "a DECIDE for wrong blocks"],
    ["in no blocks", 1, [decide(10, 0)], "a DECIDE for wrong blocks"],
    ["in odd blocks", 1, [decide(10, BLOCK + 1)], "a DECIDE for wrong blocks"],
    [
      "and keeps before it has hashes",
      1,
      [decide(10), { type: "keep", transfer: 1, index: 1, kept: Uint8Array.of(1) }],
      "a KEEP for a file that is not being resumed",
    ],
    ["and is done", 1, [decide(10), { type: "done", transfer: 1 }], "a DONE before every file was answered"],
  ])("resumes %s", (_, resuming, frames, problem) => {
    expect(problemOfSender(resuming, ...frames)).toBe(problem);
  });

  it("announces what it never decides, and waits for itself", () => {
    const pair = new EnginePair();
    pair.a.propose({ f: content });
    pair.run();
    pair.a.engine.handle(
      messageOf({ type: "accept", transfer: 1, limit: 1_000, deferred: new Uint8Array(), resuming: 1 }),
    );
    pair.run();
    expect(pair.a.of("read")).toEqual([]);
    expect(pair.a.of("broken")).toEqual([]);
  });
});

describe("capabilities", () => {
  it("tell whether the peer can resume", () => {
    const pair = new EnginePair();
    pair.b.engine.handle(messageOf({ type: "hello", version: 1, capabilities: 0 }));
    expect(pair.b.engine.canPeerResume).toBe(false);
    pair.a.engine.handle(messageOf({ type: "hello", version: 1, capabilities: 6 + CAN_RESUME }));
    expect(pair.a.engine.canPeerResume).toBe(true);
  });
});

describe("KeptBlocks", () => {
  it("has blocks that grow so that there are never too many", () => {
    for (const bytes of [1, BLOCK, BLOCK * MAX_BLOCKS, BLOCK * MAX_BLOCKS + 1, 2 ** 50, Number.MAX_SAFE_INTEGER]) {
      const plan = planBlocks(bytes);
      expect(Math.ceil(bytes / plan.blockBytes)).toBeLessThanOrEqual(MAX_BLOCKS);
      expect(isPlanFor(plan, bytes)).toBe(true);
      expect(isPlanFor(plan, bytes - 1)).toBe(false);
    }
  });

  it("has a plan that is the one for its bytes, and for no more than the file has", () => {
    expect(planBlocks(BLOCK * MAX_BLOCKS)).toEqual({ bytes: BLOCK * MAX_BLOCKS, blockBytes: BLOCK });
    expect(planBlocks(BLOCK * MAX_BLOCKS + 1).blockBytes).toBe(2 * BLOCK);
    expect(isPlanFor({ bytes: 5, blockBytes: BLOCK }, 5)).toBe(true);
    for (const plan of [
      { bytes: 0, blockBytes: BLOCK },
      { bytes: 6, blockBytes: BLOCK },
      { bytes: 5, blockBytes: 2 * BLOCK },
      { bytes: 5, blockBytes: 0 },
    ]) {
      expect(isPlanFor(plan, 5)).toBe(false);
    }
  });

  it("knows of each block beyond the eighth too, and where the file ends", () => {
    const size = 20 * BLOCK;
    const kept = new KeptBlocks(planBlocks(10 * BLOCK), Uint8Array.of(0, 0b10), size);
    expect([kept.keptBytes, kept.wantedEnd(0), kept.nextWanted(9 * BLOCK)]).toEqual([BLOCK, 9 * BLOCK, 10 * BLOCK]);
    expect([kept.nextWanted(9 * BLOCK + 1), kept.wantedEnd(8 * BLOCK + 1)]).toEqual([10 * BLOCK, 9 * BLOCK]);
    expect([kept.nextWanted(12 * BLOCK), kept.wantedEnd(12 * BLOCK), kept.nextWanted(size + 1)]).toEqual([
      12 * BLOCK,
      size,
      size,
    ]);
  });

  it("walks over what is kept", () => {
    const size = 4 * BLOCK + 10;
    const kept = new KeptBlocks(planBlocks(3 * BLOCK + 5), Uint8Array.of(0b1101), size);
    expect(kept.keptBytes).toBe(2 * BLOCK + 5);
    expect(kept.nextWanted(0)).toBe(BLOCK);
    expect(kept.nextWanted(BLOCK + 7)).toBe(BLOCK + 7);
    expect(kept.wantedEnd(BLOCK + 7)).toBe(2 * BLOCK);
    expect(kept.nextWanted(2 * BLOCK)).toBe(3 * BLOCK + 5);
    expect(kept.wantedEnd(3 * BLOCK + 5)).toBe(size);
    expect(kept.nextWanted(size)).toBe(size);
    // Bits that are missing, or behind the last block, count for nothing.
    expect(new KeptBlocks(planBlocks(10), new Uint8Array(), 20).keptBytes).toBe(0);
    expect(new KeptBlocks(planBlocks(10), Uint8Array.of(0xff, 0xff), 20).nextWanted(0)).toBe(10);
  });
});
