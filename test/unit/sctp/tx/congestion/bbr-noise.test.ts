import { describe, expect, it } from "vitest";
import { RttNoise } from "../../../../../src/sctp/tx/congestion/bbr-noise.ts";
import {
  NOISE_FALL,
  NOISE_LEAST_MS,
  NOISE_RISE,
  NOISE_SPAN_MS,
  NOISE_SPAN_ROUNDS,
} from "../../../../../src/sctp/tx/congestion/bbr-parameters.ts";

const ROUND_MS = 50;

/** One span of rounds whose smallest round trips repeat these. */
function span(noise: RttNoise, fromMs: number, ...rttsMs: number[]): void {
  for (let round = 0; round < NOISE_SPAN_ROUNDS; round += 1) {
    noise.noteRound(fromMs + round * ROUND_MS, rttsMs[round % rttsMs.length] ?? 0);
  }
}

describe("the noise of round trips", () => {
  it("is what rounds are on average above the smallest, however long a queue lifts all of them", () => {
    for (const queueMs of [0, 10]) {
      const noise = new RttNoise();
      expect(noise.meanMs).toBe(0);
      span(noise, 0, 50 + queueMs, 52 + queueMs);
      expect(noise.meanMs).toBeCloseTo(1);
    }
  });

  it("is believed at once when it is first known and soon when it gets less, and slowly when it grows", () => {
    const noise = new RttNoise();
    span(noise, 0, 50, 52);
    span(noise, 1000, 50, 66);
    const before = 1 + NOISE_RISE * 7;
    expect(noise.meanMs).toBeCloseTo(before);
    span(noise, 2000, 50);
    expect(noise.meanMs).toBeCloseTo((1 - NOISE_FALL) * before);
  });

  it("is none where our own timers explain it", () => {
    const noise = new RttNoise();
    span(noise, 0, 50, 50 + 1.9 * NOISE_LEAST_MS);
    expect(noise.meanMs).toBe(0);
  });

  it("needs rounds of cruising without anything between them", () => {
    const noise = new RttNoise();
    for (let round = 0; round < 3 * NOISE_SPAN_ROUNDS; round += 1) {
      if (round % (NOISE_SPAN_ROUNDS - 1) === 0) noise.restart();
      noise.noteRound(round * ROUND_MS, Number.POSITIVE_INFINITY);
      noise.noteRound(round * ROUND_MS, round % 2 === 0 ? 50 : 90);
    }
    expect(noise.meanMs).toBe(0);
  });

  it("needs a time in which a machine wakes up again, however short the rounds are", () => {
    const noise = new RttNoise();
    const leastMs = NOISE_SPAN_MS / (2 * NOISE_SPAN_ROUNDS);
    for (let round = 0; round <= 2 * NOISE_SPAN_ROUNDS; round += 1) {
      expect(noise.meanMs).toBe(0);
      noise.noteRound(round * leastMs, round % 2 === 0 ? 5 : 7);
    }
    expect(noise.meanMs).toBeGreaterThan(0.9);
  });
});
