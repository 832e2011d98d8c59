// H.264 as it travels (Annex B: start codes) and as it lies in files (lengths, with the parameter sets beside the frames:
// ISO/IEC 14496-15 §5.3.3). It looks into parameter sets only as far as files and offers ask. ITU-T H.264.
import { joinBytes } from "../../lib/bytes.ts";
import { BitReader, readable } from "./bits.ts";

/** Table 7-1. */
export const NAL_IDR = 5;
const NAL_SPS = 7;
const NAL_PPS = 8;
export const NAL_DELIMITER = 9;
/** The most that an avcC counts. */
const MAX_SPS = 31;
const MAX_PPS = 255;
/** One SPS and one PPS have a hundred bytes. */
const MAX_SETS_BYTES = 16_384;
const START_CODE = Uint8Array.of(0, 0, 0, 1);
/** Units of one frame: encoders make a few slices, and a frame with more is that of somebody who wants to keep us busy. */
export const MAX_UNITS = 1_024;

/** Profiles with a field for the chroma format (7.3.2.1.1); the others have 4:2:0 with 8 bits. */
const HIGH_PROFILES: ReadonlySet<number> = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]);
const BASELINE = 66;

/** nal_unit_type. */
export function nalType(nal: Uint8Array): number {
  return (nal[0] ?? 0) & 31;
}

/**
 * The NAL units of a byte stream of Annex B, without start codes and without the zeros behind them; empty ones are left out.
 * @returns none where there are more than `MAX_UNITS`
 */
export function nalUnitsOf(annexB: Uint8Array): Uint8Array[] {
  const units: Uint8Array[] = [];
  let start = -1;
  const end = (at: number): void => {
    let last = at;
    while (last > start && annexB[last - 1] === 0) last -= 1;
    if (start >= 0 && last > start) units.push(annexB.subarray(start, last));
  };
  for (let at = 0; at + 2 < annexB.length && units.length <= MAX_UNITS; at += 1) {
    if (annexB[at + 2] === 1 && annexB[at + 1] === 0 && annexB[at] === 0) {
      end(at);
      start = at + 3;
      at += 2;
    }
  }
  end(annexB.length);
  return units.length > MAX_UNITS ? [] : units;
}

/** A byte stream of Annex B with a start code of four bytes before each unit. */
export function annexBOf(units: readonly Uint8Array[]): Uint8Array {
  return joinBytes(units.flatMap((unit) => [START_CODE, unit]));
}

/** The NAL units of a frame of a file. @returns undefined when the lengths do not fit, or there are more than `MAX_UNITS` */
export function nalUnitsOfSample(sample: Uint8Array, lengthBytes: number): Uint8Array[] | undefined {
  const units: Uint8Array[] = [];
  for (let at = 0; at < sample.length; ) {
    let length = 0;
    if (at + lengthBytes > sample.length || units.length === MAX_UNITS) return undefined;
    for (const byte of sample.subarray(at, at + lengthBytes)) length = length * 256 + byte;
    at += lengthBytes;
    if (length > sample.length - at) return undefined;
    if (length > 0) units.push(sample.subarray(at, at + length));
    at += length;
  }
  return units;
}

/** A frame for a file: lengths of four bytes. */
export function sampleOf(units: readonly Uint8Array[]): Uint8Array {
  return joinBytes(units.flatMap((unit) => [lengthField(unit.length, 4), unit]));
}

function lengthField(length: number, bytes: 2 | 4): Uint8Array {
  const field = new DataView(new ArrayBuffer(4));
  field.setUint32(0, length);
  return new Uint8Array(field.buffer, 4 - bytes);
}

export interface AvcConfig {
  /** Bytes of the length before each unit of a frame. */
  readonly lengthBytes: number;
  /** All SPS, then all PPS. */
  readonly parameterSets: readonly Uint8Array[];
}

/** Reads an AVCDecoderConfigurationRecord. @returns undefined for what is none */
export function readAvcConfig(record: Uint8Array): AvcConfig | undefined {
  if (record.length < 7 || record[0] !== 1) return undefined;
  const parameterSets: Uint8Array[] = [];
  let at = 5;
  for (const mask of [31, 255]) {
    const count = (record[at] ?? 0) & mask;
    at += 1;
    for (let index = 0; index < count; index += 1) {
      const length = (record[at] ?? 0) * 256 + (record[at + 1] ?? 0);
      at += 2;
      if (at + length > record.length) return undefined;
      if (length > 0) parameterSets.push(record.subarray(at, at + length));
      at += length;
    }
  }
  return { lengthBytes: ((record[4] ?? 0) & 3) + 1, parameterSets };
}

/**
 * Whether parameter sets can be written into a file.
 * @returns false also for those that no encoder makes: many, long, or not to be read
 */
export function areUsableSets({ sps, pps }: Pick<AccessUnit, "sps" | "pps">): boolean {
  const bytes = [...sps, ...pps].reduce((sum, { length }) => sum + length, 0);
  const areFew = sps.length <= MAX_SPS && pps.length <= MAX_PPS && bytes <= MAX_SETS_BYTES;
  return areFew && pps.length > 0 && sps.length > 0 && sps.every((unit) => readSps(unit) !== undefined);
}

/**
 * Makes an AVCDecoderConfigurationRecord of the parameter sets before a key frame, in their order.
 * @param sps - `areUsableSets`
 */
export function avcConfigOf(sps: readonly Uint8Array[], pps: readonly Uint8Array[]): Uint8Array {
  const first = sps[0] ?? new Uint8Array(4);
  const withLengths = (units: readonly Uint8Array[]): Uint8Array[] =>
    units.flatMap((unit) => [lengthField(unit.length, 2), unit]);
  const facts = readSps(first);
  const isHigh = facts !== undefined && HIGH_PROFILES.has(facts.profileIdc);
  const depth = 0xf8 | ((facts?.bitDepth ?? 8) - 8);
  return joinBytes([
    Uint8Array.of(1, first[1] ?? 0, first[2] ?? 0, first[3] ?? 0, 0xff, 0xe0 | sps.length),
    ...withLengths(sps),
    Uint8Array.of(pps.length),
    ...withLengths(pps),
    ...(isHigh ? [Uint8Array.of(0xfc | facts.chromaFormat, depth, depth, 0)] : []),
  ]);
}

export interface SpsFacts {
  readonly profileIdc: number;
  /** profile_idc, constraint flags and level_idc in hex: `42e01f`, as in profile-level-id (RFC 6184 §8.1). */
  readonly profileLevelId: string;
  /** 0: grey, 1: 4:2:0, 2: 4:2:2, 3: 4:4:4. */
  readonly chromaFormat: number;
  /** Bits of a brightness. */
  readonly bitDepth: number;
  /** Pixels that are shown. */
  readonly width: number;
  readonly height: number;
  /** A picture may be shown before one that is decoded earlier. */
  readonly mayReorder: boolean;
}

/** Reads a sequence parameter set (7.3.2.1.1). @returns undefined for what is none */
export function readSps(nal: Uint8Array): SpsFacts | undefined {
  if (nalType(nal) !== NAL_SPS || nal.length < 5) return undefined;
  return readable(() => spsFacts(withoutEmulation(nal.subarray(1))));
}

/** Takes out the bytes that keep start codes out of a unit (7.3.1). */
function withoutEmulation(bytes: Uint8Array): Uint8Array {
  return bytes.filter((byte, at) => !(byte === 3 && at >= 2 && bytes[at - 1] === 0 && bytes[at - 2] === 0));
}

function spsFacts(rbsp: Uint8Array): SpsFacts {
  const reader = new BitReader(rbsp);
  const profileIdc = reader.bits(8);
  reader.bits(16); // Constraint flags and level_idc.
  reader.ue(); // seq_parameter_set_id
  const { chromaFormat, bitDepth } = HIGH_PROFILES.has(profileIdc)
    ? chromaOf(reader)
    : { chromaFormat: 1, bitDepth: 8 };
  reader.ue(); // log2_max_frame_num_minus4
  const orderType = skipOrderCount(reader);
  reader.ue(); // max_num_ref_frames
  reader.flag(); // gaps_in_frame_num_value_allowed_flag
  const widthMacroblocks = reader.ue() + 1;
  const heightUnits = reader.ue() + 1;
  const isProgressive = reader.flag();
  if (!isProgressive) reader.flag(); // mb_adaptive_frame_field_flag
  reader.flag(); // direct_8x8_inference_flag
  const crop = reader.flag() ? [reader.ue(), reader.ue(), reader.ue(), reader.ue()] : [0, 0, 0, 0];
  const [left = 0, right = 0, top = 0, bottom = 0] = crop;
  const stepX = chromaFormat === 1 || chromaFormat === 2 ? 2 : 1;
  const stepY = (chromaFormat === 1 ? 2 : 1) * (isProgressive ? 1 : 2);
  return {
    profileIdc,
    profileLevelId: Array.from(rbsp.subarray(0, 3), (byte) => byte.toString(16).padStart(2, "0")).join(""),
    chromaFormat,
    bitDepth,
    width: widthMacroblocks * 16 - (left + right) * stepX,
    height: heightUnits * 16 * (isProgressive ? 1 : 2) - (top + bottom) * stepY,
    // Order of type 2 is that of decoding (8.2.1.3), and the baseline profile has no B slices (A.2.1).
    mayReorder: profileIdc !== BASELINE && orderType !== 2,
  };
}

function chromaOf(reader: BitReader): { chromaFormat: number; bitDepth: number } {
  const chromaFormat = reader.ue();
  if (chromaFormat === 3) reader.flag(); // separate_colour_plane_flag
  const bitDepth = reader.ue() + 8;
  reader.ue(); // bit_depth_chroma_minus8
  reader.flag(); // qpprime_y_zero_transform_bypass_flag
  if (reader.flag()) {
    for (let list = 0; list < (chromaFormat === 3 ? 12 : 8); list += 1) {
      if (reader.flag()) skipScalingList(reader, list < 6 ? 16 : 64);
    }
  }
  return { chromaFormat, bitDepth };
}

/** 7.3.2.1.1.1 */
function skipScalingList(reader: BitReader, size: number): void {
  let last = 8;
  let next = 8;
  for (let index = 0; index < size; index += 1) {
    if (next !== 0) next = (last + reader.se() + 256) % 256;
    if (next !== 0) last = next;
  }
}

/** @returns pic_order_cnt_type */
function skipOrderCount(reader: BitReader): number {
  const type = reader.ue();
  if (type === 0) reader.ue(); // log2_max_pic_order_cnt_lsb_minus4
  if (type === 1) {
    reader.flag();
    reader.se();
    reader.se();
    const count = reader.ue();
    for (let index = 0; index < count; index += 1) reader.se();
  }
  return type;
}

/** An access unit in parts. */
export interface AccessUnit {
  readonly sps: readonly Uint8Array[];
  readonly pps: readonly Uint8Array[];
  /** All other units, in order; a delimiter is the first of an access unit (7.4.1.2.3). */
  readonly rest: readonly Uint8Array[];
  readonly isKey: boolean;
}

/** Sorts the NAL units of one picture, without start codes. */
export function accessUnitOf(units: readonly Uint8Array[]): AccessUnit {
  const ofType = (type: number): Uint8Array[] => units.filter((unit) => nalType(unit) === type);
  return {
    sps: ofType(NAL_SPS),
    pps: ofType(NAL_PPS),
    rest: units.filter((unit) => nalType(unit) !== NAL_SPS && nalType(unit) !== NAL_PPS),
    isKey: units.some((unit) => nalType(unit) === NAL_IDR),
  };
}
