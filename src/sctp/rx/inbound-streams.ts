// Puts whole messages into stream order and keeps them until the application takes them; a stream
// whose reader is busy is paused and its messages count against the window. RFC 9260 §6.5, §6.6; RFC 6525 §5.2.2.
import { addSsn, firstSsn, type Ssn, unwrapSsn } from "../serial.ts";
import { EarlyMessages } from "./early-messages.ts";
import type { Fragment } from "./fragments.ts";

export interface InboundMessage {
  type: "message";
  streamId: number;
  ppid: number;
  data: Uint8Array;
}

/** The peer has reset these of its streams; queued between the last message before and the first after the reset. */
export interface InboundReset {
  type: "streams-reset";
  streamIds: readonly number[];
}

type Item = InboundMessage | InboundReset;

/** State of each stream that the peer has ever used: 65,535 of some 110 bytes are 7 MiB at most. */
interface InboundStream {
  nextSsn: Ssn;
  /** Whole messages whose turn has not come; undefined: none yet. */
  early: EarlyMessages<InboundMessage> | undefined;
  isPaused: boolean;
  /** Messages in order, waiting for the stream to be resumed; undefined: it was never paused. */
  queued: Item[] | undefined;
  /** Index of the first item of `queued` not yet delivered. */
  queuedAt: number;
}

const NONE: readonly never[] = [];
const COMPACT_AT = 1_024;

export class InboundStreams {
  readonly #streams = new Map<number, InboundStream>();
  readonly #firstSsn: number;
  #ready: Item[] = [];
  #readyAt = 0;
  /** Resumed streams whose queued items are older than any of their ready ones. */
  readonly #resumed = new Set<InboundStream>();
  /** Payload bytes of all messages stored here. */
  heldBytes = 0;
  /** Number of messages stored here, and of resets queued behind one. */
  heldCount = 0;
  /** Steps that ordering messages has taken so far: a measure of the work, without a clock. */
  steps = 0;

  /** @param firstWireSsn - 0, except in tests */
  constructor(firstWireSsn: number) {
    this.#firstSsn = firstWireSsn;
  }

  /** @param fragments - all of one message, in order. @param isUnordered - it need not wait for its turn */
  addMessage(fragments: readonly Fragment[], isUnordered: boolean): void {
    const [first] = fragments;
    if (first === undefined) return;
    const { streamId, ppid } = first;
    if (isUnordered) {
      this.#ready.push(this.#keep(streamId, ppid, fragments));
      return;
    }
    const stream = this.#stream(streamId);
    const ssn = unwrapSsn(first.ssn, stream.nextSsn);
    // The number was used or is waiting already: only a confused peer sends it.
    if (ssn < stream.nextSsn || stream.early?.has(ssn) === true) return;
    const message = this.#keep(streamId, ppid, fragments);
    if (ssn === stream.nextSsn) {
      stream.nextSsn = addSsn(ssn, 1);
      this.#ready.push(message);
      if (stream.early !== undefined) this.#releaseEarly(stream);
    } else {
      stream.early ??= new EarlyMessages();
      const before = stream.early.steps;
      stream.early.add(ssn, message);
      this.steps += stream.early.steps - before;
    }
  }

  #keep(streamId: number, ppid: number, fragments: readonly Fragment[]): InboundMessage {
    const message: InboundMessage = { type: "message", streamId, ppid, data: joined(fragments) };
    this.heldBytes += message.data.length;
    this.heldCount += 1;
    return message;
  }

  #forget(message: InboundMessage): void {
    this.heldBytes -= message.data.length;
    this.heldCount -= 1;
  }

  /** FORWARD TSN: missing messages up to this one will not come. RFC 3758 §3.6. */
  skipTo(streamId: number, wireSsn: number): void {
    const stream = this.#stream(streamId);
    const last = unwrapSsn(wireSsn, stream.nextSsn);
    if (last < stream.nextSsn) return;
    while ((stream.early?.first ?? Number.POSITIVE_INFINITY) <= last) this.#releaseFirst(stream);
    stream.nextSsn = addSsn(last, 1);
    this.#releaseEarly(stream);
  }

  #releaseEarly(stream: InboundStream): void {
    while (stream.early?.first === stream.nextSsn) {
      this.#releaseFirst(stream);
      stream.nextSsn = addSsn(stream.nextSsn, 1);
    }
  }

  #releaseFirst({ early }: InboundStream): void {
    if (early === undefined) return;
    const before = early.steps;
    const message = early.takeFirst();
    this.steps += early.steps - before;
    if (message !== undefined) this.#ready.push(message);
  }

  /** The peer resets these streams. @param streamIds - none: all of them. RFC 6525 §4.1, §5.2.2 */
  reset(streamIds: readonly number[]): void {
    const all = streamIds.length === 0 ? [...this.#streams.keys()] : streamIds;
    for (const streamId of all) {
      const stream = this.#streams.get(streamId);
      if (stream === undefined) continue;
      for (const message of stream.early?.all ?? NONE) this.#forget(message);
      stream.early = undefined;
      stream.nextSsn = firstSsn(0);
      // A stream in its initial state need not be remembered.
      const isUsed = stream.isPaused || this.#resumed.has(stream);
      if (!isUsed && this.#firstSsn === 0) this.#streams.delete(streamId);
    }
    this.#ready.push({ type: "streams-reset", streamIds: all });
  }

  /** Whether `poll` may have something. */
  get hasItems(): boolean {
    return this.#resumed.size > 0 || this.#readyAt < this.#ready.length;
  }

  /** Removes and returns the next item for the application. */
  poll(): Item | undefined {
    const older = this.#resumed.size > 0 ? this.#pollResumed() : undefined;
    if (older !== undefined) return older;
    while (this.#readyAt < this.#ready.length) {
      const item = this.#ready[this.#readyAt++];
      if (item === undefined) break;
      if (item.type === "streams-reset") {
        const streamIds = item.streamIds.filter((streamId) => !this.#holdReset(streamId));
        if (streamIds.length > 0) return { type: "streams-reset", streamIds };
        continue;
      }
      const stream = this.#streams.get(item.streamId);
      if (stream?.isPaused !== true) {
        this.#forget(item);
        return item;
      }
      stream.queued ??= [];
      stream.queued.push(item);
    }
    if (this.#readyAt > 0) this.#ready = [];
    this.#readyAt = 0;
    return undefined;
  }

  #pollResumed(): Item | undefined {
    for (const stream of this.#resumed) {
      const item = stream.isPaused ? undefined : takeHeld(stream);
      if (item === undefined) {
        this.#resumed.delete(stream);
        continue;
      }
      if (item.type === "message") this.#forget(item);
      else this.heldCount -= 1;
      return item;
    }
    return undefined;
  }

  #holdReset(streamId: number): boolean {
    const stream = this.#streams.get(streamId);
    if (stream?.isPaused !== true) return false;
    stream.queued ??= [];
    if (stream.queued.at(-1)?.type === "streams-reset") return true;
    stream.queued.push({ type: "streams-reset", streamIds: [streamId] });
    this.heldCount += 1;
    return true;
  }

  pause(streamId: number): void {
    this.#stream(streamId).isPaused = true;
  }

  resume(streamId: number): void {
    const stream = this.#stream(streamId);
    stream.isPaused = false;
    if (stream.queued !== undefined && stream.queuedAt < stream.queued.length) this.#resumed.add(stream);
  }

  #stream(streamId: number): InboundStream {
    let stream = this.#streams.get(streamId);
    if (stream === undefined) {
      stream = { nextSsn: firstSsn(this.#firstSsn), early: undefined, isPaused: false, queued: undefined, queuedAt: 0 };
      this.#streams.set(streamId, stream);
    }
    return stream;
  }
}

function takeHeld(stream: InboundStream): Item | undefined {
  const { queued } = stream;
  const item = queued?.[stream.queuedAt];
  if (queued === undefined || item === undefined) return undefined;
  stream.queuedAt += 1;
  if (stream.queuedAt === queued.length) {
    stream.queued = [];
    stream.queuedAt = 0;
  } else if (stream.queuedAt >= COMPACT_AT && 2 * stream.queuedAt >= queued.length) {
    stream.queued = queued.slice(stream.queuedAt);
    stream.queuedAt = 0;
  }
  return item;
}

function joined(fragments: readonly Fragment[]): Uint8Array {
  const [first] = fragments;
  if (fragments.length === 1 && first !== undefined) return first.data;
  let bytes = 0;
  for (const { data } of fragments) bytes += data.length;
  const whole = new Uint8Array(bytes);
  let at = 0;
  for (const { data } of fragments) {
    whole.set(data, at);
    at += data.length;
  }
  return whole;
}
