// The port between loss recovery, which says what was delivered and what was lost, and a congestion controller,
// which says how much may be in flight and how fast it may leave. Every controller is synchronous and deterministic.
// Bytes are DATA chunk bytes, chunk header included; times are milliseconds; rates are bytes per millisecond.

/** What one SACK told, after loss detection has run on it. */
export interface AckEvent {
  readonly nowMs: number;
  /** Bytes first acknowledged by this SACK, gap blocks included; ≥ 0. */
  readonly ackedBytes: number;
  /** Bytes that loss detection declared lost while it handled this SACK; ≥ 0. */
  readonly lostBytes: number;
  /** Bytes in flight before and after this SACK, lost ones left out. */
  readonly priorInflightBytes: number;
  readonly inflightBytes: number;
  /** Smallest round trip of chunks first acknowledged by this SACK and sent once; undefined: no such chunk. */
  readonly rttMs: number | undefined;
  /** Delivery rate sample (draft-cheng-iccrg-delivery-rate-estimation §3.3), undefined when none can be trusted. */
  readonly deliveryRate: number | undefined;
  /** Of the chunk that the sample was taken from: `delivered` total when it was sent; what BBR counts rounds with. */
  readonly priorDeliveredBytes: number;
  /** Of that chunk: bytes in flight when it was sent, itself included. */
  readonly txInflightBytes: number;
  /** Of that chunk: `lost` total when it was sent. */
  readonly priorLostBytes: number;
  /** Of that chunk: the application or the peer's window, not cwnd or pacing, limited what was sent. */
  readonly isAppLimited: boolean;
  /** Totals since the start of the association, this SACK included. */
  readonly deliveredBytes: number;
  readonly lostTotalBytes: number;
  /** Bytes delivered within the sample's interval: `deliveredBytes` less `priorDeliveredBytes`. */
  readonly sampleBytes: number;
  /** cwnd was what limited sending at some time in the last round trip. draft-ietf-ccwg-bbr 2.1, C.is_cwnd_limited. */
  readonly isCwndLimited: boolean;
}

/** One DATA chunk that was declared lost; handed over before the AckEvent of the SACK that showed it. */
export interface LossEvent {
  readonly nowMs: number;
  readonly bytes: number;
  /** When it was sent last. */
  readonly sentAtMs: number;
  /** Bytes in flight when it was sent, itself included, and the totals at that time. */
  readonly txInflightBytes: number;
  readonly priorDeliveredBytes: number;
  readonly priorLostBytes: number;
  /** Totals now, this chunk included. */
  readonly lostTotalBytes: number;
  readonly deliveredBytes: number;
  readonly isAppLimited: boolean;
  /** The chunk before it in sending order was not lost: a new range of losses begins. */
  readonly isNewRange: boolean;
}

export interface CongestionMetrics {
  readonly name: "bbr" | "cubic";
  /** The controller's own name for what it is doing, such as `startup` or `probe-bw-up`. */
  readonly state: string;
  readonly cwndBytes: number;
  readonly pacingRate: number;
  /** Infinity where the controller has none. */
  readonly ssthreshBytes: number;
  /** 0 while unknown. */
  readonly bandwidth: number;
  /** Infinity while unknown. */
  readonly minRttMs: number;
}

export interface CongestionController {
  /** Most bytes in flight; finite, at least one packet. */
  readonly cwndBytes: number;
  /** Bytes per millisecond; > 0; Infinity: not paced. */
  readonly pacingRate: number;
  /** Most bytes that may leave at once, without a pause; at least one packet. */
  readonly burstBytes: number;
  /** A chunk leaves. `inflightBytes`: before it. */
  handleSent(nowMs: number, bytes: number, inflightBytes: number, isAppLimited: boolean): void;
  handleLoss(loss: LossEvent): void;
  handleAck(ack: AckEvent): void;
  /** T3-rtx expired: all that was in flight counts as lost (no LossEvents come for it). RFC 9260 §6.3.3. */
  handleTimeout(nowMs: number, inflightBytes: number): void;
  /** The last timeout or loss recovery was for nothing: the peer reported that all it repeated had arrived. */
  handleSpuriousLoss(nowMs: number): void;
  /** Nothing was in flight and sending begins again. */
  handleRestartFromIdle(nowMs: number): void;
  /** Path MTU discovery changed the size of packets. */
  setPacketBytes(bytes: number): void;
  metrics(): CongestionMetrics;
}

export interface CongestionOptions {
  /** SCTP packet size in bytes; 500 … 16,384. */
  packetBytes: number;
  /** Round trip measured by the handshake, for the first pacing rate; undefined: unknown. */
  initialRttMs: number | undefined;
  /** Of the socket at the receiver, as its system counts; 0: unknown. */
  receiverBufferBytes: number;
  /** 0 ≤ x < 1; for the choices that must not be the same on every flow. */
  random: () => number;
}
