// What a socket lets in. Anybody on the internet can send datagrams to a candidate's port: STUN requests count
// only with our username, the peer's once it is known, and a valid MESSAGE-INTEGRITY (RFC 8445 §7.3), and only so
// many strange addresses are looked at; everything that is not STUN counts only from an address that has answered
// a check of ours. That is not only the nominated pair's: the two sides may send on different pairs (RFC 8445 §12.2).
import { mayBeStun, stunClassOf } from "../../guard/stun-message.ts";
import {
  insideOf,
  loadWerift,
  PairState,
  type ProtocolInside,
  type Receive,
  type WeriftConnection,
  type WeriftProtocol,
  type WeriftRelay,
} from "../werift.ts";
import { TcpTransport } from "./tcp-transport.ts";

/** An address whose check failed makes place for the next: whoever repeats our peer's packets cannot fill the list. */
const MAX_PEER_REFLEXIVE = 16;
const MAX_EARLY_CHECKS = 64;

/**
 * Puts the rules before what a socket or a relay of the agent receives.
 * @param onData - takes what is not STUN and is admitted; werift does not see it
 */
export function guardReceiver(
  connection: WeriftConnection,
  protocol: WeriftProtocol | WeriftRelay,
  onData: (datagram: Buffer) => void,
): void {
  if ("turn" in protocol) {
    const { transport } = protocol.turn;
    if (transport.type === "udp") transport.onData = fromServerOnly(protocol.turn, transport.onData);
    protocol.handleStunMessage = admitted(connection, protocol, protocol.handleStunMessage, onData);
  } else {
    const inside = protocol as unknown as ProtocolInside;
    const { transport } = inside as { transport: unknown };
    const tcp = transport instanceof TcpTransport ? transport : undefined;
    inside.transport.onData = admitted(connection, protocol, inside.datagramReceived.bind(inside), onData, (from) => {
      tcp?.trust(from);
    });
  }
}

/** What comes through a relay names its sender itself: it is believed from the TURN server only. RFC 8656 §11.4. */
function fromServerOnly(turn: WeriftRelay["turn"], receive: Receive): Receive {
  return (datagram, from) => {
    const [address, port] = turn.serverEndpoint ?? [];
    if (from[0] === address && from[1] === port) receive(datagram, from);
  };
}

function admitted(
  connection: WeriftConnection,
  protocol: unknown,
  receive: Receive,
  onData: (datagram: Buffer) => void,
  onAuthentic: (from: readonly [string, number]) => void = () => {},
): Receive {
  return (datagram, from) => {
    if (!mayBeStun(datagram)) {
      if (isValidated(connection, protocol, from)) onData(datagram);
      return;
    }
    if (!isAdmittedStun(connection, datagram, from)) return;
    if (stunClassOf(datagram) === "request") onAuthentic(from);
    receive(datagram, from);
    const { earlyChecks } = insideOf(connection);
    if (earlyChecks.length > MAX_EARLY_CHECKS) earlyChecks.shift();
  };
}

function isAdmittedStun(connection: WeriftConnection, datagram: Buffer, from: readonly [string, number]): boolean {
  switch (stunClassOf(datagram)) {
    case "request":
      return isAuthenticRequest(connection, datagram) && hasRoomFor(connection, from);
    case "response":
    case "error":
      // werift matches them to their transaction and address, and checks them with its key.
      return true;
    default:
      return false;
  }
}

/** Whether the address belongs to a pair of this socket that has succeeded. */
function isValidated(
  connection: WeriftConnection,
  protocol: unknown,
  [address, port]: readonly [string, number],
): boolean {
  return connection.checkList.some(
    (pair) =>
      pair.protocol === protocol &&
      pair.responsesReceived > 0 &&
      pair.remoteAddr[0] === address &&
      pair.remoteAddr[1] === port,
  );
}

function isAuthenticRequest(connection: WeriftConnection, datagram: Buffer): boolean {
  const { localUsername, localPassword, remoteUsername } = connection;
  try {
    const message = loadWerift().parseMessage(datagram, Buffer.from(localPassword));
    const username: unknown = message?.getAttributeValue("USERNAME");
    if (typeof username !== "string") return false;
    // The other half is unknown until the peer's file is here.
    return remoteUsername === ""
      ? username.startsWith(`${localUsername}:`)
      : username === `${localUsername}:${remoteUsername}`;
  } catch {
    return false;
  }
}

/** Whether a check from this address may be answered and checked in turn. Forgets a failed one where it must. */
function hasRoomFor(connection: WeriftConnection, [address, port]: readonly [string, number]): boolean {
  const { checkList, remoteCandidates } = connection;
  if (remoteCandidates.some((candidate) => candidate.host === address && candidate.port === port)) return true;
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
