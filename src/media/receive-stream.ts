// What comes under one SSRC: losses found and asked for again, frames put together, times put on the line of all streams,
// and what a receiver report says of it. RFC 3550 §6.4 and its appendices A.3 and A.8. A stream carries one track, or
// several of which the payload type says which: who sends may choose among codecs as it goes.
import { type CodecName, CODECS } from "../lib/codecs.ts";
import type { MediaTrackStats, ReceiveTrack } from "./engine-types.ts";
import { FrameBuffer, type HeldPacket } from "./frame-buffer.ts";
import type { EncodedFrame } from "./frame.ts";
import { KeyFrameRequests } from "./key-frame-requests.ts";
import { LeastDelay } from "./least-delay.ts";
import { MissingPackets } from "./missing-packets.ts";
import type { Packetiser, Packetisers } from "./packetiser.ts";
import type { ReportBlock, SenderReport } from "./rtcp-types.ts";
import { firstSequenceOf, type RtpPacket } from "./rtp.ts";
import { StreamClock, type TimeLine } from "./time-line.ts";

/**
 * Codecs whose payload tells the begin of a frame. In the others the begin of a part looks alike, and behind a loss such a
 * frame could lack its first part.
 */
const KNOWN_BEGINS: ReadonlySet<CodecName> = new Set(["opus", "pcmu", "pcma", "vp8", "vp9"]);
/** A stream whose first packet is this little after where one of ours begins is taken for one of ours. */
const MAX_LOST_AT_BEGIN = 64;
/** What was sent before the end may come a little after it. */
const END_PATIENCE_MS = 50;
/** A frame whose next packet does not come for so long may have lost its end. */
const TAIL_MS = 10;
const MAX_CUMULATIVE_LOSS = 0x7f_ffff;

export interface ReceiveStreamEvents {
  onFrame(track: number, frame: EncodedFrame): void;
}

interface Carried {
  readonly track: ReceiveTrack;
  readonly packetiser: Packetiser;
  packets: number;
  bytes: number;
  frames: number;
  lastUs: number;
}

/** Counts of RFC 3550, appendix A. */
interface Reception {
  firstIndex: number;
  highestIndex: number;
  received: number;
  expectedBefore: number;
  receivedBefore: number;
}

export class ReceiveStream {
  readonly ssrc: number;
  readonly #events: ReceiveStreamEvents;
  readonly #packetisers: Packetisers;
  readonly #line: TimeLine;
  /** By payload type. */
  readonly #carried = new Map<number, Carried>();
  readonly #buffer: FrameBuffer;
  readonly #missing = new MissingPackets();
  readonly #keyFrames = new KeyFrameRequests();
  #clock: { readonly rate: number; readonly clock: StreamClock } | undefined;
  #reception: Reception | undefined;
  #jitter = 0;
  #transit: number | undefined;
  readonly #delay = new LeastDelay();
  /** How much later than the fastest ones the last packet came: ms. */
  #queueMs = 0;
  #retransmitted = 0;
  #droppedFrames = 0;
  #lastReport: { readonly middle: number; readonly atMs: number } | undefined;
  #endedAtMs: number | undefined;
  #lastMs = 0;
  /** The sender marks the ends of its frames. */
  #hasMarks = false;
  /** The packet behind the last that came, once it was asked for. */
  #askedTail = -1;
  #nowMs = 0;

  constructor(ssrc: number, packetisers: Packetisers, line: TimeLine, events: ReceiveStreamEvents) {
    this.ssrc = ssrc;
    this.#packetisers = packetisers;
    this.#line = line;
    this.#events = events;
    this.#buffer = new FrameBuffer({
      isPacketAFrame: (payloadType) => this.#carried.get(payloadType)?.track.format.kind === "audio",
      begins: (packet, isFirst) => this.#begins(packet, isFirst),
      isHopeless: (index) => this.#missing.isHopeless(index, this.#nowMs),
      onFrame: (packets) => this.#assemble(packets),
      onBroken: () => this.#loseFrame(),
    });
  }

  /** @returns false: the stream carries a track of this payload type already */
  carry(track: ReceiveTrack): boolean {
    if (this.#carried.has(track.payloadType)) return false;
    const packetiser = this.#packetisers(track.format.codec);
    this.#carried.set(track.payloadType, { track, packetiser, packets: 0, bytes: 0, frames: 0, lastUs: -1 });
    return true;
  }

  /** @returns whether the stream carries no track any more */
  drop(track: number): boolean {
    for (const [payloadType, carried] of this.#carried) {
      if (carried.track.track === track) this.#carried.delete(payloadType);
    }
    return this.#carried.size === 0;
  }

  carries(payloadType: number): boolean {
    return this.#carried.has(payloadType);
  }

  /** How much later the last packet came than the fastest of the last seconds: ms. */
  get queueMs(): number {
    return this.#queueMs;
  }

  get isPicture(): boolean {
    return [...this.#carried.values()].some(({ track }) => track.format.kind === "video");
  }

  get tracks(): number[] {
    return [...this.#carried.values()].map(({ track }) => track.track);
  }

  /** @param index - the packet's sequence number, counted on over every wrap; no index comes twice */
  handle(index: number, packet: RtpPacket, nowMs: number): void {
    this.#nowMs = nowMs;
    const wasAskedFor = this.#missing.arrived(index, nowMs) || index === this.#askedTail;
    if (wasAskedFor) this.#retransmitted += 1;
    const carried = this.#carried.get(packet.payloadType);
    this.#count(index, nowMs);
    const rate = carried?.track.format.clockRate ?? this.#clock?.rate;
    const payload = carried === undefined ? new Uint8Array(0) : packet.payload;
    let time = { extended: 0, timeUs: 0 };
    if (rate !== undefined && payload.length > 0) {
      if (this.#clock?.rate !== rate) this.#clock = { rate, clock: new StreamClock(this.#line, rate) };
      time = this.#clock.clock.arrived(packet.timestamp, nowMs);
      if (!wasAskedFor) this.#measureJitter(time.extended, rate, nowMs);
    }
    if (carried !== undefined && payload.length > 0) {
      carried.packets += 1;
      carried.bytes += payload.length;
    }
    const { payloadType, isMarked } = packet;
    this.#lastMs = nowMs;
    if (isMarked) this.#hasMarks = true;
    const { extended: timestamp, timeUs } = time;
    this.#buffer.add({ index, timestamp, timeUs, payloadType, isMarked, payload });
    this.#release();
  }

  /** Passes on, or gives up, what time has decided. */
  advance(nowMs: number): void {
    this.#nowMs = nowMs;
    this.#release();
  }

  handleReport(report: SenderReport, nowMs: number): void {
    const { ntpSeconds, ntpFraction, rtpTimestamp } = report;
    const middle = ((ntpSeconds << 16) | (ntpFraction >>> 16)) >>> 0;
    this.#lastReport = { middle, atMs: nowMs };
    this.#ownClock()?.report(ntpSeconds, ntpFraction, rtpTimestamp, nowMs);
  }

  /** The peer has ended the stream: what is missing is still waited for. */
  end(nowMs: number): void {
    this.#endedAtMs ??= nowMs;
  }

  /** Whether the peer has ended the stream, and nothing of it is to come. */
  isOver(nowMs: number): boolean {
    return nowMs >= this.#overAtMs;
  }

  get #overAtMs(): number {
    if (this.#endedAtMs === undefined) return Infinity;
    return this.#endedAtMs + (this.#buffer.isWaiting ? this.#missing.waitMs : END_PATIENCE_MS);
  }

  /** @returns the packets to ask for again now: 16 bits each, in order */
  takeRequests(nowMs: number): number[] {
    const due = this.#missing.takeDue(nowMs);
    const highest = this.#reception?.highestIndex;
    if (nowMs >= this.#tailDueMs && highest !== undefined) {
      this.#askedTail = highest + 1;
      due.push(this.#askedTail);
    }
    return due.map((index) => index % 2 ** 16);
  }

  /** The track's owner wants a key frame. */
  requestKeyFrame(): void {
    this.#keyFrames.want();
  }

  /** @returns whether to ask for a key frame now */
  takeKeyFrameRequest(nowMs: number): boolean {
    return this.#keyFrames.take(nowMs);
  }

  /** What a receiver report says of the stream; undefined: nothing came yet. The counts of the interval begin anew. */
  takeReport(nowMs: number): ReportBlock | undefined {
    const reception = this.#reception;
    if (reception === undefined) return undefined;
    const expected = reception.highestIndex - reception.firstIndex + 1;
    const expectedNow = expected - reception.expectedBefore;
    const lostNow = expectedNow - (reception.received - reception.receivedBefore);
    reception.expectedBefore = expected;
    reception.receivedBefore = reception.received;
    const lost = Math.max(-MAX_CUMULATIVE_LOSS, Math.min(MAX_CUMULATIVE_LOSS, expected - reception.received));
    const sinceMs = this.#lastReport === undefined ? 0 : nowMs - this.#lastReport.atMs;
    return {
      ssrc: this.ssrc,
      fractionLost: expectedNow > 0 && lostNow > 0 ? Math.min(255, Math.floor((lostNow * 256) / expectedNow)) : 0,
      lost,
      highestSequence: reception.highestIndex % 2 ** 32,
      jitter: Math.min(0xffff_ffff, Math.floor(this.#jitter)),
      lastReport: this.#lastReport?.middle ?? 0,
      sinceLastReport: Math.min(0xffff_ffff, Math.round(sinceMs * 65.536)),
    };
  }

  stats(track: number): MediaTrackStats | undefined {
    const carried = [...this.#carried.values()].find((one) => one.track.track === track);
    if (carried === undefined) return undefined;
    const { firstIndex = 0, highestIndex = -1, received = 0 } = this.#reception ?? {};
    return {
      packets: carried.packets,
      bytes: carried.bytes,
      frames: carried.frames,
      lost: Math.max(0, highestIndex - firstIndex + 1 - received),
      retransmitted: this.#retransmitted,
      droppedFrames: this.#droppedFrames,
      jitterMs: (this.#jitter / carried.track.format.clockRate) * 1_000,
      rttMs: this.#missing.rttMs,
    };
  }

  nextDeadlineMs(): number {
    const { gap } = this.#buffer;
    return Math.min(
      this.#missing.nextRequestMs,
      this.#tailDueMs,
      gap === undefined ? Infinity : this.#missing.hopelessAtMs(gap),
      this.#keyFrames.nextMs,
      this.#overAtMs,
    );
  }

  /**
   * When to ask for the rest of a frame of which nothing is missing but its end: nothing comes behind the end, so no gap
   * shows it before the next frame. A packet that has not left yet is asked for in vain, which costs nothing.
   */
  get #tailDueMs(): number {
    const next = (this.#reception?.highestIndex ?? -1) + 1;
    const isCutOff = this.#hasMarks && this.#buffer.isWaiting && this.#buffer.gap === undefined;
    return isCutOff && this.#askedTail !== next ? this.#lastMs + TAIL_MS : Infinity;
  }

  #release(): void {
    this.#buffer.release();
    if (this.#buffer.next !== undefined) this.#missing.forgetBefore(this.#buffer.next);
  }

  #ownClock(): StreamClock | undefined {
    const [only] = this.#carried.values();
    const rate = this.#clock?.rate ?? only?.track.format.clockRate;
    if (rate === undefined) return undefined;
    this.#clock ??= { rate, clock: new StreamClock(this.#line, rate) };
    return this.#clock.clock;
  }

  /** Keeps what reports need, and notices what has not come. */
  #count(index: number, nowMs: number): void {
    const reception = this.#reception;
    if (reception === undefined) {
      const firstIndex = this.#begin(index, nowMs);
      this.#reception = { firstIndex, highestIndex: index, received: 1, expectedBefore: 0, receivedBefore: 0 };
      return;
    }
    reception.received += 1;
    if (index < reception.firstIndex) reception.firstIndex = index;
    if (index <= reception.highestIndex) return;
    if (!this.#missing.add(reception.highestIndex + 1, index, nowMs)) this.#loseFrame();
    reception.highestIndex = index;
  }

  /** @returns the first packet of the stream, as far as the first that came shows it */
  #begin(index: number, nowMs: number): number {
    const first = firstSequenceOf(this.ssrc);
    if (index <= first || index - first > MAX_LOST_AT_BEGIN) return index;
    this.#buffer.startAt(first);
    this.#missing.add(first, index, nowMs);
    return first;
  }

  /** RFC 3550, appendix A.8. */
  #measureJitter(timestamp: number, rate: number, nowMs: number): void {
    const transit = (nowMs * rate) / 1_000 - timestamp;
    const difference = Math.abs(transit - (this.#transit ?? transit));
    this.#transit = transit;
    const delayMs = (transit * 1_000) / rate;
    this.#queueMs = delayMs - this.#delay.least(delayMs, nowMs);
    // A jump of the clock is no jitter.
    if (difference < rate * 10) this.#jitter += (difference - this.#jitter) / 16;
  }

  #begins(packet: HeldPacket, isFirst: boolean): boolean {
    const carried = this.#carried.get(packet.payloadType);
    if (carried === undefined || !(isFirst || KNOWN_BEGINS.has(carried.track.format.codec))) return false;
    return carried.packetiser.begins(packet.payload);
  }

  #assemble(packets: readonly HeldPacket[]): void {
    const [first] = packets;
    const carried = this.#carried.get(first?.payloadType ?? -1);
    if (first === undefined || carried === undefined) return;
    const assembled = carried.packetiser.assemble(packets.map(({ payload }) => payload));
    if (assembled === undefined || assembled.bytes.length === 0) return this.#loseFrame();
    const { codec, kind } = carried.track.format;
    const isKey = kind === "audio" || assembled.isKey;
    if (kind === "video") this.#keyFrames.frame(isKey);
    // Frames keep their order, whatever reports say meanwhile.
    const timestampUs = Math.max(carried.lastUs + 1, Math.round(first.timeUs));
    carried.lastUs = timestampUs;
    carried.frames += 1;
    const durationUs = durationOf(codec, assembled.bytes);
    this.#events.onFrame(carried.track.track, { bytes: assembled.bytes, timestampUs, durationUs, isKey });
  }

  #loseFrame(): void {
    this.#droppedFrames += 1;
    if (this.isPicture) this.#keyFrames.lost();
  }
}

/** G.711 has one byte for each sample. */
function durationOf(codec: CodecName, bytes: Uint8Array): number | undefined {
  return codec === "pcmu" || codec === "pcma" ? Math.round((bytes.length * 1e6) / CODECS[codec].clockRate) : undefined;
}
