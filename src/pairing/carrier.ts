// The carrier interface: a carrier brings our document to the other side and theirs to us. It moves texts; the line
// (line.ts) interprets them, seals and opens them, and decides whether one is usable and who may have made it.
import type { P2pError } from "../lib/errors/p2p-error.ts";
import type { CarriedBy, FarEndEvent, P2pEvent } from "../lib/events.ts";
import type { FolderFinding, Judge, ReadingOptions } from "../store/exchange/exchange-folder.ts";

/** The place to which our document was published. */
export interface Published {
  /** The path as a person would write it; `-` for a stream; undefined: it is no file that a person carries. */
  path?: string;
  /** True when it replaces a document of an earlier run. */
  isMadeAnew: boolean;
  /** The path of the page with the document in it; undefined: there is none. */
  page?: string;
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
  /** Called when it is not usable, beside the report to the person. */
  onRefused?: () => void;
  /** Whether its refusal is told to the person, whom a hostile place shall not flood; absent: it is. */
  tellsRefusal?: (error: P2pError) => boolean;
}

/**
 * The state of the other side as a carrier without a person knows it. `waiting`: nobody is there yet. `present`: somebody is.
 * `delivered`: both documents lie where the other side reads them. `lost`: the other side, or the way to it, is gone.
 */
export type CarrierState = "waiting" | "present" | "delivered" | "lost";

/** The news of a carrier about its place and the other side. */
export type CarrierEvent =
  | Extract<P2pEvent, { event: "carrier" | "carrier-crowded" | "other-offer-waits" | "folder-back" }>
  | FarEndEvent;

interface CarrierBase {
  /** The value of `--via`; absent: a person carries the documents, and has to be told where they are. */
  readonly via?: string;
  /** The kind of carrier, for the hints that a person reads; absent: a person carries the documents. */
  readonly carriedBy?: CarriedBy;
  /** Anybody who reaches that place can read our document and be the other side. */
  readonly isForAnybody?: boolean;
  /** The destination of our document, for people. */
  readonly ownPlace: string;
  /** The path of the page with our document in it; absent: there is none. */
  readonly pagePlace?: string;
  /** The source of the other side's document, for people. */
  readonly peerPlace: string;
  /**
   * Publishes a document of ours; it replaces the previous ones.
   * @param revision - the revision of the document, higher than the previous ones
   * @param expiresAtMs - when it expires, in milliseconds since 1970, UTC
   * @throws P2pError WRITE_FAILED
   */
  publish(text: string, revision: number, expiresAtMs: number): Promise<Published>;
  /** The line is connected: what was published has served. Never rejects. */
  handleConnected?(): Promise<void>;
  /** Releases its resources. Documents that a person carries remain; others are withdrawn. */
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
  /** @param onLooked - called once, when the first look is over and all that it found is yielded */
  sift(judge: Judge, signal: AbortSignal, onLooked?: () => void): AsyncIterable<FolderFinding>;
  /** Stores a text that a person pasted in that place. @returns its path @throws P2pError WRITE_FAILED */
  take(text: string): Promise<string>;
  /** The waiting is over: `sift` looks once more, gives nothing time to become complete, and ends. */
  conclude(): void;
  /**
   * A session is up: from now on only what comes under the usual names is looked for, rarely, and nothing is put right in
   * that place, where the session may store files.
   */
  relax(): void;
}

export type LineCarrier = TextCarrier | SiftingCarrier;

/** Options of a line for its carrier: its role, and how a carrier that sifts texts reads them. */
export interface CarrierContext extends ReadingOptions {
  role: "offer" | "answer";
  /** Aborts when the line ends while its carrier opens: what would wait for a network gives up. */
  signal?: AbortSignal;
  /** Takes the carrier's news once it is open. */
  emit?: (event: CarrierEvent) => void;
  /** Called with what is wrong with the carrier while it goes on trying. */
  onTrouble?: (error: P2pError) => void;
}

/** @throws P2pError when the place cannot be used, or another line uses it */
export type OpenCarrier = (context: CarrierContext) => Promise<LineCarrier>;
