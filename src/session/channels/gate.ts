// A message channel whose incoming messages can be held back, so that nothing of a peer is looked at before it is
// known who that is. What waits stays with the transport as far as it can, and a bounded part of it here.
import type { MessageChannel } from "../../lib/message-channel.ts";

/** What may wait here: what came before the hold, and what the transport had on its way up. */
export const MAX_HELD_MESSAGES = 256;
/** A text counts two bytes for each UTF-16 unit: as much as the window of the transport, if all of it were text. */
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

  /** @param onFlood - more came than may wait; what passes the limit is dropped. May be called again */
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

  /** From now on nothing comes through. */
  hold(): void {
    this.#isHeld = true;
    this.#channel.pause();
  }

  /** What waited comes through now, in its order, and all that follows. */
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

  /** A message that is being handled may pause the channel. */
  get #isStopped(): boolean {
    return this.#isHeld || this.#isPaused;
  }

  #handle(data: string | Uint8Array): void {
    // What comes while only its owner has paused it is its owner's: some messages were on their way up already.
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

  whenDrained(callback: () => void): void {
    this.#channel.whenDrained(callback);
  }

  close(): void {
    this.#channel.close();
  }
}

/** All channels of a session that can be held back together, and those who wait until they are not. */
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

  /** Whoever waits looks again. */
  wake(): void {
    for (const wake of this.#waiters.splice(0)) wake();
  }

  untilReleased(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiters.push(resolve);
    });
  }
}
