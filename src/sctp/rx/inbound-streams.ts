// Puts whole messages into the order of their streams and keeps them until the application takes them; a stream
// whose reader is busy is paused and its messages count against the window. RFC 9260 §6.5, §6.6.
import { addSsn, firstSsn, type Ssn, unwrapSsn } from "../serial.ts";
import type { Fragment } from "./fragments.ts";

export interface InboundMessage {
  type: "message";
  streamId: number;
  ppid: number;
  data: Uint8Array;
}

interface InboundStream {
  nextSsn: Ssn;
  /** Whole ones whose turn has not come, by unwrapped number. */
  early: Map<number, InboundMessage>;
  isPaused: boolean;
  /** In order, waiting for the stream to be resumed. */
  held: InboundMessage[];
}

export class InboundStreams {
  readonly #streams = new Map<number, InboundStream>();
  readonly #firstSsn: number;
  #ready: InboundMessage[] = [];
  #readyAt = 0;
  /** Payload bytes of all messages here. */
  heldBytes = 0;

  /** @param firstWireSsn - 0, but for tests */
  constructor(firstWireSsn: number) {
    this.#firstSsn = firstWireSsn;
  }

  /** @param fragments - of one whole message, in order. @param isUnordered - it has no turn to wait for */
  addMessage(fragments: readonly Fragment[], isUnordered: boolean): void {
    const [first] = fragments;
    if (first === undefined) return;
    const { streamId, ppid } = first;
    const message: InboundMessage = { type: "message", streamId, ppid, data: joined(fragments) };
    if (isUnordered) {
      this.heldBytes += message.data.length;
      this.#ready.push(message);
      return;
    }
    const stream = this.#stream(streamId);
    const ssn = unwrapSsn(first.ssn, stream.nextSsn);
    // A number that has been or is waiting already: only a peer that is confused sends it.
    if (ssn < stream.nextSsn || stream.early.has(ssn)) return;
    this.heldBytes += message.data.length;
    if (ssn === stream.nextSsn) {
      stream.nextSsn = addSsn(ssn, 1);
      this.#ready.push(message);
      if (stream.early.size > 0) this.#releaseEarly(stream);
    } else {
      stream.early.set(ssn, message);
    }
  }

  /** FORWARD TSN: messages up to this one will not come. RFC 3758 §3.6. */
  skipTo(streamId: number, wireSsn: number): void {
    const stream = this.#stream(streamId);
    const last = unwrapSsn(wireSsn, stream.nextSsn);
    if (last < stream.nextSsn) return;
    for (const ssn of [...stream.early.keys()].toSorted((a, b) => a - b)) {
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
    const message = stream.early.get(ssn);
    if (message === undefined) return false;
    stream.early.delete(ssn);
    this.#ready.push(message);
    return true;
  }

  /** The peer begins this stream anew. RFC 6525 §5.2.2. */
  reset(streamId: number): void {
    const stream = this.#stream(streamId);
    for (const message of stream.early.values()) this.heldBytes -= message.data.length;
    stream.early.clear();
    stream.nextSsn = firstSsn(0);
  }

  /** @returns the next message for the application, which takes it */
  poll(): InboundMessage | undefined {
    while (this.#readyAt < this.#ready.length) {
      const message = this.#ready[this.#readyAt++];
      if (message === undefined) break;
      const stream = this.#streams.get(message.streamId);
      if (stream?.isPaused !== true) {
        this.heldBytes -= message.data.length;
        return message;
      }
      stream.held.push(message);
    }
    this.#ready = [];
    this.#readyAt = 0;
    return undefined;
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
      stream = { nextSsn: firstSsn(this.#firstSsn), early: new Map(), isPaused: false, held: [] };
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
