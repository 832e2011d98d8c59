// Rate limit for reports of the same kind: somebody who changes a file ten times a second must not fill the screen, and
// rarer kinds are still reported. It knows nothing of files.
import { RecentMap } from "../../lib/recent-map.ts";

/** Burst per kind: a user who tries again gets an answer each time. */
const FREE_PER_KIND = 4;
/** Burst over all kinds together; after that one report per interval. */
const FREE_IN_ALL = 30;
const REFILL_MS = 10_000;
const MAX_KINDS = 1_000;

/** Waits between two reports of a kind: the first one, which doubles each time up to the last. */
export interface Waits {
  readonly firstMs: number;
  readonly lastMs: number;
  /** There is only one kind, so no limit applies to all kinds together. */
  readonly isAlone?: boolean;
}

/** Between reports of texts that others have put somewhere and that are refused with the same code. */
export const REFUSAL_WAITS: Waits = { firstMs: 5_000, lastMs: 600_000 };

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

  /** Returns whether a report of this kind is admitted now; if so, it counts as made. */
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
