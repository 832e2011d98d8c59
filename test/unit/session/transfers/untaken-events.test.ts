// Work that leads to more events waits while the reader has not taken those before.
import { expect, test } from "vitest";
import type { SessionTransferEvent } from "../../../../src/session/transfers/untaken-events.ts";
import { UntakenEvents } from "../../../../src/session/transfers/untaken-events.ts";

const event = (path: string): SessionTransferEvent => ({
  event: "file-done",
  transfer: "r1",
  direction: "receive",
  path,
  bytes: 0,
  sha256: "",
});

test("work runs at once while there is room, and in order when the reader makes some", () => {
  const taken: (() => void)[] = [];
  const events = new UntakenEvents((_event, onTaken) => taken.push(onTaken), 1_000);
  const done: number[] = [];
  events.whenRoom(() => done.push(0));
  expect([done, events.isFull]).toEqual([[0], false]);
  // A path counts two bytes a unit.
  events.emit(event("x".repeat(400)));
  expect(events.isFull).toBe(true);
  for (const number of [1, 2, 3]) {
    events.whenRoom(() => {
      done.push(number);
      events.emit(event("x".repeat(400)));
    });
  }
  expect(done).toEqual([0]);
  taken.shift()?.();
  expect(done).toEqual([0, 1]);
  taken.shift()?.();
  taken.shift()?.();
  expect(done).toEqual([0, 1, 2, 3]);
});

test("what an event lists counts, whatever kind it is", () => {
  const about = { transfer: "r1", direction: "receive" } as const;
  const path = "x".repeat(400);
  for (const long of [
    { event: "incoming", transfer: "r1", files: 1, bytes: 0, entries: [{ path, bytes: 0, type: "file" }] },
    { event: "declined", ...about, by: "me", paths: [path] },
    { event: "left-out", ...about, count: 1, entries: [{ path, why: "other" }] },
    { event: "renamed", ...about, count: 1, entries: [{ path, as: "y" }] },
  ] satisfies SessionTransferEvent[]) {
    const events = new UntakenEvents(() => {}, 1_000);
    events.emit(long);
    expect(events.isFull, long.event).toBe(true);
  }
});
