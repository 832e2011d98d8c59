// The terminal of a conversation: raw mode, keys, finished lines above, live rows, and the line being typed at
// the bottom. Everything is painted in one write to avoid tearing; every way out restores the terminal.
import * as readline from "node:readline";
import type { Completion } from "./complete.ts";
import type { Foreground } from "./foreground.ts";
import { LineEditor } from "./line-editor.ts";
import { LiveRows, NEW_LINE, printed } from "./live-rows.ts";
import { RawMode } from "./raw-mode.ts";
import { type Part, renderParts } from "./style.ts";

export interface TerminalHandlers {
  /** Called on Enter. `isPasted`: the whole line came from a paste, so nobody has typed a command. */
  onLine: (text: string, isPasted: boolean) => void;
  /** Called when the first character of a line has been typed. */
  onLineBegun: () => void;
  /** Called on Ctrl-C with nothing typed. */
  onInterrupt: () => void;
  /** Called for a key while there is no prompt. */
  onUnprompted?: ((text: string | undefined, key: readline.Key) => void) | undefined;
  /** Called when the terminal is gone. May be called twice. */
  onGone: () => void;
  /** Called when the person has cleared the screen: what is asked has to be shown again. */
  onCleared: () => void;
  /** Called on Ctrl-D with nothing typed. */
  onEnd: () => void;
  complete: (textBeforeCursor: string) => Promise<Completion>;
}

const CLEAR_SCREEN = "\u001b[H\u001b[2J";
const DEFAULT_COLUMNS = 80;
/** Sequences that the editor and the live rows write: CSI, ECMA-48 §5.4. */
const SEQUENCES = /\u001b\[[0-9;?]*[A-Za-z]/g;
// C0, DEL and C1: keys that readline has no name for, and characters that a paste must not bring to the screen.
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

export interface ChatTerminalOptions {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
  readonly prompt: string;
  readonly handlers: TerminalHandlers;
  /**
   * The terminal understands no escape sequences, so nothing that stands on it is changed: the prompt is written again
   * below what is printed, and there are no live rows.
   */
  readonly isDumb: boolean;
  readonly foreground: Foreground;
  /** Drops what was typed and not read. */
  readonly discardTyped: () => void;
}

export class ChatTerminal {
  readonly #input: NodeJS.ReadStream;
  readonly #output: NodeJS.WriteStream;
  readonly #prompt: string;
  readonly #handlers: TerminalHandlers;
  readonly #isDumb: boolean;
  readonly #foreground: Foreground;
  readonly #discardTyped: () => void;
  readonly #mode: RawMode;
  readonly #live = new LiveRows();
  #liveLines: readonly Part[][] = [];
  #editor: LineEditor | undefined;
  #isOpen = false;
  /** Another job has the terminal: lines are written and nothing is painted or read. */
  #isAway = false;
  #unwatch: () => void = () => {};
  /** Bytes of a repaint in progress. */
  #batch: string | undefined;
  #paste: { isWholeLine: boolean } | undefined;
  #lastKey: string | undefined;

  constructor(options: ChatTerminalOptions) {
    const { input, output, isDumb } = options;
    this.#input = input;
    this.#output = output;
    this.#prompt = options.prompt;
    this.#handlers = options.handlers;
    this.#isDumb = isDumb;
    this.#foreground = options.foreground;
    this.#discardTyped = options.discardTyped;
    this.#mode = new RawMode({ input, output, marksPastes: !isDumb });
  }

  get columns(): number {
    const { columns } = this.#output;
    // A pty whose size was never set reports 0.
    return columns > 0 ? columns : DEFAULT_COLUMNS;
  }

  /** Whether the live rows are on the screen: not on a dumb terminal, nor while another job has it. */
  get hasLiveRows(): boolean {
    return this.#isOpen && !this.#isAway && !this.#isDumb;
  }

  /** Text typed but not yet entered. */
  get typed(): string {
    return this.#editor?.text ?? "";
  }

  /** Takes over the terminal. Until `showPrompt`, keys other than those that end and interrupt go to `onUnprompted`. */
  open(): void {
    this.#isOpen = true;
    readline.emitKeypressEvents(this.#input);
    this.#input.on("keypress", this.#onKeypress);
    this.#input.on("end", this.#handlers.onGone);
    this.#input.on("error", this.#handlers.onGone);
    this.#output.on("error", this.#onOutputError);
    this.#output.on("resize", this.#onResize);
    process.once("exit", this.#onExit);
    this.#unwatch = this.#foreground.watch(this.#follow);
    this.#isAway = !this.#foreground.isOurs();
    // Listening for keys has begun to read.
    if (this.#isAway) this.#mode.abandon();
    else this.#mode.on();
  }

  /** Shows the prompt; from now on a line can be typed. */
  showPrompt(): void {
    this.#repaint([], () => {
      this.#editor = new LineEditor({
        prompt: this.#prompt,
        columns: this.columns,
        onBytes: (bytes) => {
          this.#write(bytes);
        },
      });
    });
  }

  /** Prints finished lines above the live rows. After `close` they are simply written. */
  print(lines: readonly Part[][]): void {
    if (lines.length === 0) return;
    if (this.#isOpen) this.#repaint(lines);
    else this.#write(printed(lines, this.columns));
  }

  /** Replaces the live rows; each line must fit in one row. */
  setLive(lines: readonly Part[][]): void {
    if (!this.#isOpen || this.#isDumb || sameLines(lines, this.#liveLines)) return;
    this.#repaint([], () => {
      this.#liveLines = lines;
    });
  }

  /** Removes prompt and live rows and releases the terminal. Idempotent. */
  close(): void {
    if (!this.#isOpen) return;
    this.#unwatch();
    if (!this.#isAway && this.#foreground.isOurs()) {
      this.#write(this.#erased());
      this.#discardTyped();
      this.#mode.off();
    }
    this.#isOpen = false;
    this.#editor?.close();
    this.#editor = undefined;
    process.off("exit", this.#onExit);
    this.#input.off("keypress", this.#onKeypress);
    this.#input.off("end", this.#handlers.onGone);
    this.#input.off("error", this.#handlers.onGone);
    this.#output.off("resize", this.#onResize);
    this.#input.pause();
  }

  // Handles an exit without `close`; writing to a terminal is synchronous, so this still works there.
  readonly #onExit = (): void => {
    this.close();
  };

  // Writing to a terminal that is gone fails; the input reports that too, and that ends the conversation.
  readonly #onOutputError = (): void => {};

  // A terminal that became narrower has wrapped its contents; LiveRows and the editor account for that.
  readonly #onResize = (): void => {
    if (this.#editor !== undefined) this.#editor.columns = this.columns;
    this.#repaint([]);
  };

  readonly #onKeypress = (text: string | undefined, key: readline.Key): void => {
    const wasEmpty = this.typed === "";
    this.#handleKey(text, key);
    if (wasEmpty && this.typed !== "") this.#handlers.onLineBegun();
  };

  #handleKey(text: string | undefined, key: readline.Key): void {
    const lastKey = this.#lastKey;
    this.#lastKey = key.name;
    if (key.ctrl === true && key.name === "c") {
      this.#interrupt();
    } else if (key.ctrl === true && key.name === "z") {
      this.#suspend();
    } else if (key.ctrl === true && key.name === "d" && this.typed === "") {
      this.#handlers.onEnd();
    } else if (this.#editor === undefined) {
      this.#handlers.onUnprompted?.(text, key);
    } else if (key.name === "paste-start") {
      this.#paste = { isWholeLine: this.typed === "" };
    } else if (key.name === "paste-end") {
      this.#paste = undefined;
    } else if (key.name === "enter" && lastKey === "return") {
      // This is the second half of CR LF.
      this.#lastKey = undefined;
    } else if (key.name === "return" || key.name === "enter") {
      this.#enter(this.#editor);
    } else if (this.#paste !== undefined) {
      if (key.name === "tab" || (text !== undefined && !CONTROL.test(text))) this.#editor.insert(text ?? "");
    } else if (key.name === "tab") {
      // Without a completion the line is unchanged.
      this.#complete(this.#editor).catch(() => {});
    } else if (key.ctrl === true && key.name === "l") {
      this.#clearScreen();
    } else if (key.name !== undefined || (text !== undefined && !CONTROL.test(text))) {
      this.#editor.press(text, key);
    }
  }

  #interrupt(): void {
    this.#paste = undefined;
    if (this.typed === "") {
      this.#handlers.onInterrupt();
      return;
    }
    this.#repaint([], () => {
      this.#editor?.clear();
    });
  }

  #enter(editor: LineEditor): void {
    const isPasted = this.#paste?.isWholeLine === true;
    if (this.#paste !== undefined) this.#paste = { isWholeLine: true };
    let text = "";
    this.#repaint([], () => {
      text = editor.take();
    });
    this.#handlers.onLine(text, isPasted);
  }

  async #complete(editor: LineEditor): Promise<void> {
    const before = editor.textBeforeCursor;
    const { insert, choices } = await this.#handlers.complete(before);
    // The person has continued typing, so the completion is obsolete.
    if (editor !== this.#editor || editor.textBeforeCursor !== before) return;
    if (insert !== "") {
      editor.insert(insert);
      if (before === "" && this.typed !== "") this.#handlers.onLineBegun();
    } else if (choices.length > 0) {
      this.print([[choices.join("  ")]]);
    }
  }

  #clearScreen(): void {
    this.#batch = CLEAR_SCREEN;
    this.#paint();
    this.#flush();
    this.#handlers.onCleared();
  }

  #suspend(): void {
    if (process.platform === "win32") return;
    this.#write(this.#erased());
    this.#mode.off();
    this.#isAway = true;
    process.kill(process.pid, "SIGTSTP");
  }

  /** Takes the terminal again after a stop, or leaves it to the job that has it. */
  readonly #follow = (): void => {
    if (!this.#isOpen) return;
    this.#isAway = !this.#foreground.isOurs();
    if (this.#isAway) {
      this.#mode.abandon();
      return;
    }
    this.#mode.on();
    this.#batch = "";
    this.#paint();
    this.#flush();
  };

  /** Erases the live rows, prints finished lines, calls `change`, and paints what is live afterwards, in one write. */
  #repaint(lines: readonly Part[][], change: () => void = () => {}): void {
    if (this.#isAway) {
      change();
      this.#write(printed(lines, this.columns));
      return;
    }
    this.#batch = this.#erased() + printed(lines, this.columns);
    change();
    this.#paint();
    this.#flush();
  }

  #erased(): string {
    if (this.#isDumb) return this.#editor === undefined ? "" : NEW_LINE;
    return this.#live.erase(this.columns, this.#editor?.cursorRow ?? 0);
  }

  #paint(): void {
    this.#write(this.#live.paint(this.#liveLines, this.columns));
    this.#editor?.paint();
  }

  #write(bytes: string): void {
    if (this.#batch === undefined) this.#put(bytes);
    else this.#batch += bytes;
  }

  #flush(): void {
    const bytes = this.#batch ?? "";
    this.#batch = undefined;
    this.#put(bytes);
  }

  #put(bytes: string): void {
    const shown = this.#isDumb ? bytes.replace(SEQUENCES, "") : bytes;
    if (shown !== "") this.#output.write(shown);
  }
}

function sameLines(a: readonly Part[][], b: readonly Part[][]): boolean {
  return a.length === b.length && a.every((line, index) => renderParts(line) === renderParts(b[index] ?? []));
}
