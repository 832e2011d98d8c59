// How many bytes of one incoming transfer the sender may have sent: what is written plus a window, so that a
// slow disk slows the sender and what waits in memory is bounded.
import { CREDIT_INTERVAL_MS, CREDIT_STEPS } from "./limits.ts";

export class ReceiveCredit {
  #limit: number;
  #receivedBytes = 0;
  #writtenBytes = 0;
  #toldWrittenBytes = 0;
  #toldMs = Number.NEGATIVE_INFINITY;

  /** @param limit - what the ACCEPT grants */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** @returns false when the sender had no credit for these bytes */
  take(bytes: number): boolean {
    this.#receivedBytes += bytes;
    return this.#receivedBytes <= this.#limit;
  }

  /** Bytes left memory: written, or dropped because their file failed. */
  giveBack(bytes: number): void {
    this.#writtenBytes += bytes;
  }

  /**
   * @param windowBytes - this transfer's share now; a smaller one than before takes nothing back
   * @returns the fields of a CREDIT when it raises the limit by a step, or when there is news and the last one
   *   is old. When all that was granted is written the first is always so: nothing waits for a timer.
   */
  poll(windowBytes: number, nowMs: number): { written: number; limit: number } | undefined {
    const limit = Math.max(this.#limit, this.#writtenBytes + windowBytes);
    const isStep = limit - this.#limit >= windowBytes / CREDIT_STEPS;
    const isNews = this.#writtenBytes > this.#toldWrittenBytes && nowMs - this.#toldMs >= CREDIT_INTERVAL_MS;
    if (!isStep && !isNews) return undefined;
    this.#limit = limit;
    this.#toldWrittenBytes = this.#writtenBytes;
    this.#toldMs = nowMs;
    return { written: this.#writtenBytes, limit };
  }
}
