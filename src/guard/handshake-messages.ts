// DTLS handshake messages out of their fragments, and flights out of messages: whatever is lost, repeated or
// reordered on the way, a flight is handed on once, whole and in order. RFC 6347 §4.2.2, §4.2.3.

export const HandshakeType = {
  CLIENT_HELLO: 1,
  SERVER_HELLO: 2,
  HELLO_VERIFY_REQUEST: 3,
  CERTIFICATE: 11,
  SERVER_KEY_EXCHANGE: 12,
  CERTIFICATE_REQUEST: 13,
  SERVER_HELLO_DONE: 14,
  CERTIFICATE_VERIFY: 15,
  CLIENT_KEY_EXCHANGE: 16,
  FINISHED: 20,
} as const;

/** A whole message. */
export interface HandshakeMessage {
  type: number;
  /** message_seq, 0 … 65,535. */
  sequence: number;
  body: Uint8Array;
}

const HEADER_BYTES = 12;
/** A chain of certificates fits; more is not a handshake. */
const MAX_MESSAGE_BYTES = 32_768;
/** Messages that are incomplete or ahead of their turn. */
const MAX_PENDING_MESSAGES = 16;

interface Fragment extends HandshakeMessage {
  totalBytes: number;
  offset: number;
}

/** Cuts the plaintext of a handshake record into fragments. Anything senseless ends it. */
function splitFragments(plaintext: Uint8Array): Fragment[] {
  const fragments: Fragment[] = [];
  const view = new DataView(plaintext.buffer, plaintext.byteOffset, plaintext.length);
  let start = 0;
  while (start + HEADER_BYTES <= plaintext.length) {
    const totalBytes = uint24(view, start + 1);
    const offset = uint24(view, start + 6);
    const fragmentBytes = uint24(view, start + 9);
    const end = start + HEADER_BYTES + fragmentBytes;
    if (end > plaintext.length || offset + fragmentBytes > totalBytes || totalBytes > MAX_MESSAGE_BYTES) break;
    fragments.push({
      type: view.getUint8(start),
      sequence: view.getUint16(start + 4),
      totalBytes,
      offset,
      body: plaintext.subarray(start + HEADER_BYTES, end),
    });
    start = end;
  }
  return fragments;
}

interface Partial {
  type: number;
  body: Uint8Array;
  /** One flag a byte: fragments may overlap. */
  has: Uint8Array;
  missingBytes: number;
}

/** Puts fragments together. Bounded: what does not fit is dropped, and comes again by retransmission. */
export class HandshakeReassembly {
  readonly #partials = new Map<number, Partial>();

  /** @returns the messages that this record completes, in the order of their fragments; repeated ones again */
  handle(plaintext: Uint8Array): HandshakeMessage[] {
    const messages: HandshakeMessage[] = [];
    for (const fragment of splitFragments(plaintext)) {
      const message = this.#add(fragment);
      if (message !== undefined) messages.push(message);
    }
    return messages;
  }

  #add({ type, sequence, totalBytes, offset, body }: Fragment): HandshakeMessage | undefined {
    // The record's buffer is not ours to keep.
    if (body.length === totalBytes) return { type, sequence, body: body.slice() };
    let partial = this.#partials.get(sequence);
    if (partial === undefined || partial.type !== type || partial.body.length !== totalBytes) {
      if (this.#partials.size >= MAX_PENDING_MESSAGES) return undefined;
      partial = { type, body: new Uint8Array(totalBytes), has: new Uint8Array(totalBytes), missingBytes: totalBytes };
      this.#partials.set(sequence, partial);
    }
    partial.body.set(body, offset);
    for (let index = offset; index < offset + body.length; index += 1) {
      if (partial.has[index] === 0) partial.missingBytes -= 1;
      partial.has[index] = 1;
    }
    if (partial.missingBytes > 0) return undefined;
    this.#partials.delete(sequence);
    return { type, sequence, body: partial.body };
  }
}

/** Collects one flight: from a message of the first type to one of the last, with nothing missing between. */
export class FlightCollector {
  readonly #firstType: number;
  readonly #lastType: number;
  readonly #pending = new Map<number, HandshakeMessage>();

  constructor(firstType: number, lastType: number) {
    this.#firstType = firstType;
    this.#lastType = lastType;
  }

  /** @returns the flight in order once it is complete; forgets it then */
  handle(message: HandshakeMessage): HandshakeMessage[] | undefined {
    if (!this.#pending.has(message.sequence) && this.#pending.size >= MAX_PENDING_MESSAGES) return undefined;
    this.#pending.set(message.sequence, message);
    const ordered = [...this.#pending.values()].sort((a, b) => a.sequence - b.sequence);
    const start = ordered.findIndex(({ type }) => type === this.#firstType);
    const end = ordered.findLastIndex(({ type }) => type === this.#lastType);
    const first = ordered[start];
    const last = ordered[end];
    if (first === undefined || last === undefined || last.sequence - first.sequence !== end - start) return undefined;
    this.#pending.clear();
    return ordered.slice(start, end + 1);
  }
}

function uint24(view: DataView, offset: number): number {
  return view.getUint8(offset) * 2 ** 16 + view.getUint16(offset + 1);
}
