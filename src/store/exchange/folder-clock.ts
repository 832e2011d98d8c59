// The time of whatever polls a folder: it is asked for the time, and sleeps between two looks.
import { setTimeout as delay } from "node:timers/promises";

/** The clock that a polled folder needs; tests pass their own. */
export interface FolderClock {
  /** Monotonic, in milliseconds. */
  readonly now: () => number;
  /** Resolves after `ms` or when `signal` aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

export const realFolderClock: FolderClock = {
  now: () => performance.now(),
  sleep: async (ms, signal) => {
    await delay(ms, undefined, { signal }).catch(() => {});
  },
};
