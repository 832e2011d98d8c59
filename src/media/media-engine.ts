// Sound and picture of one line, without sockets and clocks: frames in, datagrams out, and the other way round. It is
// changed once (a frame, a datagram, a timeout), then drained (`pollDatagram`, `pollEvent`), then asked for its next
// deadline. All times are ms of one clock that never goes back. Nothing of the peer is read before it is authenticated.
import { joinBytes } from "../lib/bytes.ts";
import { Fifo } from "../lib/fifo.ts";
import { WorkBudget } from "../lib/work-budget.ts";
import { BitrateEstimate } from "./bitrate-estimate.ts";
import type { MediaCiphers } from "./ciphers.ts";
import { DatagramQueue, MAX_QUEUED_BYTES } from "./datagram-queue.ts";
import type { MediaDirection, MediaEngineEvent, MediaTrack, MediaTrackStats, ReceiveTrack } from "./engine-types.ts";
import type { EncodedFrame } from "./frame.ts";
import { FramePacer } from "./frame-pacer.ts";
import type { Packetisers } from "./packetiser.ts";
import { ReceiveStream } from "./receive-stream.ts";
import { ReportSchedule } from "./report-schedule.ts";
import {
  decodeRtcp,
  encodeBye,
  encodeNack,
  encodePli,
  encodeReceiverReport,
  encodeRemb,
  encodeSourceName,
} from "./rtcp.ts";
import type { ReportBlock, RtcpMessage } from "./rtcp-types.ts";
import { decodeRtp, RTP_HEADER_BYTES, rtpPayloadType, rtpSsrc } from "./rtp.ts";
import { SendStream } from "./send-stream.ts";
import { SenderClock } from "./sender-clock.ts";
import { type OpenedRtp, type SrtpKeyMaterial, SrtpReceiver, SrtpSender } from "./srtp.ts";
import { TimeLine } from "./time-line.ts";

/** Tracks of each direction. */
export const MAX_TRACKS = 32;
export const DEFAULT_PAYLOAD_BYTES = 1_150;
/** Larger ones are not read: no media is sent in what has to be fragmented. */
export const MAX_DATAGRAM_BYTES = 2_048;
/** What the peer may have us send again, all tracks together: bytes a second, and at once. */
export const RESENT_BYTES_PER_SECOND = 512 * 1024;
/** How often the owner of a send track is told that a key frame is wanted, however often the peer asks. */
const KEY_FRAME_PAUSE_MS = 500;
/** Report blocks of one report. RFC 3550 §6.4.1. */
const MAX_REPORT_BLOCKS = 31;
const CNAME_BYTES = 12;

export interface MediaEngineOptions {
  readonly keys: SrtpKeyMaterial;
  readonly ciphers: MediaCiphers;
  readonly packetisers: Packetisers;
  randomBytes(count: number): Uint8Array;
  /** Bytes of one RTP payload at most; 1,150 if not given. */
  readonly maxPayloadBytes?: number;
  /** The name of this end in RTCP, ASCII, 255 characters at most; made at random if not given. */
  readonly cname?: string;
  /** The time of day that belongs to a time of the monotonic clock, ms since 1970: both sides' sender reports carry it. */
  wallMs(nowMs: number): number;
}

interface Sending {
  readonly stream: SendStream;
  keyFrameToldMs: number;
  /** The time of the frame before in its source, µs. */
  lastUs: number | undefined;
  /** What was told last. */
  isPaused: boolean;
}

export class MediaEngine {
  readonly #options: MediaEngineOptions;
  readonly #sender: SrtpSender;
  readonly #receiver: SrtpReceiver;
  /** By track. */
  readonly #sending = new Map<number, Sending>();
  /** By SSRC. */
  readonly #receiving = new Map<number, ReceiveStream>();
  /** Receive tracks whose SSRC is not known yet, by track. */
  readonly #unbound = new Map<number, ReceiveTrack>();
  /** Streams that have ended, and said so. */
  readonly #ended = new WeakSet<ReceiveStream>();
  readonly #line = new TimeLine();
  readonly #clock: SenderClock;
  readonly #reports: ReportSchedule;
  readonly #datagrams = new DatagramQueue();
  readonly #pacer = new FramePacer();
  readonly #events = new Fifo<MediaEngineEvent>();
  readonly #resendBudget = new WorkBudget(RESENT_BYTES_PER_SECOND, RESENT_BYTES_PER_SECOND);
  readonly #estimate = new BitrateEstimate();
  readonly #cname: string;
  /** What reports come from as long as nothing is sent. */
  readonly #ownSsrc: number;

  /** @throws RangeError when the keys do not fit their profile */
  constructor(options: MediaEngineOptions) {
    this.#options = options;
    this.#sender = new SrtpSender(options.keys, options.ciphers);
    this.#receiver = new SrtpReceiver(options.keys, options.ciphers);
    this.#clock = new SenderClock((nowMs) => options.wallMs(nowMs));
    this.#reports = new ReportSchedule(() => (options.randomBytes(1)[0] ?? 0) / 256);
    this.#ownSsrc = this.#random32();
    this.#cname =
      options.cname ?? Array.from(options.randomBytes(CNAME_BYTES), (byte) => (byte % 36).toString(36)).join("");
  }

  /** @returns false: too many tracks, or its SSRC has sent before under these keys */
  addSendTrack(track: MediaTrack): boolean {
    if (this.#sending.size >= MAX_TRACKS || this.#sending.has(track.track)) return false;
    if (!this.#sender.register(track.ssrc)) return false;
    const { packetisers, maxPayloadBytes = DEFAULT_PAYLOAD_BYTES } = this.#options;
    const stream = new SendStream({
      track,
      packetiser: packetisers(track.format.codec),
      srtp: this.#sender,
      maxPayloadBytes,
      firstTimestamp: this.#random32(),
      resendBudget: this.#resendBudget,
      emit: (sealed, why) => {
        if (why === "again") this.#datagrams.push(why, sealed);
        else if (track.format.kind === "audio") this.#datagrams.push("audio", sealed);
        else this.#pacer.push(sealed);
      },
    });
    this.#sending.set(track.track, { stream, keyFrameToldMs: -Infinity, lastUs: undefined, isPaused: false });
    return true;
  }

  /** @returns false: too many tracks, or its SSRC carries a track of its payload type already */
  addReceiveTrack(track: ReceiveTrack): boolean {
    const count =
      this.#unbound.size + [...this.#receiving.values()].reduce((sum, { tracks }) => sum + tracks.length, 0);
    if (count >= MAX_TRACKS || this.#streamOf(track.track) !== undefined || this.#unbound.has(track.track))
      return false;
    if (track.ssrc === undefined) this.#unbound.set(track.track, track);
    else {
      const known = this.#receiving.get(track.ssrc);
      if (known !== undefined) return known.carry(track);
      if (!this.#receiver.register(track.ssrc)) return false;
      this.#addStream(track.ssrc).carry(track);
    }
    return true;
  }

  removeTrack(direction: MediaDirection, track: number): void {
    if (direction === "send") {
      this.#sending.delete(track);
      this.#clock.end(track);
    } else {
      this.#unbound.delete(track);
      const stream = this.#streamOf(track);
      if (stream === undefined || !stream.drop(track)) return;
      this.#receiving.delete(stream.ssrc);
      this.#receiver.unregister(stream.ssrc);
    }
  }

  /** A frame that is not of its codec, or too large, is left out, as is one of a track that is not there. */
  sendFrame(track: number, frame: EncodedFrame, nowMs: number): void {
    const sending = this.#sending.get(track);
    if (sending === undefined || this.#datagrams.isFull || this.#pacer.bytes >= MAX_QUEUED_BYTES) return;
    const { stream, lastUs } = sending;
    this.#clock.begin(track, frame.timestampUs, nowMs);
    const isFirst = !stream.hasSent;
    const isSent = stream.send(frame, nowMs);
    this.#notePause(sending);
    if (!isSent) {
      if (stream.wantsKeyFrame(nowMs)) this.#tellKeyFrameWanted(sending, nowMs);
      return;
    }
    if (stream.track.format.kind === "video") {
      const intervalMs = lastUs === undefined ? undefined : (frame.timestampUs - lastUs) / 1_000;
      sending.lastUs = frame.timestampUs;
      this.#pacer.pace(frame.bytes.length, intervalMs, nowMs);
      this.#pacer.release(nowMs, this.#sendPicture);
    }
    if (isFirst) this.#report(nowMs);
  }

  readonly #sendPicture = (packet: Uint8Array): void => this.#datagrams.push("video", packet);

  /** Tells the peer that a send track is over. The track stays, for what the peer lacks, until it is removed. */
  endTrack(track: number, nowMs: number): void {
    const stream = this.#sending.get(track)?.stream;
    if (stream === undefined) return;
    this.#pacer.flush(this.#sendPicture);
    stream.repeatLast(nowMs);
    const { ssrc } = stream.track;
    // Behind all that the track has sent.
    this.#control([encodeReceiverReport(ssrc, []), encodeSourceName(ssrc, this.#cname), encodeBye([ssrc])], "video");
  }

  /** Asks the peer for a key frame of a receive track, now or as soon as that is allowed again. */
  requestKeyFrame(track: number, nowMs: number): void {
    const stream = this.#streamOf(track);
    stream?.requestKeyFrame();
    if (stream !== undefined) this.#sendFeedback(stream, nowMs);
  }

  /** Takes a datagram whose first byte is 128 … 191. Never throws. */
  handleDatagram(bytes: Uint8Array, nowMs: number): void {
    if (bytes.length < RTP_HEADER_BYTES || bytes.length > MAX_DATAGRAM_BYTES) return;
    const second = bytes[1] ?? 0;
    // RFC 5761 §4.
    if (second >= 192 && second < 224) {
      const compound = this.#receiver.openRtcp(bytes);
      if (compound !== undefined) for (const message of decodeRtcp(compound)) this.#handleRtcp(message, nowMs);
      return;
    }
    const opened = this.#open(bytes);
    const packet = opened && decodeRtp(opened.packet);
    const stream = opened && this.#receiving.get(opened.ssrc);
    if (opened === undefined || packet === undefined || stream === undefined || this.#ended.has(stream)) return;
    this.#bind(stream, packet.payloadType);
    stream.handle(opened.index, packet, nowMs);
    if (stream.isPicture) this.#estimate.arrived(bytes.length, stream.queueMs, nowMs);
    this.#sendFeedback(stream, nowMs);
    this.#reports.want(nowMs);
  }

  handleTimeout(nowMs: number): void {
    this.#pacer.release(nowMs, this.#sendPicture);
    for (const { stream } of this.#sending.values()) stream.advance(nowMs);
    for (const stream of this.#receiving.values()) {
      if (this.#ended.has(stream)) continue;
      stream.advance(nowMs);
      this.#sendFeedback(stream, nowMs);
      if (!stream.isOver(nowMs)) continue;
      this.#ended.add(stream);
      for (const track of stream.tracks) this.#events.push({ type: "ended", track });
    }
    if (nowMs >= this.#reports.nextMs) this.#report(nowMs);
  }

  /** The next datagram to send, the most urgent first. Take all before anything else happens. */
  pollDatagram(): Uint8Array | undefined {
    return this.#datagrams.shift();
  }

  /** The next event. Take all before anything else happens. */
  pollEvent(): MediaEngineEvent | undefined {
    return this.#events.shift();
  }

  /** When `handleTimeout` has something to do; undefined: nothing is due. */
  nextDeadlineMs(): number | undefined {
    let next = Math.min(this.#reports.nextMs, this.#pacer.nextMs);
    for (const { stream } of this.#sending.values()) next = Math.min(next, stream.nextDeadlineMs());
    for (const stream of this.#receiving.values()) {
      if (!this.#ended.has(stream)) next = Math.min(next, stream.nextDeadlineMs());
    }
    return next === Infinity ? undefined : next;
  }

  stats(direction: MediaDirection, track: number): MediaTrackStats | undefined {
    return direction === "send" ? this.#sending.get(track)?.stream.stats() : this.#streamOf(track)?.stats(track);
  }

  /** Opens a packet of a stream that is known, or of one that only one unbound track can be. */
  #open(sealed: Uint8Array): OpenedRtp | undefined {
    if (this.#receiving.has(rtpSsrc(sealed))) return this.#receiver.openRtp(sealed);
    if (this.#unboundOf(rtpPayloadType(sealed)) === undefined) return undefined;
    const opened = this.#receiver.openFirst(sealed);
    if (opened !== undefined) this.#addStream(opened.ssrc);
    return opened;
  }

  #bind(stream: ReceiveStream, payloadType: number): void {
    if (stream.carries(payloadType)) return;
    const track = this.#unboundOf(payloadType);
    if (track === undefined) return;
    this.#unbound.delete(track.track);
    stream.carry(track);
  }

  #unboundOf(payloadType: number): ReceiveTrack | undefined {
    const [only, other] = [...this.#unbound.values()].filter((track) => track.payloadType === payloadType);
    return other === undefined ? only : undefined;
  }

  #addStream(ssrc: number): ReceiveStream {
    const onFrame = (track: number, frame: EncodedFrame): void => this.#events.push({ type: "frame", track, frame });
    const stream = new ReceiveStream(ssrc, this.#options.packetisers, this.#line, { onFrame });
    this.#receiving.set(ssrc, stream);
    return stream;
  }

  #streamOf(track: number): ReceiveStream | undefined {
    return [...this.#receiving.values()].find(({ tracks }) => tracks.includes(track));
  }

  #handleRtcp(message: RtcpMessage, nowMs: number): void {
    switch (message.type) {
      case "sender-report":
        this.#receiving.get(message.ssrc)?.handleReport(message, nowMs);
        for (const block of message.reports) this.#handleReport(block, nowMs);
        break;
      case "receiver-report":
        for (const block of message.reports) this.#handleReport(block, nowMs);
        break;
      case "bye":
        for (const ssrc of message.ssrcs) this.#receiving.get(ssrc)?.end(nowMs);
        break;
      case "nack":
        this.#sendingOf(message.ssrc)?.stream.resend(message.sequences, nowMs);
        break;
      case "key-frame-request":
        for (const ssrc of message.ssrcs) this.#tellKeyFrameWanted(this.#sendingOf(ssrc), nowMs);
        break;
    }
  }

  #handleReport(block: ReportBlock, nowMs: number): void {
    const sending = this.#sendingOf(block.ssrc);
    if (sending === undefined) return;
    sending.stream.handleReport(block, nowMs);
    this.#notePause(sending);
  }

  #notePause(sending: Sending): void {
    const { isPaused, track } = sending.stream;
    if (isPaused === sending.isPaused) return;
    sending.isPaused = isPaused;
    this.#events.push({ type: isPaused ? "paused" : "resumed", track: track.track });
  }

  #tellKeyFrameWanted(sending: Sending | undefined, nowMs: number): void {
    if (sending === undefined || nowMs - sending.keyFrameToldMs < KEY_FRAME_PAUSE_MS) return;
    sending.keyFrameToldMs = nowMs;
    this.#events.push({ type: "key-frame-wanted", track: sending.stream.track.track });
  }

  #sendingOf(ssrc: number): Sending | undefined {
    for (const sending of this.#sending.values()) if (sending.stream.track.ssrc === ssrc) return sending;
    return undefined;
  }

  /** Asks for what a stream lacks, if that is due. */
  #sendFeedback(stream: ReceiveStream, nowMs: number): void {
    const requests = stream.takeRequests(nowMs);
    const isKeyFrameDue = stream.takeKeyFrameRequest(nowMs);
    if (requests.length === 0 && !isKeyFrameDue) return;
    const from = this.#reporter;
    const parts = [encodeReceiverReport(from, []), encodeSourceName(from, this.#cname)];
    if (requests.length > 0) parts.push(encodeNack(from, stream.ssrc, requests));
    if (isKeyFrameDue) parts.push(encodePli(from, stream.ssrc));
    this.#control(parts);
  }

  /** The SSRC that what we say comes from: of a track that we send, as RFC 3550 has it, where there is one. */
  get #reporter(): number {
    for (const { stream } of this.#sending.values()) if (stream.hasSent) return stream.track.ssrc;
    return this.#ownSsrc;
  }

  /** Sender reports of all tracks at one instant, with what has arrived; a receiver report if nothing is sent. */
  #report(nowMs: number): void {
    const blocks = [...this.#receiving.values()]
      .map((stream) => stream.takeReport(nowMs))
      .filter((block) => block !== undefined)
      .slice(0, MAX_REPORT_BLOCKS);
    const sending = [...this.#sending.values()].map(({ stream }) => stream).filter(({ hasSent }) => hasSent);
    if (blocks.length === 0 && sending.length === 0) return this.#reports.stop();
    const from = this.#reporter;
    const parts = sending.map((stream, at) => this.#clock.report(stream, at === 0 ? blocks : [], nowMs));
    if (parts.length === 0) parts.push(encodeReceiverReport(from, blocks));
    this.#control([...parts, encodeSourceName(from, this.#cname), ...this.#remb(from, blocks, nowMs)]);
    this.#reports.sent(nowMs);
  }

  /** What the pictures of the peer may take, for an encoder there. */
  #remb(from: number, blocks: readonly ReportBlock[], nowMs: number): Uint8Array[] {
    const pictures = blocks.filter(({ ssrc }) => this.#receiving.get(ssrc)?.isPicture === true);
    if (pictures.length === 0) return [];
    const loss = Math.max(...pictures.map(({ fractionLost }) => fractionLost)) / 256;
    const bitsPerSecond = this.#estimate.next(loss, nowMs);
    if (bitsPerSecond === undefined) return [];
    return [
      encodeRemb(
        from,
        Math.round(bitsPerSecond),
        pictures.map(({ ssrc }) => ssrc),
      ),
    ];
  }

  #control(parts: readonly Uint8Array[], urgency: "control" | "video" = "control"): void {
    const sealed = this.#sender.sealRtcp(joinBytes(parts));
    if (sealed !== undefined && !this.#datagrams.isFull) this.#datagrams.push(urgency, sealed);
  }

  #random32(): number {
    const bytes = this.#options.randomBytes(4);
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0);
  }
}
