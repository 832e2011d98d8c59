// Asks on a terminal for consent when no conversation is shown: one question at a time, one line as the answer. Only an
// answer typed after the question counts. An unclear one asks again; the end of input means no.
import { createInterface, type Interface } from "node:readline";
import type { Readable } from "node:stream";
import { setImmediate as turnOfLoop } from "node:timers/promises";
import type { Foreground } from "../ui/foreground.ts";

/** Shows the question. */
type Ask = () => void | Promise<void>;

/** Reads a typed line. @returns undefined when it is no clear answer, after saying so */
type Read<Answer> = (line: string) => Answer | undefined;

interface Question {
  readonly ask: Ask;
  /** @returns whether the line is an answer */
  readonly take: (line: string) => boolean;
  readonly giveUp: () => void;
}

export interface ConsentPromptOptions {
  readonly input: Readable;
  readonly foreground: Foreground;
  /** Called before the first question with true, and after the last one with false. */
  readonly onHold: (isHeld: boolean) => void;
  /** Whether the terminal has gone. */
  readonly isTerminalGone: () => boolean;
  /** Called when the terminal goes while a question is open: nobody has left it by a key. */
  readonly onGone: () => void;
}

/** Ctrl-L, by which people ask for a screen anew. */
const FORM_FEED = "\f";
// C0, DEL and C1.
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g;

export class ConsentPrompt {
  readonly #options: ConsentPromptOptions;
  #lines: Interface | undefined;
  #waiting: Question[] = [];
  #isShown = false;
  #isClosed = false;
  #isGone = false;
  #unwatch: () => void = () => {};

  constructor(options: ConsentPromptOptions) {
    this.#options = options;
  }

  /** True when the terminal went while a question was open. */
  get isGone(): boolean {
    return this.#isGone;
  }

  /** True while a question is on the screen. */
  get isAsking(): boolean {
    return this.#isShown;
  }

  /**
   * Asks once the earlier questions are answered.
   * @returns the answer; undefined when the terminal is closed first
   */
  async ask<Answer>(ask: Ask, read: Read<Answer>): Promise<Answer | undefined> {
    if (this.#isClosed) return undefined;
    return await new Promise((resolve) => {
      const take = (line: string): boolean => {
        const answer = read(line);
        if (answer !== undefined) resolve(answer);
        return answer !== undefined;
      };
      this.#waiting.push({ ask, take, giveUp: () => resolve(undefined) });
      if (this.#waiting.length === 1) this.#begin();
    });
  }

  /** Releases the terminal; open questions stay unanswered. */
  close(): void {
    this.#isClosed = true;
    this.#release();
    const unanswered = this.#waiting;
    this.#waiting = [];
    this.#isShown = false;
    for (const question of unanswered) question.giveUp();
  }

  #begin(): void {
    const { input, foreground, onHold } = this.#options;
    onHold(true);
    // `terminal` is off: the system's line discipline edits the line, and Ctrl-C remains a signal.
    const lines = createInterface({ input, terminal: false });
    this.#lines = lines;
    lines.on("line", (line) => this.#handleLine(line));
    // Reading from a closed terminal fails; readline emits the input's error again as its own.
    lines.on("error", () => this.#handleEnd());
    input.on("error", this.#onGone);
    lines.on("close", () => {
      if (this.#lines === lines) this.#handleEnd();
    });
    this.#unwatch = foreground.watch(() => this.#follow(), { keepsAlive: true });
    this.#follow();
    this.#advance();
  }

  readonly #onGone = (): void => {
    this.#handleEnd();
  };

  #handleEnd(): void {
    if (!this.#isClosed && this.#options.isTerminalGone()) {
      this.#isGone = true;
      this.#options.onGone();
    }
    this.close();
  }

  /** Reads only while this process has the terminal. */
  #follow(): void {
    if (this.#options.foreground.isOurs()) this.#lines?.resume();
    else this.#lines?.pause();
  }

  #handleLine(line: string): void {
    const [question] = this.#waiting;
    if (!this.#isShown || question === undefined) return;
    // Keys that edit nothing arrive as characters of the line.
    const typed = line.replaceAll(CONTROL, "");
    if (typed.trim() === "" && line.includes(FORM_FEED)) this.#advance();
    else if (question.take(typed)) this.#next();
  }

  #next(): void {
    this.#isShown = false;
    this.#waiting.shift();
    if (this.#waiting.length > 0) this.#advance();
    else this.#release();
  }

  #release(): void {
    const lines = this.#lines;
    if (lines === undefined) return;
    this.#lines = undefined;
    this.#unwatch();
    lines.close();
    this.#options.input.off("error", this.#onGone);
    this.#options.input.pause();
    this.#options.onHold(false);
  }

  /** Shows the next question; one that cannot be shown stays unanswered. */
  #advance(): void {
    const [next] = this.#waiting;
    if (next === undefined) return;
    this.#show(next).catch(() => {
      if (this.#waiting[0] !== next) return;
      next.giveUp();
      this.#next();
    });
  }

  async #show(question: Question): Promise<void> {
    // Input typed earlier is read, and dropped, in the loop turn after reading starts.
    await turnOfLoop();
    await turnOfLoop();
    // The run may have ended meanwhile.
    if (this.#waiting[0] !== question) return;
    await question.ask();
    this.#isShown = this.#waiting[0] === question;
  }
}
