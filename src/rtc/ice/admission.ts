// Admission rules for incoming datagrams. Anybody on the internet can send to a candidate's port. A STUN request is
// admitted only with our username, the peer's once it is known, and a valid MESSAGE-INTEGRITY (RFC 8445 §7.3), and only
// a limited number of unknown addresses is considered. Everything that is not STUN is admitted only from an address
// that has answered a check of ours; that is not only the nominated pair's, because the two sides may send on different
// pairs (RFC 8445 §12.2).
import { mayBeStun, stunClassOf } from "../../guard/stun-message.ts";
import {
  insideOf,
  loadWerift,
  type ProtocolInside,
  type Receive,
  type WeriftConnection,
  type WeriftPair,
  type WeriftProtocol,
  type WeriftRelay,
} from "../werift.ts";
import type { Credentials } from "./credentials.ts";
import { hasRoomFor } from "./pair-limits.ts";
import { TcpTransport } from "./tcp-transport.ts";

const MAX_EARLY_CHECKS = 64;
/** A check has up to 700 bytes, a server's answer a little more. Longer datagrams come from nobody we know. */
const MAX_CHECK_BYTES = 2_048;

/** A listener for what comes before there is a path. */
export interface EarlyListener {
  /** There is no path yet: nothing else is told otherwise. */
  isEarly: () => boolean;
  /** An authentic check from this address was admitted. */
  onAuthentic: (from: readonly [address: string, port: number]) => void;
  /** A datagram that is not STUN, from whatever address. It must not be kept. */
  onData: (datagram: Buffer, from: readonly [address: string, port: number]) => void;
}

/** The state that admission depends on, and the handlers of admitted datagrams. */
export interface Admission {
  credentials: Credentials;
  /** A pair from before the restart on which data still arrives. */
  keptPair: () => WeriftPair | undefined;
  /** An authentic check for this ufrag of ours has arrived; it is processed next. */
  onCheck: (ownUfrag: string) => void;
  /** Takes data that is not STUN, and the pair that it came by; werift does not see it. */
  onData: (datagram: Buffer, pair: WeriftPair) => void;
  /** Takes what comes while there is no path; undefined: nobody does. */
  early?: EarlyListener;
}

/** Applies the admission rules to everything that a socket or a relay of the agent receives. */
export function guardReceiver(
  connection: WeriftConnection,
  protocol: WeriftProtocol | WeriftRelay,
  admission: Admission,
): void {
  if ("turn" in protocol) {
    const { transport } = protocol.turn;
    if (transport.type === "udp") transport.onData = fromServerOnly(protocol.turn, transport.onData);
    protocol.handleStunMessage = admitted(connection, protocol, protocol.handleStunMessage, admission);
  } else {
    const inside = protocol as unknown as ProtocolInside;
    const { transport } = inside as { transport: unknown };
    const tcp = transport instanceof TcpTransport ? transport : undefined;
    const receive = inside.datagramReceived.bind(inside);
    inside.transport.onData = admitted(connection, protocol, receive, admission, (from) => {
      tcp?.trust(from);
    });
  }
}

/** Relayed data names its sender itself, so it is believed only from the TURN server. RFC 8656 §11.4. */
function fromServerOnly(turn: WeriftRelay["turn"], receive: Receive): Receive {
  return (datagram, from) => {
    const [address, port] = turn.serverEndpoint ?? [];
    const isFromServer = from[0] === address && from[1] === port;
    // Anybody can forge the server's address: a datagram that would keep werift's parser busy is not the server's.
    if (isFromServer && (!mayBeStun(datagram) || stunClassOf(datagram) !== undefined)) receive(datagram, from);
  };
}

function admitted(
  connection: WeriftConnection,
  protocol: WeriftProtocol | WeriftRelay,
  receive: Receive,
  admission: Admission,
  onAuthentic: (from: readonly [string, number]) => void = () => {},
): Receive {
  return (datagram, from) => {
    if (!mayBeStun(datagram)) {
      if (admission.early?.isEarly() === true) admission.early.onData(datagram, from);
      const pair = validatedPair(connection, protocol, from, admission);
      if (pair !== undefined) admission.onData(datagram, pair);
      return;
    }
    if (datagram.length > MAX_CHECK_BYTES) return;
    if (!isAdmittedStun(connection, protocol, datagram, from, admission)) return;
    if (stunClassOf(datagram) === "request") {
      onAuthentic(from);
      if (admission.early?.isEarly() === true) admission.early.onAuthentic(from);
    }
    receive(datagram, from);
    const { earlyChecks } = insideOf(connection);
    if (earlyChecks.length > MAX_EARLY_CHECKS) earlyChecks.shift();
  };
}

function isAdmittedStun(
  connection: WeriftConnection,
  protocol: WeriftProtocol | WeriftRelay,
  datagram: Buffer,
  from: readonly [string, number],
  { credentials, onCheck }: Admission,
): boolean {
  switch (stunClassOf(datagram)) {
    case "request": {
      const ownUfrag = authenticatedUfrag(credentials, datagram);
      if (ownUfrag === undefined) return false;
      onCheck(ownUfrag);
      return hasRoomFor(connection, protocol, from);
    }
    case "response":
    case "error":
      // werift matches these to their transaction and address, and verifies them with the transaction's key.
      return true;
    default:
      return false;
  }
}

/** The pair of this socket and this address, if it has succeeded. */
function validatedPair(
  connection: WeriftConnection,
  protocol: unknown,
  [address, port]: readonly [string, number],
  { keptPair }: Admission,
): WeriftPair | undefined {
  const isFrom = (pair: WeriftPair): boolean =>
    pair.protocol === protocol &&
    pair.responsesReceived > 0 &&
    pair.remoteAddr[0] === address &&
    pair.remoteAddr[1] === port;
  const kept = keptPair();
  return connection.checkList.find(isFrom) ?? (kept !== undefined && isFrom(kept) ? kept : undefined);
}

/**
 * Authenticates a request.
 * @returns the ufrag of ours whose password signs the request; undefined: it is not from the peer, or not an ICE check
 *   (RFC 8445 §7.1.1)
 */
function authenticatedUfrag(credentials: Credentials, datagram: Buffer): string | undefined {
  try {
    const { username } = checkOf(datagram);
    const [own = "", peer] = username?.split(":") ?? [];
    const { passwords } = credentials;
    const password = Object.hasOwn(passwords, own) ? passwords[own] : undefined;
    if (password === undefined || peer === undefined || !credentials.isPeer(own, peer)) return undefined;
    const signed = checkOf(datagram, password);
    return signed.username === username && signed.hasPriority ? own : undefined;
  } catch {
    return undefined;
  }
}

/** @param password - the key that must sign the message; undefined: no signature is required */
function checkOf(datagram: Buffer, password?: string): { username: string | undefined; hasPriority: boolean } {
  const key = password === undefined ? undefined : Buffer.from(password);
  const message = loadWerift().parseMessage(datagram, key);
  const username: unknown = message?.getAttributeValue("USERNAME");
  return {
    username: typeof username === "string" ? username : undefined,
    hasPriority: typeof message?.getAttributeValue("PRIORITY") === "number",
  };
}
