// The parameters of each error code: the data of its sentences, in every language. A type written by hand, so
// that no sentence can change what an error carries.
import type { CarriedBy, ConnectFailure, NoCode } from "../events.ts";
import type { CodecName, MediaKind } from "../codecs.ts";
import type { P2pErrorCode } from "./codes.ts";
import type { OddFile } from "../odd-file.ts";
import type { FarFailure, FarStatus } from "./far-end-texts.ts";
import type { ExchangeFlaw, FileMaker } from "./flaw.ts";

/** Which of the proofs of RFC 5246 §7.4 the peer failed. */
export type AuthenticationProof = "fingerprint" | "signature" | "finished";

/** The secret that opens a sealed file; exchange/sealed.ts determines it. */
export type SealedBy = "passphrase" | "identity";

/** Why a file with a passphrase or a key cannot be used. */
export type SecretProblem = OddFile | "unreadable" | "empty" | "others-can-read" | "no-identity" | "no-own-key";

/** The source of the verdict that the two strings differ. */
export type RefusedBy = "me" | "peer" | "expected" | "nobody-here" | "nobody-there";

/**
 * Why nothing can be received into a folder. `file`: something else has its name; `link`: a link to nothing has; `files`:
 * the disk has room for bytes, and not for another file.
 */
export type OutputProblem =
  /** Something that is no folder is there, or above it. */
  | "file"
  /** A link leads nowhere. */
  | "link"
  /** Links lead in a circle. */
  | "circle"
  | "name-too-long"
  | "denied"
  /** A file system of the kernel, in which nobody makes a file. */
  | "no-files"
  | "read-only"
  | "full"
  | "files"
  | "quota"
  | "other";

/** Why two strings could not be compared. `unanswered`: the other side left before; `own-end`: this side did. */
export type VerifyProblem = "unsupported" | "late" | "broken" | "unanswered" | "own-end";

/** The reason why a server's certificate is rejected. */
export type CertificateFlaw = "expired" | "not-yet-valid" | "other-name" | "untrusted";

/** Why what a broker sends ends the connection: it is no MQTT, or more than anybody needs. */
export type BrokerFlaw = "not-mqtt" | "too-much";

/** Why a broker refuses. `login`: the user or the password; `not-allowed`: they may not use these topics. */
export type BrokerRefusal = "login" | "not-allowed" | "other";

/**
 * The flaw in the answer of a STUN or TURN server. `no-address`: it contains none; `odd-address`: one that cannot be
 * ours; `no-code`: an error without a code; `no-frames`: its stream is not TURN.
 */
export type ServerAnswerFlaw = "no-address" | "odd-address" | "no-code" | "no-frames";

/**
 * The end of a session that nobody ended in order, or that ended before everything was delivered. `silence`: nothing
 * was heard for some time. `aborted`: the other side broke the connection off. `shutdown`: it closed it without a
 * goodbye. `channel-closed`: it closed a channel that the session cannot do without. `peer-left`: it said goodbye
 * before it took what was sent to it. `own-end`: this side ended it. `peer-left-early`, `own-end-early`: the same, and
 * all that was sent had arrived, but more was to follow. `over`: there is no session any more.
 */
export type ConnectionEnd =
  | "silence"
  | "aborted"
  | "shutdown"
  | "channel-closed"
  | "peer-left"
  | "own-end"
  | "peer-left-early"
  | "own-end-early"
  | "over";

/** The facts known of a lost connection. */
export interface ConnectionLoss {
  /** Default: `silence` where there are `seconds`, else `over`. */
  end?: ConnectionEnd;
  /** Duration for which nothing was heard; only a silence has it. */
  seconds?: number;
  /** Messages of this side that the other side has not acknowledged; default 0. */
  undelivered?: number;
}

/**
 * The way in which a transfer ended before it was complete. `broken-off`: while it ran. `peer-left`, `own-end`: that
 * side ended the session before the transfer was accepted. `peer-cancelled`: the person who sent it has stopped it.
 */
export type TransferStop = "broken-off" | "peer-left" | "own-end" | "peer-cancelled";

/**
 * What a proposal has more of than this side keeps. `entries`: it alone; all others count what is open together. `limit`: a
 * count, of `names` MiB.
 */
export interface ProposalExcess {
  of: "entries" | "proposals" | "open-entries" | "folders" | "names";
  limit: number;
}

/** The facts of a transfer that is not complete. */
export interface TransferInterruption {
  name: string;
  bytes: string;
  total: string;
  /** Default: `broken-off`. */
  how?: TransferStop;
  /** Nothing of it is kept, so that it would come whole again. */
  isNothingKept?: boolean;
  /** This side receives it. */
  isReceived?: boolean;
}

/**
 * Why a media file cannot be sent. `reordered`: it has pictures that are decoded in another order than they are shown.
 * `colours`: more of them than every receiver decodes. `sound-form`: G.711 is one channel at 8,000 Hz. `no-parameters`:
 * what a decoder has to know before the first picture is not in it.
 */
export type MediaFlaw =
  | { kind: "no-tracks" | "reordered" | "sound-form" | "channels" | "no-parameters" }
  | { kind: "codec"; of: MediaKind; codec: string }
  | { kind: "colours"; codec: CodecName };

/** Local ports, both ends included; 1 ≤ first ≤ last ≤ 65,535. */
export interface PortRange {
  first: number;
  last: number;
}

/** A document of the other side. */
export interface OfDocument {
  path: string;
  /** Absent: a person carries it. */
  carriedBy?: CarriedBy;
}

/** The parameters by code. Strings may hold text of the peer or of a file, unescaped: printing code escapes them. */
export interface ErrorParamsByCode {
  // Anything
  INTERNAL: { detail: string };
  USAGE: { detail: string; cure: string };
  CURRENT_FOLDER_GONE: Record<string, never>;
  CONFIG_INVALID: { path: string; detail: string; cure: string };

  // Exchange files and their folder
  /** `by`: whose program wrote it; absent where nothing tells. */
  FILE_MALFORMED: OfDocument & { field: string; flaw: ExchangeFlaw; by?: FileMaker };
  FILE_MISSING: { path: string };
  FILE_TOO_LARGE: { path: string; limit: string };
  /** Times as a person reads them; `now` is the time of this computer. */
  FILE_EXPIRED: OfDocument & { expiresAt: string; now?: string };
  FILE_USED: OfDocument;
  FILE_MISMATCHED: OfDocument;
  FILE_OWN: OfDocument;
  FILE_WRONG_TYPE: OfDocument & { wanted: "offer" | "answer" };
  NOTHING_TO_RESUME: { command: "offer" | "answer"; dir: string };
  /** `isAwaited`: it is for this person alone that the line waits; absent: a file of theirs was recognised before. */
  FILE_NOT_RECOGNISED: OfDocument & { name: string; isAwaited?: true };
  /** `whose`: the key that cannot be used. */
  CONTACT_UNUSABLE: { name: string; whose: "own" | "theirs" };
  FILE_SECOND_ANSWER: OfDocument;
  FILE_SUPERSEDED: { path: string };
  CODE_IMPOSSIBLE: { path: string; why: NoCode };
  FILE_NOT_THERE: { path: string; wait: string };
  FOLDER_IN_USE: { dir: string; pid: number; command: string; otherHost?: { name: string; lock: string } };
  PLACE_NOT_UTF8: { path: string };
  /** `takesNoFiles`: it is there, and its file system makes no files. `option`: which one names another; default: `--dir`. */
  FOLDER_UNUSABLE: { dir: string; reason: string; takesNoFiles?: true; option?: "via" };
  FOLDER_GONE: { dir: string; reason: string };
  LOCK_UNUSABLE: { path: string; kind: OddFile };
  STATE_UNUSABLE: { path: string; reason: string };
  STATE_UNSAFE: { path: string; kind: OddFile };

  // Sealed and signed exchange files, passphrases and keys
  FILE_SEALED: { path: string; needs: SealedBy };
  /** `by`: `unseal` was asked to open it; otherwise a line that takes only sealed files met it. */
  FILE_NOT_SEALED: { path: string; by?: "unseal" };
  FILE_WRONG_PASSPHRASE: { path: string; by: SealedBy };
  FILE_SEAL_DAMAGED: { path: string };
  FILE_SEAL_TOO_COSTLY: { path: string; workFactor: number; limit: number };
  FILE_SIGNATURE_WRONG: { path: string };
  SECRET_UNREADABLE: { path: string; problem: SecretProblem };

  // Finding, opening and losing a connection
  CANNOT_CONNECT: ConnectFailure;
  PEER_NOT_AUTHENTIC: { failed: AuthenticationProof };
  REFUSED_BY_PEER: { alert: number };
  HANDSHAKE_FAILED: { reason: string };
  CONNECTION_LOST: ConnectionLoss;
  BIND_FAILED: { address: string; reason: string; ports?: PortRange; option?: "rtp-in" | "rtp-out" | "whip" | "whep" };
  NO_RELAY: { urls: string };

  // The far end of `--via ssh://…` and `exec:…`
  /** `code`: of the system. */
  CARRIER_FAILED: { via: string; reason: string };
  CARRIER_NOT_STARTED: { program: string; code: string };
  FAR_END_UNREACHABLE: { via: string };
  FAR_END_FAILED: { via: string; why: FarFailure; status?: FarStatus };

  // STUN and TURN servers
  STUN_SILENT: { count: number };
  TURN_SILENT: { url: string; reason: string };
  TURN_REFUSED: { url: string; status: number; phrase: string };
  TURN_CERTIFICATE: { url: string; flaw: CertificateFlaw; reason: string };
  /** `stated`: the server's own reason; empty where it gave none. */
  SERVER_ANSWER_WRONG: { url: string; flaw: ServerAnswerFlaw; stated: string };

  // A broker
  /** `reason`: a code of the system, or a `BrokerFlaw`. */
  BROKER_UNREACHABLE: { url: string; reason: string };
  /** `status`: the code of MQTT. */
  BROKER_REFUSED: { url: string; why: BrokerRefusal; status: number };
  BROKER_CERTIFICATE: { url: string; flaw: CertificateFlaw; reason: string };

  // Comparing a verification string
  VERIFY_REFUSED: { by: RefusedBy };
  VERIFY_FAILED: { why: VerifyProblem; seconds: number };

  // Sending and receiving files
  TRANSFER_INTERRUPTED: TransferInterruption;
  HASH_MISMATCH: { path: string };
  /** `wasAsked`: a person there has said no. `hadBegun`: in the middle of the transfer. */
  /** `more`: number of further entries of the same offer that it declined, while it took others. */
  PEER_DECLINED: { name: string; wasAsked: boolean; hadBegun?: boolean; more?: number };
  /**
   * `not-recorded`: nobody records or plays it there. `peer`: a program without media, p2p or another.
   * `door`: what comes through a door goes to p2p only. `own-path`: the handshake has given no keys for it. `stopped`: it takes no more of it. `left`: it left before the end.
   */
  MEDIA_DECLINED: {
    what: "audio" | "video" | "both";
    why: "not-recorded" | "peer" | "door" | "own-path" | "stopped" | "left";
  };
  PEER_CANNOT_STORE: { path: string; why: "disk-full" | "write-failed" | "limit" | "other" };
  PEER_CANNOT_SEND: { path: string; why: "source-changed" | "unreadable" | "other" };
  PEER_CANNOT_TAKE_FILES: Record<never, never>;
  PEER_PROTOCOL: { detail: string };
  TOO_MUCH_PROPOSED: ProposalExcess;
  NO_SUCH_TRANSFER: { id: string; matches: number };
  TRANSFER_IN_USE: { id: string; path: string };
  /** `isLossy`: the name was not UTF-8, and what is left of it here is not the whole. */
  PATH_MISSING: {
    path: string;
    isLossy?: boolean;
    /** It is a part of a path with blanks, `whole`, which exists: a shell has taken that apart. */
    isPart?: boolean;
    whole?: string;
    /** It has the name of an exchange file, and this command reads one. */
    awaitedBy?: "offer" | "answer";
  };
  PATH_UNREADABLE: { path: string; reason: string };
  TOO_MANY_OPEN_FILES: { path: string };
  PATH_DUPLICATE: { name: string };
  /** `there`: the other side takes none. `endless`: the size is unknown before it is read. */
  PATH_NOT_SENT: {
    path: string;
    kind:
      | "symlink"
      | "symlink-there"
      | "byte-name-there"
      | "special"
      | "pipe"
      | "endless"
      | "too-long"
      | "too-deep"
      | "name"
      | "size";
  };
  TOO_MANY_FILES: { limit: number; of: "entries" | "names" };
  SPOOL_FAILED: { dir: string; reason: string };
  /** `isGone`: it has been removed or renamed. */
  SOURCE_CHANGED: { path: string; isGone?: boolean };
  /** `place`: which option names another one. */
  WRITE_FAILED: { path: string; reason: string; place?: "output" | "dir" | "out" | "via" | "record" };

  // Sound and picture
  /** `name`: as given; `-` is stdin. `unknown`: of no kind that is read. */
  MEDIA_UNREADABLE: { name: string; why: "empty" | "unknown" | "damaged" };
  MEDIA_UNSUPPORTED: { name: string; found: MediaFlaw };
  MEDIA_NAME_UNKNOWN: { name: string };
  /** `others`: the endings of names that could hold it. */
  MEDIA_PAIR_IMPOSSIBLE: { name: string; codec: CodecName; others: readonly string[] };
  RECORDING_EXISTS: { path: string };
  SDP_NAME_TAKEN: { path: string };

  // This installation, and where files go
  LICENSES_MISSING: { reason: string };
  PAGE_MISSING: { reason: string };
  OUT_NAME_TAKEN: { path: string };
  PAGE_NAME_TAKEN: { path: string };
  /** `at`: what is in the way, where it is not `dir` itself; `kind`: what is there instead of a folder. */
  OUTPUT_UNUSABLE: {
    dir: string;
    problem: OutputProblem;
    reason: string;
    at?: string;
    kind?: "file" | "pipe" | "socket" | "device";
    /** Nobody has named it: it is the folder of the exchange files, which could not be written either. */
    isOfDocuments?: true;
  };
  /** `use`: what it was needed for, as on the command line. */
  STREAM_UNUSABLE: { stream: "stdin" | "stdout"; use: string };
  FILE_SIZE_LIMITED: { path: string };
  OUTPUT_GONE: { path: string };
  /** `isMade`: it is one that came. `isBroken`: it leads nowhere. */
  LINK_OUTSIDE: { path: string; isMade?: boolean; isBroken?: boolean };
  /** `lacks`: what there is not enough of; default: space. `option`: which one names another place; default: `--output`. */
  /** `isBegun`: it became full while a file was being received. */
  DISK_FULL: {
    needed: string;
    free: string;
    path: string;
    lacks?: "files" | "quota";
    option?: "record";
    isBegun?: boolean;
  };
}

/** The parameters that the sentences of an error code use. */
export type ErrorParams<C extends P2pErrorCode> = ErrorParamsByCode[C];

/** The two sentences of an error code: what happened, and what to type or change next. */
export interface ErrorText<P> {
  message: (p: P) => string;
  hint: (p: P) => string;
}

/** The sentences of every code in one language. */
export type ErrorTexts = { [C in P2pErrorCode]: ErrorText<ErrorParamsByCode[C]> };

/** Ties message and hint to the same parameters. */
export const text = <P>(message: (p: P) => string, hint: (p: P) => string): ErrorText<P> => ({ message, hint });
