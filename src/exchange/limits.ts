// Limits of an exchange file. docs/exchange-format.md promises them; a real file has about 2 KB and 10 candidates.

/** Size of the file as read, in bytes. */
export const MAX_DOCUMENT_BYTES = 262_144;
/** Candidates in `icecandidate` and in the SDP together, skipped and duplicate ones included. */
export const MAX_CANDIDATES = 200;
/** Candidates with a `.local` name that are looked up; a browser has one for each address family. */
export const MAX_LOCAL_NAMES = 8;
/** Code units of `p2p.name` and `p2p.tool`. */
export const MAX_NAME_LENGTH = 200;
/** Lines `a=fingerprint` of one section. A file has one, or one per hash function; each is compared when connecting. */
export const MAX_FINGERPRINTS = 64;
/** Limit of one fingerprint. No hash function of RFC 8122 gives more. */
export const MAX_FINGERPRINT_BYTES = 64;
/** Clock difference that is tolerated before an expiry time is believed, in milliseconds. */
export const CLOCK_TOLERANCE_MS = 600_000;
/** RFC 8841 §6.1: default of `a=max-message-size`, in bytes. */
export const DEFAULT_MAX_MESSAGE_SIZE = 65_536;
/**
 * The same for another program, in bytes: Pion up to 3.x gives no size, reads into a buffer of this one, and loses a
 * message of 65,536 bytes without a word.
 */
export const FOREIGN_DEFAULT_MESSAGE_SIZE = 65_535;
/**
 * The smallest limit that a peer with our key may announce, in bytes: the least that carries files
 * (docs/transfer-protocol.md), and more than any control message. Ours announce 65,536 and 262,144.
 */
export const MIN_P2P_MESSAGE_SIZE = 32_768;
/** The longest code point in UTF-8: a peer that announces less could be sent no text at all, in bytes. */
export const MIN_FOREIGN_MESSAGE_SIZE = 4;
/** The default SCTP port of data channels. */
export const DEFAULT_SCTP_PORT = 5_000;
