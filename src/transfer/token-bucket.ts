// How fast file data may leave: one token bucket for all outgoing transfers of a session. Time comes in, it reads
// no clock. A token is one byte of a file; headers, answers and other channels take none.

/**
 * Tokens that may pile up, as time at the full rate. It makes up for a timer that comes late; together with the
 * rate itself no 5 s hold more than 5.2 s worth of bytes.
 */
const BURST_MS = 200;
/** Nothing leaves before there are tokens for this time, so that frames are worth their headers and timers rare … */
const QUANTUM_MS = 20;
/** … or for this many bytes, which is soon at a high rate. */
const MAX_QUANTUM_BYTES = 32 * 1024;
/** Sums of fractions come out a little short of the whole number that they make. */
const ROUNDING = 1e-6;

/** @throws RangeError when a rate is below 1 byte per second, infinite or no number */
export function checkRate(bytesPerSecond: number): void {
  if (bytesPerSecond >= 1 && Number.isFinite(bytesPerSecond)) return;
  throw new RangeError(`Cannot limit to ${bytesPerSecond} bytes per second: it must be 1 or more`);
}

export class TokenBucket {
  readonly #bytesPerMs: number;
  readonly #quantumBytes: number;
  readonly #burstBytes: number;
  #tokens = 0;
  #nowMs: number | undefined;
  #isOpen = false;
  #isWanted = false;

  /**
   * @param bytesPerSecond - ≥ 1; may be a fraction
   * @throws RangeError as `checkRate` does
   */
  constructor(bytesPerSecond: number) {
    checkRate(bytesPerSecond);
    this.#bytesPerMs = bytesPerSecond / 1_000;
    this.#quantumBytes = Math.max(1, Math.min(MAX_QUANTUM_BYTES, this.#bytesPerMs * QUANTUM_MS));
    this.#burstBytes = Math.max(this.#quantumBytes, this.#bytesPerMs * BURST_MS);
  }

  /** Adds the tokens of the time since the last call; the first one begins the count. To be called before `take`. */
  advance(nowMs: number): void {
    const elapsedMs = Math.max(0, nowMs - (this.#nowMs ?? nowMs));
    this.#nowMs = Math.max(nowMs, this.#nowMs ?? nowMs);
    this.#tokens = Math.min(this.#burstBytes, this.#tokens + elapsedMs * this.#bytesPerMs);
    this.#isOpen = this.#tokens + ROUNDING >= this.#quantumBytes;
    this.#isWanted = false;
  }

  /** @returns how many of `wantedBytes` may leave now; from 0 to all of them */
  take(wantedBytes: number): number {
    const bytes = this.#isOpen ? Math.min(wantedBytes, Math.floor(this.#tokens + ROUNDING)) : 0;
    this.#tokens -= bytes;
    if (bytes < wantedBytes) this.#isWanted = true;
    return bytes;
  }

  /** When more may leave; Infinity when nobody has asked in vain since the last `advance`. */
  nextDeadlineMs(): number {
    if (!this.#isWanted || this.#nowMs === undefined) return Number.POSITIVE_INFINITY;
    return this.#nowMs + Math.max(0, this.#quantumBytes - this.#tokens) / this.#bytesPerMs;
  }
}
