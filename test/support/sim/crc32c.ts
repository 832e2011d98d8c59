// CRC32c as tests compute it: one table, written apart from the engine's so that a mistake in either shows.
// RFC 9260 appendix A.

const CHECKSUM_OFFSET = 8;

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value;
});

/** Of an SCTP packet, its checksum field taken as zero. */
export function crc32c(packet: Uint8Array): number {
  let value = 0xffffffff;
  for (let index = 0; index < packet.length; index += 1) {
    const isChecksum = index >= CHECKSUM_OFFSET && index < CHECKSUM_OFFSET + 4;
    value = (value >>> 8) ^ (TABLE[(value ^ (isChecksum ? 0 : (packet[index] ?? 0))) & 0xff] ?? 0);
  }
  return ~value >>> 0;
}

/** Whether the packet says with a checksum what its bytes are. RFC 9653: zero says nothing. */
export function hasChecksum(packet: Uint8Array): boolean {
  return [0, 1, 2, 3].some((index) => packet[CHECKSUM_OFFSET + index] !== 0);
}

/** Writes the checksum, unless the packet does without. */
export function sealPacket(packet: Uint8Array): void {
  if (!hasChecksum(packet)) return;
  writeChecksum(packet);
}

export function writeChecksum(packet: Uint8Array): void {
  new DataView(packet.buffer, packet.byteOffset, packet.length).setUint32(CHECKSUM_OFFSET, crc32c(packet), true);
}

export function isIntact(packet: Uint8Array): boolean {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
  return packet.length >= 12 && (!hasChecksum(packet) || view.getUint32(CHECKSUM_OFFSET, true) === crc32c(packet));
}
