// How many pairs there are, and who may add one by sending us a check. A check brings the address that it came from: one
// that a file does not name becomes a candidate (RFC 8445 §7.3.1.3), to be checked in turn, and so it is judged as if it
// had been in a file.
import { contactRefusal } from "../../exchange/contact.ts";
import { withoutZone } from "../../lib/address.ts";
import { insideOf, PairState, type WeriftConnection, type WeriftProtocol, type WeriftRelay } from "../werift.ts";
import { tcpOf } from "./tcp-pairs.ts";

/** Beyond these the pairs of lowest priority are not tried. RFC 8445 §6.1.2.5 wants a limit and suggests 100. */
export const MAX_PAIRS = 200;
/** An address whose check failed makes place for the next: whoever repeats our peer's packets cannot fill the list. */
export const MAX_PEER_REFLEXIVE = 16;
/** Those of checks that came are on top of those of a file. */
const MAX_LISTED_PAIRS = MAX_PAIRS + MAX_PEER_REFLEXIVE;

/** From where a check came. */
export type Source = readonly [address: string, port: number];

/** Whether a check from this address may be answered and checked in turn. Forgets a failed pair where it must. */
export function hasRoomFor(
  connection: WeriftConnection,
  protocol: WeriftProtocol | WeriftRelay,
  from: Source,
): boolean {
  const [address, port] = from;
  const { checkList, remoteCandidates } = connection;
  const known = remoteCandidates.find((candidate) => candidate.host === address && candidate.port === port);
  if (known === undefined) {
    return mayBePeer(connection, protocol, from) && hasRoomForCandidate(connection) && hasRoomForPair(connection);
  }
  const isListed = checkList.some((pair) => pair.protocol === protocol && pair.remoteCandidate === known);
  return isListed || hasRoomForPair(connection);
}

function mayBePeer(
  connection: WeriftConnection,
  protocol: WeriftProtocol | WeriftRelay,
  [source, port]: Source,
): boolean {
  const tcp = tcpOf(protocol);
  // What has connected to us is not contacted at the port that it came from.
  const how =
    tcp === undefined ? { transport: "udp" as const } : { transport: "tcp" as const, tcpType: "active" as const };
  // A zone names an interface of this machine.
  const address = withoutZone(source);
  const own = (insideOf(connection).protocols as WeriftProtocol[]).flatMap(({ localCandidate }) =>
    localCandidate?.type === "host" ? [{ type: "host" as const, address: localCandidate.host }] : [],
  );
  return contactRefusal({ ...how, address, port }, own) === undefined;
}

function hasRoomForCandidate(connection: WeriftConnection): boolean {
  const { checkList, remoteCandidates } = connection;
  const reflexive = remoteCandidates.filter(({ type }) => type === "prflx");
  if (reflexive.length < MAX_PEER_REFLEXIVE) return true;
  const failed = reflexive.find((candidate) =>
    checkList.every((pair) => pair.remoteCandidate !== candidate || pair.state === PairState.FAILED),
  );
  if (failed === undefined) return false;
  insideOf(connection)._remoteCandidates = remoteCandidates.filter((candidate) => candidate !== failed);
  connection.checkList = checkList.filter((pair) => pair.remoteCandidate !== failed);
  return true;
}

function hasRoomForPair(connection: WeriftConnection): boolean {
  const { checkList } = connection;
  if (checkList.length < MAX_LISTED_PAIRS) return true;
  // The list is in the order of priorities.
  const failed = checkList.findLast(({ state }) => state === PairState.FAILED);
  connection.checkList = checkList.filter((pair) => pair !== failed);
  return failed !== undefined;
}
