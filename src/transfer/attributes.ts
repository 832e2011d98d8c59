// The mode and the time of an entry: the values that travel, and their substitutes for a peer that takes fewer.
import type { Entry } from "./frames.ts";

/** Start of the year 1 and end of the year 9999, in microseconds since 1970: the dates that everything can write. */
const MIN_TIME_US = -62_135_596_800_000_000;
const MAX_TIME_US = 253_402_300_799_999_968;
/** The modes that a sender without modes states to a peer that expects some. */
const DEFAULT_MODES = { file: 0o644, directory: 0o755, symlink: 0o777 } as const;

/** Returns the nearest time from the year 1 to 9999. @param timeUs - microseconds since 1970 */
export function clampTimeUs(timeUs: number): number {
  return Math.max(MIN_TIME_US, Math.min(MAX_TIME_US, timeUs));
}

/** Returns whether only a peer with `CAN_TAKE_ANY_ATTRIBUTES` takes the entry as it is. */
export function hasOddAttributes({ mode, mtimeUs }: Pick<Entry, "mode" | "mtimeUs">): boolean {
  return mode === undefined || mtimeUs < 0 || mtimeUs > Number.MAX_SAFE_INTEGER;
}

/**
 * Returns the entry as every peer takes it: with a mode, and with a time from 1970 to 2255. An older p2p takes earlier ones
 * for the present, and later ones for a broken protocol.
 */
export function withPlainAttributes(entry: Entry): Entry {
  const mtimeUs = Math.max(0, Math.min(Number.MAX_SAFE_INTEGER, entry.mtimeUs));
  return { ...entry, mode: entry.mode ?? DEFAULT_MODES[entry.type], mtimeUs };
}
