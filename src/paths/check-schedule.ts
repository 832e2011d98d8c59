// The schedule of connectivity checks: they start one at a time, and each pair is rechecked until one is selected,
// slowly after the first minute (RFC 8445 §6.1.4.2). No other code starts checks, so nobody can make this side send
// faster than docs/security.md promises.

/** Pace of new checks, Ta of RFC 8445 §14.2. */
export const CHECK_PACE_MS = 50;
/**
 * A pair that is not selected is rechecked this long after its last check; slower once people are waiting. A side that
 * is nominated between two packets of a check waits for the next one, up to 2 s plus this, and has 5 s in all.
 */
export const RECHECK_MS = 500;
export const RECHECK_SLOW_MS = 1_000;
export const RECHECK_SLOW_AFTER_MS = 60_000;
/** The same beside a pair that carries already: a network that blocks the other kind may do so for ever. */
const RECHECK_BESIDE_MS = 30_000;

/** A pair as the schedule sees it. */
export interface SchedulablePair {
  /** Its check is in progress. */
  readonly isBeingChecked: boolean;
}

/** Decides the order in which pairs are checked. `Pair` is whatever the owner identifies a pair by. */
export class CheckSchedule<Pair extends SchedulablePair> {
  readonly #lastCheckMs = new WeakMap<Pair, number>();
  /** The triggered checks come before all others; there are at most as many as pairs. RFC 8445 §6.1.4.1. */
  #triggered = new Set<Pair>();
  #state: "stopped" | "settled" | "running" = "stopped";
  #isWanted: (pair: Pair) => boolean = () => true;
  #slowMs = RECHECK_SLOW_MS;
  #startedMs = 0;
  /** When the last check started: the pace holds across starts and stops. */
  #begunMs = Number.NEGATIVE_INFINITY;
  #nextLookMs = Number.POSITIVE_INFINITY;

  /** Checks all pairs until `settle` or `stop`. */
  start(nowMs: number): void {
    this.#run(nowMs, () => true, RECHECK_SLOW_MS);
  }

  /** Checks the pairs that another kind of path may take, beside one that carries. Ends as `start` does. */
  startBeside(nowMs: number, isWanted: (pair: Pair) => boolean): void {
    this.#run(nowMs, isWanted, RECHECK_BESIDE_MS);
  }

  #run(nowMs: number, isWanted: (pair: Pair) => boolean, slowMs: number): void {
    this.#state = "running";
    this.#isWanted = isWanted;
    this.#slowMs = slowMs;
    this.#startedMs = nowMs;
    this.#nextLookMs = this.#paced(nowMs);
  }

  /** A pair is selected: only triggered pairs are still checked. */
  settle(): void {
    if (this.#state === "running") this.#state = "settled";
  }

  /** Stops all checks. */
  stop(): void {
    this.#state = "stopped";
    this.#triggered.clear();
    this.#nextLookMs = Number.POSITIVE_INFINITY;
  }

  /** Time since `start`, in milliseconds; undefined when not all pairs are checked. */
  runningMs(nowMs: number): number | undefined {
    return this.#state === "running" ? nowMs - this.#startedMs : undefined;
  }

  /** Gives this pair its turn before others, for example because the peer has checked it. RFC 8445 §7.3.1.4. */
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
   * Takes the pair whose check starts now, if one is due.
   * @param pairs - the whole checklist, best first
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

  /** The result is never earlier than the pace allows the next check. */
  #paced(nowMs: number): number {
    return Math.max(nowMs, this.#begunMs + CHECK_PACE_MS);
  }

  #nextDue(pairs: readonly Pair[], nowMs: number): { pair: Pair | undefined; dueMs: number } {
    // A pair of an earlier checklist is dropped, and one that is being checked needs no other check.
    this.#triggered = new Set([...this.#triggered].filter((pair) => pairs.includes(pair) && !pair.isBeingChecked));
    const [triggered] = this.#triggered;
    if (triggered !== undefined) return { pair: triggered, dueMs: nowMs };
    const recheckMs = nowMs - this.#startedMs < RECHECK_SLOW_AFTER_MS ? RECHECK_MS : this.#slowMs;
    let next: Pair | undefined;
    let nextDueMs = nowMs + recheckMs;
    if (this.#state !== "running") return { pair: next, dueMs: nextDueMs };
    for (const pair of pairs) {
      if (pair.isBeingChecked || !this.#isWanted(pair)) continue;
      const dueMs = (this.#lastCheckMs.get(pair) ?? Number.NEGATIVE_INFINITY) + recheckMs;
      if (dueMs < nextDueMs) {
        next = pair;
        nextDueMs = dueMs;
      }
    }
    return { pair: next, dueMs: nextDueMs };
  }
}
