// Writes one packet into a given buffer: common header, chunk after chunk, checksum. Reused for every packet.
// RFC 9260 §3.1, RFC 9653 §5.2.
import {
  CHUNK_HEADER_BYTES,
  ChunkType,
  COMMON_HEADER_BYTES,
  DATA_HEADER_BYTES,
  PART_HEADER_BYTES,
  SACK_HEADER_BYTES,
} from "./chunk-types.ts";
import { packetChecksum } from "./crc32c.ts";
import { padded, writeU16, writeU32 } from "./fields.ts";

/** The header fields of one DATA chunk. */
export interface DataHeader {
  flags: number;
  /** Only the low 32 bits are written. */
  tsn: number;
  streamId: number;
  /** Only the low 16 bits are written. */
  ssn: number;
  ppid: number;
}

/** Where a part lies in the user data of its chunk, in bytes. */
export interface PartPlace {
  totalBytes: number;
  offset: number;
}

export class PacketWriter {
  #into: Uint8Array = new Uint8Array(0);
  #at = 0;
  #limit = 0;

  /** @param limitBytes - the packet must not exceed this, unless `grow` allows it */
  begin(into: Uint8Array, limitBytes: number, localPort: number, remotePort: number, verificationTag: number): void {
    this.#into = into;
    this.#limit = Math.min(limitBytes, into.length);
    writeU16(into, 0, localPort);
    writeU16(into, 2, remotePort);
    writeU32(into, 4, verificationTag);
    writeU32(into, 8, 0);
    this.#at = COMMON_HEADER_BYTES;
  }

  get isEmpty(): boolean {
    return this.#at === COMMON_HEADER_BYTES;
  }

  /** Bytes that may still be added. */
  get room(): number {
    return this.#limit - this.#at;
  }

  /** Lets the packet be as large as the buffer: for chunks that must be sent and cannot shrink, and for probes. */
  grow(limitBytes: number): void {
    this.#limit = Math.min(Math.max(this.#limit, limitBytes), this.#into.length);
  }

  /** Adds a chunk with a given value. The caller has made sure that it fits. */
  chunk(type: number, flags: number, value: Uint8Array): void {
    this.#header(type, flags, CHUNK_HEADER_BYTES + value.length);
    this.#into.set(value, this.#at + CHUNK_HEADER_BYTES);
    this.#advance(CHUNK_HEADER_BYTES + value.length);
  }

  /** Adds `payload[from, to)` as one DATA chunk. The caller has made sure that it fits. */
  data(header: DataHeader, payload: Uint8Array, from: number, to: number): void {
    const into = this.#into;
    const at = this.#at;
    const length = DATA_HEADER_BYTES + to - from;
    this.#header(ChunkType.DATA, header.flags, length);
    writeDataFields(into, at, header);
    into.set(from === 0 && to === payload.length ? payload : payload.subarray(from, to), at + DATA_HEADER_BYTES);
    this.#advance(length);
  }

  /**
   * Adds `payload[from, to)` as one part of a DATA chunk of `totalBytes`. The caller has made sure that it fits.
   * @param offset - of this part in the chunk
   */
  part(header: DataHeader, { totalBytes, offset }: PartPlace, payload: Uint8Array, from: number, to: number): void {
    const into = this.#into;
    const at = this.#at;
    const length = PART_HEADER_BYTES + to - from;
    this.#header(ChunkType.DATA_PART, header.flags, length);
    writeDataFields(into, at, header);
    writeU16(into, at + 16, totalBytes);
    writeU16(into, at + 18, offset);
    into.set(payload.subarray(from, to), at + PART_HEADER_BYTES);
    this.#advance(length);
  }

  /**
   * Adds a SACK. RFC 9260 §3.3.4.
   * @param gaps - pairs of offsets from the cumulative TSN
   * @param gapCount - number of pairs to write; `duplicateCount` likewise. The caller has made sure that they fit.
   */
  sack(
    cumulativeTsn: number,
    windowBytes: number,
    gaps: Uint16Array,
    gapCount: number,
    duplicates: Uint32Array,
    duplicateCount: number,
  ): void {
    const into = this.#into;
    let at = this.#at;
    const length = SACK_HEADER_BYTES + 4 * (gapCount + duplicateCount);
    this.#header(ChunkType.SACK, 0, length);
    writeU32(into, at + 4, cumulativeTsn);
    writeU32(into, at + 8, windowBytes);
    writeU16(into, at + 12, gapCount);
    writeU16(into, at + 14, duplicateCount);
    at += SACK_HEADER_BYTES;
    for (let index = 0; index < 2 * gapCount; index += 1, at += 2) writeU16(into, at, gaps[index] ?? 0);
    for (let index = 0; index < duplicateCount; index += 1, at += 4) writeU32(into, at, duplicates[index] ?? 0);
    this.#advance(length);
  }

  /** Fills the packet with a PAD chunk up to the largest size within `packetBytes` that a packet can have. RFC 4820 §3. */
  pad(packetBytes: number): void {
    const length = (packetBytes & ~3) - this.#at;
    if (length < CHUNK_HEADER_BYTES) return;
    this.#header(ChunkType.PAD, 0, length);
    this.#into.fill(0, this.#at + CHUNK_HEADER_BYTES, this.#at + length);
    this.#advance(length);
  }

  /** @param hasChecksum - false: the field stays zero, for a peer that has said that it accepts this */
  finish(hasChecksum: boolean): number {
    if (hasChecksum) {
      const checksum = packetChecksum(this.#into, 0, this.#at);
      this.#into[8] = checksum;
      this.#into[9] = checksum >>> 8;
      this.#into[10] = checksum >>> 16;
      this.#into[11] = checksum >>> 24;
    }
    return this.#at;
  }

  #header(type: number, flags: number, length: number): void {
    this.#into[this.#at] = type;
    this.#into[this.#at + 1] = flags;
    writeU16(this.#into, this.#at + 2, length);
  }

  #advance(length: number): void {
    const end = this.#at + padded(length);
    for (let at = this.#at + length; at < end; at += 1) this.#into[at] = 0;
    this.#at = end;
  }
}

/** The fields behind the chunk header of DATA and of its parts. */
function writeDataFields(into: Uint8Array, at: number, { tsn, streamId, ssn, ppid }: DataHeader): void {
  writeU32(into, at + 4, tsn);
  writeU16(into, at + 8, streamId);
  writeU16(into, at + 10, ssn);
  writeU32(into, at + 12, ppid);
}
