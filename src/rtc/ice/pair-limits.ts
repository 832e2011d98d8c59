// Limits the number of pairs, and decides who may add one by sending us a check. The source address of a check that no
// file names becomes a peer-reflexive candidate (RFC 8445 §7.3.1.3), to be checked in turn, so it is judged as if it
// had been in a file.
import { candidateRefusal } from "../../exchange/permitted-candidates.ts";
import { withoutZone } from "../../lib/address.ts";
import { insideOf, PairState, type WeriftConnection, type WeriftProtocol, type WeriftRelay } from "../werift.ts";
import { tcpOf } from "./tcp-transport.ts";

/** Pairs of lowest priority beyond this limit are not tried. RFC 8445 §6.1.2.5 requires a limit and suggests 100. */
export const MAX_PAIRS = 200;
/**
 * A failed peer-reflexive candidate is evicted to make room: nobody can fill the list by replaying our peer's packets.
 */
export const MAX_PEER_REFLEXIVE = 16;
/** Pairs that come from checks are in addition to those of a file. */
const MAX_LISTED_PAIRS = MAX_PAIRS + MAX_PEER_REFLEXIVE;

/** The source address of a check. */
export type Source = readonly [address: string, port: number];

/** Tests whether a check from this address may be answered and checked in turn. Removes a failed pair to make room. */
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
  // A peer that connected to us is not contacted at the port that it came from.
  const how =
    tcp === undefined ? { transport: "udp" as const } : { transport: "tcp" as const, tcpType: "active" as const };
  // A zone names an interface of this machine.
  const address = withoutZone(source);
  const own = (insideOf(connection).protocols as WeriftProtocol[]).flatMap(({ localCandidate }) =>
    localCandidate?.type === "host" ? [{ type: "host" as const, address: localCandidate.host }] : [],
  );
  return candidateRefusal({ ...how, address, port }, own) === undefined;
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
  // The list is in order of priority.
  const failed = checkList.findLast(({ state }) => state === PairState.FAILED);
  connection.checkList = checkList.filter((pair) => pair !== failed);
  return failed !== undefined;
}
