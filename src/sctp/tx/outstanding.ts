// Every chunk sent and not yet cumulatively acknowledged: one ring slot for each, in arrays, so that
// nothing is allocated per packet. Keeps the sending order for loss detection (RFC 8985 §7.1) and the snapshots
// that delivery rate samples need (draft-cheng-iccrg-delivery-rate-estimation §3.2). It decides nothing.
import { DATA_HEADER_BYTES } from "../packet/chunk-types.ts";
import { RingBits } from "../ring-bits.ts";
import { addTsn, type Tsn } from "../serial.ts";
import type { OutboundMessage } from "./send-queue.ts";

/** Slots; the span from the oldest chunk to the newest is always smaller. */
export const OUTSTANDING_CAPACITY = 32_768;
const MASK = OUTSTANDING_CAPACITY - 1;
const NONE = -1;

/** `BEHIND`: in flight on a path that carries nothing new any more. */
export const ChunkState = { NONE: 0, IN_FLIGHT: 1, ACKED: 2, LOST: 3, ABANDONED: 4, BEHIND: 5 } as const;

export class Outstanding {
  readonly messages: (OutboundMessage | undefined)[] = Array.from({ length: OUTSTANDING_CAPACITY });
  readonly from = new Uint32Array(OUTSTANDING_CAPACITY);
  readonly to = new Uint32Array(OUTSTANDING_CAPACITY);
  readonly flags = new Uint8Array(OUTSTANDING_CAPACITY);
  readonly state = new Uint8Array(OUTSTANDING_CAPACITY);
  /** Times sent, at most 65,535. */
  readonly sendCount = new Uint16Array(OUTSTANDING_CAPACITY);
  readonly sentAtMs = new Float64Array(OUTSTANDING_CAPACITY);
  /** Snapshot of the sender's totals when the chunk was last sent. */
  readonly firstSentAtMs = new Float64Array(OUTSTANDING_CAPACITY);
  readonly deliveredAtMs = new Float64Array(OUTSTANDING_CAPACITY);
  readonly priorDelivered = new Float64Array(OUTSTANDING_CAPACITY);
  readonly priorLost = new Float64Array(OUTSTANDING_CAPACITY);
  readonly txInflight = new Float64Array(OUTSTANDING_CAPACITY);
  readonly isAppLimited = new Uint8Array(OUTSTANDING_CAPACITY);
  readonly #nextSent = new Int32Array(OUTSTANDING_CAPACITY);
  readonly #previousSent = new Int32Array(OUTSTANDING_CAPACITY);
  readonly #tsns = new Float64Array(OUTSTANDING_CAPACITY);
  readonly #acked = new RingBits(OUTSTANDING_CAPACITY);
  readonly #lost = new RingBits(OUTSTANDING_CAPACITY);
  #oldestSent = NONE;
  #newestSent = NONE;
  #lostCount = 0;
  #ackedCount = 0;
  /** The oldest chunk that is not cumulatively acknowledged, and the next one to be sent. */
  #first: Tsn;
  #next: Tsn;
  /** Bytes of chunks in flight, with chunk headers; those on a path that was left do not count. */
  inflightBytes = 0;
  inflightChunks = 0;
  /** Payload bytes of chunks in flight, by whatever path: so much of the peer's window is taken. */
  inflightPayloadBytes = 0;
  /** Chunks in flight on a path that was left. */
  behindChunks = 0;

  constructor(initialTsn: Tsn) {
    this.#first = initialTsn;
    this.#next = initialTsn;
  }

  get firstTsn(): Tsn {
    return this.#first;
  }

  get nextTsn(): Tsn {
    return this.#next;
  }

  get isEmpty(): boolean {
    return this.#first === this.#next;
  }

  get span(): number {
    return this.#next - this.#first;
  }

  get lostCount(): number {
    return this.#lostCount;
  }

  /** Chunks that gap ack blocks have reported. */
  get ackedCount(): number {
    return this.#ackedCount;
  }

  slotOf(tsn: Tsn): number {
    return tsn & MASK;
  }

  tsnAt(slot: number): Tsn {
    return this.#tsns[slot] as Tsn;
  }

  /** Chunk header and payload, without padding. */
  bytesAt(slot: number): number {
    return (this.to[slot] as number) - (this.from[slot] as number) + DATA_HEADER_BYTES;
  }

  /** Adds a new chunk. The caller marks it sent, or abandoned. @returns its slot */
  append(message: OutboundMessage, from: number, to: number, flags: number): number {
    const slot = this.#next & MASK;
    this.#tsns[slot] = this.#next;
    this.messages[slot] = message;
    this.from[slot] = from;
    this.to[slot] = to;
    this.flags[slot] = flags;
    this.state[slot] = ChunkState.NONE;
    this.sendCount[slot] = 0;
    this.#next = addTsn(this.#next, 1);
    return slot;
  }

  /** Whether the chunk was sent and is neither acknowledged nor given up. */
  isAwaited(slot: number): boolean {
    const state = this.state[slot];
    return state === ChunkState.IN_FLIGHT || state === ChunkState.LOST || state === ChunkState.BEHIND;
  }

  /** The chunk was sent, for the first time or again; it becomes the newest in sending order. */
  markSent(slot: number, nowMs: number): void {
    if (this.state[slot] === ChunkState.LOST) this.#clearLost(slot);
    this.state[slot] = ChunkState.IN_FLIGHT;
    this.sentAtMs[slot] = nowMs;
    const count = this.sendCount[slot] as number;
    if (count < 0xffff) this.sendCount[slot] = count + 1;
    this.inflightChunks += 1;
    this.inflightBytes += this.bytesAt(slot);
    this.inflightPayloadBytes += this.bytesAt(slot) - DATA_HEADER_BYTES;
    this.#previousSent[slot] = this.#newestSent;
    this.#nextSent[slot] = NONE;
    if (this.#newestSent === NONE) this.#oldestSent = slot;
    else this.#nextSent[this.#newestSent] = slot;
    this.#newestSent = slot;
  }

  markAcked(slot: number): void {
    this.#leave(slot);
    this.state[slot] = ChunkState.ACKED;
    this.#acked.set(this.#tsns[slot] as number);
    this.#ackedCount += 1;
  }

  markLost(slot: number): void {
    this.#leave(slot);
    this.#clearAcked(slot);
    this.state[slot] = ChunkState.LOST;
    this.#lost.set(this.#tsns[slot] as number);
    this.#lostCount += 1;
  }

  /** The path was left: what is in flight arrives there, but says nothing about the path that follows. */
  leaveBehind(): void {
    for (let slot = this.#oldestSent; slot !== NONE; slot = this.#nextSent[slot] as number) {
      this.state[slot] = ChunkState.BEHIND;
    }
    this.behindChunks += this.inflightChunks;
    this.inflightChunks = 0;
    this.inflightBytes = 0;
    this.#oldestSent = NONE;
    this.#newestSent = NONE;
  }

  markAbandoned(slot: number): void {
    this.#leave(slot);
    this.state[slot] = ChunkState.ABANDONED;
  }

  /** The chunk that was sent longest ago. NONE is -1. */
  get oldestSentSlot(): number {
    return this.#oldestSent;
  }

  sentAfter(slot: number): number {
    return this.#nextSent[slot] as number;
  }

  /** The lowest chunk that waits for retransmission; `nextTsn` when there is none. */
  firstLost(): Tsn {
    return this.#lostCount === 0 ? this.#next : (this.#lost.nextSet(this.#first, this.#next) as Tsn);
  }

  /** The first TSN of [from, end) that no gap ack block has reported before. */
  nextNotAcked(from: number, end: number): Tsn {
    return this.#acked.nextClear(from, end) as Tsn;
  }

  /** Everything before it is cumulatively acknowledged and is removed. */
  advanceTo(tsn: Tsn): void {
    for (let at = this.#first; at < tsn; at = addTsn(at, 1)) {
      const slot = at & MASK;
      this.#leave(slot);
      this.#clearAcked(slot);
      this.state[slot] = ChunkState.NONE;
      this.messages[slot] = undefined;
    }
    this.#first = tsn;
  }

  #leave(slot: number): void {
    const state = this.state[slot];
    if (state === ChunkState.LOST) this.#clearLost(slot);
    if (state !== ChunkState.IN_FLIGHT && state !== ChunkState.BEHIND) return;
    this.inflightPayloadBytes -= this.bytesAt(slot) - DATA_HEADER_BYTES;
    if (state === ChunkState.BEHIND) {
      this.behindChunks -= 1;
      return;
    }
    this.inflightChunks -= 1;
    this.inflightBytes -= this.bytesAt(slot);
    const previous = this.#previousSent[slot] as number;
    const next = this.#nextSent[slot] as number;
    if (previous === NONE) this.#oldestSent = next;
    else this.#nextSent[previous] = next;
    if (next === NONE) this.#newestSent = previous;
    else this.#previousSent[next] = previous;
  }

  #clearAcked(slot: number): void {
    if (this.state[slot] !== ChunkState.ACKED) return;
    this.#acked.clear(this.#tsns[slot] as number);
    this.#ackedCount -= 1;
  }

  #clearLost(slot: number): void {
    this.#lost.clear(this.#tsns[slot] as number);
    this.#lostCount -= 1;
  }
}
