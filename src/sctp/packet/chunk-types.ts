// Numbers of the SCTP wire format. RFC 9260 §3, RFC 3758 §3, RFC 4820 §3, RFC 6525 §3, RFC 9653 §4.

export const ChunkType = {
  DATA: 0,
  INIT: 1,
  INIT_ACK: 2,
  SACK: 3,
  HEARTBEAT: 4,
  HEARTBEAT_ACK: 5,
  ABORT: 6,
  SHUTDOWN: 7,
  SHUTDOWN_ACK: 8,
  ERROR: 9,
  COOKIE_ECHO: 10,
  COOKIE_ACK: 11,
  SHUTDOWN_COMPLETE: 14,
  RE_CONFIG: 130,
  PAD: 132,
  /** Ours: a part of a DATA chunk. Its upper bits make others skip it silently (RFC 9260 §3.2). */
  DATA_PART: 191,
  FORWARD_TSN: 192,
} as const;

export const ParameterType = {
  HEARTBEAT_INFO: 1,
  STATE_COOKIE: 7,
  UNRECOGNIZED_PARAMETER: 8,
  OUTGOING_SSN_RESET: 13,
  INCOMING_SSN_RESET: 14,
  SSN_TSN_RESET: 15,
  RECONFIG_RESPONSE: 16,
  ADD_OUTGOING_STREAMS: 17,
  ADD_INCOMING_STREAMS: 18,
  ZERO_CHECKSUM: 0x8001,
  SUPPORTED_EXTENSIONS: 0x8008,
  FORWARD_TSN_SUPPORTED: 0xc000,
  /** Ours: capabilities of two peers with our own stack. Its upper bits make others skip it silently (RFC 9260 §3.2.1). */
  OWN_STACK: 0xbf70,
} as const;

export const CauseCode = {
  STALE_COOKIE: 3,
  UNRECOGNIZED_CHUNK: 6,
  NO_USER_DATA: 9,
  USER_INITIATED_ABORT: 12,
  PROTOCOL_VIOLATION: 13,
} as const;

/** The action that the two upper bits of an unknown chunk or parameter type request. RFC 9260 §3.2, §3.2.1. */
export function isSkippable(type: number, bits: 8 | 16): boolean {
  return ((type >>> (bits - 1)) & 1) === 1;
}

/** Whether an unknown chunk or parameter is reported to its sender: the second highest bit. RFC 9260 §3.2, §3.2.1 */
export function isReportable(type: number, bits: 8 | 16): boolean {
  return ((type >>> (bits - 2)) & 1) === 1;
}

/** DATA chunk flags. RFC 9260 §3.3.1; the I flag is from RFC 7053. */
export const DataFlag = { ENDING: 1, BEGINNING: 2, UNORDERED: 4, IMMEDIATE: 8 } as const;
/** In ABORT and SHUTDOWN COMPLETE: the verification tag is the receiver's own view of the peer's. RFC 9260 §8.5.1. */
export const TAG_REFLECTED = 1;

export const COMMON_HEADER_BYTES = 12;
export const CHUNK_HEADER_BYTES = 4;
export const DATA_HEADER_BYTES = 16;
/** That of DATA, then how many bytes of user data the whole chunk has, and how many of them lie before this part. */
export const PART_HEADER_BYTES = 20;
/** User data of each part but the last one: a packet that every path carries takes it. */
export const CHUNK_PART_BYTES = 1_156;
export const SACK_HEADER_BYTES = 16;
