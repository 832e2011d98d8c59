// Congestion controllers alone on one bottleneck, packet by packet in virtual time: rate, delay, a queue in bytes,
// random loss, a policer; any number of flows (congestion-flow.ts), and receivers that acknowledge every second
// packet. A seed repeats a run exactly.
import {
  Flow,
  type FlowOptions,
  type Network,
  type Packet,
  PAYLOAD_BYTES,
  SAMPLE_MS,
  WIRE_BYTES,
} from "./congestion-flow.ts";
import { EventQueue } from "./event-queue.ts";
import { OpportunityLink, type OpportunitySource } from "./opportunities.ts";
import { seededRandom } from "./seeded-random.ts";

const DELAYED_ACK_MS = 20;
/** Bytes of an acknowledgement on the wire. */
const ACK_BYTES = 100;

export interface LinkOptions {
  seed: number;
  /** Wire bytes per millisecond. */
  rate: number;
  /** Round trip without a queue; half of it each way. */
  rttMs: number;
  queueBytes: number;
  /** Part of the packets that vanish before the queue, and of the acknowledgements. */
  lossRate?: number;
  policer?: { rate: number; burstBytes: number };
  /** The link sends when these allow it, instead of at `rate`; `back`: what acknowledgements wait for. */
  radio?: { forth: OpportunitySource; back: OpportunitySource };
  /** At these times the link changes. */
  changes?: { atMs: number; rate?: number; rttMs?: number; isDown?: boolean }[];
  flows: FlowOptions[];
}

export class CongestionLink implements Network {
  readonly options: LinkOptions;
  readonly events = new EventQueue<Flow, Packet[]>();
  readonly flows: Flow[];
  /** Waiting time in the queue at every 10 ms. */
  readonly queueMsAt: number[] = [];
  nowMs = 0;
  readonly #random: () => number;
  #rate: number;
  #halfRttMs: number;
  #isDown = false;
  #freeAtMs = 0;
  #lastArrivalMs = 0;
  #tokens: number;
  #tokensAtMs = 0;
  readonly #forth: OpportunityLink | undefined;
  readonly #back: OpportunityLink | undefined;

  constructor(options: LinkOptions) {
    this.options = options;
    this.#random = seededRandom(options.seed);
    this.#rate = options.rate;
    this.#halfRttMs = options.rttMs / 2;
    this.#tokens = options.policer?.burstBytes ?? 0;
    if (options.radio !== undefined) {
      this.#forth = new OpportunityLink(options.radio.forth, seededRandom(options.seed * 79 + 1));
      this.#back = new OpportunityLink(options.radio.back, seededRandom(options.seed * 79 + 2));
    }
    this.flows = options.flows.map(
      (flow, index) =>
        new Flow(this, flow, options.rttMs + (flow.extraRttMs ?? 0), seededRandom(options.seed * 77 + index)),
    );
    for (const flow of this.flows) {
      this.events.push(flow.options.startMs ?? 0, "wake", flow, undefined);
    }
  }

  /** Runs until `untilMs` or until `isDone`. */
  run(untilMs: number, isDone: () => boolean = () => false): this {
    let sampleAtMs = this.queueMsAt.length * SAMPLE_MS;
    const changes = [...(this.options.changes ?? [])].filter((change) => change.atMs >= this.nowMs);
    while (!isDone()) {
      const atMs = Math.min(this.events.nextAtMs, untilMs);
      while (sampleAtMs <= atMs) {
        this.queueMsAt.push(Math.max(0, (this.#forth?.doneAtMs ?? this.#freeAtMs) - sampleAtMs));
        this.flows.forEach((flow) => flow.sample());
        sampleAtMs += SAMPLE_MS;
      }
      while (changes[0] !== undefined && changes[0].atMs <= atMs) {
        const change = changes.shift();
        this.#rate = change?.rate ?? this.#rate;
        this.#halfRttMs = (change?.rttMs ?? this.#halfRttMs * 2) / 2;
        this.#isDown = change?.isDown ?? this.#isDown;
      }
      this.nowMs = atMs;
      if (this.events.nextAtMs > untilMs) {
        break;
      }
      this.#step();
    }
    return this;
  }

  meanQueueMs(fromMs: number, toMs = this.nowMs): number {
    const part = this.queueMsAt.slice(Math.floor(fromMs / SAMPLE_MS), Math.floor(toMs / SAMPLE_MS));
    return part.reduce((sum, ms) => sum + ms, 0) / part.length;
  }

  forward(packet: Packet, nowMs: number): void {
    if (this.#isDown || this.#isLost() || !this.#passesPolicer(nowMs)) {
      return;
    }
    if (this.#queuedBytes(nowMs) + WIRE_BYTES > this.options.queueBytes) {
      packet.flow.droppedPackets++;
      return;
    }
    const sentAtMs = this.#sendAt(nowMs);
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs, sentAtMs + this.#halfRttMs);
    this.events.push(packet.flow.receivedAtMs(this.#lastArrivalMs), "arrival", packet.flow, [packet]);
  }

  /** What the link could carry between two times, in user bytes per millisecond. */
  capacity(fromMs: number, toMs: number): number {
    const wireBytes = this.#forth?.offeredBytes(fromMs, toMs) ?? this.options.rate * (toMs - fromMs);
    return (wireBytes * PAYLOAD_BYTES) / WIRE_BYTES / (toMs - fromMs);
  }

  #queuedBytes(nowMs: number): number {
    return this.#forth?.queuedBytes(nowMs) ?? Math.max(0, this.#freeAtMs - nowMs) * this.#rate;
  }

  /** When a packet that comes now has left the queue and the link. */
  #sendAt(nowMs: number): number {
    if (this.#forth !== undefined) return this.#forth.send(nowMs, WIRE_BYTES);
    this.#freeAtMs = Math.max(this.#freeAtMs, nowMs) + WIRE_BYTES / this.#rate;
    return this.#freeAtMs;
  }

  #isLost(): boolean {
    const lossRate = this.options.lossRate ?? 0;
    return lossRate > 0 && this.#random() < lossRate;
  }

  #passesPolicer(nowMs: number): boolean {
    const policer = this.options.policer;
    if (policer === undefined) {
      return true;
    }
    this.#tokens = Math.min(policer.burstBytes, this.#tokens + (nowMs - this.#tokensAtMs) * policer.rate);
    this.#tokensAtMs = nowMs;
    if (this.#tokens < WIRE_BYTES) {
      return false;
    }
    this.#tokens -= WIRE_BYTES;
    return true;
  }

  #step(): void {
    const event = this.events.pop();
    const { kind, flow } = event;
    const isSenders = kind === "wake" || kind === "rto" || kind === "sack";
    const stall = isSenders
      ? flow.options.stalls?.find((each) => this.nowMs >= each.atMs && this.nowMs < each.atMs + each.forMs)
      : undefined;
    if (stall !== undefined) {
      this.events.push(stall.atMs + stall.forMs, kind, flow, event.data);
      return;
    }
    switch (kind) {
      case "wake":
        flow.handleWake(this.nowMs);
        break;
      case "rto":
        flow.handleRto(this.nowMs);
        break;
      case "sack":
        flow.handleSack(this.nowMs, event.data as Packet[]);
        break;
      case "arrival":
        this.#receive(flow, (event.data as Packet[])[0] as Packet);
        break;
      case "delayed-sack":
        if (flow.receiver.pending === event.data && event.data.length > 0) {
          this.#acknowledge(flow);
        }
        break;
    }
  }

  /** Every second packet, and at once behind a gap, is acknowledged. */
  #receive(flow: Flow, packet: Packet): void {
    const receiver = flow.receiver;
    const isGap = packet.number !== receiver.highest + 1;
    receiver.highest = Math.max(receiver.highest, packet.number);
    receiver.pending.push(packet);
    if (isGap || receiver.pending.length >= 2) {
      this.#acknowledge(flow);
    } else {
      this.events.push(this.nowMs + DELAYED_ACK_MS, "delayed-sack", flow, receiver.pending);
    }
  }

  #acknowledge(flow: Flow): void {
    // A lost acknowledgement costs nothing but time: the next one tells the same again.
    if (this.#isDown || this.#isLost()) {
      return;
    }
    const sentAtMs = this.#back?.send(this.nowMs, ACK_BYTES) ?? this.nowMs;
    const arrivalMs = sentAtMs + this.#halfRttMs + (flow.options.extraRttMs ?? 0);
    this.events.push(flow.handledAtMs(arrivalMs), "sack", flow, flow.receiver.pending);
    flow.receiver.pending = [];
  }
}
