// Messages queued for sending, by stream. Streams take turns message by message; the fragments of one message
// follow each other without a gap (RFC 9260 §6.9). A stream that is being reset is suspended (RFC 6525 §5.1.2).
import { addSsn, firstSsn, type Ssn } from "../serial.ts";

export interface OutboundMessage {
  readonly streamId: number;
  readonly ppid: number;
  readonly data: Uint8Array;
  readonly isUnordered: boolean;
  /** Infinity: no limit. */
  readonly maxRetransmits: number;
  /** Infinity: never. */
  readonly expiresAtMs: number;
  /** Assigned when its first fragment leaves. */
  ssn: Ssn;
  isAbandoned: boolean;
}

interface OutboundStream {
  readonly id: number;
  messages: (OutboundMessage | undefined)[];
  /** Index of the first message not yet sent; the slots before it are empty. */
  head: number;
  bufferedBytes: number;
  nextSsn: Ssn;
  isSuspended: boolean;
  /** In the list of streams that take turns. */
  isWaiting: boolean;
}

const COMPACT_AT = 1_024;

export class SendQueue {
  readonly #streams = new Map<number, OutboundStream>();
  readonly #firstSsn: number;
  /** Streams that have something to send; the first is the next to send. */
  #turns: OutboundStream[] = [];
  #current: OutboundMessage | undefined;
  #currentStream: OutboundStream | undefined;
  #offset = 0;
  /** Queued bytes of all streams, suspended ones included. */
  bufferedBytes = 0;
  /** A message was given up since this was last cleared: there is room for others. */
  hasDropped = false;

  /** @param firstWireSsn - 0, except in tests */
  constructor(firstWireSsn: number) {
    this.#firstSsn = firstWireSsn;
  }

  /** @param message - its `data` is kept; at least one byte */
  enqueue(message: OutboundMessage): void {
    const stream = this.#stream(message.streamId);
    stream.messages.push(message);
    stream.bufferedBytes += message.data.length;
    this.bufferedBytes += message.data.length;
    this.#wait(stream);
  }

  bufferedBytesOf(streamId: number): number {
    return this.#streams.get(streamId)?.bufferedBytes ?? 0;
  }

  /** Unsent bytes of the current message; 0: nothing to send. Drops expired messages. */
  pendingBytes(nowMs: number): number {
    const current = this.#current;
    if (current !== undefined && this.#offset === 0 && current.expiresAtMs <= nowMs) this.#drop(current);
    if (this.#current === undefined && !this.#next(nowMs)) return 0;
    return (this.#current?.data.length ?? 0) - this.#offset;
  }

  /** The message of the next fragment, where it begins, and whether nothing is left to send behind it. */
  get current(): OutboundMessage | undefined {
    return this.#current;
  }

  get offset(): number {
    return this.#offset;
  }

  /** Marks the next `bytes` of the current message as sent. */
  take(bytes: number): void {
    const message = this.#current;
    const stream = this.#currentStream;
    if (message === undefined || stream === undefined) return;
    if (this.#offset === 0 && !message.isUnordered) {
      message.ssn = stream.nextSsn;
      stream.nextSsn = addSsn(stream.nextSsn, 1);
    }
    this.#offset += bytes;
    this.#release(stream, bytes);
    if (this.#offset >= message.data.length) this.#finishCurrent(stream);
  }

  /** Drops the unsent rest of a message. */
  abandon(message: OutboundMessage): void {
    if (message !== this.#current || this.#currentStream === undefined) return;
    this.#release(this.#currentStream, message.data.length - this.#offset);
    this.hasDropped = true;
    this.#finishCurrent(this.#currentStream);
  }

  #drop(message: OutboundMessage): void {
    message.isAbandoned = true;
    this.abandon(message);
  }

  /** Whether only a part of the message has been sent. */
  isPartlySent(message: OutboundMessage): boolean {
    return message === this.#current && this.#offset > 0;
  }

  /** Suspends a stream after the message that is being sent. */
  suspend(streamId: number): void {
    const stream = this.#stream(streamId);
    stream.isSuspended = true;
  }

  /** Whether no message of the stream is partly sent. */
  isQuiet(streamId: number): boolean {
    return this.#currentStream?.id !== streamId || this.#offset === 0;
  }

  hasMessages(streamId: number): boolean {
    return this.bufferedBytesOf(streamId) > 0;
  }

  /** @param isReset - the stream restarts: its next message has number 0 */
  resume(streamId: number, isReset: boolean): void {
    const stream = this.#stream(streamId);
    stream.isSuspended = false;
    if (isReset) stream.nextSsn = firstSsn(0);
    if (stream.head < stream.messages.length) this.#wait(stream);
    // A stream in its initial state need not be remembered.
    else if (isReset && this.#firstSsn === 0 && !stream.isWaiting && stream !== this.#currentStream) {
      this.#streams.delete(streamId);
    }
  }

  #next(nowMs: number): boolean {
    for (let stream = this.#turns.shift(); stream !== undefined; stream = this.#turns.shift()) {
      stream.isWaiting = false;
      if (stream.isSuspended) continue;
      for (let message = this.#shift(stream); message !== undefined; message = this.#shift(stream)) {
        if (message.expiresAtMs > nowMs) {
          this.#current = message;
          this.#currentStream = stream;
          this.#offset = 0;
          return true;
        }
        message.isAbandoned = true;
        this.hasDropped = true;
        this.#release(stream, message.data.length);
      }
    }
    return false;
  }

  #finishCurrent(stream: OutboundStream): void {
    this.#current = undefined;
    this.#currentStream = undefined;
    this.#offset = 0;
    if (stream.head < stream.messages.length) this.#wait(stream);
  }

  #shift(stream: OutboundStream): OutboundMessage | undefined {
    const message = stream.messages[stream.head];
    if (message === undefined) return undefined;
    stream.messages[stream.head] = undefined;
    stream.head += 1;
    if (stream.head === stream.messages.length) {
      stream.messages = [];
      stream.head = 0;
    } else if (stream.head >= COMPACT_AT && 2 * stream.head >= stream.messages.length) {
      stream.messages = stream.messages.slice(stream.head);
      stream.head = 0;
    }
    return message;
  }

  #release(stream: OutboundStream, bytes: number): void {
    stream.bufferedBytes -= bytes;
    this.bufferedBytes -= bytes;
  }

  #wait(stream: OutboundStream): void {
    if (stream.isWaiting || stream.isSuspended || stream === this.#currentStream) return;
    stream.isWaiting = true;
    this.#turns.push(stream);
  }

  #stream(streamId: number): OutboundStream {
    let stream = this.#streams.get(streamId);
    if (stream === undefined) {
      stream = {
        id: streamId,
        messages: [],
        head: 0,
        bufferedBytes: 0,
        nextSsn: firstSsn(this.#firstSsn),
        isSuspended: false,
        isWaiting: false,
      };
      this.#streams.set(streamId, stream);
    }
    return stream;
  }
}
