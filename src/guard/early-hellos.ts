// The DTLS hello of a peer that begins before its file has come here: a browser that answers sends it at once, again after
// 1 s, and then less and less often, up to a minute apart. What it sent last is kept until the handshake can begin with
// it. Only addresses that have shown that they know our file have a place, few of them, and each a few kilobytes: a hello is
// plaintext, so what is kept proves nothing and is worth no more than one that has just arrived. RFC 6347 §4.2.2, §4.2.4.
import { ContentType, splitRecords } from "./dtls-record.ts";
import { HandshakeType } from "./handshake-messages.ts";

/** Limit of addresses; the one that was silent for longest makes room. */
export const MAX_HELLO_ADDRESSES = 4;
/** Limit of one hello with all its fragments; both that are kept of an address, the last whole one and the next, in it. */
export const MAX_HELLO_BYTES = 2_048;
const HANDSHAKE_HEADER_BYTES = 12;

/** A part of a hello: the datagram, and which bytes of the message are in it. */
interface Part {
  offset: number;
  end: number;
  datagram: Uint8Array;
}

interface Place {
  /** The datagrams of the last whole hello. */
  whole: readonly Uint8Array[];
  /** Length of the message that is being collected. */
  totalBytes: number;
  parts: Part[];
}

export class EarlyHellos {
  /** By address; the most recently heard is last. */
  #places = new Map<string, Place>();

  /** Somebody who knows our file sends from this address. */
  noteAuthentic(key: string): void {
    const place = this.#places.get(key) ?? { whole: [], totalBytes: 0, parts: [] };
    this.#places.delete(key);
    this.#places.set(key, place);
    if (this.#places.size <= MAX_HELLO_ADDRESSES) return;
    const [silent] = this.#places.keys();
    if (silent !== undefined) this.#places.delete(silent);
  }

  /** A datagram that is not STUN. Anything but a part of a hello is ignored. @param datagram - not kept */
  handle(key: string, datagram: Uint8Array): void {
    const place = this.#places.get(key);
    if (place === undefined) return;
    const read = readPart(datagram);
    if (read === undefined) return;
    if (read.totalBytes !== place.totalBytes) place.parts = [];
    place.totalBytes = read.totalBytes;
    place.parts = [...place.parts.filter(({ offset }) => offset !== read.part.offset), read.part];
    if (bytesOf(place.parts) > MAX_HELLO_BYTES) place.parts = [];
    if (!isWhole(place)) return;
    place.whole = place.parts.map((part) => part.datagram);
    place.parts = [];
  }

  /** The datagrams of all whole hellos. Nothing is kept any more. */
  take(): Uint8Array[] {
    const hellos = [...this.#places.values()].flatMap(({ whole }) => whole);
    this.#places.clear();
    return hellos;
  }
}

/** @returns undefined unless every record of the datagram is a part of the same first hello */
function readPart(datagram: Uint8Array): { totalBytes: number; part: Part } | undefined {
  if (datagram.length > MAX_HELLO_BYTES) return undefined;
  let totalBytes: number | undefined;
  let offset = Number.POSITIVE_INFINITY;
  let end = 0;
  for (const { contentType, epoch, fragment } of splitRecords(datagram)) {
    if (contentType !== ContentType.HANDSHAKE || epoch !== 0 || fragment.length < HANDSHAKE_HEADER_BYTES)
      return undefined;
    const total = uint24(fragment, 1);
    const begin = uint24(fragment, 6);
    const isFirstHello = fragment[0] === HandshakeType.CLIENT_HELLO && fragment[4] === 0 && fragment[5] === 0;
    if (!isFirstHello || (totalBytes ?? total) !== total) return undefined;
    totalBytes = total;
    offset = Math.min(offset, begin);
    end = Math.max(end, begin + uint24(fragment, 9));
  }
  if (totalBytes === undefined || end > totalBytes) return undefined;
  return { totalBytes, part: { offset, end, datagram: Uint8Array.from(datagram) } };
}

function isWhole({ parts, totalBytes }: Place): boolean {
  let reached = 0;
  for (const { offset, end } of parts.toSorted((one, other) => one.offset - other.offset)) {
    if (offset > reached) return false;
    reached = Math.max(reached, end);
  }
  return reached === totalBytes;
}

function bytesOf(parts: readonly Part[]): number {
  return parts.reduce((sum, { datagram }) => sum + datagram.length, 0);
}

function uint24(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
}
