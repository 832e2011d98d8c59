// The sending half of an association: which fragment leaves next, and whether it may. Lost chunks go first, then
// new messages; window, pacing and the peer's limits decide when. RFC 9260 §6.1, §6.9, §6.10.
import type { SendLimit } from "../association-types.ts";
import {
  CHUNK_PART_BYTES,
  COMMON_HEADER_BYTES,
  DATA_HEADER_BYTES,
  DataFlag,
  PART_HEADER_BYTES,
} from "../packet/chunk-types.ts";
import { padded, readU32 } from "../packet/fields.ts";
import type { DataHeader, PacketWriter } from "../packet/packet-writer.ts";
import { firstTsn, type Tsn } from "../serial.ts";
import { Abandonment } from "./abandonment.ts";
import type { CongestionController } from "./congestion/controller.ts";
import { LossRecovery, type NewPath } from "./loss-recovery.ts";
import { ChunkState, Outstanding, OUTSTANDING_CAPACITY } from "./outstanding.ts";
import { Pacer } from "./pacer.ts";
import type { OutboundMessage, SendQueue } from "./send-queue.ts";

export interface TransmitterOptions {
  /** Wire value, not unwrapped. */
  initialTsn: number;
  queue: SendQueue;
  controller: CongestionController;
  /** The packet size that every path carries. */
  basePacketBytes: number;
  /** The path's packet size may shrink later. */
  mayNarrow: boolean;
  /** The path is a stream: it loses nothing, and may stall. */
  isStream: boolean;
}

/** The peer's properties, from the handshake. */
export interface PeerTraits {
  isOwnStack: boolean;
  windowBytes: number;
  /** It drops chunks further than this beyond its cumulative TSN. */
  maxSpan: number;
  supportsForwardTsn: boolean;
  /** Chunks may be sent to it in parts. */
  supportsParts: boolean;
}

/** A packet is not filled up with a smaller piece of a message than this. */
const MIN_FRAGMENT_BYTES = 256;
/** RFC 9260 §6.2 lets a peer delay a SACK by 200 ms; our own stack delays it by 4. */
const FOREIGN_ACK_DELAY_MS = 200;
const OWN_ACK_DELAY_MS = 10;
/** dcSCTP reports 20 gap blocks; we report as many as fit into the smallest packet. */
const FOREIGN_CUT_GAPS = 20;
const OWN_CUT_GAPS = 280;
const SPAN_RESERVE = 64;
/** It shares no factor with any number of parts, of which there are fifteen at most. */
const PART_STEP = 17;
/** Beside media a burst covers at most this time, so that a packet of it is not late behind ours; and one packet at least. */
const BESIDE_BURST_MS = 5;
/** The window beside media, whatever its share is: with less a lost packet is noticed by a timer only. */
const BESIDE_WINDOW_PACKETS = 4;
/** Beside media the window is what the path holds without a queue, and so much more that probing still shows whether it holds more. */
const BESIDE_WINDOW_GAIN = 1.25;
/** The part of the paced rate that is left to the association at least, whatever media takes. */
const LEAST_PART = 1 / 8;
/** A paced packet that leaves so much after its time shows that this machine stood still. Timers are 1 ms late as a rule. */
const LATE_TIMER_MS = 4;

export class Transmitter {
  readonly #queue: SendQueue;
  readonly #outstanding: Outstanding;
  readonly #recovery: LossRecovery;
  #controller: CongestionController;
  readonly #abandonment: Abandonment;
  readonly #pacer = new Pacer();
  readonly #basePacketBytes: number;
  #mayNarrow: boolean;
  readonly #header: DataHeader = { flags: 0, tsn: 0, streamId: 0, ssn: 0, ppid: 0 };
  #packetBytes: number;
  #chunkPayloadBytes: number;
  #maxSpan = OUTSTANDING_CAPACITY - SPAN_RESERVE;
  #supportsForwardTsn = false;
  #supportsParts = false;
  /** The chunk of which some parts have left and the others leave next, and how many have. */
  #partTsn: Tsn | undefined;
  #partsSent = 0;
  #canSend = false;
  /** The reason that blocks the next packet, so that only events that may lift it wake us up. */
  #isPaced = false;
  /** What holds for the next packet: the controller's, less what media takes. */
  readonly #pace = { rate: Number.POSITIVE_INFINITY, burstBytes: 0, cwndBytes: 0 };
  #wasIdle = true;
  retransmittedChunks = 0;
  #hasProgress = false;

  constructor(options: TransmitterOptions) {
    this.#queue = options.queue;
    this.#outstanding = new Outstanding(firstTsn(options.initialTsn));
    this.#controller = options.controller;
    this.#recovery = new LossRecovery(this.#outstanding, options.controller, options.isStream);
    this.#abandonment = new Abandonment(this.#outstanding, this.#queue);
    this.#basePacketBytes = options.basePacketBytes;
    this.#mayNarrow = options.mayNarrow;
    this.#packetBytes = options.basePacketBytes;
    this.#chunkPayloadBytes = this.#payloadFor(options.basePacketBytes);
  }

  /** The association is established: data may leave. */
  open(peer: PeerTraits): void {
    this.#canSend = true;
    this.#maxSpan = Math.min(peer.maxSpan, OUTSTANDING_CAPACITY - SPAN_RESERVE);
    this.#supportsForwardTsn = peer.supportsForwardTsn;
    this.#supportsParts = peer.supportsParts;
    this.#recovery.setPeer(
      {
        maxAckDelayMs: peer.isOwnStack ? OWN_ACK_DELAY_MS : FOREIGN_ACK_DELAY_MS,
        cutGapCount: peer.isOwnStack ? OWN_CUT_GAPS : FOREIGN_CUT_GAPS,
      },
      peer.windowBytes,
    );
  }

  get recovery(): LossRecovery {
    return this.#recovery;
  }

  /** A datagram of media leaves on the same path. */
  noteBeside(bytes: number, nowMs: number): void {
    this.#recovery.rate.beside.note(bytes, nowMs);
  }

  get inflightBytes(): number {
    return this.#outstanding.inflightBytes;
  }

  get lastTsn(): Tsn {
    return (this.#outstanding.nextTsn - 1) as Tsn;
  }

  /** Whether everything queued has left and is acknowledged. */
  get isDrained(): boolean {
    return this.#queue.bufferedBytes === 0 && this.#outstanding.isEmpty;
  }

  get packetBytes(): number {
    return this.#packetBytes;
  }

  get bufferedBytes(): number {
    return this.#queue.bufferedBytes;
  }

  /** The cause that keeps the next packet from leaving. It is valid after everything that may leave has left. */
  get sendLimit(): SendLimit {
    const o = this.#outstanding;
    if (o.lostCount > 0) return "congestion";
    const { bufferedBytes } = this.#queue;
    if (bufferedBytes === 0) return "application";
    const nextBytes = Math.min(bufferedBytes, this.#chunkPayloadBytes);
    const isShut = o.inflightChunks > 0 && nextBytes > this.#recovery.peerWindowBytes;
    return isShut || o.span >= this.#maxSpan ? "peer-window" : "congestion";
  }

  /** The path has changed. */
  handleNewPath(nowMs: number, path: NewPath & Pick<TransmitterOptions, "mayNarrow">): void {
    this.#controller = path.controller;
    this.#mayNarrow = path.mayNarrow;
    this.setPacketBytes(this.#basePacketBytes);
    this.#recovery.handleNewPath(nowMs, path);
  }

  /** Packets take another path, and what is in flight arrives by the one before. */
  handleMoved(nowMs: number, path: NewPath): void {
    this.#controller = path.controller;
    this.setPacketBytes(this.#basePacketBytes);
    this.#recovery.handleMoved(nowMs, path);
  }

  /** Path MTU discovery has a new result. */
  setPacketBytes(bytes: number): void {
    this.#packetBytes = bytes;
    this.#chunkPayloadBytes = this.#payloadFor(bytes);
    this.#controller.setPacketBytes(bytes);
    this.#recovery.handleNewPacketSize();
  }

  /**
   * Payload of one chunk: it fills a packet. Other stacks take no parts of a chunk that has a TSN, so none for them is larger
   * than the smallest packet carries: a path that becomes narrower blocks nothing (docs/rfc-deviations.md, D6).
   */
  #payloadFor(packetBytes: number): number {
    const chunks = this.#mayNarrow && !this.#supportsParts ? Math.ceil(packetBytes / this.#basePacketBytes) : 1;
    return Math.floor((packetBytes - 12) / chunks / 4) * 4 - DATA_HEADER_BYTES;
  }

  handleSack(bytes: Uint8Array, start: number, end: number, nowMs: number): void {
    this.#recovery.handleSack(bytes, start, end, nowMs);
    this.#abandonment.demand();
    this.#hasProgress = true;
  }

  /** Whether `takeProgress` would say so. */
  get hasProgress(): boolean {
    return this.#hasProgress || this.#queue.hasDropped;
  }

  /** @returns whether bytes were handed to the network, acknowledged or given up since the last call */
  takeProgress(): boolean {
    const { hasProgress } = this;
    this.#hasProgress = false;
    this.#queue.hasDropped = false;
    return hasProgress;
  }

  /** SHUTDOWN carries a cumulative TSN too. RFC 9260 §9.2. */
  handleCumulativeAck(bytes: Uint8Array, start: number, end: number, nowMs: number): void {
    if (end - start < 8) return;
    const sack = new Uint8Array(16);
    sack.set(bytes.subarray(start + 4, start + 8), 4);
    const windowBytes = Math.max(0, this.#recovery.peerWindowBytes + this.#outstanding.inflightPayloadBytes);
    sack.set([windowBytes >>> 24, windowBytes >>> 16, windowBytes >>> 8, windowBytes], 8);
    if (readU32(sack, 4) !== (this.#outstanding.firstTsn - 1) >>> 0) this.handleSack(sack, 0, 16, nowMs);
  }

  advance(nowMs: number): void {
    if (this.#isPaced && nowMs - this.#pacedDeadlineMs() > LATE_TIMER_MS) {
      this.#controller.handleLateTimer(this.#outstanding.inflightBytes);
    }
    const isTimeout = nowMs >= this.#recovery.timeoutDeadlineMs;
    if (this.#recovery.advance(nowMs)) this.#recovery.handleProbe(this.#hasNewChunk(nowMs), nowMs);
    if (isTimeout) this.#abandonment.demand();
  }

  /** Whether something is queued and may leave now. */
  isReady(nowMs: number): boolean {
    this.#isPaced = false;
    this.#giveUpLost(nowMs);
    return this.#abandonment.isDue || this.#mayDataLeave(nowMs);
  }

  #mayDataLeave(nowMs: number): boolean {
    if (this.#outstanding.lostCount > 0 || this.#hasNewChunk(nowMs)) return this.#mayLeave(nowMs);
    this.#noteIdle();
    return false;
  }

  /**
   * Adds chunks to a packet as long as they fit. Call it after `isReady` returned true.
   * @returns whether something was added
   */
  write(packet: PacketWriter, nowMs: number): boolean {
    let hasForwardTsn = false;
    if (this.#abandonment.isDue) {
      hasForwardTsn = this.#abandonment.write(packet);
      if (!this.#mayDataLeave(nowMs)) return hasForwardTsn;
    }
    let hasData = false;
    while (this.#writeLost(packet, nowMs)) hasData = true;
    if (this.#outstanding.lostCount === 0) while (this.#writeNew(packet, nowMs)) hasData = true;
    if (hasData) {
      this.#recovery.handlePacketSent(nowMs);
      this.#hasProgress = true;
    }
    return hasData || hasForwardTsn;
  }

  /** Before a packet is started: lost chunks that must not be retransmitted are given up. */
  #giveUpLost(nowMs: number): void {
    const o = this.#outstanding;
    while (this.#supportsForwardTsn && o.lostCount > 0) {
      const tsn = o.firstLost();
      const message = o.messages[o.slotOf(tsn)];
      if (message === undefined || !this.#isOver(message, tsn, nowMs)) break;
      this.#abandonment.abandon(message, tsn);
      this.#recovery.handleAbandoned(nowMs);
    }
  }

  #isOver(message: OutboundMessage, tsn: Tsn, nowMs: number): boolean {
    const { sendCount } = this.#outstanding;
    return Abandonment.isOver(message, sendCount[this.#outstanding.slotOf(tsn)] as number, nowMs);
  }

  #noteIdle(): void {
    const o = this.#outstanding;
    if (this.#canSend && o.inflightBytes < this.#controller.cwndBytes) this.#recovery.rate.noteAppLimited();
    if (o.inflightChunks === 0) this.#wasIdle = true;
  }

  #hasNewChunk(nowMs: number): boolean {
    if (!this.#canSend || this.#outstanding.span >= this.#maxSpan) return false;
    const pending = this.#queue.pendingBytes(nowMs);
    if (pending === 0) return false;
    const bytes = Math.min(pending, this.#chunkPayloadBytes);
    // A closed window is probed with one chunk at a time. RFC 9260 §6.1 A.
    return bytes <= this.#recovery.peerWindowBytes || this.#outstanding.inflightChunks === 0;
  }

  #mayLeave(nowMs: number): boolean {
    if (this.#recovery.freePackets > 0) return true;
    const o = this.#outstanding;
    this.#setPace(nowMs);
    const { cwndBytes } = this.#pace;
    // What has left of a chunk is worth nothing without its rest.
    const isBlocked = o.inflightChunks > 0 && o.inflightBytes + this.#chunkPayloadBytes > cwndBytes;
    if (isBlocked && !this.#isPartly()) {
      this.#recovery.noteCwndLimited();
      return false;
    }
    if (this.#wasIdle) {
      this.#wasIdle = false;
      if (o.inflightChunks === 0) this.#controller.handleRestartFromIdle(nowMs);
    }
    if (this.#pacer.maySend(nowMs, this.#pace.rate, this.#pace.burstBytes)) return true;
    this.#isPaced = true;
    return false;
  }

  /** What the controller says is for all that leaves, of which media has its part first. */
  #setPace(nowMs: number): void {
    const pace = this.#pace;
    const { pacingRate, burstBytes, cwndBytes } = this.#controller;
    pace.rate = pacingRate;
    pace.burstBytes = burstBytes;
    pace.cwndBytes = cwndBytes;
    const besideRate = this.#recovery.rate.beside.rate(nowMs);
    if (besideRate === 0 || pacingRate === Number.POSITIVE_INFINITY) return;
    pace.rate = Math.max(pacingRate * LEAST_PART, pacingRate - besideRate);
    pace.burstBytes = Math.min(burstBytes, Math.max(this.#packetBytes, pace.rate * BESIDE_BURST_MS));
    const leastBytes = Math.min(cwndBytes, BESIDE_WINDOW_PACKETS * this.#packetBytes);
    const mostBytes = Math.min(cwndBytes, this.#controller.pipeBytes * BESIDE_WINDOW_GAIN);
    pace.cwndBytes = Math.max(leastBytes, mostBytes * (pace.rate / pacingRate));
  }

  /** @returns whether a lost chunk was added, so that there may be more */
  #writeLost(packet: PacketWriter, nowMs: number): boolean {
    const o = this.#outstanding;
    if (o.lostCount === 0) return false;
    const tsn = this.#nextLost(nowMs);
    const slot = o.slotOf(tsn);
    const message = o.messages[slot];
    if (message === undefined) return false;
    // The next packet starts by giving it up.
    if (this.#supportsForwardTsn && this.#isOver(message, tsn, nowMs)) return false;
    const chunkBytes = padded(o.bytesAt(slot));
    // The chunk was cut for larger packets.
    if (this.#supportsParts && chunkBytes + COMMON_HEADER_BYTES > this.#packetBytes) {
      return this.#writePart(packet, slot, message, nowMs);
    }
    if (packet.isEmpty) packet.grow(chunkBytes + COMMON_HEADER_BYTES);
    if (packet.room < chunkBytes) return false;
    this.retransmittedChunks += 1;
    this.#send(packet, slot, message, nowMs);
    return true;
  }

  /** The chunk to send again next: the one of which a part has left, unless it is given up, or the first one. */
  #nextLost(nowMs: number): Tsn {
    const o = this.#outstanding;
    const tsn = this.#partTsn;
    if (tsn === undefined) return o.firstLost();
    const message = o.messages[o.slotOf(tsn)];
    const isOver = message === undefined || (this.#supportsForwardTsn && this.#isOver(message, tsn, nowMs));
    if (this.#isPartly() && !isOver) return tsn;
    this.#partTsn = undefined;
    return o.firstLost();
  }

  /** Whether only some parts of a chunk have left, and the others are still of use. */
  #isPartly(): boolean {
    const tsn = this.#partTsn;
    if (tsn === undefined) return false;
    const o = this.#outstanding;
    const slot = o.slotOf(tsn);
    return tsn >= o.firstTsn && o.tsnAt(slot) === tsn && o.state[slot] === ChunkState.LOST;
  }

  /**
   * Adds the next part of a lost chunk. Each time it is sent they begin with another one: where the same few of a burst get
   * through every time, all of them arrive in the end.
   * @returns whether it was the last one, so that there may be more
   */
  #writePart(packet: PacketWriter, slot: number, message: OutboundMessage, nowMs: number): boolean {
    const o = this.#outstanding;
    if (this.#partTsn === undefined) this.#partsSent = 0;
    const totalBytes = o.bytesAt(slot) - DATA_HEADER_BYTES;
    const count = Math.ceil(totalBytes / CHUNK_PART_BYTES);
    const offset = (((o.sendCount[slot] as number) * PART_STEP + this.#partsSent) % count) * CHUNK_PART_BYTES;
    const bytes = Math.min(CHUNK_PART_BYTES, totalBytes - offset);
    if (packet.room < padded(PART_HEADER_BYTES + bytes)) return false;
    this.#fillHeader(slot, message);
    const from = (o.from[slot] as number) + offset;
    packet.part(this.#header, { totalBytes, offset }, message.data, from, from + bytes);
    this.#pacer.handleSent(bytes);
    this.#partsSent += 1;
    this.#partTsn = this.#partsSent < count ? o.tsnAt(slot) : undefined;
    if (this.#partTsn !== undefined) return false;
    this.retransmittedChunks += 1;
    this.#recovery.handleSent(slot, nowMs);
    return true;
  }

  #writeNew(packet: PacketWriter, nowMs: number): boolean {
    if (!this.#hasNewChunk(nowMs)) return false;
    const message = this.#queue.current;
    if (message === undefined) return false;
    const { offset } = this.#queue;
    const pending = message.data.length - offset;
    const fitting = (packet.room & ~3) - DATA_HEADER_BYTES;
    const bytes = Math.min(pending, this.#chunkPayloadBytes, fitting);
    if (bytes < Math.min(pending, MIN_FRAGMENT_BYTES)) return false;
    this.#queue.take(bytes);
    const isLast = offset + bytes === message.data.length;
    const flags =
      (offset === 0 ? DataFlag.BEGINNING : 0) |
      (isLast ? DataFlag.ENDING : 0) |
      (message.isUnordered ? DataFlag.UNORDERED : 0);
    const slot = this.#outstanding.append(message, offset, offset + bytes, flags);
    this.#send(packet, slot, message, nowMs);
    return true;
  }

  #send(packet: PacketWriter, slot: number, message: OutboundMessage, nowMs: number): void {
    const o = this.#outstanding;
    this.#fillHeader(slot, message);
    packet.data(this.#header, message.data, o.from[slot] as number, o.to[slot] as number);
    this.#recovery.handleSent(slot, nowMs);
    this.#pacer.handleSent(o.bytesAt(slot));
  }

  #fillHeader(slot: number, message: OutboundMessage): void {
    const o = this.#outstanding;
    const header = this.#header;
    // Nothing follows: the peer need not wait for more before acknowledging. RFC 7053 §4.
    const isTail = this.#queue.bufferedBytes === 0 && o.lostCount <= 1;
    header.flags = (o.flags[slot] as number) | (isTail ? DataFlag.IMMEDIATE : 0);
    header.tsn = o.tsnAt(slot);
    header.streamId = message.streamId;
    header.ssn = message.isUnordered ? 0 : message.ssn;
    header.ppid = message.ppid;
  }

  nextDeadlineMs(): number {
    if (this.#abandonment.isDue) return 0;
    const recovery = this.#recovery.nextDeadlineMs;
    if (!this.#isPaced) return recovery;
    return Math.min(recovery, this.#pacedDeadlineMs());
  }

  #pacedDeadlineMs(): number {
    const { rate, burstBytes } = this.#pace;
    const turnBytes = rate === Number.POSITIVE_INFINITY ? 0 : rate * this.#controller.turnMs;
    return this.#pacer.readyAtMs(rate, Math.min(Math.max(this.#packetBytes, turnBytes), burstBytes));
  }
}
