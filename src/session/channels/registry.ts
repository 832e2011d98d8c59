// Collects the channels of a session: the offering side opens them, the answering side takes those that the peer opens.
// Messages that arrive before all channels are open are kept and delivered in order.
import type { DataChannels } from "../../channel/data-channels.ts";
import { CONTROL_LABEL, CONTROL_PROTOCOL } from "../../control/messages.ts";
import type { MessageChannel } from "../../lib/message-channel.ts";
import { TRANSFER_LABEL, TRANSFER_PROTOCOL } from "../../transfer/frames.ts";

export interface SessionChannels {
  text: MessageChannel;
  /** Control and transfer are both undefined for another WebRTC program. */
  control: MessageChannel | undefined;
  transfer: MessageChannel | undefined;
}

const utf8 = new TextEncoder();
const TEXT_LABEL = "p2p";
/** Limit for all channels together until the session starts: the peer's hello, and what an eager peer adds. */
export const MAX_EARLY_MESSAGES = 256;
export const MAX_EARLY_BYTES = 1024 * 1024;

export function openChannels(channels: DataChannels, isPeerP2p: boolean): SessionChannels {
  const text = channels.open(TEXT_LABEL, "");
  if (!isPeerP2p) return { text, control: undefined, transfer: undefined };
  return {
    text,
    control: channels.open(CONTROL_LABEL, CONTROL_PROTOCOL),
    transfer: channels.open(TRANSFER_LABEL, TRANSFER_PROTOCOL),
  };
}

export class ChannelCollector {
  readonly #isPeerP2p: boolean;
  readonly #onComplete: (channels: SessionChannels) => void;
  #text: MessageChannel | undefined;
  #control: MessageChannel | undefined;
  #transfer: MessageChannel | undefined;
  #early: { channel: MessageChannel; data: string | Uint8Array }[] = [];
  #earlyBytes = 0;
  readonly #onFlood: () => void;
  #isComplete = false;

  /**
   * @param onComplete - sets the callbacks of the channels before it returns; early messages follow at once
   * @param onFlood - called once, instead, when early messages exceed the limit
   */
  constructor(isPeerP2p: boolean, onComplete: (channels: SessionChannels) => void, onFlood: () => void) {
    this.#isPeerP2p = isPeerP2p;
    this.#onComplete = onComplete;
    this.#onFlood = onFlood;
  }

  /** Adds a channel that the peer opened. A channel that the session does not use is closed. */
  handleChannel(channel: MessageChannel): void {
    if (this.#isComplete || !this.#assign(channel)) {
      channel.close();
      return;
    }
    channel.onMessage = (data) => {
      this.#keep(channel, data);
    };
    const text = this.#text;
    if (text === undefined) return;
    if (this.#isPeerP2p && (this.#control === undefined || this.#transfer === undefined)) return;
    this.#isComplete = true;
    this.#onComplete({ text, control: this.#control, transfer: this.#transfer });
    const early = this.#early;
    this.#early = [];
    for (const { channel: from, data } of early) from.onMessage(data);
  }

  #keep(channel: MessageChannel, data: string | Uint8Array): void {
    if (this.#isComplete) return;
    this.#earlyBytes += typeof data === "string" ? utf8.encode(data).length : data.length;
    if (this.#early.length < MAX_EARLY_MESSAGES && this.#earlyBytes <= MAX_EARLY_BYTES) {
      this.#early.push({ channel, data });
      return;
    }
    this.#isComplete = true;
    this.#early = [];
    this.#onFlood();
  }

  #assign(channel: MessageChannel): boolean {
    if (this.#isPeerP2p && channel.protocol === CONTROL_PROTOCOL && this.#control === undefined) {
      this.#control = channel;
    } else if (this.#isPeerP2p && channel.protocol === TRANSFER_PROTOCOL && this.#transfer === undefined) {
      this.#transfer = channel;
    } else if (this.#text === undefined) {
      this.#text = channel;
    } else {
      return false;
    }
    return true;
  }
}
