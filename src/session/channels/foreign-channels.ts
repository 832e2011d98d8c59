// The one channel on which text is exchanged with another WebRTC program. The offering side opens it. The answering side
// takes the channel that the peer opens: the one whose label says chat or text, else the first; where the peer opens none
// for a while, it opens one itself, and moves to the first one that comes later: Janus opens a channel only to reply on it.
// A stream that both programs have agreed on without a word counts as opened by its first message. All other channels are
// closed and named.
import type { MessageChannel } from "../../lib/message-channel.ts";
import type { Clock } from "../ports.ts";
import { HeldChannel } from "./gate.ts";
import { type ChannelOpener, RefusalReports, type SessionChannels, shortened, TEXT_LABEL } from "./registry.ts";

/** How long the peer has to open a channel before the answering side opens one. */
export const OPENING_MS = 3_000;
/** How long a better channel is waited for after the first; a program opens those that it has in one go. */
export const SETTLE_MS = 250;
const CHAT_LABEL = /chat|text|messag|聊天|文字/i;

/** What opens and adopts channels: `DataChannels`, once its association is up. */
export interface ForeignOpener extends ChannelOpener {
  /** @param use - sets the callbacks; messages that have come follow at once */
  adopt(streamId: number, use: (channel: MessageChannel) => void): void;
}

export interface ForeignChannelsOptions {
  role: "offer" | "answer";
  clock: Clock;
  /** Sets the callbacks of the channel before it returns; early messages follow at once. Called at most once. */
  onComplete: (channels: SessionChannels) => void;
  /** Called when too much comes before the channel is chosen; it may be called again. */
  onFlood: () => void;
}

/** The channels of one connection with another WebRTC program. */
export class ForeignChannels {
  readonly #options: ForeignChannelsOptions;
  #opener: ForeignOpener | undefined;
  #text: MovableChannel | undefined;
  /** This side has opened the text channel. */
  #isOwn = false;
  /** What the peer has opened while the choice is open, in order. */
  #candidates: HeldChannel[] = [];
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
    const candidate = new HeldChannel(channel, this.#options.onFlood);
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
    else opener.adopt(streamId, (channel) => this.#start(channel));
  }

  #openOwn(opener: ForeignOpener): void {
    this.#isOwn = true;
    this.#start(opener.open(TEXT_LABEL, ""));
  }

  /** The text channel is ours, and the peer has said nothing on it. */
  get #isUnheard(): boolean {
    return this.#isOwn && this.#text?.hasHeard === false;
  }

  #move(text: MovableChannel, channel: MessageChannel): void {
    this.#isOwn = false;
    text.moveTo(channel);
  }

  #take(chosen: HeldChannel): void {
    const others = this.#candidates.filter((one) => one !== chosen);
    this.#candidates = [];
    for (const other of others) {
      // What it holds back would count against the window for good.
      other.release();
      this.#leaveUnused(other);
    }
    this.#start(chosen);
    chosen.release();
  }

  #start(channel: MessageChannel): void {
    this.#cancelOpening();
    this.#cancelSettling?.();
    this.#text = new MovableChannel(channel);
    this.#options.onComplete({ text: this.#text, control: undefined, transfer: undefined });
  }

  #leaveUnused(channel: MessageChannel): void {
    channel.close();
    this.#tell(channel.label);
  }

  #tell(label: string): void {
    this.#unused.add(shortened(label));
  }
}

/** A channel that can be replaced by another one: what is sent later takes that one, and both are heard. */
class MovableChannel implements MessageChannel {
  onMessage: (data: string | Uint8Array) => void = () => {};
  onBufferedLow: () => void = () => {};
  onClose: () => void = () => {};
  /** A message has come. */
  hasHeard = false;
  #target: MessageChannel;
  /** The one before, on which something may be under way. */
  #former: MessageChannel | undefined;
  #isPaused = false;

  constructor(target: MessageChannel) {
    this.#target = target;
    this.#follow(target);
  }

  moveTo(target: MessageChannel): void {
    target.lowWaterBytes = this.#target.lowWaterBytes;
    this.#former = this.#target;
    this.#target = target;
    this.#follow(target);
    if (this.#isPaused) target.pause();
  }

  #follow(target: MessageChannel): void {
    target.onMessage = (data) => {
      this.hasHeard = true;
      this.onMessage(data);
    };
    target.onBufferedLow = () => {
      if (target === this.#target) this.onBufferedLow();
    };
    target.onClose = () => {
      if (target === this.#target) this.onClose();
    };
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

  pause(): void {
    this.#isPaused = true;
    this.#target.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#target.resume();
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
