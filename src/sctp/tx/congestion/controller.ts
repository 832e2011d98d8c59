// The interface between loss recovery, which reports deliveries and losses, and a congestion controller,
// which decides how much may be in flight and how fast it may leave. Every controller is synchronous and deterministic.
// Bytes are DATA chunk bytes, chunk header included; times are milliseconds; rates are bytes per millisecond.

/** The result of one SACK, after loss detection has run on it. */
export interface AckEvent {
  readonly nowMs: number;
  /** Bytes first acknowledged by this SACK, gap blocks included; ≥ 0. */
  readonly ackedBytes: number;
  /** Bytes that loss detection declared lost while it handled this SACK; ≥ 0. */
  readonly lostBytes: number;
  /** Bytes in flight before and after this SACK, lost ones excluded. */
  readonly priorInflightBytes: number;
  readonly inflightBytes: number;
  /** Smallest round trip of chunks first acknowledged by this SACK and sent once; undefined: no such chunk. */
  readonly rttMs: number | undefined;
  /** Delivery rate sample (draft-cheng-iccrg-delivery-rate-estimation §3.3), undefined when none can be trusted. */
  readonly deliveryRate: number | undefined;
  /** The sampled chunk's `delivered` total when it was sent; BBR counts rounds with it. */
  readonly priorDeliveredBytes: number;
  /** Bytes in flight when that chunk was sent, itself included. */
  readonly txInflightBytes: number;
  /** The `lost` total when that chunk was sent. */
  readonly priorLostBytes: number;
  /** The application or the peer's window, not cwnd or pacing, limited sending when that chunk was sent. */
  readonly isAppLimited: boolean;
  /** Totals since the start of the association, this SACK included. */
  readonly deliveredBytes: number;
  readonly lostTotalBytes: number;
  /** Bytes delivered within the sample's interval: `deliveredBytes` minus `priorDeliveredBytes`. */
  readonly sampleBytes: number;
  /** cwnd limited sending at some time in the last round trip. draft-ietf-ccwg-bbr 2.1, C.is_cwnd_limited. */
  readonly isCwndLimited: boolean;
}

/** One DATA chunk that was declared lost; handed over before the AckEvent of the SACK that showed it. */
export interface LossEvent {
  readonly nowMs: number;
  readonly bytes: number;
  /** When the chunk was last sent. */
  readonly sentAtMs: number;
  /** Bytes in flight when it was sent, itself included, and the totals at that time. */
  readonly txInflightBytes: number;
  readonly priorDeliveredBytes: number;
  readonly priorLostBytes: number;
  /** Totals now, this chunk included. */
  readonly lostTotalBytes: number;
  readonly deliveredBytes: number;
  readonly isAppLimited: boolean;
  /** The preceding chunk in sending order was not lost: a new range of losses starts. */
  readonly isNewRange: boolean;
}

export interface CongestionMetrics {
  readonly name: "bbr" | "cubic";
  /** The controller's own name for its state, such as `startup` or `probe-bw-up`. */
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
  /** What the path holds without a queue, in bytes; Infinity: not known yet, or not looked for. */
  readonly pipeBytes: number;
  /** A timer of the pacer waits for as much as leaves in this time, and for one packet at least; 0 … 1.1 ms. */
  readonly turnMs: number;
  /** A chunk leaves. `inflightBytes`: before it. */
  handleSent(nowMs: number, bytes: number, inflightBytes: number, isAppLimited: boolean): void;
  handleLoss(loss: LossEvent): void;
  handleAck(ack: AckEvent): void;
  /** T3-rtx expired: everything in flight counts as lost (no LossEvents follow for it). RFC 9260 §6.3.3. */
  handleTimeout(nowMs: number, inflightBytes: number): void;
  /** The last timeout or loss recovery was spurious: the peer reported duplicates of everything retransmitted. */
  handleSpuriousLoss(nowMs: number): void;
  /** Nothing was in flight and sending resumes. */
  handleRestartFromIdle(nowMs: number): void;
  /**
   * Our own timer came late, so that nothing left meanwhile and what arrived waited. `inflightBytes`: sent before. What is
   * seen of those, round trips and rates, is of this machine rather than of the path.
   */
  handleLateTimer(inflightBytes: number): void;
  /** Path MTU discovery changed the size of packets. */
  setPacketBytes(bytes: number): void;
  metrics(): CongestionMetrics;
}

export interface CongestionOptions {
  /** SCTP packet size in bytes; 500 … 16,384. */
  packetBytes: number;
  /** Round trip measured by the handshake, for the first pacing rate; undefined: unknown. */
  initialRttMs: number | undefined;
  /** Size of the receiver's socket buffer, as its system counts; 0: unknown. */
  receiverBufferBytes: number;
  /** The path is a stream, as TCP is, which shares and repairs by itself. */
  isStream: boolean;
  /** 0 ≤ x < 1; for choices that must differ between flows. */
  random: () => number;
}
