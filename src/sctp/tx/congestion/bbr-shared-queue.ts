// The window while cruising beside others in a queue that stays. The model alone keeps the shares as they are: everybody
// paces at what a probe of theirs once took. Here each keeps about the same amount waiting in the queue, after FAST TCP
// (Wei, Jin, Low, Hegde 2006): whoever has more of the link then has too much in the queue, gives way, and the others grow.
import {
  BETA,
  SHARED_GIVEN_PART,
  SHARED_GIVEN_TIMES,
  SHARED_NOISE_PART,
  SHARED_QUEUE_PART,
  SHARED_REST_CYCLES,
  SHARED_ROOM_PART,
  SHARED_SPAN_MS,
  SHARED_WEIGHT,
} from "./bbr-parameters.ts";
import type { RttModel } from "./bbr-rtt.ts";

/**
 * What one of us keeps waiting in a shared queue at `rate`, bytes per millisecond: √(rate × round trip × packet). Shorter round trips
 * count as 50 ms: whoever is nearer would get less, and the noise of machines, which this has to exceed, is not shorter either.
 */
export function sharedQueueBytes(rate: number, minRttMs: number, packetBytes: number): number {
  return Math.sqrt(rate * Math.max(minRttMs, SHARED_SPAN_MS) * packetBytes);
}

export class SharedQueue {
  /** 0: not in use. */
  #windowBytes = 0;
  #leastBytes = 0;
  #isSpent = false;
  /** Probing cycles in a row in which everything was given away that may be. */
  #spentCycles = 0;
  #restCycles = 0;
  /** So long can the queue get, as far as known. */
  #roomMs = Number.POSITIVE_INFINITY;

  get isActive(): boolean {
    return this.#windowBytes > 0;
  }

  /** Most bytes in flight; meaningless while not active. */
  get windowBytes(): number {
    return this.#windowBytes;
  }

  /** Nobody took what was given away, or whoever did does not give anything back: the model alone decides for now. */
  get isResting(): boolean {
    return this.#restCycles > 0;
  }

  /** As much was given away in this probing cycle as may be. */
  get isSpent(): boolean {
    return this.#isSpent;
  }

  /** Call while active or to become it: from now on a part of what is in flight may be given away. */
  start(inflightBytes: number, rtt: RttModel): void {
    if (!this.isActive) this.#windowBytes = inflightBytes;
    this.#leastBytes = (SHARED_GIVEN_PART * inflightBytes * rtt.minMs) / rtt.smoothedMs;
    this.#isSpent = false;
  }

  stop(): void {
    this.#windowBytes = 0;
  }

  /** A probing cycle ends. */
  endCycle(): void {
    if (this.#restCycles > 0) this.#restCycles--;
    if (!this.#isSpent) this.#spentCycles = 0;
  }

  /** A round ended while active. `mostBytes`: limit of the window. */
  noteRound(rtt: RttModel, packetBytes: number, mostBytes: number): void {
    if (rtt.lastRoundMinMs === Number.POSITIVE_INFINITY) return;
    const window = this.#windowBytes;
    const roundMs = Math.max(rtt.lastRoundMinMs, rtt.minMs);
    const queuedBytes = Math.min(
      sharedQueueBytes(window / roundMs, rtt.minMs, packetBytes),
      SHARED_QUEUE_PART * window,
    );
    const waitMs = (queuedBytes * roundMs) / window;
    const drained = (window * rtt.minMs) / Math.max(roundMs - this.#noiseMs(rtt.noise.meanMs, waitMs), rtt.minMs);
    this.#windowBytes = window + SHARED_WEIGHT * (drained + queuedBytes - window);
    if (this.#windowBytes < this.#leastBytes) this.#spend();
    this.#windowBytes = Math.min(this.#windowBytes, mostBytes);
  }

  /** The queue is about as long as our sending made it, by a probe or before a loss; `isFull`: it overflowed. */
  noteLongestQueue(rtt: RttModel, isFull: boolean): void {
    const queueMs = rtt.smoothedMs - rtt.minMs;
    this.#roomMs = isFull ? queueMs : Math.max(queueMs, this.#roomMs);
  }

  /** A round lost more than is random; `deliveredBytes` arrived in it. */
  noteLosses(deliveredBytes: number, rtt: RttModel): void {
    this.noteLongestQueue(rtt, true);
    this.#windowBytes = Math.max(deliveredBytes, BETA * this.#windowBytes);
  }

  /**
   * The part of a round trip that machines and radio add: who took it for a queue would give the rate away. What we keep waiting
   * anyway covers a little of it, and where the queue has no room for as much of a mistake, it is left to the losses.
   */
  #noiseMs(meanMs: number, waitMs: number): number {
    if (meanMs < SHARED_NOISE_PART * waitMs) return 0;
    return Math.max(0, Math.min(meanMs, SHARED_ROOM_PART * this.#roomMs - waitMs));
  }

  #spend(): void {
    this.#windowBytes = this.#leastBytes;
    if (this.#isSpent) return;
    this.#isSpent = true;
    this.#spentCycles++;
    if (this.#spentCycles === SHARED_GIVEN_TIMES) {
      this.stop();
      this.#spentCycles = 0;
      this.#restCycles = SHARED_REST_CYCLES;
    }
  }
}
