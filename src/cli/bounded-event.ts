// Events as lines of bounded length. Fields that the peer can make long are truncated, and the event says how much is
// missing; only messages are emitted whole, whatever their length.
import type { ProgramEvent } from "../index.ts";
import { asciiJsonBytes } from "./ascii-json.ts";

/**
 * Maximum bytes of an event's line, including its line feed; many line readers take no more than 64 KiB. A message may
 * exceed it because of its text: up to 6 MiB for the 1 MiB that the peer may send in one message.
 */
export const LINE_LIMIT_BYTES = 64 * 1024;
/** Maximum bytes of both lists of a file proposal together; it leaves room for the other fields. */
const LISTS_LIMIT_BYTES = LINE_LIMIT_BYTES - 2 * 1024;
/** Maximum bytes of the second list; in either list the longest path fits, even fully escaped. */
const RESUMABLE_LIMIT_BYTES = 26 * 1024;
/** Maximum bytes of an error's message and of its hint. */
const TEXT_LIMIT_BYTES = 24 * 1024;
const ELLIPSIS = "…";

/** Fields of an event for programs: `event` and `time` first, then the rest, truncated to fit the line limit. */
export function eventFields(event: ProgramEvent, time: Date): object {
  const { event: name, ...fields } = bounded(event);
  return { event: name, time: time.toISOString(), ...fields };
}

function bounded(event: ProgramEvent): ProgramEvent {
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
    case "left-out":
      return { ...event, entries: takeWithin(event.entries, LISTS_LIMIT_BYTES) };
    case "renamed":
      return { ...event, entries: takeWithin(event.entries, LISTS_LIMIT_BYTES) };
    case "declined": {
      if (event.paths === undefined) return event;
      const paths = takeWithin(event.paths, LISTS_LIMIT_BYTES);
      const leftOut = (event.pathsLeftOut ?? 0) + event.paths.length - paths.length;
      return { ...event, paths, ...(leftOut === 0 ? {} : { pathsLeftOut: leftOut }) };
    }
    case "error":
      return { ...event, message: shorten(event.message), hint: shorten(event.hint) };
    default:
      return event;
  }
}

/** Returns the leading items whose JSON together fits into the limit. */
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
