// When a session ends by itself: the rule, without channels or clocks.
import type { SessionMode } from "./mode.ts";

export interface EndingFacts {
  myMode: SessionMode;
  /** Undefined until the peer has said hello. */
  peerMode: SessionMode | undefined;
  /** Nothing left to send here, and all that was sent is acknowledged. */
  amDone: boolean;
  isPeerDone: boolean;
  /** A transfer of either direction runs or awaits consent. */
  hasTransfers: boolean;
}

/**
 * A side in mode `once` ends when both are done; if the peer is in a conversation, when it is done itself and no
 * transfer runs or awaits consent. A conversation is ended by its person.
 */
export function shouldEnd(facts: EndingFacts): boolean {
  if (facts.myMode !== "once" || !facts.amDone) return false;
  return facts.peerMode === "conversation" ? !facts.hasTransfers : facts.isPeerDone;
}

/** Exit codes of one session, worst first. docs/errors.md. */
const EXIT_PRECEDENCE = [130, 143, 129, 1, 5, 8, 4, 3, 7, 0];

/** The code that wins when several apply. */
export function worseExit(a: number, b: number): number {
  return EXIT_PRECEDENCE.indexOf(a) <= EXIT_PRECEDENCE.indexOf(b) ? a : b;
}
