// A token bucket that limits the rate of file data, one for all outgoing transfers of a session. The caller passes the
// time in; it reads no clock. A token is one byte of a file; headers, answers and other channels take none.

/**
 * Tokens that may accumulate, as time at the full rate. They make up for a timer that fires late; together with the
 * rate itself no 5 s carry more than 5.2 s worth of bytes.
 */
const BURST_MS = 200;
/** Nothing is sent before there are tokens for this time, so that frames justify their headers and timers are rare … */
const QUANTUM_MS = 20;
/** … or for this many bytes, which takes little time at a high rate. */
const MAX_QUANTUM_BYTES = 32 * 1024;
/** Tolerance, since sums of fractions come out slightly below the whole number that they should make. */
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

  /** Adds the tokens for the time since the last call; the first call starts the count. Call it before `take`. */
  advance(nowMs: number): void {
    const elapsedMs = Math.max(0, nowMs - (this.#nowMs ?? nowMs));
    this.#nowMs = Math.max(nowMs, this.#nowMs ?? nowMs);
    this.#tokens = Math.min(this.#burstBytes, this.#tokens + elapsedMs * this.#bytesPerMs);
    this.#isOpen = this.#tokens + ROUNDING >= this.#quantumBytes;
    this.#isWanted = false;
  }

  /** @returns how many of `wantedBytes` may be sent now; from 0 to all of them */
  take(wantedBytes: number): number {
    const bytes = this.#isOpen ? Math.min(wantedBytes, Math.floor(this.#tokens + ROUNDING)) : 0;
    this.#tokens -= bytes;
    if (bytes < wantedBytes) this.#isWanted = true;
    return bytes;
  }

  /** The time at which more may be sent; Infinity when no `take` fell short since the last `advance`. */
  nextDeadlineMs(): number {
    if (!this.#isWanted || this.#nowMs === undefined) return Number.POSITIVE_INFINITY;
    return this.#nowMs + Math.max(0, this.#quantumBytes - this.#tokens) / this.#bytesPerMs;
  }
}
