// Two SCTP associations back to back in virtual time: packets take a while, and the test says which ones are lost.
import { Association } from "../../src/sctp/association.ts";
import type { AssociationEvent, AssociationOptions, DeliveryOptions } from "../../src/sctp/association-types.ts";
import { MAX_PACKET_BYTES } from "../../src/sctp/limits.ts";
import { ChunkWalk } from "../../src/sctp/packet/chunk-walk.ts";
import { seededRandom } from "./seeded-random.ts";

export type Side = "a" | "b";

export interface SentPacket {
  from: Side;
  atMs: number;
  bytes: Uint8Array;
  /** Types of its chunks. */
  types: number[];
}

export function associationOptions(seed: number, change: Partial<AssociationOptions> = {}): AssociationOptions {
  return {
    localPort: 5000,
    remotePort: 5000,
    random: seededRandom(seed),
    congestion: "cubic",
    initialRttMs: undefined,
    receiveWindowBytes: 1_048_576,
    maxMessageBytes: 262_144,
    maxPacketBytes: 1_191,
    isOneMachine: false,
    isStream: false,
    socketBufferBytes: 0,
    isPeerOwnStack: true,
    maxForeignPacketBytes: 1_191,
    ...change,
  };
}

export function chunkTypes(packet: Uint8Array): number[] {
  const walk = new ChunkWalk();
  const types: number[] = [];
  walk.begin(packet);
  while (walk.step()) types.push(walk.type);
  return types;
}

/** More packets in one go than any window allows: the association does not come to rest. */
const MAX_PACKETS_AT_ONCE = 40_000;

/** Collects all that may leave now. */
export function drain(association: Association, nowMs: number): Uint8Array[] {
  const into = new Uint8Array(MAX_PACKET_BYTES);
  const packets: Uint8Array[] = [];
  for (let bytes = association.pollTransmit(into, nowMs); bytes > 0; bytes = association.pollTransmit(into, nowMs)) {
    packets.push(into.slice(0, bytes));
    if (packets.length > MAX_PACKETS_AT_ONCE) throw new Error("the association does not stop sending");
  }
  return packets;
}

export function drainEvents(association: Association): AssociationEvent[] {
  const events: AssociationEvent[] = [];
  for (let event = association.pollEvent(); event !== undefined; event = association.pollEvent()) events.push(event);
  return events;
}

interface Flight {
  to: Side;
  atMs: number;
  bytes: Uint8Array;
}

export interface PairOptions {
  a?: Partial<AssociationOptions>;
  b?: Partial<AssociationOptions>;
  oneWayMs?: number;
  /** Lost on its way; may also be told by `SctpPair.isLost` later. */
  isLost?: (packet: SentPacket) => boolean;
}

export class SctpPair {
  readonly a: Association;
  readonly b: Association;
  nowMs = 1_000;
  readonly sent: SentPacket[] = [];
  readonly events: Record<Side, AssociationEvent[]> = { a: [], b: [] };
  isLost: (packet: SentPacket) => boolean;
  /** What a packet becomes on its way. */
  change: (packet: SentPacket) => Uint8Array = ({ bytes }) => bytes;
  /** How long a packet is on its way; more than one time: it arrives as often. */
  delaysMs: (packet: SentPacket) => readonly number[];
  #flights: Flight[] = [];

  constructor({ a, b, oneWayMs = 10, isLost = () => false }: PairOptions = {}) {
    this.a = new Association(associationOptions(1, a));
    this.b = new Association(associationOptions(2, b));
    this.delaysMs = () => [oneWayMs];
    this.isLost = isLost;
  }

  /** Both begin, and come to rest. */
  connect(): this {
    this.a.start(this.nowMs);
    this.b.start(this.nowMs);
    this.run(5_000);
    return this;
  }

  send(side: Side, streamId: number, data: Uint8Array, delivery: DeliveryOptions = {}): void {
    this[side].sendMessage(streamId, 53, data, delivery, this.nowMs);
  }

  /** Lets time pass until nothing is on its way and nothing is due, at most so long. @returns milliseconds passed */
  run(forMs: number, until: () => boolean = () => false): number {
    const startMs = this.nowMs;
    const endMs = startMs + forMs;
    this.#settle();
    for (;;) {
      const nextMs = Math.min(
        ...this.#flights.map(({ atMs }) => atMs),
        this.a.nextDeadlineMs(),
        this.b.nextDeadlineMs(),
      );
      if (until() || nextMs > endMs) break;
      this.nowMs = Math.max(this.nowMs, nextMs);
      this.#step();
    }
    if (!until()) this.nowMs = endMs;
    return this.nowMs - startMs;
  }

  #step(): void {
    const due = this.#flights.filter(({ atMs }) => atMs <= this.nowMs);
    this.#flights = this.#flights.filter(({ atMs }) => atMs > this.nowMs);
    const before = this.sent.length;
    for (const { to, bytes } of due) this[to].handle(bytes, this.nowMs);
    const deadlines = [this.a.nextDeadlineMs(), this.b.nextDeadlineMs()];
    this.a.advance(this.nowMs);
    this.b.advance(this.nowMs);
    this.#settle();
    // Rest is only rest when nothing is due: an engine that asks for time it does not use would spin for ever.
    const after = Math.min(this.a.nextDeadlineMs(), this.b.nextDeadlineMs());
    if (
      due.length === 0 &&
      before === this.sent.length &&
      after <= this.nowMs &&
      Math.min(...deadlines) <= this.nowMs
    ) {
      throw new Error(`the association spins at ${this.nowMs}`);
    }
  }

  #settle(): void {
    for (const side of ["a", "b"] as const) {
      this.events[side].push(...drainEvents(this[side]));
      for (const bytes of drain(this[side], this.nowMs)) {
        const packet: SentPacket = { from: side, atMs: this.nowMs, bytes, types: chunkTypes(bytes) };
        this.sent.push(packet);
        if (this.isLost(packet)) continue;
        const to = side === "a" ? "b" : "a";
        for (const delayMs of this.delaysMs(packet)) {
          this.#flights.push({ to, atMs: this.nowMs + delayMs, bytes: this.change(packet) });
        }
      }
      this.events[side].push(...drainEvents(this[side]));
    }
  }

  /** Everything on its way to a side is lost. @returns how many packets */
  dropFlights(to: Side): number {
    const before = this.#flights.length;
    this.#flights = this.#flights.filter((flight) => flight.to !== to);
    return before - this.#flights.length;
  }

  of<T extends AssociationEvent["type"]>(side: Side, type: T): Extract<AssociationEvent, { type: T }>[] {
    return this.events[side].filter((event): event is Extract<AssociationEvent, { type: T }> => event.type === type);
  }

  /** Messages that a side has received, as `stream:length`, or of one stream their first bytes. */
  received(side: Side): string[] {
    return this.of(side, "message").map(({ streamId, data }) => `${streamId}:${data.length}`);
  }

  /** How many packets of a side carried a chunk type. */
  count(from: Side, type: number): number {
    return this.sent.filter((packet) => packet.from === from && packet.types.includes(type)).length;
  }
}

/** Loses the first `count` packets of a side that carry a chunk type. */
export function losesFirst(from: Side, type: number, count = 1): (packet: SentPacket) => boolean {
  let left = count;
  return (packet) => {
    if (left === 0 || packet.from !== from || !packet.types.includes(type)) return false;
    left -= 1;
    return true;
  };
}

/** Bytes that tell where they are. */
export function pattern(length: number, seed = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 31 + (index >>> 8) + seed) & 0xff);
}
