// SCTP packets made by hand.
import { CHUNK_HEADER_BYTES, ChunkType, COMMON_HEADER_BYTES, DataFlag } from "../../src/sctp/packet/chunk-types.ts";
import { packetChecksum } from "../../src/sctp/packet/crc32c.ts";
import { padded, readU16, writeU16, writeU32 } from "../../src/sctp/packet/fields.ts";
import { firstSsn } from "../../src/sctp/serial.ts";
import type { OutboundMessage } from "../../src/sctp/tx/send-queue.ts";

const INIT_FIXED_BYTES = 16;
/** To be skipped without a word. */
const UNKNOWN_PARAMETER = 0x8fff;

export interface HandMadeChunk {
  type: number;
  flags?: number;
  value: Uint8Array;
}

/** From port 5000 to port 5000, with a checksum. */
export function packetOf(verificationTag: number, ...chunks: readonly HandMadeChunk[]): Uint8Array {
  const bytes = new Uint8Array(
    chunks.reduce((sum, { value }) => sum + padded(CHUNK_HEADER_BYTES + value.length), COMMON_HEADER_BYTES),
  );
  writeU16(bytes, 0, 5000);
  writeU16(bytes, 2, 5000);
  writeU32(bytes, 4, verificationTag);
  let at = COMMON_HEADER_BYTES;
  for (const { type, flags = 0, value } of chunks) {
    bytes[at] = type;
    bytes[at + 1] = flags;
    writeU16(bytes, at + 2, CHUNK_HEADER_BYTES + value.length);
    bytes.set(value, at + CHUNK_HEADER_BYTES);
    at += padded(CHUNK_HEADER_BYTES + value.length);
  }
  return checksummed(bytes);
}

/** The same bytes with the checksum that they should have. */
export function checksummed(packet: Uint8Array): Uint8Array {
  const bytes = Uint8Array.from(packet);
  const checksum = packetChecksum(bytes, 0, bytes.length);
  for (let byte = 0; byte < 4; byte += 1) bytes[8 + byte] = checksum >>> (8 * byte);
  return bytes;
}

export interface HandMadeData {
  tsn: number;
  streamId?: number;
  ssn?: number;
  ppid?: number;
  /** DataFlag bits; a whole message unless given. */
  flags?: number;
  data?: Uint8Array;
}

export const WHOLE = DataFlag.BEGINNING | DataFlag.ENDING;

export function dataChunk({
  tsn,
  streamId = 0,
  ssn = 0,
  ppid = 53,
  flags = WHOLE,
  data = Uint8Array.of(1),
}: HandMadeData): HandMadeChunk {
  const value = new Uint8Array(12 + data.length);
  writeU32(value, 0, tsn);
  writeU16(value, 4, streamId);
  writeU16(value, 6, ssn);
  writeU32(value, 8, ppid);
  value.set(data, 12);
  return { type: ChunkType.DATA, flags, value };
}

export function sackChunk(
  cumulativeTsn: number,
  windowBytes: number,
  gaps: readonly (readonly [first: number, last: number])[] = [],
  duplicates: readonly number[] = [],
): HandMadeChunk {
  const value = new Uint8Array(12 + 4 * (gaps.length + duplicates.length));
  writeU32(value, 0, cumulativeTsn);
  writeU32(value, 4, windowBytes);
  writeU16(value, 8, gaps.length);
  writeU16(value, 10, duplicates.length);
  let at = 12;
  for (const [first, last] of gaps) {
    writeU16(value, at, first);
    writeU16(value, at + 2, last);
    at += 4;
  }
  for (const duplicate of duplicates) {
    writeU32(value, at, duplicate);
    at += 4;
  }
  return { type: ChunkType.SACK, value };
}

export function forwardTsnChunk(tsn: number, streams: readonly (readonly [id: number, ssn: number])[]): HandMadeChunk {
  const value = new Uint8Array(4 + 4 * streams.length);
  writeU32(value, 0, tsn);
  for (const [index, [id, ssn]] of streams.entries()) {
    writeU16(value, 4 + 4 * index, id);
    writeU16(value, 6 + 4 * index, ssn);
  }
  return { type: ChunkType.FORWARD_TSN, value };
}

/** An INIT or INIT ACK that says nothing of these parameters: others stand in their place, which nobody knows. */
export function withoutParameters(packet: Uint8Array, types: readonly number[]): Uint8Array {
  const bytes = Uint8Array.from(packet);
  let at = COMMON_HEADER_BYTES + CHUNK_HEADER_BYTES + INIT_FIXED_BYTES;
  while (at + CHUNK_HEADER_BYTES <= bytes.length) {
    const length = readU16(bytes, at + 2);
    if (types.includes(readU16(bytes, at))) writeU16(bytes, at, UNKNOWN_PARAMETER);
    at += padded(Math.max(length, CHUNK_HEADER_BYTES));
  }
  return checksummed(bytes);
}

/** A message of one thousand bytes that is queued: ordered, reliable. */
export function queuedMessage(): OutboundMessage {
  return {
    streamId: 0,
    ppid: 53,
    data: new Uint8Array(1_000),
    isUnordered: false,
    maxRetransmits: Number.POSITIVE_INFINITY,
    expiresAtMs: Number.POSITIVE_INFINITY,
    ssn: firstSsn(0),
    isAbandoned: false,
  };
}
