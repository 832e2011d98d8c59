// Recognises the peer's document in keys and pastes while we wait for its file: nothing else is typed on purpose, so
// a document is recognised without a command, however the terminal delivers it and however long it is. A terminal that
// marks pastes gives the whole text, which is judged as it is; one that does not gives keys, among which a document is
// found by its braces.
import type { Key } from "node:readline";
import { DocumentScanner, errorEvent, toP2pError } from "../command-port.ts";
import type { P2pError, PersonEvent } from "../index.ts";

type PasteEvent = Extract<PersonEvent, { event: "pasted" | "paste-useless" | "paste-failed" | "paste-how" }>;

/** Longer than any command; earlier text before a document is dropped. */
const MAX_LINE = 20;
/** Code units of one paste: as many as a document may have bytes, and a few more, so that a longer one is refused. */
const MAX_PASTE = 262_208;
/** Words of a document, changed or not: other braces behind one belong to a signature. */
const LIKELY = /sdp|candidate|AGE ENCRYPTED/i;
/** Flaws of a text that nobody has meant as an exchange file. */
const OTHER_TEXT = ["empty", "not-json", "not-exchange"];

export class PasteCatcher {
  readonly #scanner = new DocumentScanner();
  readonly #tell: (event: PasteEvent) => void;
  readonly #take: (text: string) => Promise<string>;
  /** Text typed outside a document. */
  #line = "";
  /** The paste that is under way. */
  #paste: string[] | undefined;
  #pasteLength = 0;
  /** A paste that ends before its document does: the rest may be pasted next. */
  #firstPart = "";
  /** A document was found among keys. */
  #hasFound = false;

  /**
   * @param tell - reports the outcome
   * @param take - stores the document of a text; resolves with the path of its file, rejects where there is none
   */
  constructor(tell: (event: PasteEvent) => void, take: (text: string) => Promise<string>) {
    this.#tell = tell;
    this.#take = take;
  }

  /** Handles a key, as readline reports it; the start and end of a paste are keys too. */
  press(text: string | undefined, key: Key): void {
    if (key.name === "paste-start") this.#beginPaste();
    else if (key.name === "paste-end") this.#endPaste();
    else if (text === undefined) return;
    else if (this.#paste === undefined) this.#type(text);
    else if (this.#pasteLength <= MAX_PASTE) {
      this.#paste.push(text);
      this.#pasteLength += text.length;
    }
  }

  #beginPaste(): void {
    this.#paste = [];
    this.#pasteLength = 0;
    this.#scanner.reset();
    this.#line = "";
  }

  #endPaste(): void {
    const text = withLineFeeds(this.#paste?.join("") ?? "");
    this.#paste = undefined;
    void this.#takeWhole(text);
  }

  /** @param text - a line may end in CR, as it does in keys */
  #type(text: string): void {
    const typed = withLineFeeds(text);
    for (const document of this.#scanner.push(typed)) {
      this.#line = "";
      void this.#takeFound(document);
    }
    if (this.#scanner.isInside) return;
    if (typed !== "\n") {
      this.#line = (this.#line + typed).slice(-MAX_LINE);
      return;
    }
    // Whatever the command, only one action is possible here.
    if (this.#line.trim().startsWith("/")) this.#tell({ event: "paste-how" });
    this.#line = "";
  }

  /** Takes a paste, or one that ended too early together with it. */
  async #takeWhole(text: string): Promise<void> {
    const before = this.#firstPart;
    this.#firstPart = "";
    const error = await this.#keep(text);
    if (error === undefined) return;
    if (before !== "" && (await this.#keep(`${before}\n${text}`)) === undefined) return;
    if (isCutOff(error)) this.#firstPart = text;
    this.#tellUseless(error);
  }

  /** Takes what looks like a document among keys. Braces behind one, as in a signature, are not told. */
  async #takeFound(text: string): Promise<void> {
    const isLikely = LIKELY.test(text);
    if (this.#hasFound && !isLikely) return;
    this.#hasFound ||= isLikely;
    const error = await this.#keep(text);
    if (error !== undefined) this.#tellUseless(error);
  }

  #tellUseless(error: P2pError): void {
    this.#tell(isOtherText(error) ? { event: "paste-useless" } : { event: "paste-failed", error: errorEvent(error) });
  }

  /** @returns why the text is not kept; undefined when it is, which is told */
  async #keep(text: string): Promise<P2pError | undefined> {
    try {
      this.#tell({ event: "pasted", path: await this.#take(text) });
      return undefined;
    } catch (error) {
      return toP2pError(error);
    }
  }
}

function withLineFeeds(text: string): string {
  return text.replaceAll(/\r\n?/g, "\n");
}

function isOtherText(error: P2pError): boolean {
  return isMalformed(error) && OTHER_TEXT.includes(error.params.flaw.flaw);
}

function isCutOff(error: P2pError): boolean {
  return isMalformed(error) && error.params.flaw.flaw === "cut-off";
}

function isMalformed(error: P2pError): error is P2pError<"FILE_MALFORMED"> {
  return error.code === "FILE_MALFORMED";
}
