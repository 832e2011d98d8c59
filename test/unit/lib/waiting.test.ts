// Waiting that ends early, and leaves nothing behind.
import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { unlessAborted, within } from "../../../src/lib/waiting.ts";
import { HandClock } from "../../support/hand-clock.ts";
import { withResolvers } from "../../support/with-resolvers.ts";

test("within a time limit there is the value or the error, and after it nothing", async () => {
  const clock = new HandClock();
  const after = (ms: number, call: () => void): (() => void) => clock.setTimer(call, ms);
  expect(await within(10, after, Promise.resolve(1))).toBe(1);
  await expect(within(10, after, Promise.reject(new Error("failed")))).rejects.toThrow("failed");
  expect(clock.timerCount).toBe(0);
  const work = withResolvers<number>();
  const late = within(10, after, work.promise);
  clock.pass(10);
  expect(await late).toBeUndefined();
  work.reject(new Error("heard by nobody"));
});

test("a signal that aborts first gives its reason, and keeps no listener of what was done", async () => {
  const end = new AbortController();
  expect(await unlessAborted(end.signal, Promise.resolve(1))).toBe(1);
  await expect(unlessAborted(end.signal, Promise.reject(new Error("failed")))).rejects.toThrow("failed");
  expect(getEventListeners(end.signal, "abort")).toEqual([]);
  const work = withResolvers<number>();
  const waiting = unlessAborted(end.signal, work.promise);
  end.abort(new Error("over"));
  await expect(waiting).rejects.toThrow("over");
  work.reject(new Error("heard by nobody"));
  await expect(unlessAborted(end.signal, new Promise(() => {}))).rejects.toThrow("over");
  expect(getEventListeners(end.signal, "abort")).toEqual([]);
});
