// What a session looks at to end: what is still open, how quiet the peer is, and what is to be told of an end that was in
// no order, or came before all was delivered.
import type { ConnectionEnd } from "../lib/errors/params.ts";
import { P2pError } from "../lib/errors/p2p-error.ts";
import type { ClosedReason } from "../lib/events.ts";
import type { TransferActivity } from "./transfers/transfers.ts";

/** Of a session whose other side is not who it should be. */
export const REJECTED_EXIT = 3;
/** How long who says bye waits for the answer, and who hears it for its own texts. */
export const BYE_TIMEOUT_MS = 2_000;
/** How long a quitting side waits for the peer to acknowledge messages that were typed before. */
export const FLUSH_TIMEOUT_MS = 10_000;
/** A foreign peer says neither done nor bye: quiet for this long, and all acknowledged, is the end. */
const FOREIGN_QUIET_MS = 2_000;

export function lossBy(end: ConnectionEnd): P2pError<"CONNECTION_LOST"> {
  return new P2pError("CONNECTION_LOST", { end });
}

/** The other side has ended the connection, in whatever manner; @param error - undefined where nothing is known of it */
export function isEndedByPeer(error: P2pError | undefined): boolean {
  if (error?.code !== "CONNECTION_LOST") return error === undefined;
  const { end = "silence" } = (error as P2pError<"CONNECTION_LOST">).params;
  return end === "aborted" || end === "shutdown";
}

/**
 * What is to be told of an end: why it came, and how much was not delivered. Undefined: it came in order and nothing is
 * missing, or this side's person did not ask what became of the messages (interrupted, the other side refused).
 * @param loss - why the connection is gone; undefined when it was ended in order
 * @param undelivered - messages of this side that the peer has not acknowledged
 */
export function failureOfEnd(
  reason: ClosedReason,
  loss: P2pError | undefined,
  undelivered: number,
): P2pError | undefined {
  if (loss !== undefined) {
    const isConnection = (error: P2pError): error is P2pError<"CONNECTION_LOST"> => error.code === "CONNECTION_LOST";
    return isConnection(loss) ? new P2pError("CONNECTION_LOST", { ...loss.params, undelivered }) : loss;
  }
  if (undelivered === 0 || reason === "interrupted" || reason === "rejected") return undefined;
  return new P2pError("CONNECTION_LOST", { end: reason === "peer-bye" ? "peer-left" : "own-end", undelivered });
}

/** Calls back when a foreign peer has been quiet for long enough. */
export class QuietTimer {
  readonly #onQuiet: () => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(onQuiet: () => void) {
    this.#onQuiet = onQuiet;
  }

  /** From now on the peer is quiet. */
  restart(): void {
    this.stop();
    this.#timer = setTimeout(this.#onQuiet, FOREIGN_QUIET_MS);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

/** Files of this side run, or the peer is asked whether it wants them. */
export function isSending(activity: TransferActivity | undefined): boolean {
  return activity !== undefined && activity.sending + activity.awaitingPeerConsent > 0;
}

/** Files run in either direction. */
export function isRunning(activity: TransferActivity | undefined): boolean {
  return activity !== undefined && activity.sending + activity.receiving > 0;
}

/** Files run or somebody is asked about them, in either direction. */
export function isAnythingOpen(activity: TransferActivity | undefined): boolean {
  return activity !== undefined && (isSending(activity) || activity.receiving + activity.awaitingMyConsent > 0);
}
