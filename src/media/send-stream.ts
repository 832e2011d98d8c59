// One track that we send: frames into sealed packets, those of the last seconds kept for the peer that asks for them again,
// and what a sender report says. RFC 3550 §5.1, §6.4.1, RFC 4585 §6.2.1. A retransmission is the sealed packet of before:
// sealed anew it would use its key stream twice.
import { Fifo } from "../lib/fifo.ts";
import type { WorkBudget } from "../lib/work-budget.ts";
import { CircuitBreaker } from "./circuit-breaker.ts";
import type { MediaTrack, MediaTrackStats } from "./engine-types.ts";
import type { EncodedFrame } from "./frame.ts";
import type { Packetiser } from "./packetiser.ts";
import type { ReportBlock } from "./rtcp-types.ts";
import { encodeRtp, firstSequenceOf } from "./rtp.ts";
import type { SrtpSender } from "./srtp.ts";

/** A larger frame is not sent: the other side would not hold it. */
export const MAX_SENT_FRAME_BYTES = 2 * 1024 * 1024;
export const MAX_HISTORY_BYTES = 4 * 1024 * 1024;
const HISTORY_MS = 2_000;
/** Requests that come sooner after the packet was sent than this were made before it arrived. */
const MIN_RESEND_PAUSE_MS = 15;
export const MAX_RESENDS = 10;
/** A packet after which nothing follows is sent again: nobody would notice that it is missing. */
const TAIL_MS = 100;
/** Sender reports whose answers are recognised. */
const MAX_REPORTS = 8;
const SEQUENCES = 2 ** 16;

interface Sent {
  readonly index: number;
  readonly sealed: Uint8Array;
  readonly firstMs: number;
  sentMs: number;
  resends: number;
}

/** Where packets go that may leave. */
export type Emit = (sealed: Uint8Array, why: "new" | "again") => void;

export interface SendStreamOptions {
  readonly track: MediaTrack;
  readonly packetiser: Packetiser;
  readonly srtp: SrtpSender;
  readonly maxPayloadBytes: number;
  /** 32 bits. */
  readonly firstTimestamp: number;
  /** Bytes that all tracks together may send again. */
  readonly resendBudget: WorkBudget;
  readonly emit: Emit;
}

export class SendStream {
  readonly track: MediaTrack;
  readonly #options: SendStreamOptions;
  /** By sequence number. */
  readonly #history = new Map<number, Sent>();
  readonly #order = new Fifo<Sent>();
  readonly #breaker = new CircuitBreaker();
  #historyBytes = 0;
  #nextIndex: number;
  #last: Sent | undefined;
  #packets = 0;
  #bytes = 0;
  #frames = 0;
  #resent = 0;
  #leftOut = 0;
  /** The middle of the NTP time of a report, and when it left. */
  #reports: { readonly middle: number; readonly atMs: number }[] = [];
  #reported: ReportBlock | undefined;
  #rttMs: number | undefined;

  constructor(options: SendStreamOptions) {
    this.track = options.track;
    this.#options = options;
    this.#nextIndex = firstSequenceOf(options.track.ssrc);
  }

  get hasSent(): boolean {
    return this.#packets > 0;
  }

  /** The path does not carry it: frames are left out. */
  get isPaused(): boolean {
    return this.#breaker.isPaused;
  }

  /** What is sent next has to be a key frame, since frames were left out. */
  wantsKeyFrame(nowMs: number): boolean {
    return this.#breaker.wantsKeyFrame(nowMs);
  }

  /** @returns false: it is larger than can be sent, or no frame of this codec, or the path carries none now */
  send({ bytes, timestampUs, isKey }: EncodedFrame, nowMs: number): boolean {
    if (bytes.length > MAX_SENT_FRAME_BYTES) return false;
    const { packetiser, maxPayloadBytes, track, srtp, emit } = this.#options;
    if (!this.#breaker.mayPass(isKey || track.format.kind === "audio", nowMs)) {
      this.#leftOut += 1;
      return false;
    }
    const firstSequence = this.#nextIndex % SEQUENCES;
    const payloads = packetiser.packetise(bytes, maxPayloadBytes, isKey);
    const timestamp = this.timestampOf(timestampUs);
    const { ssrc, payloadType, format } = track;
    for (const [at, payload] of payloads.entries()) {
      const index = this.#nextIndex;
      this.#nextIndex += 1;
      // In sound the mark is for talk that begins after silence, which no file tells.
      const isMarked = format.kind === "video" && at === payloads.length - 1;
      const packet = encodeRtp({ isMarked, payloadType, sequence: index % SEQUENCES, timestamp, ssrc, payload });
      const sealed = srtp.sealRtp(packet, index);
      this.#remember({ index, sealed, firstMs: nowMs, sentMs: nowMs, resends: 0 });
      this.#packets += 1;
      this.#bytes += payload.length;
      emit(sealed, "new");
    }
    this.#forget(nowMs);
    if (payloads.length === 0) return false;
    this.#breaker.handleSent(firstSequence, nowMs);
    this.#frames += 1;
    return true;
  }

  /** @returns the 32 bits that stand for this time of the track */
  timestampOf(timestampUs: number): number {
    const ticks = Math.round((timestampUs * (this.track.format.clockRate / 1_000)) / 1_000);
    return (((ticks + this.#options.firstTimestamp) % 2 ** 32) + 2 ** 32) % 2 ** 32;
  }

  /** @param sequences - 16 bits each, of packets that the peer lacks */
  resend(sequences: readonly number[], nowMs: number): void {
    this.#forget(nowMs);
    for (const sequence of sequences) {
      const sent = this.#history.get(sequence);
      if (sent === undefined || nowMs - sent.sentMs < MIN_RESEND_PAUSE_MS || sent.resends >= MAX_RESENDS) continue;
      if (!this.#options.resendBudget.take(nowMs, sent.sealed.length)) return;
      this.#again(sent, nowMs);
    }
  }

  /** Repeats the last packet if nothing has followed it for a while. */
  advance(nowMs: number): void {
    if (nowMs >= this.nextDeadlineMs()) this.repeatLast(nowMs);
  }

  /** The end of the track: its last packet is repeated at once, since nothing will follow. */
  repeatLast(nowMs: number): void {
    if (this.#last !== undefined) this.#again(this.#last, nowMs);
    this.#last = undefined;
  }

  nextDeadlineMs(): number {
    return this.#last === undefined ? Infinity : this.#last.sentMs + TAIL_MS;
  }

  /** Counts that a sender report has beside its times. The report leaves now. */
  report(ntpMiddle: number, nowMs: number): { packets: number; bytes: number } {
    this.#reports = [...this.#reports.slice(1 - MAX_REPORTS), { middle: ntpMiddle, atMs: nowMs }];
    return { packets: this.#packets % 2 ** 32, bytes: this.#bytes % 2 ** 32 };
  }

  /** Takes what the peer says of this track. */
  handleReport(block: ReportBlock, nowMs: number): void {
    this.#reported = block;
    this.#breaker.handleReport(block, nowMs);
    const report = this.#reports.find(({ middle }) => middle === block.lastReport);
    if (report === undefined || block.lastReport === 0) return;
    this.#rttMs = Math.max(0, nowMs - report.atMs - block.sinceLastReport / 65.536);
  }

  stats(): MediaTrackStats {
    return {
      packets: this.#packets,
      bytes: this.#bytes,
      frames: this.#frames,
      lost: Math.max(0, this.#reported?.lost ?? 0),
      retransmitted: this.#resent,
      droppedFrames: this.#leftOut,
      jitterMs: ((this.#reported?.jitter ?? 0) / this.track.format.clockRate) * 1_000,
      rttMs: this.#rttMs,
    };
  }

  #again(sent: Sent, nowMs: number): void {
    sent.sentMs = nowMs;
    sent.resends += 1;
    this.#resent += 1;
    this.#options.emit(sent.sealed, "again");
  }

  #remember(sent: Sent): void {
    this.#history.set(sent.index % SEQUENCES, sent);
    this.#order.push(sent);
    this.#historyBytes += sent.sealed.length;
    this.#last = sent;
    while (this.#historyBytes > MAX_HISTORY_BYTES) this.#forgetOldest();
  }

  #forget(nowMs: number): void {
    while (this.#order.first !== undefined && nowMs - this.#order.first.firstMs > HISTORY_MS) this.#forgetOldest();
  }

  #forgetOldest(): void {
    const oldest = this.#order.shift();
    if (oldest === undefined) return;
    this.#historyBytes -= oldest.sealed.length;
    // Its number may belong to a later packet already.
    const slot = oldest.index % SEQUENCES;
    if (this.#history.get(slot) === oldest) this.#history.delete(slot);
  }
}
