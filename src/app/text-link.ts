// The first channel: plain WebRTC strings, one message each, in both directions. Counts what arrived for the
// peer's acknowledgement, and matches acknowledgements to what was sent.
import type { MessageChannel } from "../lib/message-channel.ts";

export interface TextLinkEvents {
  onText: (text: string) => void;
  onBinary: (bytes: number) => void;
  /** A message of ours was acknowledged. */
  onAcknowledged: (text: string) => void;
}

interface SentMessage {
  text: string;
  /** Acknowledged when the peer has counted this many. */
  count: number;
  resolve: () => void;
  reject: (reason: unknown) => void;
}

export class TextLink {
  readonly #channel: MessageChannel;
  readonly #events: TextLinkEvents;
  #sent: SentMessage[] = [];
  #sentCount = 0;
  #receivedCount = 0;

  constructor(channel: MessageChannel, events: TextLinkEvents) {
    this.#channel = channel;
    this.#events = events;
    channel.onMessage = (data) => {
      this.#receivedCount += 1;
      if (typeof data === "string") events.onText(data);
      else events.onBinary(data.length);
    };
  }

  /** Text messages received so far, binary ones included. */
  get receivedCount(): number {
    return this.#receivedCount;
  }

  get unacknowledgedCount(): number {
    return this.#sent.length;
  }

  /** Sends one text, in several messages where it is longer than the peer takes. Resolves when acknowledged. */
  send(text: string): Promise<void> {
    const pieces = splitAtCodePoints(text, this.#channel.maxMessageBytes);
    return new Promise((resolve, reject) => {
      for (const piece of pieces) this.#channel.send(piece);
      this.#sentCount += pieces.length;
      this.#sent.push({ text, count: this.#sentCount, resolve, reject });
    });
  }

  /** The peer has received `count` messages since the session began. */
  acknowledge(count: number): void {
    while (this.#sent[0] !== undefined && this.#sent[0].count <= count) {
      const message = this.#sent.shift();
      if (message === undefined) return;
      this.#events.onAcknowledged(message.text);
      message.resolve();
    }
  }

  /** Without a control channel: what the peer's transport has acknowledged counts as received. */
  acknowledgeWhenDrained(): void {
    const count = this.#sentCount;
    this.#channel.whenDrained(() => {
      if (this.#channel.isOpen) this.acknowledge(count);
    });
  }

  /** Rejects what was not acknowledged. */
  fail(reason: unknown): void {
    const unacknowledged = this.#sent;
    this.#sent = [];
    for (const message of unacknowledged) message.reject(reason);
  }
}

const encoder = new TextEncoder();

/**
 * Cuts a text so that each piece has at most `limitBytes` of UTF-8, never inside a code point.
 * @param limitBytes - ≥ 4
 */
export function splitAtCodePoints(text: string, limitBytes: number): string[] {
  if (text.length * 3 <= limitBytes || encoder.encode(text).length <= limitBytes) return [text];
  const pieces: string[] = [];
  let start = 0;
  let pieceBytes = 0;
  let position = 0;
  for (const char of text) {
    const charBytes = utf8Bytes(char.codePointAt(0) ?? 0);
    if (pieceBytes + charBytes > limitBytes) {
      pieces.push(text.slice(start, position));
      start = position;
      pieceBytes = 0;
    }
    pieceBytes += charBytes;
    position += char.length;
  }
  pieces.push(text.slice(start));
  return pieces;
}

function utf8Bytes(codePoint: number): number {
  if (codePoint < 0x80) return 1;
  if (codePoint < 0x800) return 2;
  return codePoint < 0x1_0000 ? 3 : 4;
}
