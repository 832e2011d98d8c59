// The checking agent as local-side.ts and its parts see it.
import type { IceCandidate } from "../../exchange/description.ts";
import type { WeriftProtocol, WeriftRelay } from "../werift.ts";

/**
 * Why the candidates are being kept alive. `file`: for a file that is being carried. `search`: for a peer that we
 * search for, from whatever addresses we have by now. `spare`: the connection keeps itself alive, and new addresses
 * serve for when it breaks. `nothing`: the same, but the peer cannot be sent new addresses.
 */
export type Purpose = "file" | "search" | "spare" | "nothing";

/** The agent that checks from the sockets and relays of this side. */
export interface CandidateUser {
  adopt: (protocol: WeriftProtocol | WeriftRelay, candidate: IceCandidate) => void;
  /** Forgets a socket or a relay, which is closed next. */
  forget: (protocol: WeriftProtocol | WeriftRelay) => void;
  purpose: () => Purpose;
  /** Tests whether data uses this socket or relay. */
  isInUse: (protocol: WeriftProtocol | WeriftRelay) => boolean;
  /** Called every two seconds. @param isAwake - this machine has slept since */
  onLook: (isAwake: boolean) => void;
  /** The candidates have changed, and no file is of use any more. */
  onCandidatesChanged: () => void;
}

/**
 * Tests whether an outdated socket or relay may be dropped: not while data uses it, nor once the purpose is `nothing`.
 */
export function mayDrop(user: CandidateUser, protocol: WeriftProtocol | WeriftRelay): boolean {
  const purpose = user.purpose();
  return purpose !== "nothing" && !(purpose === "spare" && user.isInUse(protocol));
}
