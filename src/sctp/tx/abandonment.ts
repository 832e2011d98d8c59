// Partial reliability: abandoned messages, and FORWARD TSN, which makes the peer stop waiting for them.
// RFC 3758, RFC 7496.
import { CHUNK_HEADER_BYTES, ChunkType, DataFlag } from "../packet/chunk-types.ts";
import { writeU16, writeU32 } from "../packet/fields.ts";
import type { PacketWriter } from "../packet/packet-writer.ts";
import { addTsn, type Tsn } from "../serial.ts";
import { ChunkState, type Outstanding } from "./outstanding.ts";
import type { OutboundMessage, SendQueue } from "./send-queue.ts";

/** Streams that one FORWARD TSN names; with more, the next one continues the list. */
const MAX_STREAMS = 64;

export class Abandonment {
  readonly #outstanding: Outstanding;
  readonly #queue: SendQueue;
  #isDue = false;
  /** A chunk was abandoned at some time: until then there is nothing to search. */
  #isUsed = false;

  constructor(outstanding: Outstanding, queue: SendQueue) {
    this.#outstanding = outstanding;
    this.#queue = queue;
  }

  /** Whether the message must not be (re)sent any more. @param sendCount - count of the chunk that would be sent */
  static isOver(message: OutboundMessage, sendCount: number, nowMs: number): boolean {
    return message.isAbandoned || sendCount > message.maxRetransmits || message.expiresAtMs <= nowMs;
  }

  /**
   * Gives up every outstanding chunk of the message, and its unsent rest.
   * @param one - the TSN of any of its chunks: those of one message are consecutive
   */
  abandon(message: OutboundMessage, one: Tsn): void {
    const o = this.#outstanding;
    message.isAbandoned = true;
    if (this.#queue.isPartlySent(message)) {
      // A last fragment that is never sent: without it no TSN would mark the end of the message.
      const slot = o.append(message, this.#queue.offset, message.data.length, endFlags(message));
      o.markAbandoned(slot);
      this.#queue.abandon(message);
    }
    let first = one;
    while (first > o.firstTsn && o.messages[o.slotOf(addTsn(first, -1))] === message) first = addTsn(first, -1);
    for (let tsn = first; tsn < o.nextTsn && o.messages[o.slotOf(tsn)] === message; tsn = addTsn(tsn, 1)) {
      const slot = o.slotOf(tsn);
      if (o.isAwaited(slot)) o.markAbandoned(slot);
    }
    this.#isUsed = true;
    this.demand();
  }

  /** Call after a SACK or a timeout: the peer may still wait for abandoned chunks. */
  demand(): void {
    if (this.#isUsed && this.#ackPoint() >= this.#outstanding.firstTsn) this.#isDue = true;
  }

  get isDue(): boolean {
    return this.#isDue;
  }

  /** The last TSN of the abandoned messages that directly follow the acknowledged ones. RFC 3758 §3.5 C2. */
  #ackPoint(): Tsn {
    const o = this.#outstanding;
    let tsn = o.firstTsn;
    while (tsn < o.nextTsn && this.#isPassedOver(o.slotOf(tsn))) tsn = addTsn(tsn, 1);
    return addTsn(tsn, -1);
  }

  #isPassedOver(slot: number): boolean {
    const o = this.#outstanding;
    const state = o.state[slot];
    // Chunks of an abandoned message are of no use to the peer even if they arrived.
    return state === ChunkState.ABANDONED || (state === ChunkState.ACKED && o.messages[slot]?.isAbandoned === true);
  }

  /** Adds a FORWARD TSN. @returns whether it was added: it may not fit, or no longer be needed */
  write(packet: PacketWriter): boolean {
    const o = this.#outstanding;
    const last = this.#ackPoint();
    if (last < o.firstTsn) {
      this.#isDue = false;
      return false;
    }
    const ssns = new Map<number, number>();
    let point = o.firstTsn;
    for (let tsn = o.firstTsn; tsn <= last; tsn = addTsn(tsn, 1)) {
      const message = o.messages[o.slotOf(tsn)];
      if (message !== undefined && !message.isUnordered) {
        if (!ssns.has(message.streamId) && ssns.size >= MAX_STREAMS) break;
        ssns.set(message.streamId, message.ssn);
      }
      point = tsn;
    }
    const value = new Uint8Array(4 + 4 * ssns.size);
    if (packet.room < CHUNK_HEADER_BYTES + value.length) return false;
    writeU32(value, 0, point);
    let at = 4;
    for (const [streamId, ssn] of ssns) {
      writeU16(value, at, streamId);
      writeU16(value, at + 2, ssn & 0xffff);
      at += 4;
    }
    packet.chunk(ChunkType.FORWARD_TSN, 0, value);
    this.#isDue = false;
    return true;
  }
}

function endFlags(message: OutboundMessage): number {
  return DataFlag.ENDING | (message.isUnordered ? DataFlag.UNORDERED : 0);
}
