// BBR's control parameters: window, pacing rate and burst, as they follow from the model and the gains of the state
// (draft-ietf-ccwg-bbr 5.6). Ours are the low round trip and the guards that keep every value finite and above zero.
import type { BbrModel } from "./bbr-model.ts";
import {
  INITIAL_UNKNOWN_RTT_MS,
  LOW_RTT_BUFFER_DIVISOR,
  LOW_RTT_BURST_MAX_BYTES,
  LOW_RTT_BURST_PACKETS,
  LOW_RTT_INFLIGHT_BUFFERED_BYTES,
  LOW_RTT_INFLIGHT_MAX_BYTES,
  LOW_RTT_INFLIGHT_PACKETS,
  LOW_RTT_MS,
  MAX_CWND_BYTES,
  MAX_RATE,
  MIN_PIPE_PACKETS,
  MIN_RATE,
  MIN_RATE_PACKETS_PER_RTT,
  PACING_MARGIN,
  PROBE_RTT_CWND_GAIN,
  PROBE_RTT_DURATION_MS,
  RTT_MIN_MS,
  SHORT_STREAM_PROBE_RTT_CWND_GAIN,
  SHORT_STREAM_QUEUE_MAX_BYTES,
  SHORT_STREAM_QUEUE_MS,
  SHORT_STREAM_RTT_MS,
  STARTUP_PACING_GAIN,
} from "./bbr-parameters.ts";
import type { CongestionOptions } from "./controller.ts";
import { pacedBurstBytes, pacedTurnMs } from "./pacing-burst.ts";

export class BbrControl {
  readonly #model: BbrModel;
  #cwndBytes: number;
  #priorCwndBytes = 0;
  #rate: number;
  #hasMeasuredRate = false;
  /** Timers are coarser than the round trip. */
  #isShortPath = false;
  readonly #isStream: boolean;
  /** Bytes that the receiver's socket buffer is known to hold easily. */
  readonly #bufferedBytes: number;
  #burstBytes = 0;

  /** `initialRttMs` undefined: unknown; the first window then leaves almost at once instead of at a guessed pace. */
  constructor(model: BbrModel, { initialRttMs, receiverBufferBytes, isStream }: CongestionOptions) {
    this.#model = model;
    this.#isStream = isStream;
    this.#bufferedBytes = Math.min(LOW_RTT_INFLIGHT_BUFFERED_BYTES, receiverBufferBytes / LOW_RTT_BUFFER_DIVISOR);
    this.#cwndBytes = model.initialBytes;
    this.#rate =
      initialRttMs !== undefined && initialRttMs >= 0 && initialRttMs < Number.POSITIVE_INFINITY
        ? clampRate((STARTUP_PACING_GAIN * model.initialBytes) / Math.max(initialRttMs, RTT_MIN_MS))
        : model.initialBytes / INITIAL_UNKNOWN_RTT_MS;
    this.#updateBurst();
  }

  get cwndBytes(): number {
    return this.#cwndBytes;
  }

  get pacingRate(): number {
    return this.#isShortPath || this.isShortStream ? Number.POSITIVE_INFINITY : this.#rate;
  }

  get turnMs(): number {
    return pacedTurnMs(this.#model.rtt.minMs);
  }

  get burstBytes(): number {
    return this.#burstBytes;
  }

  /** Some data waits before the system on purpose: a queue that is seen is our own. */
  get isShortStream(): boolean {
    return this.#isStream && this.#model.rtt.minMs <= SHORT_STREAM_RTT_MS;
  }

  /** The window while the round trip is measured. */
  get probeRttCwndBytes(): number {
    const gain = this.isShortStream ? SHORT_STREAM_PROBE_RTT_CWND_GAIN : PROBE_RTT_CWND_GAIN;
    return Math.max(this.#model.bdpBytes * gain, this.#leastBytes());
  }

  /** The time for which it is measured, and one round at least. */
  get probeRttMs(): number {
    return this.isShortStream ? 0 : PROBE_RTT_DURATION_MS;
  }

  /** draft 5.6.4.2: `bytes`, but at least enough to keep sender and receiver busy. `isUp`: while probing upwards. */
  withQuanta(bytes: number, isUp: boolean): number {
    const packetBytes = this.#model.packetBytes;
    let cap = Math.max(bytes, this.#burstBytes, this.#leastBytes());
    if (this.isShortStream) {
      cap += Math.min(this.#model.bw * SHORT_STREAM_QUEUE_MS, SHORT_STREAM_QUEUE_MAX_BYTES);
    }
    if (this.#isShortPath) {
      const least = Math.min(LOW_RTT_INFLIGHT_PACKETS * packetBytes, LOW_RTT_INFLIGHT_MAX_BYTES);
      cap = Math.max(cap, least, this.#bufferedBytes);
    }
    return isUp ? cap + 2 * packetBytes : cap;
  }

  /** `isSearching`: start-up, during which the rate does not fall. */
  updateRate(gain: number, isSearching: boolean): void {
    const minMs = this.#model.rtt.minMs;
    if (isSearching && minMs < Number.POSITIVE_INFINITY) {
      // At least the first window per round trip: a tiny first sample must not stall start-up.
      const first = (STARTUP_PACING_GAIN * this.#model.initialBytes) / minMs;
      this.#rate = this.#hasMeasuredRate ? Math.max(this.#rate, first) : first;
      this.#hasMeasuredRate = true;
    }
    const rate = gain * this.#model.bw * (1 - PACING_MARGIN);
    if (rate > 0 && (!isSearching || rate > this.#rate)) {
      this.#rate = rate;
    }
    const smoothedMs = this.#model.rtt.smoothedMs;
    if (smoothedMs > 0) {
      this.#rate = Math.max(this.#rate, (MIN_RATE_PACKETS_PER_RTT * this.#model.packetBytes) / smoothedMs);
    }
    this.#rate = clampRate(this.#rate);
    this.#isShortPath = minMs <= LOW_RTT_MS;
    this.#updateBurst();
  }

  /** draft 5.6.4.6. `mostBytes`: max_inflight; `capBytes`: the limit set by recent losses or PROBE_RTT. */
  updateCwnd(ackedBytes: number, mostBytes: number, capBytes: number): void {
    const model = this.#model;
    let cwnd = this.#cwndBytes;
    if (model.pipe.wasFull) {
      cwnd = Math.min(cwnd + ackedBytes, mostBytes);
    } else if (cwnd < mostBytes || model.deliveredBytes < model.initialBytes) {
      cwnd += ackedBytes;
    }
    this.#cwndBytes = Math.max(Math.min(cwnd, capBytes, MAX_CWND_BYTES), this.#leastBytes());
  }

  /** After a timeout nothing is in flight: one packet, the draft's "inflight + 1". */
  collapse(): void {
    this.#cwndBytes = this.#model.packetBytes;
  }

  /** `isReduced`: the window is already below the model's, because of a loss or PROBE_RTT. */
  save(isReduced: boolean): void {
    this.#priorCwndBytes = isReduced ? Math.max(this.#priorCwndBytes, this.#cwndBytes) : this.#cwndBytes;
  }

  restore(): void {
    this.#cwndBytes = Math.max(this.#cwndBytes, this.#priorCwndBytes);
  }

  /** The packet size changed. `leastPackets`: the smallest window now. */
  notePacketBytes(leastPackets: number): void {
    this.#cwndBytes = Math.max(this.#cwndBytes, leastPackets * this.#model.packetBytes);
    this.#updateBurst();
  }

  #leastBytes(): number {
    return MIN_PIPE_PACKETS * this.#model.packetBytes;
  }

  #updateBurst(): void {
    const packetBytes = this.#model.packetBytes;
    this.#burstBytes = this.#isShortPath
      ? Math.min(LOW_RTT_BURST_PACKETS * packetBytes, LOW_RTT_BURST_MAX_BYTES)
      : pacedBurstBytes(this.#rate, packetBytes, this.turnMs);
  }
}

function clampRate(rate: number): number {
  return Math.min(Math.max(rate, MIN_RATE), MAX_RATE);
}
