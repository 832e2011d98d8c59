// Durations as people type them: `90s 5m 24h 1h30m`.

const FORM = /^(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?$/;

/** Just below 2^31 ms, the range of a timer: a longer one would fire at once. */
export const MAX_DURATION_MS = 500 * 3_600_000;

/**
 * @param text - hours, minutes, seconds in this order, each at most once
 * @returns milliseconds from 1000 to MAX_DURATION_MS, or undefined when `text` is not a duration or out of range
 */
export function parseDurationMs(text: string): number | undefined {
  const match = FORM.exec(text);
  if (match === null) return undefined;
  const [hours, minutes, seconds] = match.slice(1).map((digits) => Number(digits ?? 0));
  const totalMs = ((hours ?? 0) * 3600 + (minutes ?? 0) * 60 + (seconds ?? 0)) * 1000;
  return totalMs > 0 && totalMs <= MAX_DURATION_MS ? totalMs : undefined;
}
