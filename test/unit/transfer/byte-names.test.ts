// Names that are not UTF-8 in a proposal: only for a peer that said it takes them, and told by name to every other.
import { describe, expect, it } from "vitest";
import { TransferEngine } from "../../../src/transfer/engine.ts";
import type { EngineEvent } from "../../../src/transfer/engine-events.ts";
import { CAN_TAKE_BYTE_NAMES, CAN_TAKE_SYMLINKS } from "../../../src/transfer/frames.ts";
import { MAX_MESSAGE_BYTES } from "../../../src/transfer/limits.ts";
import { makeManifest, type Manifest } from "../../../src/transfer/manifest.ts";
import { safeRelativePath } from "../../../src/transfer/names.ts";
import { EnginePair, entryOf, folderOf, symlinkOf } from "../../support/engine-pair.ts";
import { framesOf, messageOf } from "../../support/frames.ts";

const manifest = makeManifest([
  folderOf("d"),
  entryOf("d/f", 1),
  symlinkOf("d/l", "f"),
  entryOf("d/caf\udce9", 2),
  symlinkOf("d/m", "caf\udce9"),
]);

function eventsOf(engine: TransferEngine): EngineEvent[] {
  const events: EngineEvent[] = [];
  for (let event = engine.pollEvent(); event !== undefined; event = engine.pollEvent()) events.push(event);
  return events;
}

describe("names that are not UTF-8", () => {
  const into = new Uint8Array(MAX_MESSAGE_BYTES);
  const proposedTo = (
    capabilities: number,
    proposed: Manifest = manifest,
  ): { frames: ReturnType<typeof framesOf>; events: EngineEvent[] } => {
    const engine = new TransferEngine("linux");
    engine.propose(proposed);
    engine.handle(messageOf({ type: "hello", version: 1, capabilities }));
    const events = eventsOf(engine);
    return { events, frames: framesOf(into.slice(0, engine.pollTransmit(into, 0))) };
  };

  it("are proposed byte for byte to a peer that takes them", () => {
    const { frames, events } = proposedTo(CAN_TAKE_BYTE_NAMES | CAN_TAKE_SYMLINKS);
    expect(events).toEqual([]);
    expect(frames.slice(1)).toMatchObject([
      { type: "proposal", entries: 5, files: 2, bytes: 3 },
      { type: "entries", entries: manifest.entries },
    ]);
    const wire = Buffer.from(messageOf({ type: "entries", transfer: 1, first: 0, entries: manifest.entries }));
    expect(wire.includes(Buffer.from("d/caf\xe9", "latin1"))).toBe(true);
  });

  it("are left out of the proposal to one that does not, and told to it", () => {
    const { frames, events } = proposedTo(CAN_TAKE_SYMLINKS);
    expect(events).toEqual([
      { type: "left-out", transfer: 1, index: 3, why: "name" },
      { type: "left-out", transfer: 1, index: 4, why: "name" },
    ]);
    expect(frames.slice(1)).toMatchObject([
      {
        type: "left-out",
        transfer: 1,
        count: 2,
        told: [
          { path: "d/caf\\xe9", why: "name" },
          { path: "d/m", why: "name" },
        ],
      },
      { type: "proposal", entries: 3, files: 1, bytes: 1 },
      { type: "entries", entries: manifest.entries.slice(0, 3) },
    ]);
  });

  it("are told also when nothing else is left to propose", () => {
    const { frames, events } = proposedTo(0, makeManifest([entryOf("caf\udce9", 2)]));
    expect(events.map(({ type }) => type)).toEqual(["left-out", "ended"]);
    expect(frames.slice(1)).toEqual([
      { type: "left-out", transfer: 1, count: 1, told: [{ path: "caf\\xe9", why: "name" }] },
    ]);
  });

  it("of a peer are a violation where they were not announced", () => {
    const engine = new TransferEngine("posix");
    engine.handle(
      messageOf(
        { type: "hello", version: 1, capabilities: CAN_TAKE_BYTE_NAMES },
        { type: "proposal", transfer: 1, entries: 1, files: 1, bytes: 0 },
        { type: "entries", transfer: 1, first: 0, entries: [entryOf("caf\udce9", 0)] },
      ),
    );
    expect(eventsOf(engine).at(-1)).toMatchObject({ type: "broken", detail: "a path is not UTF-8" });
  });

  it("are names on disk as they are, up to 255 bytes, and not longer", () => {
    const name = "\udce9".repeat(255);
    expect(safeRelativePath(`d\udcff/${name}`, "linux")).toEqual({ ok: true, segments: ["d\udcff", name] });
    expect(safeRelativePath(`${name}\udce9`, "linux")).toEqual({ ok: true, segments: [name] });
    expect(safeRelativePath("a\udce9\ud800", "linux")).toEqual({ ok: true, segments: ["a\udce9\ufffd"] });
    expect(safeRelativePath("a\udce9", "posix")).toEqual({ ok: true, segments: ["a\ufffd"] });
    expect(safeRelativePath("\udce9/../x", "linux")).toMatchObject({ ok: false, reason: "dot-segment" });
  });
});

describe("what is left out", () => {
  it("is told before the proposal, once, and at most a hundred names of it", () => {
    const pair = new EnginePair();
    const told = Array.from({ length: 100 }, (_, at) => ({ path: `d/${at}`, why: "special" as const }));
    pair.a.engine.propose(makeManifest([folderOf("d")]), { count: 5_000, told });
    pair.run();
    expect(pair.b.events.map(({ type }) => type)).toEqual(["left-out-there", "incoming"]);
    expect(pair.b.of("left-out-there")).toEqual([
      { type: "left-out-there", transfer: 1, leftOut: { count: 5_000, told } },
    ]);
  });

  it("cannot be told again", () => {
    const engine = new TransferEngine("posix");
    const leftOut = { type: "left-out", transfer: 1, count: 1, told: [] } as const;
    engine.handle(messageOf({ type: "hello", version: 1, capabilities: 0 }, leftOut, leftOut));
    expect(eventsOf(engine).at(-1)).toMatchObject({ type: "broken", detail: "what is left out of an old proposal" });
  });
});
