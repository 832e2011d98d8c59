// Recognises the peer's document in keys and pastes while we wait for its file: nothing else is typed on purpose, so
// a document is recognised without a command, however the terminal delivers it and however long it is. A terminal that
// marks pastes gives the whole text at once. One that does not gives keys: they are judged when they pause, and a line
// that a person has typed is answered with what to do.
import type { Key } from "node:readline";
import { DocumentScanner, errorEvent, hasShortCode, mayHoldDocument, toP2pError } from "../command-port.ts";
import { COMMAND_NAMES } from "./command.ts";
import type { P2pError, PersonEvent } from "../index.ts";

type PasteEvent = Extract<
  PersonEvent,
  { event: "pasted" | "paste-useless" | "paste-failed" | "paste-how" | "typed-early" }
>;

/** Dependencies of a catcher; tests pass their own. */
export interface PasteCatcherPorts {
  /** Reports the outcome. */
  readonly tell: (event: PasteEvent) => void;
  /** Stores the document of a text; resolves with the path of its file, rejects with P2pError where there is none. */
  readonly take: (text: string) => Promise<string>;
  /** Calls back once after `ms` milliseconds. @returns a function that cancels the call */
  readonly after: (ms: number, call: () => void) => () => void;
}

/**
 * Keys that pause for so long are over, at the latest after twice the time. A terminal that sends a paste line by line, or
 * over a slow network, pauses for less.
 */
const QUIET_MS = 500;
/** A marked paste ends with a mark. One that has none after so long has lost it. */
const UNENDED_PASTE_MS = 5_000;
/** Code units of one paste: as many as a document may have bytes, and a few more, so that a longer one is refused. */
const MAX_PASTE_UNITS = 262_208;
/** Code units of a line that a person may have typed. No document is so short. */
const MAX_TYPED_UNITS = 64;
/** Lines that a person may have typed without a pause; more of them are a text. */
const MAX_TYPED_LINES = 5;
/** The rest of a document has some of these. */
const DOCUMENT_SIGNS = /[{}"“”]/;
/** The beginning of a short code, which a person may type digit by digit. */
const CODE_BEGIN = /^\s*p2p\s?[:：]/i;
/** The rest of a short code that was typed or pasted in parts. */
const CODE_PART = /^[0-9a-z]{10,}$/i;
/** Only what bears a digest or a seal is taken as soon as its braces are closed: of others more parts may follow. */
const COMPLETE = /digest|AGE ENCRYPTED/;
/** Parts of a document, changed or not: a text that has one may be the rest of a paste that was cut off. */
const PART_SIGNS = /sdp|candidate|fingerprint|expiresAt|AGE ENCRYPTED|\\|[}\]]\s*$|^[\s0-9a-z]*$/i;
/** Flaws of a text that nobody has meant as an exchange file. */
const OTHER_TEXT = ["empty", "not-json", "not-exchange"];
const LEAVING = /^[/:]?(?:q|quit|exit|bye|end|close|logout|退出|结束)!?$/i;
const HELP = /^[/:-]{0,2}(?:h|help|\?|man|usage|info|帮助)$/i;
// C0 but tab and line ends, DEL and C1.
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/;

export class PasteCatcher {
  readonly #ports: PasteCatcherPorts;
  readonly #scanner = new DocumentScanner();
  /** The keys since the last judgement. */
  #keys: string[] = [];
  #keysLength = 0;
  /** The terminal has marked the beginning of a paste. */
  #isMarked = false;
  #hasPressed = false;
  #cancelPause: (() => void) | undefined;
  /** Whether a document among these keys is kept already; then the rest of them is only around it. */
  #isTaken = Promise.resolve(false);
  /** A paste that ended before its document did: the rest may be pasted next. */
  #firstPart = "";
  /** Texts are judged one after another. */
  #judged = Promise.resolve();

  constructor(ports: PasteCatcherPorts) {
    this.#ports = ports;
  }

  /** Handles a key, as readline reports it; the start and end of a paste are keys too. */
  press(text: string | undefined, key: Key): void {
    if (key.name === "paste-start" || key.name === "paste-end") {
      // A line that was begun is given up for the paste.
      if (!this.#isMarked && this.#isBegunLine(this.#keys.join(""))) this.#forget();
      else this.#judge();
      this.#isMarked = key.name === "paste-start";
      return;
    }
    if (!this.#isMarked && this.#edits(key)) return;
    if (text === undefined || (!this.#isMarked && CONTROL.test(text))) return;
    if (this.#keysLength <= MAX_PASTE_UNITS) {
      this.#keys.push(text);
      this.#keysLength += text.length;
    }
    if (!this.#isMarked) this.#scan(text);
    this.#hasPressed = true;
    this.#cancelPause ??= this.#startPause();
  }

  /** Ends waiting for a pause: nothing of what was typed is judged any more. */
  close(): void {
    this.#cancelPause?.();
    this.#cancelPause = undefined;
  }

  /** @returns whether the key changes the line that is being typed */
  #edits(key: Key): boolean {
    if (key.name === "backspace") this.#keysLength -= this.#keys.pop()?.length ?? 0;
    else if (key.ctrl === true && key.name === "u") this.#forget();
    else return false;
    return true;
  }

  #startPause(): () => void {
    const ms = this.#isMarked ? UNENDED_PASTE_MS : QUIET_MS;
    return this.#ports.after(ms, () => {
      this.#cancelPause = undefined;
      if (this.#hasPressed) {
        this.#hasPressed = false;
        this.#cancelPause = this.#startPause();
        return;
      }
      if (this.#isMarked || !this.#isBegunLine(this.#keys.join(""))) this.#judge();
    });
  }

  /** Takes a document as soon as it is whole. */
  #scan(text: string): void {
    for (const document of this.#scanner.push(withLineFeeds(text))) {
      if (!COMPLETE.test(document)) continue;
      const before = this.#isTaken;
      this.#isTaken = this.#judged.then(async () => {
        const isKept = (await this.#keep(document)) === undefined;
        return isKept || (await before);
      });
      this.#judged = this.#isTaken.then(() => {});
    }
  }

  #forget(): void {
    this.#keys = [];
    this.#keysLength = 0;
    this.#isTaken = Promise.resolve(false);
    this.#scanner.reset();
    this.close();
  }

  /** Judges what has come. Later keys are read as new. */
  #judge(): void {
    const text = withLineFeeds(this.#keys.join(""));
    const isTaken = this.#isTaken;
    const isMarked = this.#isMarked;
    this.#isMarked = false;
    this.#forget();
    if (text.trim() === "" && !isMarked) return;
    const lines = text.trim().split("\n");
    if (!isMarked && this.#areTyped(lines)) {
      for (const line of lines) if (line.trim() !== "") this.#answer(line.trim());
      return;
    }
    this.#judged = this.#judged.then(async () => {
      if (await isTaken) this.#firstPart = "";
      else await this.#takeWhole(text);
    });
  }

  /** Whether a person may still be typing a line. */
  #isBegunLine(keys: string): boolean {
    if (/[\r\n]/.test(keys)) return false;
    return CODE_BEGIN.test(keys) ? !hasShortCode(keys) : this.#areTyped([keys]);
  }

  /** Whether a person may have typed these lines. Where a document has begun, each brace may belong to it. */
  #areTyped(lines: readonly string[]): boolean {
    const before = this.#firstPart;
    const isOfDocument = (line: string): boolean => {
      if (CODE_BEGIN.test(before) ? CODE_PART.test(line) : CODE_BEGIN.test(line)) return true;
      return before === "" ? mayHoldDocument(line) : DOCUMENT_SIGNS.test(line);
    };
    const isTyped = (line: string): boolean => line.length < MAX_TYPED_UNITS && !isOfDocument(line);
    return lines.length <= MAX_TYPED_LINES && lines.every((line) => isTyped(line.trim()));
  }

  #answer(text: string): void {
    if (text === "/paste") this.#ports.tell({ event: "paste-how" });
    else {
      this.#ports.tell({ event: "typed-early", text, about: aboutTyped(text) });
    }
  }

  /** Takes a paste, or one that ended too early together with it. */
  async #takeWhole(text: string): Promise<void> {
    const before = this.#firstPart;
    this.#firstPart = "";
    const error = await this.#keep(text);
    if (error === undefined) return;
    if (before !== "" && before.length + text.length <= MAX_PASTE_UNITS) {
      // A selection may end within a line or at the end of one.
      const errorOfBoth = await this.#keep(before + text);
      if (errorOfBoth === undefined || (await this.#keep(`${before}\n${text}`)) === undefined) return;
      if (isUnfinished(errorOfBoth) && PART_SIGNS.test(text)) {
        this.#firstPart = before + text;
        this.#tellFailed(errorOfBoth);
        return;
      }
    }
    if (isUnfinished(error)) this.#firstPart = text;
    if (isOtherText(error)) this.#ports.tell({ event: "paste-useless" });
    else this.#tellFailed(error);
  }

  #tellFailed(error: P2pError): void {
    this.#ports.tell({ event: "paste-failed", error: errorEvent(error) });
  }

  /** @returns why the text is not kept; undefined when it is, which is told */
  async #keep(text: string): Promise<P2pError | undefined> {
    try {
      this.#ports.tell({ event: "pasted", path: await this.#ports.take(text) });
      return undefined;
    } catch (error) {
      return toP2pError(error);
    }
  }
}

/** Classifies a line that a person types before the two sides are connected. */
export function aboutTyped(text: string): Extract<PasteEvent, { event: "typed-early" }>["about"] {
  const typed = text.trim();
  if (LEAVING.test(typed)) return "leaving";
  if (HELP.test(typed)) return "help";
  const [command = ""] = typed.split(/\s/, 1);
  if (command === "/status") return "status";
  if (command === "/send") return "send";
  return COMMAND_NAMES.some((name) => name === command) ? "command" : "other";
}

function withLineFeeds(text: string): string {
  return text.replaceAll(/\r\n?/g, "\n");
}

function isOtherText(error: P2pError): boolean {
  return isMalformed(error) && OTHER_TEXT.includes(error.params.flaw.flaw);
}

/** More of the document may follow. */
function isUnfinished(error: P2pError): boolean {
  if (error.code === "FILE_SEAL_DAMAGED") return true;
  return isMalformed(error) && ["cut-off", "mangled", "missing", "code-cut-off"].includes(error.params.flaw.flaw);
}

function isMalformed(error: P2pError): error is P2pError<"FILE_MALFORMED"> {
  return error.code === "FILE_MALFORMED";
}
