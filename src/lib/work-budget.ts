// A token bucket: limits how much work of one kind others can cause. The caller passes the time; it reads no clock.

export class WorkBudget {
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #lastMs: number | undefined;

  /**
   * @param perSecond - long-term rate in units of work; > 0
   * @param burst - units that may be done at once after a pause; ≥ 1
   */
  constructor(perSecond: number, burst: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#tokens = burst;
  }

  /**
   * @param nowMs - of a clock that never goes back
   * @param units - above 0, at most the burst
   * @returns whether so much more work may be done; if so, it is counted
   */
  take(nowMs: number, units = 1): boolean {
    const passedMs = nowMs - (this.#lastMs ?? nowMs);
    this.#lastMs = nowMs;
    this.#tokens = Math.min(this.#burst, this.#tokens + (passedMs * this.#perSecond) / 1_000);
    if (this.#tokens < units) return false;
    this.#tokens -= units;
    return true;
  }
}
