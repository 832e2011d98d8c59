// One SCTP association: parses the peer's packets, dispatches their chunks to the parts responsible, and assembles our
// packets. The parts own the rules; this owns the overall state and ordering. RFC 9260 §4, §6.10, §8.5.
import type {
  AssociationEnd,
  AssociationEvent,
  AssociationMetrics,
  AssociationOptions,
  DeliveryOptions,
  PathFacts,
  SendLimit,
} from "./association-types.ts";
import type { Engine } from "./engine.ts";
import { Handshake, type HandshakeOutcome, randomTag } from "./handshake.ts";
import type { OutgoingChunk } from "./outgoing-chunk.ts";
import {
  CauseCode,
  CHUNK_HEADER_BYTES,
  ChunkType,
  COMMON_HEADER_BYTES,
  isReportable,
  isSkippable,
  TAG_REFLECTED,
} from "./packet/chunk-types.ts";
import { ChunkWalk, encodeParameter } from "./packet/chunk-walk.ts";
import { packetChecksum } from "./packet/crc32c.ts";
import { padded, readU16, readU32 } from "./packet/fields.ts";
import type { InitFields } from "./packet/init-chunk.ts";
import { PacketWriter } from "./packet/packet-writer.ts";
import type { Violation } from "./rx/receiver.ts";
import { Tcb } from "./tcb.ts";
import { firstSsn } from "./serial.ts";
import { Shutdown } from "./shutdown.ts";
import { BASE_PACKET_BYTES, MAX_PACKET_BYTES } from "./limits.ts";
import { type OutboundMessage, SendQueue } from "./tx/send-queue.ts";

const NEVER = Number.POSITIVE_INFINITY;
const NONE = new Uint8Array(0);
/** Limit of queued control chunks; a peer that makes us answer faster than we may send gets no answer. */
const MAX_CONTROL_CHUNKS = 64;
/** Limit of those that answer unlimited requests of the peer: the rest is left for our own control chunks. */
const MAX_ANSWERS = 32;
/** SACKs processed per packet: nobody sends more than one, and each may scan everything outstanding. */
const MAX_SACKS_PER_PACKET = 2;
const STREAMS = 65_535;

export class Association implements Engine<AssociationEvent> {
  readonly #options: AssociationOptions;
  readonly #local: InitFields;
  readonly #handshake: Handshake;
  readonly #shutdown: Shutdown;
  readonly #walk = new ChunkWalk();
  readonly #packet = new PacketWriter();
  readonly #queue: SendQueue;
  #tcb: Tcb | undefined;
  /** Streams whose reset was requested before the association was established. */
  readonly #earlyResets: number[] = [];
  readonly #hasMessages = (streamId: number): boolean => this.#queue.hasMessages(streamId);
  #control: OutgoingChunk[] = [];
  #events: AssociationEvent[] = [];
  #closed: AssociationEvent | undefined;
  #isEnded = false;
  #packetsSent = 0;
  #packetsReceived = 0;
  #sacksInPacket = 0;

  constructor(options: AssociationOptions) {
    this.#options = options;
    const { random } = options;
    this.#local = {
      initiateTag: randomTag(random),
      windowBytes: options.receiveWindowBytes,
      outboundStreams: STREAMS,
      inboundStreams: STREAMS,
      initialTsn: options.initialTsn ?? Math.floor(random() * 2 ** 32),
      supportsForwardTsn: true,
      takesReconfig: true,
      takesZeroChecksum: true,
      ownStack: options.isPeerOwnStack
        ? { maxPacketBytes: MAX_PACKET_BYTES, socketBufferBytes: options.socketBufferBytes, supportsParts: true }
        : undefined,
      cookie: undefined,
    };
    const send = (chunk: OutgoingChunk): void => {
      const isAnswer = chunk.type === ChunkType.INIT_ACK || chunk.type === ChunkType.COOKIE_ACK;
      if (this.#control.length < (isAnswer ? MAX_ANSWERS : MAX_CONTROL_CHUNKS)) this.#control.push(chunk);
    };
    this.#handshake = new Handshake({ random, local: this.#local, initialRttMs: options.initialRttMs, send });
    this.#shutdown = new Shutdown(send);
    this.#queue = new SendQueue(options.initialSsn ?? 0);
  }

  /** Starts the handshake. Both sides call it. */
  start(nowMs: number): void {
    this.#handshake.start(nowMs);
  }

  /**
   * Queues one whole message; `data` is kept. After the end it does nothing.
   * @throws RangeError when it has no bytes: SCTP cannot carry that
   */
  sendMessage(streamId: number, ppid: number, data: Uint8Array, delivery: DeliveryOptions = {}, nowMs = 0): void {
    if (data.length === 0) throw new RangeError("Cannot send the message as it must be at least 1 byte: it has 0");
    if (this.#isEnded || this.#shutdown.isBegun) return;
    const message: OutboundMessage = {
      streamId,
      ppid,
      data,
      isUnordered: delivery.isUnordered ?? false,
      maxRetransmits: delivery.maxRetransmits ?? NEVER,
      expiresAtMs: delivery.lifetimeMs === undefined ? NEVER : nowMs + delivery.lifetimeMs,
      ssn: firstSsn(0),
      isAbandoned: false,
    };
    this.#queue.enqueue(message);
  }

  /** Bytes of a stream that were queued and have not been given to the network. */
  bufferedBytes(streamId: number): number {
    return this.#queue.bufferedBytesOf(streamId);
  }

  /** Whether the peer has acknowledged everything ever queued. */
  get isDrained(): boolean {
    return this.#tcb === undefined ? this.#queue.bufferedBytes === 0 : this.#tcb.transmitter.isDrained;
  }

  /** The peer's sending waits for a SACK that we owe: the driver should drain now without collecting more packets. */
  get isSackUrgent(): boolean {
    const tcb = this.#tcb;
    return tcb !== undefined && !tcb.isOwnStack && tcb.receiver.isSackDue(0);
  }

  /** Whether nothing is to be sent or told before `nextDeadlineMs`: the driver need not drain after a packet. */
  isAtRest(nowMs: number): boolean {
    const tcb = this.#tcb;
    if (this.#events.length > 0 || this.#closed !== undefined || tcb === undefined) return false;
    return !tcb.receiver.hasItems && !tcb.transmitter.hasProgress && this.nextDeadlineMs() > nowMs;
  }

  /** Closes our side of streams once what is queued on them has left. RFC 6525. */
  resetStreams(streamIds: readonly number[]): void {
    if (this.#tcb === undefined) this.#earlyResets.push(...streamIds);
    else this.#tcb.reset.reset(streamIds);
  }

  /** Messages of this stream are kept here, and count against the window that the peer sees. */
  pauseStream(streamId: number): void {
    this.#tcb?.receiver.pause(streamId);
  }

  resumeStream(streamId: number): void {
    this.#tcb?.receiver.resume(streamId);
  }

  /** Ends in order: queued data is delivered first. RFC 9260 §9.2. */
  shutdown(nowMs: number): void {
    if (this.#tcb === undefined) this.abort(nowMs, "closed before it was established");
    else this.#shutdown.begin();
  }

  /** Ends at once; undelivered data is lost. RFC 9260 §9.1. */
  abort(_nowMs: number, detail: string): void {
    this.#abort(CauseCode.USER_INITIATED_ABORT, detail, this.#peerTag);
  }

  /** The path has changed, or works again after an interruption: the association resumes on it at once. */
  handleNewPath(path: PathFacts, nowMs: number): void {
    this.#tcb?.handleNewPath(path, nowMs);
  }

  /** A datagram that is none of this association leaves on its path: media, which goes first. */
  noteBeside(bytes: number, nowMs: number): void {
    this.#tcb?.transmitter.noteBeside(bytes, nowMs);
  }

  /** Packets take another path from now on, and what is in flight arrives by the one before. */
  handleMoved(path: PathFacts, nowMs: number): void {
    this.#tcb?.handleMoved(path, nowMs);
  }

  get #peerTag(): number | undefined {
    return this.#tcb?.peerTag ?? this.#handshake.peerTag;
  }

  /** The peer has violated the protocol. */
  #refuse(violation: string, peerTag: number): void {
    this.#abort(violationCause(violation), violation, peerTag, "violation");
  }

  #abort(
    cause: number,
    detail: string,
    verificationTag: number | undefined,
    reason: "aborted" | "violation" = "aborted",
  ): void {
    if (this.#isEnded) return;
    this.#control = [];
    if (verificationTag !== undefined) {
      this.#control.push({
        type: ChunkType.ABORT,
        flags: 0,
        value: encodeParameter(cause, NONE),
        verificationTag,
        isAlone: true,
      });
    }
    this.#end(reason, detail);
  }

  #end(reason: AssociationEnd["reason"], detail: string): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#handshake.stop();
    this.#shutdown.stop();
    this.#closed = { type: "closed", reason, detail };
  }

  handle(packet: Uint8Array, nowMs: number): void {
    if (!this.#isForUs(packet)) return;
    if (this.#isEnded) {
      if (packet[COMMON_HEADER_BYTES] === ChunkType.SHUTDOWN_ACK) this.#shutdown.handleShutdownAck();
      return;
    }
    this.#packetsReceived += 1;
    const walk = this.#walk;
    walk.begin(packet);
    this.#sacksInPacket = 0;
    while (!this.#isEnded && walk.step()) {
      if (!this.#handleChunk(packet, walk, nowMs)) break;
    }
    this.#tcb?.receiver.handlePacketEnd(nowMs);
    this.#progress(nowMs);
  }

  /** Checks ports, checksum and verification tag. RFC 9260 §6.8, §8.5. RFC 9653 §5.3: zero counts as correct. */
  #isForUs(packet: Uint8Array): boolean {
    const { localPort, remotePort } = this.#options;
    if (packet.length < COMMON_HEADER_BYTES + CHUNK_HEADER_BYTES || packet.length > MAX_PACKET_BYTES) return false;
    if (readU16(packet, 0) !== remotePort || readU16(packet, 2) !== localPort) return false;
    const checksum =
      ((packet[8] ?? 0) | ((packet[9] ?? 0) << 8) | ((packet[10] ?? 0) << 16) | ((packet[11] ?? 0) << 24)) >>> 0;
    if (checksum !== 0 && checksum !== packetChecksum(packet, 0, packet.length)) return false;
    const tag = readU32(packet, 4);
    const type = packet[COMMON_HEADER_BYTES];
    const flags = packet[COMMON_HEADER_BYTES + 1] ?? 0;
    if (type === ChunkType.INIT) return tag === 0;
    if (type === ChunkType.COOKIE_ECHO && this.#handshake.isTagGivenOut(tag)) return true;
    const mayReflect = type === ChunkType.ABORT || type === ChunkType.SHUTDOWN_COMPLETE;
    if (mayReflect && (flags & TAG_REFLECTED) !== 0) return tag === this.#peerTag;
    return tag === this.#local.initiateTag;
  }

  /** @returns whether the rest of the packet is processed */
  #handleChunk(packet: Uint8Array, walk: ChunkWalk, nowMs: number): boolean {
    const { type, start, end } = walk;
    switch (type) {
      case ChunkType.INIT:
        this.#handshake.handleInit(packet, start, end, nowMs);
        return false;
      case ChunkType.INIT_ACK:
        this.#handshake.handleInitAck(packet, start, end, nowMs);
        return false;
      case ChunkType.COOKIE_ECHO:
        this.#handleOutcome(this.#handshake.handleCookieEcho(packet, start, end, readU32(packet, 4), nowMs), nowMs);
        return true;
      case ChunkType.COOKIE_ACK:
        this.#handleOutcome(this.#handshake.handleCookieAck(nowMs), nowMs);
        return true;
      case ChunkType.ABORT:
        this.#end("aborted", "the peer aborted");
        return false;
      case ChunkType.ERROR:
        this.#handshake.handleError(packet, start, end, nowMs);
        return true;
      default:
        return this.#tcb === undefined || this.#handleEstablished(packet, walk, this.#tcb, nowMs);
    }
  }

  #handleEstablished(packet: Uint8Array, walk: ChunkWalk, tcb: Tcb, nowMs: number): boolean {
    const { type, flags, start, end } = walk;
    switch (type) {
      case ChunkType.DATA:
        this.#endData(tcb.receiver.handleData(packet, start, end, flags), tcb);
        break;
      case ChunkType.DATA_PART:
        if (!tcb.isOwnStack) return this.#handleUnknown(packet, walk);
        this.#endData(tcb.receiver.handlePart(packet, start, end, flags), tcb);
        break;
      case ChunkType.SACK:
        this.#sacksInPacket += 1;
        if (this.#sacksInPacket <= MAX_SACKS_PER_PACKET) tcb.transmitter.handleSack(packet, start, end, nowMs);
        break;
      case ChunkType.FORWARD_TSN:
        if (end - start >= 8) tcb.receiver.handleForwardTsn(packet, start, end);
        break;
      case ChunkType.RE_CONFIG:
        tcb.reset.handle(packet, start, end, nowMs);
        break;
      case ChunkType.HEARTBEAT:
        this.#push({ type: ChunkType.HEARTBEAT_ACK, flags: 0, value: packet.slice(start + 4, end) });
        break;
      case ChunkType.HEARTBEAT_ACK:
        tcb.handleHeartbeatAck(packet, start, end, nowMs);
        break;
      case ChunkType.SHUTDOWN:
        tcb.transmitter.handleCumulativeAck(packet, start, end, nowMs);
        this.#shutdown.handleShutdown();
        break;
      case ChunkType.SHUTDOWN_ACK:
        if (this.#shutdown.handleShutdownAck()) this.#end("shutdown", "");
        break;
      case ChunkType.SHUTDOWN_COMPLETE:
        if (this.#shutdown.isAckSent) this.#end("shutdown", "");
        break;
      case ChunkType.PAD:
        break;
      default:
        return this.#handleUnknown(packet, walk);
    }
    return true;
  }

  #endData(violation: Violation, tcb: Tcb): void {
    if (violation !== undefined) this.#refuse(violation, tcb.peerTag);
    if (this.#shutdown.isSent) tcb.receiver.demandSack();
  }

  /** RFC 9260 §3.2: the two upper bits say whether to continue and whether to report. */
  #handleUnknown(packet: Uint8Array, { type, start, end }: ChunkWalk): boolean {
    if (isReportable(type, 8)) {
      const cause = encodeParameter(CauseCode.UNRECOGNIZED_CHUNK, packet.slice(start, Math.min(end, start + 64)));
      this.#push({ type: ChunkType.ERROR, flags: 0, value: cause });
    }
    return isSkippable(type, 8);
  }

  /** Queues an answer to the peer. */
  #push(chunk: OutgoingChunk): void {
    if (this.#control.length < MAX_ANSWERS) this.#control.push(chunk);
  }

  #handleOutcome(outcome: HandshakeOutcome, nowMs: number): void {
    if (outcome === undefined) return;
    if (outcome.kind === "restarted") {
      // Channels and their messages belong to the state that the peer has lost (docs/rfc-deviations.md, D2).
      this.#abort(CauseCode.USER_INITIATED_ABORT, "the peer began anew", outcome.peerTag);
      return;
    }
    this.#tcb = new Tcb({
      options: this.#options,
      local: this.#local,
      // Two sides that take each other for different stacks would wait for each other's SACKs.
      peer: this.#options.isPeerOwnStack ? outcome.peer : { ...outcome.peer, ownStack: undefined },
      rttMs: outcome.rttMs,
      queue: this.#queue,
      emit: (event) => {
        this.#events.push(event);
      },
      nowMs,
    });
    this.#tcb.reset.reset(this.#earlyResets);
    this.#events.push({ type: "established" });
  }

  advance(nowMs: number): void {
    if (this.#isEnded) return;
    this.#handshake.advance(nowMs);
    const tcb = this.#tcb;
    if (tcb === undefined) return;
    tcb.advance(nowMs);
    const { isAckSent } = this.#shutdown;
    if (this.#shutdown.advance(nowMs, tcb.transmitter.recovery.rto.rtoMs)) {
      // Both sides have everything once SHUTDOWN ACK is sent: only SHUTDOWN COMPLETE is missing.
      if (isAckSent) this.#end("shutdown", "");
      else this.#end("aborted", "the peer did not answer our shutdown");
    }
    this.#progress(nowMs);
  }

  /** Performs what an acknowledgement or received data has made possible. */
  #progress(nowMs: number): void {
    const tcb = this.#tcb;
    if (tcb === undefined || this.#isEnded) return;
    tcb.reset.advance(nowMs, this.#hasMessages);
    if (tcb.transmitter.isDrained && tcb.reset.isIdle) {
      this.#shutdown.handleDrained(nowMs, tcb.receiver.cumulativeTsn, tcb.transmitter.recovery.rto.rtoMs);
    }
  }

  /** @param into - at least 16,384 bytes: the path's confirmed packet size decides how much is used */
  pollTransmit(into: Uint8Array, nowMs: number): number {
    this.#progress(nowMs);
    const { localPort, remotePort } = this.#options;
    const tcb = this.#tcb;
    const packet = this.#packet;
    const first = this.#control[0];
    const tag = first?.verificationTag ?? tcb?.peerTag;
    if (tag === undefined || (this.#isEnded && first === undefined)) return 0;
    packet.begin(into, tcb?.transmitter.packetBytes ?? BASE_PACKET_BYTES, localPort, remotePort, tag);
    let hasChecksum = tcb?.sendsZeroChecksum !== true;
    if (first?.isAlone === true) {
      this.#control.shift();
      packet.grow(into.length);
      packet.chunk(first.type, first.flags, first.value);
      hasChecksum = true;
    } else {
      this.#writeControl(packet, tag);
      if (tag === tcb?.peerTag && !this.#isEnded) tcb.write(packet, nowMs);
    }
    if (packet.isEmpty) return 0;
    this.#packetsSent += 1;
    return packet.finish(hasChecksum);
  }

  #writeControl(packet: PacketWriter, tag: number): void {
    for (let chunk = this.#control[0]; chunk !== undefined; chunk = this.#control[0]) {
      if (chunk.isAlone === true || (chunk.verificationTag ?? this.#tcb?.peerTag) !== tag) return;
      const bytes = padded(CHUNK_HEADER_BYTES + chunk.value.length);
      if (packet.isEmpty) packet.grow(COMMON_HEADER_BYTES + bytes);
      if (packet.room < bytes) return;
      packet.chunk(chunk.type, chunk.flags, chunk.value);
      this.#control.shift();
    }
  }

  pollEvent(): AssociationEvent | undefined {
    if (this.#events[0]?.type === "established") return this.#events.shift();
    const received = this.#tcb?.receiver.poll();
    if (received !== undefined) return received;
    const event = this.#events.shift();
    if (event !== undefined) return event;
    if (this.#tcb?.takeProgress() === true && !this.#isEnded) return { type: "progress" };
    const closed = this.#closed;
    this.#closed = undefined;
    return closed;
  }

  nextDeadlineMs(): number {
    if (this.#control.length > 0) return 0;
    if (this.#isEnded) return NEVER;
    return Math.min(
      this.#handshake.nextDeadlineMs,
      this.#shutdown.nextDeadlineMs,
      this.#tcb?.nextDeadlineMs() ?? NEVER,
    );
  }

  /** The cause that keeps the next packet of data from leaving; undefined before the association is established. */
  get sendLimit(): SendLimit | undefined {
    return this.#tcb?.transmitter.sendLimit;
  }

  /** Undefined before the association is established. */
  metrics(): AssociationMetrics | undefined {
    return this.#tcb?.metrics(this.#packetsSent, this.#packetsReceived);
  }
}

function violationCause(violation: string): number {
  return violation === "no user data" ? CauseCode.NO_USER_DATA : CauseCode.PROTOCOL_VIOLATION;
}
