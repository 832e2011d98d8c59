// Fills the channel of the transfers with the engine's messages while it has space. Its one timer runs only while file data
// waits for the rate limit; data that waits for the channel goes on when that has space again.
import type { MessageChannel } from "../../lib/message-channel.ts";
import type { TransferEngine } from "../../transfer/engine.ts";
import { CHANNEL_HIGH_BYTES, CHANNEL_LOW_BYTES, MAX_MESSAGE_BYTES } from "../../transfer/limits.ts";
import type { Clock } from "../ports.ts";

/** A message that uses less than this of its buffer is copied out of it. */
const COPIED_MESSAGE_BYTES = 16 * 1024;

export interface ChannelPumpOptions {
  readonly engine: Pick<TransferEngine, "pollTransmit" | "nextDeadlineMs">;
  readonly channel: Pick<
    MessageChannel,
    "maxMessageBytes" | "bufferedBytes" | "isOpen" | "send" | "onBufferedLow" | "lowWaterBytes"
  >;
  readonly clock: Pick<Clock, "nowMs" | "setTimer" | "nextTurn">;
  /** Called after each filling, before the timer is armed. */
  readonly onFilled: () => void;
}

export class ChannelPump {
  /** Limit of one message in bytes. */
  readonly messageBytes: number;
  readonly #options: ChannelPumpOptions;
  #spare: Uint8Array | undefined;
  #isDue = false;
  #isStopped = false;
  #cancelTimer: () => void = () => {};

  constructor(options: ChannelPumpOptions) {
    const { channel } = options;
    this.#options = options;
    this.messageBytes = Math.min(channel.maxMessageBytes, MAX_MESSAGE_BYTES);
    channel.lowWaterBytes = CHANNEL_LOW_BYTES;
    channel.onBufferedLow = () => {
      this.pump();
    };
  }

  /** The channel has no more space. */
  get isFull(): boolean {
    return this.#options.channel.bufferedBytes >= CHANNEL_HIGH_BYTES;
  }

  /** Sends in the next turn, so that answers of many small reads and writes share a message. */
  pumpSoon(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    this.#options.clock.nextTurn(() => {
      this.#isDue = false;
      this.pump();
    });
  }

  /** Fills the channel now. */
  pump(): void {
    let isSent = !this.#isStopped;
    while (isSent && !this.isFull) isSent = this.sendMessage();
    this.#options.onFilled();
    this.#pumpInTime();
  }

  /** Sends one message, whatever is queued before it. @returns false when there is nothing to send, or nowhere */
  sendMessage(): boolean {
    const { channel, engine, clock } = this.#options;
    if (!channel.isOpen) return false;
    const message = this.#spare ?? new Uint8Array(this.messageBytes);
    const bytes = engine.pollTransmit(message, clock.nowMs());
    // The channel may keep what it sends.
    const isCopied = bytes < COPIED_MESSAGE_BYTES;
    this.#spare = isCopied ? message : undefined;
    if (bytes > 0) channel.send(isCopied ? message.slice(0, bytes) : message.subarray(0, bytes));
    return bytes > 0;
  }

  /** Nothing more is sent. */
  stop(): void {
    this.#isStopped = true;
    this.#cancelTimer();
  }

  #pumpInTime(): void {
    const { channel, engine, clock } = this.#options;
    this.#cancelTimer();
    const hasRoom = !this.#isStopped && channel.isOpen && !this.isFull;
    const deadlineMs = hasRoom ? engine.nextDeadlineMs() : Number.POSITIVE_INFINITY;
    if (deadlineMs === Number.POSITIVE_INFINITY) return;
    const waitMs = Math.max(1, Math.ceil(deadlineMs - clock.nowMs()));
    this.#cancelTimer = clock.setTimer(() => {
      this.pump();
    }, waitMs);
  }
}
