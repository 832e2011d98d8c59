// Asks on a terminal for consent to incoming files when no conversation is shown: one question at a time, one line as
// the answer. Only an answer typed after the question counts, and anything but yes means no.
import { createInterface, type Interface } from "node:readline";
import type { Readable } from "node:stream";
import { setImmediate as turnOfLoop } from "node:timers/promises";

/** Shows the question about a transfer. */
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

  /** True while a question is on the screen. */
  get isAsking(): boolean {
    return this.#isShown;
  }

  /**
   * Asks once the earlier questions are answered.
   * @returns the answer; false when the terminal is closed first
   */
  async ask(ask: Ask): Promise<boolean> {
    if (this.#isClosed) return false;
    this.#open();
    return await new Promise<boolean>((resolve) => {
      this.#waiting.push({ ask, answer: resolve });
      if (this.#waiting.length === 1) this.#advance();
    });
  }

  /** Releases the terminal; open questions are answered with no. */
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
    // `terminal` is off: the system's line discipline edits the line, and Ctrl-C remains a signal.
    this.#lines = createInterface({ input: this.#input, terminal: false });
    this.#lines.on("line", (line) => {
      if (!this.#isShown) return;
      this.#isShown = false;
      this.#waiting.shift()?.answer(YES.test(line));
      this.#advance();
    });
    // Reading from a closed terminal fails; readline emits the input's error again as its own.
    this.#lines.on("error", () => this.close());
    this.#input.on("error", () => this.close());
    this.#lines.on("close", () => {
      if (!this.#isClosed) this.close();
    });
  }

  /** Shows the next question; one that cannot be asked is answered with no. */
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
    // Input typed earlier is read, and dropped, in the loop turn after reading starts.
    await turnOfLoop();
    await turnOfLoop();
    await next.ask();
    this.#isShown = this.#waiting[0] === next;
  }
}
