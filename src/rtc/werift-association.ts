// werift's SCTP association behind the AssociationPort, with what it does badly kept away from it: it is fed
// little at a time (its own waiting for queued messages is quadratic), never gets an empty message, and its
// rejections end here instead of ending the process.
import type { DeliveryOptions } from "../sctp/association-types.ts";
import type { AssociationEvents } from "../sctp/port.ts";
import type { RunningAssociation } from "./sctp-driver.ts";
import { loadWerift } from "./werift.ts";

export interface WeriftAssociationOptions {
  dtlsRole: "client" | "server";
  localPort: number;
  remotePort: number;
  /** Seals and sends one packet. */
  send: (packet: Uint8Array) => void;
}

/** werift's SCTP class is not exported: these are the members that are used. */
interface WeriftSctp {
  isServer: boolean;
  associationState: number;
  outboundQueue: unknown[];
  sentQueue: unknown[];
  reconfigQueue: number[];
  onSackReceived: () => Promise<void>;
  onReceive: Subscribable<[streamId: number, ppid: number, data: Buffer]>;
  onReconfigStreams: Subscribable<[streamIds: number[]]>;
  stateChanged: { connected: Subscribable<[]>; closed: Subscribable<[]> };
  handleData(packet: Buffer): Promise<void>;
  start(remotePort: number): Promise<void>;
  stop(): Promise<void>;
  send(streamId: number, ppid: number, data: Buffer, options: { ordered: boolean }): Promise<void>;
  transmitReconfigRequest(): Promise<void>;
}

interface Subscribable<Args extends unknown[]> {
  subscribe(listener: (...args: Args) => void): unknown;
}

const ESTABLISHED = 4;
/**
 * werift takes messages until this many chunks (of about 1,170 bytes) are queued or in flight. It walks through
 * all of them for each SACK, so that more makes it slower.
 */
const MAX_OUTSTANDING_CHUNKS = 160;

interface QueuedMessage {
  ppid: number;
  data: Buffer;
  isOrdered: boolean;
}

export class WeriftAssociation implements RunningAssociation {
  readonly #sctp: WeriftSctp;
  readonly #options: WeriftAssociationOptions;
  readonly #streams = new Map<number, { messages: QueuedMessage[]; bytes: number }>();
  #events: AssociationEvents | undefined;
  #onPacket: (packet: Buffer) => void = () => {};
  #isClosed = false;
  #isFilling = false;

  constructor(options: WeriftAssociationOptions) {
    this.#options = options;
    const { Event, RTCSctpTransport } = loadWerift();
    const wrapper = new RTCSctpTransport(options.localPort);
    const dtls = {
      id: "dtls",
      onStateChange: new Event(),
      // werift derives both "who sends INIT" and the stream ids from this; the controlled side is the DTLS client.
      iceTransport: { role: options.dtlsRole === "client" ? "controlled" : "controlling" },
      sendData: (packet: Buffer) => {
        options.send(packet);
        return Promise.resolve();
      },
      dataReceiver: () => {},
    };
    wrapper.setDtlsTransport(dtls as never);
    for (const dispose of wrapper["eventDisposer"] as (() => void)[]) dispose();
    this.#sctp = wrapper.sctp as unknown as WeriftSctp;
    this.#sctp.isServer = options.dtlsRole === "client";
    this.#onPacket = (packet) => {
      // A bad checksum or a short packet throws inside; the packet is dropped, as RFC 9260 §6.8 says.
      this.#sctp.handleData(packet).catch(() => {});
    };
  }

  start(events: AssociationEvents): void {
    this.#events = events;
    const sctp = this.#sctp;
    sctp.onReceive.subscribe((streamId, ppid, data) => {
      events.handleMessage(streamId, ppid, data);
    });
    sctp.onReconfigStreams.subscribe((streamIds) => {
      events.handleStreamsReset(streamIds);
    });
    sctp.onSackReceived = () => {
      this.#fill();
      events.handleProgress();
      return Promise.resolve();
    };
    sctp.stateChanged.connected.subscribe(() => {
      events.handleEstablished();
      this.#fill();
      events.handleProgress();
    });
    sctp.stateChanged.closed.subscribe(() => {
      this.#handleClosed();
    });
    sctp.start(this.#options.remotePort).catch(() => {
      this.#handleClosed();
    });
  }

  /** werift's association never learned anything of a path: its next retransmission takes the new one. */
  handleNewPath(): void {}

  handlePacket(packet: Buffer): void {
    if (!this.#isClosed) this.#onPacket(packet);
  }

  /** Reliable whatever `delivery` says of it: werift's partial reliability gives up the wrong chunks. */
  sendMessage(streamId: number, ppid: number, data: Uint8Array, delivery?: DeliveryOptions): void {
    if (this.#isClosed) return;
    const queue = this.#streams.get(streamId) ?? { messages: [], bytes: 0 };
    this.#streams.set(streamId, queue);
    queue.messages.push({
      ppid,
      data: Buffer.from(data.buffer, data.byteOffset, data.byteLength),
      isOrdered: delivery?.isUnordered !== true,
    });
    queue.bytes += data.byteLength;
    this.#fill();
  }

  bufferedBytes(streamId: number): number {
    return this.#streams.get(streamId)?.bytes ?? 0;
  }

  get isDrained(): boolean {
    for (const queue of this.#streams.values()) if (queue.messages.length > 0) return false;
    return this.#sctp.outboundQueue.length === 0 && this.#sctp.sentQueue.length === 0;
  }

  /** Without effect: werift's window always opens again. */
  pauseStream(): void {}

  resumeStream(): void {}

  resetStream(streamId: number): void {
    const sctp = this.#sctp;
    if (this.#isClosed || sctp.associationState !== ESTABLISHED || sctp.reconfigQueue.includes(streamId)) return;
    sctp.reconfigQueue.push(streamId);
    if (sctp.reconfigQueue.length === 1) sctp.transmitReconfigRequest().catch(() => {});
  }

  async close(): Promise<void> {
    await this.#sctp.stop().catch(() => {});
    this.#handleClosed();
  }

  /** Gives werift messages of all streams in turn, so that a long queue of one does not hold up the others. */
  #fill(): void {
    const sctp = this.#sctp;
    if (this.#isFilling || this.#isClosed || sctp.associationState !== ESTABLISHED) return;
    this.#isFilling = true;
    let hasSent = true;
    while (hasSent) {
      hasSent = false;
      for (const [streamId, queue] of this.#streams) {
        if (sctp.outboundQueue.length + sctp.sentQueue.length >= MAX_OUTSTANDING_CHUNKS) break;
        const message = queue.messages.shift();
        if (message === undefined) continue;
        queue.bytes -= message.data.length;
        sctp.send(streamId, message.ppid, message.data, { ordered: message.isOrdered }).catch(() => {});
        hasSent = true;
      }
    }
    this.#isFilling = false;
    this.#events?.handleProgress();
  }

  #handleClosed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#streams.clear();
    this.#events?.handleClosed();
  }
}
