// Sizes that every association obeys.

/** SCTP packet size that every path carries: 1,228 bytes of UDP payload with the DTLS record around it. RFC 8831 §5. */
export const BASE_PACKET_BYTES = 1_191;
/** The plaintext of one DTLS record. RFC 6347 §4.1, RFC 5246 §6.2.1. */
export const MAX_PACKET_BYTES = 16_384;
