// Symbolic links in a proposal: only for a peer that said it takes them.
import { describe, expect, it } from "vitest";
import { TransferEngine } from "../../../src/transfer/engine.ts";
import type { EngineEvent } from "../../../src/transfer/engine-events.ts";
import { CAN_RESUME, CAN_TAKE_ANY_ATTRIBUTES, CAN_TAKE_SYMLINKS } from "../../../src/transfer/frames.ts";
import { MAX_MESSAGE_BYTES } from "../../../src/transfer/limits.ts";
import { makeManifest } from "../../../src/transfer/manifest.ts";
import { entryOf, folderOf, symlinkOf } from "../../support/engine-pair.ts";
import { framesOf, messageOf } from "../../support/frames.ts";

describe("symbolic links", () => {
  const manifest = makeManifest([folderOf("d"), entryOf("d/f", 0), symlinkOf("d/a", "f"), symlinkOf("d/b", "f")]);
  const into = new Uint8Array(MAX_MESSAGE_BYTES);
  const saidBy = (engine: TransferEngine): string[] =>
    framesOf(into.slice(0, engine.pollTransmit(into, 0))).map(({ type }) => type);
  const proposedTo = (capabilities: number): { engine: TransferEngine; events: EngineEvent[] } => {
    const engine = new TransferEngine("posix");
    engine.propose(manifest);
    engine.handle(messageOf({ type: "hello", version: 1, capabilities }));
    const events: EngineEvent[] = [];
    for (let event = engine.pollEvent(); event !== undefined; event = engine.pollEvent()) events.push(event);
    return { engine, events };
  };

  it("wait for what the peer takes", () => {
    const engine = new TransferEngine("posix");
    engine.propose(manifest);
    expect(saidBy(engine)).toEqual(["hello"]);
    engine.handle(messageOf({ type: "hello", version: 1, capabilities: CAN_TAKE_SYMLINKS }));
    expect(saidBy(engine)).toEqual(["proposal", "entries"]);
  });

  it("are proposed to a peer that takes them", () => {
    const { engine, events } = proposedTo(CAN_TAKE_SYMLINKS);
    expect(events).toEqual([]);
    expect(framesOf(into.slice(0, engine.pollTransmit(into, 0)))).toMatchObject([
      { type: "hello" },
      { type: "proposal", entries: 4, files: 1 },
      { type: "entries", entries: manifest.entries },
    ]);
  });

  it("are left out for one that does not", () => {
    const { engine, events } = proposedTo(0);
    expect(events).toEqual([
      { type: "left-out", transfer: 1, index: 2, why: "link" },
      { type: "left-out", transfer: 1, index: 3, why: "link" },
    ]);
    expect(framesOf(into.slice(0, engine.pollTransmit(into, 0)))).toMatchObject([
      { type: "hello" },
      {
        type: "left-out",
        count: 2,
        told: [
          { path: "d/a", why: "link" },
          { path: "d/b", why: "link" },
        ],
      },
      { type: "proposal", entries: 2, files: 1 },
      { type: "entries", entries: manifest.entries.slice(0, 2) },
    ]);
  });

  it("are not taken where Windows makes the names", () => {
    const engine = new TransferEngine("windows");
    expect(framesOf(into.slice(0, engine.pollTransmit(into, 0)))).toMatchObject([
      { capabilities: CAN_RESUME | CAN_TAKE_ANY_ATTRIBUTES },
    ]);
    engine.handle(
      messageOf(
        { type: "hello", version: 1, capabilities: CAN_TAKE_SYMLINKS },
        { type: "proposal", transfer: 1, entries: 1, files: 0, bytes: 0 },
        { type: "entries", transfer: 1, first: 0, entries: [symlinkOf("d/l", "f")] },
      ),
    );
    const events: EngineEvent[] = [];
    for (let event = engine.pollEvent(); event !== undefined; event = engine.pollEvent()) events.push(event);
    expect(events.at(-1)).toMatchObject({ type: "broken", detail: "a symbolic link to a side that takes none" });
  });
});
