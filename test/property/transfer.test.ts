// Properties of the transfer protocol: the codec, the names, and the engine under commands in any order.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeFacts, encodeFacts } from "../../src/store/transfer/part-journal.ts";
import { TransferEngine } from "../../src/transfer/engine.ts";
import type { EngineEvent } from "../../src/transfer/engine-events.ts";
import { decodeMessage, type Frame } from "../../src/transfer/frames.ts";
import {
  MAX_CONTROL_BYTES,
  MAX_MESSAGE_BYTES,
  MAX_UNANSWERED_FILES,
  RECEIVE_WINDOW_BYTES,
} from "../../src/transfer/limits.ts";
import { blockCount, KeptBlocks, planBlocks } from "../../src/transfer/kept-blocks.ts";
import { makeManifest, type Manifest } from "../../src/transfer/manifest.ts";
import { numberedName, safeRelativePath, utf8Bytes } from "../../src/transfer/names.ts";
import type { ResumableFile } from "../../src/transfer/resume-requests.ts";
import { anyFrame, plausibleFrame } from "../support/frame-arbitraries.ts";
import { framesOf, messageOf } from "../support/frames.ts";
import { scaled } from "../support/scale.ts";

const runs = { numRuns: scaled(300, 20_000) };

describe("frames", () => {
  it("decode to what was encoded", () => {
    fc.assert(
      fc.property(fc.array(anyFrame, { maxLength: 6 }), (frames) => {
        expect(framesOf(messageOf(...frames))).toEqual(frames);
      }),
      runs,
    );
  });

  it("of any bytes decode or are reported", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const decoded = decodeMessage(bytes);
        expect(decoded.ok || decoded.problem.length > 0).toBe(true);
      }),
      runs,
    );
  });

  it("cut anywhere decode to fewer or are reported", () => {
    fc.assert(
      fc.property(
        fc.array(anyFrame, { minLength: 1, maxLength: 4 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (frames, part) => {
          const message = messageOf(...frames);
          const decoded = decodeMessage(message.subarray(0, Math.floor((message.length - 1) * part)));
          expect(decoded.ok ? decoded.frames.length : 0).toBeLessThan(frames.length);
        },
      ),
      runs,
    );
  });
});

describe("names", () => {
  const anyPath = fc.oneof(
    fc.string({ unit: "binary", maxLength: 400 }),
    fc
      .array(
        fc.oneof(
          fc.constantFrom("..", ".", "", "a", "\\", "C:", "con", ".p2p-x", "a\u202e"),
          fc.string({ unit: "binary" }),
        ),
      )
      .map((parts) => parts.join("/")),
  );

  it("are safe or refused, and safe ones stay as they are", () => {
    fc.assert(
      fc.property(anyPath, fc.constantFrom("posix" as const, "windows" as const), (path, rules) => {
        const safe = safeRelativePath(path, rules);
        if (!safe.ok) return;
        expect(safe.segments.length).toBeGreaterThan(0);
        for (const segment of safe.segments) {
          expect(segment).not.toMatch(/^(\.{0,2})$|[/\\\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]|^\.p2p-/i);
          expect(utf8Bytes(segment)).toBeLessThanOrEqual(255);
          if (rules === "windows") expect(segment).not.toMatch(/[<>:"|?*]|[. ]$|^(con|prn|aux|nul)(\.|$)/i);
        }
        const again = safeRelativePath(safe.segments.join("/"), rules);
        if (again.ok) expect(again.segments).toEqual(safe.segments);
        else expect(["too-long"]).toContain(again.reason);
      }),
      runs,
    );
  });

  it("with numbers fit and differ", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme", minLength: 1, maxLength: 300 }),
        fc.integer({ min: 1, max: 9_999 }),
        (text, count) => {
          const safe = safeRelativePath(text.replaceAll("/", "_"));
          if (!safe.ok) return;
          const [name = ""] = safe.segments;
          const numbered = numberedName(name, count);
          expect(utf8Bytes(numbered)).toBeLessThanOrEqual(255);
          expect(numbered).not.toBe(name);
          expect(numberedName(name, count + 1)).not.toBe(numbered);
        },
      ),
      runs,
    );
  });
});

describe("kept blocks", () => {
  it("and what has to come are all of a file, each byte once, in order", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 * 262_144 }),
        fc.nat(5_000_000),
        fc.uint8Array({ maxLength: 6 }),
        (bytes, more, bitmap) => {
          const size = bytes + more;
          const kept = new KeptBlocks(planBlocks(bytes), bitmap, size);
          let wanted = 0;
          let at = kept.nextWanted(0);
          for (let end = 0; at < size; at = kept.nextWanted(end)) {
            expect(at).toBeGreaterThanOrEqual(end);
            end = kept.wantedEnd(at);
            expect(end).toBeGreaterThan(at);
            wanted += end - at;
          }
          expect(at).toBe(size);
          expect(wanted + kept.keptBytes).toBe(size);
        },
      ),
      runs,
    );
  });
});

describe("a journal", () => {
  it("of any text is facts or none", () => {
    const value = fc.oneof(fc.jsonValue(), fc.string(), fc.integer());
    const almost = fc.record({
      version: fc.constantFrom(1, 2),
      path: value,
      bytes: value,
      mtimeUs: value,
      from: value,
      createdMs: value,
    });
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: "binary" }),
          fc.json(),
          almost.map((facts) => JSON.stringify(facts)),
        ),
        (text) => {
          const facts = decodeFacts(text);
          if (facts !== undefined) expect(decodeFacts(encodeFacts(facts))).toEqual(facts);
        },
      ),
      runs,
    );
  });
});

describe("the engine under any commands", () => {
  type Command =
    | { do: "frames"; frames: Frame[] }
    | { do: "bytes"; bytes: Uint8Array }
    | { do: "offer"; sizes: number[] }
    | { do: "answer"; how: "well" | "badly" | "twice" | "never" }
    | { do: "accept" | "decline" | "cancel"; transfer: number; direction: "send" | "receive" }
    | { do: "send" };

  const transfer = fc.integer({ min: 1, max: 3 });
  const command: fc.Arbitrary<Command> = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ do: fc.constant("frames" as const), frames: fc.array(plausibleFrame, { maxLength: 4 }) }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("bytes" as const), bytes: fc.uint8Array({ maxLength: 40 }) }) },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant("offer" as const),
        sizes: fc.array(fc.nat(50), { minLength: 1, maxLength: 4 }),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant("answer" as const),
        how: fc.constantFrom("well", "badly", "twice", "never"),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constantFrom("accept" as const, "decline" as const, "cancel" as const),
        transfer,
        direction: fc.constantFrom("send" as const, "receive" as const),
      }),
    },
    { weight: 4, arbitrary: fc.record({ do: fc.constant("send" as const) }) },
  );

  const hash = new Uint8Array(32);

  function answer(engine: TransferEngine, event: EngineEvent, isOk: boolean): void {
    const failed = { ok: false, reason: "other" } as const;
    switch (event.type) {
      case "read":
        engine.handleRead(
          event.transfer,
          event.index,
          isOk ? { ok: true, chunk: new Uint8Array(event.bytes), sha256: hash } : failed,
        );
        return;
      case "hash":
        engine.handleHash(event.transfer, event.index, isOk ? { ok: true, sha256: hash } : failed);
        return;
      case "hash-blocks": {
        const hashes = new Uint8Array(32 * blockCount(event.plan));
        engine.handleBlocks(event.transfer, event.index, isOk ? { ok: true, hashes } : failed);
        return;
      }
      case "compare":
        engine.handleCompared(event.transfer, event.index, isOk ? Uint8Array.of(1) : new Uint8Array());
        return;
      case "examine":
        engine.handleExamined(event.transfer, event.index, isOk ? { kind: "have", sha256: hash } : { kind: "skip" });
        return;
      case "write":
        engine.handleWritten(event.transfer, event.chunk.length);
        return;
      case "store":
        engine.handleStored(event.transfer, event.index, isOk ? { ok: true } : failed);
        return;
      case "finish":
        engine.handleFinished(event.transfer, isOk ? [] : [{ index: 0, reason: "other" }]);
        return;
      default:
    }
  }

  it("never throws, writes only what was accepted, and bounds what it keeps", () => {
    fc.assert(
      fc.property(fc.boolean(), fc.array(command, { maxLength: 60 }), (isGreeted, commands) => {
        const engine = new TransferEngine("posix");
        const into = new Uint8Array(MAX_MESSAGE_BYTES);
        const pending: EngineEvent[] = [];
        const accepted = new Set<number>();
        const ended = new Set<string>();
        const offers = new Map<number, Manifest>();
        let waitingBytes = 0;
        /** The first file of an offer, if it has one that is not empty, is there in part. */
        const resumable = (id: number): ResumableFile[] => {
          const offer = offers.get(id)?.entries[0];
          return offer?.type === "file" && offer.bytes > 1 ? [{ index: 0, bytes: offer.bytes - 1 }] : [];
        };
        const drain = () => {
          for (let event = engine.pollEvent(); event !== undefined; event = engine.pollEvent()) {
            pending.push(event);
            if (event.type === "ended") {
              const key = `${event.direction} ${event.transfer}`;
              expect(ended.has(key)).toBe(false);
              ended.add(key);
            }
            if (event.type === "incoming") offers.set(event.transfer, event.manifest);
            if (event.type !== "write") continue;
            expect(accepted.has(event.transfer)).toBe(true);
            waitingBytes += event.chunk.length;
            expect(waitingBytes).toBeLessThanOrEqual(RECEIVE_WINDOW_BYTES);
          }
          expect(pending.length).toBeLessThan(4 * MAX_UNANSWERED_FILES);
        };
        if (isGreeted) engine.handle(messageOf({ type: "hello", version: 1, capabilities: 0 }));
        for (const next of commands) {
          switch (next.do) {
            case "frames":
              engine.handle(messageOf(...next.frames));
              break;
            case "bytes":
              engine.handle(next.bytes);
              break;
            case "offer": {
              const entries = next.sizes.map((bytes, at) => {
                return { type: "file" as const, path: `f${at}`, bytes, mode: 0o644, mtimeUs: 0 };
              });
              engine.propose(makeManifest(entries));
              break;
            }
            case "answer": {
              const event = pending.shift();
              if (event === undefined || next.how === "never") break;
              if (event.type === "write") waitingBytes -= event.chunk.length;
              answer(engine, event, next.how !== "badly");
              if (next.how === "twice" && event.type !== "write") answer(engine, event, true);
              break;
            }
            case "accept":
              if (engine.accept(next.transfer, [], resumable(next.transfer))) accepted.add(next.transfer);
              break;
            case "decline":
              engine.decline(next.transfer, "user");
              break;
            case "cancel":
              engine.cancel(next.direction, next.transfer, "user");
              break;
            case "send": {
              const bytes = engine.pollTransmit(into, 0);
              // What it sends is always whole frames.
              expect(decodeMessage(into.subarray(0, bytes)).ok).toBe(true);
            }
          }
          drain();
        }
        let sentBytes = 0;
        for (let bytes = engine.pollTransmit(into, 0); bytes > 0; bytes = engine.pollTransmit(into, 0))
          sentBytes += bytes;
        expect(sentBytes).toBeLessThan(2 * MAX_CONTROL_BYTES);
      }),
      runs,
    );
  });
});
