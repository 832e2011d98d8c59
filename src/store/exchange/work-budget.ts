// How much work may be done for files that somebody else has put into the folder. A few at once, then as much as leaves
// the machine to its owner.

/** In units of the costliest try. */
const AT_ONCE = 8;
/** The costliest try takes about a second: a quarter of one core at most. */
const REFILL_MS = 4_000;

export class WorkBudget {
  readonly #now: () => number;
  #left = AT_ONCE;
  #sinceMs: number;

  /** @param now - monotonic, in milliseconds */
  constructor(now: () => number) {
    this.#now = now;
    this.#sinceMs = now();
  }

  /**
   * @param cost - above 0; 1 is the costliest try
   * @returns whether it may be done now; it counts as done then
   */
  takes(cost: number): boolean {
    const nowMs = this.#now();
    this.#left = Math.min(AT_ONCE, this.#left + (nowMs - this.#sinceMs) / REFILL_MS);
    this.#sinceMs = nowMs;
    if (this.#left < cost) return false;
    this.#left -= cost;
    return true;
  }
}
