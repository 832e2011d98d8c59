// The one channel on which text is exchanged with another WebRTC program. The offering side opens it. The answering side
// takes the channel that the peer opens: the one whose label says chat or text, else the first; where the peer opens none
// for a while, it opens one itself, and moves to the first one that comes later: Janus opens a channel only to reply on it.
// A stream that both programs have agreed on without a word counts as opened by its first message. All other channels are
// closed and named.
import type { MessageChannel } from "../../lib/message-channel.ts";
import type { Clock } from "../ports.ts";
import { GatedChannel } from "./gate.ts";
import { type ChannelOpener, type ChannelSetEvents, RefusalReports, shortened, TEXT_LABEL } from "./registry.ts";

/** The time that the peer has to open a channel before the answering side opens one. */
export const OPENING_MS = 3_000;
/** The time for which a better channel is waited for after the first; a program opens all its channels in one go. */
export const SETTLE_MS = 250;
const CHAT_LABEL = /chat|text|messag|聊天|文字/i;

/** Opens and adopts channels: `DataChannels`, once its association is up. */
export interface ForeignOpener extends ChannelOpener {
  /** @param use - sets the callbacks; messages that have come follow at once */
  adopt(streamId: number, use: (channel: MessageChannel) => void): void;
}

export interface ForeignChannelsOptions {
  role: "offer" | "answer";
  clock: Clock;
  events: ChannelSetEvents;
}

/** The channels of one connection with another WebRTC program. */
export class ForeignChannels {
  readonly #options: ForeignChannelsOptions;
  #opener: ForeignOpener | undefined;
  #text: GatedChannel | undefined;
  /** This side has opened the text channel. */
  #isOwn = false;
  /** The channels that the peer has opened while the choice is open, in order. */
  #candidates: GatedChannel[] = [];
  #unopenedStream: number | undefined;
  #cancelOpening: () => void = () => {};
  #cancelSettling: (() => void) | undefined;
  #isClosed = false;
  readonly #unused = new RefusalReports<string>();

  constructor(options: ForeignChannelsOptions) {
    this.#options = options;
  }

  /** The association is up. */
  begin(opener: ForeignOpener): void {
    this.#opener = opener;
    if (this.#options.role === "offer") this.#openOwn(opener);
    else this.#cancelOpening = this.#options.clock.setTimer(() => this.#choose(), OPENING_MS);
  }

  /** The peer has opened a channel. */
  handleChannel(channel: MessageChannel): void {
    if (this.#isClosed) return;
    if (this.#text !== undefined) {
      if (this.#options.role === "answer" && this.#isUnheard) this.#move(this.#text, channel);
      else this.#leaveUnused(channel);
      return;
    }
    const candidate = this.#wrap(channel);
    candidate.hold();
    candidate.onClose = () => {
      this.#candidates = this.#candidates.filter((one) => one !== candidate);
    };
    this.#candidates.push(candidate);
    if (CHAT_LABEL.test(channel.label)) this.#take(candidate);
    else this.#settleSoon();
  }

  /** The peer sends on a stream that nobody has opened. */
  handleUnopened(streamId: number): void {
    if (this.#isClosed) return;
    if (this.#text === undefined) {
      this.#unopenedStream ??= streamId;
      this.#settleSoon();
    } else if (this.#isUnheard) {
      // The peer has a channel of its own number and knows nothing of ours.
      const text = this.#text;
      this.#opener?.adopt(streamId, (channel) => this.#move(text, channel));
    } else this.#tell("");
  }

  /** Reports the names of unused channels from now on, and those before; "" for a stream that nobody opened. */
  listen(onUnused: (label: string) => void): void {
    this.#unused.listen(onUnused);
  }

  /** Nothing is opened or chosen any more. */
  close(): void {
    this.#isClosed = true;
    this.#cancelOpening();
    this.#cancelSettling?.();
  }

  #settleSoon(): void {
    this.#cancelSettling ??= this.#options.clock.setTimer(() => this.#choose(), SETTLE_MS);
  }

  #choose(): void {
    this.#cancelSettling = undefined;
    const opener = this.#opener;
    if (this.#text !== undefined || opener === undefined) return;
    const [first] = this.#candidates;
    const streamId = this.#unopenedStream;
    if (first !== undefined) this.#take(first);
    else if (streamId === undefined) this.#openOwn(opener);
    else opener.adopt(streamId, (channel) => this.#start(this.#wrap(channel)));
  }

  #openOwn(opener: ForeignOpener): void {
    this.#isOwn = true;
    this.#start(this.#wrap(opener.open(TEXT_LABEL, "")));
  }

  /** The text channel is ours, and the peer has said nothing on it. */
  get #isUnheard(): boolean {
    return this.#isOwn && this.#text?.hasHeard === false;
  }

  #move(text: GatedChannel, channel: MessageChannel): void {
    this.#isOwn = false;
    text.moveTo(channel);
  }

  #take(chosen: GatedChannel): void {
    const others = this.#candidates.filter((one) => one !== chosen);
    this.#candidates = [];
    for (const other of others) {
      // The messages that it holds back would count against the window for good.
      other.release();
      this.#leaveUnused(other);
    }
    this.#start(chosen);
    chosen.release();
  }

  #wrap(channel: MessageChannel): GatedChannel {
    return new GatedChannel(channel, this.#options.events.onFlood);
  }

  #start(text: GatedChannel): void {
    this.#cancelOpening();
    this.#cancelSettling?.();
    this.#text = text;
    this.#options.events.onComplete({ text, control: undefined, transfer: undefined });
  }

  #leaveUnused(channel: MessageChannel): void {
    channel.close();
    this.#tell(channel.label);
  }

  #tell(label: string): void {
    this.#unused.add(shortened(label));
  }
}
