// The control channel of a session between two p2p programs: hello, acknowledgements, pings, the comparison of a
// verification string, how to be found again, done and bye.
// It also notices a dead peer: nothing heard for 11 s while pings go out every 3 s.
import {
  type ControlMessage,
  decodeControl,
  encodeControl,
  type PathMessage,
  type VerifyWish,
} from "../../control/messages.ts";
import type { SessionMode } from "../../control/mode.ts";
import type { ContactMessage, VerifyMessage } from "../../control/verification.ts";
import type { MessageChannel } from "../../lib/message-channel.ts";

const PING_INTERVAL_MS = 3_000;
const SILENCE_LIMIT_MS = 11_000;
/** Pings whose answer is still awaited; older ones count as lost. */
const MAX_OPEN_PINGS = 16;

/** What this side says first. */
export interface ControlHello {
  mode: SessionMode;
  verify: VerifyWish;
  /** It goes on after an interruption. */
  recovers: boolean;
  /** It keeps keys. */
  contacts?: boolean;
}

export interface ControlLinkEvents {
  /**
   * @param verify - undefined: the peer cannot compare a verification string
   * @param can - whether it goes on after an interruption, and whether it keeps keys
   */
  onHello: (verify: VerifyWish | undefined, can: { recover: boolean; keepKeys: boolean }) => void;
  onPath: (message: PathMessage) => void;
  onVerify: (message: VerifyMessage) => void;
  onContact: (message: ContactMessage) => void;
  /** The peer has received this many text messages. */
  onAck: (count: number) => void;
  onDone: () => void;
  onBye: () => void;
  onByeAck: () => void;
  /** Nothing was heard for this long. Once, until `resume`. */
  onSilence: (silentMs: number) => void;
  onMalformed: () => void;
}

export class ControlLink {
  readonly #channel: MessageChannel;
  readonly #events: ControlLinkEvents;
  readonly #openPings = new Map<number, number>();
  #timer: NodeJS.Timeout | undefined;
  #pingNumber = 0;
  #heardMs = performance.now();
  /** When it became possible to hear something. */
  #openSinceMs = performance.now();
  #rttMs: number | undefined;
  #ackTimer: NodeJS.Immediate | undefined;
  #peerMode: SessionMode | undefined;

  constructor(channel: MessageChannel, hello: ControlHello, events: ControlLinkEvents) {
    this.#channel = channel;
    this.#events = events;
    channel.onMessage = (data) => {
      this.#handle(data);
    };
    const { contacts, ...others } = hello;
    this.#send({ type: "hello", ...others, ...(contacts === true ? { contacts } : {}) });
    this.resume();
  }

  /** The way to the peer is interrupted: nothing is asked, and silence says nothing. */
  pause(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** There is a way. */
  resume(): void {
    this.#openSinceMs = performance.now();
    this.#timer ??= setInterval(() => {
      this.#ping();
    }, PING_INTERVAL_MS);
    this.#ping();
  }

  /** Undefined until the peer's hello. */
  get peerMode(): SessionMode | undefined {
    return this.#peerMode;
  }

  /** Of the latest answered ping; undefined before the first. */
  get rttMs(): number | undefined {
    return this.#rttMs;
  }

  /** Something of the peer arrived, on whatever channel. */
  markHeard(): void {
    this.#heardMs = performance.now();
  }

  /** Acknowledges received text messages, once for all that arrive in the same turn of the event loop. */
  acknowledgeSoon(count: () => number): void {
    this.#ackTimer ??= setImmediate(() => {
      this.#ackTimer = undefined;
      this.#send({ type: "ack", count: count() });
    });
  }

  sendPath(message: PathMessage): void {
    this.#send(message);
  }

  sendContact(message: ContactMessage): void {
    this.#send(message);
  }

  sendVerify(message: VerifyMessage): void {
    this.#send(message);
  }

  sendDone(): void {
    this.#send({ type: "done" });
  }

  sendBye(): void {
    this.#send({ type: "bye" });
  }

  sendByeAck(): void {
    this.#send({ type: "bye-ack" });
  }

  close(): void {
    clearInterval(this.#timer);
    clearImmediate(this.#ackTimer);
  }

  #send(message: ControlMessage): void {
    this.#channel.send(encodeControl(message));
  }

  #ping(): void {
    const nowMs = performance.now();
    if (nowMs - Math.max(this.#heardMs, this.#openSinceMs) >= SILENCE_LIMIT_MS) {
      this.pause();
      this.#events.onSilence(nowMs - this.#heardMs);
      return;
    }
    this.#pingNumber += 1;
    this.#openPings.set(this.#pingNumber, nowMs);
    this.#openPings.delete(this.#pingNumber - MAX_OPEN_PINGS);
    this.#send({ type: "ping", number: this.#pingNumber });
  }

  #handle(data: string | Uint8Array): void {
    this.markHeard();
    const message = decodeControl(data);
    if (message === "unknown") return;
    if (message === "malformed") {
      this.#events.onMalformed();
      return;
    }
    switch (message.type) {
      case "hello":
        this.#peerMode = message.mode;
        this.#events.onHello(message.verify, {
          recover: message.recovers === true,
          keepKeys: message.contacts === true,
        });
        break;
      case "path":
        this.#events.onPath(message);
        break;
      case "verify-commit":
      case "verify-reveal":
      case "verify-answer":
        if (this.#peerMode === undefined) this.#events.onMalformed();
        else this.#events.onVerify(message);
        break;
      case "contact":
        if (this.#peerMode === undefined) this.#events.onMalformed();
        else this.#events.onContact(message);
        break;
      case "ack":
        this.#events.onAck(message.count);
        break;
      case "ping":
        this.#send({ type: "pong", number: message.number });
        break;
      case "pong":
        this.#handlePong(message.number);
        break;
      case "done":
        this.#events.onDone();
        break;
      case "bye":
        this.#events.onBye();
        break;
      case "bye-ack":
        this.#events.onByeAck();
        break;
    }
  }

  #handlePong(number: number): void {
    const sentMs = this.#openPings.get(number);
    if (sentMs === undefined) return;
    this.#openPings.delete(number);
    this.#rttMs = performance.now() - sentMs;
  }
}
