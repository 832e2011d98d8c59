// One outgoing transfer: what its receiver may say, and when.
import { expect, test } from "vitest";
import type { EngineEvent } from "../../../src/transfer/engine-events.ts";
import type { Entry } from "../../../src/transfer/frames.ts";
import { makeManifest } from "../../../src/transfer/manifest.ts";
import { Sender } from "../../../src/transfer/sender.ts";
import { framesOf } from "../../support/frames.ts";

const file = (path: string, bytes = 3): Entry => ({ type: "file", path, bytes, mode: 0o644, mtimeUs: 0 });
const NOTHING = new Uint8Array();

function senderOf(...entries: Entry[]) {
  const events: EngineEvent[] = [];
  const sender = new Sender(1, { manifest: makeManifest(entries) }, (event) => events.push(event));
  const written = () => {
    const into = new Uint8Array(65_536);
    return framesOf(into.subarray(0, sender.writeFrames(into, 0, undefined)));
  };
  return { sender, events, written };
}

test("it proposals, and sends nothing before it is accepted", () => {
  const { sender, written } = senderOf(file("a"));
  sender.handleHello(0);
  expect(written().map(({ type }) => type)).toEqual(["proposal", "entries"]);
  expect(written()).toEqual([]);
  expect(sender.handleCredit(0, 10)).toBe(sender.handleDone());
  expect(sender.isDeclinable).toBe(true);
});

test("an ACCEPT comes once, and after it neither a DECLINE nor another", () => {
  const { sender, events, written } = senderOf(file("a"));
  sender.handleHello(0);
  expect(sender.handleAccept(100, NOTHING, 0)).toContain("not proposed");
  written();
  expect(sender.handleAccept(100, NOTHING, 0)).toBeUndefined();
  expect(events[0]).toEqual({ type: "accepted", transfer: 1 });
  expect(sender.isDeclinable).toBe(false);
  expect(sender.handleAccept(100, NOTHING, 0)).toContain("accepted before");
  expect(sender.handleDone()).toContain("before every file");
});

test("a receiver can neither take back credit nor acknowledge more than was sent", () => {
  const { sender, written } = senderOf(file("a"));
  sender.handleHello(0);
  written();
  sender.handleAccept(100, NOTHING, 0);
  expect(sender.handleCredit(0, 99)).toContain("takes back");
  expect(sender.handleCredit(1, 100)).toContain("more than was sent");
  expect(sender.handleResult(0, "stored", "other")).toContain("not sent");
  expect(sender.handleKeep(0, NOTHING)).toContain("not being resumed");
});

test("a file goes out as it is read, and its RESULT ends the transfer", () => {
  const { sender, events, written } = senderOf(file("a"));
  sender.handleHello(0);
  written();
  sender.handleAccept(100, NOTHING, 0);
  sender.requestReads(1_000);
  expect(events).toContainEqual(expect.objectContaining({ type: "read", index: 0, offset: 0, bytes: 3 }));
  expect(sender.wait).toBe("reading");
  const sha256 = new Uint8Array(32);
  sender.handleRead(0, { ok: true, chunk: Uint8Array.of(1, 2, 3), sha256 });
  expect(written()).toMatchObject([
    { type: "data", offset: 0 },
    { type: "file-end", sha256 },
  ]);
  expect(sender.unwrittenBytes).toBe(3);
  expect(sender.handleCredit(3, 103)).toBeUndefined();
  expect(sender.handleResult(0, "stored", "other")).toBeUndefined();
  expect(sender.progressBytes).toBe(3);
  expect(sender.handleDone()).toBeUndefined();
});

test("what every peer takes is proposed before the peer says what it takes", () => {
  const { sender, written } = senderOf(file("a"));
  expect(written().map(({ type }) => type)).toEqual(["proposal", "entries"]);
  sender.handleHello(0);
  expect([written(), sender.manifest.files]).toEqual([[], 1]);
});

test("before it is accepted no answer fits, and nothing is read", () => {
  const { sender, events } = senderOf(file("a"));
  const problem = sender.handleDone();
  expect(problem).toContain("for one that is not");
  expect(sender.handleDecide(0, { kind: "send" })).toBe(problem);
  expect(sender.handleKeep(0, NOTHING)).toBe(problem);
  expect(sender.handleCredit(0, 1)).toBe(problem);
  expect(sender.handleResult(0, "stored", "other")).toBe(problem);
  sender.handleRead(0, { ok: false, reason: "other" });
  sender.handleHash(0, { ok: false, reason: "other" });
  sender.handleBlocks(0, { ok: false, reason: "other" });
  sender.requestReads(1_000);
  expect([events, sender.wait, sender.unwrittenBytes, sender.progressBytes]).toEqual([[], undefined, 0, 0]);
});

test("a proposal waits for the message that it fits into, and fills it to the last byte", () => {
  const entries = [file("a"), file("b"), { ...file("c"), mtimeUs: -1 }, { ...file("caf\udce9") }];
  const whole = senderOf(...entries);
  whole.sender.handleHello(0);
  const into = new Uint8Array(65_536);
  const length = whole.sender.writeFrames(into, 0, undefined);
  expect(framesOf(into.slice(0, length)).map(({ type }) => type)).toEqual(["left-out", "proposal", "entries"]);
  const exact = senderOf(...entries);
  exact.sender.handleHello(0);
  expect(exact.sender.writeFrames(new Uint8Array(3), 0, undefined)).toBe(0);
  expect(exact.sender.writeFrames(new Uint8Array(length), 0, undefined)).toBe(length);
  expect(exact.written()).toEqual([]);
  const pieces = senderOf(...entries);
  pieces.sender.handleHello(0);
  const types: string[] = [];
  for (let bytes = 1; bytes < length; bytes += 1) {
    const message = new Uint8Array(bytes);
    const frames = framesOf(message.subarray(0, pieces.sender.writeFrames(message, 0, undefined)));
    for (const frame of frames) {
      types.push(frame.type);
      if (frame.type === "entries") expect(frame.entries.length).toBeGreaterThan(0);
    }
  }
  expect(types).toEqual(["left-out", "proposal", "entries", "entries", "entries"]);
});
