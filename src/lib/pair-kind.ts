// How direct a pair of addresses is, named by its less direct end: both sides of a line, a page among them, name it the same.
import type { PairKind } from "./events.ts";

/** From the address of the computer itself to that of a relay. */
const DIRECTNESS: readonly PairKind[] = ["host", "prflx", "srflx", "relay"];

/** @returns the kind of a pair whose ends are of these kinds */
export function lessDirect(one: PairKind, other: PairKind): PairKind {
  return DIRECTNESS.indexOf(one) > DIRECTNESS.indexOf(other) ? one : other;
}
