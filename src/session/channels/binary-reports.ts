// Reports of binary messages on the text channel; only their size is reported. A peer may send any number of them
// without flow control, so a few are reported singly, and faster ones as one sum.
import type { Clock } from "../ports.ts";

/** Limit of single reports between two pauses. */
export const MAX_REPORTS_AT_ONCE = 16;
const PAUSE_MS = 1_000;

export class BinaryReports {
  readonly #clock: Clock;
  readonly #tell: (bytes: number) => void;
  #told = 0;
  /** Bytes of the messages that are reported together at the end of the pause. */
  #waitingBytes = 0;
  /** Cancels the pause; undefined when there is none. */
  #cancelPause: (() => void) | undefined;

  /** @param tell - receives one size, or the sum of several */
  constructor(clock: Clock, tell: (bytes: number) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  tell(bytes: number): void {
    this.#cancelPause ??= this.#clock.setTimer(() => this.#endPause(), PAUSE_MS);
    if (this.#told < MAX_REPORTS_AT_ONCE) {
      this.#told += 1;
      this.#tell(bytes);
    } else {
      this.#waitingBytes += bytes;
    }
  }

  /** Reports the waiting sum now, and nothing afterwards. */
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
