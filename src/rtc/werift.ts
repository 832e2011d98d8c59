// The only access to werift: loads parts of its CommonJS build on first use (the command line's help must not pay for it)
// and names the internals that rtc/ relies on. werift is pinned to an exact version.
import type { SocketOptions } from "node:dgram";
import { createRequire } from "node:module";
import { isIP, type Socket } from "node:net";
import type * as werift from "werift";
import type { PairState as CandidatePairState } from "../lib/events.ts";

/** What is used of it. */
export type Werift = Pick<
  typeof werift,
  | "Candidate"
  | "CipherContext"
  | "classes"
  | "Connection"
  | "DtlsClient"
  | "DtlsServer"
  | "Event"
  | "HashAlgorithm"
  | "Message"
  | "methods"
  | "NamedCurveAlgorithm"
  | "parseMessage"
  | "SignatureAlgorithm"
  | "StunOverTurnProtocol"
  | "StunProtocol"
  | "TcpTransport"
  | "TlsTransport"
  | "TurnProtocol"
  | "UdpTransport"
>;
export type WeriftCandidate = werift.Candidate;
export type WeriftConnection = werift.Connection;
export type WeriftProtocol = werift.StunProtocol;

/** In the bundle each call of it stands for the file that it names (scripts/support/bundle.mjs). */
const require = createRequire(import.meta.url);

let loaded: Werift | undefined;

/** Loads ICE and DTLS of werift once; its peer connection, SCTP and media are not used. */
export function loadWerift(): Werift {
  // The CommonJS and the ESM build are two separate copies of every class; one of them must be chosen. Paths, because the
  // package exports only all of it together, and that takes twice as long to load.
  loaded ??= {
    ...require("../../node_modules/werift/lib/common/src/index.js"),
    ...require("../../node_modules/werift/lib/ice/src/index.js"),
    ...require("../../node_modules/werift/lib/dtls/src/index.js"),
  } as Werift;
  return loaded;
}

/** What is used of its payload formats of RTP. */
export type WeriftPayloadFormats = Pick<
  typeof werift,
  "Av1Packetizer" | "H264Packetizer" | "Vp8Packetizer" | "Vp8RtpPayload" | "Vp9Packetizer" | "Vp9RtpPayload"
>;

let payloadFormats: WeriftPayloadFormats | undefined;

/** Loads the payload formats once, by file: the rest of its RTP is not used. */
export function loadPayloadFormats(): WeriftPayloadFormats {
  payloadFormats ??= {
    ...require("../../node_modules/werift/lib/rtp/src/codec/av1.js"),
    ...require("../../node_modules/werift/lib/rtp/src/codec/h264.js"),
    ...require("../../node_modules/werift/lib/rtp/src/codec/vp8.js"),
    ...require("../../node_modules/werift/lib/rtp/src/codec/vp9.js"),
  } as WeriftPayloadFormats;
  return payloadFormats;
}

/** States of a candidate pair. RFC 8445 §6.1.2.6; numbers as werift has them. */
export const PairState = { FROZEN: 0, WAITING: 1, IN_PROGRESS: 2, SUCCEEDED: 3, FAILED: 4 } as const;

export const PAIR_STATE_NAMES: readonly CandidatePairState[] = [
  "frozen",
  "waiting",
  "in progress",
  "succeeded",
  "failed",
];

export type WeriftPair = werift.Connection["checkList"][number];

/** Members of werift's Connection that are private in its types and ordinary properties at run time. */
export interface ConnectionInside {
  protocols: unknown[];
  _remoteCandidates: unknown[];
  earlyChecks: [message: unknown, from: [string, number], protocol: WeriftProtocol | WeriftRelay][];
  earlyChecksDone: boolean;
  ensureProtocol(protocol: unknown): void;
  pairLocalProtocol(protocol: unknown): void;
  checkIncoming(message: unknown, from: [string, number], protocol: WeriftProtocol | WeriftRelay): void;
  /** Called when a pair's check has ended, or when the peer has nominated one that was answered. */
  checkComplete(pair: WeriftPair): void;
  /** Checks a pair, repeatedly where the answers ask for it. */
  checkStart(pair: WeriftPair): void;
  addPair(pair: WeriftPair): void;
  buildRequest(options: {
    nominate: boolean;
    localUsername: string;
    remoteUsername: string;
    iceControlling: boolean;
    localCandidate: werift.Candidate;
  }): werift.Message;
}

/** The private members that we use; a test compares them with the installed version. */
export function insideOf(connection: WeriftConnection): ConnectionInside {
  return connection as unknown as ConnectionInside;
}

export type Receive = (datagram: Buffer, from: [string, number]) => void;

/** The receive path of a werift UDP protocol; private in its types. */
export interface ProtocolInside {
  transport: Omit<werift.UdpTransport, "onData"> & { onData: Receive };
  datagramReceived(datagram: Buffer, from: [string, number]): void;
}

/** The transport to a TURN server; `stream` is that of TCP and TLS. */
export interface WeriftTurnTransport {
  readonly type: "udp" | "tcp" | "tls";
  onData: Receive;
  readonly stream?: { readonly client: Socket };
}

/** The parts of a pending request that we use. */
export interface WeriftTransaction {
  /** The key with which the answer must be signed, if any. */
  integrityKey?: Buffer | undefined;
  fail(error: Error): void;
}

/** A TURN allocation. */
export interface WeriftTurn {
  readonly transport: WeriftTurnTransport;
  /** The server's address, once it has answered. */
  readonly serverEndpoint?: [string, number];
  /** Undefined where the server did not state it. */
  readonly relayedAddress: [string, number] | undefined;
  readonly mappedAddress: [string, number] | undefined;
  /** The server's address as configured. */
  readonly server: [string, number];
  /** The requested lifetime, in seconds. */
  readonly lifetime: number;
  /** After this many seconds the next datagram to a peer binds its channel again. */
  channelRefreshTime: number;
  /** The number of the next channel. */
  readonly channelNumber: number;
  /** The channels by the JSON of address and port. */
  readonly channelByAddr: Record<string, unknown>;
  /** True for each address that has a permission. */
  readonly permissionByAddr: Record<string, boolean>;
  /** Pending requests by transaction ID. */
  readonly transactions: Record<string, WeriftTransaction>;
  /** Takes what the transport received: a datagram, or a piece of a stream. */
  dataReceived: Receive;
  /** Takes one ChannelData message. */
  handleChannelData(message: Buffer): void;
  /** Takes one STUN message from the server. */
  handleSTUNMessage: Receive;
  /** Called with the lifetime that the server has stated; schedules the refreshes. */
  refresh: (statedSeconds: unknown) => void;
  /** Sends a message to the server. */
  send(message: Buffer, to: [string, number]): Promise<void>;
  /** Returns the channel of a peer, and requests one if there is none. */
  getChannel(peer: [string, number]): Promise<unknown>;
  getPermission(peer: [string, number]): Promise<void>;
  /** Requests the allocation. */
  connectionMade(): Promise<void>;
  request(
    request: werift.Message,
    server: [string, number],
    integrityKey: undefined,
    options: { retransmissions: number; responseTimeout: number },
  ): Promise<unknown>;
  /** Signs a request to the server, and retries with a new nonce if necessary. */
  requestWithRetry(request: werift.Message, server: [string, number]): Promise<[answer: WeriftAnswer, ...unknown[]]>;
  close(): Promise<void>;
}

export interface WeriftAnswer {
  /** Undefined where the attribute is missing. */
  getAttributeValue(name: string): unknown;
}

/** A protocol over a TURN allocation. */
export interface WeriftRelay {
  readonly type: string;
  localCandidate?: werift.Candidate;
  readonly turn: WeriftTurn;
  /** Takes what a peer sent to the relayed address. */
  handleStunMessage: Receive;
  /** Sends to a peer. */
  sendStun(message: werift.Message, to: [string, number]): Promise<void>;
  close(): Promise<void>;
}

/**
 * A UDP transport whose socket is not bound yet. werift's own init() binds without an error handler, so an address that
 * cannot be bound would end the process. The socket resolves no names, so that a datagram leaves one turn earlier and
 * is only ever sent to addresses.
 */
export function newUdpTransport(type: "udp4" | "udp6"): ProtocolInside["transport"] {
  const UdpTransport = loadWerift().UdpTransport as unknown as new (
    type: "udp4" | "udp6" | SocketOptions,
  ) => ProtocolInside["transport"] & { socketType: unknown };
  const transport = new UdpTransport({ type, lookup: addressesOnly });
  // werift passes its argument to createSocket, and reads the family from it later.
  transport.socketType = type;
  return transport;
}

type LookupCallback = (error: NodeJS.ErrnoException | null, address: string, family: number) => void;

/** The host of the last datagram, and almost always of the next one: it need not be checked each time. */
let lastHost: string | undefined;
let lastFamily = 0;

function addressesOnly(host: string, _: unknown, callback: LookupCallback): void {
  if (host !== lastHost) {
    lastHost = host;
    lastFamily = isIP(host);
  }
  if (lastFamily === 0) callback(new Error(`not an address: ${host}`), host, 0);
  else callback(null, host, lastFamily);
}
