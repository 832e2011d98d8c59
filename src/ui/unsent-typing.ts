// Collects what a person types where nothing can be sent, so that each line can be answered with what to do instead. It
// is not echoed, and so it is shown with that answer.
import type { Key } from "node:readline";

/** Longer lines are shown in part. */
const MAX_LINE = 200;
/** Keys without a character (ECMA-48 §5.4, and SS3). */
const SEQUENCE = /\u001b(?:\[[0-9;?]*[A-Za-z~]|O[A-Za-z])/g;
// C0, DEL and C1.
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

export class UnsentTyping {
  readonly #onLine: (text: string) => void;
  #line = "";

  /** @param onLine - called with each line that is not blank */
  constructor(onLine: (text: string) => void) {
    this.#onLine = onLine;
  }

  /** Whether a line is begun and not entered. */
  get isBegun(): boolean {
    return this.#line !== "";
  }

  /** Handles a key, as readline reports it. */
  press(text: string | undefined, key: Key): void {
    if (key.name === "return" || key.name === "enter") this.end();
    else if (key.name === "backspace") this.#line = Array.from(this.#line).slice(0, -1).join("");
    else if (key.ctrl === true && key.name === "u") this.#line = "";
    else if (text !== undefined && !CONTROL.test(text) && this.#line.length < MAX_LINE) this.#line += text;
  }

  /** Handles text as a terminal gives it, without what keys add to it. */
  take(text: string): void {
    for (const char of text.replaceAll(SEQUENCE, "").replaceAll(/\r\n?/g, "\n")) {
      if (char === "\n") this.end();
      else this.press(char, {});
    }
  }

  /** Ends the line, as Enter does. */
  end(): void {
    const line = this.#line;
    this.#line = "";
    if (line.trim() !== "") this.#onLine(line);
  }
}
