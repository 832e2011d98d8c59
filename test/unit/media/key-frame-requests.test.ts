import { expect, test } from "vitest";
import { KeyFrameRequests } from "../../../src/media/key-frame-requests.ts";

function times(requests: KeyFrameRequests, fromMs: number, untilMs: number): number[] {
  const found: number[] = [];
  for (let nowMs = fromMs; nowMs < untilMs; nowMs += 100) if (requests.take(nowMs)) found.push(nowMs);
  return found;
}

test("nothing is asked for without a reason", () => {
  const requests = new KeyFrameRequests();
  requests.frame(true);
  requests.frame(false);
  expect([times(requests, 0, 10_000), requests.nextMs]).toEqual([[], Infinity]);
});

test("what is not answered is repeated more and more seldom", () => {
  const requests = new KeyFrameRequests();
  requests.lost();
  expect(times(requests, 0, 30_000)).toEqual([0, 500, 1_500, 3_500, 7_500, 15_500, 23_500]);
});

test("a key frame ends it", () => {
  const requests = new KeyFrameRequests();
  requests.lost();
  times(requests, 0, 2_000);
  requests.frame(true);
  expect(times(requests, 2_000, 20_000)).toEqual([]);
});

test("a stream that does not begin with a key frame is asked for one", () => {
  const requests = new KeyFrameRequests();
  requests.frame(false);
  expect(times(requests, 0, 400)).toEqual([0]);
});

test("whoever wants one does not wait for a slow repetition, but half a second at least", () => {
  const requests = new KeyFrameRequests();
  requests.lost();
  expect(times(requests, 0, 8_000).at(-1)).toBe(7_500);
  requests.want();
  expect(requests.nextMs).toBe(8_000);
});
