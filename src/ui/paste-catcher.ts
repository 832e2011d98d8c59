// Recognises the peer's document in keys and pastes while we wait for its file: nothing else is typed on purpose, so
// a document is recognised without a command, however the terminal delivers it and however long it is.
import type { Key } from "node:readline";
import { DocumentScanner, errorEvent, toP2pError } from "../command-port.ts";
import type { PersonEvent } from "../index.ts";

type PasteEvent = Extract<PersonEvent, { event: "pasted" | "paste-useless" | "paste-failed" | "paste-how" }>;

/** Longer than any command; earlier text before a document is dropped. */
const MAX_LINE = 20;

export class PasteCatcher {
  readonly #scanner = new DocumentScanner();
  readonly #tell: (event: PasteEvent) => void;
  readonly #take: (document: string) => Promise<string>;
  /** Text typed outside a document. */
  #line = "";
  #isPasting = false;
  #hasFound = false;

  /**
   * @param tell - reports the outcome
   * @param take - stores a whole document; resolves with the path of its file
   */
  constructor(tell: (event: PasteEvent) => void, take: (document: string) => Promise<string>) {
    this.#tell = tell;
    this.#take = take;
  }

  /** Handles a key, as readline reports it; the start and end of a paste are keys too. */
  press(text: string | undefined, key: Key): void {
    if (key.name === "paste-start" || key.name === "paste-end") this.#bracket(key.name === "paste-start");
    else if (text !== undefined) this.#type(text);
  }

  /** Handles the start or end of a paste; a partial document from before is discarded. */
  #bracket(isBegin: boolean): void {
    if (!isBegin && this.#isPasting && !this.#hasFound) this.#tell({ event: "paste-useless" });
    this.#isPasting = isBegin;
    this.#hasFound = false;
    this.#scanner.reset();
    this.#line = "";
  }

  /** @param text - a line may end in CR, as it does in keys and pastes */
  #type(text: string): void {
    const typed = text.replace(/\r\n?/g, "\n");
    for (const document of this.#scanner.push(typed)) {
      this.#hasFound = true;
      this.#line = "";
      void this.#keep(document);
    }
    if (this.#isPasting || this.#scanner.isInside) return;
    if (typed !== "\n") {
      this.#line = (this.#line + typed).slice(-MAX_LINE);
      return;
    }
    // Whatever the command, only one action is possible here.
    if (this.#line.trim().startsWith("/")) this.#tell({ event: "paste-how" });
    this.#line = "";
  }

  async #keep(document: string): Promise<void> {
    try {
      this.#tell({ event: "pasted", path: await this.#take(document) });
    } catch (error) {
      this.#tell({ event: "paste-failed", error: errorEvent(toP2pError(error)) });
    }
  }
}
