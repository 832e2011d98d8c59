// The rules for when a session ends by itself and with which exit code, without channels or clocks.
import type { SessionMode } from "./messages.ts";

export interface EndingFacts {
  myMode: SessionMode;
  /** Undefined until the peer has said hello. */
  peerMode: SessionMode | undefined;
  /** This side has nothing left to send, and everything it sent is acknowledged. */
  amDone: boolean;
  isPeerDone: boolean;
  /** A transfer in either direction runs or awaits consent, or a track of sound or picture is not over. */
  hasTransfers: boolean;
}

/**
 * A side in mode `once` ends when both sides are done; if the peer is in a conversation, when it is done itself and no
 * transfer runs or awaits consent. The person at a side in a conversation ends it.
 */
export function shouldEnd(facts: EndingFacts): boolean {
  if (facts.myMode !== "once" || !facts.amDone) return false;
  return facts.peerMode === "conversation" ? !facts.hasTransfers : facts.isPeerDone;
}

/**
 * Exit codes that can occur in one run, worst first. A signal is what the person wanted; a bug makes all else doubtful;
 * a wrong command line (2) did nothing at all; then comes what happened to data (5, 8), to the exchange file (6), to
 * files in transit (4), to the connection (3), and what the peer chose (7). docs/errors.md.
 */
export const EXIT_PRECEDENCE = [130, 143, 129, 1, 2, 5, 8, 6, 4, 3, 7, 0] as const;

/** Rank of a code that is not in the table: after a signal and a bug, before all other codes. */
const UNKNOWN_RANK = EXIT_PRECEDENCE.indexOf(1) + 0.5;

/**
 * The code that wins when several apply; the first of two that are the same.
 * @param a - exit codes, of the table or an embedder's own
 */
export function worseExit(a: number, b: number): number {
  return rankOf(a) <= rankOf(b) ? a : b;
}

function rankOf(exit: number): number {
  const index = (EXIT_PRECEDENCE as readonly number[]).indexOf(exit);
  return index === -1 ? UNKNOWN_RANK : index;
}
