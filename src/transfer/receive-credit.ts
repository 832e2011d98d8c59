// Receive credit: how many bytes of one incoming transfer the sender may have sent. It is the bytes written plus a
// window, so that a slow disk slows the sender and the bytes waiting in memory are bounded.
import { CREDIT_INTERVAL_MS, CREDIT_STEPS } from "./limits.ts";

export class ReceiveCredit {
  #limit: number;
  #receivedBytes = 0;
  #writtenBytes = 0;
  #toldWrittenBytes = 0;
  #toldMs = Number.NEGATIVE_INFINITY;

  /** @param limit - bytes that the ACCEPT grants */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Whether half of what the sender may send has arrived and waits to be written. */
  isBehind(windowBytes: number): boolean {
    return this.#receivedBytes - this.#writtenBytes >= windowBytes / 2;
  }

  /** @returns false when the sender had no credit for these bytes */
  take(bytes: number): boolean {
    this.#receivedBytes += bytes;
    return this.#receivedBytes <= this.#limit;
  }

  /** These bytes have left memory: they were written, or dropped because their file failed. */
  giveBack(bytes: number): void {
    this.#writtenBytes += bytes;
  }

  /**
   * @param windowBytes - this transfer's current share; a smaller share than before revokes no credit
   * @returns the fields of a CREDIT when it raises the limit by a step, or when bytes were written and the last CREDIT
   *   is old. Once all granted bytes are written the first is always true, so no timer is needed.
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
