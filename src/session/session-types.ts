// What a connected session offers to its user: the command line, the conversation and embedders alike.
import type { SessionMode } from "../control/mode.ts";
import type { ClosedReason, Direction, P2pEvent, SelectedPair } from "../lib/events.ts";
import type { SpooledFile } from "./ports.ts";

export type { SessionMode };

/** What happens with files that the peer offers. `ask`: wait for `accept` or `decline`. */
export type ConsentPolicy = "ask" | "accept" | "decline";

/** A received name exists already. `rename` makes `f (1).ext`. */
export type ConflictPolicy = "rename" | "overwrite" | "skip";

/** How one transfer stands. */
export interface TransferStatus {
  transfer: string;
  direction: Direction;
  /** Base names of what is sent or received, at most 3; foreign text. */
  names: string[];
  state: "awaiting-consent" | "running" | "done" | "declined" | "failed";
  bytes: number;
  total: number;
  /** Bytes per second over the last seconds. */
  rate: number;
}

/** How a session stands. */
export interface SessionStatus {
  pair: SelectedPair;
  rttMs: number;
  /** Of this session. */
  sinceMs: number;
  peerName: string | undefined;
  /** There is no way to the peer at the moment; another one is looked for. */
  isInterrupted: boolean;
  /** Queued and not yet acknowledged by the peer. */
  messagesUnacknowledged: number;
  transfers: TransferStatus[];
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
   * @returns resolves when the peer has acknowledged it (a `message` event with `from: "me"` comes then),
   *   rejects with P2pError when the session ends before
   */
  sendMessage(text: string): Promise<void>;
  /**
   * Offers files and directories to the peer as one transfer.
   * @param paths - and streams that `spoolStream` kept: they are closed when this is over
   * @returns resolves with the outcome; rejects with P2pError when a path cannot be read (nothing is offered then)
   */
  sendFiles(paths: readonly (string | SpooledFile)[]): Promise<"done" | "declined" | "failed">;
  /** Answers an `incoming` event. An unknown or already answered id returns false. */
  accept(transfer: string): boolean;
  decline(transfer: string): boolean;
  /** Ends one transfer of either direction; the others and the conversation go on. */
  cancel(transfer: string): boolean;
  /**
   * Begins to compare a verification string with the peer, or tells again what is to be compared: a `verify` event
   * comes. Towards another WebRTC program it shows the two fingerprints.
   * @returns false when the peer's p2p cannot do that
   */
  verify(): boolean;
  /**
   * Answers a `verify` event with state `shown`. A no ends both sides with `closed` reason `rejected`, exit 3.
   * @param answer - whether the other side reads the same; or what the other side shows, to be compared here: ten
   *   digits, three words in either language, or the SHA-256 fingerprint of its certificate
   * @returns false when there is nothing to answer
   */
  confirmVerification(answer: boolean | string): boolean;
  /**
   * Keeps the peer's long-term key under a name, and sends it this side's: after both have compared a verification
   * string. It is kept when the peer does the same; notices tell.
   * @returns false when the string was not compared, or the peer or this side's user keeps no keys
   */
  keepContact(name: string): boolean;
  status(): SessionStatus;
  /** Mode `once`: nothing more will be queued. The session ends when both sides are done. */
  finish(): void;
  /** Says bye, waits for it at most 2 s, closes. What was queued before is delivered first unless interrupted. */
  end(reason: Extract<ClosedReason, "quit" | "interrupted" | "error">): Promise<void>;
  /** Resolves with the `closed` event. Never rejects. */
  readonly ended: Promise<Extract<P2pEvent, { event: "closed" }>>;
}
