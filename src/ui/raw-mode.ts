// Raw mode of the terminal's input: keys come one by one and are not echoed. It is left alone while another job has the
// terminal.
import { constants, closeSync, openSync, readSync } from "node:fs";

export const BRACKETED_PASTE_ON = "\u001b[?2004h";
export const BRACKETED_PASTE_OFF = "\u001b[?2004l";

const DISCARDED_CHUNK_BYTES = 4_096;
/** Somebody may be pasting faster than this reads; the rest is then left. */
const DISCARDED_CHUNKS = 256;

export interface RawModeOptions {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
  /** True: the terminal understands escape sequences, and is asked to mark pastes. */
  readonly marksPastes: boolean;
}

export class RawMode {
  readonly #options: RawModeOptions;
  #isOn = false;

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
      // Node.js remembers the mode that it set last, and would set the same one only once.
      if (input.isRaw) input.setRawMode(false);
      input.setRawMode(true);
    }
    input.resume();
    if (marksPastes) output.write(BRACKETED_PASTE_ON);
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

/** Drops what was typed at this process's terminal and not read yet, so that no shell runs it. Only in the foreground. */
export function discardTyped(): void {
  let terminal: number;
  try {
    terminal = openSync("/dev/tty", constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return;
  }
  try {
    const chunk = new Uint8Array(DISCARDED_CHUNK_BYTES);
    for (let read = 0; read < DISCARDED_CHUNKS; read += 1) if (readSync(terminal, chunk) === 0) break;
  } catch {
    // EAGAIN: nothing is left.
  } finally {
    closeSync(terminal);
  }
}
