import { describe, expect, it } from "vitest";
import {
  NOISE_SPAN_ROUNDS,
  SHARED_GIVEN_PART,
  SHARED_GIVEN_TIMES,
  SHARED_QUEUE_PART,
  SHARED_REST_CYCLES,
} from "../../../../../src/sctp/tx/congestion/bbr-parameters.ts";
import { RttModel } from "../../../../../src/sctp/tx/congestion/bbr-rtt.ts";
import { SharedQueue, sharedQueueBytes } from "../../../../../src/sctp/tx/congestion/bbr-shared-queue.ts";

const PACKET = 1200;
const MIN_MS = 50;
const MOST = 10_000_000;

/** After many rounds of this round trip on a path of `MIN_MS`. */
function queued(rttMs: number): RttModel {
  const rtt = new RttModel();
  rtt.update(0, MIN_MS);
  for (let round = 1; round < 60; round += 1) {
    rtt.startRound();
    rtt.update(round, rttMs);
  }
  rtt.startRound();
  return rtt;
}

function started(bytes: number, rttMs = MIN_MS): SharedQueue {
  const shared = new SharedQueue();
  shared.start(bytes, queued(rttMs));
  return shared;
}

/** Flows on a link of `rate` bytes per millisecond; what they have in flight beyond its pipe waits. */
function settle(windows: number[], rate: number, rounds: number): number[] {
  const flows = windows.map((bytes) => started(bytes));
  for (let round = 0; round < rounds; round += 1) {
    const total = flows.reduce((sum, flow) => sum + flow.windowBytes, 0);
    const rtt = queued(Math.max(MIN_MS, total / rate));
    for (const flow of flows) {
      flow.start(flow.windowBytes, rtt);
      flow.noteRound(rtt, PACKET, MOST);
    }
  }
  return flows.map((flow) => flow.windowBytes);
}

describe("a shared queue", () => {
  it.each([12_500, 2500])(
    "is shared evenly by two and by three flows within 300 rounds, at %i bytes per ms",
    (rate) => {
      const pipe = rate * MIN_MS;
      for (const windows of [
        [0.9 * pipe, 0.2 * pipe],
        [0.8 * pipe, 0.2 * pipe, 0.1 * pipe],
      ]) {
        const settled = settle(windows, rate, 300);
        const total = settled.reduce((sum, bytes) => sum + bytes, 0);
        expect(Math.max(...settled) / Math.min(...settled)).toBeLessThan(1.2);
        expect(total).toBeGreaterThan(pipe);
        expect(total).toBeLessThan(1.5 * pipe);
      }
    },
  );

  it("takes what is free, by no more than a part of the window in a round", () => {
    const shared = started(100 * PACKET);
    shared.noteRound(queued(MIN_MS), PACKET, MOST);
    const rate = (100 * PACKET) / MIN_MS;
    expect(shared.windowBytes).toBeCloseTo(100 * PACKET + sharedQueueBytes(rate, MIN_MS, PACKET) / 2);
    const small = started(4 * PACKET);
    small.noteRound(queued(MIN_MS), PACKET, MOST);
    expect(small.windowBytes).toBeCloseTo((4 + (SHARED_QUEUE_PART * 4) / 2) * PACKET);
    shared.noteRound(queued(MIN_MS), PACKET, 50 * PACKET);
    expect(shared.windowBytes).toBe(50 * PACKET);
  });

  it("is no shorter for a shorter round trip: the machines at its ends are no quicker", () => {
    expect(sharedQueueBytes(12_500, 50, PACKET) / 12_500).toBeCloseTo(2.19, 2);
    expect(sharedQueueBytes(12_500, 10, PACKET)).toBe(sharedQueueBytes(12_500, 50, PACKET));
    expect(sharedQueueBytes(12_500, 200, PACKET)).toBeCloseTo(2 * sharedQueueBytes(12_500, 50, PACKET));
    expect(sharedQueueBytes(50_000, 50, PACKET)).toBeCloseTo(2 * sharedQueueBytes(12_500, 50, PACKET));
  });

  it("is not what machines and radio add to rounds", () => {
    const noisy = queued(MIN_MS + 3);
    for (let round = 0; round < NOISE_SPAN_ROUNDS; round += 1)
      noisy.noise.noteRound(100 * round, MIN_MS + 8 * (round % 2));
    const shared = new SharedQueue();
    shared.start(500 * PACKET, noisy);
    for (let round = 0; round < 50; round += 1) shared.noteRound(noisy, PACKET, 500 * PACKET);
    expect(shared.windowBytes).toBe(500 * PACKET);
  });

  it("is no longer for noise where it has no room for that, until a probe finds room", () => {
    const noisy = queued(MIN_MS + 3);
    for (let round = 0; round < NOISE_SPAN_ROUNDS; round += 1)
      noisy.noise.noteRound(100 * round, MIN_MS + 8 * (round % 2));
    const shared = new SharedQueue();
    shared.noteLongestQueue(queued(MIN_MS + 4), true);
    shared.start(500 * PACKET, noisy);
    shared.noteRound(noisy, PACKET, 500 * PACKET);
    expect(shared.windowBytes).toBeLessThan(499 * PACKET);
    shared.noteLongestQueue(queued(MIN_MS + 20), false);
    for (let round = 0; round < 50; round += 1) shared.noteRound(noisy, PACKET, 500 * PACKET);
    expect(shared.windowBytes).toBe(500 * PACKET);
  });

  it("stays as it is in a round without a round trip", () => {
    const rtt = queued(MIN_MS);
    rtt.startRound();
    const shared = started(100 * PACKET);
    shared.noteRound(rtt, PACKET, MOST);
    expect(shared.windowBytes).toBe(100 * PACKET);
  });

  it("gets a limited part in one probing cycle, and nothing more for some cycles when that was in vain", () => {
    const shared = new SharedQueue();
    const rtt = queued(90);
    for (let cycle = 1; cycle <= SHARED_GIVEN_TIMES; cycle += 1) {
      expect(shared.isResting).toBe(false);
      shared.start(1_000_000, rtt);
      for (let round = 0; round < 20; round += 1) {
        if (shared.isActive) shared.noteRound(rtt, PACKET, MOST);
      }
      expect(shared.isSpent).toBe(true);
      if (cycle < SHARED_GIVEN_TIMES) {
        expect(shared.windowBytes / ((1_000_000 * MIN_MS) / 90)).toBeCloseTo(SHARED_GIVEN_PART, 2);
        shared.stop();
        shared.endCycle();
      }
    }
    expect(shared.isActive).toBe(false);
    for (let cycle = 0; cycle < SHARED_REST_CYCLES; cycle += 1) {
      expect(shared.isResting).toBe(true);
      shared.endCycle();
    }
    expect(shared.isResting).toBe(false);
  });

  it("loses to losses what did not arrive, 30 % at most", () => {
    const shared = started(1_000_000);
    shared.noteLosses(900_000, queued(MIN_MS));
    expect(shared.windowBytes).toBe(900_000);
    shared.noteLosses(100_000, queued(MIN_MS));
    expect(shared.windowBytes).toBeCloseTo(630_000);
  });
});
