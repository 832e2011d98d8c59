// The `error` event of a P2pError. The event is plain data in English, as `--json` prints it; for people the error
// that it came from is remembered, so that it can be told in their language.
import type { P2pError } from "./errors.ts";
import type { ErrorEvent } from "./events.ts";
import type { Lang } from "./words/lang.ts";

const origins = new WeakMap<ErrorEvent, P2pError>();

/** The event that tells an error to programs. */
export function errorEvent(error: P2pError): ErrorEvent {
  const event: ErrorEvent = { event: "error", code: error.code, message: error.message, hint: error.hint };
  origins.set(event, error);
  return event;
}

/** What the event says in a language; in English where it was not made by `errorEvent`. */
export function describeErrorEvent(event: ErrorEvent, lang: Lang): { message: string; hint: string } {
  return origins.get(event)?.in(lang) ?? { message: event.message, hint: event.hint };
}
