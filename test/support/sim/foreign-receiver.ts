// Our engine in the clothes of another stack: what such a stack reports and drops is put on its wire, so that a sender
// meets the receivers of Chrome and usrsctp in virtual time. Sources: dcSCTP data_tracker.cc, usrsctp sctp_indata.c.
import type { AssociationEvent, DeliveryOptions } from "../../../src/sctp/association-types.ts";
import { assemble, type Chunk, chunksOf, ChunkType } from "./chunks.ts";
import { sealPacket } from "./crc32c.ts";
import type { TalkingEngine } from "./talk.ts";

export interface ReceiverModel {
  /** A SACK reports the lowest so many gaps, and as many duplicates. */
  mostGapBlocks: number;
  /** DATA further beyond the cumulative TSN is dropped as if it had not come. */
  farthestTsn: number;
  /** One packet of DATA alone is acknowledged so much later. */
  sackDelayMs: number;
}

export const DCSCTP: ReceiverModel = { mostGapBlocks: 20, farthestTsn: 100_000, sackDelayMs: 200 };
export const USRSCTP: ReceiverModel = { mostGapBlocks: Infinity, farthestTsn: 4_095, sackDelayMs: 200 };

const IMMEDIATE_FLAG = 8;
const INIT_BYTES = 20;
/** State cookie, unrecognized parameter, forward TSN, supported extensions: what everybody sends. */
const COMMON_PARAMETERS = new Set([7, 8, 0xc000, 0x8008]);

export class ForeignReceiver<E extends TalkingEngine> implements TalkingEngine {
  readonly inner: E;
  /** DATA chunks that were too far ahead. */
  droppedChunks = 0;
  /** SACKs that lost gap blocks. */
  cutSacks = 0;
  readonly #model: ReceiverModel;
  #cumulativeTsn: number | undefined = undefined;
  #dataPackets = 0;
  #firstDataAtMs = 0;
  #wantsSackNow = false;
  /** The last SACK had gaps: the next one, which may close them, does not wait either. */
  #hadGaps = false;
  #held: Uint8Array | undefined = undefined;

  constructor(inner: E, model: ReceiverModel) {
    this.inner = inner;
    this.#model = model;
  }

  get isDrained(): boolean {
    return this.inner.isDrained;
  }

  start(nowMs: number): void {
    this.inner.start(nowMs);
  }

  sendMessage(streamId: number, ppid: number, data: Uint8Array, delivery?: DeliveryOptions): void {
    this.inner.sendMessage(streamId, ppid, data, delivery);
  }

  bufferedBytes(streamId: number): number {
    return this.inner.bufferedBytes(streamId);
  }

  handle(input: Uint8Array, nowMs: number): void {
    const chunks = chunksOf(input);
    const kept = chunks.filter((chunk) => chunk.type !== ChunkType.DATA || this.#isNear(chunk));
    this.droppedChunks += chunks.length - kept.length;
    for (const chunk of kept) this.#noteArrival(chunk);
    if (kept.some(({ type }) => type === ChunkType.DATA)) {
      if (this.#dataPackets === 0) this.#firstDataAtMs = nowMs;
      this.#dataPackets += 1;
    }
    if (kept.length === chunks.length && !chunks.some(isInit)) this.inner.handle(input, nowMs);
    else if (kept.length > 0) this.inner.handle(rebuild(input, kept.map(plainInit)), nowMs);
  }

  advance(nowMs: number): void {
    this.inner.advance(nowMs);
  }

  pollTransmit(into: Uint8Array, nowMs: number): number {
    for (let bytes = this.inner.pollTransmit(into, nowMs); bytes > 0; bytes = this.inner.pollTransmit(into, nowMs)) {
      const packet = this.#rewrite(into.subarray(0, bytes));
      const chunks = chunksOf(packet);
      const sack = chunks.find(({ type }) => type === ChunkType.SACK);
      if (sack !== undefined && chunks.length === 1 && this.#mayWait(sack)) {
        this.#held = packet;
        continue;
      }
      if (sack !== undefined) this.#noteSack(sack);
      into.set(packet);
      return packet.length;
    }
    const held = this.#held;
    const [sack] = held === undefined ? [] : chunksOf(held);
    if (held === undefined || sack === undefined || (this.#mayWait(sack) && nowMs < this.#heldUntilMs)) return 0;
    this.#noteSack(sack);
    into.set(held);
    return held.length;
  }

  pollEvent(): AssociationEvent | undefined {
    return this.inner.pollEvent();
  }

  nextDeadlineMs(): number {
    return Math.min(this.inner.nextDeadlineMs(), this.#heldUntilMs);
  }

  get #heldUntilMs(): number {
    return this.#held === undefined ? Infinity : this.#firstDataAtMs + this.#model.sackDelayMs;
  }

  #isNear({ view }: Chunk): boolean {
    if (this.#cumulativeTsn === undefined) return true;
    return ((view.getUint32(4) - this.#cumulativeTsn) | 0) <= this.#model.farthestTsn;
  }

  #noteArrival(chunk: Chunk): void {
    if (isInit(chunk)) this.#cumulativeTsn = (chunk.view.getUint32(16) - 1) >>> 0;
    if (chunk.type === ChunkType.DATA && chunk.flags & IMMEDIATE_FLAG) this.#wantsSackNow = true;
  }

  #noteSack({ view }: Chunk): void {
    this.#cumulativeTsn = view.getUint32(4);
    this.#hadGaps = view.getUint16(12) > 0;
    this.#dataPackets = 0;
    this.#wantsSackNow = false;
    this.#held = undefined;
  }

  #mayWait({ view }: Chunk): boolean {
    const isPlain = view.getUint16(12) === 0 && view.getUint16(14) === 0;
    return isPlain && this.#dataPackets === 1 && !this.#hadGaps && !this.#wantsSackNow;
  }

  #rewrite(packet: Uint8Array): Uint8Array {
    let isChanged = false;
    const chunks = chunksOf(packet).map((chunk) => {
      const bytes = chunk.type === ChunkType.SACK ? this.#cutSack(chunk) : plainInit(chunk);
      isChanged ||= bytes !== chunk.bytes;
      return bytes;
    });
    return isChanged ? rebuild(packet, chunks) : packet.slice();
  }

  #cutSack({ bytes, view }: Chunk): Uint8Array {
    const { mostGapBlocks } = this.#model;
    const gaps = view.getUint16(12);
    const duplicates = view.getUint16(14);
    if (gaps <= mostGapBlocks && duplicates <= mostGapBlocks) return bytes;
    this.cutSacks += 1;
    const keptGaps = Math.min(gaps, mostGapBlocks);
    const keptDuplicates = Math.min(duplicates, mostGapBlocks);
    const cut = new Uint8Array(16 + 4 * (keptGaps + keptDuplicates));
    cut.set(bytes.subarray(0, 16 + 4 * keptGaps));
    const from = 16 + 4 * gaps;
    cut.set(bytes.subarray(from, from + 4 * keptDuplicates), 16 + 4 * keptGaps);
    const header = new DataView(cut.buffer);
    header.setUint16(2, cut.length);
    header.setUint16(12, keptGaps);
    header.setUint16(14, keptDuplicates);
    return cut;
  }
}

function isInit({ type }: Chunk): boolean {
  return type === ChunkType.INIT || type === ChunkType.INIT_ACK;
}

/** An INIT or INIT ACK without what engines of our own stack tell each other. */
function plainInit(chunk: Chunk): Uint8Array {
  if (!isInit(chunk)) return chunk.bytes;
  const { bytes, view } = chunk;
  const parts = [bytes.subarray(0, INIT_BYTES)];
  for (let offset = INIT_BYTES; offset + 4 <= bytes.length; ) {
    const length = Math.max(4, view.getUint16(offset + 2));
    const padded = (length + 3) & ~3;
    if (COMMON_PARAMETERS.has(view.getUint16(offset))) {
      const parameter = new Uint8Array(padded);
      parameter.set(bytes.subarray(offset, offset + length));
      parts.push(parameter);
    }
    offset += padded;
  }
  const plain = new Uint8Array(Buffer.concat(parts));
  new DataView(plain.buffer).setUint16(2, plain.length);
  return plain;
}

function rebuild(packet: Uint8Array, chunks: readonly Uint8Array[]): Uint8Array {
  const made = assemble(packet, chunks);
  sealPacket(made);
  return made;
}
