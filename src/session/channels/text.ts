// The text channel: plain WebRTC strings, one message each, in both directions. It bounds the messages on the way to
// the peer, matches acknowledgements to them, and counts for the peer the messages that the reader here has taken. A
// text that is too long for one message travels in pieces, which a peer with the capability joins again: all but the
// last one are binary.
import type { Capability } from "../../control/capabilities.ts";
import type { MessageChannel } from "../../lib/message-channel.ts";

export interface TextProtocolEvents {
  /** @param onTaken - call it once when the reader has taken the text, in the order of the texts */
  onText: (text: string, onTaken: () => void) => void;
  onBinary: (bytes: number) => void;
  /** `takenCount` has increased. */
  onTaken: () => void;
  /** The peer has acknowledged a message of ours. */
  onAcknowledged: (text: string) => void;
  /** The peer has exceeded the window of a sender; later messages are dropped. Called once. */
  onFlood: () => void;
}

interface SentMessage {
  text: string;
  /** Acknowledged when the peer's count reaches this number. */
  count: number;
  resolve: () => void;
  reject: (reason: unknown) => void;
}

/** Limit of messages that a sender may have on the way (docs/control-protocol.md). A larger message is sent alone. */
export const WINDOW_MESSAGES = 128;
/** The limit for all messages on the way together: UTF-16 units of a string, bytes of a binary piece. */
export const WINDOW_UNITS = 1024 * 1024;
/** The capability in the hello of a side that joins pieces. */
export const TEXT_CAPABILITY = "long-text/1" satisfies Capability;
/** The longest text that travels as one, in UTF-16 units; each has at most three bytes. */
export const MAX_TEXT_UNITS = 1024 * 1024;
const MAX_JOINED_BYTES = 3 * MAX_TEXT_UNITS;
/** Limit of the pieces of one text: each costs memory and work beside its bytes, of which a side of ours sends 32 KiB. */
export const MAX_PIECES = 1_024;

export class TextProtocol {
  readonly #channel: MessageChannel;
  readonly #events: TextProtocolEvents;
  readonly #isBounded: boolean;
  #sent: SentMessage[] = [];
  /** Pieces of messages that are waiting for the window. */
  #waiting: (string | Uint8Array)[] = [];
  readonly #outgoing = new Window();
  /** Texts that the reader has not taken, and binary messages behind them. */
  readonly #incoming = new Window();
  /** For each of these, whether it is a text. */
  readonly #areTexts: boolean[] = [];
  /** Binary messages that are the start of a text, until its end arrives. */
  #pieces: Uint8Array[] = [];
  #piecesBytes = 0;
  /** Undefined: its hello has not come, and what it sends may be pieces. */
  #isPeerJoining: boolean | undefined;
  /** Count of the pieces of all messages so far, including waiting ones. */
  #queuedCount = 0;
  #receivedCount = 0;
  #isFlooded = false;
  #isDrainAwaited = false;
  #isHeld = false;

  /** @param isBounded - the peer respects the window; other WebRTC programs have none */
  constructor(channel: MessageChannel, isBounded: boolean, events: TextProtocolEvents) {
    this.#channel = channel;
    this.#isBounded = isBounded;
    if (!isBounded) this.#isPeerJoining = false;
    this.#events = events;
    channel.onMessage = (data) => {
      this.#handle(data);
    };
  }

  /** Takes from the peer's hello whether it joins the pieces of a text, and sends such pieces. Call it once. */
  handlePeer(isJoining: boolean): void {
    this.#isPeerJoining = isJoining;
    if (isJoining) return;
    const pieces = this.#pieces;
    this.#pieces = [];
    for (const { length } of pieces) this.#events.onBinary(length);
  }

  #handle(data: string | Uint8Array): void {
    if (this.#isFlooded) return;
    this.#receivedCount += 1;
    if (typeof data !== "string") {
      this.#handleBinary(data);
      return;
    }
    const text = this.#joined(data);
    if (text === undefined || !this.#arrives(data.length, true)) {
      this.#flood();
      return;
    }
    this.#pauseIfFull();
    this.#events.onText(text, () => {
      this.#take();
      if (!this.#isBounded && this.#incoming.hasRoom(0)) this.#channel.resume();
      this.#events.onTaken();
    });
  }

  #handleBinary(data: Uint8Array): void {
    const isPiece = this.#isPeerJoining !== false;
    if (isPiece) {
      this.#piecesBytes += data.length;
      this.#pieces.push(data);
    } else {
      this.#events.onBinary(data.length);
    }
    const isBeyond = this.#piecesBytes > MAX_JOINED_BYTES || this.#pieces.length > MAX_PIECES;
    const isTooMuch = isPiece && (isBeyond || data.length === 0);
    const isAcknowledged = this.#incoming.size === 0;
    if (isTooMuch || !(isAcknowledged || this.#arrives(isPiece ? data.length : 0, false))) this.#flood();
    else if (isAcknowledged) this.#events.onTaken();
    else this.#pauseIfFull();
  }

  /** For a peer without our window, the transport's flow control applies. */
  #pauseIfFull(): void {
    if (!this.#isBounded && !this.#incoming.hasRoom(0)) this.#channel.pause();
  }

  /** @returns false when the peer has exceeded its window */
  #arrives(units: number, isText: boolean): boolean {
    if (this.#isBounded && !this.#incoming.hasRoom(units)) return false;
    this.#incoming.add(units);
    this.#areTexts.push(isText);
    return true;
  }

  #take(): void {
    do {
      this.#incoming.remove();
      this.#areTexts.shift();
    } while (this.#areTexts[0] === false);
  }

  /** @returns the text that this string ends; undefined when it is too long, or no text */
  #joined(end: string): string | undefined {
    if (this.#pieces.length === 0) return end;
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    try {
      let text = "";
      for (const piece of this.#pieces) text += decoder.decode(piece, { stream: true });
      text += decoder.decode() + end;
      return text.length > MAX_TEXT_UNITS ? undefined : text;
    } catch {
      return undefined;
    } finally {
      this.#pieces = [];
      this.#piecesBytes = 0;
    }
  }

  #flood(): void {
    this.#isFlooded = true;
    this.#pieces = [];
    this.#events.onFlood();
  }

  /** Count of the peer's messages that are taken, with all before them: text by the reader, binary on arrival. */
  get takenCount(): number {
    return this.#receivedCount - this.#incoming.size;
  }

  /** Count of the own pieces sent since the session began: the peer may acknowledge that many. */
  get sentCount(): number {
    return this.#outgoing.removedCount + this.#outgoing.size;
  }

  /** Count of the own messages that are not acknowledged, including those that wait for the window. */
  get unacknowledgedCount(): number {
    return this.#sent.length;
  }

  /** Sends one text, split into several messages when it exceeds the peer's limit. Resolves when acknowledged. */
  send(text: string): Promise<void> {
    const pieces = this.#piecesOf(text);
    const acknowledged = new Promise<void>((resolve, reject) => {
      for (const piece of pieces) this.#waiting.push(piece);
      this.#queuedCount += pieces.length;
      this.#sent.push({ text, count: this.#queuedCount, resolve, reject });
      this.#fill();
    });
    if (!this.#isBounded) this.#acknowledgeWhenDrained();
    return acknowledged;
  }

  #piecesOf(text: string): (string | Uint8Array)[] {
    const limit = this.#channel.maxMessageBytes;
    if (this.#isPeerJoining !== true) return splitAtCodePoints(text, limit);
    return splitAtUnits(text, MAX_TEXT_UNITS).flatMap((part) =>
      splitAtCodePoints(part, limit).map((piece, at, { length }) =>
        at === length - 1 ? piece : encoder.encode(piece),
      ),
    );
  }

  /** Defers sending until the channel is released. */
  hold(): void {
    this.#isHeld = true;
  }

  /** Sends the deferred messages. */
  release(): void {
    this.#isHeld = false;
    this.#fill();
    if (!this.#isBounded) this.#acknowledgeWhenDrained();
  }

  #fill(): void {
    // A channel that the peer has closed would drop it in silence.
    if (this.#isHeld || !this.#channel.isOpen) return;
    let filled = 0;
    for (const piece of this.#waiting) {
      if (!this.#outgoing.hasRoom(piece.length)) break;
      this.#outgoing.add(piece.length);
      this.#channel.send(piece);
      filled += 1;
    }
    if (filled > 0) this.#waiting = this.#waiting.slice(filled);
  }

  /** The peer has taken `count` messages since the session began. */
  acknowledge(count: number): void {
    while (this.#outgoing.removedCount < count && this.#outgoing.size > 0) this.#outgoing.remove();
    while (this.#sent[0] !== undefined && this.#sent[0].count <= this.#outgoing.removedCount) {
      const message = this.#sent.shift();
      if (message === undefined) return;
      this.#events.onAcknowledged(message.text);
      message.resolve();
    }
    this.#fill();
  }

  /** Another WebRTC program acknowledges nothing itself: what its transport has acknowledged counts as received. */
  #acknowledgeWhenDrained(): void {
    if (this.#isDrainAwaited) return;
    this.#isDrainAwaited = true;
    this.#channel.whenDrained((isDrained) => {
      this.#isDrainAwaited = false;
      if (!isDrained) return;
      this.acknowledge(Number.MAX_SAFE_INTEGER);
      if (this.#outgoing.size > 0) this.#acknowledgeWhenDrained();
    });
  }

  /** Rejects the messages that were not acknowledged. */
  fail(reason: unknown): void {
    const unacknowledged = this.#sent;
    this.#sent = [];
    this.#waiting = [];
    for (const message of unacknowledged) message.reject(reason);
  }
}

/** The messages on the way in one direction: sent but not acknowledged, or received but not taken. */
class Window {
  #sizes: number[] = [];
  #units = 0;
  #removedCount = 0;

  get size(): number {
    return this.#sizes.length;
  }

  /** Count since the session began. */
  get removedCount(): number {
    return this.#removedCount;
  }

  hasRoom(units: number): boolean {
    if (this.#sizes.length === 0) return true;
    return this.#sizes.length < WINDOW_MESSAGES && this.#units + units <= WINDOW_UNITS;
  }

  add(units: number): void {
    this.#sizes.push(units);
    this.#units += units;
  }

  /** Removes the oldest message. */
  remove(): void {
    this.#units -= this.#sizes.shift() ?? 0;
    this.#removedCount += 1;
  }
}

const encoder = new TextEncoder();

/** Cuts a text so that each part has at most `limit` UTF-16 units, never inside a code point. */
function splitAtUnits(text: string, limit: number): string[] {
  const parts: string[] = [];
  for (let begin = 0; begin < text.length || parts.length === 0; ) {
    let end = begin + limit;
    const isInsidePair = end < text.length && (text.codePointAt(end - 1) ?? 0) > 0xffff;
    if (isInsidePair) end -= 1;
    parts.push(text.slice(begin, end));
    begin = end;
  }
  return parts;
}

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
