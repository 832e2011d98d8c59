// Asks on a terminal for a secret: the question has a line of its own, and typed characters are never
// echoed. It works alongside a conversation that already has the terminal in raw mode, if nothing is typed there.
import * as readline from "node:readline";
import type { ReadStream } from "node:tty";

export interface SecretPromptOptions {
  /** A terminal. */
  readonly input: ReadStream;
  /** Called on Ctrl-C if no other code handles the terminal's keys. */
  readonly onInterrupt: () => void;
}

type Key = readline.Key;

const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

export class SecretPrompt {
  readonly #input: ReadStream;
  readonly #onInterrupt: () => void;
  #typed = "";
  #answer: ((text: string | undefined) => void) | undefined;
  #isRawHere = false;

  constructor({ input, onInterrupt }: SecretPromptOptions) {
    this.#input = input;
    this.#onInterrupt = onInterrupt;
  }

  /**
   * Reads one line; the question is already on the screen.
   * @returns undefined at end of input or after `close`; an empty line is an empty text
   */
  async read(): Promise<string | undefined> {
    if (this.#answer !== undefined) throw new TypeError("one secret at a time");
    const { promise, resolve } = resolvers<string | undefined>();
    this.#answer = resolve;
    this.#typed = "";
    readline.emitKeypressEvents(this.#input);
    this.#input.on("keypress", this.#onKeypress);
    this.#input.on("end", this.#onEnd);
    this.#input.on("error", this.#onEnd);
    this.#isRawHere = !this.#input.isRaw;
    if (this.#isRawHere) {
      this.#input.setRawMode(true);
      this.#input.resume();
    }
    return await promise;
  }

  /** Releases the terminal; a pending `read` resolves with undefined. */
  close(): void {
    this.#finish(undefined);
  }

  readonly #onEnd = (): void => {
    this.#finish(undefined);
  };

  readonly #onKeypress = (text: string | undefined, key: Key): void => {
    const isControl = key.ctrl === true;
    if (isControl && key.name === "c") {
      if (!this.#isRawHere) return;
      this.#finish(undefined);
      this.#onInterrupt();
    } else if (isControl && key.name === "d" && this.#typed === "") {
      this.#finish(undefined);
    } else if (key.name === "return" || key.name === "enter") {
      this.#finish(this.#typed);
    } else if (key.name === "backspace") {
      this.#typed = Array.from(this.#typed).slice(0, -1).join("");
    } else if (isControl && key.name === "u") {
      this.#typed = "";
    } else if (text !== undefined && !isControl && !CONTROL.test(text)) {
      this.#typed += text;
    }
  };

  #finish(text: string | undefined): void {
    const answer = this.#answer;
    if (answer === undefined) return;
    this.#answer = undefined;
    this.#typed = "";
    this.#input.off("keypress", this.#onKeypress);
    this.#input.off("end", this.#onEnd);
    if (this.#isRawHere) {
      // Setting the mode of a terminal that is gone is an error, which `#onEnd` still takes.
      this.#input.setRawMode(false);
      this.#input.pause();
    }
    this.#input.off("error", this.#onEnd);
    answer(text);
  }
}

function resolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((fulfil) => {
    resolve = fulfil;
  });
  return { promise, resolve };
}
