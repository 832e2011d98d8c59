// The selected pair: sends on it until it is closed, checks consent when asked to (RFC 7675), and reports its traits
// for packets and its description for people.
import type { Socket } from "node:dgram";
import { isIPv4 } from "node:net";
import { formatAddress } from "../../lib/address.ts";
import type { PairKind, SelectedPair } from "../../lib/events.ts";
import { lessDirect } from "../../lib/pair-kind.ts";
import { BASE_PACKET_BYTES, MAX_PACKET_BYTES } from "../../sctp/limits.ts";
import type { PathTraits } from "../sctp-driver.ts";
import type { ProtocolInside, WeriftConnection, WeriftPair, WeriftProtocol, WeriftRelay } from "../werift.ts";
import { isOwnAddress } from "./addresses.ts";
import { type ConsentCheck, consentChecks, sureRttMs } from "./check.ts";
import { tcpOf } from "./tcp-transport.ts";

/**
 * An Ethernet frame of 1,500 bytes minus IP, UDP and DTLS headers. Larger packets would be split into IP fragments
 * without our noticing, so no probe could detect it: more is tried only where both ends are this machine.
 */
const MAX_IPV4_PACKET_BYTES = 1_435;
const MAX_IPV6_PACKET_BYTES = 1_415;
/** The overhead that a TURN server adds to a datagram towards its client, or removes from it. RFC 8656 §11.1, §12.4. */
const RELAY_OVERHEAD_BYTES = 36;

/** The traits that packets must fit while there is no path. */
export const NO_PATH_TRAITS: PathTraits = {
  maxPacketBytes: BASE_PACKET_BYTES,
  isOneMachine: false,
  isStream: false,
  socketBufferBytes: 0,
};

export class NominatedPath {
  readonly pair: WeriftPair;
  readonly #localKind: PairKind;
  readonly #askConsent: (check: ConsentCheck, signal: AbortSignal) => Promise<void>;
  readonly #closing = new AbortController();

  /** @param localKind - the type of our end of the pair */
  constructor(connection: WeriftConnection, pair: WeriftPair, localKind: PairKind) {
    this.pair = pair;
    this.#localKind = localKind;
    this.#askConsent = consentChecks(connection, pair);
  }

  /** Sends one consent check. Resolves with its answer; rejects without one, and when the path is closed. */
  askConsent(check: ConsentCheck): Promise<void> {
    return this.#askConsent(check, this.#closing.signal);
  }

  /** Tests whether the path leads to this address, by the same transport as this socket or relay. */
  leadsTo([address, port]: readonly [address: string, port: number], by: WeriftProtocol | WeriftRelay): boolean {
    const { protocol, remoteAddr } = this.pair;
    const isSameTransport = (tcpOf(by) === undefined) === (tcpOf(protocol) === undefined);
    return isSameTransport && remoteAddr[0] === address && remoteAddr[1] === port;
  }

  /** The local address from which it sends; undefined: it goes through a relay. */
  get localAddress(): string | undefined {
    return "turn" in this.pair.protocol ? undefined : this.pair.localCandidate.host;
  }

  /** True for a TCP connection. */
  get isStream(): boolean {
    return tcpOf(this.pair.protocol) !== undefined;
  }

  get remoteAddress(): readonly [address: string, port: number] {
    return this.pair.remoteAddr;
  }

  /** A datagram that cannot be sent, or is sent after `close`, is lost. */
  send(datagram: Buffer): void {
    if (this.#closing.signal.aborted) return;
    const { protocol, remoteAddr } = this.pair;
    const tcp = tcpOf(protocol);
    const socket = socketOf(protocol);
    if (tcp !== undefined) tcp.write(datagram, remoteAddr);
    else if (socket !== undefined) socket.send(datagram, remoteAddr[1], remoteAddr[0]);
    else protocol.sendData(datagram, remoteAddr).catch(() => {});
  }

  /** False where further datagrams would queue in its TCP connection. */
  get isWritable(): boolean {
    const { protocol, remoteAddr } = this.pair;
    return tcpOf(protocol)?.isWritable(remoteAddr) ?? true;
  }

  /** False where a datagram of a call would wait too long in its TCP connection. */
  get isPrompt(): boolean {
    const { protocol, remoteAddr } = this.pair;
    return tcpOf(protocol)?.isPrompt(remoteAddr) ?? true;
  }

  /** The round trip of its last check, for those who pace by it; undefined: unknown, or the check was sent more than once. */
  get rttMs(): number | undefined {
    return sureRttMs(this.pair);
  }

  /** The traits of the path for packets. */
  traits(): PathTraits {
    const { protocol, remoteCandidate, remoteAddr } = this.pair;
    const [address] = remoteAddr;
    const socket = socketOf(protocol);
    const { isStream } = this;
    const isOneMachine = !("turn" in protocol) && isOwnAddress(address);
    const isRelayed = "turn" in protocol || remoteCandidate.type === "relay";
    const ethernetBytes =
      (isIPv4(address) ? MAX_IPV4_PACKET_BYTES : MAX_IPV6_PACKET_BYTES) - (isRelayed ? RELAY_OVERHEAD_BYTES : 0);
    return {
      maxPacketBytes: isOneMachine || isStream ? MAX_PACKET_BYTES : ethernetBytes,
      isOneMachine,
      isStream,
      socketBufferBytes: socket?.getRecvBufferSize() ?? 0,
    };
  }

  /** The description of the path for people. */
  selected(): { pair: SelectedPair; rttMs: number } {
    const { protocol, localCandidate, remoteCandidate, remoteAddr } = this.pair;
    const tcp = tcpOf(protocol);
    return {
      pair: {
        protocol: tcp === undefined ? "udp" : "tcp",
        local: formatAddress(localCandidate.host, tcp?.localPort(remoteAddr) ?? localCandidate.port),
        remote: formatAddress(remoteAddr[0], remoteAddr[1]),
        kind: lessDirect(this.#localKind, remoteCandidate.type as PairKind),
      },
      rttMs: Math.round((this.pair.rtt ?? 0) * 1_000),
    };
  }

  /** Nothing is sent after this. */
  close(): void {
    this.#closing.abort();
  }
}

/** The UDP socket of a pair without a relay: werift's own send path creates promises for each datagram. */
function socketOf(protocol: WeriftPair["protocol"]): Socket | undefined {
  return "turn" in protocol || tcpOf(protocol) !== undefined
    ? undefined
    : (protocol as unknown as ProtocolInside).transport.socket;
}
