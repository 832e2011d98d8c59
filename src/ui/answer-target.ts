// Selects the transfer that /accept, /decline and /cancel mean: one on the screen when the person started the line. The
// peer chooses when to withdraw a proposal and make another, and must not choose what is accepted.
import type { TransferStatus } from "../index.ts";

export interface AnswerContext {
  /** Number or id typed after the command; undefined when there is none. */
  readonly which: string | undefined;
  /** Transfers that the command applies to now. */
  readonly now: readonly TransferStatus[];
  /** Ids of the transfers that it applied to when the line was started. */
  readonly begun: ReadonlySet<string>;
  /** The number by which people name a transfer. */
  readonly numberOf: (transfer: string) => number;
}

export type AnswerTarget =
  | { kind: "one"; transfer: TransferStatus }
  /** No transfer matches the command. */
  | { kind: "none" }
  | { kind: "unknown"; which: string }
  | { kind: "several"; transfers: readonly TransferStatus[] }
  /** The transfers are not those that were on the screen; ids. */
  | { kind: "changed"; gone: readonly string[]; came: readonly string[] };

/** Which of the transfers that wait for an answer a person means, by number, by id, or because there is only one. */
export function answerTarget({ which, now, begun, numberOf }: AnswerContext): AnswerTarget {
  if (now.length === 0) return { kind: "none" };
  const isMeant = (transfer: string): boolean => which === transfer || which === String(numberOf(transfer));
  const meant = which === undefined ? now : now.filter(({ transfer }) => isMeant(transfer));
  const [transfer, ...others] = meant;
  if (transfer === undefined) return { kind: "unknown", which: which ?? "" };
  if (others.length > 0) return { kind: "several", transfers: meant };
  // A person who names a transfer means that one, whatever else has appeared or disappeared.
  const came = meant.map((status) => status.transfer).filter((id) => !begun.has(id));
  const gone = which === undefined ? [...begun].filter((id) => id !== transfer.transfer) : [];
  return came.length + gone.length === 0 ? { kind: "one", transfer } : { kind: "changed", gone, came };
}
