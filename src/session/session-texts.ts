// The texts of a session around their channel: events for what arrives, reports of binary messages, the count of texts
// that were not delivered, and the last wait for the acknowledgement of another WebRTC program's transport.
import type { PromiseLedger } from "../control/promises.ts";
import type { P2pEvent } from "../lib/events.ts";
import type { MessageChannel } from "../lib/message-channel.ts";
import { BinaryReports } from "./channels/binary-reports.ts";
import { TextProtocol } from "./channels/text.ts";
import type { Clock } from "./ports.ts";
import { lossBy } from "./session-end.ts";

/** The time that a foreign peer which has closed its channel has to acknowledge the texts sent on it. */
const CLOSING_MS = 2_000;

export interface SessionTextsOptions {
  channel: MessageChannel;
  /** The peer is another WebRTC program: it acknowledges nothing itself. */
  isForeign: boolean;
  clock: Clock;
  promises: PromiseLedger;
  events: SessionTextsEvents;
}

export interface SessionTextsEvents {
  emit: (event: P2pEvent, onTaken?: () => void) => void;
  /** The peer has sent a text or a binary message. */
  onHeard: () => void;
  /** `takenCount` has increased. */
  onTaken: () => void;
  /** The peer has acknowledged a text. */
  onAcknowledged: () => void;
  /** The peer has exceeded the window. Called once. */
  onFlood: () => void;
}

export class SessionTexts {
  readonly #options: SessionTextsOptions;
  /** The channel of texts, which the session sends on, holds and acknowledges. */
  readonly protocol: TextProtocol;
  readonly #binary: BinaryReports;
  /** Count of the texts that arrived while the session was about to end. */
  #refusedCount = 0;

  /** Listens on the channel; emits nothing before the peer sends. */
  constructor(options: SessionTextsOptions) {
    const { channel, isForeign, clock, events } = options;
    this.#options = options;
    this.#binary = new BinaryReports(clock, (bytes) => events.emit({ event: "binary-message", bytes }));
    this.protocol = new TextProtocol(channel, !isForeign, {
      onText: (text, onTaken) => {
        events.onHeard();
        events.emit({ event: "message", from: "peer", text }, onTaken);
      },
      onBinary: (bytes) => {
        events.onHeard();
        this.#binary.tell(bytes);
      },
      onTaken: events.onTaken,
      onFlood: events.onFlood,
      onAcknowledged: (text) => {
        events.emit({ event: "message", from: "me", text });
        events.onAcknowledged();
      },
    });
  }

  /** Refuses a text that comes too late: it counts as undelivered. */
  refuse(): Promise<void> {
    this.#refusedCount += 1;
    return Promise.reject(lossBy("over"));
  }

  /** Count of this side's texts that were not delivered: not acknowledged, too late, or promised and never given. */
  get undeliveredCount(): number {
    return this.protocol.unacknowledgedCount + this.#refusedCount + this.#options.promises.open.messages;
  }

  /**
   * Calls back once, when the peer's transport has acknowledged everything or `CLOSING_MS` have passed: another WebRTC
   * program that closes its channel may have read what was sent before, and its transport may not have said so yet.
   */
  afterLastAcknowledgement(callback: () => void): void {
    const { isForeign, clock, channel } = this.#options;
    if (!isForeign || this.protocol.unacknowledgedCount === 0) {
      clock.nextTurn(callback);
      return;
    }
    let isCalled = false;
    const callOnce = (): void => {
      cancelTimer();
      if (!isCalled) callback();
      isCalled = true;
    };
    const cancelTimer = clock.setTimer(callOnce, CLOSING_MS);
    channel.whenDrained(callOnce);
  }

  /** Reports the binary messages that wait for it, and nothing afterwards. */
  close(): void {
    this.#binary.close();
  }
}
