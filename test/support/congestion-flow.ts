// One sender of the simulated bottleneck (congestion-link.ts): loss detection by RACK's time rule, a timeout,
// delivery-rate samples (draft-cheng-iccrg-delivery-rate-estimation), and a pacer whose timers are as coarse as Node's.
// Each transmission has a number of its own, so what is repeated is not told apart from what is new.
import type { AckEvent, CongestionController, CongestionOptions } from "../../src/sctp/tx/congestion/controller.ts";
import type { EventQueue } from "./event-queue.ts";
import type { HostNoise } from "./host-noise.ts";

export const PACKET_BYTES = 1191;
/** Bytes of a full packet on the wire: UDP, IP and DTLS around it. */
export const WIRE_BYTES = PACKET_BYTES + 65;
/** DATA chunk and, in it, user data of a full packet. */
const CHUNK_BYTES = PACKET_BYTES - 12;
export const PAYLOAD_BYTES = CHUNK_BYTES - 16;
const TIMER_MS = 1.1;
/** As in the transmitter. */
const LATE_TIMER_MS = 4;
const MIN_RTO_MS = 250;
/** How often flows and link are sampled. */
export const SAMPLE_MS = 10;

/** What a flow needs of the link. */
export interface Network {
  readonly events: EventQueue<Flow, Packet[]>;
  forward(packet: Packet, nowMs: number): void;
}

export interface FlowOptions {
  create: (options: CongestionOptions) => CongestionController;
  startMs?: number;
  /** What the handshake measured; the link's round trip if not given. */
  initialRttMs?: number | undefined;
  /** User bytes that the application has handed over by then; without it, always more than can be sent. */
  offeredBytes?: (nowMs: number) => number;
  /** The sender's process stands still. */
  stalls?: { atMs: number; forMs: number }[];
  /** Its round trip is longer than the link's by so much. */
  extraRttMs?: number;
  /** Both machines take time to get round to what has come. */
  noise?: { sender: HostNoise; receiver: HostNoise };
}

export interface Packet {
  readonly number: number;
  readonly flow: Flow;
  readonly sentAtMs: number;
  readonly delivered: number;
  readonly deliveredAtMs: number;
  readonly firstSentAtMs: number;
  readonly lost: number;
  readonly txInflight: number;
  readonly isAppLimited: boolean;
  fate: "flying" | "acked" | "lost";
}

interface Receiver {
  pending: Packet[];
  highest: number;
  /** Which delayed acknowledgement is the current one. */
  timer: number;
}

export class Flow {
  readonly controller: CongestionController;
  readonly options: FlowOptions;
  readonly #link: Network;
  readonly receiver: Receiver = { pending: [], highest: -1, timer: 0 };
  /** By number, until acknowledged or lost and not needed to find the next loss. */
  #flight: Packet[] = [];
  #firstNumber = 0;
  #nextNumber = 0;
  #oldest = 0;
  #inflight = 0;
  #delivered = 0;
  #deliveredAtMs = 0;
  #firstSentAtMs = 0;
  #lost = 0;
  #lostNumber = -2;
  #minRttMs = Number.POSITIVE_INFINITY;
  #smoothedRttMs = 0;
  #credit = 0;
  #creditAtMs = 0;
  #wakeAtMs: number;
  #rtoAtMs = Number.POSITIVE_INFINITY;
  #rtoBackoff = 1;
  #isCwndLimited = false;
  #appLimitedUntil = -1;
  #repeatsDue = 0;
  sentPackets = 0;
  lostPackets = 0;
  /** Of the lost ones: by the full queue. */
  droppedPackets = 0;
  timeouts = 0;
  /** User bytes delivered, state's name and estimate of bandwidth at every 10 ms. */
  readonly payloadAt: number[] = [];
  readonly stateAt: string[] = [];
  readonly bandwidthAt: number[] = [];

  constructor(link: Network, options: FlowOptions, rttMs: number, random: () => number) {
    this.#link = link;
    this.options = options;
    this.controller = options.create({
      packetBytes: PACKET_BYTES,
      initialRttMs: "initialRttMs" in options ? options.initialRttMs : rttMs,
      receiverBufferBytes: 0,
      isStream: false,
      random,
    });
    this.#credit = this.controller.burstBytes;
    this.#wakeAtMs = options.startMs ?? 0;
  }

  /** User bytes delivered, each once. */
  get payloadBytes(): number {
    return (this.#delivered / CHUNK_BYTES) * PAYLOAD_BYTES;
  }

  sample(): void {
    this.payloadAt.push(this.payloadBytes);
    const metrics = this.controller.metrics();
    this.stateAt.push(metrics.state);
    this.bandwidthAt.push(metrics.bandwidth);
  }

  /** User bytes per millisecond between two times, i.e. kB/s. */
  goodput(fromMs: number, toMs: number): number {
    const from = this.payloadAt[Math.floor(fromMs / SAMPLE_MS)] ?? 0;
    const to = this.payloadAt[Math.min(Math.floor(toMs / SAMPLE_MS), this.payloadAt.length - 1)] ?? 0;
    return (to - from) / (toMs - fromMs);
  }

  /** Sends what window, pacing and application allow. */
  pump(nowMs: number): void {
    const cc = this.controller;
    const burst = cc.burstBytes;
    const rate = cc.pacingRate;
    this.#credit = Math.min(rate === Infinity ? burst : this.#credit + (nowMs - this.#creditAtMs) * rate, burst);
    this.#creditAtMs = nowMs;
    for (;;) {
      const isRepeat = this.#repeatsDue > 0;
      if (!isRepeat && !this.#hasData(nowMs)) {
        this.#appLimitedUntil = this.#delivered + this.#inflight;
        this.#wake(nowMs, nowMs + TIMER_MS);
        break;
      }
      if (this.#inflight + CHUNK_BYTES > cc.cwndBytes && this.#inflight > 0) {
        this.#isCwndLimited = true;
        break;
      }
      if (this.#credit < CHUNK_BYTES) {
        const waitMs = rate === Infinity ? TIMER_MS : (CHUNK_BYTES - this.#credit) / rate;
        this.#wake(nowMs, nowMs + Math.max(TIMER_MS, waitMs));
        break;
      }
      this.#credit -= CHUNK_BYTES;
      this.#send(nowMs, isRepeat);
    }
  }

  #hasData(nowMs: number): boolean {
    const offered = this.options.offeredBytes;
    if (offered === undefined) {
      return true;
    }
    const taken = this.payloadBytes + ((this.#inflight + this.#repeatsDue * CHUNK_BYTES) / CHUNK_BYTES) * PAYLOAD_BYTES;
    return taken + PAYLOAD_BYTES <= offered(nowMs);
  }

  #send(nowMs: number, isRepeat: boolean): void {
    const isAppLimited = this.#appLimitedUntil >= this.#delivered;
    if (this.#inflight === 0) {
      this.#firstSentAtMs = nowMs;
      this.#deliveredAtMs = nowMs;
      if (this.sentPackets > 0) {
        this.controller.handleRestartFromIdle(nowMs);
      }
      this.#armRto(nowMs);
    }
    this.controller.handleSent(nowMs, CHUNK_BYTES, this.#inflight, isAppLimited);
    this.#inflight += CHUNK_BYTES;
    const packet: Packet = {
      number: this.#nextNumber++,
      flow: this,
      sentAtMs: nowMs,
      delivered: this.#delivered,
      deliveredAtMs: this.#deliveredAtMs,
      firstSentAtMs: this.#firstSentAtMs,
      lost: this.#lost,
      txInflight: this.#inflight,
      isAppLimited,
      fate: "flying",
    };
    this.#flight.push(packet);
    this.sentPackets++;
    if (isRepeat) {
      this.#repeatsDue--;
    }
    this.#link.forward(packet, nowMs);
  }

  /** When the sender handles what is due at `atMs`. */
  handledAtMs(atMs: number): number {
    return this.options.noise?.sender.handledAtMs(atMs) ?? atMs;
  }

  /** When the receiver handles what arrives at `atMs`. */
  receivedAtMs(atMs: number): number {
    return this.options.noise?.receiver.handledAtMs(atMs) ?? atMs;
  }

  #wake(nowMs: number, atMs: number): void {
    if (this.#wakeAtMs > atMs || this.#wakeAtMs <= nowMs) {
      this.#wakeAtMs = atMs;
      this.#link.events.push(this.handledAtMs(atMs), "wake", this, undefined);
    }
  }

  handleWake(nowMs: number): void {
    if (nowMs >= this.#wakeAtMs) {
      if (nowMs - this.#wakeAtMs > LATE_TIMER_MS && this.#inflight > 0) this.controller.handleLateTimer(this.#inflight);
      this.#wakeAtMs = Number.POSITIVE_INFINITY;
      this.pump(nowMs);
    }
  }

  handleSack(nowMs: number, packets: Packet[]): void {
    const priorInflight = this.#inflight;
    const lostBefore = this.#lost;
    let acked = 0;
    let newest: Packet | undefined;
    for (const packet of packets) {
      if (packet.fate !== "flying") {
        continue;
      }
      packet.fate = "acked";
      acked += CHUNK_BYTES;
      if (newest === undefined || packet.number > newest.number) {
        newest = packet;
      }
    }
    if (newest === undefined) {
      return;
    }
    this.#inflight -= acked;
    this.#delivered += acked;
    this.#deliveredAtMs = nowMs;
    this.#firstSentAtMs = newest.sentAtMs;
    const rttMs = nowMs - newest.sentAtMs;
    this.#minRttMs = Math.min(this.#minRttMs, rttMs);
    this.#smoothedRttMs = this.#smoothedRttMs === 0 ? rttMs : this.#smoothedRttMs * 0.875 + rttMs * 0.125;
    const intervalMs = Math.max(newest.sentAtMs - newest.firstSentAtMs, nowMs - newest.deliveredAtMs);
    const sampleBytes = this.#delivered - newest.delivered;
    this.#detectLosses(nowMs, newest);
    this.#rtoBackoff = 1;
    this.#armRto(nowMs);
    const event: AckEvent = {
      nowMs,
      ackedBytes: acked,
      lostBytes: this.#lost - lostBefore,
      priorInflightBytes: priorInflight,
      inflightBytes: this.#inflight,
      rttMs,
      deliveryRate: intervalMs >= this.#minRttMs && intervalMs > 0 ? sampleBytes / intervalMs : undefined,
      priorDeliveredBytes: newest.delivered,
      txInflightBytes: newest.txInflight,
      priorLostBytes: newest.lost,
      isAppLimited: newest.isAppLimited,
      deliveredBytes: this.#delivered,
      lostTotalBytes: this.#lost,
      sampleBytes,
      isCwndLimited: this.#isCwndLimited,
    };
    this.#isCwndLimited = false;
    this.controller.handleAck(event);
    this.pump(nowMs);
  }

  /** RACK: lost is what was sent clearly before something that arrived. */
  #detectLosses(nowMs: number, newest: Packet): void {
    const reorderMs = this.#minRttMs / 4;
    for (; this.#oldest < this.#nextNumber; this.#oldest++) {
      const packet = this.#flight[this.#oldest - this.#firstNumber] as Packet;
      if (packet.fate !== "flying") {
        continue;
      }
      if (packet.number > newest.number || packet.sentAtMs + reorderMs > newest.sentAtMs) {
        break;
      }
      this.#lose(packet);
      this.controller.handleLoss({
        nowMs,
        bytes: CHUNK_BYTES,
        sentAtMs: packet.sentAtMs,
        txInflightBytes: packet.txInflight,
        priorDeliveredBytes: packet.delivered,
        priorLostBytes: packet.lost,
        lostTotalBytes: this.#lost,
        deliveredBytes: this.#delivered,
        isAppLimited: packet.isAppLimited,
        isNewRange: packet.number !== this.#lostNumber + 1,
      });
      this.#lostNumber = packet.number;
    }
    if (this.#oldest - this.#firstNumber > 4096) {
      this.#flight = this.#flight.slice(this.#oldest - this.#firstNumber);
      this.#firstNumber = this.#oldest;
    }
  }

  #lose(packet: Packet): void {
    packet.fate = "lost";
    this.#inflight -= CHUNK_BYTES;
    this.#lost += CHUNK_BYTES;
    this.lostPackets++;
    this.#repeatsDue++;
  }

  #armRto(nowMs: number): void {
    const rtoMs = Math.max(MIN_RTO_MS, this.#smoothedRttMs === 0 ? 1000 : 2 * this.#smoothedRttMs) * this.#rtoBackoff;
    const wasArmed = this.#rtoAtMs < Number.POSITIVE_INFINITY;
    this.#rtoAtMs = nowMs + Math.min(rtoMs, 4000);
    if (!wasArmed) {
      this.#link.events.push(this.#rtoAtMs, "rto", this, undefined);
    }
  }

  /** The timer runs on its own event, which looks whether the deadline has moved. */
  handleRto(nowMs: number): void {
    if (nowMs < this.#rtoAtMs) {
      this.#link.events.push(this.#rtoAtMs, "rto", this, undefined);
      return;
    }
    this.#rtoAtMs = Number.POSITIVE_INFINITY;
    if (this.#inflight === 0) {
      return;
    }
    const inflight = this.#inflight;
    for (; this.#oldest < this.#nextNumber; this.#oldest++) {
      const packet = this.#flight[this.#oldest - this.#firstNumber] as Packet;
      if (packet.fate === "flying") {
        this.#lose(packet);
      }
    }
    this.timeouts++;
    this.#rtoBackoff = Math.min(this.#rtoBackoff * 2, 16);
    this.controller.handleTimeout(nowMs, inflight);
    this.pump(nowMs);
  }
}
