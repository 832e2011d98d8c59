// Waiting with a time limit, by the timers of Node.
import { within } from "../lib/waiting.ts";

function after(ms: number, call: () => void): () => void {
  const timer = setTimeout(call, ms);
  return () => clearTimeout(timer);
}

/** @returns the value, or undefined when the time limit passes first. Rejects as `promise` does within it */
export function withinMs<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
  return within(ms, after, promise);
}
