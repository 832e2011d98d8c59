// Processes SACKs: finds acknowledged and lost chunks, informs the controller, and runs the timers.
// RFC 9260 §6.2.1, §6.3; RFC 8985. The transmitter does the sending.
import { BASE_PACKET_BYTES } from "../limits.ts";
import { COMMON_HEADER_BYTES, SACK_HEADER_BYTES } from "../packet/chunk-types.ts";
import { readU16, readU32 } from "../packet/fields.ts";
import { addTsn, type Tsn, unwrapTsn } from "../serial.ts";
import type { CongestionController } from "./congestion/controller.ts";
import { DeliveryRate } from "./delivery-rate.ts";
import { areAscending, sortedGaps } from "./gap-blocks.ts";
import { ChunkState, type Outstanding } from "./outstanding.ts";
import { Rack } from "./rack.ts";
import { RetransmissionTimeout } from "./rto.ts";
import { AckSummary, LossSummary } from "./summaries.ts";

const NEVER = Number.POSITIVE_INFINITY;
/** A larger chunk needs a packet that not every path carries. */
const BASE_CHUNK_BYTES = BASE_PACKET_BYTES - COMMON_HEADER_BYTES;
/**
 * What was in flight when the path was left is given up when nothing of it has arrived for the old path's time-out within
 * these bounds, or after the last of them in all: a connection that stalls must not stall what follows it.
 */
const MIN_BEHIND_MS = 250;
const MAX_BEHIND_PAUSE_MS = 1_000;
const MAX_BEHIND_MS = 2_000;

/** The peer's acknowledgement behaviour, from the handshake. */
export interface PeerAckTraits {
  /** The time by which it may delay a SACK. */
  maxAckDelayMs: number;
  /** A SACK with as many gap blocks as this may have been truncated. */
  cutGapCount: number;
}

/** The path that packets take from now on. */
export interface NewPath {
  /** Undefined: unknown. */
  rttMs: number | undefined;
  /** The path loses nothing, and may stall. */
  isStream: boolean;
  /** A fresh controller without state from the previous path. */
  controller: CongestionController;
}

export class LossRecovery {
  readonly rate: DeliveryRate;
  readonly rto: RetransmissionTimeout;
  readonly #outstanding: Outstanding;
  #controller: CongestionController;
  readonly #rack: Rack;
  readonly #ack = new AckSummary();
  readonly #loss = new LossSummary();
  #traits: PeerAckTraits = { maxAckDelayMs: 200, cutGapCount: 20 };
  #timeoutDeadlineMs = NEVER;
  #advertisedBytes = 0;
  /** When the chunks on the path that was left are given up, at the latest, and how long a pause among them may be. */
  #behindUntilMs = NEVER;
  #behindDeadlineMs = NEVER;
  #behindPauseMs = 0;
  #nowMs = 0;
  #lastLostTsn = 0;
  /** Everything before this TSN was sent when cwnd last blocked sending; -1: it never did. */
  #cwndLimitedUntil = -1;
  /** The last SACK was truncated and reports nothing above this; undefined: it reports everything. */
  #highestReported: Tsn | undefined;
  /** Retransmissions of this recovery not yet reported as duplicates; undefined: no recovery yet. */
  #neededRepeats: number | undefined;
  /** The last probe retransmitted a chunk: its duplicate report says nothing about losses. */
  #hasRepeatedProbe = false;
  /** Packets that may leave regardless of window and pacing: after a timeout, and as a probe. */
  freePackets = 0;
  /** Gap blocks, and chunks in them, examined so far: a measure of the work, without a clock. */
  gapSteps = 0;
  timeouts = 0;
  tailProbes = 0;
  /** Timeouts since something was acknowledged. */
  timeoutsInARow = 0;
  /**
   * Round trips in a row that lost chunks larger than every path carries, and since the first of which none of that size has
   * arrived, though small ones may have. RFC 8899 §4.3.
   */
  largeLossesInARow = 0;
  #largeLossAtMs = Number.NEGATIVE_INFINITY;

  constructor(outstanding: Outstanding, controller: CongestionController, isStream: boolean) {
    this.#outstanding = outstanding;
    this.rto = new RetransmissionTimeout(isStream);
    this.#controller = controller;
    this.#rack = new Rack(outstanding);
    this.rate = new DeliveryRate(outstanding);
  }

  setPeer(traits: PeerAckTraits, advertisedBytes: number): void {
    this.#traits = traits;
    this.#advertisedBytes = advertisedBytes;
  }

  /** Payload bytes that the peer still accepts. May be negative. RFC 9260 §6.2.1. */
  get peerWindowBytes(): number {
    return this.#advertisedBytes - this.#outstanding.inflightPayloadBytes;
  }

  /** cwnd blocks something that could be sent. */
  noteCwndLimited(): void {
    this.#cwndLimitedUntil = this.#outstanding.nextTsn;
  }

  /** Whether cwnd limited sending in the last round trip. draft-ietf-ccwg-bbr 2.1, C.is_cwnd_limited. */
  get #isCwndLimited(): boolean {
    return this.#outstanding.firstTsn <= this.#cwndLimitedUntil;
  }

  handleSent(slot: number, nowMs: number): void {
    const o = this.#outstanding;
    const isRepeated = (o.sendCount[slot] as number) > 0;
    const bytes = o.bytesAt(slot);
    this.rate.handleSent(slot, nowMs, bytes);
    this.#controller.handleSent(nowMs, bytes, o.inflightBytes, this.rate.isAppLimited);
    o.markSent(slot, nowMs);
    if (isRepeated && this.#neededRepeats !== undefined) this.#neededRepeats += 1;
    if (this.#timeoutDeadlineMs === NEVER) this.#timeoutDeadlineMs = nowMs + this.rto.rtoMs;
  }

  /** Call after the last chunk of a packet. */
  handlePacketSent(nowMs: number): void {
    if (this.freePackets > 0) this.freePackets -= 1;
    this.#armProbe(nowMs);
  }

  #armProbe(nowMs: number): void {
    this.#rack.armProbe(nowMs, this.rto.srttMs, this.#traits.maxAckDelayMs);
  }

  /** Handles one SACK chunk, `bytes[start, end)`. Old or impossible values are ignored. */
  handleSack(bytes: Uint8Array, start: number, end: number, nowMs: number): void {
    const o = this.#outstanding;
    if (end - start < SACK_HEADER_BYTES) return;
    const cumulative = unwrapTsn(readU32(bytes, start + 4), o.firstTsn);
    if (cumulative < o.firstTsn - 1 || cumulative >= o.nextTsn) return;
    this.#nowMs = nowMs;
    const ack = this.#ack;
    ack.begin(nowMs, o.inflightBytes, this.#isCwndLimited);
    this.rate.beginSack();
    const { firstTsn } = o;
    this.#ackUpTo(cumulative);
    const gapCount = Math.min(readU16(bytes, start + 12), (end - start - SACK_HEADER_BYTES) >>> 2);
    const highest = this.#ackGaps(bytes, start + SACK_HEADER_BYTES, gapCount, cumulative);
    const duplicateCount = Math.min(readU16(bytes, start + 14), ((end - start - SACK_HEADER_BYTES) >>> 2) - gapCount);
    if (duplicateCount > 0) this.#handleDuplicates(duplicateCount);
    if (ack.ackedBytes > 0) this.#handleProgress();
    // Chunks skipped by a FORWARD TSN count for the timer too. RFC 3758 §3.5 C5.
    else if (o.firstTsn > firstTsn || this.#timeoutDeadlineMs === NEVER) this.#restartTimeout();
    this.#updateWindow(readU32(bytes, start + 8));
    const isCut = gapCount >= this.#traits.cutGapCount;
    this.#highestReported = isCut ? highest : undefined;
    this.#detectLosses();
    this.#finish(isCut);
  }

  #ackUpTo(cumulative: Tsn): void {
    const o = this.#outstanding;
    for (let tsn = o.firstTsn; tsn <= cumulative; tsn = addTsn(tsn, 1)) {
      const slot = o.slotOf(tsn);
      const state = o.state[slot];
      if (state === ChunkState.BEHIND) this.#ackBehind(slot);
      else if (state === ChunkState.IN_FLIGHT || state === ChunkState.LOST) this.#ackOne(slot, tsn);
    }
    o.advanceTo(addTsn(cumulative, 1));
  }

  /**
   * Blocks are taken lowest first, and no TSN is examined twice: the cost is the SACK's length plus its span.
   * @returns the highest TSN that the SACK reports
   */
  #ackGaps(bytes: Uint8Array, start: number, count: number, cumulative: Tsn): Tsn {
    const o = this.#outstanding;
    const isInOrder = areAscending(bytes, start, count);
    const gaps = isInOrder ? bytes : sortedGaps(bytes, start, count);
    let highest: Tsn = cumulative;
    for (let index = 0, at = isInOrder ? start : 0; index < count; index += 1, at += 4) {
      const first = readU16(gaps, at);
      const last = addTsn(cumulative, readU16(gaps, at + 2));
      if (first === 0 || last < cumulative + first || last >= o.nextTsn || last <= highest) continue;
      const from = Math.max(cumulative + first, highest + 1);
      highest = last;
      this.gapSteps += 1;
      for (let tsn = o.nextNotAcked(from, last + 1); tsn <= last; tsn = o.nextNotAcked(tsn + 1, last + 1)) {
        this.gapSteps += 1;
        const slot = o.slotOf(tsn);
        const state = o.state[slot];
        if (!o.isAwaited(slot)) continue;
        if (state === ChunkState.BEHIND) this.#ackBehind(slot);
        else this.#ackOne(slot, tsn);
        o.markAcked(slot);
      }
    }
    return highest;
  }

  /** It has arrived by the path that was left: this tells nothing of the path that packets take. */
  #ackBehind(slot: number): void {
    this.rate.behindBytes += this.#outstanding.bytesAt(slot);
    this.#behindDeadlineMs = Math.min(this.#behindUntilMs, this.#nowMs + this.#behindPauseMs);
  }

  #ackOne(slot: number, tsn: Tsn): void {
    const o = this.#outstanding;
    this.#ack.ackedBytes += o.bytesAt(slot);
    if (o.bytesAt(slot) > BASE_CHUNK_BYTES) this.largeLossesInARow = 0;
    // A chunk given up as lost that had arrived measures how long its report took, not the round trip: its SACK was
    // lost, or had no room for it.
    const isTimely = o.sendCount[slot] === 1 && o.state[slot] === ChunkState.IN_FLIGHT;
    if (isTimely) this.#ack.takeRtt(this.#nowMs - (o.sentAtMs[slot] as number));
    this.#rack.handleAcked(slot, tsn, this.#nowMs);
    this.rate.handleAcked(slot, this.#nowMs);
  }

  #handleProgress(): void {
    this.timeoutsInARow = 0;
    this.rto.handleProgress();
    this.#rack.handleProgress();
    if (this.#ack.rttMs !== undefined) this.rto.handleSample(this.#ack.rttMs);
    this.#restartTimeout();
  }

  #restartTimeout(): void {
    const o = this.#outstanding;
    // What was left behind has a deadline of its own.
    const isOnlyBehind = o.behindChunks > 0 && o.inflightChunks === 0 && o.lostCount === 0;
    this.#timeoutDeadlineMs = o.isEmpty || isOnlyBehind ? NEVER : this.#nowMs + this.rto.rtoMs;
  }

  #handleDuplicates(count: number): void {
    let needless = count;
    if (this.#hasRepeatedProbe) {
      this.#hasRepeatedProbe = false;
      needless -= 1;
    }
    // As long as nothing was retransmitted, it is the network that duplicates.
    if (needless <= 0 || this.#neededRepeats === undefined || this.#neededRepeats === 0) return;
    this.#rack.handleDuplicateReport();
    this.#neededRepeats -= needless;
    if (this.#neededRepeats > 0) return;
    this.#neededRepeats = undefined;
    this.#controller.handleSpuriousLoss(this.#nowMs);
  }

  /** When the window opens, chunks sent to probe it were dropped and are resent at once. RFC 9260 §6.1 A. */
  #updateWindow(advertisedBytes: number): void {
    const wasShut = this.#advertisedBytes === 0;
    this.#advertisedBytes = advertisedBytes;
    if (!wasShut || advertisedBytes === 0 || this.#ack.ackedBytes > 0) return;
    const o = this.#outstanding;
    for (let slot = o.oldestSentSlot; slot !== -1; slot = o.oldestSentSlot) o.markLost(slot);
    this.freePackets = 1;
  }

  #detectLosses(): void {
    this.#lastLostTsn = 0;
    this.#rack.detect(
      this.#nowMs,
      this.#highestReported ?? this.#outstanding.nextTsn,
      this.rto.srttMs ?? 0,
      this.#handleLost,
    );
    if (this.#ack.lostBytes > 0 && this.#rack.enterRecovery()) this.#neededRepeats = 0;
    this.#rack.checkRecovery();
  }

  readonly #handleLost = (slot: number): void => {
    const o = this.#outstanding;
    const bytes = o.bytesAt(slot);
    const tsn = o.tsnAt(slot);
    this.#ack.lostBytes += bytes;
    this.rate.lostBytes += bytes;
    o.markLost(slot);
    this.#noteLargeLoss(slot);
    const loss = this.#loss;
    loss.nowMs = this.#nowMs;
    loss.bytes = bytes;
    loss.sentAtMs = o.sentAtMs[slot] as number;
    loss.txInflightBytes = o.txInflight[slot] as number;
    loss.priorDeliveredBytes = o.priorDelivered[slot] as number;
    loss.priorLostBytes = o.priorLost[slot] as number;
    loss.lostTotalBytes = this.rate.lostBytes;
    loss.deliveredBytes = this.rate.deliveredBytes;
    loss.isAppLimited = o.isAppLimited[slot] === 1;
    loss.isNewRange = tsn !== this.#lastLostTsn + 1;
    this.#lastLostTsn = tsn;
    this.#controller.handleLoss(loss);
  };

  #noteLargeLoss(slot: number): void {
    const o = this.#outstanding;
    if (o.bytesAt(slot) <= BASE_CHUNK_BYTES || (o.sentAtMs[slot] as number) <= this.#largeLossAtMs) return;
    this.#largeLossAtMs = this.#nowMs;
    this.largeLossesInARow += 1;
  }

  /** Packets have another size: what was lost before says nothing of it. */
  handleNewPacketSize(): void {
    this.largeLossesInARow = 0;
  }

  /** @param isCut - a truncated SACK reports deliveries in lumps: no rate is taken from it */
  #finish(isCut: boolean): void {
    const { rate } = this;
    const ack = this.#ack;
    const sample = rate.endSack(this.#nowMs, this.#rack.minRttMs);
    ack.takeSample(rate, isCut ? undefined : sample, this.#outstanding.inflightBytes);
    if (ack.ackedBytes > 0 || ack.lostBytes > 0) this.#controller.handleAck(ack);
    this.#armProbe(this.#nowMs);
  }

  /**
   * The path has changed: chunks in flight on the previous one are resent at once, and nothing learned
   * there counts. RFC 9260 §7.2.1 starts afresh for a new destination.
   */
  handleNewPath(nowMs: number, { rttMs, isStream, controller }: NewPath): void {
    this.#controller = controller;
    this.#nowMs = nowMs;
    this.#loseAll();
    this.rto.handleNewPath(rttMs, isStream);
    this.#rack.handleNewPath();
    this.#neededRepeats = undefined;
    this.#hasRepeatedProbe = false;
    this.timeoutsInARow = 0;
    this.freePackets = 1;
    this.#restartTimeout();
  }

  /**
   * Packets take another path from now on, while the one before still carries what is in flight: that is neither sent
   * again nor counted as in flight, and its acknowledgements say nothing of the new path.
   */
  handleMoved(nowMs: number, { rttMs, controller }: NewPath): void {
    this.#controller = controller;
    this.#nowMs = nowMs;
    // A flight that was left behind before that is waited for no longer.
    this.#loseBehind();
    this.#behindPauseMs = Math.min(MAX_BEHIND_PAUSE_MS, Math.max(MIN_BEHIND_MS, 2 * (this.rto.srttMs ?? 0)));
    this.#behindUntilMs = nowMs + MAX_BEHIND_MS;
    this.#outstanding.leaveBehind();
    this.#behindDeadlineMs = nowMs + this.#behindPauseMs;
    // Over a stream too: the peer may answer by another path, which can lose what it says.
    this.rto.handleNewPath(rttMs, false);
    this.#rack.handleMoved();
    this.#neededRepeats = undefined;
    this.#hasRepeatedProbe = false;
    this.timeoutsInARow = 0;
    this.largeLossesInARow = 0;
    this.#cwndLimitedUntil = -1;
    this.#restartTimeout();
  }

  #loseBehind(): void {
    const o = this.#outstanding;
    this.#behindDeadlineMs = NEVER;
    if (o.behindChunks === 0) return;
    for (let tsn = o.firstTsn; tsn < o.nextTsn; tsn = addTsn(tsn, 1)) {
      const slot = o.slotOf(tsn);
      if (o.state[slot] !== ChunkState.BEHIND) continue;
      this.rate.lostBytes += o.bytesAt(slot);
      o.markLost(slot);
    }
  }

  #loseAll(): void {
    const o = this.#outstanding;
    this.#loseBehind();
    for (let slot = o.oldestSentSlot; slot !== -1; slot = o.oldestSentSlot) {
      this.rate.lostBytes += o.bytesAt(slot);
      o.markLost(slot);
      this.#noteLargeLoss(slot);
    }
  }

  /** Takes a round trip measured by a HEARTBEAT or by the handshake. */
  handleRttSample(rttMs: number): void {
    this.rto.handleSample(rttMs);
  }

  /** Lets the timers expire. @returns whether a tail probe is due, for which the transmitter chooses a chunk */
  advance(nowMs: number): boolean {
    this.#nowMs = nowMs;
    if (nowMs >= this.#behindDeadlineMs) this.#loseBehind();
    if (nowMs >= this.#rack.reorderingDeadlineMs) {
      this.#ack.begin(nowMs, this.#outstanding.inflightBytes, this.#isCwndLimited);
      this.rate.beginSack();
      this.#detectLosses();
      if (this.#ack.lostBytes > 0) this.#finish(false);
    }
    if (nowMs >= this.#timeoutDeadlineMs) {
      this.#handleTimeout(nowMs);
      return false;
    }
    if (nowMs < this.#rack.probeDeadlineMs) return false;
    if (this.#outstanding.inflightChunks > 0) return true;
    // Everything in flight was given up meanwhile.
    this.#armProbe(nowMs);
    return false;
  }

  /**
   * Probes the tail of the flight. @param hasNewData - a new chunk is sent; else the newest in flight is sent again
   */
  handleProbe(hasNewData: boolean, nowMs: number): void {
    this.tailProbes += 1;
    this.#rack.handleProbe();
    // RFC 8985 §7.3: the timeout restarts with the probe.
    this.#timeoutDeadlineMs = nowMs + this.rto.rtoMs;
    this.freePackets = 1;
    if (hasNewData) return;
    const slot = this.#rack.probeSlot;
    if (slot === -1) return;
    this.#outstanding.markLost(slot);
    this.#hasRepeatedProbe = true;
  }

  /** T3-rtx. RFC 9260 §6.3.3. */
  #handleTimeout(nowMs: number): void {
    const o = this.#outstanding;
    if (o.isEmpty) {
      this.#timeoutDeadlineMs = NEVER;
      return;
    }
    // Nothing is retransmitted: FORWARD TSN is sent again for the abandoned chunks.
    if (o.state[o.slotOf(o.firstTsn)] === ChunkState.ABANDONED && o.inflightChunks === 0 && o.lostCount === 0) {
      this.rto.handleTimeout();
      this.#timeoutDeadlineMs = nowMs + this.rto.rtoMs;
      return;
    }
    this.timeouts += 1;
    this.timeoutsInARow += 1;
    const { inflightBytes } = o;
    // A closed window drops its probes: that is no sign of congestion.
    const isWindowProbe = this.#advertisedBytes === 0;
    this.#loseAll();
    if (inflightBytes === 0 && o.lostCount === 0) this.#distrustGapAcks();
    this.#rack.handleTimeout();
    this.#neededRepeats = 0;
    this.rto.handleTimeout();
    if (!isWindowProbe) this.#controller.handleTimeout(nowMs, inflightBytes);
    this.freePackets = 1;
    this.#timeoutDeadlineMs = nowMs + this.rto.rtoMs;
  }

  /** All chunks are gap-acknowledged but the cumulative TSN stalls: the peer has dropped some. RFC 9260 §6.2. */
  #distrustGapAcks(): void {
    const o = this.#outstanding;
    for (let tsn = o.firstTsn; tsn < o.nextTsn; tsn = addTsn(tsn, 1)) {
      const slot = o.slotOf(tsn);
      if (o.state[slot] === ChunkState.ACKED) o.markLost(slot);
    }
  }

  /** Call after chunks were abandoned: perhaps nothing is outstanding any more, though not all was acknowledged. */
  handleAbandoned(nowMs: number): void {
    this.#timeoutDeadlineMs = this.#outstanding.isEmpty
      ? NEVER
      : Math.min(this.#timeoutDeadlineMs, nowMs + this.rto.rtoMs);
  }

  /** Deadline of T3-rtx. */
  get timeoutDeadlineMs(): number {
    return this.#timeoutDeadlineMs;
  }

  get nextDeadlineMs(): number {
    const behindMs = this.#outstanding.behindChunks > 0 ? this.#behindDeadlineMs : NEVER;
    return Math.min(this.#timeoutDeadlineMs, this.#rack.reorderingDeadlineMs, this.#rack.probeDeadlineMs, behindMs);
  }
}
