// The line being typed: node:readline without its keyboard and screen, so that the caller decides which
// keys it gets and when it may paint. Keys, history, full-width characters and wrapping are readline's.
import * as readline from "node:readline";
import { PassThrough, Writable } from "node:stream";

const HISTORY_LINES = 500;

/** Replaces the terminal: bytes go to the caller, or are dropped while muted. */
class EditorOutput extends Writable {
  columns: number;
  isMuted = true;
  readonly #onBytes: (bytes: string) => void;

  constructor(columns: number, onBytes: (bytes: string) => void) {
    super({ decodeStrings: false });
    this.columns = columns;
    this.#onBytes = onBytes;
  }

  override _write(chunk: string, _encoding: BufferEncoding, done: () => void): void {
    if (!this.isMuted) this.#onBytes(chunk);
    done();
  }
}

export class LineEditor {
  readonly #output: EditorOutput;
  readonly #readline: readline.Interface;

  /** Node 24 and later throw where readline is used after its end. */
  #isClosed = false;

  /** @param onBytes - receives the bytes to write to the terminal, at once and in order */
  constructor(options: { prompt: string; columns: number; onBytes: (bytes: string) => void }) {
    this.#output = new EditorOutput(options.columns, options.onBytes);
    this.#readline = readline.createInterface({
      input: new PassThrough(),
      output: this.#output,
      terminal: true,
      prompt: options.prompt,
      historySize: HISTORY_LINES,
      removeHistoryDuplicates: true,
    });
    this.#output.isMuted = false;
  }

  get text(): string {
    return this.#readline.line;
  }

  get textBeforeCursor(): string {
    return this.#readline.line.slice(0, this.#readline.cursor);
  }

  /** Number of rows from the start of the prompt down to the cursor. */
  get cursorRow(): number {
    return this.#readline.getCursorPos().rows;
  }

  set columns(columns: number) {
    this.#output.columns = columns;
  }

  /** Lets readline handle a key and show the change. */
  press(text: string | undefined, key: readline.Key): void {
    if (!this.#isClosed) this.#readline.write(text, key);
  }

  /** Inserts at the cursor. */
  insert(text: string): void {
    if (!this.#isClosed) this.#readline.write(text);
  }

  /** Empties the line without touching the screen, and keeps it in the history. @returns the previous text */
  take(): string {
    const { text } = this;
    this.#muted(() => {
      this.#readline.write(null, { name: "return" });
    });
    return text;
  }

  /** Empties the line without touching the screen. */
  clear(): void {
    this.#muted(() => {
      this.#readline.write(null, { ctrl: true, name: "e" });
      this.#readline.write(null, { ctrl: true, name: "u" });
    });
  }

  /** Writes prompt and line at the screen's cursor, which must be at the start of an empty row. */
  paint(): void {
    if (this.#isClosed) return;
    // readline moves up by the rows it remembers. On an endless row it remembers none.
    const { columns } = this.#output;
    this.#muted(() => {
      this.#output.columns = Infinity;
      this.#readline.prompt(true);
      this.#output.columns = columns;
    });
    this.#readline.prompt(true);
  }

  /** What is done with it from now on shows nothing. */
  close(): void {
    this.#isClosed = true;
    this.#output.isMuted = true;
    this.#readline.close();
  }

  #muted(act: () => void): void {
    if (this.#isClosed) return;
    this.#output.isMuted = true;
    act();
    this.#output.isMuted = false;
  }
}
