// The Data Channel Establishment Protocol (DCEP): its two messages, encoded and decoded. RFC 8832 §5.

const DATA_CHANNEL_ACK = 0x02;
const DATA_CHANNEL_OPEN = 0x03;
const OPEN_HEADER_BYTES = 12;
const UNORDERED_BIT = 0x80;
const PARTIAL_RELIABLE_REXMIT = 0x01;
const PARTIAL_RELIABLE_TIMED = 0x02;

export interface DcepOpen {
  label: string;
  protocol: string;
  ordered: boolean;
  /** At most one of the two is set; with neither the channel is reliable. */
  maxRetransmits?: number;
  maxPacketLifeTimeMs?: number;
  /** RFC 8831 §6.4: 128 below normal, 256 normal, 512 high, 1024 extra high; many stacks send 0. */
  priority: number;
}

export type DcepMessage = ({ type: "open" } & DcepOpen) | { type: "ack" };

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** @throws RangeError when label or protocol is longer than 65,535 bytes of UTF-8 */
export function encodeDcepOpen(open: DcepOpen): Uint8Array<ArrayBuffer> {
  const label = encoder.encode(open.label);
  const protocol = encoder.encode(open.protocol);
  if (label.length > 0xffff || protocol.length > 0xffff) {
    throw new RangeError(`Cannot open a channel as its label or protocol must be at most 65535 bytes of UTF-8`);
  }
  const bytes = new Uint8Array(OPEN_HEADER_BYTES + label.length + protocol.length);
  const view = new DataView(bytes.buffer);
  let channelType = open.ordered ? 0 : UNORDERED_BIT;
  if (open.maxRetransmits !== undefined) channelType |= PARTIAL_RELIABLE_REXMIT;
  else if (open.maxPacketLifeTimeMs !== undefined) channelType |= PARTIAL_RELIABLE_TIMED;
  view.setUint8(0, DATA_CHANNEL_OPEN);
  view.setUint8(1, channelType);
  view.setUint16(2, open.priority);
  view.setUint32(4, open.maxRetransmits ?? open.maxPacketLifeTimeMs ?? 0);
  view.setUint16(8, label.length);
  view.setUint16(10, protocol.length);
  bytes.set(label, OPEN_HEADER_BYTES);
  bytes.set(protocol, OPEN_HEADER_BYTES + label.length);
  return bytes;
}

/** DATA_CHANNEL_ACK: one byte. RFC 8832 §5.2 */
export function encodeDcepAck(): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(DATA_CHANNEL_ACK);
}

/** @returns undefined for anything that is not one whole DCEP message, unknown channel types included */
export function decodeDcep(bytes: Uint8Array): DcepMessage | undefined {
  if (bytes[0] === DATA_CHANNEL_ACK) return { type: "ack" };
  if (bytes[0] !== DATA_CHANNEL_OPEN || bytes.length < OPEN_HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const channelType = view.getUint8(1);
  const reliability = channelType & ~UNORDERED_BIT;
  if (reliability > PARTIAL_RELIABLE_TIMED) return undefined;
  const parameter = view.getUint32(4);
  const labelEnd = OPEN_HEADER_BYTES + view.getUint16(8);
  const protocolEnd = labelEnd + view.getUint16(10);
  if (protocolEnd > bytes.length) return undefined;
  return {
    type: "open",
    label: decoder.decode(bytes.subarray(OPEN_HEADER_BYTES, labelEnd)),
    protocol: decoder.decode(bytes.subarray(labelEnd, protocolEnd)),
    ordered: (channelType & UNORDERED_BIT) === 0,
    priority: view.getUint16(2),
    ...(reliability === PARTIAL_RELIABLE_REXMIT ? { maxRetransmits: parameter } : {}),
    ...(reliability === PARTIAL_RELIABLE_TIMED ? { maxPacketLifeTimeMs: parameter } : {}),
  };
}
