// Reassembly of DTLS handshake messages from fragments, and a pool of messages that may belong to a flight: whatever is
// lost, repeated, reordered or forged in transit, each whole message is passed on, and none replaces another. Before
// there are keys anybody can send fragments and messages in the peer's name, so nothing here decides which of them are
// the peer's. Everything that is kept is bounded in bytes. RFC 6347 §4.2.2, §4.2.3.

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
/** A certificate chain fits; anything larger is not a handshake message. */
const MAX_MESSAGE_BYTES = 16_384;
/** Each side of a handshake sends fewer than ten messages. */
const MAX_SEQUENCE = 31;
/** No implementation sends more fragments in one record, and each may demand a large buffer. */
const MAX_FRAGMENTS = 8;
/** Limit for all partial messages together, in bytes; the oldest is evicted, and returns when it is retransmitted. */
export const MAX_PARTIAL_BYTES = 131_072;
/** Limit for all messages in a pool together, in bytes. */
export const MAX_POOL_BYTES = 65_536;
/** Limit for different messages of one type in a pool. */
export const MAX_RIVALS = 4;

interface Fragment extends HandshakeMessage {
  totalBytes: number;
  offset: number;
}

/** Cuts the plaintext of a handshake record into fragments. The first invalid one ends it. */
function splitFragments(plaintext: Uint8Array): Fragment[] {
  const fragments: Fragment[] = [];
  const view = new DataView(plaintext.buffer, plaintext.byteOffset, plaintext.length);
  let start = 0;
  while (start + HEADER_BYTES <= plaintext.length && fragments.length < MAX_FRAGMENTS) {
    const totalBytes = uint24(view, start + 1);
    const sequence = view.getUint16(start + 4);
    const offset = uint24(view, start + 6);
    const fragmentBytes = uint24(view, start + 9);
    const end = start + HEADER_BYTES + fragmentBytes;
    if (end > plaintext.length || offset + fragmentBytes > totalBytes || totalBytes > MAX_MESSAGE_BYTES) break;
    if (sequence > MAX_SEQUENCE) break;
    const body = plaintext.subarray(start + HEADER_BYTES, end);
    fragments.push({ type: view.getUint8(start), sequence, totalBytes, offset, body });
    start = end;
  }
  return fragments;
}

interface Partial {
  type: number;
  sequence: number;
  body: Uint8Array;
  /** One flag per byte, because fragments may overlap. */
  has: Uint8Array;
  missingBytes: number;
}

/** Reassembles messages from fragments. Fragments that contradict each other yield different messages. */
export class HandshakeReassembly {
  /** Oldest first. */
  #partials: Partial[] = [];
  #keptBytes = 0;

  /** Bytes of all partial messages. */
  get keptBytes(): number {
    return this.#keptBytes;
  }

  /**
   * @returns the messages that this record completes, in the order of their fragments; repeated ones are returned again
   */
  handle(plaintext: Uint8Array): HandshakeMessage[] {
    return splitFragments(plaintext).flatMap((fragment) => this.#add(fragment));
  }

  #add(fragment: Fragment): HandshakeMessage[] {
    const { type, sequence, totalBytes, body } = fragment;
    // The record's buffer belongs to the caller, and a slice of a Node buffer is not a copy.
    if (body.length === totalBytes) return [{ type, sequence, body: new Uint8Array(body) }];
    if (body.length === 0) return [];
    const agreeing = this.#partials.filter((partial) => agrees(partial, fragment));
    if (agreeing.length === 0) agreeing.push(this.#open(fragment));
    for (const partial of agreeing) fill(partial, fragment);
    const whole = agreeing.filter(({ missingBytes }) => missingBytes === 0);
    this.#drop(whole);
    return whole.map((partial) => ({ type, sequence, body: partial.body }));
  }

  #open({ type, sequence, totalBytes }: Fragment): Partial {
    const body = new Uint8Array(totalBytes);
    const partial = { type, sequence, body, has: new Uint8Array(totalBytes), missingBytes: totalBytes };
    this.#partials.push(partial);
    this.#keptBytes += sizeOf(partial);
    while (this.#keptBytes > MAX_PARTIAL_BYTES) this.#drop(this.#partials.slice(0, 1));
    return partial;
  }

  #drop(dropped: readonly Partial[]): void {
    for (const partial of dropped) this.#keptBytes -= sizeOf(partial);
    this.#partials = this.#partials.filter((partial) => !dropped.includes(partial));
  }
}

/** Whether both belong to the same message, as far as their headers show. */
function agrees(partial: Partial, { type, sequence, totalBytes, offset, body }: Fragment): boolean {
  if (partial.type !== type || partial.sequence !== sequence || partial.body.length !== totalBytes) return false;
  return body.every((byte, index) => partial.has[offset + index] === 0 || partial.body[offset + index] === byte);
}

function fill(partial: Partial, { offset, body }: Fragment): void {
  partial.body.set(body, offset);
  for (let index = offset; index < offset + body.length; index += 1) {
    if (partial.has[index] === 0) partial.missingBytes -= 1;
    partial.has[index] = 1;
  }
}

/** The size of a partial message in bytes, bookkeeping included. */
function sizeOf({ body }: Partial): number {
  return 2 * body.length + PARTIAL_OVERHEAD_BYTES;
}

const PARTIAL_OVERHEAD_BYTES = 256;

/** A message in a pool. */
export interface PooledMessage extends HandshakeMessage {
  /** Unique among all messages that were ever in the pool. */
  id: number;
}

/** The whole messages that may belong to the awaited flight, including rivals for the same place. */
export class MessagePool {
  /** Oldest first. */
  #messages: PooledMessage[] = [];
  #keptBytes = 0;
  #nextId = 0;

  get keptBytes(): number {
    return this.#keptBytes;
  }

  /**
   * Keeps a message. When there are too many, the oldest of its type is evicted, then the oldest of all.
   * @returns false when an identical message is already in the pool
   */
  add({ type, sequence, body }: HandshakeMessage): boolean {
    const sameType = this.#messages.filter((message) => message.type === type);
    if (sameType.some((message) => message.sequence === sequence && isEqual(message.body, body))) return false;
    const [oldest] = sameType;
    if (oldest !== undefined && sameType.length >= MAX_RIVALS) this.#drop(oldest);
    this.#messages.push({ id: this.#nextId, type, sequence, body });
    this.#nextId += 1;
    this.#keptBytes += body.length;
    while (this.#keptBytes > MAX_POOL_BYTES) {
      const [first] = this.#messages;
      if (first === undefined) break;
      this.#drop(first);
    }
    return true;
  }

  #drop(dropped: PooledMessage): void {
    this.#messages = this.#messages.filter((message) => message !== dropped);
    this.#keptBytes -= dropped.body.length;
  }

  /** The messages of a type, newest first. */
  of(type: number): PooledMessage[] {
    return this.#messages.filter((message) => message.type === type).reverse();
  }

  /** The messages of a type at one place of the flight, newest first. */
  at(type: number, sequence: number): PooledMessage[] {
    return this.of(type).filter((message) => message.sequence === sequence);
  }

  clear(): void {
    this.#messages = [];
    this.#keptBytes = 0;
  }
}

/** Whether two byte strings are equal. Not for secrets: it stops at the first difference. */
export function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index += 1) if (a[index] !== b[index]) return false;
  return true;
}

/** A whole message as it appears in the transcript: with its header, as one fragment. RFC 6347 §4.2.6. */
export function serializeMessage({ type, sequence, body }: HandshakeMessage): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, type);
  view.setUint16(4, sequence);
  for (const at of [1, 9]) {
    view.setUint8(at, body.length >> 16);
    view.setUint16(at + 1, body.length & 0xffff);
  }
  bytes.set(body, HEADER_BYTES);
  return bytes;
}

function uint24(view: DataView, offset: number): number {
  return view.getUint8(offset) * 2 ** 16 + view.getUint16(offset + 1);
}
