// Answers that wait for the channel: in order, as many as fit, and their size known.
import { expect, test } from "vitest";
import { decodeMessage, type Frame, frameBytes } from "../../../src/transfer/frames.ts";
import { FrameQueue } from "../../../src/transfer/frame-queue.ts";

const done = (transfer: number): Frame => ({ type: "done", transfer });

test("frames are written in order, and what does not fit waits for the next message", () => {
  const queue = new FrameQueue();
  const frames = [1, 2, 3].map(done);
  for (const frame of frames) queue.push(frame);
  const size = frameBytes(done(1));
  expect(queue.bytes).toBe(3 * size);
  const message = new Uint8Array(10 + 2 * size + 1);
  expect(queue.writeFrames(message, 10)).toBe(10 + 2 * size);
  expect(queue.bytes).toBe(size);
  expect(decodeMessage(message.slice(10, 10 + 2 * size))).toMatchObject({ ok: true, frames: frames.slice(0, 2) });
  expect(queue.writeFrames(message, 0)).toBe(size);
  expect(decodeMessage(message.slice(0, size))).toMatchObject({ ok: true, frames: frames.slice(2) });
  expect([queue.bytes, queue.writeFrames(message, 0)]).toEqual([0, 0]);
});

test("what is cleared is not written", () => {
  const queue = new FrameQueue();
  queue.push(done(1));
  queue.clear();
  queue.push(done(2));
  const message = new Uint8Array(100);
  const end = queue.writeFrames(message, 0);
  expect(decodeMessage(message.slice(0, end))).toMatchObject({ ok: true, frames: [done(2)] });
});
