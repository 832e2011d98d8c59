// What local-side.ts and its parts see of the agent that checks from their sockets and relays.
import type { IceCandidate } from "../../exchange/description.ts";
import type { WeriftProtocol, WeriftRelay } from "../werift.ts";

/**
 * What this side is looked after for. `file`: a file that travels. `search`: a peer that is looked for, from wherever we
 * are by now. `spare`: a connection that keeps itself alive, and new addresses for when it breaks. `nothing`: such a
 * connection to a peer that could not be told of them.
 */
export type Purpose = "file" | "search" | "spare" | "nothing";

/** The agent that checks from the sockets and relays of this side. */
export interface CandidateUser {
  adopt: (protocol: WeriftProtocol | WeriftRelay, candidate: IceCandidate) => void;
  /** It is closed next. */
  forget: (protocol: WeriftProtocol | WeriftRelay) => void;
  purpose: () => Purpose;
  /** Data goes this way. */
  isInUse: (protocol: WeriftProtocol | WeriftRelay) => boolean;
  /** Every two seconds. @param isAwake - this machine has slept since */
  onLook: (isAwake: boolean) => void;
  /** The candidates are others, and no file is of use any more. */
  onCandidatesChanged: () => void;
}

/** Whether what is out of date may go: not while data goes that way, nor after a connection that nobody looks after. */
export function mayDrop(user: CandidateUser, protocol: WeriftProtocol | WeriftRelay): boolean {
  const purpose = user.purpose();
  return purpose !== "nothing" && !(purpose === "spare" && user.isInUse(protocol));
}
