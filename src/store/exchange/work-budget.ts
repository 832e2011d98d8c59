// The work budget for files that somebody else has put into the folder: a burst of a few files, then a rate that leaves
// most of the machine to its owner.

/** Size of the burst, in units of the costliest attempt. */
const AT_ONCE = 8;
/** Time per unit. The costliest attempt takes about a second, so this uses a quarter of one core at most. */
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
   * @param cost - above 0; 1 is the costliest attempt
   * @returns whether the work may be done now; if so, it counts as done
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
