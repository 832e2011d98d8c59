// The STUN message filter: accepts datagrams whose integrity covers everything they say, and whose parsing cost is
// proportional to their size. This file only parses; the caller checks the MESSAGE-INTEGRITY itself. RFC 8489 §5,
// §14.5; RFC 7983 §7.
import { toHex } from "../lib/bytes.ts";

export type StunClass = "request" | "indication" | "response" | "error";

const CLASSES: Readonly<Record<number, StunClass>> = {
  0x0000: "request",
  0x0010: "indication",
  0x0100: "response",
  0x0110: "error",
};
const CLASS_MASK = 0x0110;
/** The second word of every STUN message. RFC 8489 §5 */
export const MAGIC_COOKIE = 0x2112a442;
const HEADER_BYTES = 20;
const ATTRIBUTE_HEADER_BYTES = 4;
const MESSAGE_INTEGRITY = 0x0008;
const ERROR_CODE = 0x0009;
const DATA = 0x0013;
/** XOR-PEER-ADDRESS, XOR-RELAYED-ADDRESS, XOR-MAPPED-ADDRESS. RFC 8656 §18, RFC 8489 §14.2. */
const XOR_ADDRESSES: readonly number[] = [0x0012, 0x0016, 0x0020];
/** Value lengths in bytes with an IPv4 and with an IPv6 address. */
const ADDRESS_BYTES: readonly number[] = [8, 20];
/** Largest message without the relayed datagram in it: nonce, realm and software have at most 763 bytes each. */
export const MAX_STUN_BYTES = 4_096;
/** No real message has more. */
export const MAX_STUN_ATTRIBUTES = 32;
const FINGERPRINT = 0x8028;
/** MESSAGE-INTEGRITY-SHA256 and FINGERPRINT: the only attributes that may follow MESSAGE-INTEGRITY. */
const MAY_FOLLOW: readonly number[] = [0x001c, FINGERPRINT];
/** The first byte of a STUN message; of a DTLS record it is 20 … 63. */
const FIRST_BYTE_LIMIT = 4;

/** One attribute of a message: where its value begins, and how long it is. */
interface Attribute {
  type: number;
  begin: number;
  length: number;
}

/** Whether a datagram is STUN by its first byte, among DTLS and RTP on the same port. RFC 7983 §7 */
export function mayBeStun(datagram: Uint8Array): boolean {
  const [first] = datagram;
  return first !== undefined && first < FIRST_BYTE_LIMIT;
}

/**
 * @returns the class of the message; undefined when it is not a STUN message, when nobody would send it (see
 * `isModestStun`), and when it has content after its MESSAGE-INTEGRITY: anybody who saw the message could have added
 * that
 */
export function stunClassOf(datagram: Uint8Array): StunClass | undefined {
  if (!mayBeStun(datagram)) return undefined;
  const attributes = attributesOf(datagram);
  if (attributes === undefined || !areModest(attributes)) return undefined;
  const sealedAt = attributes.findIndex(({ type }) => type === MESSAGE_INTEGRITY);
  if (sealedAt >= 0 && attributes.slice(sealedAt + 1).some(({ type }) => !MAY_FOLLOW.includes(type))) return undefined;
  return CLASSES[viewOf(datagram).getUint16(0) & CLASS_MASK];
}

/**
 * Whether a STUN message is whole and of a size and form that a STUN or TURN server sends: at most `MAX_STUN_BYTES`
 * without the datagram in it, at most `MAX_STUN_ATTRIBUTES`, and addresses of a valid length. This protects readers
 * whose cost is more than linear in the message length, such as werift's for addresses and fingerprints.
 */
export function isModestStun(message: Uint8Array): boolean {
  const attributes = attributesOf(message);
  return attributes !== undefined && areModest(attributes);
}

function areModest(attributes: readonly Attribute[]): boolean {
  // Thousands of fingerprints in one datagram would each be computed over all before (RFC 8489 §14.7: it is the last).
  const fingerprintAt = attributes.findIndex(({ type }) => type === FINGERPRINT);
  if (fingerprintAt >= 0 && fingerprintAt < attributes.length - 1) return false;
  let bytes = HEADER_BYTES;
  for (const { type, length } of attributes) {
    if (type !== DATA) bytes += ATTRIBUTE_HEADER_BYTES + length;
    if (XOR_ADDRESSES.includes(type) && !ADDRESS_BYTES.includes(length)) return false;
  }
  return bytes <= MAX_STUN_BYTES;
}

/** An error response. RFC 8489 §14.8 */
export interface StunError {
  /** Transaction id as hexadecimal text. */
  transactionId: string;
  /** 300 … 699; undefined when the response contains no error code. */
  status: number | undefined;
}

/** @returns undefined when the message is not an error response */
export function readStunError(message: Uint8Array): StunError | undefined {
  const attributes = attributesOf(message);
  if (attributes === undefined || CLASSES[viewOf(message).getUint16(0) & CLASS_MASK] !== "error") return undefined;
  const code = attributes.find(({ type, length }) => type === ERROR_CODE && length >= 4);
  const status =
    code === undefined ? 0 : (message[code.begin + 2] as number) * 100 + (message[code.begin + 3] as number);
  const isKnown = status >= 300 && status <= 699;
  return { transactionId: toHex(message.subarray(8, HEADER_BYTES)), status: isKnown ? status : undefined };
}

function viewOf(message: Uint8Array): DataView {
  return new DataView(message.buffer, message.byteOffset, message.length);
}

/** @returns undefined when it is not a whole STUN message, or has more attributes than any real one */
function attributesOf(message: Uint8Array): Attribute[] | undefined {
  if (message.length < HEADER_BYTES) return undefined;
  const view = viewOf(message);
  const isWhole = view.getUint16(2) === message.length - HEADER_BYTES && view.getUint32(4) === MAGIC_COOKIE;
  if (!isWhole) return undefined;
  const attributes: Attribute[] = [];
  let offset = HEADER_BYTES;
  while (offset + ATTRIBUTE_HEADER_BYTES <= message.length) {
    if (attributes.length === MAX_STUN_ATTRIBUTES) return undefined;
    const length = view.getUint16(offset + 2);
    const begin = offset + ATTRIBUTE_HEADER_BYTES;
    attributes.push({ type: view.getUint16(offset), begin, length });
    offset = begin + Math.ceil(length / 4) * 4;
  }
  return offset === message.length ? attributes : undefined;
}
