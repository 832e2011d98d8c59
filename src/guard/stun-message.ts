// Which datagrams have the form of a STUN message whose integrity covers all that it says. Only parsing; whoever
// calls checks the MESSAGE-INTEGRITY itself. RFC 8489 §5, §14.5; RFC 7983 §7.

export type StunClass = "request" | "indication" | "response" | "error";

const CLASSES: Readonly<Record<number, StunClass>> = {
  0x0000: "request",
  0x0010: "indication",
  0x0100: "response",
  0x0110: "error",
};
const CLASS_MASK = 0x0110;
const MAGIC_COOKIE = 0x2112a442;
const HEADER_BYTES = 20;
const ATTRIBUTE_HEADER_BYTES = 4;
const MESSAGE_INTEGRITY = 0x0008;
/** MESSAGE-INTEGRITY-SHA256 and FINGERPRINT: the only attributes that may follow MESSAGE-INTEGRITY. */
const MAY_FOLLOW: readonly number[] = [0x001c, 0x8028];
/** The first byte of a STUN message; of a DTLS record it is 20 … 63. */
const FIRST_BYTE_LIMIT = 4;

export function mayBeStun(datagram: Uint8Array): boolean {
  const [first] = datagram;
  return first !== undefined && first < FIRST_BYTE_LIMIT;
}

/**
 * @returns the class of the message; undefined for what is no STUN message, and for one that says something behind
 *   its MESSAGE-INTEGRITY: whoever saw the message could have added it
 */
export function stunClassOf(datagram: Uint8Array): StunClass | undefined {
  if (!mayBeStun(datagram) || datagram.length < HEADER_BYTES) return undefined;
  const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.length);
  const isWhole = view.getUint16(2) === datagram.length - HEADER_BYTES && view.getUint32(4) === MAGIC_COOKIE;
  if (!isWhole) return undefined;
  let isSealed = false;
  let offset = HEADER_BYTES;
  while (offset + ATTRIBUTE_HEADER_BYTES <= datagram.length) {
    const type = view.getUint16(offset);
    if (isSealed && !MAY_FOLLOW.includes(type)) return undefined;
    isSealed ||= type === MESSAGE_INTEGRITY;
    offset += ATTRIBUTE_HEADER_BYTES + Math.ceil(view.getUint16(offset + 2) / 4) * 4;
  }
  return offset === datagram.length ? CLASSES[view.getUint16(0) & CLASS_MASK] : undefined;
}
