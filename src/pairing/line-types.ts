// A line: pairing by exchange files and the session that follows. The command line drives this and nothing else.
import type { P2pEvent } from "../lib/events.ts";
import type { NetworkOptions } from "../rtc/network-options.ts";
import type { Notice } from "../lib/notices.ts";
import type { SessionSettings } from "./attempt.ts";
import type { OpenCarrier } from "./carrier.ts";
import type { SealOptions } from "./seal.ts";
import type { Session } from "../session/session-types.ts";

/** What the two files are, and how the session behaves. */
export interface LineOptions extends NetworkOptions, SessionSettings {
  role: "offer" | "answer";
  /** What brings the two documents across. */
  carrier: OpenCarrier;
  /** The folder for which this pairing is remembered, so that `resume` finds it there. Undefined: it is not. */
  dir?: string;
  /** How the two files are sealed; unless given, a sealed file stays closed. */
  seal?: SealOptions;
  /** What the other side calls us. */
  name?: string;
  /** Go on with the pairing that an earlier run of this command in `dir` has begun: its file serves again. */
  resume?: boolean;
  /** How long each step that needs the other person may take. */
  waitMs: number;
  /** Offering side: from the answer applied to connected. */
  connectTimeoutMs: number;
  /** Offering side after a failed connection: wait for a newer file (a person is there) or end. */
  keepWaiting: boolean;
  /** Offering side: an offer of another program is refused (FILE_WRONG_TYPE); else it is answered. */
  refusesForeignOffers?: boolean;
  onNotice: (notice: Notice) => void;
  /** Our document, sealed if it has to be, each time that it is written. */
  onDocument?: (document: string) => void;
}

/** One side of a line, from its first file to its end. */
export interface Line {
  /** Every event, `closed` last. To be read once. */
  readonly events: AsyncIterable<P2pEvent>;
  /** The session once connected; rejects with P2pError when it never comes to that. */
  readonly session: Promise<Session>;
  /**
   * Takes the other side's document as a text that a person has pasted: it is kept as `LocaltionJson_p.json`, or under the
   * first free name like that, and judged as a file that appears. Only where a folder is watched and while a document is
   * waited for.
   * @returns the path under which it is kept
   * @throws P2pError WRITE_FAILED
   */
  takeDocument(text: string): Promise<string>;
  /**
   * Ends pairing or session. Resolves when everything is closed; the `closed` event has been emitted then.
   * @param exit - exit code that the `closed` event tells; 0 for `quit` and 130 for `interrupted` unless given
   */
  close(reason: "quit" | "interrupted", exit?: number): Promise<void>;
}
