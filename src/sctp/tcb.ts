// The state of an established association: its two halves, stream resets and heartbeats, created from the
// handshake's result.
import type { AssociationEvent, AssociationMetrics, AssociationOptions, PathFacts } from "./association-types.ts";
import { Heartbeat } from "./heartbeat.ts";
import { BASE_PACKET_BYTES } from "./limits.ts";
import { CHUNK_HEADER_BYTES, ChunkType } from "./packet/chunk-types.ts";
import type { InitFields } from "./packet/init-chunk.ts";
import type { PacketWriter } from "./packet/packet-writer.ts";
import { Receiver } from "./rx/receiver.ts";
import { StreamReset } from "./stream-reset.ts";
import { createBbr } from "./tx/congestion/bbr.ts";
import type { CongestionController } from "./tx/congestion/controller.ts";
import { createCubic } from "./tx/congestion/cubic.ts";
import { OUTSTANDING_CAPACITY } from "./tx/outstanding.ts";
import type { SendQueue } from "./tx/send-queue.ts";
import { type PeerTraits, Transmitter } from "./tx/transmitter.ts";

export interface TcbOptions {
  options: AssociationOptions;
  local: InitFields;
  peer: InitFields;
  /** Round trip of the handshake; undefined: a retransmission made it ambiguous. */
  rttMs: number | undefined;
  queue: SendQueue;
  emit: (event: AssociationEvent) => void;
  nowMs: number;
}

/** usrsctp drops a TSN 4,096 or more beyond its mapping base; an unknown stack's limit may be as small. */
const CAUTIOUS_SPAN = 4_000;
/** A packet of 1,200 bytes counts in a socket's buffer for about twice that on Linux, and half of the rest is a margin. */
const BUFFERED_PART = 1 / 3;
const MIN_WINDOW_LIMIT_BYTES = 65_536;
/** Prefixes of the cookies of libwebrtc's stack and of usrsctp. */
const DCSCTP_COOKIE = "dcSCTP";
const USRSCTP_COOKIE = "KAME-BSD";

export class Tcb {
  readonly peerTag: number;
  readonly isOwnStack: boolean;
  readonly sendsZeroChecksum: boolean;
  readonly transmitter: Transmitter;
  readonly receiver: Receiver;
  readonly reset: StreamReset;
  readonly #heartbeat: Heartbeat;
  readonly #options: AssociationOptions;
  readonly #peer: InitFields;
  #controller: CongestionController;

  constructor({ options, local, peer, rttMs, queue, emit, nowMs }: TcbOptions) {
    this.#options = options;
    this.#peer = peer;
    this.peerTag = peer.initiateTag;
    this.isOwnStack = peer.ownStack !== undefined;
    this.sendsZeroChecksum = peer.takesZeroChecksum;
    this.#controller = createController(options, peer, rttMs ?? options.initialRttMs);
    this.transmitter = new Transmitter({
      initialTsn: local.initialTsn,
      queue,
      controller: this.#controller,
      basePacketBytes: BASE_PACKET_BYTES,
      mayNarrow: !options.isOneMachine,
      isStream: options.isStream,
    });
    this.transmitter.open(traitsOf(peer));
    if (rttMs !== undefined) this.transmitter.recovery.handleRttSample(rttMs);
    this.receiver = new Receiver({
      initialTsn: peer.initialTsn,
      initialSsn: options.initialSsn ?? 0,
      isOwnStack: this.isOwnStack,
      windowBytes: options.receiveWindowBytes,
      maxMessageBytes: options.maxMessageBytes,
    });
    this.receiver.setRtt(rttMs ?? options.initialRttMs);
    this.receiver.setWindowLimit(this.#windowLimitOn(options));
    this.reset = this.#createReset(queue, emit, local, peer);
    this.#heartbeat = new Heartbeat({
      random: options.random,
      basePacketBytes: BASE_PACKET_BYTES,
      maxPacketBytes: maxPacketBytesFor(peer, options),
      nowMs,
    });
  }

  /** The path has changed: chunks in flight on the previous one are resent. */
  handleNewPath(path: PathFacts, nowMs: number): void {
    const { rttMs, isOneMachine, isStream } = path;
    const controller = createController({ ...this.#options, isStream }, this.#peer, rttMs);
    this.#controller = controller;
    this.transmitter.handleNewPath(nowMs, { rttMs, mayNarrow: !isOneMachine, isStream, controller });
    this.#heartbeat.handleNewPath(maxPacketBytesFor(this.#peer, path), nowMs);
    // This SACK replaces any that was lost with the path, and spares the peer needless retransmissions.
    this.receiver.setRtt(rttMs);
    this.receiver.setWindowLimit(this.#windowLimitOn(path));
    this.receiver.demandSack();
  }

  /**
   * Within one machine all that is in flight lies in our socket's buffer, and a stack that only a loss slows down fills it
   * each time this process is held up. Our own stack knows the size of the buffer.
   * @returns bytes that the peer may be told to send ahead
   */
  #windowLimitOn({ isOneMachine, isStream }: Pick<PathFacts, "isOneMachine" | "isStream">): number {
    const { socketBufferBytes } = this.#options;
    const isLimited = isOneMachine && !isStream && !this.isOwnStack && socketBufferBytes > 0;
    return isLimited ? Math.max(MIN_WINDOW_LIMIT_BYTES, socketBufferBytes * BUFFERED_PART) : Number.POSITIVE_INFINITY;
  }

  /**
   * Packets take another path, while the one before still delivers what it has. The size of chunks stays: both paths are
   * between two machines.
   */
  handleMoved(path: PathFacts, nowMs: number): void {
    const { rttMs, isStream } = path;
    const controller = createController({ ...this.#options, isStream }, this.#peer, rttMs);
    this.#controller = controller;
    this.transmitter.handleMoved(nowMs, { rttMs, isStream, controller });
    this.#heartbeat.handleNewPath(maxPacketBytesFor(this.#peer, path), nowMs);
    this.receiver.setRtt(rttMs);
    // Those that the path before has swallowed are of no use any more.
    this.receiver.demandSack();
  }

  #createReset(
    queue: SendQueue,
    emit: (event: AssociationEvent) => void,
    local: InitFields,
    peer: InitFields,
  ): StreamReset {
    const { transmitter, receiver } = this;
    return new StreamReset(
      {
        isSupported: peer.takesReconfig,
        suspend: (streamId) => queue.suspend(streamId),
        isQuiet: (streamId) => queue.isQuiet(streamId),
        lastTsn: () => transmitter.lastTsn,
        resume: (streamId, isReset) => queue.resume(streamId, isReset),
        cumulativeTsn: () => receiver.cumulativeTsn,
        resetInbound: (streamIds) => receiver.resetStreams(streamIds),
        onResetDone: (streamIds) => emit({ type: "streams-reset-done", streamIds }),
        rtoMs: () => transmitter.recovery.rto.rtoMs,
      },
      local.initialTsn,
      peer.initialTsn,
    );
  }

  handleHeartbeatAck(bytes: Uint8Array, start: number, end: number, nowMs: number): void {
    const answer = this.#heartbeat.handleAck(bytes, start, end, nowMs);
    if (answer === undefined) return;
    if (answer.probeBytes === 0) this.transmitter.recovery.handleRttSample(answer.rttMs);
    else if (this.#heartbeat.pathMtu.handleProbeAcked(answer.probeBytes, nowMs)) this.#applyPathMtu();
  }

  #applyPathMtu(): void {
    this.transmitter.setPacketBytes(this.#heartbeat.pathMtu.packetBytes);
  }

  advance(nowMs: number): void {
    this.transmitter.advance(nowMs);
    const { timeoutsInARow, largeLossesInARow } = this.transmitter.recovery;
    if (this.#heartbeat.pathMtu.handleLosses(timeoutsInARow, largeLossesInARow, nowMs)) this.#applyPathMtu();
  }

  /** Adds everything that is due and fits. */
  write(packet: PacketWriter, nowMs: number): void {
    this.#writeReset(packet, nowMs);
    const { receiver, transmitter } = this;
    const hasData = transmitter.isReady(nowMs);
    if (receiver.isSackDue(nowMs) || (hasData && receiver.isSackPending)) receiver.writeSack(packet);
    if (hasData && transmitter.write(packet, nowMs)) this.#heartbeat.postpone(nowMs);
    if (packet.isEmpty) this.#heartbeat.write(packet, nowMs, transmitter.recovery.rto.rtoMs);
  }

  #writeReset(packet: PacketWriter, nowMs: number): void {
    for (;;) {
      const chunk = this.reset.pollChunk(nowMs, packet.room - CHUNK_HEADER_BYTES);
      if (chunk === undefined) return;
      packet.chunk(ChunkType.RE_CONFIG, 0, chunk);
    }
  }

  takeProgress(): boolean {
    return this.transmitter.takeProgress();
  }

  nextDeadlineMs(): number {
    return Math.min(
      this.transmitter.nextDeadlineMs(),
      this.receiver.sackDeadlineMs,
      this.reset.nextDeadlineMs,
      this.#heartbeat.nextDeadlineMs,
    );
  }

  metrics(packetsSent: number, packetsReceived: number): AssociationMetrics {
    const { recovery, inflightBytes, packetBytes, retransmittedChunks, sendLimit, bufferedBytes } = this.transmitter;
    return {
      sendLimit,
      bufferedBytes,
      deliveredBytes: recovery.rate.deliveredBytes + recovery.rate.behindBytes,
      lostBytes: recovery.rate.lostBytes,
      congestion: this.#controller.metrics(),
      srttMs: recovery.rto.srttMs,
      rtoMs: recovery.rto.rtoMs,
      inflightBytes,
      packetBytes,
      peerWindowBytes: Math.max(0, recovery.peerWindowBytes),
      heldBytes: this.receiver.heldBytes,
      packetsSent,
      packetsReceived,
      chunksRetransmitted: retransmittedChunks,
      timeouts: recovery.timeouts,
      tailProbes: recovery.tailProbes,
    };
  }
}

function createController(
  options: AssociationOptions,
  { ownStack }: InitFields,
  initialRttMs: number | undefined,
): CongestionController {
  const given = {
    packetBytes: BASE_PACKET_BYTES,
    initialRttMs,
    random: options.random,
    receiverBufferBytes: ownStack?.socketBufferBytes ?? 0,
    isStream: options.isStream,
  };
  // A stream path has its own congestion control. Only its buffers, which show no loss, must not be filled.
  return options.isStream || options.congestion === "bbr" ? createBbr(given) : createCubic(given);
}

function traitsOf(peer: InitFields): PeerTraits {
  const isOwnStack = peer.ownStack !== undefined;
  return {
    isOwnStack,
    windowBytes: peer.windowBytes,
    maxSpan: isOwnStack || hasCookie(peer, DCSCTP_COOKIE) ? OUTSTANDING_CAPACITY : CAUTIOUS_SPAN,
    supportsForwardTsn: peer.supportsForwardTsn,
    supportsParts: peer.ownStack?.supportsParts === true,
  };
}

/**
 * The largest packet worth probing for. A probe is padded by a chunk that every stack should skip, but bare
 * werift throws on it: only stacks known to skip it are probed.
 */
function maxPacketBytesFor(
  peer: InitFields,
  options: Pick<PathFacts, "maxPacketBytes" | "maxForeignPacketBytes">,
): number {
  if (peer.ownStack !== undefined) return Math.min(options.maxPacketBytes, peer.ownStack.maxPacketBytes);
  const isKnown = hasCookie(peer, DCSCTP_COOKIE) || hasCookie(peer, USRSCTP_COOKIE);
  return isKnown ? options.maxForeignPacketBytes : BASE_PACKET_BYTES;
}

function hasCookie({ cookie }: InitFields, beginning: string): boolean {
  return cookie !== undefined && Array.from(beginning).every((letter, at) => letter.codePointAt(0) === cookie[at]);
}
