// Brings the channels of a session together: the offering side opens them, the answering side collects what the
// peer opens. Messages that come before all are there are kept and delivered in order.
import type { DataChannels } from "../../channel/data-channels.ts";
import { CONTROL_LABEL, CONTROL_PROTOCOL } from "../../control/messages.ts";
import type { MessageChannel } from "../../lib/message-channel.ts";
import { TRANSFER_LABEL, TRANSFER_PROTOCOL } from "../../transfer/frames.ts";

export interface SessionChannels {
  text: MessageChannel;
  /** Both undefined for another WebRTC program. */
  control: MessageChannel | undefined;
  transfer: MessageChannel | undefined;
}

const TEXT_LABEL = "p2p";
/** Messages kept per channel until the session starts; a peer that sends more before is not ours. */
const MAX_EARLY_MESSAGES = 256;

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
  #isComplete = false;

  /** @param onComplete - sets the callbacks of the channels before it returns; early messages follow at once */
  constructor(isPeerP2p: boolean, onComplete: (channels: SessionChannels) => void) {
    this.#isPeerP2p = isPeerP2p;
    this.#onComplete = onComplete;
  }

  /** A channel that the peer opened. One that the session has no use for is closed. */
  handleChannel(channel: MessageChannel): void {
    if (this.#isComplete || !this.#assign(channel)) {
      channel.close();
      return;
    }
    channel.onMessage = (data) => {
      if (this.#early.length < MAX_EARLY_MESSAGES) this.#early.push({ channel, data });
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
