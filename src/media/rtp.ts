// RTP packets: the fixed header, what may stand between it and the payload, and padding. RFC 3550 §5.1, §5.3.1. Nothing of
// contributing sources and header extensions is used; they are measured and passed over.

const VERSION = 2;
export const RTP_HEADER_BYTES = 12;
const EXTENSION_HEADER_BYTES = 4;

export interface RtpPacket {
  /** On the last packet of a video frame. */
  readonly isMarked: boolean;
  /** 0 … 127. */
  readonly payloadType: number;
  /** 16 bits. */
  readonly sequence: number;
  /** 32 bits, in units of the clock rate. */
  readonly timestamp: number;
  readonly ssrc: number;
  /** Padding left out; may be empty. A view of the packet. */
  readonly payload: Uint8Array;
}

/**
 * The length of everything before the payload, for SRTP: of what is not authenticated yet, these are the only fields read.
 * @returns undefined: not RTP, or cut off
 */
export function rtpHeaderBytes(packet: Uint8Array): number | undefined {
  const [first = 0] = packet;
  if (packet.length < RTP_HEADER_BYTES || first >> 6 !== VERSION) return undefined;
  let length = RTP_HEADER_BYTES + (first & 0x0f) * 4;
  if ((first & 0x10) !== 0) {
    if (length + EXTENSION_HEADER_BYTES > packet.length) return undefined;
    length += EXTENSION_HEADER_BYTES + u16(packet, length + 2) * 4;
  }
  return length <= packet.length ? length : undefined;
}

/** @param packet - at least the fixed header, as `rtpHeaderBytes` has found */
export function rtpSsrc(packet: Uint8Array): number {
  return u32(packet, 8);
}

/** @param packet - as for `rtpSsrc` */
export function rtpSequence(packet: Uint8Array): number {
  return u16(packet, 2);
}

/** @param packet - as for `rtpSsrc` */
export function rtpPayloadType(packet: Uint8Array): number {
  return (packet[1] ?? 0) & 0x7f;
}

/**
 * The sequence number that our streams begin with: as random as their SSRC, and known to a receiver of ours, which notices
 * by it that the first packet was lost. In the lower half, since the receiver has to guess how often a stream that begins
 * shortly before a wrap has wrapped (RFC 3711 §3.3.1).
 */
export function firstSequenceOf(ssrc: number): number {
  return ssrc % 2 ** 15;
}

/** @returns undefined: malformed */
export function decodeRtp(packet: Uint8Array): RtpPacket | undefined {
  const start = rtpHeaderBytes(packet);
  if (start === undefined) return undefined;
  const [first = 0, second = 0] = packet;
  let end = packet.length;
  if ((first & 0x20) !== 0) {
    const padding = packet[end - 1] ?? 0;
    if (padding === 0 || padding > end - start) return undefined;
    end -= padding;
  }
  return {
    isMarked: second >= 0x80,
    payloadType: rtpPayloadType(packet),
    sequence: rtpSequence(packet),
    timestamp: u32(packet, 4),
    ssrc: rtpSsrc(packet),
    payload: packet.subarray(start, end),
  };
}

/** @returns the packet without header extensions and padding. RFC 3550 §5.1 */
export function encodeRtp({ isMarked, payloadType, sequence, timestamp, ssrc, payload }: RtpPacket): Uint8Array {
  const packet = new Uint8Array(RTP_HEADER_BYTES + payload.length);
  const view = new DataView(packet.buffer);
  view.setUint8(0, VERSION << 6);
  view.setUint8(1, (isMarked ? 0x80 : 0) | payloadType);
  view.setUint16(2, sequence);
  view.setUint32(4, timestamp);
  view.setUint32(8, ssrc);
  packet.set(payload, RTP_HEADER_BYTES);
  return packet;
}

function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

function u32(bytes: Uint8Array, at: number): number {
  return ((u16(bytes, at) << 16) | u16(bytes, at + 2)) >>> 0;
}
