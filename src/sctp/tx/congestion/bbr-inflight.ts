// inflight_longterm: how much in flight was lately too much, and how a probe raises it again: slowly at first, twice
// as fast in every round (draft-ietf-ccwg-bbr 5.3.3.2 and 5.3.3.6).
import { HEADROOM, MAX_CWND_BYTES, MIN_PIPE_PACKETS } from "./bbr-parameters.ts";

const MAX_DOUBLINGS = 30;

export class InflightBound {
  #bytes = Number.POSITIVE_INFINITY;
  #ackedPerStepBytes = Number.POSITIVE_INFINITY;
  #ackedBytes = 0;
  #doublings = 0;

  /** Infinity: no limit was met. */
  get bytes(): number {
    return this.#bytes;
  }

  /** `bytes` > 0. */
  set(bytes: number): void {
    this.#bytes = bytes;
  }

  /** The bound with room left for others. */
  withHeadroom(packetBytes: number): number {
    if (this.#bytes === Number.POSITIVE_INFINITY) {
      return this.#bytes;
    }
    const headroom = Math.max(packetBytes, HEADROOM * this.#bytes);
    return Math.max(this.#bytes - headroom, MIN_PIPE_PACKETS * packetBytes);
  }

  /** So much was in flight and came through. */
  noteSafe(inflightBytes: number): void {
    if (inflightBytes > this.#bytes) {
      this.#bytes = Math.min(inflightBytes, MAX_CWND_BYTES);
    }
  }

  /** A refill begins: the next probe raises the bound from its slowest. */
  resetSlope(): void {
    this.#doublings = 0;
    this.#ackedBytes = 0;
  }

  /** The bound is not to be raised. */
  stop(): void {
    this.#ackedPerStepBytes = Number.POSITIVE_INFINITY;
  }

  steepen(cwndBytes: number, packetBytes: number): void {
    const stepsPerRound = 2 ** this.#doublings;
    this.#doublings = Math.min(this.#doublings + 1, MAX_DOUBLINGS);
    this.#ackedPerStepBytes = Math.max(cwndBytes / stepsPerRound, packetBytes);
  }

  /** `ackedBytes` arrived while the bound was what limited sending. */
  raise(ackedBytes: number, packetBytes: number): void {
    this.#ackedBytes += ackedBytes;
    if (this.#ackedBytes >= this.#ackedPerStepBytes) {
      const steps = Math.floor(this.#ackedBytes / this.#ackedPerStepBytes);
      this.#ackedBytes -= steps * this.#ackedPerStepBytes;
      this.#bytes = Math.min(this.#bytes + steps * packetBytes, MAX_CWND_BYTES);
    }
  }
}
