// When each candidate pair is checked: one check at a time begins, each pair again and again until one is selected,
// slowly after the first minute (RFC 8445 §6.1.4.2). This is the one place where checks begin, so that nobody makes this
// side send faster than docs/security.md promises.

/** Pace of new checks, Ta of RFC 8445 §14.2. */
export const CHECK_PACE_MS = 50;
/**
 * A pair that is not selected is checked again this long after its last check; slower once people are waiting. Whoever
 * is nominated between two packets of a check waits for the next one, up to 2 s and this: 5 s is all there is.
 */
export const RECHECK_MS = 500;
export const RECHECK_SLOW_MS = 1_000;
export const RECHECK_SLOW_AFTER_MS = 60_000;

/** What the schedule needs to know of a pair. */
export interface SchedulablePair {
  /** Its check is under way. */
  readonly isBeingChecked: boolean;
}

/** In which order pairs are checked. `Pair` is whatever the owner knows a pair by. */
export class CheckSchedule<Pair extends SchedulablePair> {
  readonly #lastCheckMs = new WeakMap<Pair, number>();
  /** Checked before all others; at most as many as there are pairs. RFC 8445 §6.1.4.1. */
  #triggered = new Set<Pair>();
  #state: "stopped" | "settled" | "running" = "stopped";
  #startedMs = 0;
  /** When the last check began: the pace is kept over starts and stops. */
  #begunMs = Number.NEGATIVE_INFINITY;
  #nextLookMs = Number.POSITIVE_INFINITY;

  /** Checks all pairs until `settle` or `stop`. */
  start(nowMs: number): void {
    this.#state = "running";
    this.#startedMs = nowMs;
    this.#nextLookMs = this.#paced(nowMs);
  }

  /** A pair is selected: only those that are triggered are still checked. */
  settle(): void {
    if (this.#state === "running") this.#state = "settled";
  }

  /** Nothing is checked any more. */
  stop(): void {
    this.#state = "stopped";
    this.#triggered.clear();
    this.#nextLookMs = Number.POSITIVE_INFINITY;
  }

  /** Time since `start`, in milliseconds; undefined when not all pairs are checked. */
  runningMs(nowMs: number): number | undefined {
    return this.#state === "running" ? nowMs - this.#startedMs : undefined;
  }

  /** Lets this pair have its turn before others: the peer has checked it, for example. RFC 8445 §7.3.1.4. */
  trigger(pair: Pair, nowMs: number): void {
    if (this.#state === "stopped" || this.#triggered.has(pair)) return;
    this.#triggered.add(pair);
    this.#nextLookMs = Math.min(this.#nextLookMs, this.#paced(nowMs));
  }

  /** A check of this pair has ended. */
  noteChecked(pair: Pair, nowMs: number): void {
    this.#lastCheckMs.set(pair, nowMs);
  }

  nextDeadlineMs(): number {
    return this.#nextLookMs;
  }

  /**
   * The pair whose check begins now, if one is due.
   * @param pairs - all that there are, best first
   */
  takeDue(pairs: readonly Pair[], nowMs: number): Pair | undefined {
    if (nowMs < this.#nextLookMs) return undefined;
    const { pair, dueMs } = this.#nextDue(pairs, nowMs);
    const isDue = pair !== undefined && dueMs <= nowMs;
    if (isDue) {
      this.#triggered.delete(pair);
      this.#lastCheckMs.set(pair, nowMs);
      this.#begunMs = nowMs;
    }
    if (this.#triggered.size > 0) this.#nextLookMs = this.#paced(nowMs);
    else if (this.#state === "running") this.#nextLookMs = nowMs + Math.max(CHECK_PACE_MS, dueMs - nowMs);
    else this.#nextLookMs = Number.POSITIVE_INFINITY;
    return isDue ? pair : undefined;
  }

  /** Never before the pace allows the next check. */
  #paced(nowMs: number): number {
    return Math.max(nowMs, this.#begunMs + CHECK_PACE_MS);
  }

  #nextDue(pairs: readonly Pair[], nowMs: number): { pair: Pair | undefined; dueMs: number } {
    // One of an earlier list is none any more, and one that is being checked needs no other check.
    this.#triggered = new Set([...this.#triggered].filter((pair) => pairs.includes(pair) && !pair.isBeingChecked));
    const [triggered] = this.#triggered;
    if (triggered !== undefined) return { pair: triggered, dueMs: nowMs };
    const recheckMs = nowMs - this.#startedMs < RECHECK_SLOW_AFTER_MS ? RECHECK_MS : RECHECK_SLOW_MS;
    let next: Pair | undefined;
    let nextDueMs = nowMs + recheckMs;
    if (this.#state !== "running") return { pair: next, dueMs: nextDueMs };
    for (const pair of pairs) {
      if (pair.isBeingChecked) continue;
      const dueMs = (this.#lastCheckMs.get(pair) ?? Number.NEGATIVE_INFINITY) + recheckMs;
      if (dueMs < nextDueMs) {
        next = pair;
        nextDueMs = dueMs;
      }
    }
    return { pair: next, dueMs: nextDueMs };
  }
}
