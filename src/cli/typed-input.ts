// Handles what is typed or pasted while a run shows no conversation. Until it is connected, the other side's document
// may be pasted; afterwards nobody reads what is typed, and the person is told so. A conversation reads its keys itself
// and asks here only for the catcher of pastes.
import type { Key } from "node:readline";
import type { Line } from "../command-port.ts";
import type { P2pEvent } from "../index.ts";
import { KeyReader } from "../ui/key-reader.ts";
import { readLastTyping } from "../ui/last-typing.ts";
import { aboutTyped, PasteCatcher } from "../ui/paste-catcher.ts";
import { UnsentTyping } from "../ui/unsent-typing.ts";
import { type EndingSignal, SIGNAL_EXITS } from "./exit-codes.ts";
import { type Io, isDumbTerminal } from "./io.ts";
import type { PairSettings } from "./options.ts";

type ClosedReason = Extract<P2pEvent, { event: "closed" }>["reason"];

export interface TypedInputOptions {
  readonly settings: Pick<PairSettings, "stdin" | "takesPaste" | "role" | "paths">;
  readonly io: Io;
  /** Ends the run before the two sides are connected: the person has asked for it. */
  readonly quit: () => void;
  /** Tells the person about what was typed or pasted. */
  readonly tell: (event: P2pEvent) => void;
  /** Tells the person of a line that was typed after the last event. */
  readonly tellTooLate: (text: string) => void;
}

export class TypedInput {
  readonly #options: TypedInputOptions;
  /** Undefined where the terminal's keys are not read. */
  #keys: KeyReader | undefined;
  /** Undefined where the other side's file cannot be pasted. */
  #catcher: PasteCatcher | undefined;
  /** A question reads the keys, which may be a secret. */
  #isHeld = false;
  #isConnected = false;
  #isClosed = false;
  #hasSurprised = false;
  /** What the line does until it is connected. */
  #doing: NonNullable<Extract<P2pEvent, { event: "typed-early" }>["doing"]> = { what: "preparing" };
  /** No person carries the documents. */
  #hasCarrier = false;
  readonly #unsent = new UnsentTyping((text) => this.#tellUnsent(text));
  /** Text that was taken from the terminal when the reader of its keys was closed. */
  #taken = "";
  /** The last key that was read belongs to a line that was not entered. */
  #isWithinLine = false;

  constructor(options: TypedInputOptions) {
    this.#options = options;
  }

  /** @returns undefined when the peer's file cannot be pasted */
  catchPastes(line: Pick<Line, "takeDocument">): PasteCatcher | undefined {
    if (!this.#options.settings.takesPaste) return undefined;
    this.#catcher = new PasteCatcher({
      tell: (event) => {
        if (event.event === "typed-early") this.#answerEarly(event.text);
        else this.#options.tell(event);
      },
      take: (document) => line.takeDocument(document),
      after: (ms, call) => {
        const timer = setTimeout(call, ms);
        return () => clearTimeout(timer);
      },
    });
    return this.#catcher;
  }

  /** Prepares to read the keys of a run without a conversation; `open` begins. Does nothing without a terminal. */
  prepareKeys(line: Pick<Line, "takeDocument">): void {
    const { io, settings } = this.#options;
    if (settings.stdin !== "terminal") return;
    this.catchPastes(line);
    this.#keys = new KeyReader({
      input: io.stdin,
      output: io.stderr,
      foreground: io.foreground,
      isDumb: isDumbTerminal(io),
      discardTyped: () => this.takeTyped(),
      onInterrupt: () => io.interrupt(),
      onKey: (text, key) => {
        const isEnd = key.ctrl === true && key.name === "d";
        if (isEnd && !this.#isWithinLine && !this.#isConnected) this.#options.quit();
        if (isEnd) return;
        this.#isWithinLine = key.name !== "return" && key.name !== "enter";
        if (this.#isConnected) this.#unsent.press(text, key);
        else this.press(text, key);
      },
    });
  }

  #tellUnsent(text: string): void {
    const { settings, tell, tellTooLate } = this.#options;
    const side = settings.paths.length > 0 ? "sends" : settings.role === "offer" ? "offers" : "receives";
    if (this.#isClosed) tellTooLate(text);
    else if (this.#isConnected) tell({ event: "typed-unsent", text, side });
    else this.#answerEarly(text);
  }

  /** Obeys or answers a line that was typed before the two sides are connected. */
  #answerEarly(text: string): void {
    const { settings, tell, quit } = this.#options;
    if (text.trim() === "/quit") {
      quit();
      return;
    }
    const about = aboutTyped(text);
    const isNever = about === "send" && settings.stdin !== "conversation";
    const carried = this.#hasCarrier ? { isCarried: true as const } : {};
    tell({ event: "typed-early", text, about: isNever ? "send-never" : about, doing: this.#doing, ...carried });
  }

  /** Must be called for every event: what the line does is told on request. */
  note(event: P2pEvent): void {
    if (event.event === "carrier") this.#hasCarrier = true;
    if (event.event === "connecting") this.#doing = { what: "connecting" };
    if (event.event !== "waiting") return;
    const what = event.for === "file" ? "waiting-for-file" : "waiting-for-connection";
    this.#doing = event.path === undefined ? { what } : { what, path: event.path };
  }

  /** Takes what was typed and not read; it is told when the run ends. */
  takeTyped(): void {
    this.#taken += this.#options.io.takeTyped();
  }

  /** The last event has come: what is typed from here on is told at once. */
  handleClosed(reason: ClosedReason): void {
    this.#isClosed = true;
    const isOwn = reason === "quit" || reason === "interrupted";
    this.#hasSurprised = this.#isConnected && !isOwn && this.#options.settings.stdin === "conversation";
  }

  /**
   * Goes on reading the terminal until the process ends, where this run has read it.
   * @param isWithinLine - a line was being typed in the conversation
   * @returns resolves when nobody types
   */
  async readLast(isWithinLine: boolean): Promise<void> {
    const { io, settings } = this.#options;
    const isRead = settings.stdin === "conversation" || settings.stdin === "terminal";
    if (!isRead || io.stdin.isTTY !== true) return;
    this.#isClosed = true;
    for (const signal of Object.keys(SIGNAL_EXITS) as EndingSignal[]) {
      io.onSignal(signal, () => io.exitNow(SIGNAL_EXITS[signal]));
    }
    await readLastTyping(
      {
        input: io.stdin,
        output: io.stderr,
        foreground: io.foreground,
        takeTyped: () => io.takeTyped(),
        typing: this.#unsent,
        onInterrupt: () => io.interrupt(),
      },
      {
        taken: this.#taken,
        isWithinLine: isWithinLine || this.#isWithinLine,
        hasSurprised: this.#hasSurprised,
      },
    );
  }

  /** Nothing can be pasted any more. */
  handleConnected(): void {
    this.#isConnected = true;
    this.#catcher?.close();
  }

  open(): void {
    this.#keys?.open();
  }

  /** Handles a key that is typed or pasted before the two sides are connected. */
  press(text: string | undefined, key: Key): void {
    if (this.#isHeld) return;
    if (this.#catcher === undefined) this.#unsent.press(text, key);
    else this.#catcher.press(text, key);
  }

  /** A question reads the keys meanwhile. */
  hold(): void {
    this.#isHeld = true;
    this.#keys?.pause();
  }

  resume(): void {
    this.#isHeld = false;
    this.#keys?.resume();
  }

  /** Leaves the keys to others; pastes of a conversation are still caught. */
  closeKeys(): void {
    this.#keys?.close();
  }

  close(): void {
    this.#keys?.close();
    this.#catcher?.close();
  }
}
