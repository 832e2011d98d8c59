// The `error` event of a P2pError. The event is plain data in English, as `--json` prints it; the error behind it
// is remembered, so that words/ can express it in another language.
import type { ErrorEvent } from "../events.ts";
import type { P2pError } from "./p2p-error.ts";

const origins = new WeakMap<ErrorEvent, P2pError>();

/** The event that reports an error to programs. */
export function errorEvent(error: P2pError): ErrorEvent {
  const event: ErrorEvent = { event: "error", code: error.code, message: error.message, hint: error.hint };
  origins.set(event, error);
  return event;
}

/** The error that `errorEvent` made this event from; undefined for any other event. */
export function originOf(event: ErrorEvent): P2pError | undefined {
  return origins.get(event);
}
