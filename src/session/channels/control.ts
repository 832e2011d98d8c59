// The control channel of a session between two p2p programs: hello, acknowledgements, pings, the messages of features,
// done and bye. It also detects a dead peer: nothing was heard for 11 s while pings go out every 3 s.
import {
  type ControlMessage,
  decodeControl,
  encodeControl,
  type HelloMessage,
  type SessionMode,
} from "../../control/messages.ts";
import type { MessageChannel } from "../../lib/message-channel.ts";
import { LIVENESS } from "../../paths/liveness.ts";
import type { FeatureMessage } from "../features/feature.ts";
import type { Clock } from "../ports.ts";

const utf8 = new TextEncoder();
/** Limit of pings that await an answer; older ones count as lost. */
const MAX_OPEN_PINGS = 16;
/**
 * Limit of the messages that wait on the channel until they can be sent: hello, answers and a `path` for each of many
 * network changes. A peer for which more wait is not reading.
 */
export const MAX_WAITING_BYTES = 256 * 1024;
/**
 * Burst limit of messages that cause work or an answer (`ping`, `path`, `channel-refused`, those of tracks); a peer sends
 * a ping every 3 s.
 */
export const MAX_REQUESTS = 128;
/** One more of these messages is allowed each time this interval passes. */
const REQUEST_INTERVAL_MS = 500;

export interface ControlProtocolEvents {
  /** Called once. */
  onHello: (hello: HelloMessage) => void;
  /** A message that belongs to a feature. */
  onFeature: (message: FeatureMessage) => void;
  /** The peer has received this many text messages. */
  onAck: (count: number) => void;
  onDone: () => void;
  onBye: () => void;
  onByeAck: () => void;
  /** Nothing was heard for this long. Called once until `resume`. */
  onSilence: (silentMs: number) => void;
  /**
   * The peer breaks the rules of this channel, or does not read it. Called once; afterwards only its close is reported.
   */
  onMalformed: (detail: string) => void;
}

export class ControlProtocol {
  readonly #channel: MessageChannel;
  readonly #clock: Clock;
  readonly #hello: HelloMessage;
  readonly #events: ControlProtocolEvents;
  readonly #openPings = new Map<number, number>();
  /** Cancels the ping timer; undefined while no pings are sent. */
  #cancelPing: (() => void) | undefined;
  #pingNumber = 0;
  #heardMs: number;
  /** Start of the period in which the peer can be heard: creation or the latest `resume`. */
  #openSinceMs: number;
  #rttMs: number | undefined;
  /** Count to acknowledge; undefined when no acknowledgement is due. */
  #cancelAck: (() => void) | undefined;
  #peerMode: SessionMode | undefined;
  readonly #requests: RequestAllowance;
  #isBroken = false;
  #isByeAckSent = false;
  #isClosed = false;

  /** Listens; sends nothing before `start`. */
  constructor(channel: MessageChannel, clock: Clock, hello: HelloMessage, events: ControlProtocolEvents) {
    this.#channel = channel;
    this.#clock = clock;
    this.#heardMs = clock.nowMs();
    this.#openSinceMs = this.#heardMs;
    this.#requests = new RequestAllowance(this.#heardMs);
    this.#hello = hello;
    this.#events = events;
    channel.onMessage = (data) => {
      this.#handle(data);
    };
  }

  /** Says hello and starts the pings. Call it once. `onMalformed` may be called from in here. */
  start(): void {
    this.send(this.#hello);
    if (!this.#isBroken) this.resume();
  }

  /** The path to the peer is interrupted: stops the pings and the detection of silence. */
  pause(): void {
    this.#cancelPing?.();
    this.#cancelPing = undefined;
  }

  /** The path is restored. */
  resume(): void {
    this.#openSinceMs = this.#clock.nowMs();
    if (this.#cancelPing === undefined) this.#planPing();
    this.#ping();
  }

  #planPing(): void {
    this.#cancelPing = this.#clock.setTimer(() => {
      this.#planPing();
      this.#ping();
    }, LIVENESS.pingMs);
  }

  /** Undefined until the peer's hello. */
  get peerMode(): SessionMode | undefined {
    return this.#peerMode;
  }

  /** Round-trip time of the latest answered ping; undefined before the first. */
  get rttMs(): number | undefined {
    return this.#rttMs;
  }

  /** Something arrived from the peer, on any channel. */
  markHeard(): void {
    this.#heardMs = this.#clock.nowMs();
  }

  /** Acknowledges received text messages, once for all that arrive in the same turn of the event loop. */
  acknowledgeSoon(count: () => number): void {
    this.#cancelAck ??= this.#clock.nextTurn(() => {
      this.#cancelAck = undefined;
      this.send({ type: "ack", count: count() });
    });
  }

  /** Sends `bye-ack`, only once, however often the peer says bye. */
  sendByeAck(): void {
    if (this.#isByeAckSent) return;
    this.#isByeAckSent = true;
    this.send({ type: "bye-ack" });
  }

  /** Stops listening and pinging. */
  close(): void {
    this.#isClosed = true;
    this.pause();
    this.#cancelAck?.();
  }

  /** Drops a message that the channel cannot take. */
  send(message: ControlMessage): void {
    const text = encodeControl(message);
    const bytes = utf8.encode(text).length;
    const { maxMessageBytes, bufferedBytes } = this.#channel;
    if (bytes > maxMessageBytes) this.#break(`messages of at most ${maxMessageBytes} bytes`);
    else if (bufferedBytes + bytes > MAX_WAITING_BYTES) this.#break("it does not read the control channel");
    else this.#channel.send(text);
  }

  #break(detail: string): void {
    if (this.#isBroken) return;
    this.#isBroken = true;
    this.pause();
    this.#events.onMalformed(detail);
  }

  #ping(): void {
    const nowMs = this.#clock.nowMs();
    if (nowMs - Math.max(this.#heardMs, this.#openSinceMs) >= LIVENESS.controlSilenceMs) {
      this.pause();
      this.#events.onSilence(nowMs - this.#heardMs);
      return;
    }
    this.#pingNumber += 1;
    this.#openPings.set(this.#pingNumber, nowMs);
    this.#openPings.delete(this.#pingNumber - MAX_OPEN_PINGS);
    this.send({ type: "ping", number: this.#pingNumber });
  }

  #handle(data: string | Uint8Array): void {
    if (this.#isClosed) return;
    this.markHeard();
    const message = decodeControl(data);
    if (message === "unknown") return;
    if (this.#isBroken) {
      if (message !== "malformed") this.#handleEnd(message);
    } else if (message === "malformed") {
      this.#break("a malformed control message");
    } else if (message.type === "ping" || message.type === "pong") {
      this.#handlePing(message);
    } else if (message.type === "hello") {
      this.#handleHello(message);
    } else if (this.#peerMode === undefined) {
      this.#break(`'${message.type}' before its hello`);
    } else {
      this.#handleMessage(message);
    }
  }

  #handleHello(hello: HelloMessage): void {
    if (this.#peerMode !== undefined) {
      this.#break("a second hello");
      return;
    }
    this.#peerMode = hello.mode;
    this.#events.onHello(hello);
  }

  #handlePing({ type, number }: Extract<ControlMessage, { type: "ping" | "pong" }>): void {
    if (type === "pong") this.#handlePong(number);
    else if (this.#mayRequest()) this.send({ type: "pong", number });
  }

  /** @returns false when the peer exceeds the rate limit */
  #mayRequest(): boolean {
    const isAllowed = this.#requests.take(this.#clock.nowMs());
    if (!isAllowed) this.#break("pings, paths, refusals or tracks without end");
    return isAllowed;
  }

  #handleMessage(message: Exclude<ControlMessage, { type: "hello" | "ping" | "pong" }>): void {
    switch (message.type) {
      case "path":
      case "path-ready":
      case "channel-refused":
      case "media-offer":
      case "media-answer":
      case "media-end":
      case "media-recording":
        if (this.#mayRequest()) this.#events.onFeature(message);
        break;
      case "verify-commit":
      case "verify-reveal":
      case "verify-answer":
      case "contact":
        this.#events.onFeature(message);
        break;
      case "ack":
        this.#events.onAck(message.count);
        break;
      case "done":
        this.#events.onDone();
        break;
      case "bye":
      case "bye-ack":
        this.#handleEnd(message);
        break;
    }
  }

  #handleEnd({ type }: ControlMessage): void {
    if (type === "bye") this.#events.onBye();
    else if (type === "bye-ack") this.#events.onByeAck();
  }

  #handlePong(number: number): void {
    const sentMs = this.#openPings.get(number);
    if (sentMs === undefined) return;
    this.#openPings.delete(number);
    this.#rttMs = this.#clock.nowMs() - sentMs;
  }
}

/** Rate limit (token bucket) for messages of the peer that cause work. */
class RequestAllowance {
  #left = MAX_REQUESTS;
  #filledMs: number;

  /** @param nowMs - the time from which it fills */
  constructor(nowMs: number) {
    this.#filledMs = nowMs;
  }

  /** @returns false when no token is left */
  take(nowMs: number): boolean {
    const more = Math.floor((nowMs - this.#filledMs) / REQUEST_INTERVAL_MS);
    this.#filledMs += more * REQUEST_INTERVAL_MS;
    this.#left = Math.min(MAX_REQUESTS, this.#left + more);
    if (this.#left === 0) return false;
    this.#left -= 1;
    return true;
  }
}
