// The window while cruising beside others in a queue that stays. The model alone keeps the shares as they are: everybody
// paces at what a probe of theirs once took. Here each keeps about the same amount waiting in the queue, after FAST TCP
// (Wei, Jin, Low, Hegde 2006): whoever has more of the link then has too much in the queue, gives way, and the others grow.
import {
  BETA,
  SHARED_GIVEN_PART,
  SHARED_GIVEN_TIMES,
  SHARED_QUEUE_PART,
  SHARED_REST_CYCLES,
  SHARED_WEIGHT,
} from "./bbr-parameters.ts";
import type { RttModel } from "./bbr-rtt.ts";

export class SharedQueue {
  /** 0: not in use. */
  #windowBytes = 0;
  #leastBytes = 0;
  #isSpent = false;
  /** Probing cycles in a row in which everything was given away that may be. */
  #spentCycles = 0;
  #restCycles = 0;

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
    const window = this.#windowBytes;
    const queuedBytes = Math.min(Math.sqrt(packetBytes * window), SHARED_QUEUE_PART * window);
    const drained = (window * rtt.minMs) / Math.max(rtt.lastRoundMinMs, rtt.minMs);
    this.#windowBytes = window + SHARED_WEIGHT * (drained + queuedBytes - window);
    if (this.#windowBytes < this.#leastBytes) this.#spend();
    this.#windowBytes = Math.min(this.#windowBytes, mostBytes);
  }

  /** A round lost more than is random; `deliveredBytes` arrived in it. */
  noteLosses(deliveredBytes: number): void {
    this.#windowBytes = Math.max(deliveredBytes, BETA * this.#windowBytes);
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
