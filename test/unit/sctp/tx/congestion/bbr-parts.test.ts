import { describe, expect, it } from "vitest";
import { AckAggregation, BandwidthFilter } from "../../../../../src/sctp/tx/congestion/bbr-bandwidth.ts";
import { FullPipe } from "../../../../../src/sctp/tx/congestion/bbr-full-pipe.ts";
import { InflightBound } from "../../../../../src/sctp/tx/congestion/bbr-inflight.ts";
import { inflightAtLoss, LossModel } from "../../../../../src/sctp/tx/congestion/bbr-loss.ts";
import {
  NOISE_SPAN_ROUNDS,
  SHARED_RTT_FACTOR,
  SHARED_STEADY_PART,
} from "../../../../../src/sctp/tx/congestion/bbr-parameters.ts";
import { RttModel } from "../../../../../src/sctp/tx/congestion/bbr-rtt.ts";
import { pacedBurstBytes, pacedTurnMs } from "../../../../../src/sctp/tx/congestion/pacing-burst.ts";

describe("the bandwidth filter", () => {
  it("remembers this cycle and the one before", () => {
    const filter = new BandwidthFilter();
    filter.add(100);
    filter.add(80);
    expect(filter.max).toBe(100);
    filter.advance();
    filter.add(60);
    expect(filter.max).toBe(100);
    filter.advance();
    expect(filter.max).toBe(60);
  });

  it("counts what it knew as no more than a limit until the next cycle", () => {
    const filter = new BandwidthFilter();
    filter.add(100);
    filter.limit(40);
    expect(filter.max).toBe(40);
    filter.add(30);
    filter.advance();
    expect(filter.max).toBe(30);
    filter.limit(50);
    expect(filter.max).toBe(30);
  });

  it("forgets nothing in a cycle without samples", () => {
    const filter = new BandwidthFilter();
    filter.add(100);
    for (let cycle = 0; cycle < 5; cycle++) {
      filter.advance();
    }
    expect(filter.max).toBe(100);
  });
});

describe("ack aggregation", () => {
  it("counts what arrives at once beyond the bandwidth, for ten rounds", () => {
    const aggregation = new AckAggregation();
    aggregation.restart(0);
    aggregation.startRound(true);
    aggregation.add(10, 1000, 100, 1e6);
    aggregation.add(10, 5000, 100, 1e6);
    expect(aggregation.extraBytes).toBe(6000);
    for (let round = 0; round < 9; round++) {
      aggregation.startRound(true);
    }
    expect(aggregation.extraBytes).toBe(6000);
    aggregation.startRound(true);
    expect(aggregation.extraBytes).toBe(0);
  });

  it("remembers one round in start-up and never more than the window", () => {
    const aggregation = new AckAggregation();
    aggregation.add(10, 9000, 0, 4000);
    expect(aggregation.extraBytes).toBe(4000);
    aggregation.startRound(false);
    expect(aggregation.extraBytes).toBe(0);
  });
});

describe("the round trip", () => {
  it("is not due to be measured at the start, whatever the clock says", () => {
    const rtt = new RttModel();
    rtt.update(1e9, undefined);
    rtt.update(1e9, 50);
    expect(rtt.isProbeDue).toBe(false);
    rtt.update(1e9 + 5001, 50);
    expect(rtt.isProbeDue).toBe(true);
  });

  it("rises only when ten seconds have not seen the old one", () => {
    const rtt = new RttModel();
    rtt.update(0, 50);
    rtt.update(5100, 80);
    expect(rtt.minMs).toBe(50);
    rtt.update(10_200, 80);
    expect(rtt.minMs).toBe(80);
    rtt.update(10_300, 40);
    expect(rtt.minMs).toBe(40);
  });

  it("shows a queue by a round without any short sample, not by one long sample", () => {
    const rtt = new RttModel();
    rtt.update(0, 50);
    rtt.startRound();
    rtt.update(50, 150);
    rtt.update(51, 51);
    expect(rtt.isQueued).toBe(false);
    rtt.startRound();
    for (let sample = 0; sample < 8; sample++) {
      rtt.update(100 + sample, 70);
    }
    expect(rtt.isQueued).toBe(true);
    expect(rtt.isRoundRising).toBe(true);
    rtt.startRound();
    expect(rtt.isLastRoundRising).toBe(true);
    rtt.update(150, 50);
    rtt.startRound();
    expect(rtt.isQueued).toBe(false);
  });

  it("takes neither negative nor infinite samples", () => {
    const rtt = new RttModel();
    for (const sample of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
      rtt.update(0, sample);
    }
    expect([rtt.minMs, rtt.smoothedMs]).toEqual([Number.POSITIVE_INFINITY, 0]);
    rtt.update(0, 0);
    expect(rtt.minMs).toBeGreaterThan(0);
  });
});

describe("the full pipe", () => {
  it("is seen after three rounds of less than 25 % growth", () => {
    const pipe = new FullPipe();
    for (const rate of [100, 130, 150, 155, 170]) {
      pipe.noteRound(rate);
      expect(pipe.wasFull).toBe(false);
    }
    pipe.noteRound(150);
    pipe.noteRound(150);
    pipe.noteRound(150);
    expect([pipe.isFullNow, pipe.wasFull]).toEqual([true, true]);
    pipe.reset(150);
    expect([pipe.isFullNow, pipe.wasFull]).toEqual([false, true]);
  });
});

describe("the long-term bound", () => {
  it("rises by one packet a round, then two, then four", () => {
    const bound = new InflightBound();
    bound.set(100_000, false);
    const grown: number[] = [];
    for (let round = 0; round < 4; round++) {
      bound.steepen(100_000, 1000);
      const before = bound.bytes;
      for (let ack = 0; ack < 100; ack++) {
        bound.raise(1000, 1000);
      }
      grown.push((bound.bytes - before) / 1000);
    }
    expect(grown).toEqual([1, 2, 4, 8]);
    bound.stop();
    bound.raise(1e9, 1000);
    expect(bound.bytes).toBe(115_000);
  });

  it("leaves 15 % to others and at least four packets to us", () => {
    const bound = new InflightBound();
    expect(bound.withHeadroom(1000)).toBe(Number.POSITIVE_INFINITY);
    bound.set(100_000, false);
    expect(bound.withHeadroom(1000)).toBe(85_000);
    bound.set(1000, false);
    expect(bound.withHeadroom(1000)).toBe(4000);
  });
});

describe("losses", () => {
  const P = 1000;

  it("are congestion from 2 % on with a queue, from 8 % on without", () => {
    const losses = new LossModel();
    expect(losses.isTooHigh(2 * P, 100 * P, P, true)).toBe(false);
    expect(losses.isTooHigh(3 * P, 100 * P, P, true)).toBe(true);
    expect(losses.isTooHigh(8 * P, 100 * P, P, false)).toBe(false);
    expect(losses.isTooHigh(9 * P, 100 * P, P, false)).toBe(true);
    expect(losses.isTooHigh(3 * P, 10 * P, P, false)).toBe(false);
  });

  it("are congestion from 2 % on without a queue too, where cruising loses nothing", () => {
    const losses = new LossModel();
    for (let round = 0; round < 40; round++) {
      losses.noteDelivery(100, 50 * P, 50 * P, 0, 0);
      losses.noteCruise();
      losses.endRound();
    }
    expect(losses.threshold(false)).toBeCloseTo(0.02, 3);
    for (let round = 0; round < 40; round++) {
      losses.noteLoss(2 * P, 0, true);
      losses.noteDelivery(100, 50 * P, 98 * P, 0, 0);
      losses.noteCruise();
      losses.endRound();
    }
    expect(losses.threshold(false)).toBeCloseTo(0.06, 3);
  });

  it("cut the bounds to what was delivered, by 30 % at most, and only with a queue or in plenty", () => {
    const losses = new LossModel();
    losses.noteLoss(2 * P, 0, true);
    losses.noteDelivery(90, 95 * P, 98 * P, 0, 0);
    losses.adaptBounds(100, 200 * P, false);
    expect(losses.bandwidthBound).toBe(Number.POSITIVE_INFINITY);
    losses.adaptBounds(100, 200 * P, true);
    expect([losses.bandwidthBound, losses.inflightBound]).toEqual([90, 140 * P]);
    losses.resetBounds();
    losses.noteLoss(20 * P, 0, false);
    losses.adaptBounds(200, 200 * P, false);
    expect(losses.bandwidthBound).toBeCloseTo(140);
    losses.undo(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
    expect(losses.inflightBound).toBe(Number.POSITIVE_INFINITY);
  });

  it("happened where they crossed the threshold", () => {
    expect(inflightAtLoss(1000, 1000, 100_000, 0.02)).toBeCloseTo(99_000 + 1980 / 0.98);
    expect(inflightAtLoss(1000, 9000, 2000, 0.02)).toBe(1000);
    expect(inflightAtLoss(1000, 1000, 0, 0.02)).toBe(0);
  });
});

describe("the burst", () => {
  it("covers two milliseconds, with four packets at least and 62 or 256 KiB at most", () => {
    expect(pacedBurstBytes(12_500, 1200, 2)).toBe(50_000);
    expect(pacedBurstBytes(10, 1200, 0)).toBe(4800);
    expect(pacedBurstBytes(12_500, 1200, 0)).toBe(25_000);
    expect(pacedBurstBytes(1e6, 1200, 0)).toBe(62 * 1200);
    expect(pacedBurstBytes(1e6, 16_384, 0)).toBe(256 * 1024);
  });

  it("is larger by what a timer waits for: a sixteenth of the round trip, 1.1 ms at most", () => {
    expect([0.4, 8, 16, 600].map((rttMs) => pacedTurnMs(rttMs))).toEqual([0.025, 0.5, 1, 1.1]);
    expect(pacedTurnMs(Number.POSITIVE_INFINITY)).toBe(0);
  });
});

describe("a queue that stays", () => {
  /** Rounds of these round trips, each twice, after one of 100 ms; many, so that the average follows. */
  function afterRounds(...rttsMs: number[]): RttModel {
    const rtt = new RttModel();
    rtt.update(0, 100);
    for (let round = 0; round < 40; round += 1) {
      rtt.startRound();
      for (const rttMs of [...rttsMs, ...rttsMs]) rtt.update(round, rttMs);
    }
    rtt.startRound();
    return rtt;
  }

  it.each<[string, number[], boolean]>([
    ["as long as the path itself", [100 * SHARED_RTT_FACTOR - 1], true],
    ["longer than that", [100 * SHARED_RTT_FACTOR + 2], false],
    ["as short as that of one flow like ours", [103], true],
    ["that is none", [102], false],
    ["with round trips that differ as by jitter", [130, 190], false],
    ["with round trips that differ a little", [160, 160 / SHARED_STEADY_PART - 10], true],
  ])("%s", (_what, rttsMs, isShared) => {
    expect(afterRounds(...rttsMs).isQueueShared(0)).toBe(isShared);
  });

  it.each([
    [9, true],
    [10, false],
  ])("of 110 ms where %i of them may be our own", (ownMs, isShared) => {
    expect(afterRounds(110).isQueueShared(ownMs)).toBe(isShared);
  });

  it("is that of a LAN: too short to tell", () => {
    const rtt = new RttModel();
    rtt.update(0, 1.4);
    for (let round = 0; round < 4; round += 1) {
      rtt.startRound();
      rtt.update(round, 2.7);
    }
    expect(rtt.isQueueShared(0)).toBe(false);
  });

  it.each<[string, number, boolean]>([
    ["none but our own", 102, false],
    ["of a few like us", 111, true],
    ["of somebody who fills it", 113, false],
  ])("is calm or not: %s", (_what, rttMs, isCalm) => {
    expect(afterRounds(rttMs).isCalm).toBe(isCalm);
  });

  it("is calm with the noise of round trips on top", () => {
    const rtt = afterRounds(113);
    for (let round = 0; round < NOISE_SPAN_ROUNDS; round += 1) rtt.noise.noteRound(100 * round, 110 + 3 * (round % 2));
    expect(rtt.isCalm).toBe(true);
  });
});
