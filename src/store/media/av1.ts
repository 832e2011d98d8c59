// AV1 temporal units in the low-overhead format: their OBUs, and as much of the sequence header as files ask for.
// AV1 Bitstream & Decoding Process Specification; AV1 in ISOBMFF §2.3.
import { joinBytes } from "../../lib/bytes.ts";
import { BitReader, readable } from "./bits.ts";

/** obu_type (6.2.2). */
const OBU_SEQUENCE_HEADER = 1;
const OBU_TEMPORAL_DELIMITER = 2;
const HAS_SIZE = 0x02;
const HAS_EXTENSION = 0x04;
/** OBUs of one temporal unit: encoders make a few, and 512 tile groups at most. */
export const MAX_OBUS = 1_024;

export interface Obu {
  readonly type: number;
  /** Header, size field and payload. */
  readonly bytes: Uint8Array;
  readonly payload: Uint8Array;
}

/**
 * Splits a temporal unit, whose last OBU may be without a size.
 * @returns undefined where the sizes do not fit, or there are more than `MAX_OBUS`
 */
export function obusOf(unit: Uint8Array): Obu[] | undefined {
  const obus: Obu[] = [];
  for (let at = 0; at < unit.length; ) {
    const header = unit[at] ?? 0;
    if ((header & 0x80) !== 0 || obus.length === MAX_OBUS) return undefined;
    const headerBytes = (header & HAS_EXTENSION) === 0 ? 1 : 2;
    const size = (header & HAS_SIZE) === 0 ? undefined : leb128(unit, at + headerBytes);
    if ((header & HAS_SIZE) !== 0 && size === undefined) return undefined;
    const from = at + headerBytes + (size?.bytes ?? 0);
    const to = size === undefined ? unit.length : from + size.value;
    if (to > unit.length || from > to) return undefined;
    obus.push({ type: (header >> 3) & 15, bytes: unit.subarray(at, to), payload: unit.subarray(from, to) });
    at = to;
  }
  return obus;
}

/** 4.10.5 */
function leb128(bytes: Uint8Array, from: number): { value: number; bytes: number } | undefined {
  let value = 0;
  for (let index = 0; index < 8; index += 1) {
    const byte = bytes[from + index];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 2 ** (7 * index);
    if ((byte & 0x80) === 0) return { value, bytes: index + 1 };
  }
  return undefined;
}

/** The unit without temporal delimiters, every OBU with its size. @returns undefined where the sizes do not fit, or nothing is left */
export function withoutDelimiters(unit: Uint8Array): Uint8Array | undefined {
  const obus = obusOf(unit)?.filter(({ type }) => type !== OBU_TEMPORAL_DELIMITER);
  if (obus === undefined || obus.length === 0) return undefined;
  return joinBytes(obus.map(withSize));
}

function withSize({ bytes, payload }: Obu): Uint8Array {
  const header = bytes[0] ?? 0;
  if ((header & HAS_SIZE) !== 0) return bytes;
  const size: number[] = [];
  for (let left = payload.length, isMore = true; isMore; left = Math.floor(left / 128)) {
    isMore = left >= 128;
    size.push((left % 128) + (isMore ? 0x80 : 0));
  }
  const extension = (header & HAS_EXTENSION) === 0 ? [] : [bytes[1] ?? 0];
  return joinBytes([Uint8Array.of(header | HAS_SIZE, ...extension, ...size), payload]);
}

export interface SequenceHeader {
  /** The OBU, with its size. */
  readonly bytes: Uint8Array;
  /** seq_profile; 0 (Main) is 4:2:0 or grey with 8 or 10 bits. */
  readonly profile: number;
  readonly level: number;
  readonly tier: number;
  readonly isHighBitDepth: boolean;
  readonly isGrey: boolean;
  readonly chromaSamplePosition: number;
  /** Pixels at most. */
  readonly width: number;
  readonly height: number;
}

/** The first sequence header of a temporal unit. @returns undefined where there is none that can be read */
export function sequenceHeaderOf(unit: Uint8Array): SequenceHeader | undefined {
  const obu = obusOf(unit)?.find(({ type }) => type === OBU_SEQUENCE_HEADER);
  if (obu === undefined) return undefined;
  return readable(() => ({ bytes: withSize(obu), ...sequenceFacts(new BitReader(obu.payload)) }));
}

/** 5.5.1 */
function sequenceFacts(reader: BitReader): Omit<SequenceHeader, "bytes"> {
  const profile = reader.bits(3);
  reader.flag(); // still_picture
  const isReduced = reader.flag();
  const { level, tier } = isReduced ? { level: reader.bits(5), tier: 0 } : operatingPoint(reader);
  const widthBits = reader.bits(4) + 1;
  const heightBits = reader.bits(4) + 1;
  const width = reader.bits(widthBits) + 1;
  const height = reader.bits(heightBits) + 1;
  if (!isReduced && reader.flag()) reader.bits(7); // Lengths of frame ids.
  reader.bits(3); // use_128x128_superblock, enable_filter_intra, enable_intra_edge_filter
  if (!isReduced) skipTools(reader);
  reader.bits(3); // enable_superres, enable_cdef, enable_restoration
  return { profile, level, tier, width, height, ...colorConfig(reader, profile) };
}

/** @returns level and tier of the first one */
function operatingPoint(reader: BitReader): { level: number; tier: number } {
  let delayBits: number | undefined;
  if (reader.flag()) {
    reader.bits(32); // num_units_in_display_tick
    reader.bits(32); // time_scale
    if (reader.flag()) reader.ue(); // num_ticks_per_picture_minus_1
    if (reader.flag()) {
      delayBits = reader.bits(5) + 1;
      reader.bits(32); // num_units_in_decoding_tick
      reader.bits(10); // Lengths of the two times.
    }
  }
  const hasDisplayDelay = reader.flag();
  const count = reader.bits(5) + 1;
  let first: { level: number; tier: number } | undefined;
  for (let index = 0; index < count; index += 1) {
    reader.bits(12); // operating_point_idc
    const level = reader.bits(5);
    const tier = level > 7 ? reader.bits(1) : 0;
    first ??= { level, tier };
    if (delayBits !== undefined && reader.flag()) {
      reader.bits(delayBits);
      reader.bits(delayBits);
      reader.flag();
    }
    if (hasDisplayDelay && reader.flag()) reader.bits(4);
  }
  return first ?? { level: 0, tier: 0 };
}

function skipTools(reader: BitReader): void {
  reader.bits(4); // enable_interintra_compound … enable_dual_filter
  const hasOrderHint = reader.flag();
  if (hasOrderHint) reader.bits(2);
  const SELECTED = 2;
  const screenTools = reader.flag() ? SELECTED : reader.bits(1);
  if (screenTools > 0 && !reader.flag()) reader.flag(); // seq_force_integer_mv
  if (hasOrderHint) reader.bits(3);
}

/** 5.5.2 */
function colorConfig(
  reader: BitReader,
  profile: number,
): Pick<SequenceHeader, "isHighBitDepth" | "isGrey" | "chromaSamplePosition"> {
  const isHighBitDepth = reader.flag();
  if (profile === 2 && isHighBitDepth) reader.flag(); // twelve_bit
  const isGrey = profile === 1 ? false : reader.flag();
  if (reader.flag()) reader.bits(24); // Primaries, transfer, matrix.
  reader.flag(); // color_range
  // Only the Main profile says where its chroma samples are in every stream; the others are not written to files.
  return { isHighBitDepth, isGrey, chromaSamplePosition: isGrey || profile !== 0 ? 0 : reader.bits(2) };
}

/** An AV1CodecConfigurationRecord for a stream of the Main profile. AV1 in ISOBMFF §2.3.3. */
export function av1ConfigOf(header: SequenceHeader): Uint8Array {
  const facts =
    (header.tier << 7) |
    (header.isHighBitDepth ? 0x40 : 0) |
    (header.isGrey ? 0x10 : 0) |
    0x0c | // 4:2:0
    header.chromaSamplePosition;
  return joinBytes([Uint8Array.of(0x81, (header.profile << 5) | header.level, facts, 0), header.bytes]);
}
