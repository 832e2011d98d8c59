// Asks on a terminal whether files may come, where no conversation is shown: one question at a time, a line as
// the answer. Only an answer typed after the question counts, and everything but yes is no.
import { createInterface, type Interface } from "node:readline";
import type { Readable } from "node:stream";
import { setImmediate as turnOfLoop } from "node:timers/promises";

/** Shows the question about this transfer. */
type Ask = () => void | Promise<void>;

interface Question {
  readonly ask: Ask;
  readonly answer: (isYes: boolean) => void;
}

const YES = /^\s*(?:y|yes|是)\s*$/i;

export class ConsentPrompt {
  readonly #input: Readable;
  #lines: Interface | undefined;
  #waiting: Question[] = [];
  #isShown = false;
  #isClosed = false;

  constructor(input: Readable) {
    this.#input = input;
  }

  /** A question is on the screen. */
  get isAsking(): boolean {
    return this.#isShown;
  }

  /**
   * Asks when the questions before it are answered.
   * @returns the answer; false when the terminal is closed before
   */
  async ask(ask: Ask): Promise<boolean> {
    if (this.#isClosed) return false;
    this.#open();
    return await new Promise<boolean>((resolve) => {
      this.#waiting.push({ ask, answer: resolve });
      if (this.#waiting.length === 1) this.#advance();
    });
  }

  /** Gives the terminal back; open questions are answered with no. */
  close(): void {
    this.#isClosed = true;
    this.#lines?.close();
    this.#lines = undefined;
    this.#input.pause();
    const unanswered = this.#waiting;
    this.#waiting = [];
    this.#isShown = false;
    for (const question of unanswered) question.answer(false);
  }

  #open(): void {
    if (this.#lines !== undefined) return;
    // Not `terminal`: the line discipline of the system edits the line, and Ctrl-C stays a signal.
    this.#lines = createInterface({ input: this.#input, terminal: false });
    this.#lines.on("line", (line) => {
      if (!this.#isShown) return;
      this.#isShown = false;
      this.#waiting.shift()?.answer(YES.test(line));
      this.#advance();
    });
    // A terminal that is gone fails to be read; readline says the input's error again as its own.
    this.#lines.on("error", () => this.close());
    this.#input.on("error", () => this.close());
    this.#lines.on("close", () => {
      if (!this.#isClosed) this.close();
    });
  }

  /** What cannot be asked is answered with no. */
  #advance(): void {
    this.#showNext().catch(() => {
      this.#isShown = false;
      this.#waiting.shift()?.answer(false);
      this.#advance();
    });
  }

  async #showNext(): Promise<void> {
    const [next] = this.#waiting;
    if (next === undefined) return;
    // What was typed before is read, and dropped, in the turn of the loop after reading has begun.
    await turnOfLoop();
    await turnOfLoop();
    await next.ask();
    this.#isShown = this.#waiting[0] === next;
  }
}
