// What is typed or pasted while the other side's file is waited for: nothing is typed there on purpose, so a document is
// recognised by itself, however the terminal hands it over and however long it is.
import type { Key } from "node:readline";
import { DocumentScanner, type Notice, toP2pError } from "../command-port.ts";

type PasteNotice = Extract<Notice, { notice: "pasted" | "paste-useless" | "paste-failed" | "paste-how" }>;

/** More than any command; what comes before a document is not kept. */
const MAX_LINE = 20;

export class PasteCatcher {
  readonly #scanner = new DocumentScanner();
  readonly #tell: (notice: PasteNotice) => void;
  readonly #take: (document: string) => Promise<string>;
  /** What is typed outside of a document. */
  #line = "";
  #isPasting = false;
  #hasFound = false;

  /**
   * @param tell - what came of it
   * @param take - keeps a whole document; resolves with the path of its file
   */
  constructor(tell: (notice: PasteNotice) => void, take: (document: string) => Promise<string>) {
    this.#tell = tell;
    this.#take = take;
  }

  /** A key, as readline tells it; the ends of a paste are keys too. */
  press(text: string | undefined, key: Key): void {
    if (key.name === "paste-start" || key.name === "paste-end") this.#bracket(key.name === "paste-start");
    else if (text !== undefined) this.#type(text);
  }

  /** A half document of before is none. */
  #bracket(isBegin: boolean): void {
    if (!isBegin && this.#isPasting && !this.#hasFound) this.#tell({ notice: "paste-useless" });
    this.#isPasting = isBegin;
    this.#hasFound = false;
    this.#scanner.reset();
    this.#line = "";
  }

  /** @param text - a line end may be CR, as keys and pastes have it */
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
    // Whatever command it is: there is one thing that can be done here.
    if (this.#line.trim().startsWith("/")) this.#tell({ notice: "paste-how" });
    this.#line = "";
  }

  async #keep(document: string): Promise<void> {
    try {
      this.#tell({ notice: "pasted", path: await this.#take(document) });
    } catch (error) {
      this.#tell({ notice: "paste-failed", error: toP2pError(error) });
    }
  }
}
