// The pace of persisting a growing part, by journal and flushes: it bounds what a crash may cost.

/** The thresholds at which a growing part gets its journal and is flushed. */
export interface PartPace {
  /** Milliseconds, monotonic. */
  readonly nowMs: () => number;
  /** A part of this age gets its journal: most files are complete before, and never need one. */
  readonly journalAfterMs: number;
  /** A part is flushed when this much was written since the last flush and that flush is this long ago … */
  readonly flushBytes: number;
  readonly flushAfterMs: number;
  /** … or when this much was written, so that little is left to wait for at the end. */
  readonly flushAnywayBytes: number;
}

/** A crash loses at most 2 s of transfer or 16 MiB, whichever is more; half of it is left for a flush in progress. */
export const PART_PACE: PartPace = {
  nowMs: () => performance.now(),
  journalAfterMs: 500,
  flushBytes: 8 * 1024 * 1024,
  flushAfterMs: 1_000,
  flushAnywayBytes: 32 * 1024 * 1024,
};
