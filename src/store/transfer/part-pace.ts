// How soon a part is written down and flushed while it grows: what a crash may cost.

/** When a part is written down and flushed on the way. */
export interface PartPace {
  /** Milliseconds, monotonic. */
  readonly nowMs: () => number;
  /** A part this old gets its journal: most files are whole before, and never need one. */
  readonly journalAfterMs: number;
  /** Flushed when so much was written since the last flush and that is so long ago … */
  readonly flushBytes: number;
  readonly flushAfterMs: number;
  /** … or when so much was written: at the end little is left to wait for. */
  readonly flushAnywayBytes: number;
}

/** After a crash no more is lost than 2 s of transfer or 16 MiB, whichever is more; half of it is left for the way. */
export const PART_PACE: PartPace = {
  nowMs: () => performance.now(),
  journalAfterMs: 500,
  flushBytes: 8 * 1024 * 1024,
  flushAfterMs: 1_000,
  flushAnywayBytes: 32 * 1024 * 1024,
};
