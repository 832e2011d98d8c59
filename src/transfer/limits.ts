// Every limit of the transfer protocol and of the queues behind it, each with its reason. Limits marked "wire" are
// part of the protocol (docs/transfer-protocol.md §9): a peer that exceeds one violates it.

const KIB = 1024;
const MIB = 1024 * KIB;

/** Largest message that we send, in bytes, frame headers included. Larger ones gain nothing and delay the chat. */
export const MAX_MESSAGE_BYTES = 64 * KIB;
/** wire: a channel with a smaller message size cannot carry an ACCEPT with a full bitmap. */
export const MIN_MESSAGE_BYTES = 32 * KIB;

/** wire: entries of one proposal. One bit for each fits into one ACCEPT. */
export const MAX_ENTRIES = 250_000;
/** wire: UTF-8 bytes of one path. PATH_MAX of Linux. */
export const MAX_PATH_BYTES = 4096;
/** wire: segments of one path. */
export const MAX_PATH_DEPTH = 256;
/** UTF-8 bytes of one segment on disk: NAME_MAX of every common file system. A longer segment is cut. */
export const MAX_NAME_BYTES = 255;

/** wire: unfinished proposals of one side. More are declined with `limit`. */
export const MAX_OPEN_PROPOSALS = 64;
/**
 * wire: bytes of paths, as `pathCost` counts them, of all open proposals of the peer together. More are declined with
 * `limit`.
 */
export const MAX_MANIFEST_BYTES = 32 * MIB;
/** Entries kept for all open proposals of the peer together. More are declined with `limit`. */
export const MAX_OPEN_ENTRIES = 2 * MAX_ENTRIES;
/**
 * wire: folders that the paths of all open proposals lead through. More are declined with `limit`. A sender that lists its
 * folders never has more of them than entries; a path whose folders are not listed may name 255.
 */
export const MAX_OPEN_FOLDERS = MAX_ENTRIES;

/** wire: files that the sender has begun or ended and no RESULT has answered yet, for each transfer. */
export const MAX_UNANSWERED_FILES = 512;
/** Unanswered DECIDE frames, `send` excepted, that the receiver allows itself, so that they do not fill its queue. */
export const MAX_UNANSWERED_DECISIONS = 512;
/** wire: files of one transfer that the receiver has in part. An interrupted transfer has few files open. */
export const MAX_RESUMED_FILES = 64;
/** wire: smallest block that is compared. A crash that damages the end of a part costs no more than one such block. */
export const MIN_BLOCK_BYTES = 256 * KIB;
/** wire: blocks of one part; larger parts have larger blocks. The hashes take 512 KiB at most. */
export const MAX_BLOCKS = 16_384;
/** Files that this side hashes at one time to answer DECIDE frames. */
export const MAX_PARALLEL_HASHES = 2;
/** Files of up to this size are mostly waited for, not read: more of them are hashed at a time. */
export const SMALL_HASH_BYTES = 64 * KIB;
export const MAX_PARALLEL_SMALL_HASHES = 16;

/**
 * Received bytes that may wait for the disk, shared by all incoming transfers. It must cover the round trip:
 * 16 MiB keeps 250 MB/s busy while the disk or the line pauses for 60 ms.
 */
export const RECEIVE_WINDOW_BYTES = 16 * MIB;
/** Smallest share of the window of an incoming transfer, however many there are. */
export const MIN_TRANSFER_WINDOW_BYTES = 256 * KIB;
/** A CREDIT is sent when it raises the limit by this fraction of the window … */
export const CREDIT_STEPS = 8;
/** … or when something was written and the last CREDIT is this old, so that the sender's progress moves. */
export const CREDIT_INTERVAL_MS = 200;

/** Bytes read ahead of the channel, shared by all outgoing transfers. */
export const READ_AHEAD_BYTES = 2 * MIB;
/** Smallest share of the read-ahead of an outgoing transfer. */
export const MIN_TRANSFER_READ_AHEAD_BYTES = 64 * KIB;
/** Largest single read. Reads are large because each costs a trip through the thread pool. */
export const READ_BYTES = 512 * KIB;
/** Source files of one transfer that are open at one time; only transfers of small files come near it. */
export const MAX_OPEN_SOURCES = 64;

/** Our answers that wait for the channel, in bytes. A peer that makes us queue more is not reading them. */
export const MAX_CONTROL_BYTES = 1 * MIB;
/** wire: UTF-8 bytes of the detail in an ERROR. */
export const MAX_DETAIL_BYTES = 512;

/** The channel is filled up to this many bytes, and again when it has drained to `CHANNEL_LOW_BYTES`. */
export const CHANNEL_HIGH_BYTES = 256 * KIB;
export const CHANNEL_LOW_BYTES = 64 * KIB;
