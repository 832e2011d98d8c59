// How often a person is told the same kind of thing: somebody who changes a file ten times a second must not fill the
// screen, and what is told less often is told all the same. Knows no files.
import { RecentMap } from "../../lib/recent-map.ts";

/** As often at once: a person who tries again is answered each time. */
const FREE_PER_KIND = 4;
/** Of all kinds together; then one in so long. */
const FREE_IN_ALL = 30;
const REFILL_MS = 10_000;
const MAX_KINDS = 1_000;

/** How long to wait between two of a kind: at first, and twice as long each time up to the last. */
export interface Waits {
  readonly firstMs: number;
  readonly lastMs: number;
  /** There is only one kind: nothing limits all of them together. */
  readonly isAlone?: boolean;
}

interface Kind {
  free: number;
  waitMs: number;
  nextMs: number;
}

export class TellingPace {
  readonly #now: () => number;
  readonly #waits: Waits;
  readonly #kinds = new RecentMap<Kind>(MAX_KINDS);
  #left = FREE_IN_ALL;
  #refilledMs: number;

  /** @param now - monotonic, in milliseconds */
  constructor(now: () => number, waits: Waits) {
    this.#now = now;
    this.#waits = waits;
    this.#refilledMs = now();
  }

  /** Whether something of this kind may be told now; it counts as told then. */
  admits(kind: string): boolean {
    const nowMs = this.#now();
    const refill = Math.floor((nowMs - this.#refilledMs) / REFILL_MS);
    this.#refilledMs += refill * REFILL_MS;
    this.#left = Math.min(FREE_IN_ALL, this.#left + refill);
    const known = this.#kinds.get(kind);
    const state =
      known === undefined || nowMs > known.nextMs + this.#waits.lastMs
        ? { free: FREE_PER_KIND, waitMs: this.#waits.firstMs, nextMs: nowMs }
        : known;
    if (nowMs < state.nextMs || (this.#left === 0 && this.#waits.isAlone !== true)) return false;
    this.#left = Math.max(0, this.#left - 1);
    state.free -= 1;
    state.nextMs = nowMs;
    if (state.free <= 0) {
      state.nextMs = nowMs + state.waitMs;
      state.waitMs = Math.min(this.#waits.lastMs, state.waitMs * 2);
    }
    this.#kinds.set(kind, state);
    return true;
  }
}
