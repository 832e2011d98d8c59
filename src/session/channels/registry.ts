// The channels of a session, by their protocol. The offering side opens them, the answering side takes those that the
// peer opens; messages that arrive before all are open are kept and delivered in order. Between two p2p programs, a
// channel that is not one of these is refused: closed, and reported on both sides.
import { CONTROL_LABEL, CONTROL_PROTOCOL, MAX_REFUSED_NAME_LENGTH } from "../../control/messages.ts";
import type { MessageChannel } from "../../lib/message-channel.ts";
import { TRANSFER_LABEL, TRANSFER_PROTOCOL } from "../../transfer/frames.ts";

export interface SessionChannels {
  text: MessageChannel;
  /** Control and transfer are both undefined for another WebRTC program. */
  control: MessageChannel | undefined;
  transfer: MessageChannel | undefined;
}

/** The side of the connection that opens channels: ours, or a browser's. */
export interface ChannelOpener {
  open(label: string, protocol: string): MessageChannel;
}

/** A channel of the peer that this program does not know. */
export interface UnknownChannel {
  /** At most `MAX_REFUSED_NAME_LENGTH` characters, like the protocol. Foreign text. */
  label: string;
  protocol: string;
}

/** The label of the text channel, with another WebRTC program too. */
export const TEXT_LABEL = "p2p";
/** Every channel between two p2p programs, in the order in which they are opened. A new kind is a new row. */
const KINDS = {
  text: { label: TEXT_LABEL, protocol: "" },
  control: { label: CONTROL_LABEL, protocol: CONTROL_PROTOCOL },
  transfer: { label: TRANSFER_LABEL, protocol: TRANSFER_PROTOCOL },
} as const;

const utf8 = new TextEncoder();
/** Limit for all channels together until the session starts: the peer's hello, and what an eager peer adds. */
export const MAX_EARLY_MESSAGES = 256;
export const MAX_EARLY_BYTES = 1024 * 1024;
/** Limit of the refusals that are reported in one session; further unknown channels are only closed. */
export const MAX_REFUSALS = 16;

/** Opens all channels of a session between two p2p programs. */
export function openChannels(opener: ChannelOpener): SessionChannels {
  const open = (kind: keyof typeof KINDS): MessageChannel => opener.open(KINDS[kind].label, KINDS[kind].protocol);
  return { text: open("text"), control: open("control"), transfer: open("transfer") };
}

/** Events of the channels of one connection, before there is a session. */
export interface ChannelSetEvents {
  /** Set the callbacks of the channels before returning: early messages follow at once. Called at most once. */
  onComplete: (channels: SessionChannels) => void;
  /** Early messages exceed the limit: there will be no session. With a foreign peer it may be called again. */
  onFlood: () => void;
}

/** The channels of one connection between two p2p programs. */
export class ChannelRegistry {
  readonly #events: ChannelSetEvents;
  readonly #taken: Partial<SessionChannels> = {};
  #early: { channel: MessageChannel; data: string | Uint8Array }[] = [];
  #earlyBytes = 0;
  #isComplete = false;
  readonly #refusals = new RefusalReports<UnknownChannel>();

  constructor(events: ChannelSetEvents) {
    this.#events = events;
  }

  /** Opens all channels: this side is the offering one. Every channel that the peer opens is unknown from then on. */
  openAll(opener: ChannelOpener): void {
    this.#isComplete = true;
    this.#events.onComplete(openChannels(opener));
  }

  /** Takes or refuses a channel that the peer opened. */
  handleChannel(channel: MessageChannel): void {
    const kind = this.#isComplete ? undefined : this.#kindOf(channel);
    if (kind === undefined) {
      this.#refuse(channel);
      return;
    }
    this.#taken[kind] = channel;
    channel.onMessage = (data) => {
      this.#keep(channel, data);
    };
    const { text, control, transfer } = this.#taken;
    if (text === undefined || control === undefined || transfer === undefined) return;
    this.#isComplete = true;
    this.#events.onComplete({ text, control, transfer });
    const early = this.#early;
    this.#early = [];
    for (const { channel: from, data } of early) from.onMessage(data);
  }

  /** Reports refused channels from now on, and those refused before. Another call replaces the listener. */
  listen(onRefused: (channel: UnknownChannel) => void): void {
    this.#refusals.listen(onRefused);
  }

  /** @returns undefined for a channel of another kind, or a second one of the same kind */
  #kindOf({ label, protocol }: MessageChannel): keyof SessionChannels | undefined {
    for (const kind of ["text", "control", "transfer"] as const) {
      const isIt = KINDS[kind].protocol === protocol && (protocol !== "" || KINDS[kind].label === label);
      if (isIt && this.#taken[kind] === undefined) return kind;
    }
    return undefined;
  }

  #refuse(channel: MessageChannel): void {
    channel.close();
    this.#refusals.add({ label: shortened(channel.label), protocol: shortened(channel.protocol) });
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
    this.#events.onFlood();
  }
}

/** Reports refused channels, the first `MAX_REFUSALS` of them; refusals before there is a listener wait for it. */
export class RefusalReports<Refusal> {
  #untold: Refusal[] = [];
  #count = 0;
  #listener: ((refusal: Refusal) => void) | undefined;

  /** Another call replaces the listener. */
  listen(listener: (refusal: Refusal) => void): void {
    this.#listener = listener;
    for (const refusal of this.#untold.splice(0)) listener(refusal);
  }

  add(refusal: Refusal): void {
    if (this.#count >= MAX_REFUSALS) return;
    this.#count += 1;
    if (this.#listener === undefined) this.#untold.push(refusal);
    else this.#listener(refusal);
  }
}

/** The first `MAX_REFUSED_NAME_LENGTH` characters of a name. */
export function shortened(name: string): string {
  // A character has one or two UTF-16 units, so this much of a long name is enough.
  const start = Array.from(name.slice(0, 2 * MAX_REFUSED_NAME_LENGTH));
  return start.slice(0, MAX_REFUSED_NAME_LENGTH).join("");
}
