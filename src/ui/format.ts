// Formats numbers for people: binary units for sizes (1 MiB = 1,048,576 B), local time for clocks.
import { resolve } from "node:path";
import { formatBytes } from "../command-port.ts";
import type { Lang } from "../words/lang.ts";
import type { ConversationWords } from "../words/index.ts";

const SECOND_MS = 1_000;
const MINUTE_S = 60;
const HOUR_S = 3_600;
const LONGEST_REMAINING_S = 100 * HOUR_S;

/** The whole path, so that nobody has to know in which folder p2p runs; as it is where the current folder is gone. */
export function fullPath(path: string): string {
  try {
    return resolve(path);
  } catch {
    return path;
  }
}

/** Formats bytes per second as `4.1 MiB/s`. */
export function formatRate(bytesPerSecond: number): string {
  return `${formatBytes(bytesPerSecond)}/s`;
}

/** Formats whole percent, never 100 before the last byte. Zero of zero bytes is 100. */
export function formatPercent(bytes: number, total: number): string {
  const percent = total === 0 ? 100 : Math.floor((Math.min(bytes, total) * 100) / total);
  return `${percent}%`;
}

/** Formats percent with one digit as `37.5`, 100 only for all bytes. Omits the sign, whose place varies by language. */
export function formatTenths(bytes: number, total: number): string {
  if (bytes >= total) return "100";
  return (Math.floor((bytes * 1_000) / total) / 10).toFixed(1);
}

/**
 * Formats the time that the rest needs at this rate, as `0:04`, `12:05` or `1:02:03`.
 * @returns undefined when nothing moves or the time would exceed 100 hours
 */
export function formatRemaining(bytes: number, total: number, rate: number): string | undefined {
  if (rate <= 0) return undefined;
  const seconds = Math.ceil(Math.max(0, total - bytes) / rate);
  if (seconds >= LONGEST_REMAINING_S) return undefined;
  const minutes = Math.floor(seconds / MINUTE_S) % 60;
  const hours = Math.floor(seconds / HOUR_S);
  return hours > 0
    ? `${hours}:${twoDigits(minutes)}:${twoDigits(seconds % 60)}`
    : `${minutes}:${twoDigits(seconds % 60)}`;
}

/** Formats a duration as `3.2 s`, `1 min 5 s` or `2 h 3 min`. */
export function formatDuration(ms: number, words: ConversationWords): string {
  const seconds = ms / SECOND_MS;
  if (seconds < 9.95) return words.seconds({ seconds: seconds.toFixed(1) });
  const whole = Math.round(seconds);
  if (whole < MINUTE_S) return words.seconds({ seconds: String(whole) });
  if (whole < HOUR_S) return words.minutes({ minutes: Math.floor(whole / MINUTE_S), seconds: whole % MINUTE_S });
  return words.hours({ hours: Math.floor(whole / HOUR_S), minutes: Math.floor((whole % HOUR_S) / MINUTE_S) });
}

const DAY_S = 24 * HOUR_S;

/** Formats how long ago something was, as `45 s`, `3 min`, `2 h` or `5 days`: whole units, rounded down. */
export function formatAge(ms: number, words: ConversationWords): string {
  const seconds = Math.max(0, Math.floor(ms / SECOND_MS));
  if (seconds < MINUTE_S) return words.age({ count: seconds, unit: "second" });
  if (seconds < HOUR_S) return words.age({ count: Math.floor(seconds / MINUTE_S), unit: "minute" });
  if (seconds < DAY_S) return words.age({ count: Math.floor(seconds / HOUR_S), unit: "hour" });
  return words.age({ count: Math.floor(seconds / DAY_S), unit: "day" });
}

/** Shorter transfers have no rate: it would say more of the start of the session than of the path. */
const MIN_RATED_MS = 100;
/** Smaller transfers have none either: they fit into a few packets. */
const MIN_RATED_BYTES = 65_536;

/**
 * Formats how long a transfer took and how fast it was, as ` in 3.2 s (4.1 MiB/s)`.
 * @returns an empty text where it was too short or too small for a time and a rate that mean something
 */
export function formatSpeed(bytes: number, ms: number, words: ConversationWords): string {
  if (ms < MIN_RATED_MS) return "";
  const time = formatDuration(ms, words);
  return bytes < MIN_RATED_BYTES
    ? words.took({ time })
    : words.tookAt({ time, rate: formatRate((bytes * 1_000) / ms) });
}

/** Formats a count with separators: `2,000`. */
export function formatCount(count: number): string {
  return count.toLocaleString("en-US");
}

/** Formats the local time of day as `hh:mm`. */
export function formatClock(date: Date): string {
  return `${twoDigits(date.getHours())}:${twoDigits(date.getMinutes())}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}

/** Formats a local date as `3 May 2026` or `2026 年 5 月 3 日`. */
export function formatDay(date: Date, lang: Lang): string {
  if (lang === "zh") return `${date.getFullYear()} 年 ${date.getMonth() + 1} 月 ${date.getDate()} 日`;
  return date.toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric" });
}

/** Formats a local time: `hh:mm` if it is today, otherwise preceded by the date. */
export function formatMoment(date: Date, now: Date): string {
  const day = (of: Date): string =>
    [String(of.getFullYear()).padStart(4, "0"), ...[of.getMonth() + 1, of.getDate()].map(twoDigits)].join("-");
  return day(date) === day(now) ? formatClock(date) : `${day(date)} ${formatClock(date)}`;
}
