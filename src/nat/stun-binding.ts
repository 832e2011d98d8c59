// Codec for STUN and TURN requests and responses, used to examine what a network does to them. RFC 8489 §5, §14;
// RFC 5780 §7 (CHANGE-REQUEST, OTHER-ADDRESS). The responses are unauthenticated and therefore untrusted.
import { toHex } from "../lib/bytes.ts";
import type { Endpoint } from "./mapping.ts";

const BINDING_REQUEST = 0x0001;
const BINDING_RESPONSE = 0x0101;
const ALLOCATE_REQUEST = 0x0003;
const MAGIC_COOKIE = 0x2112a442;
const HEADER_BYTES = 20;
const ATTRIBUTE_HEADER_BYTES = 4;
export const TRANSACTION_ID_BYTES = 12;

const MAPPED_ADDRESS = 0x0001;
const CHANGE_REQUEST = 0x0003;
const XOR_MAPPED_ADDRESS = 0x0020;
const OTHER_ADDRESS = 0x802c;
const REQUESTED_TRANSPORT = 0x0019;
const UDP = 17;
const CHANGE_ADDRESS_FLAG = 4;
const CHANGE_PORT_FLAG = 2;
const FAMILY_IPV4 = 1;
const FAMILY_IPV6 = 2;

/** The part of its own address that the server is asked to change for the answer. */
export type Change = "port" | "address-and-port";

export interface BindingAnswer {
  /** Our address as the server sees it. */
  readonly mapped: Endpoint;
  /** The server's alternate address; only a server that has one can answer from elsewhere. */
  readonly other: Endpoint | undefined;
}

/** @param transactionId - 12 random bytes */
export function encodeBindingRequest(transactionId: Uint8Array, change?: Change): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + (change === undefined ? 0 : 8));
  const view = new DataView(bytes.buffer);
  view.setUint16(0, BINDING_REQUEST);
  view.setUint16(2, bytes.length - HEADER_BYTES);
  view.setUint32(4, MAGIC_COOKIE);
  bytes.set(transactionId, 8);
  if (change !== undefined) {
    view.setUint16(20, CHANGE_REQUEST);
    view.setUint16(22, 4);
    view.setUint32(24, change === "port" ? CHANGE_PORT_FLAG : CHANGE_ADDRESS_FLAG | CHANGE_PORT_FLAG);
  }
  return bytes;
}

/**
 * An Allocate request without user and password: every TURN server refuses it, which shows that it is reachable.
 * RFC 8656 §7.1
 */
export function encodeAllocateRequest(transactionId: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + 8);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, ALLOCATE_REQUEST);
  view.setUint16(2, 8);
  view.setUint32(4, MAGIC_COOKIE);
  bytes.set(transactionId, 8);
  view.setUint16(20, REQUESTED_TRANSPORT);
  view.setUint16(22, 4);
  view.setUint8(24, UDP);
  return bytes;
}

/** @returns the transaction id of a STUN message as text; undefined when it is not a STUN message */
export function transactionOf(message: Uint8Array): string | undefined {
  if (message.length < HEADER_BYTES) return undefined;
  const view = new DataView(message.buffer, message.byteOffset, message.length);
  if (view.getUint32(4) !== MAGIC_COOKIE) return undefined;
  return toHex(message.subarray(8, HEADER_BYTES));
}

/** @returns undefined for everything that is not a response with an address in it */
export function decodeBindingAnswer(datagram: Uint8Array): BindingAnswer | undefined {
  if (datagram.length < HEADER_BYTES) return undefined;
  const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.length);
  const isAnswer = view.getUint16(0) === BINDING_RESPONSE && view.getUint32(4) === MAGIC_COOKIE;
  if (!isAnswer || view.getUint16(2) !== datagram.length - HEADER_BYTES) return undefined;
  const found = new Map<number, Endpoint>();
  let offset = HEADER_BYTES;
  while (offset + ATTRIBUTE_HEADER_BYTES <= datagram.length) {
    const type = view.getUint16(offset);
    const length = view.getUint16(offset + 2);
    const begin = offset + ATTRIBUTE_HEADER_BYTES;
    if (begin + length > datagram.length) return undefined;
    const endpoint = readEndpoint(datagram, begin, length, type === XOR_MAPPED_ADDRESS);
    if (endpoint !== undefined && !found.has(type)) found.set(type, endpoint);
    offset = begin + Math.ceil(length / 4) * 4;
  }
  // Pre-RFC 5389 servers send only MAPPED-ADDRESS.
  const mapped = found.get(XOR_MAPPED_ADDRESS) ?? found.get(MAPPED_ADDRESS);
  if (mapped === undefined) return undefined;
  return { mapped, other: found.get(OTHER_ADDRESS) };
}

function readEndpoint(datagram: Uint8Array, begin: number, length: number, isXored: boolean): Endpoint | undefined {
  const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.length);
  const family = length < 8 ? 0 : view.getUint8(begin + 1);
  const addressBytes = family === FAMILY_IPV4 ? 4 : family === FAMILY_IPV6 ? 16 : 0;
  if (addressBytes === 0 || length !== addressBytes + 4) return undefined;
  // The XOR mask: the cookie, then the transaction id, in header order.
  const octets = Array.from({ length: addressBytes }, (_, index) => {
    const octet = view.getUint8(begin + 4 + index);
    return isXored ? octet ^ view.getUint8(4 + index) : octet;
  });
  const port = view.getUint16(begin + 2) ^ (isXored ? MAGIC_COOKIE >>> 16 : 0);
  return { address: addressBytes === 4 ? octets.join(".") : ipv6Text(octets), port };
}

/** The first of the longest runs of two or more zero groups is omitted. RFC 5952 §4 */
function ipv6Text(octets: readonly number[]): string {
  const groups = Array.from({ length: 8 }, (_, index) => (octets[index * 2] ?? 0) * 256 + (octets[index * 2 + 1] ?? 0));
  const text = (some: readonly number[]): string => some.map((group) => group.toString(16)).join(":");
  const zeroCounts = groups.map((_, begin) => {
    const count = groups.slice(begin).findIndex((group) => group !== 0);
    return count === -1 ? groups.length - begin : count;
  });
  const longest = Math.max(...zeroCounts);
  if (longest < 2) return text(groups);
  const begin = zeroCounts.indexOf(longest);
  return `${text(groups.slice(0, begin))}::${text(groups.slice(begin + longest))}`;
}
