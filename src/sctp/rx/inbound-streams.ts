// Puts whole messages into the order of their streams and keeps them until the application takes them; a stream
// whose reader is busy is paused and its messages count against the window. RFC 9260 §6.5, §6.6; RFC 6525 §5.2.2.
import { addSsn, firstSsn, type Ssn, unwrapSsn } from "../serial.ts";
import type { Fragment } from "./fragments.ts";

export interface InboundMessage {
  type: "message";
  streamId: number;
  ppid: number;
  data: Uint8Array;
}

/** The peer has begun these of its streams anew; it stands between the last message before and the first after it. */
export interface InboundReset {
  type: "streams-reset";
  streamIds: readonly number[];
}

interface InboundStream {
  nextSsn: Ssn;
  /** Whole ones whose turn has not come, by unwrapped number; undefined: none yet. */
  early: Map<number, InboundMessage> | undefined;
  isPaused: boolean;
  /** In order, waiting for the stream to be resumed. */
  held: (InboundMessage | InboundReset)[];
}

const NONE: readonly never[] = [];

export class InboundStreams {
  readonly #streams = new Map<number, InboundStream>();
  readonly #firstSsn: number;
  #ready: (InboundMessage | InboundReset)[] = [];
  #readyAt = 0;
  /** Payload bytes of all messages here, and how many they are. */
  heldBytes = 0;
  heldCount = 0;

  /** @param firstWireSsn - 0, but for tests */
  constructor(firstWireSsn: number) {
    this.#firstSsn = firstWireSsn;
  }

  /** @param fragments - of one whole message, in order. @param isUnordered - it has no turn to wait for */
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
    // A number that has been or is waiting already: only a peer that is confused sends it.
    if (ssn < stream.nextSsn || stream.early?.has(ssn) === true) return;
    const message = this.#keep(streamId, ppid, fragments);
    if (ssn === stream.nextSsn) {
      stream.nextSsn = addSsn(ssn, 1);
      this.#ready.push(message);
      if (stream.early !== undefined) this.#releaseEarly(stream);
    } else {
      stream.early ??= new Map();
      stream.early.set(ssn, message);
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

  /** FORWARD TSN: messages up to this one will not come. RFC 3758 §3.6. */
  skipTo(streamId: number, wireSsn: number): void {
    const stream = this.#stream(streamId);
    const last = unwrapSsn(wireSsn, stream.nextSsn);
    if (last < stream.nextSsn) return;
    for (const ssn of [...(stream.early?.keys() ?? NONE)].toSorted((a, b) => a - b)) {
      if (ssn > last) break;
      this.#releaseOne(stream, ssn);
    }
    stream.nextSsn = addSsn(last, 1);
    this.#releaseEarly(stream);
  }

  #releaseEarly(stream: InboundStream): void {
    while (this.#releaseOne(stream, stream.nextSsn)) stream.nextSsn = addSsn(stream.nextSsn, 1);
  }

  #releaseOne(stream: InboundStream, ssn: number): boolean {
    const message = stream.early?.get(ssn);
    if (message === undefined) return false;
    stream.early?.delete(ssn);
    this.#ready.push(message);
    return true;
  }

  /** The peer begins these streams anew. @param streamIds - none: all of them. RFC 6525 §4.1, §5.2.2 */
  reset(streamIds: readonly number[]): void {
    const all = streamIds.length === 0 ? [...this.#streams.keys()] : streamIds;
    for (const streamId of all) {
      const stream = this.#streams.get(streamId);
      if (stream === undefined) continue;
      for (const message of stream.early?.values() ?? NONE) this.#forget(message);
      stream.early = undefined;
      stream.nextSsn = firstSsn(0);
      // One that is as if it had never been is not remembered.
      if (!stream.isPaused && this.#firstSsn === 0) this.#streams.delete(streamId);
    }
    this.#ready.push({ type: "streams-reset", streamIds: all });
  }

  /** @returns what comes next for the application, which takes it */
  poll(): InboundMessage | InboundReset | undefined {
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
      stream.held.push(item);
    }
    if (this.#readyAt > 0) this.#ready = [];
    this.#readyAt = 0;
    return undefined;
  }

  #holdReset(streamId: number): boolean {
    const stream = this.#streams.get(streamId);
    if (stream?.isPaused !== true) return false;
    if (stream.held.at(-1)?.type !== "streams-reset")
      stream.held.push({ type: "streams-reset", streamIds: [streamId] });
    return true;
  }

  pause(streamId: number): void {
    this.#stream(streamId).isPaused = true;
  }

  resume(streamId: number): void {
    const stream = this.#stream(streamId);
    stream.isPaused = false;
    // What was held is older than anything of this stream that is ready.
    this.#ready = [...stream.held, ...this.#ready.slice(this.#readyAt)];
    this.#readyAt = 0;
    stream.held = [];
  }

  #stream(streamId: number): InboundStream {
    let stream = this.#streams.get(streamId);
    if (stream === undefined) {
      stream = { nextSsn: firstSsn(this.#firstSsn), early: undefined, isPaused: false, held: [] };
      this.#streams.set(streamId, stream);
    }
    return stream;
  }
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
