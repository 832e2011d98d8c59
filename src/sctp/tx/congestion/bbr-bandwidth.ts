// The path's maximum delivery rate: the max filter over the last two probing cycles (draft-ietf-ccwg-bbr 5.5.2 to
// 5.5.6), and how much more than that arrives at once because of aggregated acknowledgements (5.5.9).
import { EXTRA_ACKED_ROUNDS } from "./bbr-parameters.ts";

/** Largest delivery rate of this probing cycle and the one before; bytes per millisecond, 0 while unknown. */
export class BandwidthFilter {
  #previous = 0;
  #current = 0;

  get max(): number {
    return this.#previous > this.#current ? this.#previous : this.#current;
  }

  /** `rate`: finite, ≥ 0. */
  add(rate: number): void {
    if (rate > this.#current) {
      this.#current = rate;
    }
  }

  /** The path has become slower than the known rates say: until the next cycle it counts as no faster than `rate`. */
  limit(rate: number): void {
    this.#previous = Math.min(this.max, rate);
    this.#current = 0;
  }

  /** A probing cycle ended. A cycle without a sample does not count: the known rate would be forgotten needlessly. */
  advance(): void {
    if (this.#current > 0) {
      this.#previous = this.#current;
      this.#current = 0;
    }
  }
}

/** Bytes acknowledged beyond what the estimated bandwidth explains; the largest of the last rounds. */
export class AckAggregation {
  readonly #byRound = new Float64Array(EXTRA_ACKED_ROUNDS);
  #slot = 0;
  #max = 0;
  #startedAtMs = 0;
  #ackedBytes = 0;

  get extraBytes(): number {
    return this.#max;
  }

  /** A new interval starts: nothing was in flight before `nowMs`. */
  restart(nowMs: number): void {
    this.#startedAtMs = nowMs;
    this.#ackedBytes = 0;
  }

  /** A round trip ended; `isLongMemory`: remember ten rounds, else only the one that starts. */
  startRound(isLongMemory: boolean): void {
    if (isLongMemory) {
      this.#slot = (this.#slot + 1) % EXTRA_ACKED_ROUNDS;
      this.#byRound[this.#slot] = 0;
    } else {
      this.#byRound.fill(0);
    }
    let max = 0;
    for (const bytes of this.#byRound) {
      if (bytes > max) {
        max = bytes;
      }
    }
    this.#max = max;
  }

  add(nowMs: number, ackedBytes: number, bandwidth: number, cwndBytes: number): void {
    let expected = bandwidth * (nowMs - this.#startedAtMs);
    if (!(this.#ackedBytes > expected)) {
      this.#ackedBytes = 0;
      this.#startedAtMs = nowMs;
      expected = 0;
    }
    this.#ackedBytes += ackedBytes;
    const extra = Math.min(this.#ackedBytes - expected, cwndBytes);
    if (extra > (this.#byRound[this.#slot] ?? 0)) {
      this.#byRound[this.#slot] = extra;
      if (extra > this.#max) {
        this.#max = extra;
      }
    }
  }
}
