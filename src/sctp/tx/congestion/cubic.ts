// CUBIC (RFC 9438) with HyStart++ and pacing: the controller for users who want what most of the Internet does. It
// treats every loss as congestion, so it holds no rate on paths with random loss. Bytes and milliseconds, where the
// RFC uses segments and seconds.
import type { AckEvent, CongestionController, CongestionMetrics, CongestionOptions, LossEvent } from "./controller.ts";
import { HyStart } from "./hystart.ts";
import { pacedBurstBytes, pacedTurnMs } from "./pacing-burst.ts";

/** RFC 9438 §4.1 and 4.6: C in segments per s³. */
const C = 0.4;
const BETA = 0.7;
/** RFC 9438 §4.3: growth per round of the Reno-friendly estimate, until it reaches the window before the loss. */
const RENO_ALPHA = (3 * (1 - BETA)) / (1 + BETA);
const MAX_GROWTH = 1.5;
/** RFC 6928. */
const INITIAL_PACKETS = 10;
const MIN_PACKETS = 2;
const PACING_GAIN = 1.25;
const SLOW_START_PACING_GAIN = 2;
const INITIAL_UNKNOWN_RTT_MS = 10;
const MIN_RTT_MS = 0.01;
const MIN_RATE = 0.5;
const MAX_RATE = 1e8;
const MAX_CWND_BYTES = 2 ** 30;

/** A controller for one association, in slow start. */
export function createCubic(options: CongestionOptions): CongestionController {
  return new Cubic(options);
}

class Cubic implements CongestionController {
  readonly #hystart = new HyStart();
  #packetBytes: number;
  #cwndBytes: number;
  #ssthreshBytes = Number.POSITIVE_INFINITY;
  #rate: number;
  #burstBytes = 0;
  #smoothedRttMs = 0;
  #minRttMs = Number.POSITIVE_INFINITY;
  #deliveredBytes = 0;

  /** W_max, cwnd_prior and W_est of RFC 9438 §4.1.2, in bytes. */
  #maxBytes = 0;
  #priorBytes = 0;
  #renoBytes = 0;
  /** Start of this stage of congestion avoidance, shifted by times when the window was not the limit; −1: none. */
  #epochAtMs = -1;
  #kMs = 0;
  #lastAckAtMs = 0;
  /** After a timeout or HyStart++'s end there is no W_max as a target: RFC 9438 §4.8, 4.10. */
  #hasReduced = false;

  /** One reduction answers all losses among the chunks sent before it. */
  #reducedAtMs = Number.NEGATIVE_INFINITY;
  #recoveryEndDelivered = 0;

  #undoCwndBytes = 0;
  #undoSsthreshBytes = 0;
  #undoMaxBytes = 0;
  #canUndo = false;

  constructor(options: CongestionOptions) {
    this.#packetBytes = options.packetBytes;
    this.#cwndBytes = INITIAL_PACKETS * options.packetBytes;
    const rttMs = options.initialRttMs;
    this.#rate =
      rttMs !== undefined && rttMs >= 0 && rttMs < Number.POSITIVE_INFINITY
        ? clampRate((SLOW_START_PACING_GAIN * this.#cwndBytes) / Math.max(rttMs, MIN_RTT_MS))
        : this.#cwndBytes / INITIAL_UNKNOWN_RTT_MS;
    this.#burstBytes = pacedBurstBytes(this.#rate, this.#packetBytes, this.turnMs);
  }

  get cwndBytes(): number {
    return this.#cwndBytes;
  }

  get pacingRate(): number {
    return this.#rate;
  }

  get pipeBytes(): number {
    return Number.POSITIVE_INFINITY;
  }

  get turnMs(): number {
    return pacedTurnMs(this.#minRttMs);
  }

  get burstBytes(): number {
    return this.#burstBytes;
  }

  handleSent(): void {
    // The window alone decides.
  }

  handleLoss(loss: LossEvent): void {
    if (loss.sentAtMs > this.#reducedAtMs) {
      this.#deliveredBytes = Math.max(this.#deliveredBytes, loss.deliveredBytes);
      this.#saveForUndo();
      this.#reduce(loss.nowMs);
      this.#cwndBytes = this.#ssthreshBytes;
      this.#updateRate();
    }
  }

  handleAck(ack: AckEvent): void {
    if (!(ack.ackedBytes > 0)) {
      return;
    }
    this.#deliveredBytes = ack.deliveredBytes;
    this.#noteRtt(ack.rttMs);
    const isRecovering = ack.priorDeliveredBytes < this.#recoveryEndDelivered;
    if (this.#cwndBytes < this.#ssthreshBytes) {
      // RFC 5681 §4.2: after a timeout slow start also runs while lost chunks are retransmitted.
      this.#growSlowly(ack);
    } else if (!isRecovering && ack.isCwndLimited) {
      this.#growCubic(ack);
    } else if (this.#epochAtMs >= 0) {
      // RFC 9438 §5.8: time in which the window could not be used does not count.
      this.#epochAtMs += Math.max(0, ack.nowMs - this.#lastAckAtMs);
    }
    this.#lastAckAtMs = ack.nowMs;
    this.#updateRate();
  }

  handleTimeout(nowMs: number): void {
    if (this.#cwndBytes > this.#packetBytes) {
      this.#saveForUndo();
      this.#reduce(nowMs);
    }
    this.#reducedAtMs = nowMs;
    this.#hasReduced = false;
    this.#cwndBytes = this.#packetBytes;
    this.#hystart.restart(this.#deliveredBytes);
    this.#updateRate();
  }

  handleSpuriousLoss(): void {
    if (!this.#canUndo) {
      return;
    }
    this.#canUndo = false;
    this.#cwndBytes = Math.max(this.#cwndBytes, this.#undoCwndBytes);
    this.#ssthreshBytes = Math.max(this.#ssthreshBytes, this.#undoSsthreshBytes);
    this.#maxBytes = Math.max(this.#maxBytes, this.#undoMaxBytes);
    this.#recoveryEndDelivered = 0;
    this.#epochAtMs = -1;
    this.#updateRate();
  }

  handleRestartFromIdle(nowMs: number): void {
    // The window is kept: paced, it makes no burst. Idle time does not count on the cubic curve.
    if (this.#epochAtMs >= 0) {
      this.#epochAtMs += Math.max(0, nowMs - this.#lastAckAtMs);
    }
    this.#lastAckAtMs = nowMs;
  }

  handleLateTimer(): void {
    // Neither its window nor its pace is taken from rates.
  }

  setPacketBytes(bytes: number): void {
    this.#packetBytes = bytes;
    this.#cwndBytes = Math.max(this.#cwndBytes, bytes);
    this.#updateRate();
  }

  metrics(): CongestionMetrics {
    return {
      name: "cubic",
      state: this.#stateName(),
      cwndBytes: this.#cwndBytes,
      pacingRate: this.#rate,
      ssthreshBytes: this.#ssthreshBytes,
      bandwidth: this.#smoothedRttMs > 0 ? this.#cwndBytes / this.#smoothedRttMs : 0,
      minRttMs: this.#minRttMs,
    };
  }

  #stateName(): string {
    if (this.#cwndBytes < this.#ssthreshBytes) {
      return this.#hystart.growthDivisor > 1 ? "conservative-slow-start" : "slow-start";
    }
    return this.#deliveredBytes < this.#recoveryEndDelivered ? "recovery" : "congestion-avoidance";
  }

  #noteRtt(sampleMs: number | undefined): void {
    if (sampleMs === undefined || !(sampleMs >= 0 && sampleMs < Number.POSITIVE_INFINITY)) {
      return;
    }
    const rttMs = Math.max(sampleMs, MIN_RTT_MS);
    this.#smoothedRttMs = this.#smoothedRttMs === 0 ? rttMs : this.#smoothedRttMs + (rttMs - this.#smoothedRttMs) / 8;
    this.#minRttMs = Math.min(this.#minRttMs, rttMs);
  }

  /** Slow start, of either speed: RFC 9406 §4.2. */
  #growSlowly(ack: AckEvent): void {
    if (ack.isCwndLimited) {
      const grown = this.#cwndBytes + ack.ackedBytes / this.#hystart.growthDivisor;
      this.#setCwnd(Math.min(grown, this.#ssthreshBytes));
    }
    if (this.#hystart.handleAck(ack.priorDeliveredBytes, ack.deliveredBytes, ack.rttMs)) {
      this.#ssthreshBytes = this.#cwndBytes;
    }
  }

  #growCubic(ack: AckEvent): void {
    if (this.#epochAtMs < 0) {
      this.#startEpoch(ack.nowMs);
    }
    const packet = this.#packetBytes;
    const cwnd = this.#cwndBytes;
    // RFC 9438 §4.2: the value of the curve one round trip from now.
    const seconds = (ack.nowMs - this.#epochAtMs - this.#kMs) / 1000;
    const ahead = seconds + this.#smoothedRttMs / 1000;
    const now = this.#maxBytes + C * packet * seconds * seconds * seconds;
    const next = this.#maxBytes + C * packet * ahead * ahead * ahead;
    const alpha = this.#renoBytes < this.#priorBytes ? RENO_ALPHA : 1;
    this.#renoBytes = Math.min(this.#renoBytes + (alpha * packet * ack.ackedBytes) / cwnd, MAX_CWND_BYTES);
    if (now < this.#renoBytes) {
      this.#setCwnd(Math.max(cwnd, this.#renoBytes));
    } else {
      const target = Math.min(Math.max(next, cwnd), MAX_GROWTH * cwnd);
      this.#setCwnd(cwnd + (target - cwnd) * Math.min(1, ack.ackedBytes / cwnd));
    }
  }

  #startEpoch(nowMs: number): void {
    this.#epochAtMs = nowMs;
    this.#renoBytes = this.#cwndBytes;
    if (this.#hasReduced && this.#maxBytes > this.#cwndBytes) {
      this.#kMs = 1000 * Math.cbrt((this.#maxBytes - this.#cwndBytes) / (C * this.#packetBytes));
    } else {
      this.#kMs = 0;
      this.#maxBytes = this.#cwndBytes;
      this.#priorBytes = Math.max(this.#priorBytes, this.#cwndBytes);
    }
  }

  /** RFC 9438 §4.6 and 4.7. */
  #reduce(nowMs: number): void {
    const cwnd = this.#cwndBytes;
    this.#maxBytes = cwnd < this.#maxBytes ? (cwnd * (1 + BETA)) / 2 : cwnd;
    this.#priorBytes = cwnd;
    this.#ssthreshBytes = Math.max(cwnd * BETA, MIN_PACKETS * this.#packetBytes);
    this.#hasReduced = true;
    this.#epochAtMs = -1;
    this.#reducedAtMs = nowMs;
    this.#recoveryEndDelivered = this.#deliveredBytes;
  }

  #saveForUndo(): void {
    this.#undoCwndBytes = this.#cwndBytes;
    this.#undoSsthreshBytes = this.#ssthreshBytes;
    this.#undoMaxBytes = this.#maxBytes;
    this.#canUndo = true;
  }

  #setCwnd(bytes: number): void {
    this.#cwndBytes = Math.min(Math.max(bytes, this.#packetBytes), MAX_CWND_BYTES);
  }

  #updateRate(): void {
    if (this.#smoothedRttMs > 0) {
      const gain = this.#cwndBytes < this.#ssthreshBytes ? SLOW_START_PACING_GAIN : PACING_GAIN;
      this.#rate = clampRate((gain * this.#cwndBytes) / this.#smoothedRttMs);
    }
    this.#burstBytes = pacedBurstBytes(this.#rate, this.#packetBytes, this.turnMs);
  }
}

function clampRate(rate: number): number {
  return Math.min(Math.max(rate, MIN_RATE), MAX_RATE);
}
