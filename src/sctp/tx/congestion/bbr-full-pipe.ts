// Detects a full pipe: rounds that could have grown did not (draft-ietf-ccwg-bbr 5.3.1.2). Start-up and the
// probe upwards both end on it.
import { FULL_BW_GROWTH, FULL_BW_ROUNDS } from "./bbr-parameters.ts";

export class FullPipe {
  #baseline = 0;
  #rounds = 0;
  #isFullNow = false;
  #wasFull = false;

  /** The current search found the limit. */
  get isFullNow(): boolean {
    return this.#isFullNow;
  }

  /** The limit was found at least once: start-up is over. */
  get wasFull(): boolean {
    return this.#wasFull;
  }

  /** Begins a search that counts growth from `rate`. */
  reset(rate: number): void {
    this.#baseline = rate;
    this.#rounds = 0;
    this.#isFullNow = false;
  }

  /** Call at the first acknowledgement of a round, with a sample that the application did not limit. */
  noteRound(rate: number): void {
    if (this.#isFullNow) {
      return;
    }
    if (rate >= this.#baseline * FULL_BW_GROWTH) {
      this.reset(rate);
      return;
    }
    this.#rounds++;
    if (this.#rounds >= FULL_BW_ROUNDS) {
      this.#isFullNow = true;
      this.#wasFull = true;
    }
  }

  /** Other signs (loss, a standing queue) show that the limit is reached. */
  markFull(): void {
    this.#wasFull = true;
  }

  /** Those signs were false. */
  unmark(): void {
    this.#wasFull = false;
  }
}
