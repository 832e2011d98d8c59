// The mode and the time of an entry: which values travel, and what a peer gets that takes fewer of them.
import type { Entry } from "./frames.ts";

/** Begin of the year 1 and end of the year 9999, in microseconds since 1970: the dates that everything can write. */
const MIN_TIME_US = -62_135_596_800_000_000;
const MAX_TIME_US = 253_402_300_799_999_968;
/** What stands for the modes of a sender that has none, at a peer that expects one. */
const DEFAULT_MODES = { file: 0o644, directory: 0o755, symlink: 0o777 } as const;

/** Returns the nearest time from the year 1 to 9999. @param timeUs - microseconds since 1970 */
export function clampTimeUs(timeUs: number): number {
  return Math.max(MIN_TIME_US, Math.min(MAX_TIME_US, timeUs));
}

/** Returns whether only a peer with `CAN_TAKE_ANY_ATTRIBUTES` takes the entry as it is. */
export function hasOddAttributes({ mode, mtimeUs }: Pick<Entry, "mode" | "mtimeUs">): boolean {
  return mode === undefined || !Number.isSafeInteger(mtimeUs);
}

/** Returns the entry as every peer takes it: with a mode, and with a time from 1684 to 2255. */
export function withPlainAttributes(entry: Entry): Entry {
  const { MIN_SAFE_INTEGER, MAX_SAFE_INTEGER } = Number;
  const mtimeUs = Math.max(MIN_SAFE_INTEGER, Math.min(MAX_SAFE_INTEGER, entry.mtimeUs));
  return { ...entry, mode: entry.mode ?? DEFAULT_MODES[entry.type], mtimeUs };
}
