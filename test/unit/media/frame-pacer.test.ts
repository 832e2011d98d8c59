import { describe, expect, test } from "vitest";
import { BURST_BYTES, FramePacer } from "../../../src/media/frame-pacer.ts";

const PACKET_BYTES = 1_000;

/** Pushes a picture. @returns when each of its packets, and of those before, leaves, by timers that come `lateMs` late */
function send(pacer: FramePacer, bytes: number, intervalMs: number | undefined, atMs: number, lateMs = 0): number[] {
  for (let left = bytes; left > 0; left -= PACKET_BYTES) pacer.push(new Uint8Array(Math.min(PACKET_BYTES, left)));
  pacer.pace(bytes, intervalMs, atMs);
  const times: number[] = [];
  for (let nowMs = atMs; ; nowMs = pacer.nextMs + lateMs) {
    pacer.release(nowMs, () => times.push(nowMs));
    if (pacer.bytes === 0) return times;
  }
}

describe("FramePacer", () => {
  test("an ordinary picture leaves at once", () => {
    const pacer = new FramePacer();
    for (let at = 0; at < 10; at += 1) expect(send(pacer, 10_000, 40, at * 40)).toEqual(Array(10).fill(at * 40));
    expect(pacer.nextMs).toBe(Infinity);
  });

  test.each([0, 1, 3])("a large one leaves within the time to the next, evenly; timers %i ms late", (lateMs) => {
    const pacer = new FramePacer();
    for (let at = 0; at < 20; at += 1) send(pacer, 4_000, 40, at * 40);
    const times = send(pacer, 200_000, 40, 800, lateMs);
    expect(times).toHaveLength(200);
    expect(times.at(-1)).toBeGreaterThan(830);
    expect(times.at(-1)).toBeLessThanOrEqual(840 + lateMs);
    const most = Math.max(...times.map((atMs) => times.filter((other) => other === atMs).length));
    // 5 bytes each µs, and the burst at the begin.
    expect(most).toBeLessThanOrEqual(Math.max(BURST_BYTES / PACKET_BYTES, 5 * (2 + lateMs) + 2));
  });

  test("a stream of large pictures is sent at 2.5 times its rate", () => {
    const pacer = new FramePacer();
    let times: number[] = [];
    for (let at = 0; at < 50; at += 1) times = send(pacer, 60_000, 40, at * 40);
    const tookMs = (times.at(-1) ?? 0) - (times[0] ?? 0);
    expect(tookMs).toBeGreaterThan(10);
    expect(tookMs).toBeLessThanOrEqual(60_000 / (2.5 * 1_500));
  });

  test("an interval that cannot be is not believed, and what waits keeps its order", () => {
    const pacer = new FramePacer();
    expect(Math.max(...send(pacer, 100_000, -5, 0))).toBeLessThanOrEqual(10);
    expect(Math.max(...send(pacer, 100_000, 60_000, 1_000))).toBeLessThanOrEqual(1_050);
    expect(Math.max(...send(new FramePacer(), 100_000, undefined, 0))).toBeLessThanOrEqual(50);
    for (const first of [1, 2, 3]) pacer.push(Uint8Array.of(first));
    const got: number[] = [];
    pacer.flush((packet) => got.push(packet[0] ?? 0));
    expect([got, pacer.bytes, pacer.nextMs]).toEqual([[1, 2, 3], 0, Infinity]);
  });
});
