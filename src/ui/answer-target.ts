// Which transfer /accept, /decline and /cancel mean: what stood on the screen when the person began to type the line. The
// peer chooses the moment at which it takes an offer back and makes another one, and must not choose what is accepted.
import type { TransferStatus } from "../index.ts";

export interface AnswerContext {
  /** What the person has typed behind the command: number or id; undefined: nothing. */
  readonly which: string | undefined;
  /** Transfers that the command is about, as things are now. */
  readonly now: readonly TransferStatus[];
  /** Ids of those that it was about when the line was begun. */
  readonly begun: ReadonlySet<string>;
  /** The number by which people name a transfer. */
  readonly numberOf: (transfer: string) => number;
}

export type AnswerTarget =
  | { kind: "one"; transfer: TransferStatus }
  /** There is nothing that the command could be about. */
  | { kind: "none" }
  | { kind: "unknown"; which: string }
  | { kind: "several"; transfers: readonly TransferStatus[] }
  /** It is not what stood there; ids. */
  | { kind: "changed"; gone: readonly string[]; came: readonly string[] };

export function answerTarget({ which, now, begun, numberOf }: AnswerContext): AnswerTarget {
  if (now.length === 0) return { kind: "none" };
  const isMeant = (transfer: string): boolean => which === transfer || which === String(numberOf(transfer));
  const meant = which === undefined ? now : now.filter(({ transfer }) => isMeant(transfer));
  const [transfer, ...others] = meant;
  if (transfer === undefined) return { kind: "unknown", which: which ?? "" };
  if (others.length > 0) return { kind: "several", transfers: meant };
  // Who names one means that one, whatever else has come or gone.
  const came = meant.map((status) => status.transfer).filter((id) => !begun.has(id));
  const gone = which === undefined ? [...begun].filter((id) => id !== transfer.transfer) : [];
  return came.length + gone.length === 0 ? { kind: "one", transfer } : { kind: "changed", gone, came };
}
