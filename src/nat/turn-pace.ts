// The refresh schedule of a TURN allocation, whatever lifetime its server states. RFC 8656 §3.2, §7.

/** The lifetime that we request, and assume when a server does not state one. RFC 8656 §3.2 */
export const LIFETIME_SECONDS = 600;
/** Lower limit, however short the stated lifetime: it bounds the rate at which a server is asked. */
export const MIN_REFRESH_MS = 10_000;
/** Upper limit, however long the stated lifetime: a server may forget, and no timer runs for days. */
export const MAX_REFRESH_MS = (5 / 6) * LIFETIME_SECONDS * 1_000;
/** The delay after a refresh that was refused or not answered. */
export const REFRESH_AGAIN_MS = 60_000;

/**
 * @param statedSeconds - the LIFETIME of an answer, as it was read; unvalidated
 * @returns the delay until the next refresh: five sixths of it, `MIN_REFRESH_MS` … `MAX_REFRESH_MS`
 */
export function refreshPauseMs(statedSeconds: unknown): number {
  const isNumber = typeof statedSeconds === "number" && Number.isFinite(statedSeconds);
  const seconds = isNumber ? statedSeconds : LIFETIME_SECONDS;
  return Math.min(MAX_REFRESH_MS, Math.max(MIN_REFRESH_MS, (5 / 6) * seconds * 1_000));
}
