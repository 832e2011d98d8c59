// Finds exchange documents in text that comes in pieces and does not end: a paste, a pipe that stays open. One is whole
// when its braces are closed, or its age armor; what stands around it (a code fence, a prompt) is passed over.
import { MAX_DOCUMENT_BYTES } from "./limits.ts";

const ARMOR_BEGIN = "-----BEGIN AGE ENCRYPTED FILE-----";
const ARMOR_END = "-----END AGE ENCRYPTED FILE-----";

/** Finds exchange documents in text that comes in pieces. */
export class DocumentScanner {
  #state: "outside" | "json" | "armor" = "outside";
  /** Of the document, or the last characters outside of one. */
  #text = "";
  #depth = 0;
  #isInString = false;
  #isEscaped = false;

  /** A document has begun and is not whole. */
  get isInside(): boolean {
    return this.#state !== "outside";
  }

  /** Forgets what has begun. */
  reset(): void {
    this.#state = "outside";
    this.#text = "";
    this.#depth = 0;
    this.#isInString = false;
    this.#isEscaped = false;
  }

  /** @returns the documents that are whole now, in order */
  push(text: string): string[] {
    const whole: string[] = [];
    for (const char of text) {
      this.#text += char;
      if (this.#take(char)) {
        whole.push(this.#text);
        this.reset();
      } else if (this.#text.length > MAX_DOCUMENT_BYTES) {
        this.reset();
      }
    }
    return whole;
  }

  /** @returns whether the document is whole with it */
  #take(char: string): boolean {
    switch (this.#state) {
      case "outside":
        if (char === "{") this.#begin("json", char);
        else if (this.#text.endsWith(ARMOR_BEGIN)) this.#begin("armor", ARMOR_BEGIN);
        else this.#text = this.#text.slice(-ARMOR_BEGIN.length);
        return false;
      case "armor":
        return this.#text.endsWith(ARMOR_END);
      case "json":
        return this.#takeJson(char);
    }
  }

  #begin(state: "json" | "armor", text: string): void {
    this.reset();
    this.#state = state;
    this.#text = text;
    this.#depth = 1;
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
