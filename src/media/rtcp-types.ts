// The messages of RTCP that are used here, as rtcp.ts reads and writes them.

export const RtcpType = {
  SENDER_REPORT: 200,
  RECEIVER_REPORT: 201,
  SOURCE_DESCRIPTION: 202,
  BYE: 203,
  TRANSPORT_FEEDBACK: 205,
  PAYLOAD_FEEDBACK: 206,
} as const;

/** What a receiver has seen of one stream. RFC 3550 §6.4.1. */
export interface ReportBlock {
  readonly ssrc: number;
  /** The share that is missing of what was expected since the report before, in 256ths. */
  readonly fractionLost: number;
  /** In all, signed, 24 bits. */
  readonly lost: number;
  /** 32 bits: the wraps, and the highest sequence number. */
  readonly highestSequence: number;
  /** In units of the clock rate. */
  readonly jitter: number;
  /** The middle 32 bits of the NTP time of the last sender report; 0: none came yet. */
  readonly lastReport: number;
  /** Since that one came, in 65,536ths of a second. */
  readonly sinceLastReport: number;
}

export interface SenderReport {
  readonly type: "sender-report";
  readonly ssrc: number;
  /** Since 1900, modulo 2^32. */
  readonly ntpSeconds: number;
  /** In 2^32ths of a second. */
  readonly ntpFraction: number;
  /** The same instant on the clock of the stream. */
  readonly rtpTimestamp: number;
  readonly packets: number;
  readonly bytes: number;
  readonly reports: readonly ReportBlock[];
}

export type RtcpMessage =
  | SenderReport
  | { readonly type: "receiver-report"; readonly ssrc: number; readonly reports: readonly ReportBlock[] }
  | { readonly type: "bye"; readonly ssrcs: readonly number[] }
  /** Packets of this stream that did not arrive. */
  | { readonly type: "nack"; readonly ssrc: number; readonly sequences: readonly number[] }
  /** PLI or FIR. */
  | { readonly type: "key-frame-request"; readonly ssrcs: readonly number[] };
