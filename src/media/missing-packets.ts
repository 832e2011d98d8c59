// The packets of one stream that have not come, and when each is asked for again: generic NACK, RFC 4585 §6.2.1. How long
// one is waited for follows the round trip, which is learned from how long an answer takes.

/** A loss of more than this at once, as after a break of the line, is not repaired. */
export const MAX_MISSING = 512;
/** What comes out of order at the same moment is not asked for. Waiting longer would cost every other loss as much. */
const PATIENCE_MS = 1;
/** The list is looked through at most this often. */
const PACE_MS = 5;
const MAX_TRIES = 10;
/** Until the first answer shows it. */
const ASSUMED_RTT_MS = 50;
const MIN_RETRY_MS = 25;
/** Waiting for a packet: as long as four requests and their answers take, within these. */
const WAIT_ROUND_TRIPS = 5;
const MIN_WAIT_MS = 340;
const MAX_WAIT_MS = 1_000;
const SMOOTHING = 8;

interface Missing {
  readonly sinceMs: number;
  tries: number;
  firstAskedMs: number;
  nextMs: number;
}

export class MissingPackets {
  /** By index, which only grows. */
  readonly #missing = new Map<number, Missing>();
  #dueMs = Infinity;
  #lookedAtMs = -Infinity;
  #rttMs: number | undefined;

  /** Round trip of a request and its answer; undefined: nothing has been answered yet. */
  get rttMs(): number | undefined {
    return this.#rttMs;
  }

  /** How long a packet is waited for: ms since it was missed. */
  get waitMs(): number {
    return Math.min(MAX_WAIT_MS, Math.max(MIN_WAIT_MS, (this.#rttMs ?? ASSUMED_RTT_MS) * WAIT_ROUND_TRIPS));
  }

  /**
   * A packet showed that those from `from` to before `end` have not come.
   * @returns false: there are too many of them to be asked for
   */
  add(from: number, end: number, nowMs: number): boolean {
    if (end - from > MAX_MISSING) {
      this.clear();
      return false;
    }
    for (let index = from; index < end; index += 1) {
      const nextMs = nowMs + PATIENCE_MS;
      this.#missing.set(index, { sinceMs: nowMs, tries: 0, firstAskedMs: 0, nextMs });
      this.#dueMs = Math.min(this.#dueMs, nextMs);
    }
    const [oldest] = this.#missing.keys();
    if (oldest !== undefined && this.#missing.size > MAX_MISSING) this.forgetBefore(end - MAX_MISSING);
    return true;
  }

  /** @returns whether this packet came because it was asked for */
  arrived(index: number, nowMs: number): boolean {
    const missing = this.#missing.get(index);
    if (missing === undefined) return false;
    this.#missing.delete(index);
    if (this.#missing.size === 0) this.#dueMs = Infinity;
    if (missing.tries === 0) return false;
    // After several requests nobody knows which was answered: that is an upper bound only.
    const tookMs = nowMs - missing.firstAskedMs;
    if (missing.tries === 1) this.#rttMs = (this.#rttMs ?? tookMs) + (tookMs - (this.#rttMs ?? tookMs)) / SMOOTHING;
    else this.#rttMs ??= tookMs;
    return true;
  }

  /** Whether a packet that has not come is not worth waiting for any more. */
  isHopeless(index: number, nowMs: number): boolean {
    const missing = this.#missing.get(index);
    return missing === undefined || nowMs - missing.sinceMs >= this.waitMs;
  }

  /** @returns the packets to ask for now, in order; counts them as asked for */
  takeDue(nowMs: number): number[] {
    if (nowMs < this.#nextLookMs()) return [];
    this.#lookedAtMs = nowMs;
    this.#dueMs = Infinity;
    const due: number[] = [];
    const retryMs = Math.max(MIN_RETRY_MS, (this.#rttMs ?? ASSUMED_RTT_MS) * 1.25 + PATIENCE_MS);
    for (const [index, missing] of this.#missing) {
      if (missing.tries >= MAX_TRIES) continue;
      if (missing.nextMs <= nowMs) {
        if (missing.tries === 0) missing.firstAskedMs = nowMs;
        missing.tries += 1;
        missing.nextMs = nowMs + retryMs;
        due.push(index);
      }
      this.#dueMs = Math.min(this.#dueMs, missing.nextMs);
    }
    return due;
  }

  /** Those are passed on, or given up. */
  forgetBefore(end: number): void {
    for (const index of this.#missing.keys()) {
      if (index >= end) break;
      this.#missing.delete(index);
    }
    if (this.#missing.size === 0) this.#dueMs = Infinity;
  }

  clear(): void {
    this.#missing.clear();
    this.#dueMs = Infinity;
  }

  /** When `takeDue` has something to ask for. */
  get nextRequestMs(): number {
    return this.#nextLookMs();
  }

  /** When `isHopeless` becomes true of this packet. */
  hopelessAtMs(index: number): number {
    return (this.#missing.get(index)?.sinceMs ?? -Infinity) + this.waitMs;
  }

  #nextLookMs(): number {
    return Math.max(this.#dueMs, this.#lookedAtMs + PACE_MS);
  }
}
