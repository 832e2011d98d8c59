// How a transfer is named to people: by what it carries, short enough for the line, and by a small number.
import { escapeForDisplay } from "../command-port.ts";
import type { P2pEvent, SessionStatus } from "../index.ts";
import { truncateMiddle } from "./width.ts";
import type { ConversationWords } from "./words.ts";

/** What is remembered of a transfer for as long as the session lasts. */
export interface TransferFacts {
  /** Counts from 1 in the order in which they were first seen; what a person types. */
  readonly number: number;
  /** Base names, at most 3; foreign text. */
  readonly names: readonly string[];
  /** Regular files. */
  readonly files: number;
  /** Bytes that were there when it began; undefined before. */
  readonly resumedBytes?: number;
}

const NAMES_KEPT = 3;

/** The names, safe to show, cut in the middle to the columns. */
export function transferLabel(names: readonly string[], words: ConversationWords, columns: number): string {
  if (names.length === 0) return words.unnamed;
  return truncateMiddle(words.list({ names: names.map((name) => escapeForDisplay(name)) }), columns);
}

/** Numbers and names of the transfers of one session, learnt from its events and its status. */
export class TransferBook {
  readonly #facts = new Map<string, TransferFacts>();

  /** To be called for every event before it is told. `status` is read only when a transfer begins. */
  note(event: P2pEvent, status: () => SessionStatus): void {
    if (event.event === "accepted") {
      const facts = this.#facts.get(event.transfer);
      if (facts !== undefined) this.#facts.set(event.transfer, { ...facts, resumedBytes: event.resumedFrom });
      return;
    }
    if (event.event !== "incoming" && event.event !== "offered") return;
    const named =
      event.event === "incoming"
        ? [...new Set(event.entries.map((entry) => entry.path.split("/")[0] ?? entry.path))]
        : (status().transfers.find(({ transfer }) => transfer === event.transfer)?.names ?? []);
    const number = this.#facts.get(event.transfer)?.number ?? this.#facts.size + 1;
    this.#facts.set(event.transfer, { number, names: named.slice(0, NAMES_KEPT), files: event.files });
  }

  /** The number by which people name a transfer; 0 for one that was never seen. */
  numberOf(id: string): number {
    return this.get(id)?.number ?? 0;
  }

  get(id: string): TransferFacts | undefined {
    return this.#facts.get(id);
  }
}
