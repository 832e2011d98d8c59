// Errors of single files on the screen: a tree that is removed while it is walked gives one for each of its files. After
// the first of a kind the others are counted, and told in one line when the work that they belong to is over. Programs
// get every event.
import type { ErrorEvent, P2pEvent } from "../index.ts";
import { formatCount } from "./format.ts";
import type { Lines, NarrateContext } from "./narration.ts";

/** Errors of one kind that are shown one by one. */
const SHOWN_OF_A_KIND = 20;
/** Kinds that are told apart; errors of further ones are counted by their code alone. */
const MAX_KINDS = 64;

/** Errors that name one file of several, or one proposal. */
const OF_ONE_FILE: ReadonlySet<string> = new Set<ErrorEvent["code"]>([
  "PATH_UNREADABLE",
  "PATH_NOT_SENT",
  "SOURCE_CHANGED",
  "PEER_CANNOT_SEND",
  "PEER_CANNOT_STORE",
  "HASH_MISMATCH",
  "WRITE_FAILED",
  "FILE_SIZE_LIMITED",
  "LINK_OUTSIDE",
  "TOO_MUCH_PROPOSED",
]);

/** The list of what is left out follows the errors about a plan, and the offer follows both. */
const ENDS_WORK: ReadonlySet<P2pEvent["event"]> = new Set<P2pEvent["event"]>([
  "left-out",
  "offered",
  "declined",
  "transfer-done",
  "closed",
]);

export class ErrorFold {
  readonly #countOf = new Map<string, number>();

  /** Returns the line about folded errors, which `--quiet` does not silence, when this event ends their work. */
  tellFolded(event: P2pEvent, { words, style }: Pick<NarrateContext, "words" | "style">): Lines {
    if (!ENDS_WORK.has(event.event)) return [];
    const folded = [...this.#countOf.values()].reduce((sum, count) => sum + Math.max(0, count - SHOWN_OF_A_KIND), 0);
    this.#countOf.clear();
    return folded === 0 ? [] : [[style.red(words.moreErrors({ count: folded, text: formatCount(folded) }))]];
  }

  /** Counts an event. @returns true when it is not to be shown */
  folds(event: P2pEvent, { verbose }: Pick<NarrateContext, "verbose">): boolean {
    if (event.event !== "error" || verbose || !OF_ONE_FILE.has(event.code)) return false;
    const exact = kindOf(event);
    const kind = this.#countOf.has(exact) || this.#countOf.size < MAX_KINDS ? exact : event.code;
    const count = (this.#countOf.get(kind) ?? 0) + 1;
    this.#countOf.set(kind, count);
    return count > SHOWN_OF_A_KIND;
  }
}

/** The code and the English sentence without the path, which is all between its first quote and its last. */
function kindOf({ code, message }: ErrorEvent): string {
  const [first, last] = [message.indexOf("'"), message.lastIndexOf("'")];
  return first === last ? `${code} ${message}` : `${code} ${message.slice(0, first)}${message.slice(last)}`;
}
