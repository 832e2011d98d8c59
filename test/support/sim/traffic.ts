// Messages from one side of a simulation to the other, and whether they arrive: each exactly once, byte for byte, in
// the order of its stream. The bytes are slices of one random pool, so that megabytes cost nothing to make.
import { createHash } from "node:crypto";
import type { AssociationEvent, DeliveryOptions } from "../../../src/sctp/association-types.ts";
import { Ppid } from "../../../src/sctp/port.ts";
import { seededRandom } from "../seeded-random.ts";

/** What traffic needs of an engine. */
export interface MessageSender {
  sendMessage(streamId: number, ppid: number, data: Uint8Array, delivery?: DeliveryOptions): void;
  bufferedBytes(streamId: number): number;
}

export interface PlannedMessage {
  streamId: number;
  bytes: number;
  /** Not before this time; 0: as soon as it may. */
  atMs: number;
  isUnordered: boolean;
  /** One of text and bytes unless given. */
  ppid?: number;
}

/** Marks unordered messages: a short one could not be told from an ordered one by its bytes. */
const UNORDERED_PPID = 1_000;
const POOL_BYTES = 2 ** 22;
const DEFAULT_BUFFER_BYTES = 2 ** 20;

function makePool(): Uint8Array {
  const random = seededRandom(0x5c79);
  return new Uint8Array(Uint32Array.from({ length: POOL_BYTES / 4 }, () => random() * 2 ** 32).buffer);
}

const pool = makePool();

interface Expected {
  ppid: number;
  data: Uint8Array;
}

export class Traffic {
  sentBytes = 0;
  receivedBytes = 0;
  receivedCount = 0;
  firstAtMs: number | undefined = undefined;
  lastAtMs: number | undefined = undefined;
  /** The longest time without a message between the first one and the last. */
  longestGapMs = 0;
  /** The first thing that was wrong with what arrived. */
  flaw: string | undefined = undefined;
  readonly #plan: readonly PlannedMessage[];
  readonly #random: () => number;
  readonly #bufferBytes: number;
  readonly #ordered = new Map<number, Expected[]>();
  readonly #orderedTaken = new Map<number, number>();
  readonly #unordered = new Map<string, number>();
  #next = 0;

  /** @param bufferBytes - of one stream in the sender at most, one message more or less */
  constructor(plan: readonly PlannedMessage[], seed: number, bufferBytes = DEFAULT_BUFFER_BYTES) {
    this.#plan = plan;
    this.#random = seededRandom(seed);
    this.#bufferBytes = bufferBytes;
  }

  get isComplete(): boolean {
    return this.receivedCount === this.#plan.length;
  }

  /** When the next message may be sent at the earliest; Infinity: all are sent. */
  get nextAtMs(): number {
    return this.#plan[this.#next]?.atMs ?? Infinity;
  }

  /** Bytes per millisecond from the first message sent to the last one received. */
  goodput(startMs: number): number {
    return this.receivedBytes / ((this.lastAtMs ?? Infinity) - startMs);
  }

  /** Gives the engine what it may have by now. */
  offer(engine: MessageSender, nowMs: number): void {
    for (let message = this.#plan[this.#next]; message !== undefined; message = this.#plan[this.#next]) {
      const { streamId, bytes, atMs, isUnordered } = message;
      if (atMs > nowMs || engine.bufferedBytes(streamId) >= this.#bufferBytes) return;
      this.#next += 1;
      this.sentBytes += bytes;
      const offset = Math.floor(this.#random() * (POOL_BYTES - bytes));
      const data = pool.subarray(offset, offset + bytes);
      const ppid = message.ppid ?? (this.#random() < 0.5 ? Ppid.STRING : Ppid.BINARY);
      if (isUnordered) {
        const key = keyOf(streamId, data);
        this.#unordered.set(key, (this.#unordered.get(key) ?? 0) + 1);
        engine.sendMessage(streamId, UNORDERED_PPID, data, { isUnordered });
      } else {
        const expected = this.#ordered.get(streamId) ?? [];
        expected.push({ ppid, data });
        this.#ordered.set(streamId, expected);
        engine.sendMessage(streamId, ppid, data);
      }
    }
  }

  /** Judges a message that arrived. */
  take(event: AssociationEvent & { type: "message" }, nowMs: number): void {
    const { streamId, ppid, data } = event;
    this.receivedCount += 1;
    this.receivedBytes += data.length;
    this.firstAtMs ??= nowMs;
    this.longestGapMs = Math.max(this.longestGapMs, nowMs - (this.lastAtMs ?? nowMs));
    this.lastAtMs = nowMs;
    if (ppid === UNORDERED_PPID) this.#takeUnordered(streamId, data);
    else this.#takeOrdered(streamId, ppid, data);
  }

  #takeUnordered(streamId: number, data: Uint8Array): void {
    const key = keyOf(streamId, data);
    const waiting = this.#unordered.get(key) ?? 0;
    if (waiting > 0) this.#unordered.set(key, waiting - 1);
    else this.flaw ??= `an unordered message of stream ${streamId} (${data.length} B) was never sent, or came twice`;
  }

  #takeOrdered(streamId: number, ppid: number, data: Uint8Array): void {
    const index = this.#orderedTaken.get(streamId) ?? 0;
    this.#orderedTaken.set(streamId, index + 1);
    const expected = this.#ordered.get(streamId)?.[index];
    const what = `message ${index} of stream ${streamId} (${data.length} B)`;
    if (expected === undefined) this.flaw ??= `${what} was never sent, or came twice`;
    else if (expected.ppid !== ppid) this.flaw ??= `${what} has PPID ${ppid}, not ${expected.ppid}`;
    else if (expected.data.length !== data.length) this.flaw ??= `${what} should have ${expected.data.length} B`;
    else if (Buffer.compare(expected.data, data) !== 0) this.flaw ??= `${what} has other bytes than were sent`;
  }
}

/** `count` messages of one size on one stream, as fast as they go. */
export function bulk(totalBytes: number, messageBytes = 65_536, streamId = 1): PlannedMessage[] {
  const count = Math.ceil(totalBytes / messageBytes);
  return Array.from({ length: count }, () => ({ streamId, bytes: messageBytes, atMs: 0, isUnordered: false }));
}

function keyOf(streamId: number, data: Uint8Array): string {
  return `${streamId}/${createHash("sha1").update(data).digest("base64")}`;
}
