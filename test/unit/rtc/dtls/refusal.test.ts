import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Refusal } from "../../../../src/rtc/dtls/refusal.ts";

const sentMs: number[] = [];
let refusal: Refusal;

beforeEach(() => {
  sentMs.length = 0;
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  const startMs = performance.now();
  refusal = new Refusal(() => {
    sentMs.push(performance.now() - startMs);
  });
});

afterEach(() => {
  vi.useRealTimers();
});

describe("Refusal", () => {
  test("is said at once and a few times more, then no more", () => {
    vi.advanceTimersByTime(60_000);
    expect(sentMs).toEqual([0, 100, 300, 700, 1_500, 3_100]);
  });

  test("lets whoever waits go within a second", async () => {
    let isSaid = false;
    void refusal.wasSaid.then(() => {
      isSaid = true;
    });
    await vi.advanceTimersByTimeAsync(600);
    expect(isSaid).toBe(false);
    await vi.advanceTimersByTimeAsync(400);
    expect(isSaid).toBe(true);
    refusal.stop();
  });

  test("answers a peer that goes on, but not each of many records, and not for ever", () => {
    vi.advanceTimersByTime(4_000);
    sentMs.length = 0;
    refusal.handleRecord();
    refusal.handleRecord();
    expect(sentMs).toEqual([4_000]);
    for (let passedMs = 0; passedMs < 60_000; passedMs += 10) {
      vi.advanceTimersByTime(10);
      refusal.handleRecord();
    }
    expect(sentMs).toHaveLength(40);
    expect(Math.min(...sentMs.slice(1).map((ms, index) => ms - (sentMs[index] ?? 0)))).toBeGreaterThanOrEqual(50);
  });

  test("answers nobody after ten seconds", () => {
    vi.advanceTimersByTime(10_001);
    sentMs.length = 0;
    refusal.handleRecord();
    expect(sentMs).toEqual([]);
  });

  test("says nothing after stop(), and nobody waits for it", async () => {
    refusal.stop();
    await refusal.wasSaid;
    vi.advanceTimersByTime(4_000);
    refusal.handleRecord();
    expect(sentMs).toEqual([0]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
