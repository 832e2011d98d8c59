// The texts that somebody has handed to a carrier and that its line has not examined yet, oldest first.
import type { CarriedText } from "../carrier.ts";

export class WaitingTexts<Text extends CarriedText> {
  readonly #limit: number;
  readonly #texts: Text[] = [];
  #isOver = false;
  #wake: () => void = () => {};

  /** @param limit - how many texts wait; beyond it the oldest is dropped */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** @returns the oldest text, when it was dropped for this one */
  push(text: Text): Text | undefined {
    this.#texts.push(text);
    const dropped = this.#texts.length > this.#limit ? this.#texts.shift() : undefined;
    this.#wake();
    return dropped;
  }

  /** Yields each text as it comes, until `end` is called or `signal` aborts. */
  async *read(signal: AbortSignal): AsyncGenerator<Text, void, void> {
    const handleAbort = (): void => this.#wake();
    signal.addEventListener("abort", handleAbort);
    try {
      while (!this.#isOver && !signal.aborted) {
        const text = this.#texts.shift();
        if (text !== undefined) {
          yield text;
          continue;
        }
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      signal.removeEventListener("abort", handleAbort);
    }
  }

  /** Drops what waits, and ends the reading. */
  end(): void {
    this.#isOver = true;
    this.#texts.length = 0;
    this.#wake();
  }
}
