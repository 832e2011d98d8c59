// Big-endian fields read from and written to byte arrays, without a view object per packet. A read outside the
// array gives zeros: the caller has checked the length.

/** Big endian; what is beyond the end reads as 0. */
export function readU16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

/** Big endian; what is beyond the end reads as 0. */
export function readU32(bytes: Uint8Array, at: number): number {
  return ((readU16(bytes, at) << 16) | readU16(bytes, at + 2)) >>> 0;
}

/** @param value - taken modulo 2^16 */
export function writeU16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

/** @param value - taken modulo 2^32, so that an unwrapped sequence number may be given */
export function writeU32(bytes: Uint8Array, at: number, value: number): void {
  const word = value >>> 0;
  bytes[at] = word >>> 24;
  bytes[at + 1] = word >>> 16;
  bytes[at + 2] = word >>> 8;
  bytes[at + 3] = word;
}

/** Chunks and parameters are padded to a multiple of four bytes. RFC 9260 §3.2. */
export function padded(bytes: number): number {
  return (bytes + 3) & ~3;
}
