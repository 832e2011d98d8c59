// A data channel of the browser behind the interface that sessions know. The browser's channel cannot be told to stop
// reading, so what comes while it is paused is kept here.
import type { MessageChannel } from "../lib/message-channel.ts";

/**
 * Limit of what all channels of a connection keep while they are paused or nobody listens yet; a peer that sends more
 * loses the channel.
 */
const MAX_KEPT_BYTES = 64 * 1024 * 1024;
/** Counted for each message beside its own bytes: an empty one takes room too. */
const MESSAGE_COST_BYTES = 1024;
/** How often a channel is asked whether everything has left it, in milliseconds. */
const DRAIN_POLL_MS = 20;

/** A text counts two bytes for each UTF-16 unit. */
function costOf(data: string | Uint8Array): number {
  return MESSAGE_COST_BYTES + (typeof data === "string" ? 2 * data.length : data.length);
}

/** What the channels of one connection keep together. */
export interface KeptRoom {
  usedBytes: number;
}

export class BrowserChannel implements MessageChannel {
  readonly maxMessageBytes: number;
  onMessage: (data: string | Uint8Array) => void = () => {};
  onBufferedLow: () => void = () => {};
  onClose: () => void = () => {};
  readonly #channel: RTCDataChannel;
  /** Sent before the channel was open. */
  #early: (string | Uint8Array)[] = [];
  #earlyBytes = 0;
  /** Messages that came while it was paused. What the peer may send is bounded by credit and acknowledgements. */
  #kept: (string | Uint8Array)[] = [];
  readonly #room: KeptRoom;
  #isPaused = false;
  #awaitsListener: boolean;
  #isClosed = false;

  /**
   * @param maxMessageBytes - what the peer takes
   * @param awaitsListener - keep what comes until `release`: nobody listens yet
   * @param room - shared with the other channels of its connection
   */
  constructor(channel: RTCDataChannel, maxMessageBytes: number, awaitsListener: boolean, room: KeptRoom) {
    this.#channel = channel;
    this.#room = room;
    this.#awaitsListener = awaitsListener;
    this.maxMessageBytes = maxMessageBytes;
    channel.binaryType = "arraybuffer";
    channel.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
      this.#take(typeof data === "string" ? data : new Uint8Array(data));
    };
    channel.onbufferedamountlow = () => this.onBufferedLow();
    channel.onopen = () => this.#sendEarly();
    channel.onclose = () => this.#handleClosed();
  }

  get label(): string {
    return this.#channel.label;
  }

  get protocol(): string {
    return this.#channel.protocol;
  }

  get bufferedBytes(): number {
    return this.#channel.bufferedAmount + this.#earlyBytes;
  }

  get isOpen(): boolean {
    const { readyState } = this.#channel;
    return !this.#isClosed && (readyState === "open" || readyState === "connecting");
  }

  get lowWaterBytes(): number {
    return this.#channel.bufferedAmountLowThreshold;
  }

  set lowWaterBytes(bytes: number) {
    this.#channel.bufferedAmountLowThreshold = bytes;
  }

  send(data: string | Uint8Array): void {
    const bytes = typeof data === "string" ? new TextEncoder().encode(data).length : data.length;
    if (bytes > this.maxMessageBytes) throw new RangeError(`Cannot send ${bytes} bytes in one message`);
    if (this.#channel.readyState === "connecting") {
      this.#early.push(data);
      this.#earlyBytes += bytes;
    } else if (this.isOpen) this.#give(data);
  }

  #give(data: string | Uint8Array): void {
    if (typeof data === "string") this.#channel.send(data);
    else this.#channel.send(data as Uint8Array<ArrayBuffer>);
  }

  #sendEarly(): void {
    const early = this.#early;
    this.#early = [];
    this.#earlyBytes = 0;
    for (const data of early) this.#give(data);
    if (early.length > 0 && this.#channel.bufferedAmount <= this.lowWaterBytes) this.onBufferedLow();
  }

  #take(data: string | Uint8Array): void {
    if (this.#isClosed) return;
    if (!this.#isPaused && !this.#awaitsListener && this.#kept.length === 0) {
      this.onMessage(data);
      return;
    }
    this.#kept.push(data);
    this.#room.usedBytes += costOf(data);
    if (this.#room.usedBytes <= MAX_KEPT_BYTES) return;
    this.#dropKept();
    this.#channel.close();
  }

  #dropKept(): void {
    for (const data of this.#kept.splice(0)) this.#room.usedBytes -= costOf(data);
  }

  /** Somebody listens from now on. */
  release(): void {
    this.#awaitsListener = false;
    this.#drain();
  }

  #handleClosed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#dropKept();
    this.onClose();
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#drain();
  }

  #drain(): void {
    while (!this.#isPaused && !this.#awaitsListener && !this.#isClosed) {
      const data = this.#kept.shift();
      if (data === undefined) return;
      this.#room.usedBytes -= costOf(data);
      this.onMessage(data);
    }
  }

  /** A page does not see acknowledgements: what has left the channel counts as acknowledged. */
  whenDrained(callback: (isDrained: boolean) => void): void {
    const look = (): void => {
      if (this.bufferedBytes === 0) callback(true);
      else if (this.isOpen) setTimeout(look, DRAIN_POLL_MS);
      else callback(false);
    };
    setTimeout(look, 0);
  }

  close(): void {
    this.#isClosed = true;
    this.#dropKept();
    this.#channel.close();
  }
}
