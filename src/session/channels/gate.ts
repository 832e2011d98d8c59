// A message channel that can hold back incoming messages, so that nothing from a peer is examined before its identity
// is verified. Held messages stay in the transport where possible; a bounded part waits here.
import type { MessageChannel } from "../../lib/message-channel.ts";

/**
 * Limit of messages held here: those that came before the hold, and those that the transport was already delivering.
 */
export const MAX_HELD_MESSAGES = 256;
/**
 * Limit in bytes; a text counts two per UTF-16 unit. It equals the transport's window if everything in it were text.
 */
export const MAX_HELD_BYTES = 16 * 1024 * 1024;

function bytesOf(data: string | Uint8Array): number {
  return typeof data === "string" ? 2 * data.length : data.length;
}

export class HeldChannel implements MessageChannel {
  onMessage: (data: string | Uint8Array) => void = () => {};
  onBufferedLow: () => void = () => {};
  onClose: () => void = () => {};
  readonly #channel: MessageChannel;
  readonly #onFlood: () => void;
  #waiting: (string | Uint8Array)[] = [];
  #waitingBytes = 0;
  #isHeld = false;
  #isPaused = false;

  /** @param onFlood - more came than may be held; messages beyond the limit are dropped. It may be called again */
  constructor(channel: MessageChannel, onFlood: () => void) {
    this.#channel = channel;
    this.#onFlood = onFlood;
    channel.onMessage = (data) => {
      this.#handle(data);
    };
    channel.onBufferedLow = () => {
      this.onBufferedLow();
    };
    channel.onClose = () => {
      this.onClose();
    };
  }

  /** Holds back all messages from now on. */
  hold(): void {
    this.#isHeld = true;
    this.#channel.pause();
  }

  /** Delivers the held messages in order, and then all that follow. */
  release(): void {
    this.#isHeld = false;
    if (!this.#isPaused) this.resume();
  }

  pause(): void {
    this.#isPaused = true;
    this.#channel.pause();
  }

  resume(): void {
    this.#isPaused = false;
    if (this.#isHeld) return;
    while (this.#waiting.length > 0 && !this.#isStopped) {
      const data = this.#waiting.shift() ?? "";
      this.#waitingBytes -= bytesOf(data);
      this.onMessage(data);
    }
    if (!this.#isStopped) this.#channel.resume();
  }

  /** The handler of a message may pause the channel. */
  get #isStopped(): boolean {
    return this.#isHeld || this.#isPaused;
  }

  #handle(data: string | Uint8Array): void {
    // When only the owner has paused the channel, it still receives messages that were already on their way up.
    if (!this.#isHeld && this.#waiting.length === 0) {
      this.onMessage(data);
      return;
    }
    if (this.#waiting.length >= MAX_HELD_MESSAGES || this.#waitingBytes + bytesOf(data) > MAX_HELD_BYTES) {
      this.#onFlood();
      return;
    }
    this.#waiting.push(data);
    this.#waitingBytes += bytesOf(data);
  }

  get label(): string {
    return this.#channel.label;
  }

  get protocol(): string {
    return this.#channel.protocol;
  }

  get maxMessageBytes(): number {
    return this.#channel.maxMessageBytes;
  }

  get bufferedBytes(): number {
    return this.#channel.bufferedBytes;
  }

  get isOpen(): boolean {
    return this.#channel.isOpen;
  }

  get lowWaterBytes(): number {
    return this.#channel.lowWaterBytes;
  }

  set lowWaterBytes(bytes: number) {
    this.#channel.lowWaterBytes = bytes;
  }

  send(data: string | Uint8Array): void {
    this.#channel.send(data);
  }

  whenDrained(callback: (isDrained: boolean) => void): void {
    this.#channel.whenDrained(callback);
  }

  close(): void {
    this.#channel.close();
  }
}

/** All channels of a session that are held together, and the callers who wait for their release. */
export class HeldChannels {
  readonly #onFlood: () => void;
  readonly #channels: HeldChannel[] = [];
  #waiters: (() => void)[] = [];

  constructor(onFlood: () => void) {
    this.#onFlood = onFlood;
  }

  take(channel: MessageChannel): HeldChannel {
    const held = new HeldChannel(channel, this.#onFlood);
    this.#channels.push(held);
    return held;
  }

  hold(): void {
    for (const channel of this.#channels) channel.hold();
  }

  release(): void {
    this.wake();
    for (const channel of this.#channels) channel.release();
  }

  /** Makes all waiters check again. */
  wake(): void {
    for (const wake of this.#waiters.splice(0)) wake();
  }

  untilReleased(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiters.push(resolve);
    });
  }
}
