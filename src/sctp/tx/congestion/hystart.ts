// HyStart++ (RFC 9406): ends slow start when the smallest round trip of a round rises, before the queue overflows.
// A rise is believed only after five rounds of slower growth ("conservative slow start"), in which a smaller round
// trip cancels it.

const MIN_RTT_THRESH_MS = 4;
const MAX_RTT_THRESH_MS = 16;
const MIN_RTT_DIVISOR = 8;
const N_RTT_SAMPLE = 8;
const CSS_GROWTH_DIVISOR = 4;
const CSS_ROUNDS = 5;

export class HyStart {
  #roundEndDelivered = 0;
  #roundMinMs = Number.POSITIVE_INFINITY;
  #lastRoundMinMs = Number.POSITIVE_INFINITY;
  #samples = 0;
  /** Infinity: in slow start proper. */
  #baselineMs = Number.POSITIVE_INFINITY;
  #cssRounds = 0;

  /** Divisor of slow start's growth by acknowledged bytes: 1, or 4 while a rise is being checked. */
  get growthDivisor(): number {
    return this.#baselineMs < Number.POSITIVE_INFINITY ? CSS_GROWTH_DIVISOR : 1;
  }

  /** Slow start restarts. */
  restart(deliveredBytes: number): void {
    this.#roundEndDelivered = deliveredBytes;
    this.#roundMinMs = Number.POSITIVE_INFINITY;
    this.#lastRoundMinMs = Number.POSITIVE_INFINITY;
    this.#samples = 0;
    this.#baselineMs = Number.POSITIVE_INFINITY;
    this.#cssRounds = 0;
  }

  /** Handles an acknowledgement in slow start. @returns whether it is over. `rttMs` undefined: no round-trip sample. */
  handleAck(priorDeliveredBytes: number, deliveredBytes: number, rttMs: number | undefined): boolean {
    if (priorDeliveredBytes >= this.#roundEndDelivered) {
      this.#roundEndDelivered = deliveredBytes;
      this.#lastRoundMinMs = this.#roundMinMs;
      this.#roundMinMs = Number.POSITIVE_INFINITY;
      this.#samples = 0;
      if (this.#baselineMs < Number.POSITIVE_INFINITY) {
        this.#cssRounds++;
        if (this.#cssRounds >= CSS_ROUNDS) {
          return true;
        }
      }
    }
    if (rttMs === undefined) {
      return false;
    }
    this.#roundMinMs = Math.min(this.#roundMinMs, rttMs);
    this.#samples++;
    if (this.#samples < N_RTT_SAMPLE) {
      return false;
    }
    if (this.#baselineMs < Number.POSITIVE_INFINITY) {
      if (this.#roundMinMs < this.#baselineMs) {
        this.#baselineMs = Number.POSITIVE_INFINITY;
      }
    } else if (this.#lastRoundMinMs < Number.POSITIVE_INFINITY) {
      const part = this.#lastRoundMinMs / MIN_RTT_DIVISOR;
      const thresholdMs = Math.max(MIN_RTT_THRESH_MS, Math.min(part, MAX_RTT_THRESH_MS));
      if (this.#roundMinMs >= this.#lastRoundMinMs + thresholdMs) {
        this.#baselineMs = this.#roundMinMs;
        this.#cssRounds = 0;
      }
    }
    return false;
  }
}
