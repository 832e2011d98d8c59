// What goes into an SCTP association and what comes out of it, as plain data.
import type { CongestionMetrics } from "./tx/congestion/controller.ts";

export interface AssociationOptions {
  /** SCTP ports; both are 5000 unless an SDP says otherwise. */
  localPort: number;
  remotePort: number;
  /** 0 ≤ x < 1; verification tag, initial TSN, cookie and jitter come from it. Use a cryptographic source. */
  random: () => number;
  congestion: "bbr" | "cubic";
  /** A round trip measured before, by ICE for example; undefined: unknown. */
  initialRttMs: number | undefined;
  /** Most payload bytes held for the application, and the window that is advertised; ≥ 64 KiB. */
  receiveWindowBytes: number;
  /** A message larger than this ends the association. */
  maxMessageBytes: number;
  /** Largest SCTP packet that path MTU discovery may try towards a peer of our own kind; 1,191 … 16,384. */
  maxPacketBytes: number;
  /** The same towards any other SCTP stack; 1,191 … 1,435. */
  maxForeignPacketBytes: number;
  /** Of our socket's receive buffer, as the system counts; the peer learns of it. 0: unknown. */
  socketBufferBytes: number;
  /** Both ends are on one machine: what the path carried once it always carries. */
  isOneMachine: boolean;
  /** The path is a stream, as TCP is: it loses nothing, keeps the order, and carries packets of every size. */
  isStream: boolean;
  /** For tests: where TSN, stream sequence numbers and reset requests begin. Chosen at random unless given. */
  initialTsn?: number;
  initialSsn?: number;
}

/** What is known of a path before packets have shown it. */
export interface PathFacts
  extends Pick<AssociationOptions, "maxPacketBytes" | "maxForeignPacketBytes" | "isOneMachine" | "isStream"> {
  rttMs: number | undefined;
}

/** Per message; nothing given: ordered and reliable. At most one of the two limits. RFC 3758, RFC 7496. */
export interface DeliveryOptions {
  isUnordered?: boolean;
  /** 0: sent once. */
  maxRetransmits?: number;
  lifetimeMs?: number;
}

export type AssociationEvent =
  | { type: "established" }
  /** One whole message. The bytes belong to whoever takes the event. */
  | { type: "message"; streamId: number; ppid: number; data: Uint8Array }
  /** The peer has reset these of its outgoing streams. */
  | { type: "streams-reset"; streamIds: readonly number[] }
  /** The peer has performed the reset of these of our outgoing streams. */
  | { type: "streams-reset-done"; streamIds: readonly number[] }
  /** Queued bytes were handed to the network or acknowledged. */
  | { type: "progress" }
  /** Last. */
  | ({ type: "closed" } & AssociationEnd);

/**
 * How an association has ended: `shutdown`, in order by either side; `aborted`, by the peer or by us because of `detail`;
 * `violation`, by us, as the peer has sent what `detail` names.
 */
export interface AssociationEnd {
  reason: "shutdown" | "aborted" | "violation";
  /** English, nothing of the peer's in it. */
  detail: string;
}

export interface AssociationMetrics {
  readonly congestion: CongestionMetrics;
  readonly srttMs: number | undefined;
  readonly rtoMs: number;
  readonly inflightBytes: number;
  /** Size of the packets that path MTU discovery has proved. */
  readonly packetBytes: number;
  readonly peerWindowBytes: number;
  /** Payload bytes received and not yet taken by the application. */
  readonly heldBytes: number;
  readonly packetsSent: number;
  readonly packetsReceived: number;
  readonly chunksRetransmitted: number;
  readonly timeouts: number;
  readonly tailProbes: number;
}
