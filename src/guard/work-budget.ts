// How much of a kind of work others may make us do: a token bucket. Time comes in, it reads no clock.

export class WorkBudget {
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #lastMs: number | undefined;

  /**
   * @param perSecond - pieces of work in the long run; > 0
   * @param burst - pieces at once after a pause; ≥ 1
   */
  constructor(perSecond: number, burst: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#tokens = burst;
  }

  /**
   * @param nowMs - of a clock that never goes back
   * @returns whether one more piece of work may be done; it counts as done then
   */
  take(nowMs: number): boolean {
    const passedMs = nowMs - (this.#lastMs ?? nowMs);
    this.#lastMs = nowMs;
    this.#tokens = Math.min(this.#burst, this.#tokens + (passedMs * this.#perSecond) / 1_000);
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
