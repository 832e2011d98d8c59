// The interface that data channels need from an SCTP association, whoever implements it. RFC 8831 §6.
// Everything is synchronous; the association reports through calls on an AssociationEvents.
import type { AssociationEnd, DeliveryOptions } from "./association-types.ts";

/** SCTP payload protocol identifiers of WebRTC. RFC 8831 §8. */
export const Ppid = {
  DCEP: 50,
  STRING: 51,
  BINARY: 53,
  STRING_EMPTY: 56,
  BINARY_EMPTY: 57,
} as const;

export interface AssociationPort {
  /** Queues one whole message of at least one byte. It keeps `data`. After close it does nothing. */
  sendMessage(streamId: number, ppid: number, data: Uint8Array, delivery?: DeliveryOptions): void;
  /** Bytes of this stream queued and not yet given to the network. */
  bufferedBytes(streamId: number): number;
  /** Whether the peer has acknowledged everything that was ever queued on any stream. */
  readonly isDrained: boolean;
  /** Messages of a stream are kept, and count against the window that the peer sees, until it is resumed. */
  pauseStream(streamId: number): void;
  resumeStream(streamId: number): void;
  /** Requests a reset of our outgoing side of a stream, once its queued data has left. RFC 6525, RFC 8831 §6.7. */
  resetStream(streamId: number): void;
}

export interface AssociationEvents {
  handleEstablished(): void;
  handleMessage(streamId: number, ppid: number, data: Uint8Array): void;
  /** The peer has reset these of its outgoing streams. */
  handleStreamsReset(streamIds: readonly number[]): void;
  /** Some queued bytes were given to the network or acknowledged. */
  handleProgress(): void;
  /** The association has ended. Nothing follows. */
  handleClosed(end: AssociationEnd): void;
}
