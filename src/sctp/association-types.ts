// The inputs and outputs of an SCTP association, as plain data.
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
  /** Largest SCTP packet that path MTU discovery may try towards a peer with our own stack; 1,191 … 16,384. */
  maxPacketBytes: number;
  /** The same towards any other SCTP stack; 1,191 … 1,435. */
  maxForeignPacketBytes: number;
  /** Size of our socket's receive buffer, as the system counts; it is reported to the peer. 0: unknown. */
  socketBufferBytes: number;
  /**
   * The peer's exchange file shows that it runs our own stack: both announce what only this stack understands. No other
   * stack is sent our private parameter, since old ones drop the whole INIT for it (docs/rfc-deviations.md, D11).
   */
  isPeerOwnStack: boolean;
  /** Both ends are on one machine: a packet size that the path carried once is always carried. */
  isOneMachine: boolean;
  /** The path is a stream, as TCP is: it loses nothing, keeps the order, and carries packets of every size. */
  isStream: boolean;
  /** For tests: the initial TSN, stream sequence number and reset request number. Chosen at random unless given. */
  initialTsn?: number;
  initialSsn?: number;
}

/** The facts known of a path before any packet is sent on it. */
export interface PathFacts
  extends Pick<AssociationOptions, "maxPacketBytes" | "maxForeignPacketBytes" | "isOneMachine" | "isStream"> {
  rttMs: number | undefined;
}

/** Options of one message; by default it is ordered and reliable. At most one of the two limits. RFC 3758, RFC 7496. */
export interface DeliveryOptions {
  isUnordered?: boolean;
  /** 0: the message is sent only once. */
  maxRetransmits?: number;
  lifetimeMs?: number;
}

export type AssociationEvent =
  | { type: "established" }
  /** One whole message. The consumer of the event owns the bytes. */
  | { type: "message"; streamId: number; ppid: number; data: Uint8Array }
  /** The peer has reset these of its outgoing streams. */
  | { type: "streams-reset"; streamIds: readonly number[] }
  /** The peer has performed the reset of these of our outgoing streams. */
  | { type: "streams-reset-done"; streamIds: readonly number[] }
  /** Queued bytes were handed to the network or acknowledged. */
  | { type: "progress" }
  /** The last event. */
  | ({ type: "closed" } & AssociationEnd);

/**
 * The end of an association: `shutdown`, in order by either side; `aborted`, by the peer or by us because of `detail`;
 * `violation`, by us, because the peer sent what `detail` names.
 */
export interface AssociationEnd {
  reason: "shutdown" | "aborted" | "violation";
  /** English; contains nothing that the peer sent. */
  detail: string;
}

/**
 * The cause that keeps the next packet of data from leaving: nothing is queued (`application`), the receiver has no
 * room (`peer-window`), or the congestion window and pacing (`congestion`).
 */
export type SendLimit = "application" | "peer-window" | "congestion";

export interface AssociationMetrics {
  readonly sendLimit: SendLimit;
  /** Bytes queued on all streams that were not given to the network. */
  readonly bufferedBytes: number;
  /** Totals of DATA chunk bytes since the start, headers included. */
  readonly deliveredBytes: number;
  readonly lostBytes: number;
  readonly congestion: CongestionMetrics;
  readonly srttMs: number | undefined;
  readonly rtoMs: number;
  readonly inflightBytes: number;
  /** Packet size that path MTU discovery has confirmed. */
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
