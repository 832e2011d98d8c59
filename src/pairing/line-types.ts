// Types of a line: pairing by exchange files and the session that follows. The command line drives only this.
import type { P2pEvent } from "../lib/events.ts";
import type { OpenCarrier } from "./carrier.ts";
import type { MemoryPlace } from "../store/state/pairing-memory.ts";
import type { PairingSettings } from "./settings.ts";
import type { Session } from "../session/session-types.ts";

/** Options of a line. */
export interface LineOptions {
  role: "offer" | "answer";
  settings: PairingSettings;
  /** Opens the carrier that moves the two documents. */
  carrier: OpenCarrier;
  /** Where this pairing is remembered in the state directory, so that it can be resumed. Undefined: nowhere. */
  place?: MemoryPlace;
  /**
   * Offering side, after a failed connection: wait for a newer file (true, when a person is present) or end (false).
   */
  keepWaiting: boolean;
  /** Offering side: refuse an offer of another program (FILE_WRONG_TYPE) instead of answering it. */
  refusesForeignOffers?: boolean;
  /** Called each time our document is written, with its text, which is sealed if required. */
  onDocument?: (document: string) => void;
}

/** One side of a line, from its first file to its end. */
export interface Line {
  /** Every event, `closed` last. Read it only once. */
  readonly events: AsyncIterable<P2pEvent>;
  /** The session once it is connected; rejects with P2pError when pairing ends without one. */
  readonly session: Promise<Session>;
  /**
   * Takes the other side's document as text that a person has pasted. The text is stored as `LocaltionJson_p.json`, or
   * under the first free name like that, and judged like a file that appears. Available only while a folder is watched
   * and a document is expected.
   * @returns the path under which it is stored
   * @throws P2pError FILE_MALFORMED, FILE_TOO_LARGE, FILE_SEAL_DAMAGED when there is no document in the text, which is
   *   then not stored; WRITE_FAILED
   */
  takeDocument(text: string): Promise<string>;
  /**
   * Ends pairing or the session. Resolves when everything is closed; the `closed` event has been emitted by then.
   * @param exit - exit code that the `closed` event reports; default: 0 for `quit` and 130 for `interrupted`
   */
  close(reason: "quit" | "interrupted", exit?: number): Promise<void>;
}
