// A carrier brings our document to the other side and theirs to us. It moves texts: what they mean, whether one can serve
// and whom it may be of is the line's to say (line.ts), and so is sealing.
import type { P2pError } from "../lib/errors/p2p-error.ts";
import type { FolderFinding, Judge, ReadingOptions } from "../store/exchange/exchange-folder.ts";

/** Where a document of ours has gone. */
export interface Published {
  /** As a person would write it; `-` for a stream. */
  path: string;
  /** It takes the place of one of an earlier run. */
  isMadeAnew: boolean;
}

/**
 * What has become of a text. `refused`: it cannot serve. `superseded`: a newer one took its place. `failed`: it could serve,
 * and led to no connection. `connected`: it did. `unread`: the line was connected or over before it was looked at.
 */
export type TextFate =
  | { fate: "refused"; error: P2pError }
  | { fate: "superseded" }
  | { fate: "failed"; error: P2pError }
  | { fate: "connected" }
  | { fate: "unread" };

/** For each text; the first call counts. */
export type TellFate = (fate: TextFate) => void;

/** A text of the other side, as it came. */
export interface CarriedText {
  bytes: Uint8Array;
  /** What a person knows it by: a path, or another name. */
  label: string;
  /** It was there before the start. */
  isFromBefore: boolean;
  /** Somebody waits for what becomes of the text, and hears it in place of the person that events are for. */
  tell?: TellFate;
}

interface CarrierBase {
  /** Where our document goes, for a person. */
  readonly ownPlace: string;
  /** Where the other side's comes from, for a person. */
  readonly peerPlace: string;
  /**
   * Brings a document of ours on its way; it replaces those before it.
   * @param revision - of the document, higher than those before it
   * @throws P2pError WRITE_FAILED
   */
  publish(text: string, revision: number): Promise<Published>;
  /** Gives back what it holds. What was published stays. */
  close(): Promise<void>;
}

/** Texts come one after the other, each once. */
export interface TextCarrier extends CarrierBase {
  /** There is nothing to wait for behind a first text that cannot serve: it ends the line. */
  readonly isFirstDecisive: boolean;
  /** Until there are no more, or `signal` aborts. */
  incoming(signal: AbortSignal): AsyncIterable<CarriedText>;
}

/**
 * Texts lie in a place where others can put any number of them, and change them: what is read first, and how often what
 * is told, depends on how they lie there. The carrier asks the line about each.
 */
export interface SiftingCarrier extends CarrierBase {
  sift(judge: Judge, signal: AbortSignal): AsyncIterable<FolderFinding>;
  /** Keeps a text that a person gave by hand where it is found. @returns its path @throws P2pError WRITE_FAILED */
  take(text: string): Promise<string>;
}

export type Carrier = TextCarrier | SiftingCarrier;

/** How a line reads texts, for a carrier that sifts them, and whose line it is. */
export interface CarrierContext extends ReadingOptions {
  role: "offer" | "answer";
}

/** @throws P2pError where the place cannot be used, or another line uses it */
export type OpenCarrier = (context: CarrierContext) => Promise<Carrier>;
