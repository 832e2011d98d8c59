// The label by which people know a transfer: its contents, short enough for the line, and a small number.
import { baseNames, escapeForDisplay, keptNames } from "../command-port.ts";
import type { P2pEvent, SessionStatus } from "../index.ts";
import { truncateMiddle } from "./width.ts";
import type { ConversationWords } from "../words/index.ts";

/** Facts kept about a transfer; those of a finished one until a thousand newer ones have followed. */
export interface TransferFacts {
  /** Counts from 1 in the order in which transfers were first seen; people type it. */
  readonly number: number;
  /** Base names, at most 3; foreign text. */
  readonly names: readonly string[];
  /** Number of regular files. */
  readonly files: number;
  /** Bytes that were already present when it began; undefined before. */
  readonly resumedBytes?: number;
  /** Files that the receiving side has already or keeps as they are: counted, not moved. */
  readonly skippedFiles?: number;
  /** Sizes of all other files that are done. */
  readonly movedBytes?: number;
}

/** A peer may propose transfers endlessly: the oldest finished ones are forgotten. */
const MAX_FACTS = 1_000;
/** The excess that is kept before any is forgotten, so that forgetting is rare and costs nothing. */
const FACTS_SLACK = 100;

/** Joins the names, safe to show, cut in the middle to the columns. */
export function transferLabel(names: readonly string[], words: ConversationWords, columns: number): string {
  if (names.length === 0) return words.unnamed;
  return truncateMiddle(words.list({ names: names.map((name) => escapeForDisplay(name)) }), columns);
}

/** Base names of what a transfer is about now; undefined: it is forgotten. */
function namesIn({ transfers }: SessionStatus, id: string): string[] | undefined {
  return transfers.find(({ transfer }) => transfer === id)?.names;
}

/** Numbers and names of the transfers of one session, learned from its events and its status. */
export class TransferBook {
  readonly #facts = new Map<string, TransferFacts>();
  #lastNumber = 0;

  /** Number of transfers remembered. */
  get size(): number {
    return this.#facts.size;
  }

  /** Must be called for every event before it is shown. `status` is read only when a transfer begins, or shrinks. */
  note(event: P2pEvent, status: () => SessionStatus): void {
    if (event.event === "accepted") {
      const facts = this.#facts.get(event.transfer);
      if (facts !== undefined) this.#facts.set(event.transfer, { ...facts, resumedBytes: event.resumedFrom });
      return;
    }
    if (event.event === "file-done") {
      this.#noteDone(event);
      return;
    }
    if (event.event === "declined" && event.paths !== undefined) {
      const facts = this.#facts.get(event.transfer);
      const names = namesIn(status(), event.transfer);
      if (facts !== undefined && names !== undefined) this.#facts.set(event.transfer, { ...facts, names });
      return;
    }
    if (event.event !== "incoming" && event.event !== "offered") return;
    const { transfer } = event;
    const names =
      event.event === "incoming" ? keptNames(baseNames(event.entries)) : (namesIn(status(), transfer) ?? []);
    let number = this.#facts.get(transfer)?.number;
    if (number === undefined) {
      this.#lastNumber += 1;
      number = this.#lastNumber;
    }
    this.#facts.set(transfer, { number, names, files: event.files });
    if (this.#facts.size >= MAX_FACTS + FACTS_SLACK) this.#forgetOldest(status());
  }

  /** The size of a skipped file is that of the file which is there already, not of the one that was to come. */
  #noteDone({ transfer, skipped, bytes }: Extract<P2pEvent, { event: "file-done" }>): void {
    const facts = this.#facts.get(transfer);
    if (facts === undefined) return;
    const { skippedFiles = 0, movedBytes = 0 } = facts;
    const more = skipped === true ? { skippedFiles: skippedFiles + 1 } : { movedBytes: movedBytes + bytes };
    this.#facts.set(transfer, { ...facts, ...more });
  }

  #forgetOldest({ transfers }: SessionStatus): void {
    const isOpen = ({ state }: SessionStatus["transfers"][number]) =>
      state === "awaiting-consent" || state === "running";
    const open = new Set(transfers.filter(isOpen).map(({ transfer }) => transfer));
    for (const id of this.#facts.keys()) {
      if (this.#facts.size <= MAX_FACTS) return;
      if (!open.has(id)) this.#facts.delete(id);
    }
  }

  /** The number by which people name a transfer; 0 for one that was never seen. */
  numberOf(id: string): number {
    return this.get(id)?.number ?? 0;
  }

  get(id: string): TransferFacts | undefined {
    return this.#facts.get(id);
  }
}
