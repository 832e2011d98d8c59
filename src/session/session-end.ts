// Errors to report when a session ended abnormally or before everything was delivered, and the kind of a loss for the
// session machine.
import type { Disconnection } from "../control/session-machine.ts";
import type { ConnectionEnd } from "../lib/errors/params.ts";
import { P2pError } from "../lib/errors/p2p-error.ts";
import { formatBytes } from "../lib/format.ts";
import type { ClosedReason } from "../lib/events.ts";

/** The error for a connection that ended in this way. */
export function lossBy(end: ConnectionEnd): P2pError<"CONNECTION_LOST"> {
  return new P2pError("CONNECTION_LOST", { end });
}

/** Classifies the end of the association for the session machine. */
export function howLost(error: P2pError): Disconnection {
  if (error.code === "PEER_PROTOCOL") return "broken";
  if (error.code !== "CONNECTION_LOST") return "failed";
  const { end } = (error as P2pError<"CONNECTION_LOST">).params;
  return end === "aborted" || end === "shutdown" ? "closed" : "lost";
}

/** The side whose person or program has ended a session; undefined: it ended for another reason. */
export function endedBy(reason: ClosedReason): "peer" | "me" | undefined {
  if (reason === "peer-bye") return "peer";
  return reason === "quit" || reason === "done" || reason === "interrupted" ? "me" : undefined;
}

/**
 * The error for files that were not accepted when the session ended, or that were not even offered.
 * @param by - who ended it
 */
export function unsentError(name: string, by: "peer" | "me"): P2pError<"TRANSFER_INTERRUPTED"> {
  const how = by === "peer" ? "peer-left" : "own-end";
  return new P2pError("TRANSFER_INTERRUPTED", { name, bytes: formatBytes(0), total: formatBytes(0), how });
}

/**
 * The error that reports an end: why it happened, and how many messages were not delivered. Undefined: it was orderly and nothing
 * is missing, or the other side is not the person for whom the messages were.
 * @param loss - why the connection was lost; undefined when it was ended in order
 * @param undelivered - count of this side's messages that the peer has not acknowledged, announced ones included
 * @param more - `hasFurther`: there may have been more, since the user was not finished with giving them
 */
export function failureOfEnd(
  reason: ClosedReason,
  loss: P2pError | undefined,
  undelivered: number,
  { hasFurther = false }: { readonly hasFurther?: boolean } = {},
): P2pError | undefined {
  if (loss !== undefined) {
    const isConnection = (error: P2pError): error is P2pError<"CONNECTION_LOST"> => error.code === "CONNECTION_LOST";
    return isConnection(loss) ? new P2pError("CONNECTION_LOST", { ...loss.params, undelivered }) : loss;
  }
  if (reason === "rejected") return undefined;
  // Who interrupts it knows that more was to follow.
  if (undelivered === 0 && (!hasFurther || reason === "interrupted")) return undefined;
  const end = reason === "peer-bye" ? "peer-left" : "own-end";
  return new P2pError("CONNECTION_LOST", { end: undelivered === 0 ? `${end}-early` : end, undelivered });
}
