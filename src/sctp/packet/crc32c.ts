// CRC32c, the checksum of SCTP packets: eight tables, eight bytes a step. RFC 9260 Appendix A.

const POLYNOMIAL = 0x82f63b78;
const SLICES = 8;
const SLICE_SIZE = 256;
const TABLES = makeTables();

function makeTables(): Int32Array {
  const tables = new Int32Array(SLICES * SLICE_SIZE);
  for (let byte = 0; byte < SLICE_SIZE; byte += 1) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    tables[byte] = crc;
  }
  for (let at = SLICE_SIZE; at < tables.length; at += 1) {
    const previous = tables[at - SLICE_SIZE] ?? 0;
    tables[at] = (previous >>> 8) ^ (tables[previous & 0xff] ?? 0);
  }
  return tables;
}

/**
 * The checksum of `bytes[start, end)` with the checksum field of an SCTP header at `start` taken as zero.
 * @returns 32 bits, unsigned, as they are sent: least significant byte first (RFC 9260 Appendix A)
 */
export function packetChecksum(bytes: Uint8Array, start: number, end: number): number {
  let crc = update(-1, bytes, start, Math.min(start + 8, end));
  for (let zero = 0; zero < 4; zero += 1) crc = (crc >>> 8) ^ (TABLES[crc & 0xff] as number);
  return ~update(crc, bytes, start + 12, end) >>> 0;
}

/** CRC32c of whole bytes, for test vectors and short inputs. */
export function crc32c(bytes: Uint8Array): number {
  return ~update(-1, bytes, 0, bytes.length) >>> 0;
}

function update(seed: number, bytes: Uint8Array, start: number, end: number): number {
  const t = TABLES;
  let crc = seed;
  let at = start;
  for (const last = end - 8; at <= last; at += 8) {
    const low =
      crc ^
      ((bytes[at] as number) |
        ((bytes[at + 1] as number) << 8) |
        ((bytes[at + 2] as number) << 16) |
        ((bytes[at + 3] as number) << 24));
    crc =
      (t[1792 + (low & 0xff)] as number) ^
      (t[1536 + ((low >>> 8) & 0xff)] as number) ^
      (t[1280 + ((low >>> 16) & 0xff)] as number) ^
      (t[1024 + (low >>> 24)] as number) ^
      (t[768 + (bytes[at + 4] as number)] as number) ^
      (t[512 + (bytes[at + 5] as number)] as number) ^
      (t[256 + (bytes[at + 6] as number)] as number) ^
      (t[bytes[at + 7] as number] as number);
  }
  for (; at < end; at += 1) crc = (crc >>> 8) ^ (t[(crc ^ (bytes[at] as number)) & 0xff] as number);
  return crc;
}
