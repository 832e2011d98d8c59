// When a TURN allocation is refreshed, whatever lifetime its server states. RFC 8656 §3.2, §7.

/** What is asked for, and taken where a server does not say. RFC 8656 §3.2 */
export const LIFETIME_SECONDS = 600;
/** However short a server says that an allocation lives: nobody is asked without pace. */
export const MIN_REFRESH_MS = 10_000;
/** However long: a server may forget, and no timer waits for days. */
export const MAX_REFRESH_MS = (5 / 6) * LIFETIME_SECONDS * 1_000;
/** After a refresh that was not answered or refused. */
export const REFRESH_AGAIN_MS = 60_000;

/**
 * @param statedSeconds - the LIFETIME of an answer, as it was read; anything
 * @returns how long to wait for the next refresh: five sixths of it, `MIN_REFRESH_MS` … `MAX_REFRESH_MS`
 */
export function refreshPauseMs(statedSeconds: unknown): number {
  const isNumber = typeof statedSeconds === "number" && Number.isFinite(statedSeconds);
  const seconds = isNumber ? statedSeconds : LIFETIME_SECONDS;
  return Math.min(MAX_REFRESH_MS, Math.max(MIN_REFRESH_MS, (5 / 6) * seconds * 1_000));
}
