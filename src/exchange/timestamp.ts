// Times of the exchange file as numbers. This layer has no clock, so the calendar is computed here.
// RFC 3339 §5.6, UTC only. Without leap seconds, which our calendars cannot express.

const MS_PER_DAY = 86_400_000;
const TIMESTAMP = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?Z$/;

/**
 * @param text - as `2026-03-01T08:00:00.000Z`
 * @returns milliseconds since 1970-01-01T00:00:00Z; undefined when the text is not a valid time
 */
export function parseTimestamp(text: string): number | undefined {
  const match = TIMESTAMP.exec(text);
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const ms = Number((match[7] ?? "0").padEnd(3, "0").slice(0, 3));
  return (((daysSinceEpoch(year, month, day) * 24 + hour) * 60 + minute) * 60 + second) * 1_000 + ms;
}

/**
 * @param ms - milliseconds since 1970-01-01T00:00:00Z, in the years 0000 to 9999
 * @returns a time as `2026-03-01T08:00:00.000Z`
 */
export function formatTimestamp(ms: number): string {
  const days = Math.floor(ms / MS_PER_DAY);
  const msOfDay = ms - days * MS_PER_DAY;
  const { year, month, day } = dateOfDay(days);
  const [hour, minute, second] = [3_600_000, 60_000, 1_000].map(
    (unit, at) => Math.floor(msOfDay / unit) % (at === 0 ? 24 : 60),
  );
  const digits = (value: number | undefined, width: number): string => String(value ?? 0).padStart(width, "0");
  const date = `${digits(year, 4)}-${digits(month, 2)}-${digits(day, 2)}`;
  return `${date}T${digits(hour, 2)}:${digits(minute, 2)}:${digits(second, 2)}.${digits(msOfDay % 1_000, 3)}Z`;
}

/** @param days - since 1970-01-01 */
function dateOfDay(days: number): { year: number; month: number; day: number } {
  // The estimate by the mean length of a year may be a year off.
  let year = 1970 + Math.floor(days / 365.2425);
  while (daysSinceEpoch(year, 1, 1) > days) year -= 1;
  while (daysSinceEpoch(year + 1, 1, 1) <= days) year += 1;
  let month = 1;
  while (month < 12 && daysSinceEpoch(year, month + 1, 1) <= days) month += 1;
  return { year, month, day: days - daysSinceEpoch(year, month, 1) + 1 };
}

function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return isLeapYear(year) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

/** Years are counted from March, so that the leap day is the last of its year. */
function daysSinceEpoch(year: number, month: number, day: number): number {
  const marchYear = month <= 2 ? year - 1 : year;
  const monthsSinceMarch = (month + 9) % 12;
  const daysBeforeMonth = Math.floor((153 * monthsSinceMarch + 2) / 5);
  const leapDays = Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400);
  const DAYS_FROM_YEAR_0_TO_EPOCH = 719_468;
  return marchYear * 365 + leapDays + daysBeforeMonth + day - 1 - DAYS_FROM_YEAR_0_TO_EPOCH;
}
