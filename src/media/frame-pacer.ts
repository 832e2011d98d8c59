// Spreads the packets of a large picture over the time until the next one: sent at once, a key frame of 200 KB fills the queue of
// a router, and what does not fit is lost. Small pictures leave at once. Sound and what is asked for again do not wait here.
import { Fifo } from "../lib/fifo.ts";

/** So much leaves at once: an ordinary picture, and no more than a short queue holds. */
export const BURST_BYTES = 12_000;
/** How much faster than the picture is on average its packets leave, at least. */
const GAIN = 2.5;
/** Weight of a picture in that average. */
const WEIGHT = 1 / 16;
/** The time between two pictures, where the source does not say it or says what cannot be. */
const MIN_INTERVAL_MS = 10;
const MAX_INTERVAL_MS = 50;
/** Timers are no finer. */
const TURN_MS = 2;
/** A timer that is late is made up for by as much at most. */
const MAX_LATE_MS = 10;

export class FramePacer {
  readonly #waiting = new Fifo<Uint8Array>();
  #bytes = 0;
  /** Bytes per millisecond. */
  #rate = 0;
  #meanRate: number | undefined;
  /** May leave at `#atMs`. */
  #credit = BURST_BYTES;
  #atMs = 0;

  /** Bytes that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  /** A packet of a picture; follow all of them by `pace`. */
  push(packet: Uint8Array): void {
    this.#waiting.push(packet);
    this.#bytes += packet.length;
  }

  /**
   * The picture is complete: it leaves, with all that waits, before the next one.
   * @param bytes - of the picture
   * @param intervalMs - from the one before; undefined: it is the first
   */
  pace(bytes: number, intervalMs: number | undefined, nowMs: number): void {
    const spanMs = Math.min(MAX_INTERVAL_MS, Math.max(MIN_INTERVAL_MS, intervalMs ?? MAX_INTERVAL_MS));
    this.#earn(nowMs);
    // Time in which nothing waited is no reason for a larger burst.
    if (this.#bytes <= bytes) this.#credit = Math.min(this.#credit, BURST_BYTES);
    const rate = bytes / spanMs;
    this.#meanRate = (this.#meanRate ?? rate) + (rate - (this.#meanRate ?? rate)) * WEIGHT;
    this.#rate = Math.max(GAIN * this.#meanRate, this.#bytes / spanMs);
  }

  /** Passes on what may leave by now, in order. */
  release(nowMs: number, emit: (packet: Uint8Array) => void): void {
    if (this.#bytes === 0) return;
    this.#earn(nowMs);
    while (this.#bytes > 0 && this.#credit > 0) this.#emitNext(emit);
  }

  /** Passes on all that waits. */
  flush(emit: (packet: Uint8Array) => void): void {
    while (this.#bytes > 0) this.#emitNext(emit);
  }

  /** When more may leave; Infinity: nothing waits. */
  get nextMs(): number {
    return this.#bytes === 0 ? Infinity : this.#atMs + Math.max(TURN_MS, (1 - this.#credit) / this.#rate);
  }

  #emitNext(emit: (packet: Uint8Array) => void): void {
    const packet = this.#waiting.shift();
    if (packet === undefined) return;
    this.#bytes -= packet.length;
    this.#credit -= packet.length;
    emit(packet);
  }

  #earn(nowMs: number): void {
    const earned = this.#rate * Math.max(0, nowMs - this.#atMs);
    this.#credit = Math.min(this.#credit + earned, Math.max(BURST_BYTES, this.#rate * MAX_LATE_MS));
    this.#atMs = nowMs;
  }
}
