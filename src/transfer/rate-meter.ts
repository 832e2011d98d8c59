// Rate meter: how fast a count of bytes grew over the last seconds. The caller passes the time with each reading.

const WINDOW_MS = 2_000;
/** Readings closer together than this replace each other, so that few are stored. */
const STEP_MS = 100;

export class RateMeter {
  /** Oldest first; at most one of them is older than the window. */
  readonly #readings: { ms: number; bytes: number }[] = [];

  /** @param bytes - cumulative; never decreases */
  note(bytes: number, nowMs: number): void {
    const last = this.#readings.at(-1);
    const beforeLast = this.#readings.at(-2);
    if (last !== undefined && beforeLast !== undefined && last.ms - beforeLast.ms < STEP_MS) this.#readings.pop();
    this.#readings.push({ ms: nowMs, bytes });
    while ((this.#readings[1]?.ms ?? nowMs) < nowMs - WINDOW_MS) this.#readings.shift();
  }

  /** Whole bytes per second over the readings of the last two seconds; 0 before there are two readings. */
  get bytesPerSecond(): number {
    const first = this.#readings[0];
    const last = this.#readings.at(-1);
    if (first === undefined || last === undefined || last.ms === first.ms) return 0;
    return Math.round(((last.bytes - first.bytes) * 1_000) / (last.ms - first.ms));
  }
}
