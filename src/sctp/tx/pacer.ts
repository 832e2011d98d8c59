// Spreads packets over time by a token bucket that copes with late 1 ms timers: packets that a late timer missed
// may leave at once, but no more than the controller's burst. draft-ietf-ccwg-bbr §5.6.2, RFC 9002 §7.7.

export class Pacer {
  #creditBytes = 0;
  #filledAtMs = Number.NEGATIVE_INFINITY;

  /** @returns whether a packet may leave now */
  maySend(nowMs: number, bytesPerMs: number, burstBytes: number): boolean {
    if (bytesPerMs === Number.POSITIVE_INFINITY) {
      this.#filledAtMs = nowMs;
      this.#creditBytes = burstBytes;
      return true;
    }
    const grown = this.#creditBytes + Math.max(0, nowMs - this.#filledAtMs) * bytesPerMs;
    this.#creditBytes = Math.min(burstBytes, grown);
    this.#filledAtMs = nowMs;
    return this.#creditBytes > 0;
  }

  handleSent(bytes: number): void {
    this.#creditBytes -= bytes;
  }

  /**
   * Earliest time at which the next packets may leave.
   * @param wantedBytes - the smallest amount worth waking up for
   */
  readyAtMs(bytesPerMs: number, wantedBytes: number): number {
    if (bytesPerMs === Number.POSITIVE_INFINITY) return this.#filledAtMs;
    return this.#filledAtMs + Math.max(0, wantedBytes - this.#creditBytes) / bytesPerMs;
  }
}
