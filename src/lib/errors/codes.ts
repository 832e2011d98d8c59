// The one table of conditions that a person can act on. docs/errors.md is generated from it.
// The English sentences are in english.ts beside it, other languages in words/. Exit codes are part of the contract with scripts.

/** The properties of a code besides its sentences. */
export interface ErrorCodeInfo {
  /** Process exit code when this error ends the run. */
  readonly exit: 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;
  /** Whether retrying can succeed without changing anything. */
  readonly retryable: boolean;
  /** One line for docs/errors.md. */
  readonly summary: string;
}

/** Every error code; docs/errors.md lists them with their texts. */
export const ERROR_CODES = {
  INTERNAL: { exit: 1, retryable: false, summary: "A bug in p2p." },
  USAGE: { exit: 2, retryable: false, summary: "The command line or the configuration is wrong." },
  CURRENT_FOLDER_GONE: { exit: 8, retryable: false, summary: "The current folder was removed or moved away." },
  CONFIG_INVALID: { exit: 2, retryable: false, summary: "The configuration file cannot be used." },

  CANNOT_CONNECT: { exit: 3, retryable: true, summary: "No candidate pair worked before the time was up." },
  PEER_NOT_AUTHENTIC: {
    exit: 3,
    retryable: false,
    summary: "Who answered is not the owner of the certificate that the exchange file names.",
  },
  REFUSED_BY_PEER: {
    exit: 3,
    retryable: false,
    summary: "The peer says that we are not the owner of the certificate that our exchange file names.",
  },
  HANDSHAKE_FAILED: { exit: 3, retryable: true, summary: "The encrypted connection could not be set up." },
  CONNECTION_LOST: { exit: 3, retryable: true, summary: "The connection was lost with no transfer running." },
  VERIFY_REFUSED: {
    exit: 3,
    retryable: false,
    summary: "It was not confirmed that both sides read the same verification string.",
  },
  VERIFY_FAILED: {
    exit: 3,
    retryable: false,
    summary: "The comparison of a verification string could not be made, and one side asked for it.",
  },
  STUN_SILENT: { exit: 3, retryable: true, summary: "No STUN server has answered. The line goes on." },
  TURN_SILENT: { exit: 3, retryable: true, summary: "A TURN server cannot be reached. The line goes on." },
  TURN_REFUSED: {
    exit: 3,
    retryable: false,
    summary: "A TURN server refuses the user and password, or gives no relay. The line goes on.",
  },
  TURN_CERTIFICATE: {
    exit: 3,
    retryable: false,
    summary: "The certificate of a TURN server cannot be believed. The line goes on.",
  },
  SERVER_ANSWER_WRONG: {
    exit: 3,
    retryable: false,
    summary: "A STUN or TURN server has given an answer that cannot be true; it is not used. The line goes on.",
  },
  BROKER_UNREACHABLE: { exit: 3, retryable: true, summary: "The broker given by --via cannot be reached." },
  BROKER_REFUSED: {
    exit: 3,
    retryable: false,
    summary: "The broker given by --via refuses the user and password, or the topics.",
  },
  BROKER_CERTIFICATE: {
    exit: 3,
    retryable: false,
    summary: "The certificate of the broker given by --via cannot be believed.",
  },
  NO_RELAY: { exit: 3, retryable: true, summary: "Only relays may be used, and no TURN server gave one." },
  BIND_FAILED: {
    exit: 8,
    retryable: false,
    summary: "A local address given by --bind, or a port given by --port, --rtp-in, --whip or --whep, cannot be used.",
  },

  FAR_END_UNREACHABLE: { exit: 3, retryable: true, summary: "ssh could not reach the far end of --via." },
  FAR_END_FAILED: {
    exit: 3,
    retryable: false,
    summary: "The command of --via has ended before the two sides were connected, or has sent no exchange file.",
  },
  CARRIER_FAILED: { exit: 3, retryable: true, summary: "The carrier of the embedding program has failed." },
  CARRIER_NOT_STARTED: { exit: 8, retryable: false, summary: "The program of --via cannot be started here." },

  TRANSFER_INTERRUPTED: { exit: 4, retryable: true, summary: "A transfer ended before it was complete." },
  HASH_MISMATCH: { exit: 5, retryable: true, summary: "Received data does not have the SHA-256 that the sender told." },

  FILE_MALFORMED: {
    exit: 6,
    retryable: false,
    summary: "The exchange file cannot be read, or a field of it is wrong.",
  },
  FILE_MISSING: { exit: 6, retryable: false, summary: "There is no exchange file of the name that was given." },
  FILE_TOO_LARGE: { exit: 6, retryable: false, summary: "The exchange file is larger than any exchange file." },
  FILE_EXPIRED: { exit: 6, retryable: false, summary: "The exchange file is past its expiry time." },
  FILE_USED: { exit: 6, retryable: false, summary: "A session from this exchange file was already connected." },
  FILE_MISMATCHED: { exit: 6, retryable: false, summary: "The exchange file answers another offer." },
  FILE_OWN: { exit: 6, retryable: false, summary: "The exchange file is our own, not the other side's." },
  FILE_WRONG_TYPE: { exit: 6, retryable: false, summary: "An offer was needed and an answer came, or the reverse." },
  FILE_SEALED: {
    exit: 6,
    retryable: false,
    summary: "The exchange file is sealed, and nothing was given that opens it.",
  },
  FILE_NOT_SEALED: { exit: 6, retryable: false, summary: "A sealed exchange file was needed and this one is not." },
  FILE_WRONG_PASSPHRASE: {
    exit: 6,
    retryable: false,
    summary: "The passphrase, or the key, does not open the sealed exchange file.",
  },
  FILE_SEAL_DAMAGED: { exit: 6, retryable: false, summary: "The sealed exchange file was cut off or changed." },
  FILE_SEAL_TOO_COSTLY: {
    exit: 6,
    retryable: false,
    summary: "Opening the sealed exchange file would take more work than is done for a file.",
  },
  NOTHING_TO_RESUME: { exit: 6, retryable: false, summary: "There is no pairing that --resume could go on with." },
  FILE_SIGNATURE_WRONG: {
    exit: 6,
    retryable: false,
    summary: "The exchange file was changed after it was signed, or the signature is forged.",
  },
  FILE_NOT_RECOGNISED: {
    exit: 6,
    retryable: false,
    summary:
      "The exchange file is not signed by the person whose file was recognised before, or whom --to names. The line goes on without it.",
  },
  FILE_SECOND_ANSWER: {
    exit: 6,
    retryable: false,
    summary: "Another answer to our offer, of somebody else or of another run, is used. The line goes on with that.",
  },
  FILE_SUPERSEDED: {
    exit: 6,
    retryable: false,
    summary: "A newer document of the other side was taken in place of this one.",
  },
  CODE_IMPOSSIBLE: {
    exit: 6,
    retryable: false,
    summary: "The exchange file has no short code: it holds more than one, or another program wrote it.",
  },
  FILE_NOT_THERE: { exit: 6, retryable: true, summary: "The other side's exchange file did not come in time." },

  PEER_DECLINED: { exit: 7, retryable: true, summary: "The peer declined the transfer." },
  PEER_CANNOT_TAKE_FILES: {
    exit: 7,
    retryable: false,
    summary: "The peer takes text, not files: it is another WebRTC program, or a p2p without files.",
  },
  MEDIA_DECLINED: {
    exit: 7,
    retryable: true,
    summary: "The peer does not take sound or picture that this side publishes, or not to its end.",
  },
  PEER_CANNOT_STORE: { exit: 7, retryable: true, summary: "The peer cannot keep what was sent to it." },
  PEER_CANNOT_SEND: { exit: 4, retryable: true, summary: "The peer could not send a file that it had offered." },
  TOO_MUCH_PROPOSED: {
    exit: 4,
    retryable: true,
    summary: "What the peer proposes is more than this side keeps at a time.",
  },
  PEER_PROTOCOL: { exit: 4, retryable: false, summary: "The peer sent something that the protocol does not allow." },

  CONTACT_UNUSABLE: {
    exit: 8,
    retryable: false,
    summary: "There is no key by which this side and the person of --to could find each other.",
  },
  SECRET_UNREADABLE: { exit: 8, retryable: false, summary: "A file with a passphrase or a key cannot be used." },
  NO_SUCH_TRANSFER: { exit: 2, retryable: false, summary: "No unfinished transfer has this id." },
  TRANSFER_IN_USE: { exit: 8, retryable: true, summary: "Another p2p process works on this unfinished transfer." },
  PATH_MISSING: { exit: 8, retryable: false, summary: "A path to send does not exist." },
  PATH_UNREADABLE: { exit: 8, retryable: false, summary: "A path to send cannot be read." },
  TOO_MANY_OPEN_FILES: { exit: 8, retryable: true, summary: "This computer has too many files open to open another." },
  PATH_DUPLICATE: { exit: 2, retryable: false, summary: "Two paths to send have the same base name." },
  PATH_NOT_SENT: {
    exit: 8,
    retryable: false,
    summary: "Something in a folder to send is not a file that can be sent.",
  },
  TOO_MANY_FILES: { exit: 8, retryable: false, summary: "There are more files and folders than one transfer takes." },
  SPOOL_FAILED: { exit: 8, retryable: true, summary: "What comes on stdin cannot be kept until it is sent." },
  SOURCE_CHANGED: { exit: 8, retryable: true, summary: "A file changed or vanished while it was being sent." },
  WRITE_FAILED: { exit: 8, retryable: true, summary: "A local file cannot be written." },
  MEDIA_UNREADABLE: { exit: 8, retryable: false, summary: "What --publish names is no media file, or is damaged." },
  MEDIA_UNSUPPORTED: {
    exit: 8,
    retryable: false,
    summary: "What --publish names can be read, and cannot be sent as it is: nothing here encodes anew.",
  },
  MEDIA_NAME_UNKNOWN: { exit: 2, retryable: false, summary: "The name given to --record says no kind of file." },
  MEDIA_PAIR_IMPOSSIBLE: {
    exit: 2,
    retryable: false,
    summary: "The kind of file that --record names cannot hold a codec that is asked for.",
  },
  RECORDING_EXISTS: { exit: 8, retryable: false, summary: "There is a file of the name given to --record." },
  SDP_NAME_TAKEN: {
    exit: 8,
    retryable: false,
    summary: "A file that is no description of p2p has the name of the one for --rtp-out.",
  },
  LICENSES_MISSING: { exit: 8, retryable: false, summary: "This installation has no licenses to print." },
  PAGE_MISSING: { exit: 8, retryable: false, summary: "This installation has no page to write." },
  OUT_NAME_TAKEN: {
    exit: 8,
    retryable: false,
    summary: "A file that is no exchange file has the name given to --out.",
  },
  PAGE_NAME_TAKEN: { exit: 8, retryable: false, summary: "A file that is no page of p2p has the name of the page." },
  OUTPUT_UNUSABLE: {
    exit: 8,
    retryable: false,
    summary: "Nothing could be received into the output folder; told before anything is carried.",
  },
  STREAM_UNUSABLE: {
    exit: 8,
    retryable: false,
    summary: "stdin or stdout is to be used and is closed; told before anything is carried.",
  },
  FILE_SIZE_LIMITED: { exit: 8, retryable: false, summary: "A file is larger than this disk or this shell allows." },
  OUTPUT_GONE: { exit: 8, retryable: true, summary: "The output folder was removed or renamed while files came." },
  LINK_OUTSIDE: { exit: 8, retryable: false, summary: "A link in the output folder leads out of it." },
  DISK_FULL: { exit: 8, retryable: true, summary: "There is not enough space for what comes." },
  FOLDER_IN_USE: { exit: 8, retryable: true, summary: "Another p2p process works in this folder." },
  LOCK_UNUSABLE: {
    exit: 8,
    retryable: false,
    summary: "Something lies in the place of the lock of the exchange folder that p2p has not put there.",
  },
  FOLDER_GONE: {
    exit: 8,
    retryable: true,
    summary: "The folder of the exchange files went away while a file was waited for. The line goes on.",
  },
  STATE_UNUSABLE: { exit: 8, retryable: false, summary: "The state directory cannot be made, or not written to." },
  STATE_UNSAFE: {
    exit: 8,
    retryable: false,
    summary: "A folder of the state directory is a link, or somebody else could have written what is in it.",
  },
  PLACE_NOT_UTF8: {
    exit: 8,
    retryable: false,
    summary: "The path of an exchange file, or of its folder, is not UTF-8.",
  },
  FOLDER_UNUSABLE: { exit: 8, retryable: false, summary: "The folder of the exchange files is not there or not ours." },
} as const satisfies Record<string, ErrorCodeInfo>;

/** A key of `ERROR_CODES`. */
export type P2pErrorCode = keyof typeof ERROR_CODES;
