// The SCTP driver: passes time and the peer's packets to the engine, sends its packets, forwards its events, and owns
// its one timer. All packets of one turn of the event loop are processed before anything is sent for them.
import { randomBytes } from "node:crypto";
import { ShareMeter } from "../lib/share-meter.ts";
import { StateTrace, type Trace, type TraceValue } from "../lib/trace.ts";
import type { PathLoad } from "../paths/bulk-load.ts";
import { Association } from "../sctp/association.ts";
import type {
  AssociationEnd,
  AssociationEvent,
  AssociationMetrics,
  DeliveryOptions,
  PathFacts,
} from "../sctp/association-types.ts";
import { MAX_PACKET_BYTES } from "../sctp/limits.ts";
import type { AssociationEvents, AssociationPort } from "../sctp/port.ts";
import { RateMeter } from "../transfer/rate-meter.ts";
import type { TransportView, TransportWait } from "../transfer/transfer-limit.ts";
import { ArrivalCoalescing, type ArrivalTraits } from "./arrival-coalescing.ts";

export interface PathTraits {
  /** The largest SCTP packet in bytes that the path might carry; discovery has to prove it. */
  maxPacketBytes: number;
  /** Packets do not leave this machine. */
  isOneMachine: boolean;
  /** Size of our socket's receive buffer, as the system counts; 0: unknown. */
  socketBufferBytes: number;
  /** The path loses nothing and takes any size, as TCP does; discovery has nothing to prove. */
  isStream: boolean;
}

export interface SctpDriverOptions {
  localPort: number;
  remotePort: number;
  congestion: "bbr" | "cubic";
  maxMessageBytes: number;
  /** See `AssociationOptions`. */
  isPeerOwnStack: boolean;
  /** The round trip that ICE has measured; undefined: unknown. Read at the start and for each new path. */
  rttMs: () => number | undefined;
  /** Read at the start and for each new path. */
  path: () => PathTraits;
  /** Makes the datagram of a packet. It must not keep the bytes. Undefined: the packet is lost. */
  seal: (packet: Uint8Array) => Buffer | undefined;
  /** Sends datagrams in order. It must not keep the list. */
  send: (datagrams: readonly Buffer[]) => void;
  /**
   * False: packets beyond the path's current capacity would queue below us, where the engine cannot see them.
   * `handleWritable` reports when that is over.
   */
  isWritable: () => boolean;
  /**
   * Holds the thread, so that packets that arrive one by one are handled together; called after a turn of the event loop,
   * while much arrives by datagrams from our own stack and nothing leaves but acknowledgements. Undefined: never.
   */
  holdThread?: ((ms: number) => void) | undefined;
  /** Is told each new state, and some figures ten times a second while packets pass; undefined: nobody asks. */
  trace?: Trace | undefined;
}

/** Enough for 300 ms at 25 MB/s; a slow reader never causes more of it to be used. */
const RECEIVE_WINDOW_BYTES = 8 * 1024 * 1024;
/** The largest packet for another stack: an Ethernet frame over IPv4. Some accept no DTLS record over 2 KiB. */
const MAX_FOREIGN_PACKET_BYTES = 1_435;
/** Packets sent in one batch before received packets are processed. */
const MAX_PACKETS_PER_TURN = 64;
/**
 * Datagrams are sealed until they reach this many bytes and then sent together. A receiver that each of them woke up
 * would sleep again before the next is sealed, and waking it costs us as much as it costs the receiver.
 */
const BURST_BYTES = 48 * 1_024;
const RANDOM_POOL_BYTES = 1_024;
/** The figures of the trace are at least so far apart. */
const SAMPLE_MS = 100;
/** One byte each millisecond, in bits each second. */
const BITS_PER_SECOND = 8_000;

export class SctpDriver implements AssociationPort {
  readonly #options: SctpDriverOptions;
  readonly #into = Buffer.allocUnsafe(MAX_PACKET_BYTES);
  /** Datagrams that are sealed and not yet sent; empty between two turns. */
  readonly #burst: Buffer[] = [];
  #burstBytes = 0;
  #association: Association | undefined;
  #events: AssociationEvents | undefined;
  #timer: NodeJS.Timeout | undefined;
  #timerAtMs = Number.POSITIVE_INFINITY;
  #turn: NodeJS.Immediate | undefined;
  readonly #coalescing = new ArrivalCoalescing();
  #holding: NodeJS.Immediate | undefined;
  #isPumping = false;
  /** The path takes nothing at the moment; no timer is armed meanwhile. */
  #isBlocked = false;
  #isClosed = false;
  readonly #stateTrace: StateTrace;
  readonly #congestionTrace: StateTrace;
  readonly #mtuTrace: StateTrace;
  #sampledMs = Number.NEGATIVE_INFINITY;
  readonly #waits = new ShareMeter<TransportWait>();
  readonly #lost = new RateMeter();
  readonly #delivered = new RateMeter();

  constructor(options: SctpDriverOptions) {
    this.#options = options;
    this.#stateTrace = new StateTrace("sctp:state_updated", options.trace);
    this.#congestionTrace = new StateTrace("recovery:congestion_state_updated", options.trace);
    this.#mtuTrace = new StateTrace("connectivity:mtu_updated", options.trace);
  }

  /** Starts the association. Events may be emitted before this returns. */
  start(events: AssociationEvents): void {
    const { localPort, remotePort, congestion, maxMessageBytes, isPeerOwnStack } = this.#options;
    const { maxPacketBytes, isOneMachine, socketBufferBytes, isStream } = this.#options.path();
    this.#events = events;
    this.#association = new Association({
      localPort,
      remotePort,
      congestion,
      maxMessageBytes,
      random: createRandom(),
      initialRttMs: this.#options.rttMs(),
      receiveWindowBytes: RECEIVE_WINDOW_BYTES,
      maxPacketBytes,
      isOneMachine,
      isStream,
      socketBufferBytes,
      isPeerOwnStack,
      maxForeignPacketBytes: Math.min(maxPacketBytes, MAX_FOREIGN_PACKET_BYTES),
    });
    this.#stateTrace.note("connecting");
    this.#association.start(performance.now());
    this.#pump();
  }

  /** Handles one decrypted packet of the peer. The packet must not change afterwards. */
  handlePacket(packet: Buffer): void {
    const association = this.#association;
    if (association === undefined || this.#isClosed) return;
    const nowMs = performance.now();
    association.handle(packet, nowMs);
    // Other stacks are clocked by SACKs: theirs must not wait for the rest of the turn.
    if (association.isSackUrgent) this.#transmit(association);
    // Most packets of data ask for nothing: their SACK is due later.
    if (!this.#isBlocked && association.isAtRest(nowMs)) this.#arm(association.nextDeadlineMs());
    else this.#schedule();
    this.#coalesce(association, nowMs);
  }

  /** Has the thread held at the end of this turn where that saves waking up for each packet. */
  #coalesce(association: Association, nowMs: number): void {
    const { holdThread, isPeerOwnStack } = this.#options;
    if (holdThread === undefined || !isPeerOwnStack) return;
    const isWorthwhile = this.#coalescing.note(nowMs, () => this.#arrivalTraits(association));
    if (!isWorthwhile || this.#holding !== undefined) return;
    this.#holding = setImmediate(() => {
      this.#holding = undefined;
      // Acknowledgements do not wait with us.
      if (this.#turn !== undefined) this.#pumpNow();
      const holdMs = this.#coalescing.holdMs(performance.now() - nowMs);
      if (holdMs > 0 && !this.#isClosed) holdThread(holdMs);
    });
  }

  #arrivalTraits(association: Association): ArrivalTraits {
    const metrics = association.metrics();
    return {
      isStream: this.#options.path().isStream,
      minRttMs: metrics?.congestion.minRttMs ?? Number.NaN,
      inflightBytes: metrics?.inflightBytes ?? 0,
    };
  }

  /** Packets take another path from now on; nothing arrives by the one before. */
  handleNewPath(): void {
    this.#isBlocked = false;
    this.#association?.handleNewPath(this.#pathFacts(), performance.now());
    this.#schedule();
  }

  /** Packets take another path from now on; what is in flight arrives by the one before. */
  handleMoved(): void {
    this.#isBlocked = false;
    this.#association?.handleMoved(this.#pathFacts(), performance.now());
    this.#schedule();
  }

  /** A datagram of media leaves on the path, before what waits here. */
  noteBeside(bytes: number): void {
    this.#association?.noteBeside(bytes, performance.now());
  }

  #pathFacts(): PathFacts {
    const { maxPacketBytes, isOneMachine, isStream } = this.#options.path();
    const maxForeignPacketBytes = Math.min(maxPacketBytes, MAX_FOREIGN_PACKET_BYTES);
    return { rttMs: this.#options.rttMs(), maxPacketBytes, maxForeignPacketBytes, isOneMachine, isStream };
  }

  sendMessage(streamId: number, ppid: number, data: Uint8Array, delivery?: DeliveryOptions): void {
    if (this.#isClosed) return;
    this.#association?.sendMessage(streamId, ppid, data, delivery, performance.now());
    this.#schedule();
  }

  bufferedBytes(streamId: number): number {
    return this.#association?.bufferedBytes(streamId) ?? 0;
  }

  /** What was carried until now, by which the path is chosen; undefined: there is no association yet. */
  get load(): PathLoad | undefined {
    const metrics = this.#association?.metrics();
    if (metrics === undefined) return undefined;
    return { deliveredBytes: metrics.deliveredBytes, minRttMs: metrics.congestion.minRttMs };
  }

  get isDrained(): boolean {
    return this.#association?.isDrained ?? true;
  }

  resetStream(streamId: number): void {
    this.#association?.resetStreams([streamId]);
    this.#schedule();
  }

  pauseStream(streamId: number): void {
    this.#association?.pauseStream(streamId);
  }

  resumeStream(streamId: number): void {
    this.#association?.resumeStream(streamId);
    this.#schedule();
  }

  /** The path accepts packets again. */
  handleWritable(): void {
    if (!this.#isBlocked) return;
    this.#isBlocked = false;
    this.#schedule();
  }

  close(): Promise<void> {
    const association = this.#association;
    if (association !== undefined && !this.#isClosed) {
      association.abort(performance.now(), "closed");
      this.#transmit(association, true);
      this.#finish({ reason: "aborted", detail: "closed" });
    }
    return Promise.resolve();
  }

  #schedule(): void {
    if (this.#turn !== undefined || this.#isPumping || this.#isClosed) return;
    this.#turn = setImmediate(() => {
      this.#pumpNow();
    });
  }

  /** In place of the turn that is scheduled. */
  #pumpNow(): void {
    clearImmediate(this.#turn);
    this.#turn = undefined;
    this.#pump();
  }

  /** Mutate once → drain transmit and events → arm one timer → wait. */
  #pump(): void {
    const association = this.#association;
    if (association === undefined || this.#isClosed) return;
    this.#isPumping = true;
    let isAllSent = false;
    try {
      association.advance(performance.now());
      this.#deliver(association);
      isAllSent = this.#transmit(association);
      // Sending frees buffer space, which lets the application queue more.
      this.#deliver(association);
      this.#observe(association, isAllSent);
    } finally {
      this.#isPumping = false;
      // Whatever the application threw, the association continues.
      if (!this.#isClosed && isAllSent && !this.#hasMore(association)) this.#arm(association.nextDeadlineMs());
      else if (!this.#isBlocked) this.#schedule();
    }
  }

  /** What limits the sending, for people and for the trace; undefined before the association is established. */
  view(): TransportView | undefined {
    const metrics = this.#association?.metrics();
    if (metrics === undefined) return undefined;
    const [lost, delivered] = [this.#lost.bytesPerSecond, this.#delivered.bytesPerSecond];
    return {
      shareOf: (wait) => this.#waits.shareOf(wait, performance.now()),
      queuedBytes: metrics.inflightBytes + metrics.bufferedBytes,
      lossShare: lost === 0 ? 0 : lost / (lost + delivered),
      rttMs: metrics.srttMs ?? 0,
      isOneMachine: this.#options.path().isOneMachine,
    };
  }

  /** Notes what the next packet waits for, after everything that may leave in this turn has left. */
  #observe(association: Association, isAllSent: boolean): void {
    const nowMs = performance.now();
    const limit = this.#isBlocked ? "congestion" : isAllSent ? association.sendLimit : "processor";
    this.#waits.note(limit, nowMs);
    this.#sample(association, nowMs);
  }

  #sample(association: Association, nowMs: number): void {
    const metrics = nowMs - this.#sampledMs < SAMPLE_MS ? undefined : association.metrics();
    if (metrics === undefined) return;
    this.#sampledMs = nowMs;
    this.#lost.note(metrics.lostBytes, nowMs);
    this.#delivered.note(metrics.deliveredBytes, nowMs);
    const { trace } = this.#options;
    if (trace === undefined) return;
    const { congestion } = metrics;
    this.#congestionTrace.note(congestion.state, { controller: congestion.name });
    this.#mtuTrace.note(metrics.packetBytes);
    trace("recovery:metrics_updated", figuresOf(metrics));
  }

  #deliver(association: Association): void {
    for (let event = association.pollEvent(); event !== undefined; event = association.pollEvent()) {
      this.#dispatch(event);
      if (this.#isClosed) return;
    }
  }

  /**
   * @param isEnd - sends the packets even when the path is blocked
   * @returns whether nothing is left that may be sent now
   */
  #transmit(association: Association, isEnd = false): boolean {
    const nowMs = performance.now();
    let isAllSent = false;
    for (let count = 0; count < MAX_PACKETS_PER_TURN && !isAllSent; count += 1) {
      this.#isBlocked = !isEnd && !this.#options.isWritable();
      if (this.#isBlocked) break;
      const bytes = association.pollTransmit(this.#into, nowMs);
      isAllSent = bytes === 0;
      if (!isAllSent) this.#seal(this.#into.subarray(0, bytes));
    }
    this.#sendBurst();
    return isAllSent;
  }

  #seal(packet: Uint8Array): void {
    const datagram = this.#options.seal(packet);
    if (datagram === undefined) return;
    this.#burst.push(datagram);
    this.#burstBytes += datagram.length;
    if (this.#burstBytes >= BURST_BYTES) this.#sendBurst();
  }

  #sendBurst(): void {
    this.#options.send(this.#burst);
    this.#burst.length = 0;
    this.#burstBytes = 0;
  }

  #hasMore(association: Association): boolean {
    return association.nextDeadlineMs() <= performance.now();
  }

  #dispatch(event: AssociationEvent): void {
    switch (event.type) {
      case "established":
        this.#stateTrace.note("established");
        this.#events?.handleEstablished();
        break;
      case "message":
        this.#events?.handleMessage(event.streamId, event.ppid, event.data);
        break;
      case "streams-reset":
        this.#events?.handleStreamsReset(event.streamIds);
        break;
      case "streams-reset-done":
        // Our channels never reuse a stream, so nobody waits for it.
        break;
      case "progress":
        this.#events?.handleProgress();
        break;
      case "closed":
        this.#finish(event);
        break;
    }
  }

  #arm(deadlineMs: number): void {
    // An armed timer that fires too early costs less than arming another one for each packet.
    if (this.#timer !== undefined && this.#timerAtMs <= deadlineMs) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (deadlineMs === Number.POSITIVE_INFINITY) return;
    const delayMs = Math.max(1, Math.floor(deadlineMs - performance.now()));
    this.#timerAtMs = deadlineMs;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#pump();
    }, delayMs);
  }

  #finish({ reason, detail }: AssociationEnd): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stateTrace.note("closed", { reason });
    clearTimeout(this.#timer);
    clearImmediate(this.#turn);
    clearImmediate(this.#holding);
    this.#events?.handleClosed({ reason, detail });
  }
}

/** The figures of a trace, under the names of qlog where it has one. */
function figuresOf(metrics: AssociationMetrics): Record<string, TraceValue> {
  const { congestion } = metrics;
  return {
    smoothed_rtt: rounded(metrics.srttMs),
    min_rtt: rounded(congestion.minRttMs),
    retransmission_timeout: rounded(metrics.rtoMs),
    congestion_window: Math.round(congestion.cwndBytes),
    ssthresh: rounded(congestion.ssthreshBytes),
    bytes_in_flight: metrics.inflightBytes,
    pacing_rate: rounded(congestion.pacingRate * BITS_PER_SECOND),
    delivery_rate: congestion.bandwidth === 0 ? undefined : rounded(congestion.bandwidth * BITS_PER_SECOND),
    path_mtu: metrics.packetBytes,
    peer_window: metrics.peerWindowBytes,
    buffered_bytes: metrics.bufferedBytes,
    held_bytes: metrics.heldBytes,
    bytes_delivered: metrics.deliveredBytes,
    bytes_lost: metrics.lostBytes,
    packets_sent: metrics.packetsSent,
    packets_received: metrics.packetsReceived,
    retransmissions: metrics.chunksRetransmitted,
    timeouts: metrics.timeouts,
    limit: metrics.sendLimit,
  };
}

/** To three decimal places; JSON has no infinity, which stands for what is unknown. */
function rounded(value: number | undefined): number | undefined {
  return value === undefined || !Number.isFinite(value) ? undefined : Math.round(value * 1_000) / 1_000;
}

/** Random numbers 0 ≤ x < 1, of 32 bits each, from the system's generator. */
function createRandom(): () => number {
  let pool = randomBytes(RANDOM_POOL_BYTES);
  let at = 0;
  return () => {
    if (at === pool.length) {
      pool = randomBytes(RANDOM_POOL_BYTES);
      at = 0;
    }
    at += 4;
    return pool.readUInt32BE(at - 4) / 2 ** 32;
  };
}
