// When each candidate pair is checked: one check at a time begins, each pair again and again until one is nominated,
// slowly after the first minute. RFC 8445 §6.1.4.2; werift's own schedule stops after five packets a pair.
// This is the one place where checks begin. What others ask for by their own checks or answers waits its turn here, so
// that nobody makes this side send faster than it promises (docs/security.md).
import { PairState, type WeriftPair } from "../werift.ts";

/** Pace of new checks, Ta of RFC 8445 §14.2. */
export const CHECK_PACE_MS = 50;
/**
 * A pair that is not nominated is checked again this long after its last check; slower once people are waiting. Whoever
 * is nominated between two packets of a check waits for the next one, up to 2 s and this: 5 s is all there is.
 */
const RECHECK_MS = 500;
const RECHECK_SLOW_MS = 1_000;
const RECHECK_SLOW_AFTER_MS = 60_000;

export interface CheckScheduleOptions {
  /** The pairs as they are now. */
  pairs: () => readonly WeriftPair[];
  check: (pair: WeriftPair) => void;
  /** Between two checks, while all pairs are checked; so long ago was `start`. */
  onTick: (elapsedMs: number) => void;
}

export class CheckSchedule {
  readonly #options: CheckScheduleOptions;
  readonly #lastCheckMs = new WeakMap<WeriftPair, number>();
  /** Checked before all others; at most as many as there are pairs. RFC 8445 §6.1.4.1. */
  #triggered = new Set<WeriftPair>();
  #state: "stopped" | "settled" | "running" = "stopped";
  #timer: NodeJS.Timeout | undefined;
  #startedMs = 0;
  /** When the last check began: the pace is kept over starts and stops. */
  #begunMs = Number.NEGATIVE_INFINITY;

  constructor(options: CheckScheduleOptions) {
    this.#options = options;
  }

  /** Checks all pairs until `settle` or `stop`. */
  start(): void {
    this.#state = "running";
    this.#startedMs = performance.now();
    this.#arm(0);
  }

  /** A pair is nominated: only those are still checked that are triggered. */
  settle(): void {
    if (this.#state === "running") this.#state = "settled";
  }

  /** Nothing is checked any more. */
  stop(): void {
    this.#state = "stopped";
    this.#triggered.clear();
    clearTimeout(this.#timer);
  }

  /** Lets this pair have its turn before others: the peer has checked it, for example. RFC 8445 §7.3.1.4. */
  trigger(pair: WeriftPair): void {
    if (this.#state === "stopped" || this.#triggered.has(pair)) return;
    this.#triggered.add(pair);
    this.#arm(0);
  }

  /** A check of this pair has ended. */
  markChecked(pair: WeriftPair): void {
    this.#lastCheckMs.set(pair, performance.now());
  }

  /** Never before the pace allows the next check. */
  #arm(delayMs: number): void {
    clearTimeout(this.#timer);
    const pauseMs = this.#begunMs + CHECK_PACE_MS - performance.now();
    this.#timer = setTimeout(
      () => {
        this.#checkNext();
      },
      Math.max(delayMs, pauseMs),
    );
  }

  /** Starts the check that is due first, if one is due, and arms the timer for the next. */
  #checkNext(): void {
    const nowMs = performance.now();
    if (this.#state === "running") this.#options.onTick(nowMs - this.#startedMs);
    const { pair, dueMs } = this.#nextDue(nowMs);
    if (pair !== undefined && dueMs <= nowMs) {
      this.#triggered.delete(pair);
      this.#lastCheckMs.set(pair, nowMs);
      this.#begunMs = nowMs;
      this.#options.check(pair);
    }
    if (this.#triggered.size > 0) this.#arm(0);
    else if (this.#state === "running") this.#arm(Math.max(CHECK_PACE_MS, dueMs - nowMs));
  }

  #nextDue(nowMs: number): { pair: WeriftPair | undefined; dueMs: number } {
    const pairs = this.#options.pairs();
    // One of an earlier list is none any more, and one that is being checked needs no other check.
    this.#triggered = new Set(
      [...this.#triggered].filter((pair) => pairs.includes(pair) && pair.state !== PairState.IN_PROGRESS),
    );
    const [triggered] = this.#triggered;
    if (triggered !== undefined) return { pair: triggered, dueMs: nowMs };
    const recheckMs = nowMs - this.#startedMs < RECHECK_SLOW_AFTER_MS ? RECHECK_MS : RECHECK_SLOW_MS;
    let next: WeriftPair | undefined;
    let nextDueMs = nowMs + recheckMs;
    if (this.#state !== "running") return { pair: next, dueMs: nextDueMs };
    for (const pair of pairs) {
      if (pair.state === PairState.IN_PROGRESS) continue;
      const dueMs = (this.#lastCheckMs.get(pair) ?? Number.NEGATIVE_INFINITY) + recheckMs;
      if (dueMs < nextDueMs) {
        next = pair;
        nextDueMs = dueMs;
      }
    }
    return { pair: next, dueMs: nextDueMs };
  }
}
