// Round-trip samples: min_rtt and when to measure it again (draft-ietf-ccwg-bbr 5.3.4.3), and, ours, whether the
// current or the last round saw a queue. A round is judged by its smallest sample: a machine that stalls for 100 ms
// delays many samples, but hardly all of a round.
import { RttNoise } from "./bbr-noise.ts";
import {
  FRESH_RTT_FACTOR,
  FRESH_RTT_MARGIN_MS,
  LOW_RTT_MS,
  MIN_RTT_WINDOW_MS,
  PROBE_RTT_INTERVAL_MS,
  QUEUE_RTT_FACTOR,
  QUEUE_RTT_MARGIN_MS,
  RAISED_RTT_FACTOR,
  RAISED_RTT_MARGIN_MS,
  RTT_MIN_MS,
  SHARED_CALM_FACTOR,
  SHARED_CALM_MARGIN_MS,
  SHARED_RTT_FACTOR,
  SHARED_STEADY_PART,
  STARTUP_RTT_DIVISOR,
  STARTUP_RTT_MAX_RISE_MS,
  STARTUP_RTT_MIN_RISE_MS,
  STARTUP_RTT_SAMPLES,
} from "./bbr-parameters.ts";

export class RttModel {
  /** What the smallest round trips of rounds are above those of quiet ones. */
  readonly noise = new RttNoise();
  #smoothedMs = 0;
  #minMs = Number.POSITIVE_INFINITY;
  #minAtMs = 0;
  #probeMinMs = Number.POSITIVE_INFINITY;
  #probeMinAtMs = 0;
  #isProbeDue = false;
  #roundMinMs = Number.POSITIVE_INFINITY;
  #roundSamples = 0;
  #lastRoundMinMs = Number.POSITIVE_INFINITY;
  #priorRoundMinMs = Number.POSITIVE_INFINITY;

  /** RFC 6298's SRTT; 0 while unknown. */
  get smoothedMs(): number {
    return this.#smoothedMs;
  }

  /** Infinity while unknown. */
  get minMs(): number {
    return this.#minMs;
  }

  /** No smaller round trip was seen for five seconds, at the last sample or check. */
  get isProbeDue(): boolean {
    return this.#isProbeDue;
  }

  /** The smallest of the last complete round; Infinity while there is none. */
  get lastRoundMinMs(): number {
    return this.#lastRoundMinMs;
  }

  /** The gate: the current or the last complete round had no round trip without waiting in a queue. */
  get isQueued(): boolean {
    const limitMs = QUEUE_RTT_FACTOR * this.#minMs + QUEUE_RTT_MARGIN_MS;
    return (
      (this.#roundSamples > 0 && this.#roundMinMs > limitMs) ||
      (this.#lastRoundMinMs > limitMs && this.#lastRoundMinMs < Number.POSITIVE_INFINITY)
    );
  }

  /** The last two complete rounds saw a queue: a stalling machine does not keep that up, a full bottleneck does. */
  get isQueuedFirmly(): boolean {
    const limitMs = QUEUE_RTT_FACTOR * this.#minMs + QUEUE_RTT_MARGIN_MS;
    const leastMs = Math.min(this.#lastRoundMinMs, this.#priorRoundMinMs);
    return leastMs > limitMs && leastMs < Number.POSITIVE_INFINITY;
  }

  /**
   * A queue stays that does not exceed what the path itself holds. A longer one is of senders who fill whatever there is:
   * they would take all of it. Round trips that differ much within a round are of jitter, and those of a LAN are too short to tell.
   * @param ownMs - as much of it may be our own, beyond what shows that there is none
   */
  isQueueShared(ownMs: number): boolean {
    const leastMs = Math.min(this.#lastRoundMinMs, this.#priorRoundMinMs);
    const limitMs = Math.max(FRESH_RTT_FACTOR * this.#minMs, this.#minMs + ownMs) + FRESH_RTT_MARGIN_MS;
    const isSteady = this.#lastRoundMinMs >= SHARED_STEADY_PART * this.#smoothedMs;
    const isQueued = leastMs > limitMs && leastMs < Number.POSITIVE_INFINITY;
    return isQueued && isSteady && !this.isLong && this.#minMs > LOW_RTT_MS;
  }

  /** Round trips are on average beyond those of a queue that flows like ours make. */
  get isLong(): boolean {
    return this.#smoothedMs > SHARED_RTT_FACTOR * this.#minMs;
  }

  /**
   * There is a queue, and it is about the one that a few flows like ours keep together: noise adds to round trips, and to what
   * is kept for its sake.
   */
  get isCalm(): boolean {
    const isQueued = this.#smoothedMs > FRESH_RTT_FACTOR * this.#minMs + FRESH_RTT_MARGIN_MS;
    const mostMs = SHARED_CALM_FACTOR * this.#minMs + SHARED_CALM_MARGIN_MS + 2 * this.noise.meanMs;
    return isQueued && this.#smoothedMs <= mostMs;
  }

  /** Round trips are on average above the smallest by more than timers explain: a queue, a shallow one too. */
  get isRaised(): boolean {
    return this.#smoothedMs > RAISED_RTT_FACTOR * this.#minMs + RAISED_RTT_MARGIN_MS;
  }

  /** Start-up's sign of a full pipe, from the current round's samples. */
  get isRoundRising(): boolean {
    return this.#roundSamples >= STARTUP_RTT_SAMPLES && this.#roundMinMs > this.#minMs + this.#allowedRiseMs();
  }

  /** The same for the round that ended last. */
  get isLastRoundRising(): boolean {
    return (
      this.#lastRoundMinMs < Number.POSITIVE_INFINITY && this.#lastRoundMinMs > this.#minMs + this.#allowedRiseMs()
    );
  }

  startRound(): void {
    this.#priorRoundMinMs = this.#lastRoundMinMs;
    this.#lastRoundMinMs = this.#roundMinMs;
    this.#roundMinMs = Number.POSITIVE_INFINITY;
    this.#roundSamples = 0;
  }

  /** Call once per acknowledgement; `sampleMs` undefined: it brought no sample. */
  update(nowMs: number, sampleMs: number | undefined): void {
    const isFirst = this.#smoothedMs === 0;
    this.#isProbeDue = !isFirst && nowMs > this.#probeMinAtMs + PROBE_RTT_INTERVAL_MS;
    if (sampleMs === undefined || !(sampleMs >= 0 && sampleMs < Number.POSITIVE_INFINITY)) {
      return;
    }
    const rttMs = Math.max(sampleMs, RTT_MIN_MS);
    this.#smoothedMs = isFirst ? rttMs : this.#smoothedMs + (rttMs - this.#smoothedMs) / 8;
    this.#roundSamples++;
    if (rttMs < this.#roundMinMs) {
      this.#roundMinMs = rttMs;
    }
    if (rttMs < this.#probeMinMs || this.#isProbeDue) {
      this.#probeMinMs = rttMs;
      this.#probeMinAtMs = nowMs;
    } else if (rttMs <= FRESH_RTT_FACTOR * this.#probeMinMs + FRESH_RTT_MARGIN_MS) {
      this.#probeMinAtMs = nowMs;
    }
    if (this.#probeMinMs < this.#minMs || nowMs > this.#minAtMs + MIN_RTT_WINDOW_MS) {
      this.#minMs = this.#probeMinMs;
      this.#minAtMs = this.#probeMinAtMs;
    }
  }

  /** PROBE_RTT is over: the next one is due in five seconds. */
  noteProbeDone(nowMs: number): void {
    this.#probeMinAtMs = nowMs;
    this.#isProbeDue = false;
  }

  #allowedRiseMs(): number {
    const part = this.#minMs / STARTUP_RTT_DIVISOR;
    return Math.min(Math.max(part, STARTUP_RTT_MIN_RISE_MS), STARTUP_RTT_MAX_RISE_MS);
  }
}
