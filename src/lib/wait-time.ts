// How long something is waited for, in the form in which options take it.

/** As `--wait` is written, in the largest unit that leaves a whole number: `24h`, `90s`. @param ms - ≥ 0 */
export function formatWait(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  if (seconds > 0 && seconds % 3_600 === 0) return `${seconds / 3_600}h`;
  if (seconds > 0 && seconds % 60 === 0) return `${seconds / 60}m`;
  return `${seconds}s`;
}
