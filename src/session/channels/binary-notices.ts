// Binary messages on the text channel are told as their size. A peer may send any number of them and nothing holds it
// back, so a few are told one by one, and what comes faster is told as one sum.
import type { Clock } from "../ports.ts";

/** Notices one after the other, without a pause. */
export const MAX_NOTICES_AT_ONCE = 16;
const PAUSE_MS = 1_000;

export class BinaryNotices {
  readonly #clock: Clock;
  readonly #tell: (bytes: number) => void;
  #told = 0;
  /** Of messages that are told at the end of the pause. */
  #waitingBytes = 0;
  /** Ends the pause early; undefined where there is none. */
  #cancelPause: (() => void) | undefined;

  /** @param tell - a size, or the sum of several */
  constructor(clock: Clock, tell: (bytes: number) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  tell(bytes: number): void {
    this.#cancelPause ??= this.#clock.setTimer(() => this.#endPause(), PAUSE_MS);
    if (this.#told < MAX_NOTICES_AT_ONCE) {
      this.#told += 1;
      this.#tell(bytes);
    } else {
      this.#waitingBytes += bytes;
    }
  }

  /** What waits is told now, and nothing afterwards. */
  close(): void {
    this.#cancelPause?.();
    if (this.#waitingBytes > 0) this.#tell(this.#waitingBytes);
    this.#waitingBytes = 0;
  }

  #endPause(): void {
    const bytes = this.#waitingBytes;
    this.#cancelPause = undefined;
    this.#told = 0;
    this.#waitingBytes = 0;
    if (bytes > 0) this.tell(bytes);
  }
}
