// A message channel in front of the transport's. It can hold back incoming messages, so that nothing from a peer is
// examined before its identity is verified: they stay in the transport where possible, and a bounded part waits here.
// And it can move to another channel of the transport, unseen by its user.
import type { MessageChannel } from "../../lib/message-channel.ts";

/**
 * Limit of messages held here: those that came before the hold, and those that the transport was already delivering.
 */
export const MAX_GATED_MESSAGES = 256;
/**
 * Limit in bytes; a text counts two per UTF-16 unit. It equals the transport's window if everything in it were text.
 */
export const MAX_GATED_BYTES = 16 * 1024 * 1024;

function bytesOf(data: string | Uint8Array): number {
  return typeof data === "string" ? 2 * data.length : data.length;
}

export class GatedChannel implements MessageChannel {
  onMessage: (data: string | Uint8Array) => void = () => {};
  onBufferedLow: () => void = () => {};
  onClose: () => void = () => {};
  #target: MessageChannel;
  /** The target before the last move: something may be under way on it. */
  #former: MessageChannel | undefined;
  readonly #onFlood: () => void;
  #waiting: (string | Uint8Array)[] = [];
  #waitingBytes = 0;
  #isHeld = false;
  #isPaused = false;
  #hasHeard = false;

  /** @param onFlood - more came than may be held; messages beyond the limit are dropped. It may be called again */
  constructor(channel: MessageChannel, onFlood: () => void) {
    this.#target = channel;
    this.#onFlood = onFlood;
    this.#listenTo(channel);
  }

  #listenTo(target: MessageChannel): void {
    target.onMessage = (data) => {
      this.#handle(data);
    };
    target.onBufferedLow = () => {
      if (target === this.#target) this.onBufferedLow();
    };
    target.onClose = () => {
      if (target === this.#target) this.onClose();
    };
  }

  /** Sends on another channel from now on. Messages of the one before are still delivered, its end is not reported. */
  moveTo(target: MessageChannel): void {
    target.lowWaterBytes = this.#target.lowWaterBytes;
    this.#former = this.#target;
    this.#target = target;
    this.#listenTo(target);
    if (this.#isStopped) target.pause();
  }

  /** Whether the peer has sent a message on it. */
  get hasHeard(): boolean {
    return this.#hasHeard;
  }

  /** Holds back all messages from now on. */
  hold(): void {
    this.#isHeld = true;
    this.#target.pause();
  }

  /** Delivers the held messages in order, and then all that follow. */
  release(): void {
    this.#isHeld = false;
    if (!this.#isPaused) this.resume();
  }

  pause(): void {
    this.#isPaused = true;
    this.#target.pause();
  }

  resume(): void {
    this.#isPaused = false;
    if (this.#isHeld) return;
    while (this.#waiting.length > 0 && !this.#isStopped) {
      const data = this.#waiting.shift() ?? "";
      this.#waitingBytes -= bytesOf(data);
      this.onMessage(data);
    }
    if (!this.#isStopped) this.#target.resume();
  }

  /** The handler of a message may pause the channel. */
  get #isStopped(): boolean {
    return this.#isHeld || this.#isPaused;
  }

  #handle(data: string | Uint8Array): void {
    this.#hasHeard = true;
    // When only the owner has paused the channel, it still receives messages that were already on their way up.
    if (!this.#isHeld && this.#waiting.length === 0) {
      this.onMessage(data);
      return;
    }
    if (this.#waiting.length >= MAX_GATED_MESSAGES || this.#waitingBytes + bytesOf(data) > MAX_GATED_BYTES) {
      this.#onFlood();
      return;
    }
    this.#waiting.push(data);
    this.#waitingBytes += bytesOf(data);
  }

  get label(): string {
    return this.#target.label;
  }

  get protocol(): string {
    return this.#target.protocol;
  }

  get maxMessageBytes(): number {
    return this.#target.maxMessageBytes;
  }

  get bufferedBytes(): number {
    return this.#target.bufferedBytes;
  }

  get isOpen(): boolean {
    return this.#target.isOpen;
  }

  get lowWaterBytes(): number {
    return this.#target.lowWaterBytes;
  }

  set lowWaterBytes(bytes: number) {
    this.#target.lowWaterBytes = bytes;
  }

  send(data: string | Uint8Array): void {
    this.#target.send(data);
  }

  whenDrained(callback: (isDrained: boolean) => void): void {
    const [target, former] = [this.#target, this.#former];
    if (former === undefined) target.whenDrained(callback);
    else former.whenDrained((isFirst) => target.whenDrained((isSecond) => callback(isFirst && isSecond)));
  }

  close(): void {
    this.#target.close();
  }
}

/** All channels of a session that are held together, and the callers who wait for their release. */
export class GatedChannels {
  readonly #onFlood: () => void;
  readonly #channels: GatedChannel[] = [];
  #waiters: (() => void)[] = [];

  constructor(onFlood: () => void) {
    this.#onFlood = onFlood;
  }

  take(channel: MessageChannel): GatedChannel {
    const gated = new GatedChannel(channel, this.#onFlood);
    this.#channels.push(gated);
    return gated;
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
