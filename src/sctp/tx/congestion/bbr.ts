// BBRv3 (draft-ietf-ccwg-bbr): the state machine over the model (bbr-model.ts) and the control parameters
// (bbr-control.ts). Deviations from the draft (the loss gate, start-up's end on a queue, the low round trip, guards)
// are described in docs/congestion-control.md. Runs for every acknowledgement: nothing here allocates.
import { BbrControl } from "./bbr-control.ts";
import { type AckPhase, CWND_GAINS, isProbeBw, PACING_GAINS, ProbeClock, type State } from "./bbr-cycle.ts";
import { inflightAtLoss } from "./bbr-loss.ts";
import { BbrModel } from "./bbr-model.ts";
import {
  BETA,
  DRAIN_ROUNDS,
  MIN_PIPE_PACKETS,
  SHARED_MIN_PACKETS,
  SHARED_PACING_GAIN,
  SHARED_ROUNDS,
  SHARED_WAIT_MS,
  SLOWER_PART,
  STARTUP_CHECK_PACING_GAIN,
  STARTUP_LOST_RANGES,
} from "./bbr-parameters.ts";
import { SharedQueue, sharedQueueBytes } from "./bbr-shared-queue.ts";
import type { AckEvent, CongestionController, CongestionMetrics, CongestionOptions, LossEvent } from "./controller.ts";

/** A controller for one association, in start-up. */
export function createBbr(options: CongestionOptions): CongestionController {
  return new Bbr(options);
}

class Bbr implements CongestionController {
  readonly #model: BbrModel;
  readonly #control: BbrControl;
  readonly #probeClock: ProbeClock;
  readonly #shared = new SharedQueue();

  #state: State = "startup";
  #ackPhase: AckPhase = "init";
  #pacingGain = PACING_GAINS.startup;
  /** Start-up has seen signs of a full pipe since this round; −1: none. */
  #suspectRound = -1;
  #drainRound = 0;
  #cruiseRound = 0;
  /** Rounds of cruising in a row in which a queue stayed. */
  #queuedRounds = 0;
  #isProbeSample = false;
  #wasProbeTooHigh = false;
  #wasProbePrecautionary = false;
  #probeRttEndsAtMs = -1;
  #isProbeRttRoundDone = false;
  #isIdleRestart = false;
  #isTimedOut = false;
  #undoState: State | undefined;

  constructor(options: CongestionOptions) {
    this.#model = new BbrModel(options);
    this.#control = new BbrControl(this.#model, options);
    this.#probeClock = new ProbeClock(this.#model, options.random);
  }

  get cwndBytes(): number {
    return this.#control.cwndBytes;
  }

  get pacingRate(): number {
    return this.#control.pacingRate;
  }

  get pipeBytes(): number {
    return this.#model.pipe.wasFull ? this.#model.bdpBytes : Number.POSITIVE_INFINITY;
  }

  get turnMs(): number {
    return this.#control.turnMs;
  }

  get burstBytes(): number {
    return this.#control.burstBytes;
  }

  handleSent(): void {
    // The acknowledgement returns everything that BBR needs to know about a departure.
  }

  handleLoss(loss: LossEvent): void {
    this.#noteLoss(loss.bytes, loss.priorDeliveredBytes, loss.deliveredBytes, loss.isNewRange);
    if (!this.#isProbeSample) {
      return;
    }
    const isQueued = this.#model.rtt.isQueued;
    const lostBytes = loss.lostTotalBytes - loss.priorLostBytes;
    if (this.#model.losses.isTooHigh(lostBytes, loss.txInflightBytes, this.#model.packetBytes, isQueued)) {
      const safe = inflightAtLoss(loss.bytes, lostBytes, loss.txInflightBytes, this.#model.losses.threshold(isQueued));
      this.#handleInflightTooHigh(loss.nowMs, safe, loss.isAppLimited);
    }
  }

  handleAck(ack: AckEvent): void {
    if (!(ack.ackedBytes > 0)) {
      return;
    }
    if (this.#isTimedOut) {
      this.#isTimedOut = false;
      this.#control.restore();
    }
    if (this.#model.noteAck(ack)) {
      this.#endLossRound();
    }
    this.#model.noteGrowth(ack, this.#control.cwndBytes, !this.#isCheckingStartup());
    this.#checkStartupDone();
    this.#checkDrainDone(ack);
    if (this.#model.pipe.wasFull) {
      this.#updateCycle(ack);
    }
    this.#checkProbeRtt(ack);
    this.#model.losses.advance(this.#model.sampleRate, ack.sampleBytes);
    this.#updateRate(this.#pacingGain);
    this.#updateCwnd(ack);
  }

  handleTimeout(_nowMs: number, inflightBytes: number): void {
    const delivered = this.#model.deliveredBytes;
    this.#noteLoss(Math.max(inflightBytes, this.#model.packetBytes), delivered, delivered, true);
    this.#saveCwnd();
    this.#isTimedOut = true;
    this.#control.collapse();
  }

  handleSpuriousLoss(nowMs: number): void {
    this.#isTimedOut = false;
    this.#control.restore();
    this.#model.undo();
    const undoState = this.#undoState;
    this.#undoState = undefined;
    if (undoState === "startup" && this.#state !== "startup") {
      this.#model.pipe.unmark();
      if (this.#state !== "probe-rtt") {
        this.#enterStartup();
      }
    } else if (undoState === "probe-bw-up" && this.#state !== "probe-bw-up" && this.#state !== "probe-rtt") {
      this.#startRefill();
    }
    this.#model.aggregation.restart(nowMs);
    this.#updateRate(this.#pacingGain);
  }

  handleRestartFromIdle(nowMs: number): void {
    this.#isIdleRestart = true;
    this.#model.aggregation.restart(nowMs);
    if (isProbeBw(this.#state)) {
      this.#updateRate(1);
    } else if (this.#state === "probe-rtt") {
      this.#checkProbeRttDone(nowMs);
    }
  }

  handleLateTimer(inflightBytes: number): void {
    this.#model.markSelfLimited(this.#model.deliveredBytes + inflightBytes);
  }

  setPacketBytes(bytes: number): void {
    this.#model.setPacketBytes(bytes);
    this.#control.notePacketBytes(this.#isTimedOut ? 1 : MIN_PIPE_PACKETS);
  }

  metrics(): CongestionMetrics {
    return {
      name: "bbr",
      state: this.#state,
      cwndBytes: this.#control.cwndBytes,
      pacingRate: this.pacingRate,
      ssthreshBytes: Number.POSITIVE_INFINITY,
      bandwidth: this.#model.bw,
      minRttMs: this.#model.rtt.minMs,
    };
  }

  #enter(state: State): void {
    this.#shared.stop();
    this.#state = state;
    this.#pacingGain = PACING_GAINS[state];
  }

  // Losses.

  #noteLoss(bytes: number, priorDelivered: number, deliveredBytes: number, isNewRange: boolean): void {
    if (!this.#model.losses.hasLoss && this.#model.saveForUndo(priorDelivered, deliveredBytes)) {
      this.#saveCwnd();
      this.#undoState = undefined;
    }
    this.#model.losses.noteLoss(bytes, deliveredBytes, isNewRange);
  }

  #endLossRound(): void {
    const { losses, rtt } = this.#model;
    const state = this.#state;
    if (state === "startup") {
      this.#checkStartupLoss();
    } else if (state !== "drain" && state !== "probe-bw-refill" && state !== "probe-bw-up") {
      // Not in drain: its losses are start-up's packets, and its delivery rate is as low as drain's sending rate.
      const isQueued = rtt.isQueuedFirmly && this.#isCruising;
      if (!this.#shared.isActive) {
        losses.adaptBounds(this.#model.bandwidth.max, this.#control.cwndBytes, isQueued);
        if (isQueued && this.#model.isSlower) losses.adaptBandwidth();
      } else if (losses.rate > losses.threshold(rtt.isQueued)) {
        this.#shared.noteLosses(losses.latestInflightBytes, rtt);
      }
      if (state === "probe-bw-cruise" && !rtt.isQueued) {
        losses.noteCruise();
      }
    }
    losses.endRound();
  }

  /**
   * What arrives was sent while cruising. Before that the queue is the one that the probe made, which DOWN drains by sending
   * less than the path carries: a random loss beside it is no congestion, and the rate delivered then is DOWN's own.
   */
  get #isCruising(): boolean {
    return this.#state === "probe-bw-cruise" && this.#model.roundCount > this.#cruiseRound + 1;
  }

  #targetInflight(): number {
    return Math.min(this.#model.bdpBytes, this.#control.cwndBytes);
  }

  // Start-up and drain.

  #enterStartup(): void {
    this.#enter("startup");
    this.#suspectRound = -1;
  }

  /** Handles the end of a loss round in start-up. */
  #checkStartupLoss(): void {
    const losses = this.#model.losses;
    if (losses.lostRanges >= STARTUP_LOST_RANGES && losses.rate > losses.threshold(this.#model.rtt.isQueued)) {
      this.#undoState = "startup";
      this.#model.pipe.markFull();
      if (this.#model.rtt.isRaised) this.#shared.noteLongestQueue(this.#model.rtt, true);
      this.#model.bound.set(Math.max(this.#model.bdpBytes, losses.latestInflightBytes), this.#model.rtt.isRaised);
    }
  }

  #checkStartupDone(): void {
    if (this.#state !== "startup") {
      return;
    }
    this.#checkStartupQueue();
    if (this.#model.pipe.wasFull) {
      this.#enter("drain");
      this.#drainRound = this.#model.roundCount;
    }
  }

  #isCheckingStartup(): boolean {
    return this.#state === "startup" && this.#suspectRound >= 0;
  }

  /**
   * A queue that outlives a round is suspicious; one that also outlives a round of even pace is a full pipe. A round in which
   * our own timer came late says nothing of either.
   */
  #checkStartupQueue(): void {
    if (this.#model.isSampleSelfLimited) {
      if (this.#suspectRound >= 0) this.#suspectRound = this.#model.roundCount;
    } else if (this.#suspectRound < 0) {
      if (this.#model.rtt.isRoundRising) {
        this.#suspectRound = this.#model.roundCount;
        this.#pacingGain = STARTUP_CHECK_PACING_GAIN;
      }
    } else if (this.#model.isRoundStart && this.#model.roundCount > this.#suspectRound + 1) {
      if (this.#model.rtt.isLastRoundRising) {
        this.#model.pipe.markFull();
      } else {
        this.#model.pipe.reset(this.#model.bandwidth.max);
        this.#enterStartup();
      }
    }
  }

  #checkDrainDone(ack: AckEvent): void {
    if (
      this.#state === "drain" &&
      (ack.inflightBytes <= this.#control.withQuanta(this.#model.bdpBytes, false) ||
        this.#model.roundCount > this.#drainRound + DRAIN_ROUNDS)
    ) {
      this.#startDown(ack.nowMs, true);
    }
  }

  // Probing for bandwidth.

  #startDown(nowMs: number, isFirst = false): void {
    this.#model.losses.resetSignals();
    this.#model.bound.stop();
    this.#probeClock.restart(nowMs, isFirst);
    this.#ackPhase = "stopping";
    this.#model.startRound();
    this.#enter("probe-bw-down");
  }

  #startCruise(): void {
    this.#cruiseRound = this.#model.roundCount;
    this.#queuedRounds = 0;
    this.#model.rtt.noise.restart();
    this.#enter("probe-bw-cruise");
  }

  #startRefill(): void {
    this.#shared.endCycle();
    const { losses, bandwidth, isSlower } = this.#model;
    if (isSlower) bandwidth.limit(losses.bandwidthBound / SLOWER_PART);
    losses.resetBounds();
    this.#model.bound.resetSlope();
    this.#wasProbePrecautionary = false;
    this.#ackPhase = "refilling";
    this.#model.startRound();
    this.#enter("probe-bw-refill");
  }

  #startUp(): void {
    this.#ackPhase = "starting";
    this.#model.startRound();
    this.#model.pipe.reset(this.#model.sampleRate);
    this.#enter("probe-bw-up");
    this.#model.bound.steepen(this.#control.cwndBytes, this.#model.packetBytes);
  }

  #updateCycle(ack: AckEvent): void {
    if (this.#adaptLongTermModel(ack)) {
      return;
    }
    switch (this.#state) {
      case "probe-bw-down":
        if (this.#isTimeToProbe(ack.nowMs)) {
          this.#startRefill();
        } else if (this.#isTimeToCruise(ack.inflightBytes)) {
          this.#startCruise();
        }
        break;
      case "probe-bw-cruise":
        if (this.#isTimeToProbe(ack.nowMs)) {
          if (this.#shared.isActive && !this.#shared.isSpent && this.#model.rtt.isCalm) {
            this.#skipProbe(ack);
          } else {
            this.#startRefill();
          }
        } else {
          this.#checkShared(ack);
        }
        break;
      case "probe-bw-refill":
        if (this.#model.isRoundStart) {
          this.#isProbeSample = true;
          this.#startUp();
        }
        break;
      case "probe-bw-up":
        if (this.#isTimeToGoDown(ack)) {
          this.#wasProbeTooHigh = false;
          this.#shared.noteLongestQueue(this.#model.rtt, false);
          this.#startDown(ack.nowMs);
        }
        break;
      default:
        break;
    }
  }

  /** The shared queue shows that there is no more to be had, and a probe would only upset it. */
  #skipProbe(ack: AckEvent): void {
    this.#probeClock.restart(ack.nowMs, false);
    this.#model.bandwidth.advance();
    this.#shared.endCycle();
    this.#shared.start(ack.inflightBytes, this.#model.rtt);
  }

  /** Cruising: begins, goes on or ends to share a queue. */
  #checkShared(ack: AckEvent): void {
    const { rtt, bw, bdpBytes, packetBytes, losses, aggregation } = this.#model;
    if (this.#model.isRoundStart && this.#isCruising) rtt.noise.noteRound(ack.nowMs, rtt.lastRoundMinMs);
    if (!this.#shared.isActive) {
      const isSlowEnough = sharedQueueBytes(bw, rtt.minMs, packetBytes) >= SHARED_WAIT_MS * bw;
      const hasRoom = isSlowEnough && bdpBytes >= SHARED_MIN_PACKETS * packetBytes;
      const isQueueShared = this.#isQueueShared(aggregation.extraBytes / bw);
      if (!isQueueShared || !hasRoom) this.#queuedRounds = 0;
      else if (this.#model.isRoundStart) this.#queuedRounds++;
      if (this.#shared.isResting || this.#queuedRounds < SHARED_ROUNDS) return;
      this.#shared.start(ack.inflightBytes, rtt);
      // Its window knows better how much is too much than bounds of losses that are over.
      losses.resetBounds();
      this.#pacingGain = SHARED_PACING_GAIN;
    } else if (rtt.isLong) {
      this.#shared.stop();
    }
    if (this.#shared.isActive && this.#model.isRoundStart) {
      this.#shared.noteRound(rtt, packetBytes, CWND_GAINS[this.#state] * bdpBytes);
    }
    if (!this.#shared.isActive) this.#pacingGain = PACING_GAINS[this.#state];
  }

  /** A queue stays that is longer than `ownMs`; what waits in a short stream is our own. */
  #isQueueShared(ownMs: number): boolean {
    return this.#model.rtt.isQueueShared(ownMs) && this.#isCruising && !this.#control.isShortStream;
  }

  /** @returns whether it chose the next state */
  #adaptLongTermModel(ack: AckEvent): boolean {
    if (this.#model.isRoundStart && this.#ackPhase === "starting") {
      this.#ackPhase = "feedback";
    }
    if (this.#model.isRoundStart && this.#ackPhase === "stopping") {
      this.#isProbeSample = false;
      this.#ackPhase = "init";
      if (isProbeBw(this.#state) && !this.#model.isSampleLimited) {
        this.#model.bandwidth.advance();
      }
      if (isProbeBw(this.#state) && this.#wasProbePrecautionary && !this.#wasProbeTooHigh) {
        this.#startRefill();
        return true;
      }
    }
    const lostBytes = ack.lostTotalBytes - ack.priorLostBytes;
    const isQueued = this.#model.rtt.isQueued;
    if (
      this.#model.bound.bytes < Number.POSITIVE_INFINITY &&
      !this.#model.losses.isTooHigh(lostBytes, ack.txInflightBytes, this.#model.packetBytes, isQueued)
    ) {
      this.#model.bound.noteSafe(ack.txInflightBytes);
      if (this.#state === "probe-bw-up" && ack.isCwndLimited && this.#control.cwndBytes >= this.#model.bound.bytes) {
        this.#model.bound.raise(ack.ackedBytes, this.#model.packetBytes);
        if (this.#model.isRoundStart) {
          this.#model.bound.steepen(this.#control.cwndBytes, this.#model.packetBytes);
        }
      }
    }
    return false;
  }

  #isTimeToProbe(nowMs: number): boolean {
    return this.#probeClock.isDue(nowMs, this.#targetInflight());
  }

  #isTimeToCruise(inflightBytes: number): boolean {
    return (
      inflightBytes <= this.#model.bound.withHeadroom(this.#model.packetBytes) &&
      inflightBytes <= this.#control.withQuanta(this.#model.longTermBdpBytes, false)
    );
  }

  #isTimeToGoDown(ack: AckEvent): boolean {
    if (this.#wasProbeTooHigh && ack.inflightBytes >= this.#model.bound.bytes) {
      this.#wasProbePrecautionary = true;
      return true;
    }
    if (ack.isCwndLimited && this.#control.cwndBytes >= this.#model.bound.bytes) {
      this.#model.pipe.reset(this.#model.sampleRate);
      return false;
    }
    return this.#model.pipe.isFullNow;
  }

  #handleInflightTooHigh(nowMs: number, safeBytes: number, isAppLimited: boolean): void {
    this.#wasProbeTooHigh = true;
    this.#isProbeSample = false;
    if (!isAppLimited) {
      // A queue lies beyond what the pipe holds: a bound below that is of a burst after a stall, not of the path.
      const isOfQueue = this.#model.rtt.isRaised;
      if (isOfQueue) this.#shared.noteLongestQueue(this.#model.rtt, true);
      this.#model.bound.set(Math.max(safeBytes, this.#targetInflight() * (isOfQueue ? 1 : BETA)), isOfQueue);
    }
    if (this.#state === "probe-bw-up") {
      this.#undoState = "probe-bw-up";
      this.#startDown(nowMs);
    }
  }

  // Probing for the round trip.

  #checkProbeRtt(ack: AckEvent): void {
    if (this.#state !== "probe-rtt" && this.#model.rtt.isProbeDue && !this.#isIdleRestart) {
      this.#saveCwnd();
      this.#enter("probe-rtt");
      this.#probeRttEndsAtMs = -1;
      this.#ackPhase = "stopping";
      this.#model.startRound();
    }
    if (this.#state === "probe-rtt") {
      this.#model.markSelfLimited(ack.deliveredBytes + ack.inflightBytes);
      if (this.#probeRttEndsAtMs < 0) {
        if (ack.inflightBytes <= this.#control.probeRttCwndBytes) {
          this.#probeRttEndsAtMs = ack.nowMs + this.#control.probeRttMs;
          this.#isProbeRttRoundDone = false;
          this.#model.startRound();
        }
      } else {
        this.#isProbeRttRoundDone ||= this.#model.isRoundStart;
        if (this.#isProbeRttRoundDone) {
          this.#checkProbeRttDone(ack.nowMs);
        }
      }
    }
    this.#isIdleRestart = false;
  }

  #checkProbeRttDone(nowMs: number): void {
    if (this.#probeRttEndsAtMs < 0 || nowMs <= this.#probeRttEndsAtMs) {
      return;
    }
    this.#model.rtt.noteProbeDone(nowMs);
    this.#control.restore();
    this.#model.losses.resetBounds();
    if (this.#model.pipe.wasFull) {
      this.#startDown(nowMs);
      this.#startCruise();
    } else {
      this.#enterStartup();
    }
  }

  // Control.

  #updateRate(gain: number): void {
    this.#control.updateRate(gain, !this.#model.pipe.wasFull && this.#suspectRound < 0);
  }

  #updateCwnd(ack: AckEvent): void {
    const { bdpBytes, aggregation } = this.#model;
    const most = CWND_GAINS[this.#state] * bdpBytes + aggregation.extraBytes;
    this.#control.updateCwnd(
      ack.ackedBytes,
      this.#control.withQuanta(most, this.#state === "probe-bw-up"),
      this.#capBytes(),
    );
  }

  /** The limit set by recent losses and PROBE_RTT; Infinity: none. */
  #capBytes(): number {
    const { bound, losses, packetBytes } = this.#model;
    switch (this.#state) {
      case "probe-rtt":
        return Math.min(bound.withHeadroom(packetBytes), losses.inflightBound, this.#control.probeRttCwndBytes);
      case "probe-bw-cruise":
        return this.#shared.isActive
          ? this.#shared.windowBytes
          : Math.min(this.#cruiseCapBytes(), losses.inflightBound);
      case "startup":
      case "drain":
        return losses.inflightBound;
      default:
        return Math.min(bound.bytes, losses.inflightBound);
    }
  }

  /**
   * What cruising leaves to others is taken from the queue, not from what the pipe itself holds. Behind a policer, which has
   * no queue, the headroom is all that they get. A queue that stays while we cruise is somebody else's too: nothing of ours
   * waits in it then, so that whoever has less finds room to probe.
   */
  #cruiseCapBytes(): number {
    const { bound, bdpBytes, aggregation, packetBytes, rtt } = this.#model;
    const pipeBytes = bdpBytes + aggregation.extraBytes;
    const least = bound.isOfQueue ? Math.min(bound.bytes, pipeBytes) : 0;
    const cap = Math.max(bound.withHeadroom(packetBytes), least);
    const isSlower = rtt.isQueuedFirmly && this.#model.isSlower && this.#isCruising && !this.#control.isShortStream;
    return this.#isQueueShared(0) || isSlower ? Math.min(cap, pipeBytes) : cap;
  }

  /** Saves the window before a loss or PROBE_RTT, neither of which invalidates the model. */
  #saveCwnd(): void {
    this.#control.save(this.#model.losses.hasLoss || this.#isTimedOut || this.#state === "probe-rtt");
  }
}
