// RACK-TLP over SACK: a chunk is lost when one sent sufficiently later has arrived; the tail of a flight is
// probed. Retransmissions take part, so a lost retransmission is noticed without a timeout. RFC 8985.
import { ChunkState, type Outstanding } from "./outstanding.ts";
import type { Tsn } from "../serial.ts";

const NEVER = Number.POSITIVE_INFINITY;
/** A chunk is lost without further waiting when this many above it arrived. RFC 9260 §7.2.4. */
const DUPLICATE_THRESHOLD = 3;
/** A widened reordering window is kept for this many recoveries. RFC 8985 §6.2. */
const KEEP_WINDOW_RECOVERIES = 16;
const MIN_RTT_WINDOW_MS = 10_000;
const MIN_PROBE_MS = 10;
const UNKNOWN_RTT_PROBE_MS = 1_000;

export class Rack {
  readonly #outstanding: Outstanding;
  /** Values of the most recently sent chunk among all acknowledged ones. */
  #newestSentAtMs = Number.NEGATIVE_INFINITY;
  #newestTsn = 0;
  #rttMs = 0;
  #minRttMs = NEVER;
  #minRttAtMs = 0;
  #highestAckedOnce = 0;
  #isReorderingSeen = false;
  #windowSteps = 1;
  #keepWindow = 0;
  /** Recovery lasts until everything sent before its start is acknowledged. */
  #recoveryEnd: Tsn | undefined;
  #reorderingDeadlineMs = NEVER;
  #probeDeadlineMs = NEVER;
  #isProbed = false;

  constructor(outstanding: Outstanding) {
    this.#outstanding = outstanding;
  }

  get isRecovering(): boolean {
    return this.#recoveryEnd !== undefined;
  }

  /** Infinity until known. */
  get minRttMs(): number {
    return this.#minRttMs;
  }

  /** A chunk is acknowledged for the first time; its slot is unchanged. */
  handleAcked(slot: number, tsn: Tsn, nowMs: number): void {
    const o = this.#outstanding;
    const sentAtMs = o.sentAtMs[slot] as number;
    const rttMs = nowMs - sentAtMs;
    if ((o.sendCount[slot] as number) > 1) {
      // The first copy may be the one that arrived: then this one cannot have been acknowledged so soon.
      if (rttMs < this.#minRttMs) return;
    } else {
      if (tsn < this.#highestAckedOnce) this.#isReorderingSeen = true;
      else this.#highestAckedOnce = tsn;
      this.#handleRtt(rttMs, nowMs);
    }
    if (sentAtMs > this.#newestSentAtMs || (sentAtMs === this.#newestSentAtMs && tsn > this.#newestTsn)) {
      this.#newestSentAtMs = sentAtMs;
      this.#newestTsn = tsn;
      this.#rttMs = rttMs;
    }
  }

  #handleRtt(rttMs: number, nowMs: number): void {
    if (rttMs > this.#minRttMs && nowMs - this.#minRttAtMs < MIN_RTT_WINDOW_MS) return;
    this.#minRttMs = rttMs;
    this.#minRttAtMs = nowMs;
  }

  /** The peer has reported a duplicate: we may have retransmitted it needlessly. RFC 8985 §6.2. */
  handleDuplicateReport(): void {
    this.#isReorderingSeen = true;
    this.#windowSteps = Math.min(this.#windowSteps + 1, 16);
    this.#keepWindow = KEEP_WINDOW_RECOVERIES;
  }

  /**
   * Finds chunks that are lost by now and calls `onLost` for each, in sending order.
   * @param highestReported - nothing above it may be judged: a truncated SACK does not report it
   */
  detect(nowMs: number, highestReported: Tsn, srttMs: number, onLost: (slot: number) => void): void {
    const o = this.#outstanding;
    const windowMs = this.#reorderingWindowMs(srttMs);
    this.#reorderingDeadlineMs = NEVER;
    for (let slot = o.oldestSentSlot; slot !== -1; ) {
      const next = o.sentAfter(slot);
      const sentAtMs = o.sentAtMs[slot] as number;
      const tsn = o.tsnAt(slot);
      const isOlder = sentAtMs < this.#newestSentAtMs || (sentAtMs === this.#newestSentAtMs && tsn < this.#newestTsn);
      if (!isOlder) break;
      if (tsn <= highestReported) {
        const lostAtMs = sentAtMs + this.#rttMs + windowMs;
        if (lostAtMs > nowMs) {
          this.#reorderingDeadlineMs = lostAtMs;
          break;
        }
        onLost(slot);
      }
      slot = next;
    }
  }

  #reorderingWindowMs(srttMs: number): number {
    const isSure = this.isRecovering || this.#outstanding.ackedCount >= DUPLICATE_THRESHOLD;
    if (!this.#isReorderingSeen && isSure) return 0;
    const minRttMs = this.#minRttMs === NEVER ? srttMs : this.#minRttMs;
    return Math.min((this.#windowSteps * minRttMs) / 4, srttMs);
  }

  /** Something was lost: recovery starts unless it runs. @returns whether it starts */
  enterRecovery(): boolean {
    if (this.#recoveryEnd !== undefined) return false;
    this.#recoveryEnd = this.#outstanding.nextTsn;
    return true;
  }

  /** Call after the cumulative TSN moved. @returns whether recovery ended */
  checkRecovery(): boolean {
    if (this.#recoveryEnd === undefined || this.#outstanding.firstTsn < this.#recoveryEnd) return false;
    this.#recoveryEnd = undefined;
    if (this.#keepWindow > 0) this.#keepWindow -= 1;
    if (this.#keepWindow === 0) this.#windowSteps = 1;
    return true;
  }

  get reorderingDeadlineMs(): number {
    return this.#reorderingDeadlineMs;
  }

  /**
   * Arms the tail loss probe after something was sent or acknowledged. RFC 8985 §7.2.
   * @param peerDelayMs - how long the peer may delay a SACK for a single packet
   */
  armProbe(nowMs: number, srttMs: number | undefined, peerDelayMs: number): void {
    const o = this.#outstanding;
    if (o.inflightChunks === 0 || o.lostCount > 0 || this.#isProbed || this.isRecovering) {
      this.#probeDeadlineMs = NEVER;
      return;
    }
    const baseMs = srttMs === undefined ? UNKNOWN_RTT_PROBE_MS : Math.max(MIN_PROBE_MS, 2 * srttMs);
    this.#probeDeadlineMs = nowMs + baseMs + (o.inflightChunks <= 2 ? peerDelayMs : 0);
  }

  get probeDeadlineMs(): number {
    return this.#probeDeadlineMs;
  }

  /** The probe leaves: no second one before something is acknowledged. */
  handleProbe(): void {
    this.#isProbed = true;
    this.#probeDeadlineMs = NEVER;
  }

  handleProgress(): void {
    this.#isProbed = false;
  }

  /** Everything in flight is retransmitted on another path, whose round trip is unknown. */
  handleNewPath(): void {
    this.handleTimeout();
    this.#isProbed = false;
    this.#rttMs = 0;
    this.#minRttMs = NEVER;
    this.#minRttAtMs = 0;
  }

  /** Packets take another path, and what is in flight on this one is not judged any more. */
  handleMoved(): void {
    this.handleNewPath();
    this.#recoveryEnd = undefined;
  }

  handleTimeout(): void {
    this.#recoveryEnd = this.#outstanding.nextTsn;
    this.#reorderingDeadlineMs = NEVER;
    this.#probeDeadlineMs = NEVER;
  }

  /** The newest chunk in flight: a probe retransmits it when there is no new data. */
  get probeSlot(): number {
    const o = this.#outstanding;
    for (let tsn = o.nextTsn - 1; tsn >= o.firstTsn; tsn -= 1) {
      const slot = o.slotOf(tsn as Tsn);
      if (o.state[slot] === ChunkState.IN_FLIGHT) return slot;
    }
    return -1;
  }
}
