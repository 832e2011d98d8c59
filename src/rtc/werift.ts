// The one door to werift: loads its CommonJS build when first needed (the command line's help must not pay
// for it) and names the parts of its inside that rtc/ relies on. werift is pinned to an exact version.
import type { SocketOptions } from "node:dgram";
import { createRequire } from "node:module";
import { isIP, type Socket } from "node:net";
import type * as werift from "werift";
import type { PairState as CandidatePairState } from "../lib/events.ts";

export type Werift = typeof werift;
export type WeriftCandidate = werift.Candidate;
export type WeriftConnection = werift.Connection;
export type WeriftProtocol = werift.StunProtocol;

let loaded: Werift | undefined;

/** Loads werift once. About 150 ms the first time. */
export function loadWerift(): Werift {
  // The CommonJS and the ESM build are two separate copies of every class; one of them must be chosen.
  loaded ??= createRequire(import.meta.url)("werift") as Werift;
  return loaded;
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

/** Members of werift's Connection that are private in its types and plain at run time. */
export interface ConnectionInside {
  protocols: unknown[];
  _remoteCandidates: unknown[];
  earlyChecks: [message: unknown, from: [string, number], protocol: WeriftProtocol | WeriftRelay][];
  earlyChecksDone: boolean;
  ensureProtocol(protocol: unknown): void;
  pairLocalProtocol(protocol: unknown): void;
  checkIncoming(message: unknown, from: [string, number], protocol: WeriftProtocol | WeriftRelay): void;
  /** Is told that a pair's check has ended, or that the peer has named one that was answered. */
  checkComplete(pair: WeriftPair): void;
  /** Checks a pair, again and again where the answers ask for it. */
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

export function insideOf(connection: WeriftConnection): ConnectionInside {
  return connection as unknown as ConnectionInside;
}

export type Receive = (datagram: Buffer, from: [string, number]) => void;

/** The receive path of a werift UDP protocol; private in its types. */
export interface ProtocolInside {
  transport: Omit<werift.UdpTransport, "onData"> & { onData: Receive };
  datagramReceived(datagram: Buffer, from: [string, number]): void;
}

/** How a TURN server is reached; the stream is that of TCP and TLS. */
export interface WeriftTurnTransport {
  readonly type: "udp" | "tcp" | "tls";
  onData: Receive;
  readonly stream?: { readonly client: Socket };
}

/** What of a request that waits for its answer is used. */
export interface WeriftTransaction {
  /** The answer must be signed with it, where there is one. */
  integrityKey?: Buffer | undefined;
  fail(error: Error): void;
}

/** A TURN allocation. */
export interface WeriftTurn {
  readonly transport: WeriftTurnTransport;
  /** Where the server is, once it has answered. */
  readonly serverEndpoint?: [string, number];
  /** Undefined where the server did not say. */
  readonly relayedAddress: [string, number] | undefined;
  readonly mappedAddress: [string, number] | undefined;
  /** As configured. */
  readonly server: [string, number];
  /** Asked for, in seconds. */
  readonly lifetime: number;
  /** After so many seconds the next datagram to a peer binds its channel again. */
  channelRefreshTime: number;
  /** Of the next channel. */
  readonly channelNumber: number;
  /** By JSON of address and port. */
  readonly channelByAddr: Record<string, unknown>;
  /** True where there is one. */
  readonly permissionByAddr: Record<string, boolean>;
  /** By the id of the request. */
  readonly transactions: Record<string, WeriftTransaction>;
  /** Takes what the transport received: a datagram, or a piece of a stream. */
  dataReceived: Receive;
  /** Takes one message of a channel. */
  handleChannelData(message: Buffer): void;
  /** Takes one STUN message of the server. */
  handleSTUNMessage: Receive;
  /** Is told the lifetime that the server has stated, and sees to the refreshes. */
  refresh: (statedSeconds: unknown) => void;
  /** Puts a message on its way to the server. */
  send(message: Buffer, to: [string, number]): Promise<void>;
  /** Of a peer; asked for where there is none. */
  getChannel(peer: [string, number]): Promise<unknown>;
  getPermission(peer: [string, number]): Promise<void>;
  /** Asks for the allocation. */
  connectionMade(): Promise<void>;
  request(
    request: werift.Message,
    server: [string, number],
    integrityKey: undefined,
    options: { retransmissions: number; responseTimeout: number },
  ): Promise<unknown>;
  /** Signs a request to the server, once more with a new nonce if need be. */
  requestWithRetry(request: werift.Message, server: [string, number]): Promise<[answer: WeriftAnswer, ...unknown[]]>;
  close(): Promise<void>;
}

export interface WeriftAnswer {
  /** Undefined where it has none. */
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
 * A UDP transport whose socket is not bound yet. werift's own init() binds without an error handler: an address
 * that cannot be bound would end the process. The socket looks up no names, so that a datagram leaves one turn earlier
 * and nothing but addresses is ever sent to.
 */
export function newUdpTransport(type: "udp4" | "udp6"): ProtocolInside["transport"] {
  const UdpTransport = loadWerift().UdpTransport as unknown as new (
    type: "udp4" | "udp6" | SocketOptions,
  ) => ProtocolInside["transport"] & { socketType: unknown };
  const transport = new UdpTransport({ type, lookup: addressesOnly });
  // It hands what it is given to createSocket, and reads the family from it later.
  transport.socketType = type;
  return transport;
}

type LookupCallback = (error: NodeJS.ErrnoException | null, address: string, family: number) => void;

/** Of the last datagram, and almost always of the next one as well: it need not be judged each time. */
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
