// Raw mode of the terminal's input: keys come one by one and are not echoed. It is left alone while another job has the
// terminal.
import { constants, closeSync, openSync, readSync } from "node:fs";

const BRACKETED_PASTE_ON = "\u001b[?2004h";
const BRACKETED_PASTE_OFF = "\u001b[?2004l";

const TAKEN_CHUNK_BYTES = 4_096;
/** Somebody may be pasting faster than this reads; the rest is then left. */
const TAKEN_CHUNKS = 256;

export interface RawModeOptions {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
  /** True: the terminal understands escape sequences, and is asked to mark pastes. */
  readonly marksPastes: boolean;
}

export class RawMode {
  readonly #options: RawModeOptions;
  #isOn = false;
  #isGuarded = false;

  constructor(options: RawModeOptions) {
    this.#options = options;
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  /** Takes the terminal, also where it seems to be taken: a shell may have changed its mode meanwhile. */
  on(): void {
    const { input, output, marksPastes } = this.#options;
    this.#isOn = true;
    if (input.isTTY) {
      this.#guard(input);
      // Node.js remembers the mode that it set last, and would set the same one only once.
      if (input.isRaw) input.setRawMode(false);
      input.setRawMode(true);
    }
    input.resume();
    if (marksPastes) output.write(BRACKETED_PASTE_ON);
  }

  /**
   * A terminal whose window was closed can neither be read nor set. That is no bug: a signal, or whoever asks a question
   * there, ends the run. It stays until the process ends, since the error of a read may come late.
   */
  #guard(input: NodeJS.ReadStream): void {
    if (this.#isGuarded) return;
    this.#isGuarded = true;
    input.on("error", () => {});
  }

  /** Gives the terminal back as it was. */
  off(): void {
    if (!this.#isOn) return;
    this.#isOn = false;
    const { input, output, marksPastes } = this.#options;
    if (marksPastes) output.write(BRACKETED_PASTE_OFF);
    if (input.isTTY) input.setRawMode(false);
    input.pause();
  }

  /** Another job has the terminal now, in a mode of its own: only reading ends. */
  abandon(): void {
    this.#isOn = false;
    this.#options.input.pause();
  }
}

/**
 * Takes what was typed at this process's terminal and not read yet, so that no shell runs it. Only in the foreground.
 * @returns it, as the terminal gives it
 */
export function takeTyped(): string {
  let terminal: number;
  try {
    terminal = openSync("/dev/tty", constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return "";
  }
  const chunks: Buffer[] = [];
  try {
    while (chunks.length < TAKEN_CHUNKS) {
      const chunk = Buffer.alloc(TAKEN_CHUNK_BYTES);
      const count = readSync(terminal, chunk);
      if (count === 0) break;
      chunks.push(chunk.subarray(0, count));
    }
  } catch {
    // EAGAIN: nothing is left.
  } finally {
    closeSync(terminal);
  }
  return Buffer.concat(chunks).toString("utf8");
}
