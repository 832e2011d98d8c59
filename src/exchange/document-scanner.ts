// Finds exchange documents in text that arrives in pieces and does not end: a paste, an open pipe. One is whole
// when its braces are closed, or its age armor; text around it (a code fence, a prompt) is skipped. Each
// character is examined once, however small the pieces are.
import { MAX_DOCUMENT_BYTES } from "./limits.ts";
import { TextFinder } from "./text-finder.ts";

const ARMOR_BEGIN = "-----BEGIN AGE ENCRYPTED FILE-----";
const ARMOR_END = "-----END AGE ENCRYPTED FILE-----";

/** Finds exchange documents in text that arrives in pieces. */
export class DocumentScanner {
  readonly #armorBegin = new TextFinder(ARMOR_BEGIN);
  readonly #armorEnd = new TextFinder(ARMOR_END);
  #state: "outside" | "json" | "armor" = "outside";
  /** The part of the document in the previous pieces; at most MAX_DOCUMENT_BYTES code units. */
  #text = "";
  #depth = 0;
  #isInString = false;
  #isEscaped = false;

  /** Whether a document has started and is not whole. */
  get isInside(): boolean {
    return this.#state !== "outside";
  }

  /** Forgets the started document. */
  reset(): void {
    this.#state = "outside";
    this.#text = "";
    this.#depth = 0;
    this.#isInString = false;
    this.#isEscaped = false;
    this.#armorBegin.reset();
    this.#armorEnd.reset();
  }

  /** @returns the documents that are whole now, in order */
  push(text: string): string[] {
    const whole: string[] = [];
    /** Start in `text` of the document that is not whole. */
    let begin = 0;
    for (let at = 0; at < text.length; at += 1) {
      const char = text.charAt(at);
      if (this.#state === "outside") {
        if (this.#begins(char)) begin = this.#text === "" ? at : at + 1;
      } else if (this.#ends(char)) {
        whole.push(this.#text + text.slice(begin, at + 1));
        this.reset();
      } else if (this.#text.length + at + 1 - begin > MAX_DOCUMENT_BYTES) {
        this.reset();
      }
    }
    if (this.isInside) this.#text += text.slice(begin);
    return whole;
  }

  /** @returns whether a document begins with `char`; `#text` is then the part of it before `char`, or up to `char` */
  #begins(char: string): boolean {
    const isArmor = this.#armorBegin.take(char);
    if (!isArmor && char !== "{") return false;
    this.reset();
    this.#state = isArmor ? "armor" : "json";
    this.#text = isArmor ? ARMOR_BEGIN : "";
    this.#depth = 1;
    return true;
  }

  /** @returns whether `char` completes the document */
  #ends(char: string): boolean {
    return this.#state === "armor" ? this.#armorEnd.take(char) : this.#takeJson(char);
  }

  #takeJson(char: string): boolean {
    if (this.#isInString) {
      if (this.#isEscaped) this.#isEscaped = false;
      else if (char === "\\") this.#isEscaped = true;
      else if (char === '"') this.#isInString = false;
      return false;
    }
    if (char === '"') this.#isInString = true;
    else if (char === "{" || char === "[") this.#depth += 1;
    else if (char === "}" || char === "]") this.#depth -= 1;
    return this.#depth === 0;
  }
}
