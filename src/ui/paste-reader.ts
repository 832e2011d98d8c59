// Takes the peer's file as a paste on a terminal where no conversation is shown. Meanwhile the terminal is in raw mode,
// because a line of its line discipline ends after 4,096 bytes. Ctrl-C and Ctrl-Z act as usual.
import * as readline from "node:readline";
import type { PasteCatcher } from "./paste-catcher.ts";
import { BRACKETED_PASTE_OFF, BRACKETED_PASTE_ON } from "./terminal.ts";

export interface PasteReaderOptions {
  /** The terminal's input. */
  readonly input: NodeJS.ReadStream;
  /** The terminal's output: stderr. */
  readonly output: NodeJS.WriteStream;
  /** The terminal understands no escape sequences. */
  readonly isDumb: boolean;
  readonly onInterrupt: () => void;
  readonly catcher: PasteCatcher;
}

export class PasteReader {
  readonly #options: PasteReaderOptions;
  #isOpen = false;

  constructor(options: PasteReaderOptions) {
    this.#options = options;
  }

  open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    const { input } = this.#options;
    readline.emitKeypressEvents(input);
    input.on("keypress", this.#onKeypress);
    process.once("exit", this.#onExit);
    this.#seize();
  }

  /** Releases the terminal. Idempotent. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    const { input } = this.#options;
    input.off("keypress", this.#onKeypress);
    process.off("exit", this.#onExit);
    this.#release();
    input.pause();
  }

  readonly #onExit = (): void => {
    this.close();
  };

  readonly #onKeypress = (text: string | undefined, key: readline.Key): void => {
    if (key.ctrl === true && key.name === "c") this.#options.onInterrupt();
    else if (key.ctrl === true && key.name === "z") this.#suspend();
    else this.#options.catcher.press(text, key);
  };

  #suspend(): void {
    if (process.platform === "win32") return;
    this.#release();
    process.once("SIGCONT", () => {
      if (this.#isOpen) this.#seize();
    });
    process.kill(process.pid, "SIGTSTP");
  }

  #seize(): void {
    const { input, output, isDumb } = this.#options;
    input.setRawMode(true);
    input.resume();
    if (!isDumb) output.write(BRACKETED_PASTE_ON);
  }

  #release(): void {
    const { input, output, isDumb } = this.#options;
    if (!isDumb) output.write(BRACKETED_PASTE_OFF);
    input.setRawMode(false);
  }
}
