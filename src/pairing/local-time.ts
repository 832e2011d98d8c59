// Times in sentences that belong to an error: in the time zone of this computer, as a person reads them on the clock.

/** Formats a time as `2026-11-28 10:24`. @param ms - milliseconds since 1970, UTC */
export function formatLocalTime(ms: number): string {
  const date = new Date(ms);
  const day = [date.getFullYear(), date.getMonth() + 1, date.getDate()].map(twoDigits).join("-");
  return `${day} ${[date.getHours(), date.getMinutes()].map(twoDigits).join(":")}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}
