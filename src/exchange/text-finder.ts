// Finds a text in a stream of characters without storing the stream (Knuth, Morris, Pratt 1977).

/** Reports the character that completes a text. */
export class TextFinder {
  readonly #text: string;
  /** For each count of matching characters: how many still match when the next one does not. */
  readonly #fallbacks: readonly number[];
  #agreeing = 0;

  /** @param text - must not be empty */
  constructor(text: string) {
    if (text === "") throw new RangeError("Cannot find an empty text");
    this.#text = text;
    this.#fallbacks = fallbacksOf(text);
  }

  /** Forgets the characters so far. */
  reset(): void {
    this.#agreeing = 0;
  }

  /** @returns whether the last characters, `char` included, are the text */
  take(char: string): boolean {
    if (this.#agreeing === this.#text.length) this.#agreeing = this.#fallbacks[this.#agreeing] ?? 0;
    while (this.#agreeing > 0 && this.#text.charAt(this.#agreeing) !== char) {
      this.#agreeing = this.#fallbacks[this.#agreeing] ?? 0;
    }
    if (this.#text.charAt(this.#agreeing) === char) this.#agreeing += 1;
    return this.#agreeing === this.#text.length;
  }
}

function fallbacksOf(text: string): number[] {
  const fallbacks = [0, 0];
  for (let at = 1; at < text.length; at += 1) {
    let agreeing = fallbacks[at] ?? 0;
    while (agreeing > 0 && text.charAt(agreeing) !== text.charAt(at)) agreeing = fallbacks[agreeing] ?? 0;
    fallbacks.push(text.charAt(agreeing) === text.charAt(at) ? agreeing + 1 : 0);
  }
  return fallbacks;
}
