// Reads the keys of a terminal on which no conversation is shown, so that nothing that is typed there is left for the
// shell. The terminal is in raw mode: a line of its line discipline would end after 4,096 bytes, and a paste is longer.
// Ctrl-C and Ctrl-Z act as usual. In the background nothing is read.
import * as readline from "node:readline";
import type { Foreground } from "./foreground.ts";
import { RawMode } from "./raw-mode.ts";

export interface KeyReaderOptions {
  /** The terminal's input. */
  readonly input: NodeJS.ReadStream;
  /** The terminal's output: stderr. */
  readonly output: NodeJS.WriteStream;
  readonly foreground: Foreground;
  /** The terminal understands no escape sequences. */
  readonly isDumb: boolean;
  readonly onInterrupt: () => void;
  readonly onKey: (text: string | undefined, key: readline.Key) => void;
  /** Drops what was typed and not read. */
  readonly discardTyped: () => void;
}

export class KeyReader {
  readonly #options: KeyReaderOptions;
  readonly #mode: RawMode;
  #isOpen = false;
  /** A question reads lines from the terminal. */
  #isPaused = false;
  #unwatch: () => void = () => {};

  constructor(options: KeyReaderOptions) {
    this.#options = options;
    const { input, output, isDumb } = options;
    this.#mode = new RawMode({ input, output, marksPastes: !isDumb });
  }

  open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    const { input, foreground } = this.#options;
    readline.emitKeypressEvents(input);
    input.on("keypress", this.#onKeypress);
    process.once("exit", this.#onExit);
    this.#unwatch = foreground.watch(this.#follow);
    this.#follow();
  }

  /** Leaves the terminal to a question, in its usual mode. */
  pause(): void {
    this.#isPaused = true;
    this.#mode.off();
  }

  /** Reads keys again, after `pause`. */
  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#follow();
  }

  /** Releases the terminal, and drops what was typed and not read. Idempotent. */
  close(): void {
    if (!this.#isOpen) return;
    const { input, foreground, discardTyped } = this.#options;
    this.#unwatch();
    input.off("keypress", this.#onKeypress);
    process.off("exit", this.#onExit);
    if (foreground.isOurs()) {
      // A line that was begun can be read in raw mode only.
      if (!this.#mode.isOn) this.#mode.on();
      discardTyped();
      this.#mode.off();
    }
    this.#isOpen = false;
    input.pause();
  }

  readonly #onExit = (): void => {
    this.close();
  };

  readonly #onKeypress = (text: string | undefined, key: readline.Key): void => {
    if (!this.#mode.isOn) return;
    if (key.ctrl === true && key.name === "c") this.#options.onInterrupt();
    else if (key.ctrl === true && key.name === "z") this.#suspend();
    else this.#options.onKey(text, key);
  };

  readonly #follow = (): void => {
    if (!this.#isOpen) return;
    if (!this.#options.foreground.isOurs()) this.#mode.abandon();
    else if (!this.#isPaused) this.#mode.on();
  };

  #suspend(): void {
    if (process.platform === "win32") return;
    this.#mode.off();
    process.kill(process.pid, "SIGTSTP");
  }
}
