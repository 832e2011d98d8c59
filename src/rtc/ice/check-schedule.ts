// When each candidate pair is checked: one check at a time begins, each pair again and again until one is nominated,
// slowly after the first minute. RFC 8445 §6.1.4.2; werift's own schedule stops after five packets a pair.
import { PairState, type WeriftPair } from "../werift.ts";

/** Pace of new checks, Ta of RFC 8445 §14.2. */
const CHECK_PACE_MS = 50;
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
  /** Between two checks; so long ago was `start`. */
  onTick: (elapsedMs: number) => void;
}

export class CheckSchedule {
  readonly #options: CheckScheduleOptions;
  readonly #lastCheckMs = new WeakMap<WeriftPair, number>();
  #timer: NodeJS.Timeout | undefined;
  #startedMs = 0;

  constructor(options: CheckScheduleOptions) {
    this.#options = options;
  }

  /** Checks until `stop`. */
  start(): void {
    this.stop();
    this.#startedMs = performance.now();
    this.#arm(0);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** A check of this pair has ended. */
  markChecked(pair: WeriftPair): void {
    this.#lastCheckMs.set(pair, performance.now());
  }

  #arm(delayMs: number): void {
    this.#timer = setTimeout(() => {
      this.#checkNext();
    }, delayMs);
  }

  /** Starts the check that is due first, if one is due, and arms the timer for the next. */
  #checkNext(): void {
    const nowMs = performance.now();
    this.#options.onTick(nowMs - this.#startedMs);
    const recheckMs = nowMs - this.#startedMs < RECHECK_SLOW_AFTER_MS ? RECHECK_MS : RECHECK_SLOW_MS;
    let next: WeriftPair | undefined;
    let nextDueMs = nowMs + recheckMs;
    for (const pair of this.#options.pairs()) {
      if (pair.state === PairState.IN_PROGRESS) continue;
      const dueMs = (this.#lastCheckMs.get(pair) ?? Number.NEGATIVE_INFINITY) + recheckMs;
      if (dueMs < nextDueMs) {
        next = pair;
        nextDueMs = dueMs;
      }
    }
    if (next !== undefined && nextDueMs <= nowMs) {
      this.#lastCheckMs.set(next, nowMs);
      this.#options.check(next);
      nextDueMs = nowMs;
    }
    this.#arm(Math.max(CHECK_PACE_MS, nextDueMs - nowMs));
  }
}
