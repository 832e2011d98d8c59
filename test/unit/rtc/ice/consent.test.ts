import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Consent } from "../../../../src/rtc/ice/consent.ts";

const STEP_MS = 100;

/** The clock that Consent sees. */
let nowMs = 0;
let consent: Consent;
let isAnswering = true;
const checkedMs: number[] = [];
/** What it told, with the time. */
const told: [atMs: number, what: "silent" | "heard" | "expired"][] = [];
/** When it told that answers are missing. */
const missedMs: number[] = [];

async function pass(ms: number, each: () => void = () => {}): Promise<void> {
  for (let passedMs = 0; passedMs < ms; passedMs += STEP_MS) {
    nowMs += STEP_MS;
    await vi.advanceTimersByTimeAsync(STEP_MS);
    each();
  }
}

beforeEach(() => {
  nowMs = 0;
  isAnswering = true;
  checkedMs.length = 0;
  told.length = 0;
  missedMs.length = 0;
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  vi.spyOn(performance, "now").mockImplementation(() => nowMs);
  consent = new Consent({
    check: () => {
      checkedMs.push(nowMs);
      return isAnswering ? Promise.resolve() : Promise.reject(new Error("no answer"));
    },
    onReachable: (isReachable) => {
      told.push([nowMs, isReachable ? "heard" : "silent"]);
    },
    onUnanswered: () => {
      missedMs.push(nowMs);
    },
    onExpired: () => {
      told.push([nowMs, "expired"]);
    },
  });
});

afterEach(() => {
  consent.stop();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

describe("Consent", () => {
  test("asks every 4 to 6 s, not in step, and says nothing while there are answers", async () => {
    await pass(600_000);
    const gaps = checkedMs.slice(1).map((ms, index) => ms - (checkedMs[index] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(4_000);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(6_000);
    expect(new Set(gaps).size).toBeGreaterThan(1);
    expect(told).toEqual([]);
  });

  test("tells once that answers are missing, though something is heard, and again after there were some", async () => {
    isAnswering = false;
    await pass(20_000, () => consent.markHeard());
    expect(missedMs).toEqual([15_000]);
    isAnswering = true;
    await pass(10_000);
    isAnswering = false;
    await pass(21_000, () => consent.markHeard());
    expect(missedMs).toHaveLength(2);
    expect(told).toEqual([]);
  });

  test("tells silence within 9 s, and expires after 30 s", async () => {
    isAnswering = false;
    await pass(60_000);
    expect(told.map(([, what]) => what)).toEqual(["silent", "expired"]);
    const [silentMs = 0, expiredMs] = told.map(([atMs]) => atMs);
    expect(silentMs).toBeGreaterThanOrEqual(8_000);
    expect(silentMs).toBeLessThanOrEqual(9_000);
    expect(expiredMs).toBe(30_000);
    expect(Math.max(...checkedMs)).toBeLessThan(30_000);
  });

  test("tells recovery with the next answer", async () => {
    isAnswering = false;
    await pass(20_000);
    isAnswering = true;
    await pass(40_000);
    expect(told.map(([, what]) => what)).toEqual(["silent", "heard"]);
    expect(told[1]?.[0]).toBeLessThanOrEqual(27_000);
  });

  test("tells recovery when the peer is heard, whoever asked", async () => {
    isAnswering = false;
    await pass(20_000);
    consent.markHeard();
    await pass(1_000);
    expect(told.map(([, what]) => what)).toEqual(["silent", "heard"]);
  });

  test("a peer that is heard and does not answer is there, and its consent expires", async () => {
    isAnswering = false;
    await pass(60_000, () => {
      consent.markHeard();
    });
    expect(told).toEqual([[30_000, "expired"]]);
  });

  test("one lost answer is no silence", async () => {
    await pass(20_000);
    for (let round = 0; round < 20; round += 1) {
      isAnswering = false;
      const asked = checkedMs.length;
      while (checkedMs.length === asked) await pass(STEP_MS);
      isAnswering = true;
      // The peer asks for consent as well.
      consent.markHeard();
      await pass(12_000);
    }
    expect(told).toEqual([]);
  });

  test("the time in which this process stood still is not the peer's silence", async () => {
    await pass(3_000);
    nowMs += 20_000;
    await pass(2_000);
    expect(told).toEqual([]);
  });

  test("says and asks nothing after stop()", async () => {
    isAnswering = false;
    consent.stop();
    await pass(60_000);
    expect([checkedMs, told]).toEqual([[], []]);
  });
});
