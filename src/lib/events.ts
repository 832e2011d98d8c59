// The events of a line, in chronological order: the module's one event stream. Each is for an audience: those for
// programs, with a `time` added, are the `--json` output (docs/events.schema.json); a person's screen shows both kinds.
// Plain data; the sentences are in words/.
import type { P2pErrorCode } from "./errors/codes.ts";
import type { MappingProtocol, Prediction, PredictionReason } from "./nat-summary.ts";

/** Direction of a transfer, as seen from this side. */
export type Direction = "send" | "receive";
/** Kind of an entry of a transfer. */
export type EntryType = "file" | "directory" | "symlink";

/** Less direct end of the selected candidate pair (RFC 8445 candidate types). */
export type PairKind = "host" | "srflx" | "prflx" | "relay";

/** The two addresses that the line uses. */
export interface SelectedPair {
  protocol: "udp" | "tcp";
  /** `address:port`, IPv6 in brackets. */
  local: string;
  remote: string;
  kind: PairKind;
}

/** State of a candidate pair in the checklist (RFC 8445 §6.1.2.6). */
export type PairState = "frozen" | "waiting" | "in progress" | "succeeded" | "failed";

/** Two addresses that were tried, `address:port` each. */
export interface TriedPair {
  local: string;
  remote: string;
  localKind: PairKind;
  remoteKind: PairKind;
  state: PairState;
  protocol: "udp" | "tcp";
}

/**
 * The stage that an attempt to connect reached. `no-pairs`: no address of the two files fits another. `unanswered`:
 * nobody answered our checks. `not-chosen`: our checks were answered, and the other side, whose turn it is, has chosen
 * no pair. `no-dtls`: a pair was chosen, and no DTLS handshake came to its end. `no-sctp`: DTLS is up, and no SCTP
 * association is. `no-channel`: SCTP is up, and the session did not begin on its data channels.
 */
export type ConnectStage = "no-pairs" | "unanswered" | "not-chosen" | "no-dtls" | "no-sctp" | "no-channel";

/** What brings the documents in the place of a person. `command`: one that runs p2p at the far end. */
export type CarriedBy = "command" | "carrier";

/** The facts of an attempt to connect that failed. */
export interface ConnectFailure {
  seconds: number;
  pairs: readonly TriedPair[];
  why: PredictionReason;
  stage: ConnectStage;
  /** This side made the offer of the pairing. */
  isOfferer: boolean;
  /** The other side is another WebRTC program. */
  isForeign: boolean;
  /** Absent: a person carries the documents. */
  carriedBy?: CarriedBy;
}

/**
 * Where this computer's own addresses can be reached. `computer`: all are loopback. `beyond`: one is public, so that it
 * may be reached from everywhere.
 */
export type LocalReach = "computer" | "network" | "beyond";

/** One file or folder that the peer offers. */
export interface IncomingEntry {
  /** The peer's name for it: relative, `/`-separated, not yet sanitised. Escape before showing. */
  path: string;
  bytes: number;
  type: EntryType;
}

/** One proposed file of which a part exists already. Its bytes are compared with the sender's before they count. */
export interface ResumableEntry {
  /** The path of its `IncomingEntry`. */
  path: string;
  /** Bytes in the part. */
  bytes: number;
  /** Size of the proposed file. */
  total: number;
  /** The file had another size or time when the part was started. */
  changed?: true;
}

/** Why an entry of a folder is not sent; docs/events.schema.json explains each. */
export type LeftOutWhy =
  | "unreadable"
  | "special"
  | "link-outside"
  | "link"
  | "name"
  | "path"
  | "own"
  | "endless"
  | "other";

/** One entry that is not sent, among the first of them: at most 100. */
export interface LeftOutName {
  /** The sender's path for it: relative, `/`-separated. Escape before showing. */
  path: string;
  why: LeftOutWhy;
}

/** One entry that gets another name over there, among the first of them: at most 100. */
export interface RenamedName {
  /** The sender's path for it: relative, `/`-separated. Escape before showing. */
  path: string;
  /** The same with the name under which it is stored, before a number is added where that is taken. */
  as: string;
}

/** Size of a terminal in characters. */
export interface WindowSize {
  columns: number;
  rows: number;
}

/** Why a line ended. */
export type ClosedReason =
  | "done"
  | "peer-bye"
  | "quit"
  | "interrupted"
  | "lost"
  | "cannot-connect"
  | "timeout"
  | "rejected"
  | "error";

/**
 * Why a document has no short code. `sealed`: a code would not be. `foreign`: it has no `p2p` key, or is part of another
 * program's description. `odd`: it has a value that p2p does not write. `signed`: its signature covers what a code does
 * not hold. `too-long`: it has too many addresses.
 */
export type NoCode = "sealed" | "foreign" | "odd" | "signed" | "too-long";

/** Events of pairing: from writing our file to a connection. */
export type PairingEvent =
  | {
      event: "local-file";
      /** Absent with `--via`: no exchange file is written. */
      path?: string;
      type: "offer" | "answer";
      id: string;
      revision: number;
      candidates: number;
      /** The different addresses of the candidates, which may be several at one address. */
      addresses?: number;
      expiresAt: string;
      /** The document as a short code, a secret like the file; only with `--code`, and where it has one. */
      code?: string;
      /** Path of the browser peer with the document in it; only with `--page`. */
      page?: string;
      /** When the file was made that an earlier run wrote and this one serves again, unchanged; absent: it is another. */
      resumedFrom?: string;
    }
  | { event: "waiting"; for: "file" | "connection"; path?: string }
  | { event: "peer-file"; path: string; type: "offer" | "answer"; id?: string }
  | { event: "connecting" }
  /**
   * With `--via`: what the carrier knows of the other side. `waiting`: nobody is there yet. `present`: somebody is.
   * `delivered`: both documents lie where the other side reads them. `lost`: the other side, or the way to it, is gone.
   */
  | { event: "carrier"; via: string; state: "waiting" | "present" | "delivered" | "lost" };

/** Events of file transfers. `transfer` is unique within the session; bytes are integers and cumulative. */
export type TransferEvent =
  | {
      event: "incoming";
      transfer: string;
      files: number;
      bytes: number;
      /** The first entries: at most 1,000, fewer where paths are long; a line of `--json` has 64 KiB. */
      entries: IncomingEntry[];
      /** Number of further entries; absent when there are none. */
      entriesLeftOut?: number;
      /** Files of which an earlier session left a part here; absent when there are none. */
      resumable?: ResumableEntry[];
      /** Number of further parts; only in a line of `--json`, and absent when there are none. */
      resumableLeftOut?: number;
    }
  /**
   * The folders that are sent have entries that this transfer does not have. To the receiver it comes before the
   * transfer is offered, and none may be: then nothing else has this `transfer`. To the sender it tells only files of p2p
   * itself; the others are errors there.
   */
  | { event: "left-out"; transfer: string; direction: Direction; count: number; entries: LeftOutName[] }
  /**
   * Entries have names that no receiving disk gets: with control or bidirectional characters or a backslash, or those that
   * p2p keeps for itself (`.p2p-…`). To the receiver it comes before `incoming`, to the sender before `offered`.
   */
  | { event: "renamed"; transfer: string; direction: Direction; count: number; entries: RenamedName[] }
  | { event: "offered"; transfer: string; files: number; bytes: number }
  | { event: "accepted"; transfer: string; direction: Direction; resumedFrom: number }
  /**
   * The receiver refused it, or the sender took it back, before it began; unless `how` says otherwise. `cancelled`: that
   * person stopped it after it had begun, and what was unfinished is removed. `left`: that side ended the session before
   * the receiver had answered. `by`: who did it.
   */
  | {
      event: "declined";
      transfer: string;
      direction: Direction;
      by: "me" | "peer";
      how?: "cancelled" | "left";
      /** Only these entries of the offer were declined, the first 1,000, fewer where paths are long; the others travel or have arrived. */
      paths?: string[];
      /** The number of further ones. */
      pathsLeftOut?: number;
    }
  | { event: "progress"; transfer: string; direction: Direction; bytes: number; total: number; rate: number }
  | {
      event: "file-done";
      transfer: string;
      direction: Direction;
      /**
       * Absolute path on this side's disk; `-` for data from stdin or to stdout. Bytes that are not UTF-8 are shown as
       * `\xe9`; the path is then not to be parsed, but `pathHex` is.
       */
      path: string;
      /** The bytes of the path in lower-case hex; absent where it is UTF-8. */
      pathHex?: string;
      bytes: number;
      /** Lower-case hex. */
      sha256: string;
      skipped?: true;
    }
  | { event: "transfer-done"; transfer: string; direction: Direction; files: number; bytes: number; ms: number };

/**
 * The comparison of a verification string. `shown`: two people, or two programs, have to compare it with the one that
 * the other side shows, and answer with `Session.confirmVerification`.
 */
export type VerifyEvent = {
  event: "verify";
  /** Three English words, whatever the language. Empty where there is no string. */
  words: string;
  /** The same as ten digits. */
  digits: string;
  state: "shown" | "agreed" | "refused";
  /** Towards another WebRTC program there is no string: SHA-256 of the two certificates instead. */
  fingerprints?: { mine: string; peer: string };
};

/**
 * `interrupted`: the other side is unreachable; messages are queued, transfers pause. `restored`: they resume. Without
 * it, `closed` with the reason `lost` follows within about two minutes. `moved`: what we send takes `pair` from now on, over
 * UDP where it was TCP or the other way round, and nothing was interrupted.
 */
export type NetworkEvent =
  | { event: "network"; state: "interrupted" | "restored" }
  | { event: "network"; state: "moved"; pair: SelectedPair };

/**
 * A track of sound or picture. `failed`: it was not wanted, or broke off. `paused`, of what this side sends only: the path does
 * not carry it, so that hardly anything of it leaves. It is tried again by itself, and `resumed` when that arrives.
 */
export type MediaEvent = {
  event: "media";
  /** Number among those of its direction: 1 … 8. It may be used again for a later one. */
  track: number;
  direction: Direction;
  kind: "audio" | "video";
  /** `opus`, `pcmu`, `pcma`, `vp8`, `vp9`, `h264`, `av1`. */
  codec: string;
  state: "started" | "stopped" | "failed" | "paused" | "resumed";
};

/**
 * `codec`: the kind of file cannot hold it. `stdout`: there is one recording already. `too-many`: a line has no more files.
 */
export type NotRecorded = "codec" | "stdout" | "too-many";

/**
 * The description (SDP) of the RTP that is given to other programs on this machine has been written: before anything is
 * paired where all is known already, and when a track begins.
 */
export type RtpOutEvent = {
  event: "rtp-out";
  /** Absolute. */
  path: string;
  streams: { kind: "audio" | "video"; codec: string; address: string }[];
};

/** What is said of doors to other programs on this machine. */
export type MediaDoorEvent = RtpOutEvent | DoorEvent | Extract<PersonEvent, { event: "rtp-in" }>;

/** Programs on this machine can come to `url`, by WHIP or WHEP, with this token. Emitted before anything is paired. */
export type DoorEvent = { event: "door"; protocol: "whip" | "whep"; url: string /** A secret. */; token: string };

/** A recording is complete. */
export type RecordedEvent = {
  event: "recorded";
  /** The size of the file, or of what went to stdout; 0: nothing came, and no file is left. */
  bytes: number;
  /** Absolute; absent for stdout, and where nothing came. */
  path?: string;
};

/** A track that the other side publishes is not recorded, though `--record` was given. */
export type NotRecordedEvent = { event: "not-recorded"; kind: "audio" | "video"; why: NotRecorded };

/** Something went wrong; the following events show whether the line continues. */
export type ErrorEvent = { event: "error"; code: P2pErrorCode; message: string; hint: string };

/** Events for programs: the lines of `--json`. Their fields are only ever added to. */
export type ProgramEvent =
  | PairingEvent
  | TransferEvent
  | VerifyEvent
  | NetworkEvent
  | MediaEvent
  | RecordedEvent
  | NotRecordedEvent
  | RtpOutEvent
  | DoorEvent
  | ErrorEvent
  | { event: "connected"; pair: SelectedPair; rttMs: number; role: "offer" | "answer" }
  | { event: "message"; from: "me" | "peer"; text: string }
  | { event: "closed"; reason: ClosedReason; exit: number };

/**
 * Why our file was rewritten. `made-anew`: it replaces one of an earlier run. `mapping-changed`: a server
 * sees us at another address. `answer-given-up`: a browser no longer waits with the answer of its page. `address-came`, `address-gone`: this computer's own addresses; a file carried
 * before the latter still serves.
 */
export type RewriteReason =
  | "new-offer"
  | "late-candidates"
  | "foreign-offer"
  | "made-anew"
  | "mapping-changed"
  | "address-came"
  | "address-gone"
  | "answer-given-up";

/** Something about the other side's file that may keep the line from being made; texts are the peer's, unescaped. */
export type PeerFileDoubt =
  /** It has no address at all, as a page that does not wait until it has gathered them. */
  | { doubt: "no-addresses" }
  /** Each of its addresses is a `.local` name, which only its network knows. */
  | { doubt: "only-local-names"; count: number }
  /** It has candidates, and none of them can be used. */
  | { doubt: "no-usable-address"; count: number }
  /** Candidates stand under a key where p2p does not look. */
  | { doubt: "candidates-elsewhere"; key: string; count: number }
  /** Candidates of an earlier connection, or of another part than the data channel, are left out. */
  | { doubt: "candidates-left-out"; count: number }
  /** It also wants audio, video or another section. */
  | { doubt: "other-sections"; kinds: string[] }
  /** It is not of p2p and has no section for sound or picture, of which this side publishes or takes some. */
  | { doubt: "no-media" }
  /** Nothing says whether it is an offer or an answer. */
  | { doubt: "type-assumed"; type: "offer" | "answer" };

/** A server that did not answer, and why: a code of the system, or a few words. */
export interface SilentServer {
  readonly url: string;
  readonly reason: string;
}

/** The far end of `--via ssh://…` or `--via exec:…`. */
export type FarEndEvent =
  /** A line that it prints beside its document. Foreign text, unescaped. */
  | { event: "far-end-says"; text: string }
  /** It has failed after a session: its exit code, or the name of a signal. */
  | { event: "far-end-ended"; status: number | string };

/** Events that explain to a person what happens, and that programs do not need; never in `--json`. */
export type PersonEvent =
  /** STUN servers are being asked for our public address, or a TURN server for a relay. */
  | { event: "asking-servers"; urls: string[] }
  /**
   * STUN servers did not answer within the gathering time. `reach`: no server answered, so that the file has only local
   * addresses, which reach so far.
   */
  | { event: "servers-silent"; servers: SilentServer[]; reach?: LocalReach }
  /** The router lets the other side in at `external` (`address:port`), at our request. */
  | { event: "port-mapped"; protocol: MappingProtocol; external: string }
  /** No server is configured, or no TURN server gave a relay: only local addresses are in the file. */
  | { event: "local-addresses-only"; servers: "none" | "silent"; reach: LocalReach }
  /** No network interface is up: only loopback is in the file. */
  | { event: "loopback-only" }
  /** The other side's file was dropped over our own: it is kept as `keptAs`, ours is rewritten. */
  | { event: "own-file-overwritten"; path: string; keptAs: string }
  /** Nothing that can serve is there at the first look: the other side's file has to be brought. `path`: where to. */
  | { event: "file-awaited"; path?: string }
  /** Our own file was moved or deleted while the other side's is waited for. It is not written again by itself. */
  | { event: "own-file-gone"; path: string; command: "offer" | "answer" }
  /** The folder of the exchange files is available again. */
  | { event: "folder-back"; path: string }
  /** The folder has more files than are examined. */
  | { event: "folder-crowded"; path: string }
  /** The folder has so many sealed files that they are opened one by one, with pauses. */
  | { event: "sealed-crowd"; path: string; count: number }
  /** A file from before the start cannot serve; it is named once and left alone. */
  | { event: "file-ignored"; path: string; error: ErrorEvent }
  /** A readable file of a newer p2p: unknown keys are ignored. */
  | { event: "newer-version"; path: string; version: number }
  /** Reports, as soon as the other side's file is read, what may keep the line from being made. */
  | { event: "peer-file-doubts"; path: string; doubts: PeerFileDoubt[] }
  /** Our document is a bare `{type, sdp}`: the other side counts as another WebRTC program. */
  | { event: "bare-document" }
  /** Anybody who reaches the place of this carrier can be the other side: our document is not sealed. */
  | { event: "carrier-open"; via: string }
  /** Somebody else's offer waits in that place beside ours, and nobody has answered either. */
  | { event: "other-offer-waits"; via: string }
  /** The place of this carrier holds more than is examined: the other side's document may be passed over. */
  | { event: "carrier-crowded"; via: string }
  /** Our document has no short code, though one was asked for. */
  | { event: "no-code"; why: NoCode }
  /** The clocks of the two sides differ: the other side's file is made after now, or before our offer that it answers. */
  | { event: "clocks-differ"; path: string; createdAt: string; how: "later-than-now" | "earlier-than-offer" }
  /** Our file was rewritten: the person must carry this one, or may where an address is gone. */
  | { event: "file-rewritten"; path: string; revision: number; why: RewriteReason }
  /** The run ends before it has connected, and `--resume` resumes with its file. */
  | { event: "can-resume"; command: "offer" | "answer" }
  /** The offer that an earlier run made in this place, at `createdAt`, has not connected, and this one takes its place. */
  | { event: "earlier-offer-void"; createdAt: string }
  /**
   * The answer of another run takes the place of the one that was tried: of somebody else, or of one who started again.
   */
  | { event: "answer-replaced"; path: string }
  /** Another answer to our offer has come while one is tried: it is tried if that one fails. */
  | { event: "answer-held"; path: string }
  /** Both sides offered; the smaller id stays the offer. Nobody carries again. */
  | { event: "two-offers"; weAre: "offer" | "answer" }
  /** The other side's file is signed by somebody whose key was kept at `verifiedAt` (RFC 3339 UTC). */
  | { event: "peer-known"; name: string; verifiedAt: string }
  /** It bears the name of a contact that is kept, but is signed with another key. */
  | { event: "peer-other-key"; name: string; verifiedAt: string }
  /** It bears the name of a contact that is kept, but is not signed. */
  | { event: "peer-unsigned"; name: string; verifiedAt: string }
  /** The session is verified: the other side can be kept. */
  | { event: "contact-possible" }
  /** Our key has been sent; the other side's has not come yet. */
  | { event: "contact-asked" }
  /** The other side has sent its key and wants to keep ours. */
  | { event: "contact-offered" }
  /** The other side's key is kept under this name. */
  | { event: "contact-kept"; name: string }
  /** The session ends, and the other side has not sent its key: it is not kept under the name that was given. */
  | { event: "contact-unkept"; name: string }
  | FarEndEvent
  /** The other side leaves while a comparison is open that nobody required. */
  | { event: "not-compared" }
  /** Both files were sealed with the same passphrase, and the session came from them. */
  | { event: "line-sealed" }
  /** Only `kept` bytes of an existing part are the same as the sender has now. */
  | { event: "part-differs"; path: string; kept: number; of: number }
  /** The disk here keeps another mode or time for `path`, and maybe for more; told once in a transfer for each. */
  | { event: "attribute-lost"; what: "mode" | "time"; path: string }
  /** This one and the next six come from the command only. Our document was sent to the terminal's clipboard, if the terminal supports it; or why not. */
  | { event: "copied"; outcome: "sent" | "too-long" | "no-terminal" }
  /**
   * Our short code, to be shown as a QR code: at the bottom of the screen, where all of it is seen. `window`: the
   * terminal; absent: it is written to something else.
   */
  | { event: "qr-code"; code: string; window?: WindowSize }
  /** A person has pasted a document: it is kept, and judged like any other file. */
  | { event: "pasted"; path: string }
  | { event: "paste-useless" }
  | { event: "paste-failed"; error: ErrorEvent }
  /** A person asked how to paste. */
  | { event: "paste-how" }
  /**
   * A person has typed a line before the two sides are connected. `about`: what is meant by it; `send-never`: /send where no
   * conversation follows. `doing`: what the line does meanwhile, with the place of the document that it waits for.
   * `isCarried`: no person carries the documents.
   */
  | {
      event: "typed-early";
      text: string;
      about: "leaving" | "help" | "status" | "send" | "send-never" | "command" | "other";
      doing?: { what: "preparing" | "waiting-for-file" | "waiting-for-connection" | "connecting"; path?: string };
      isCarried?: true;
    }
  /** From the command only: a person has typed a line where no conversation is shown. `side`: its part in this run. */
  | { event: "typed-unsent"; text: string; side: "sends" | "offers" | "receives" }
  /** Nobody can type messages on the other side, which shows ours. */
  | { event: "peer-silent" }
  /** The other side begins, or has ended, to record what this side publishes. */
  | { event: "peer-recording"; on: boolean }
  /** From the command only: another program on this machine may send RTP here. `address`: address and port. */
  | { event: "rtp-in"; kind: "audio" | "video"; codec: string; address: string }
  /** The peer is another WebRTC program. */
  | { event: "foreign-peer" }
  /** The peer sent bytes on the text channel of a foreign program. */
  | { event: "binary-message"; bytes: number }
  /**
   * One side opened a channel that the other side's p2p does not know, and that one closed it. `by`: who refused it. The
   * names are foreign text, at most 64 characters each.
   */
  | { event: "channel-refused"; by: "me" | "peer"; label: string; protocol: string }
  /**
   * Another WebRTC program has a further channel: text is exchanged on `used` only, and the further one was closed. Both
   * are foreign text. `label` has at most 64 characters, and none where the program sends on a stream that it did not open.
   */
  | { event: "channel-unused"; label: string; used: string }
  /** Something else keeps the files of this direction from moving faster now. */
  | ({ event: "limited"; direction: Direction } & LimitedBy)
  /** The two files' prediction of the chances; reported when connecting starts. */
  | { event: "prediction"; prediction: Prediction }
  /**
   * Connecting failed: each pair and how its checks ended, and the two files' explanation. `goesOn`: we wait for a
   * newer file; otherwise an error reports it.
   */
  | ({ event: "connect-failed"; goesOn: boolean } & ConnectFailure);

/** The cause that keeps the files of one direction from moving faster. */
export interface LimitedBy {
  /**
   * `rate-limit`: the limit of this side's user. `this-computer`: its disk or processor. `peer-disk`: the other side
   * stores more slowly. `peer-window`: the other side's program has no room for more. `network`: the path carries no more.
   */
  by: "rate-limit" | "this-computer" | "peer-disk" | "peer-window" | "network";
  /** Share of the bytes sent that were lost in the last two seconds, in percent, with one decimal place. */
  lossPercent: number;
  /** Round trip in whole milliseconds. */
  rttMs: number;
}

/** Everything that can happen on a line. */
export type P2pEvent = ProgramEvent | PersonEvent;

/** The audience of each event, by its name. A person sees the events for programs too. */
export const EVENT_AUDIENCE: Readonly<
  Record<ProgramEvent["event"], "program"> & Record<PersonEvent["event"], "person">
> = {
  "local-file": "program",
  waiting: "program",
  "peer-file": "program",
  connecting: "program",
  carrier: "program",
  incoming: "program",
  "left-out": "program",
  renamed: "program",
  offered: "program",
  accepted: "program",
  declined: "program",
  progress: "program",
  "file-done": "program",
  "transfer-done": "program",
  verify: "program",
  network: "program",
  media: "program",
  recorded: "program",
  "not-recorded": "program",
  "rtp-out": "program",
  door: "program",
  error: "program",
  connected: "program",
  message: "program",
  closed: "program",
  "asking-servers": "person",
  "servers-silent": "person",
  "port-mapped": "person",
  "local-addresses-only": "person",
  "loopback-only": "person",
  "own-file-overwritten": "person",
  "file-awaited": "person",
  "own-file-gone": "person",
  "folder-back": "person",
  "folder-crowded": "person",
  "sealed-crowd": "person",
  "file-ignored": "person",
  "newer-version": "person",
  "peer-file-doubts": "person",
  "bare-document": "person",
  "carrier-open": "person",
  "other-offer-waits": "person",
  "carrier-crowded": "person",
  "no-code": "person",
  "clocks-differ": "person",
  "file-rewritten": "person",
  "can-resume": "person",
  "earlier-offer-void": "person",
  "answer-replaced": "person",
  "answer-held": "person",
  "two-offers": "person",
  "peer-known": "person",
  "peer-other-key": "person",
  "peer-unsigned": "person",
  "contact-possible": "person",
  "contact-asked": "person",
  "contact-offered": "person",
  "contact-kept": "person",
  "contact-unkept": "person",
  "far-end-says": "person",
  "far-end-ended": "person",
  "not-compared": "person",
  "line-sealed": "person",
  "part-differs": "person",
  "attribute-lost": "person",
  limited: "person",
  copied: "person",
  "qr-code": "person",
  pasted: "person",
  "paste-useless": "person",
  "paste-failed": "person",
  "paste-how": "person",
  "typed-early": "person",
  "typed-unsent": "person",
  "peer-silent": "person",
  "peer-recording": "person",
  "rtp-in": "person",
  "foreign-peer": "person",
  "binary-message": "person",
  "channel-refused": "person",
  "channel-unused": "person",
  prediction: "person",
  "connect-failed": "person",
};

/** Whether `--json` prints an event. */
export function isForPrograms(event: P2pEvent): event is ProgramEvent {
  return EVENT_AUDIENCE[event.event] === "program";
}
