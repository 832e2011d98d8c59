import { expect, test } from "vitest";
import { DatagramQueue, MAX_QUEUED_BYTES } from "../../../src/media/datagram-queue.ts";

test("the most urgent leaves first, and the oldest of those", () => {
  const queue = new DatagramQueue();
  const urgencies = ["video", "again", "audio", "control", "video"] as const;
  for (const [at, urgency] of urgencies.entries()) queue.push(urgency, Uint8Array.of(at));
  const order = Array.from({ length: 6 }, () => queue.shift()?.[0]);
  expect(order).toEqual([3, 2, 1, 0, 4, undefined]);
});

test("is full at MAX_QUEUED_BYTES, and not when some were taken", () => {
  const queue = new DatagramQueue();
  queue.push("video", new Uint8Array(MAX_QUEUED_BYTES - 1));
  expect(queue.isFull).toBe(false);
  queue.push("video", new Uint8Array(1));
  expect(queue.isFull).toBe(true);
  queue.shift();
  expect(queue.isFull).toBe(false);
});
