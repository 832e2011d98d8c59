// Events as lines that any reader of lines can take. What the other side can make long is cut, and says how much is
// missing; only a message goes out whole, whatever it takes.
import type { P2pEvent } from "../index.ts";
import { asciiJsonBytes } from "./ascii-json.ts";

/**
 * Bytes of the line of an event, its line feed included; many readers of lines take no more than 64 KiB. A message is
 * longer where its text is: up to 1.5 MiB for the 256 KiB that the other side may send in one.
 */
export const LINE_LIMIT_BYTES = 64 * 1024;
/** Of both lists of an offer together; the other fields have room beside them. */
const LISTS_LIMIT_BYTES = 62 * 1024;
/** Of the second list; in either the longest path has room, all of it escaped. */
const RESUMABLE_LIMIT_BYTES = 26 * 1024;
/** Of the message and of the hint of an error. */
const TEXT_LIMIT_BYTES = 24 * 1024;
const ELLIPSIS = "…";

/** What programs read of an event: `event` and `time` first, then the rest, cut to what a line may hold. */
export function eventFields(event: P2pEvent, time: Date): object {
  const { event: name, ...fields } = bounded(event);
  return { event: name, time: time.toISOString(), ...fields };
}

function bounded(event: P2pEvent): P2pEvent {
  switch (event.event) {
    case "incoming": {
      const resumable = takeWithin(event.resumable ?? [], RESUMABLE_LIMIT_BYTES);
      const entries = takeWithin(event.entries, LISTS_LIMIT_BYTES - asciiJsonBytes(resumable));
      const leftOut = (event.entriesLeftOut ?? 0) + event.entries.length - entries.length;
      const cut = { ...event, entries, ...(leftOut === 0 ? {} : { entriesLeftOut: leftOut }) };
      if (event.resumable === undefined) return cut;
      const fewer = event.resumable.length - resumable.length;
      return { ...cut, resumable, ...(fewer === 0 ? {} : { resumableLeftOut: fewer }) };
    }
    case "error":
      return { ...event, message: shorten(event.message), hint: shorten(event.hint) };
    default:
      return event;
  }
}

/** The first items whose JSON fits together. */
function takeWithin<T>(items: readonly T[], limitBytes: number): T[] {
  let bytes = 0;
  const end = items.findIndex((item) => {
    bytes += asciiJsonBytes(item) + ",".length;
    return bytes > limitBytes;
  });
  return items.slice(0, end < 0 ? items.length : end);
}

function shorten(text: string): string {
  if (asciiJsonBytes(text) <= TEXT_LIMIT_BYTES) return text;
  let bytes = asciiJsonBytes(ELLIPSIS);
  let kept = "";
  for (const char of text) {
    bytes += asciiJsonBytes(char) - '""'.length;
    if (bytes > TEXT_LIMIT_BYTES) break;
    kept += char;
  }
  return kept + ELLIPSIS;
}
