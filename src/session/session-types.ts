// Public types of a connected session, for the command line, the conversation and embedders.
import type { SessionMode } from "../control/messages.ts";
import type { Promised } from "../control/promises.ts";
import type { ClosedReason, Direction, LimitedBy, P2pEvent, SelectedPair } from "../lib/events.ts";
import type { CodecName, MediaKind } from "../lib/codecs.ts";
import type { MediaDirection, MediaTrackStats } from "../media/engine-types.ts";
import type { FileOutput, MediaDoor, MediaSink, MediaSource, SpooledFile } from "./ports.ts";

export type { SessionMode };

/** Where files begin of which a part of an earlier session is here. */
export type StartOfFiles = "the-part" | "the-beginning";
/** Policy for files that the peer offers. `ask`: wait for `accept` or `decline`. */
export type ConsentPolicy = "ask" | "accept" | "decline";

/** Policy for a received name that already exists. `rename` makes `f (1).ext`. */
export type ConflictPolicy = "rename" | "overwrite" | "skip";

/** What a session sends and takes of sound and picture; all of it is opened before, and closed by the session. */
export interface MediaSettings {
  /** Published in real time, side by side; at most 8 tracks in all. */
  publish?: readonly MediaSource[] | undefined;
  /** Bring further tracks at any time. */
  doors?: readonly MediaDoor[] | undefined;
  /** What comes is recorded here, and the peer is told. */
  record?: MediaSink | undefined;
  /** Opens one more of them: what the peer offers later has a file of its own. Absent: that is not recorded. */
  recordNext?: (() => Promise<MediaSink>) | undefined;
  /** What comes is passed on here as well. */
  forward?: readonly MediaSink[] | undefined;
  /** Codecs in the order in which they are preferred, where the peer offers several. */
  codecs?: Partial<Record<MediaKind, readonly CodecName[]>> | undefined;
}

/** Settings of a session, apart from its connection: one branch of the settings of a pairing (pairing/settings.ts). */
export interface SessionSettings {
  mode: SessionMode;
  /** Nobody can type messages on this side. The peer is told; absent: somebody may. */
  isSilent?: boolean | undefined;
  /**
   * Nobody on this side can be asked whether both read the same string; `verifyExpect` compares all the same. The peer is
   * told, so that its person is not led into a comparison that fails; absent: somebody may be there.
   */
  isUnattended?: boolean | undefined;
  consent: ConsentPolicy;
  /** With consent `accept`: takes only what one of these patterns names (`*.jpg`, `photos/**`); the rest is declined. */
  acceptOnly?: readonly string[] | undefined;
  conflict: ConflictPolicy;
  /** The folder that receives files. */
  outputDir: string;
  /** Receives the first offered file, instead of `outputDir`; everything else that is offered is declined. */
  fileOutput?: FileOutput | undefined;
  /** Limits the file data that this side sends, all transfers together, in bytes per second; ≥ 1. */
  limitBytesPerSecond?: number | undefined;
  /** Nothing is sent or accepted before both sides have compared a verification string. */
  verify?: boolean | undefined;
  /**
   * The expected value that the other side shows: ten digits, three words, or the SHA-256 fingerprint of its
   * certificate. It is compared without asking a person, and implies `verify`.
   */
  verifyExpect?: string | undefined;
  /**
   * The messages and files that this side's user will send once it is connected. If the session ends before, it counts
   * as not sent: the exit code of `closed` is 4 for files and 3 for messages, and an error names them.
   */
  promised?: Promised | undefined;
  /** Sound and picture; absent: none is sent, and none is taken. */
  media?: MediaSettings | undefined;
}

/** A conversation that asks about every file, and stores it in the current directory under a free name. */
export const DEFAULT_SESSION: SessionSettings = {
  mode: "conversation",
  consent: "ask",
  conflict: "rename",
  outputDir: ".",
};

/** Status of one transfer. */
export interface TransferStatus {
  transfer: string;
  direction: Direction;
  /** Base names of the sent or received items, at most 3; foreign text. */
  names: string[];
  /** `withdrawn`: its sender has taken it back before it was accepted; `cancelled`: a person has stopped it while it ran. */
  state: "awaiting-consent" | "running" | "done" | "declined" | "withdrawn" | "cancelled" | "failed";
  /** The receiver took only a part of the offer: the other fields are about that part. */
  isPart?: true;
  bytes: number;
  total: number;
  /** Bytes per second over the last seconds. */
  rate: number;
  /**
   * The cause that keeps the transfers of its direction from moving faster; undefined: it is not running, or it is not
   * known.
   */
  limitedBy?: LimitedBy | undefined;
}

/** Status of a track of sound or picture that runs. */
export interface MediaTrackStatus {
  track: number;
  direction: MediaDirection;
  kind: MediaKind;
  codec: string;
  /** Milliseconds since it began; a whole number. */
  sinceMs: number;
  /** Undefined: nobody counts. */
  stats: MediaTrackStats | undefined;
}

/** Status of a session. */
export interface SessionStatus {
  pair: SelectedPair;
  rttMs: number;
  /** Milliseconds since the session began; a whole number. */
  sinceMs: number;
  peerName: string | undefined;
  /** The path to the peer is interrupted; another one is being searched. */
  isInterrupted: boolean;
  /** Messages that are queued and not yet acknowledged by the peer. */
  messagesUnacknowledged: number;
  transfers: TransferStatus[];
  media: MediaTrackStatus[];
}

/** The limits of a session at the moment. */
export interface SessionStats {
  /** For the files that this side sends, and for those that arrive; undefined: none moves, or it is not known. */
  sending: LimitedBy | undefined;
  receiving: LimitedBy | undefined;
  /** Undefined: there is no transport whose figures are known. */
  transport: { rttMs: number; lossPercent: number; queuedBytes: number } | undefined;
}

/** A connected session: text, files, and its end. */
export interface Session {
  readonly role: "offer" | "answer";
  /** The name in the peer's exchange file; foreign text, escape it. */
  readonly peerName: string | undefined;
  /** The peer is another WebRTC program: text only. */
  readonly isForeign: boolean;
  /**
   * Queues a text message. Longer ones are split at code points to the peer's limit.
   * @returns resolves when the peer has acknowledged it (a `message` event with `from: "me"` is emitted then), rejects
   *   with P2pError when the session ends before
   */
  sendMessage(text: string): Promise<void>;
  /**
   * Offers files and directories to the peer as one transfer.
   * @param paths - paths, and streams stored by `spoolStream`, which are closed when the transfer is over
   * @returns resolves with the outcome; rejects with P2pError when a path cannot be read (nothing is offered then)
   */
  sendFiles(paths: readonly (string | SpooledFile)[]): Promise<"done" | "declined" | "failed">;
  /**
   * Answers an `incoming` event.
   * @param isChosen - takes only the entries with such paths, as the event names them; the rest is declined. Without it
   *   everything is taken
   * @param from - `the-beginning`: parts of an earlier session are removed and not resumed
   * @returns false for an unknown or already answered id
   */
  accept(transfer: string, isChosen?: (path: string) => boolean, from?: StartOfFiles): boolean;
  decline(transfer: string): boolean;
  /** Ends one transfer of either direction; the others and the conversation continue. */
  cancel(transfer: string): boolean;
  /**
   * Starts to compare a verification string with the peer, or reports the values again: a `verify` event follows. With
   * another WebRTC program it shows the two fingerprints.
   * @returns false when the peer's p2p cannot compare
   */
  verify(): boolean;
  /**
   * Answers a `verify` event with state `shown`. A no ends both sides with `closed` reason `rejected`, exit 3.
   * @param answer - whether the other side reads the same; or the value that the other side shows, to be compared here:
   *   ten digits, three words in either language, or the SHA-256 fingerprint of its certificate
   * @returns false when no answer is expected
   */
  confirmVerification(answer: boolean | string): boolean;
  /**
   * Keeps the peer's long-term key under a name, and sends it this side's, after both have compared a verification
   * string. The key is stored when the peer does the same; events report it.
   * @returns false when the string was not compared, or the peer or this side's user keeps no keys
   */
  keepContact(name: string): boolean;
  status(): SessionStatus;
  /** Returns what limits the session now. It looks at the last two seconds. */
  stats(): SessionStats;
  /**
   * Nothing more will be queued, nothing that was promised either. Mode `once`: the session ends when both sides are done.
   */
  finish(): void;
  /**
   * Says bye, waits for it at most 2 s, and closes. Unless interrupted, everything queued before is delivered first.
   */
  end(reason: Extract<ClosedReason, "quit" | "interrupted" | "error">): Promise<void>;
  /** Resolves with the `closed` event. Never rejects. */
  readonly ended: Promise<Extract<P2pEvent, { event: "closed" }>>;
}
