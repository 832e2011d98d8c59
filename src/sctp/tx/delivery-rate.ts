// Samples of the rate at which the path delivers, from what was delivered while one chunk was on its way.
// draft-cheng-iccrg-delivery-rate-estimation §3.
import type { Outstanding } from "./outstanding.ts";

export class DeliveryRate {
  readonly #outstanding: Outstanding;
  /** Totals in bytes, chunk headers included. */
  deliveredBytes = 0;
  lostBytes = 0;
  #deliveredAtMs = 0;
  #firstSentAtMs = 0;
  /** `deliveredBytes` at which what was sent while application-limited is through; 0: not limited. */
  #appLimitedUntil = 0;
  // The sample of the SACK that is worked on.
  hasSample = false;
  priorDeliveredBytes = 0;
  txInflightBytes = 0;
  priorLostBytes = 0;
  isSampleAppLimited = false;
  #priorDeliveredAtMs = 0;
  #sendElapsedMs = 0;
  #sampleSentAtMs = 0;

  constructor(outstanding: Outstanding) {
    this.#outstanding = outstanding;
  }

  get isAppLimited(): boolean {
    return this.#appLimitedUntil > 0;
  }

  /** The sender has nothing more to send although it might: samples of now say little. */
  noteAppLimited(): void {
    this.#appLimitedUntil = Math.max(1, this.deliveredBytes + this.#outstanding.inflightBytes);
  }

  /** A chunk is about to be counted as in flight. */
  handleSent(slot: number, nowMs: number, chunkBytes: number): void {
    const o = this.#outstanding;
    if (o.inflightChunks === 0) {
      this.#firstSentAtMs = nowMs;
      this.#deliveredAtMs = nowMs;
    }
    o.firstSentAtMs[slot] = this.#firstSentAtMs;
    o.deliveredAtMs[slot] = this.#deliveredAtMs;
    o.priorDelivered[slot] = this.deliveredBytes;
    o.priorLost[slot] = this.lostBytes;
    o.txInflight[slot] = o.inflightBytes + chunkBytes;
    o.isAppLimited[slot] = this.isAppLimited ? 1 : 0;
  }

  beginSack(): void {
    this.hasSample = false;
    this.#sampleSentAtMs = Number.NEGATIVE_INFINITY;
  }

  /** A chunk is acknowledged for the first time. */
  handleAcked(slot: number, nowMs: number): void {
    const o = this.#outstanding;
    this.deliveredBytes += o.bytesAt(slot);
    this.#deliveredAtMs = nowMs;
    const sentAtMs = o.sentAtMs[slot] as number;
    // Which copy of a repeated chunk was delivered is not known: it tells nothing of the rate.
    if ((o.sendCount[slot] as number) > 1 || sentAtMs < this.#sampleSentAtMs) return;
    this.hasSample = true;
    this.#sampleSentAtMs = sentAtMs;
    this.priorDeliveredBytes = o.priorDelivered[slot] as number;
    this.#priorDeliveredAtMs = o.deliveredAtMs[slot] as number;
    this.#sendElapsedMs = sentAtMs - (o.firstSentAtMs[slot] as number);
    this.#firstSentAtMs = sentAtMs;
    this.txInflightBytes = o.txInflight[slot] as number;
    this.priorLostBytes = o.priorLost[slot] as number;
    this.isSampleAppLimited = o.isAppLimited[slot] === 1;
  }

  /**
   * After all chunks of a SACK.
   * @param minRttMs - a shorter interval is a measurement of something else
   * @returns bytes per millisecond, or undefined
   */
  endSack(nowMs: number, minRttMs: number): number | undefined {
    if (this.#appLimitedUntil > 0 && this.deliveredBytes > this.#appLimitedUntil) this.#appLimitedUntil = 0;
    if (!this.hasSample) return undefined;
    const intervalMs = Math.max(this.#sendElapsedMs, nowMs - this.#priorDeliveredAtMs);
    if (intervalMs <= 0 || intervalMs < minRttMs) return undefined;
    return (this.deliveredBytes - this.priorDeliveredBytes) / intervalMs;
  }
}
