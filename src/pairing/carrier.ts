// The carrier interface: a carrier brings our document to the other side and theirs to us. It moves texts; the line
// (line.ts) interprets them, seals and opens them, and decides whether one is usable and who may have made it.
import type { P2pError } from "../lib/errors/p2p-error.ts";
import type { FolderFinding, Judge, ReadingOptions } from "../store/exchange/exchange-folder.ts";

/** The place to which our document was published. */
export interface Published {
  /** The path as a person would write it; `-` for a stream. */
  path: string;
  /** True when it replaces a document of an earlier run. */
  isMadeAnew: boolean;
}

/**
 * The fate of a text. `refused`: it is not usable. `superseded`: a newer one replaced it. `failed`: it was usable but
 * led to no connection. `connected`: it led to one. `unread`: the line was connected or over before it was examined.
 */
export type TextFate =
  | { fate: "refused"; error: P2pError }
  | { fate: "superseded" }
  | { fate: "failed"; error: P2pError }
  | { fate: "connected" }
  | { fate: "unread" };

/** Reports the fate of one text; only the first call counts. */
export type TellFate = (fate: TextFate) => void;

/** A text of the other side, as received. */
export interface CarriedText {
  bytes: Uint8Array;
  /** The name of the text for people: a path, or another name. */
  label: string;
  /** True when it existed before the start. */
  isFromBefore: boolean;
  /** Reports the fate to a caller who waits for it, instead of to the person who reads the events. */
  tell?: TellFate;
}

interface CarrierBase {
  /** The destination of our document, for people. */
  readonly ownPlace: string;
  /** The source of the other side's document, for people. */
  readonly peerPlace: string;
  /**
   * Publishes a document of ours; it replaces the previous ones.
   * @param revision - the revision of the document, higher than the previous ones
   * @throws P2pError WRITE_FAILED
   */
  publish(text: string, revision: number): Promise<Published>;
  /** Releases its resources. Published documents remain. */
  close(): Promise<void>;
}

/** A carrier that yields texts one after another, each once. */
export interface TextCarrier extends CarrierBase {
  /** True when no other text can follow a first one that is refused: the refusal ends the line. */
  readonly isFirstDecisive: boolean;
  /** Yields texts until there are no more, or `signal` aborts. */
  incoming(signal: AbortSignal): AsyncIterable<CarriedText>;
}

/**
 * A carrier for a place where others can put and change any number of texts. The order of reading, and how often each
 * finding is reported, depends on the state of that place, so the carrier asks the line about each text.
 */
export interface SiftingCarrier extends CarrierBase {
  sift(judge: Judge, signal: AbortSignal): AsyncIterable<FolderFinding>;
  /** Stores a text that a person pasted in that place. @returns its path @throws P2pError WRITE_FAILED */
  take(text: string): Promise<string>;
}

export type Carrier = TextCarrier | SiftingCarrier;

/** Options of a line for its carrier: its role, and how a carrier that sifts texts reads them. */
export interface CarrierContext extends ReadingOptions {
  role: "offer" | "answer";
}

/** @throws P2pError when the place cannot be used, or another line uses it */
export type OpenCarrier = (context: CarrierContext) => Promise<Carrier>;
