// The least delay of the last seconds, in constant room: of two spans, the one before and the one that runs.

const SPAN_MS = 10_000;

export class LeastDelay {
  #before = Infinity;
  #now = Infinity;
  #spanAtMs = -Infinity;

  /** @returns the least delay of the last 10 to 20 s, this one included */
  least(delayMs: number, nowMs: number): number {
    if (nowMs - this.#spanAtMs >= SPAN_MS) {
      this.#before = this.#now;
      this.#now = Infinity;
      this.#spanAtMs = nowMs;
    }
    this.#now = Math.min(this.#now, delayMs);
    return Math.min(this.#before, this.#now);
  }
}
