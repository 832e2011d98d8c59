// When the next report is due. RFC 3550 §6.2 lets many members share 5 % of a session's rate; here are two, whose reports
// are some 150 bytes, so the interval is fixed: a second, varied by half so that both ends do not fall into step, and a
// quarter of that for the first few, from which the other side learns which times belong together.

const INTERVAL_MS = 1_000;
const FIRST_INTERVAL_MS = 250;
const FIRST_REPORTS = 4;

export class ReportSchedule {
  readonly #random: () => number;
  #sent = 0;
  #nextMs = Infinity;

  /** @param random - 0 ≤ x < 1 */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** When a report is due; Infinity: none is wanted. */
  get nextMs(): number {
    return this.#nextMs;
  }

  /** Something is there to be reported. */
  want(nowMs: number): void {
    if (this.#nextMs === Infinity) this.#nextMs = nowMs + FIRST_INTERVAL_MS;
  }

  /** A report has left. */
  sent(nowMs: number): void {
    this.#sent += 1;
    this.#nextMs = nowMs + (this.#sent < FIRST_REPORTS ? FIRST_INTERVAL_MS : INTERVAL_MS * (0.5 + this.#random()));
  }

  /** There is nothing to be reported. */
  stop(): void {
    this.#nextMs = Infinity;
  }
}
