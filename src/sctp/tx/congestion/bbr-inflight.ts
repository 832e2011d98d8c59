// inflight_longterm: the inflight that recently was too much, and how a probe raises it again: slowly at first, twice
// as fast in every round (draft-ietf-ccwg-bbr 5.3.3.2 and 5.3.3.6).
import { HEADROOM, MAX_CWND_BYTES, MIN_PIPE_PACKETS } from "./bbr-parameters.ts";

const MAX_DOUBLINGS = 30;

export class InflightBound {
  #bytes = Number.POSITIVE_INFINITY;
  #isOfQueue = false;
  #ackedPerStepBytes = Number.POSITIVE_INFINITY;
  #ackedBytes = 0;
  #doublings = 0;

  /** Infinity: no limit was found. */
  get bytes(): number {
    return this.#bytes;
  }

  /** A queue was seen when the bound was found. */
  get isOfQueue(): boolean {
    return this.#isOfQueue;
  }

  /** `bytes` > 0; `isOfQueue`: round trips rose with it, as behind a policer they do not. */
  set(bytes: number, isOfQueue: boolean): void {
    this.#bytes = bytes;
    this.#isOfQueue = isOfQueue;
  }

  /** The bound minus headroom for other flows. */
  withHeadroom(packetBytes: number): number {
    if (this.#bytes === Number.POSITIVE_INFINITY) {
      return this.#bytes;
    }
    const headroom = Math.max(packetBytes, HEADROOM * this.#bytes);
    return Math.max(this.#bytes - headroom, MIN_PIPE_PACKETS * packetBytes);
  }

  /** Raises the bound to an inflight that was delivered safely. */
  noteSafe(inflightBytes: number): void {
    if (inflightBytes > this.#bytes) {
      this.#bytes = Math.min(inflightBytes, MAX_CWND_BYTES);
    }
  }

  /** A refill starts: the next probe raises the bound from its slowest pace. */
  resetSlope(): void {
    this.#doublings = 0;
    this.#ackedBytes = 0;
  }

  /** Stops raising the bound. */
  stop(): void {
    this.#ackedPerStepBytes = Number.POSITIVE_INFINITY;
  }

  steepen(cwndBytes: number, packetBytes: number): void {
    const stepsPerRound = 2 ** this.#doublings;
    this.#doublings = Math.min(this.#doublings + 1, MAX_DOUBLINGS);
    this.#ackedPerStepBytes = Math.max(cwndBytes / stepsPerRound, packetBytes);
  }

  /** `ackedBytes` were acknowledged while the bound limited sending. */
  raise(ackedBytes: number, packetBytes: number): void {
    this.#ackedBytes += ackedBytes;
    if (this.#ackedBytes >= this.#ackedPerStepBytes) {
      const steps = Math.floor(this.#ackedBytes / this.#ackedPerStepBytes);
      this.#ackedBytes -= steps * this.#ackedPerStepBytes;
      this.#bytes = Math.min(this.#bytes + steps * packetBytes, MAX_CWND_BYTES);
    }
  }
}
