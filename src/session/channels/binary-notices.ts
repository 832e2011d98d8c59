// Binary messages on the text channel are told as their size. A peer may send any number of them and nothing holds it
// back, so a few are told one by one, and what comes faster is told as one sum.

/** Notices one after the other, without a pause. */
export const MAX_NOTICES_AT_ONCE = 16;
const PAUSE_MS = 1_000;

export class BinaryNotices {
  readonly #tell: (bytes: number) => void;
  #told = 0;
  /** Of messages that are told at the end of the pause. */
  #waitingBytes = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param tell - a size, or the sum of several */
  constructor(tell: (bytes: number) => void) {
    this.#tell = tell;
  }

  tell(bytes: number): void {
    this.#timer ??= setTimeout(() => this.#endPause(), PAUSE_MS);
    if (this.#told < MAX_NOTICES_AT_ONCE) {
      this.#told += 1;
      this.#tell(bytes);
    } else {
      this.#waitingBytes += bytes;
    }
  }

  /** What waits is told now, and nothing afterwards. */
  close(): void {
    clearTimeout(this.#timer);
    if (this.#waitingBytes > 0) this.#tell(this.#waitingBytes);
    this.#waitingBytes = 0;
  }

  #endPause(): void {
    const bytes = this.#waitingBytes;
    this.#timer = undefined;
    this.#told = 0;
    this.#waitingBytes = 0;
    if (bytes > 0) this.tell(bytes);
  }
}
