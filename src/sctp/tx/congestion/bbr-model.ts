// BBR's model of the path: its delivery rate, its round trip, the losses and the inflight that was too much
// (draft-ietf-ccwg-bbr 5.5), and the rounds that count them. It decides nothing.
import { AckAggregation, BandwidthFilter } from "./bbr-bandwidth.ts";
import { FullPipe } from "./bbr-full-pipe.ts";
import { InflightBound } from "./bbr-inflight.ts";
import { LossModel } from "./bbr-loss.ts";
import { INITIAL_MAX_BYTES, INITIAL_PACKETS, MAX_RATE, MIN_PIPE_PACKETS, SLOWER_PART } from "./bbr-parameters.ts";
import { RttModel } from "./bbr-rtt.ts";
import type { AckEvent, CongestionOptions } from "./controller.ts";

export class BbrModel {
  readonly bandwidth = new BandwidthFilter();
  readonly aggregation = new AckAggregation();
  readonly rtt = new RttModel();
  readonly losses = new LossModel();
  readonly pipe = new FullPipe();
  readonly bound = new InflightBound();
  /** The first window. */
  readonly initialBytes: number;
  #packetBytes: number;

  #deliveredBytes = 0;
  #roundEndDelivered = 0;
  #roundCount = 0;
  #isRoundStart = false;
  /** Samples of chunks sent before this total was delivered reflect a limit of our own. */
  #selfLimitedUntil = -1;
  #sampleRate = 0;
  #isSampleLimited = false;
  #isSampleSelfLimited = false;

  #undoFromDelivered = 0;
  #undoBandwidthBound = Number.POSITIVE_INFINITY;
  #undoInflightBound = Number.POSITIVE_INFINITY;
  #undoLongTermBytes = Number.POSITIVE_INFINITY;

  constructor(options: CongestionOptions) {
    const packetBytes = options.packetBytes;
    this.#packetBytes = packetBytes;
    const most = Math.max(INITIAL_MAX_BYTES, MIN_PIPE_PACKETS * packetBytes);
    this.initialBytes = Math.min(INITIAL_PACKETS * packetBytes, most);
  }

  get packetBytes(): number {
    return this.#packetBytes;
  }

  setPacketBytes(bytes: number): void {
    this.#packetBytes = bytes;
  }

  get deliveredBytes(): number {
    return this.#deliveredBytes;
  }

  get roundCount(): number {
    return this.#roundCount;
  }

  /** The current acknowledgement started a round. */
  get isRoundStart(): boolean {
    return this.#isRoundStart;
  }

  /** Delivery rate of the current acknowledgement; 0: it has none. */
  get sampleRate(): number {
    return this.#sampleRate;
  }

  /** That sample reflects the application's or our own sending rate rather than the path's capacity. */
  get isSampleLimited(): boolean {
    return this.#isSampleLimited;
  }

  /** Our own limit alone: a late timer, or a pause to measure the round trip. */
  get isSampleSelfLimited(): boolean {
    return this.#isSampleSelfLimited;
  }

  /** The bandwidth to use, bytes per millisecond; 0 while unknown. */
  get bw(): number {
    return Math.min(this.bandwidth.max, this.losses.bandwidthBound);
  }

  /** Losses beside a queue have shown that the path carries much less than it did. */
  get isSlower(): boolean {
    return this.losses.bandwidthBound < SLOWER_PART * this.bandwidth.max;
  }

  /** The bandwidth-delay product at that bandwidth; the first window while it is unknown. */
  get bdpBytes(): number {
    return this.#bdpAt(this.bw);
  }

  /** The same without the short-term bound set by losses. */
  get longTermBdpBytes(): number {
    return this.#bdpAt(this.bandwidth.max);
  }

  /** Takes in an acknowledgement of at least one byte. @returns whether a loss round ends with it */
  noteAck(ack: AckEvent): boolean {
    const rate = ack.deliveryRate;
    this.#sampleRate = rate !== undefined && rate > 0 ? Math.min(rate, MAX_RATE) : 0;
    this.#isSampleSelfLimited = ack.priorDeliveredBytes <= this.#selfLimitedUntil;
    this.#isSampleLimited = ack.isAppLimited || this.#isSampleSelfLimited;
    this.#deliveredBytes = ack.deliveredBytes;
    this.#isRoundStart = ack.priorDeliveredBytes >= this.#roundEndDelivered;
    if (this.#isRoundStart) {
      this.startRound();
      this.#roundCount++;
      this.rtt.startRound();
      this.aggregation.startRound(this.pipe.wasFull);
    }
    this.rtt.update(ack.nowMs, ack.rttMs);
    const sample = this.#sampleRate;
    if (sample > 0 && (sample >= this.bandwidth.max || !this.#isSampleLimited)) {
      this.bandwidth.add(sample);
    }
    return this.losses.noteDelivery(
      sample,
      ack.sampleBytes,
      ack.ackedBytes,
      ack.priorDeliveredBytes,
      ack.deliveredBytes,
    );
  }

  /** Call after the loss round was judged. `canGrow`: false while our own pace keeps the rate from growing. */
  noteGrowth(ack: AckEvent, cwndBytes: number, canGrow: boolean): void {
    this.aggregation.add(ack.nowMs, ack.ackedBytes, this.bw, cwndBytes);
    if (canGrow && this.#isRoundStart && !this.#isSampleLimited && this.#sampleRate > 0) {
      this.pipe.noteRound(this.#sampleRate);
    }
  }

  /** A round ends when data sent from now on is delivered. */
  startRound(): void {
    this.#roundEndDelivered = this.#deliveredBytes;
  }

  /** Marks what was sent before this total is delivered as limited by ourselves. */
  markSelfLimited(deliveredBytes: number): void {
    this.#selfLimitedUntil = deliveredBytes;
  }

  /**
   * Call at the first loss of a loss round. @returns false when the chunk was sent before the losses saved last: it
   * belongs to their episode, and an undo restores the state before that episode.
   */
  saveForUndo(priorDelivered: number, deliveredBytes: number): boolean {
    if (priorDelivered < this.#undoFromDelivered) {
      return false;
    }
    this.#undoFromDelivered = deliveredBytes;
    this.#undoBandwidthBound = this.losses.bandwidthBound;
    this.#undoInflightBound = this.losses.inflightBound;
    this.#undoLongTermBytes = this.bound.bytes;
    return true;
  }

  /** draft 5.5.11.2: the bounds are at least what they were. */
  undo(): void {
    this.pipe.reset(0);
    this.losses.undo(this.#undoBandwidthBound, this.#undoInflightBound);
    this.bound.set(Math.max(this.bound.bytes, this.#undoLongTermBytes), this.bound.isOfQueue);
  }

  #bdpAt(bandwidth: number): number {
    const bdp = bandwidth * this.rtt.minMs;
    return bdp > 0 && bdp < Number.POSITIVE_INFINITY ? bdp : this.initialBytes;
  }
}
