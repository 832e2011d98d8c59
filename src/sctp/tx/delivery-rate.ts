// Samples of the path's delivery rate, from the bytes delivered while one chunk was in flight.
// draft-cheng-iccrg-delivery-rate-estimation §3.
import type { Outstanding } from "./outstanding.ts";
import { TrafficBeside } from "./traffic-beside.ts";

export class DeliveryRate {
  readonly #outstanding: Outstanding;
  /** What the path carries for this side beside the association. */
  readonly beside = new TrafficBeside();
  /** Totals in bytes, chunk headers included. */
  deliveredBytes = 0;
  lostBytes = 0;
  /** What arrived by a path that was left: no rate is taken from it. */
  behindBytes = 0;
  #deliveredAtMs = 0;
  #firstSentAtMs = 0;
  /** `deliveredBytes` at which everything sent while application-limited has been delivered; 0: not limited. */
  #appLimitedUntil = 0;
  // Snapshots of the most recently sent chunk among those acknowledged by the latest SACK that acknowledged any: they
  // identify the current round trip, so that a retransmitted chunk counts too.
  priorDeliveredBytes = 0;
  txInflightBytes = 0;
  priorLostBytes = 0;
  isSampleAppLimited = false;
  #newestSentAtMs = 0;
  // The same for chunks sent only once, for the rate: it is unknown which copy of a retransmitted chunk arrived.
  #hasRate = false;
  #rateSentAtMs = 0;
  #rateDeliveredBytes = 0;
  #rateDeliveredAtMs = 0;
  #sendElapsedMs = 0;

  constructor(outstanding: Outstanding) {
    this.#outstanding = outstanding;
  }

  get isAppLimited(): boolean {
    return this.#appLimitedUntil > 0;
  }

  /** The sender has nothing more to send although it may: current samples say little. */
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
    this.#hasRate = false;
    this.#newestSentAtMs = Number.NEGATIVE_INFINITY;
    this.#rateSentAtMs = Number.NEGATIVE_INFINITY;
  }

  /** A chunk is acknowledged for the first time. */
  handleAcked(slot: number, nowMs: number): void {
    const o = this.#outstanding;
    this.deliveredBytes += o.bytesAt(slot);
    this.#deliveredAtMs = nowMs;
    const sentAtMs = o.sentAtMs[slot] as number;
    if (sentAtMs >= this.#newestSentAtMs) {
      this.#newestSentAtMs = sentAtMs;
      this.priorDeliveredBytes = o.priorDelivered[slot] as number;
      this.txInflightBytes = o.txInflight[slot] as number;
      this.priorLostBytes = o.priorLost[slot] as number;
      this.isSampleAppLimited = o.isAppLimited[slot] === 1;
    }
    if (o.sendCount[slot] !== 1 || sentAtMs < this.#rateSentAtMs) return;
    this.#hasRate = true;
    this.#rateSentAtMs = sentAtMs;
    this.#rateDeliveredBytes = o.priorDelivered[slot] as number;
    this.#rateDeliveredAtMs = o.deliveredAtMs[slot] as number;
    this.#sendElapsedMs = sentAtMs - (o.firstSentAtMs[slot] as number);
    this.#firstSentAtMs = sentAtMs;
  }

  /**
   * Call after all chunks of a SACK.
   * @param minRttMs - a shorter interval measures something else
   * @returns bytes per millisecond, those beside the association included, or undefined
   */
  endSack(nowMs: number, minRttMs: number): number | undefined {
    if (this.#appLimitedUntil > 0 && this.deliveredBytes > this.#appLimitedUntil) this.#appLimitedUntil = 0;
    if (!this.#hasRate) return undefined;
    const intervalMs = Math.max(this.#sendElapsedMs, nowMs - this.#rateDeliveredAtMs);
    if (intervalMs <= 0 || intervalMs < minRttMs) return undefined;
    return (this.deliveredBytes - this.#rateDeliveredBytes) / intervalMs + this.beside.rate(nowMs);
  }
}
