import { describe, expect, it } from "vitest";
import {
  SHARED_GIVEN_PART,
  SHARED_GIVEN_TIMES,
  SHARED_QUEUE_PART,
  SHARED_REST_CYCLES,
} from "../../../../../src/sctp/tx/congestion/bbr-parameters.ts";
import { RttModel } from "../../../../../src/sctp/tx/congestion/bbr-rtt.ts";
import { SharedQueue } from "../../../../../src/sctp/tx/congestion/bbr-shared-queue.ts";

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
    expect(shared.windowBytes).toBeCloseTo(105 * PACKET);
    const small = started(4 * PACKET);
    small.noteRound(queued(MIN_MS), PACKET, MOST);
    expect(small.windowBytes).toBeCloseTo((4 + (SHARED_QUEUE_PART * 4) / 2) * PACKET);
    shared.noteRound(queued(MIN_MS), PACKET, 50 * PACKET);
    expect(shared.windowBytes).toBe(50 * PACKET);
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
    shared.noteLosses(900_000);
    expect(shared.windowBytes).toBe(900_000);
    shared.noteLosses(100_000);
    expect(shared.windowBytes).toBeCloseTo(630_000);
  });
});
