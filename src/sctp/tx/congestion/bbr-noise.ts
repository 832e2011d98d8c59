// How far the smallest round trips of rounds wander by themselves: schedulers and timers of both machines, and radio, hold up
// everything for some rounds, and then less. A queue that stays lifts all rounds alike. Only rounds of cruising count, as probes
// of ours make and drain a queue.
import { NOISE_FALL, NOISE_LEAST_MS, NOISE_RISE, NOISE_SPAN_MS, NOISE_SPAN_ROUNDS } from "./bbr-parameters.ts";

export class RttNoise {
  #meanMs = 0;
  #isKnown = false;
  #spanFromMs = 0;
  #rounds = 0;
  #sumMs = 0;
  #leastMs = Number.POSITIVE_INFINITY;

  /** What a round's smallest round trip is on average above the smallest of some of them; 0: unknown, or no more than our own timers explain. */
  get meanMs(): number {
    return this.#meanMs > NOISE_LEAST_MS ? this.#meanMs : 0;
  }

  /** Rounds before this one were not of cruising. */
  restart(): void {
    this.#rounds = 0;
  }

  /** A round of cruising ended; `leastMs`: its smallest round trip, Infinity: none was measured. */
  noteRound(nowMs: number, leastMs: number): void {
    if (leastMs === Number.POSITIVE_INFINITY) return;
    if (this.#rounds === 0) {
      this.#spanFromMs = nowMs;
      this.#sumMs = 0;
      this.#leastMs = Number.POSITIVE_INFINITY;
    }
    this.#rounds++;
    this.#sumMs += leastMs;
    this.#leastMs = Math.min(this.#leastMs, leastMs);
    if (this.#rounds >= NOISE_SPAN_ROUNDS && nowMs >= this.#spanFromMs + NOISE_SPAN_MS) {
      this.#noteSpan(this.#sumMs / this.#rounds - this.#leastMs);
      this.#rounds = 0;
    }
  }

  #noteSpan(aboveMs: number): void {
    const weight = !this.#isKnown ? 1 : aboveMs < this.#meanMs ? NOISE_FALL : NOISE_RISE;
    this.#isKnown = true;
    this.#meanMs += weight * (aboveMs - this.#meanMs);
  }
}
