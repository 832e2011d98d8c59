// Losses outside of a probe: one "loss round" at a time, its rate of loss, and the resulting short-term
// bounds (draft-ietf-ccwg-bbr 5.5.10.3). Ours is the gate: without a queue only heavy loss cuts the bounds.
import {
  BETA,
  LOSS_BASELINE_FACTOR,
  LOSS_BASELINE_INITIAL,
  LOSS_BASELINE_WEIGHT,
  LOSS_MIN_PACKETS,
  LOSS_MIN_RATE,
  LOSS_THRESHOLD,
  LOSS_THRESHOLD_QUEUED,
} from "./bbr-parameters.ts";

/**
 * The inflight at which losses crossed the threshold, within the lost packet of `bytes` that revealed it: draft
 * 5.5.10.2, InflightAtLoss. At least 0.
 */
export function inflightAtLoss(bytes: number, lostBytes: number, inflightBytes: number, threshold: number): number {
  const inflightBefore = inflightBytes - bytes;
  const lostBefore = lostBytes - bytes;
  const prefix = (threshold * inflightBefore - lostBefore) / (1 - threshold);
  return Math.max(0, inflightBefore + Math.max(0, prefix));
}

export class LossModel {
  #bandwidthBound = Number.POSITIVE_INFINITY;
  #inflightBound = Number.POSITIVE_INFINITY;
  #latestBandwidth = 0;
  #latestInflightBytes = 0;
  #roundEndDelivered = 0;
  #isRoundStart = false;
  #hasLoss = false;
  #lostBytes = 0;
  #ackedBytes = 0;
  #lostRanges = 0;
  #baseline = LOSS_BASELINE_INITIAL;

  /** bw_shortterm; Infinity: none. */
  get bandwidthBound(): number {
    return this.#bandwidthBound;
  }

  /** inflight_shortterm; Infinity: none. */
  get inflightBound(): number {
    return this.#inflightBound;
  }

  /** Largest volume delivered within one sample of the last round. */
  get latestInflightBytes(): number {
    return this.#latestInflightBytes;
  }

  get hasLoss(): boolean {
    return this.#hasLoss;
  }

  get lostRanges(): number {
    return this.#lostRanges;
  }

  /** Lost fraction of the bytes sent in this loss round; 0 … 1. */
  get rate(): number {
    const total = this.#lostBytes + this.#ackedBytes;
    return total > 0 ? this.#lostBytes / total : 0;
  }

  /** Fraction of a flight whose loss counts as congestion. */
  threshold(isQueued: boolean): number {
    return isQueued
      ? LOSS_THRESHOLD_QUEUED
      : Math.min(LOSS_THRESHOLD, LOSS_THRESHOLD_QUEUED + LOSS_BASELINE_FACTOR * this.#baseline);
  }

  /** Whether more was in flight than the path holds. `lostBytes` of the `inflightBytes` in flight are lost. */
  isTooHigh(lostBytes: number, inflightBytes: number, packetBytes: number, isQueued: boolean): boolean {
    const least = isQueued ? 0 : LOSS_MIN_PACKETS * packetBytes;
    return lostBytes > least && lostBytes > inflightBytes * this.threshold(isQueued);
  }

  /** Call at the end of a round that sent at the estimated rate and saw no queue: its losses are random. */
  noteCruise(): void {
    this.#baseline += (this.rate - this.#baseline) * LOSS_BASELINE_WEIGHT;
  }

  /** A packet is lost. The first loss starts the loss round, which ends when data sent from now on is delivered. */
  noteLoss(bytes: number, deliveredBytes: number, isNewRange: boolean): void {
    if (!this.#hasLoss) {
      this.#hasLoss = true;
      this.#roundEndDelivered = deliveredBytes;
      this.#lostBytes = 0;
      this.#ackedBytes = 0;
      this.#lostRanges = 0;
    }
    this.#lostBytes += bytes;
    if (isNewRange) {
      this.#lostRanges++;
    }
  }

  /** Takes the signals of one acknowledgement. @returns whether a loss round ends with it */
  noteDelivery(
    rate: number,
    sampleBytes: number,
    ackedBytes: number,
    priorDelivered: number,
    delivered: number,
  ): boolean {
    this.#latestBandwidth = Math.max(this.#latestBandwidth, rate);
    this.#latestInflightBytes = Math.max(this.#latestInflightBytes, sampleBytes);
    this.#ackedBytes += ackedBytes;
    this.#isRoundStart = priorDelivered >= this.#roundEndDelivered;
    if (this.#isRoundStart) {
      this.#roundEndDelivered = delivered;
    }
    return this.#isRoundStart;
  }

  /** Cuts the bounds towards the amount delivered in the round that ends, but not below BETA times their value. */
  adaptBounds(maxBandwidth: number, cwndBytes: number, isQueued: boolean): void {
    if (!this.#hasLoss || this.rate <= (isQueued ? LOSS_MIN_RATE : this.threshold(false))) {
      return;
    }
    if (maxBandwidth > 0) {
      const bandwidth = this.#bandwidthBound < Number.POSITIVE_INFINITY ? this.#bandwidthBound : maxBandwidth;
      this.#bandwidthBound = Math.max(this.#latestBandwidth, BETA * bandwidth);
    }
    const inflight = this.#inflightBound < Number.POSITIVE_INFINITY ? this.#inflightBound : cwndBytes;
    this.#inflightBound = Math.max(this.#latestInflightBytes, BETA * inflight);
  }

  /** The same for the bandwidth alone, in a round that need not have lost anything: the queue shows enough. */
  adaptBandwidth(): void {
    if (!this.#hasLoss) this.#bandwidthBound = Math.max(this.#latestBandwidth, BETA * this.#bandwidthBound);
  }

  /** Call after the bounds were adapted: a new loss round starts. */
  endRound(): void {
    this.#hasLoss = false;
    this.#lostBytes = 0;
    this.#ackedBytes = 0;
    this.#lostRanges = 0;
  }

  /** Call at the end of each acknowledgement: a new round's maxima start with the sample that started it. */
  advance(rate: number, sampleBytes: number): void {
    if (this.#isRoundStart) {
      this.#latestBandwidth = rate;
      this.#latestInflightBytes = sampleBytes;
    }
  }

  /** Forgets the current loss round. */
  resetSignals(): void {
    this.#hasLoss = false;
    this.#latestBandwidth = 0;
    this.#latestInflightBytes = 0;
  }

  /** Forgets the bounds: a probe starts. */
  resetBounds(): void {
    this.#bandwidthBound = Number.POSITIVE_INFINITY;
    this.#inflightBound = Number.POSITIVE_INFINITY;
  }

  /** The losses were spurious: restores at least the bounds from before them. */
  undo(bandwidthBound: number, inflightBound: number): void {
    this.#hasLoss = false;
    this.#bandwidthBound = Math.max(this.#bandwidthBound, bandwidthBound);
    this.#inflightBound = Math.max(this.#inflightBound, inflightBound);
  }
}
