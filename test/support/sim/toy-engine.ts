// A small reliable engine that the simulator itself is tested with: DATA and SACK chunks, one fixed window, one timer,
// everything in the order of its TSNs. It starts established and knows no handshake.
import type { AssociationEvent } from "../../../src/sctp/association-types.ts";
import { chunksOf, ChunkType } from "./chunks.ts";
import { isIntact, writeChecksum } from "./crc32c.ts";
import type { TalkingEngine } from "./talk.ts";

const PAYLOAD_BYTES = 1_160;
const FIRST = 2;
const LAST = 1;

interface Fragment {
  tsn: number;
  streamId: number;
  ppid: number;
  flags: number;
  data: Uint8Array;
  sentAtMs: number;
}

export interface ToyOptions {
  initialTsn: number;
  windowPackets: number;
  rtoMs: number;
  /** Mistakes, for tests of what the simulator finds. */
  mistake?: "corrupts" | "repeats" | "never-repeats" | "always-due" | "throws";
}

export class ToyEngine implements TalkingEngine {
  readonly #options: ToyOptions;
  #nextTsn: number;
  #expectedTsn: number;
  #waiting: Fragment[] = [];
  #flying: Fragment[] = [];
  readonly #arrived = new Map<number, Fragment>();
  #partial: Uint8Array[] = [];
  readonly #events: AssociationEvent[] = [];
  #owesSack = false;
  #rtoMs: number;

  constructor(options: ToyOptions) {
    this.#options = options;
    this.#nextTsn = options.initialTsn;
    this.#expectedTsn = options.initialTsn;
    this.#rtoMs = options.rtoMs;
  }

  get isDrained(): boolean {
    return this.#waiting.length === 0 && this.#flying.length === 0;
  }

  start(): void {
    this.#events.push({ type: "established" });
  }

  sendMessage(streamId: number, ppid: number, data: Uint8Array): void {
    for (let offset = 0; offset < data.length; offset += PAYLOAD_BYTES) {
      const part = data.subarray(offset, offset + PAYLOAD_BYTES);
      const flags = (offset === 0 ? FIRST : 0) | (offset + part.length === data.length ? LAST : 0);
      this.#waiting.push({ tsn: this.#nextTsn, streamId, ppid, flags, data: part, sentAtMs: -Infinity });
      this.#nextTsn = (this.#nextTsn + 1) >>> 0;
    }
  }

  bufferedBytes(streamId: number): number {
    return this.#waiting.reduce((sum, part) => sum + (part.streamId === streamId ? part.data.length : 0), 0);
  }

  handle(input: Uint8Array): void {
    if (this.#options.mistake === "throws") throw new Error("toy mistake");
    if (!isIntact(input)) return;
    for (const { type, flags, bytes, view } of chunksOf(input)) {
      if (type === ChunkType.SACK) this.#handleSack(view.getUint32(4));
      if (type !== ChunkType.DATA) continue;
      const tsn = view.getUint32(4);
      this.#owesSack = true;
      if (((tsn - this.#expectedTsn) | 0) < 0) continue;
      const fragment = { tsn, streamId: view.getUint16(8), ppid: view.getUint32(12), flags, data: bytes.subarray(16) };
      this.#arrived.set(tsn, { ...fragment, sentAtMs: 0 });
    }
    this.#deliver();
  }

  advance(nowMs: number): void {
    if (this.#options.mistake === "never-repeats" || this.nextDeadlineMs() > nowMs) return;
    this.#rtoMs = Math.min(this.#rtoMs * 2, 16 * this.#options.rtoMs);
    for (const part of this.#flying) part.sentAtMs = -Infinity;
  }

  pollTransmit(into: Uint8Array, nowMs: number): number {
    if (this.#owesSack) {
      this.#owesSack = false;
      return this.#writeSack(into);
    }
    let part = this.#flying.find(({ sentAtMs }) => sentAtMs === -Infinity);
    if (part === undefined && this.#flying.length < this.#options.windowPackets) {
      part = this.#waiting.shift();
      if (part !== undefined) this.#flying.push(part);
    }
    if (part === undefined) return 0;
    part.sentAtMs = nowMs;
    return this.#writeData(into, part);
  }

  pollEvent(): AssociationEvent | undefined {
    return this.#events.shift();
  }

  nextDeadlineMs(): number {
    if (this.#options.mistake === "always-due") return 0;
    if (this.#options.mistake === "never-repeats") return Infinity;
    return this.#flying.reduce((least, { sentAtMs }) => Math.min(least, sentAtMs + this.#rtoMs), Infinity);
  }

  #handleSack(cumulativeTsn: number): void {
    const before = this.#flying.length;
    this.#flying = this.#flying.filter(({ tsn }) => ((tsn - cumulativeTsn) | 0) > 0);
    if (this.#flying.length === before) return;
    this.#rtoMs = this.#options.rtoMs;
    this.#events.push({ type: "progress" });
  }

  #deliver(): void {
    for (let part = this.#arrived.get(this.#expectedTsn); part !== undefined; ) {
      this.#arrived.delete(part.tsn);
      this.#expectedTsn = (this.#expectedTsn + 1) >>> 0;
      this.#partial.push(part.data);
      if (part.flags & LAST) this.#complete(part);
      part = this.#arrived.get(this.#expectedTsn);
    }
  }

  #complete({ streamId, ppid }: Fragment): void {
    const data = new Uint8Array(Buffer.concat(this.#partial));
    this.#partial = [];
    if (this.#options.mistake === "corrupts") data[0] = (data[0] ?? 0) ^ 1;
    this.#events.push({ type: "message", streamId, ppid, data });
    if (this.#options.mistake === "repeats") this.#events.push({ type: "message", streamId, ppid, data });
  }

  #writeData(into: Uint8Array, { tsn, streamId, ppid, flags, data }: Fragment): number {
    const bytes = 16 + data.length;
    const view = this.#begin(into, ChunkType.DATA, flags, bytes);
    view.setUint32(16, tsn);
    view.setUint16(20, streamId);
    view.setUint32(24, ppid);
    into.set(data, 28);
    return this.#seal(into, bytes);
  }

  #writeSack(into: Uint8Array): number {
    const view = this.#begin(into, ChunkType.SACK, 0, 16);
    view.setUint32(16, (this.#expectedTsn - 1) >>> 0);
    return this.#seal(into, 16);
  }

  #begin(into: Uint8Array, type: number, flags: number, bytes: number): DataView {
    into.fill(0, 0, 32);
    const view = new DataView(into.buffer, into.byteOffset);
    view.setUint8(12, type);
    view.setUint8(13, flags);
    view.setUint16(14, bytes);
    return view;
  }

  #seal(into: Uint8Array, chunkBytes: number): number {
    const bytes = 12 + ((chunkBytes + 3) & ~3);
    into.fill(0, 12 + chunkBytes, bytes);
    writeChecksum(into.subarray(0, bytes));
    return bytes;
  }
}
