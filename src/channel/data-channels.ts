// Data channels over SCTP streams: which stream carries which channel, who may open which id, text and bytes by
// payload protocol identifier. RFC 8831 and RFC 8832. A channel has the same kind in both directions, whichever side
// opens it.
import type { MessageChannel } from "../lib/message-channel.ts";
import type { AssociationEnd, DeliveryOptions } from "../sctp/association-types.ts";
import { type AssociationEvents, type AssociationPort, Ppid } from "../sctp/port.ts";
import { type DcepOpen, decodeDcep, encodeDcepAck, encodeDcepOpen } from "./dcep.ts";

export interface DataChannelsOptions {
  /** The DTLS client opens even stream ids, the server odd ones. RFC 8832 §6. */
  dtlsRole: "client" | "server";
  /** The peer's `a=max-message-size`; 0: any size. */
  remoteMaxMessageBytes: number;
  events: DataChannelsEvents;
}

export interface DataChannelsEvents {
  /** Channels may be opened now. */
  onEstablished: () => void;
  /** The peer opened a channel. Set its callbacks before returning: messages may follow at once. */
  onChannel: (channel: MessageChannel) => void;
  /**
   * The first message has come on a stream that nobody has opened: both programs may have agreed on its number without
   * a word (`negotiated`), or its OPEN is late. It is kept for `adopt` and for the OPEN. Undefined: it is dropped.
   */
  onUnopened?: ((streamId: number) => void) | undefined;
  /** The association has ended; every channel was closed before. */
  onClosed: (end: AssociationEnd) => void;
}

/** Maximum number of open channels of the peer; more are reset at once. */
const MAX_CHANNELS = 256;
/** Labels and protocols of all open channels of the peer, in bytes of memory; channels beyond it are reset at once. */
export const MAX_NAMES_BYTES = 1_048_576;
/** A UTF-16 unit of a string takes two bytes at most. */
const BYTES_PER_LETTER = 2;
/** DCEP acknowledgements not yet sent: a peer that opens more channels, and reads nothing, gets no answer. */
export const MAX_UNSENT_ACKS = 256;
const MAX_STREAM_ID = 65_534;
/** Limits of the messages on streams that nobody has opened; more are dropped. */
export const MAX_UNOPENED_MESSAGES = 64;
export const MAX_UNOPENED_BYTES = 262_144;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const EMPTY_PLACEHOLDER = Uint8Array.of(0);

export class DataChannels implements AssociationEvents {
  readonly #association: AssociationPort;
  readonly #events: DataChannelsEvents;
  readonly #remoteMaxMessageBytes: number;
  readonly #channels = new Map<number, DataChannel>();
  /** Streams whose acknowledgement had not been sent at the last check. */
  readonly #unsentAcks = new Set<number>();
  /** Messages on streams that nobody has opened, in their order. */
  #unopened: { streamId: number; ppid: number; data: Uint8Array }[] = [];
  #unopenedBytes = 0;
  #namesBytes = 0;
  #drainWaiters: ((isDrained: boolean) => void)[] = [];
  #nextStreamId: number;
  #isClosed = false;

  constructor(association: AssociationPort, options: DataChannelsOptions) {
    this.#association = association;
    this.#events = options.events;
    this.#remoteMaxMessageBytes = options.remoteMaxMessageBytes;
    this.#nextStreamId = options.dtlsRole === "client" ? 0 : 1;
  }

  /**
   * Opens a channel, ordered and reliable unless `kind` says otherwise. Messages may be sent at once: they follow the
   * OPEN on the same stream.
   * @throws RangeError when no stream id is left, or a name is longer than 65,535 bytes
   */
  open(label: string, protocol: string, kind: DeliveryOptions = {}): MessageChannel {
    while (this.#channels.has(this.#nextStreamId)) this.#nextStreamId += 2;
    const streamId = this.#nextStreamId;
    if (streamId > MAX_STREAM_ID) throw new RangeError("Cannot open a channel as no stream id is left");
    const { maxRetransmits, lifetimeMs: maxPacketLifeTimeMs } = kind;
    const open = encodeDcepOpen({
      label,
      protocol,
      ordered: kind.isUnordered !== true,
      priority: 0,
      ...(maxRetransmits === undefined ? {} : { maxRetransmits }),
      ...(maxPacketLifeTimeMs === undefined ? {} : { maxPacketLifeTimeMs }),
    });
    this.#nextStreamId += 2;
    const channel = this.#add(streamId, label, protocol, kind);
    this.#association.sendMessage(streamId, Ppid.DCEP, open);
    return channel;
  }

  /**
   * Makes a channel of a stream on which the peer sends without having opened it. Its name is not known.
   * @param use - sets the callbacks: the messages so far follow before this returns
   */
  adopt(streamId: number, use: (channel: MessageChannel) => void): void {
    if (this.#channels.has(streamId)) return;
    const channel = this.#add(streamId, "", "", {});
    channel.handleAck();
    use(channel);
    this.#deliverUnopened(streamId, channel);
  }

  handleEstablished(): void {
    this.#events.onEstablished();
  }

  handleMessage(streamId: number, ppid: number, data: Uint8Array): void {
    if (ppid === Ppid.DCEP) {
      this.#handleDcep(streamId, data);
      return;
    }
    const channel = this.#channels.get(streamId);
    if (channel === undefined) this.#keepUnopened(streamId, ppid, data);
    else this.#deliver(channel, ppid, data);
  }

  #keepUnopened(streamId: number, ppid: number, data: Uint8Array): void {
    const { onUnopened } = this.#events;
    const bytes = this.#unopenedBytes + data.length;
    if (onUnopened === undefined || this.#unopened.length >= MAX_UNOPENED_MESSAGES || bytes > MAX_UNOPENED_BYTES)
      return;
    const isFirst = this.#unopened.every((message) => message.streamId !== streamId);
    this.#unopened.push({ streamId, ppid, data });
    this.#unopenedBytes = bytes;
    if (isFirst) onUnopened(streamId);
  }

  /** @returns the kept messages of a stream, which are not kept any more */
  #takeUnopened(streamId: number): { ppid: number; data: Uint8Array }[] {
    const taken = this.#unopened.filter((message) => message.streamId === streamId);
    this.#unopened = this.#unopened.filter((message) => message.streamId !== streamId);
    for (const { data } of taken) this.#unopenedBytes -= data.length;
    return taken;
  }

  #deliverUnopened(streamId: number, channel: DataChannel): void {
    for (const { ppid, data } of this.#takeUnopened(streamId)) this.#deliver(channel, ppid, data);
  }

  #deliver(channel: DataChannel, ppid: number, data: Uint8Array): void {
    if (!channel.isOpen) return;
    switch (ppid) {
      case Ppid.STRING:
        channel.onMessage(decoder.decode(data));
        break;
      case Ppid.STRING_EMPTY:
        channel.onMessage("");
        break;
      case Ppid.BINARY:
        channel.onMessage(data);
        break;
      case Ppid.BINARY_EMPTY:
        channel.onMessage(new Uint8Array(0));
        break;
      default:
      // Other protocols, the deprecated 52 and 54 included, are ignored. RFC 8831 §8.
    }
  }

  handleStreamsReset(streamIds: readonly number[]): void {
    for (const streamId of streamIds) {
      this.#takeUnopened(streamId);
      const channel = this.#channels.get(streamId);
      if (channel === undefined) continue;
      this.#channels.delete(streamId);
      this.#namesBytes -= namesBytesOf(channel);
      if (channel.isOpen) this.#association.resetStream(streamId);
      channel.markClosed();
    }
  }

  handleProgress(): void {
    for (const channel of this.#channels.values()) channel.checkBufferedLow();
    if (this.#association.isDrained) this.#runDrainWaiters(true);
  }

  handleClosed(end: AssociationEnd): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const channels = [...this.#channels.values()];
    this.#channels.clear();
    this.#unopened = [];
    for (const channel of channels) channel.markClosed();
    this.#runDrainWaiters(false);
    this.#events.onClosed(end);
  }

  #handleDcep(streamId: number, data: Uint8Array): void {
    const message = decodeDcep(data);
    if (message === undefined) return;
    if (message.type === "ack") {
      this.#channels.get(streamId)?.handleAck();
      return;
    }
    // Queued data leaves before the stream is reset, and the stream can be reused only after that. RFC 8831 §6.7
    if (this.#channels.has(streamId) || this.#association.bufferedBytes(streamId) > 0) return;
    const namesBytes = this.#namesBytes + namesBytesOf(message);
    const isTooMuch = this.#channels.size >= MAX_CHANNELS || namesBytes > MAX_NAMES_BYTES;
    if (isTooMuch || !this.#mayAcknowledge()) {
      this.#association.resetStream(streamId);
      return;
    }
    this.#unsentAcks.add(streamId);
    const channel = this.#add(streamId, message.label, message.protocol, kindOf(message));
    channel.handleAck();
    this.#association.sendMessage(streamId, Ppid.DCEP, encodeDcepAck());
    this.#events.onChannel(channel);
    this.#deliverUnopened(streamId, channel);
  }

  #add(streamId: number, label: string, protocol: string, kind: DeliveryOptions): DataChannel {
    const channel = new DataChannel(label, protocol, this.#remoteMaxMessageBytes, {
      send: (ppid, bytes, isOpenKnown) => {
        // A message that overtakes the OPEN would belong to no channel, so sending is ordered until the peer has
        // acknowledged the OPEN. RFC 8832 §6.
        const delivery = isOpenKnown ? kind : { ...kind, isUnordered: false };
        this.#association.sendMessage(streamId, ppid, bytes, delivery);
      },
      bufferedBytes: () => this.#association.bufferedBytes(streamId),
      pause: () => {
        this.#association.pauseStream(streamId);
      },
      resume: () => {
        this.#association.resumeStream(streamId);
      },
      whenDrained: (callback) => {
        if (this.#isClosed) {
          callback(false);
          return;
        }
        this.#drainWaiters.push(callback);
        // Those who have waited longer are called first.
        if (this.#association.isDrained) this.#runDrainWaiters(true);
      },
      // The entry stays until the peer resets its side too: late messages must not seem to belong to a new channel.
      close: () => {
        this.#association.resetStream(streamId);
      },
    });
    this.#channels.set(streamId, channel);
    this.#namesBytes += namesBytesOf(channel);
    return channel;
  }

  #mayAcknowledge(): boolean {
    if (this.#unsentAcks.size < MAX_UNSENT_ACKS) return true;
    for (const streamId of this.#unsentAcks) {
      if (this.#association.bufferedBytes(streamId) === 0) this.#unsentAcks.delete(streamId);
    }
    return this.#unsentAcks.size < MAX_UNSENT_ACKS;
  }

  #runDrainWaiters(isDrained: boolean): void {
    const waiters = this.#drainWaiters;
    this.#drainWaiters = [];
    for (const waiter of waiters) waiter(isDrained);
  }
}

function namesBytesOf({ label, protocol }: Pick<MessageChannel, "label" | "protocol">): number {
  return BYTES_PER_LETTER * (label.length + protocol.length);
}

function kindOf({ ordered, maxRetransmits, maxPacketLifeTimeMs }: DcepOpen): DeliveryOptions {
  return {
    isUnordered: !ordered,
    ...(maxRetransmits === undefined ? {} : { maxRetransmits }),
    ...(maxPacketLifeTimeMs === undefined ? {} : { lifetimeMs: maxPacketLifeTimeMs }),
  };
}

interface StreamPort {
  send(ppid: number, bytes: Uint8Array, isOpenKnown: boolean): void;
  bufferedBytes(): number;
  pause(): void;
  resume(): void;
  whenDrained(callback: (isDrained: boolean) => void): void;
  close(): void;
}

class DataChannel implements MessageChannel {
  readonly label: string;
  readonly protocol: string;
  readonly maxMessageBytes: number;
  lowWaterBytes = 0;
  onMessage: (data: string | Uint8Array) => void = () => {};
  onBufferedLow: () => void = () => {};
  onClose: () => void = () => {};
  readonly #stream: StreamPort;
  #isOpen = true;
  #isOpenKnown = false;
  #wasAboveLowWater = false;

  constructor(label: string, protocol: string, remoteMaxMessageBytes: number, stream: StreamPort) {
    this.label = label;
    this.protocol = protocol;
    this.maxMessageBytes = remoteMaxMessageBytes === 0 ? Number.MAX_SAFE_INTEGER : remoteMaxMessageBytes;
    this.#stream = stream;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get bufferedBytes(): number {
    return this.#stream.bufferedBytes();
  }

  send(data: string | Uint8Array): void {
    if (!this.#isOpen) return;
    const isText = typeof data === "string";
    const bytes = isText ? encoder.encode(data) : data;
    if (bytes.length > this.maxMessageBytes) {
      throw new RangeError(
        `Cannot send the message as it must be at most ${this.maxMessageBytes} bytes: it has ${bytes.length}`,
      );
    }
    // SCTP cannot carry an empty message, so a byte that the receiver ignores is sent instead. RFC 8831 §6.6.
    const isKnown = this.#isOpenKnown;
    if (bytes.length === 0)
      this.#stream.send(isText ? Ppid.STRING_EMPTY : Ppid.BINARY_EMPTY, EMPTY_PLACEHOLDER, isKnown);
    else this.#stream.send(isText ? Ppid.STRING : Ppid.BINARY, bytes, isKnown);
    if (this.bufferedBytes > this.lowWaterBytes) this.#wasAboveLowWater = true;
  }

  /** The peer knows of the channel. */
  handleAck(): void {
    this.#isOpenKnown = true;
  }

  checkBufferedLow(): void {
    if (!this.#wasAboveLowWater || this.bufferedBytes > this.lowWaterBytes) return;
    this.#wasAboveLowWater = false;
    this.onBufferedLow();
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  whenDrained(callback: (isDrained: boolean) => void): void {
    this.#stream.whenDrained(callback);
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#stream.close();
    this.onClose();
  }

  markClosed(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.onClose();
  }
}
