// What the first bytes of a key frame of VP8 and VP9 say. RFC 6386 §9.1; VP9 Bitstream & Decoding Process Specification §6.2.
import { BitReader, readable } from "./bits.ts";

/** Pixels. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** @returns undefined for what is no key frame */
export function readVp8KeyFrame(frame: Uint8Array): PictureSize | undefined {
  if (frame.length < 10 || ((frame[0] ?? 1) & 1) !== 0) return undefined;
  if (frame[3] !== 0x9d || frame[4] !== 0x01 || frame[5] !== 0x2a) return undefined;
  const at = (index: number): number => (frame[index] ?? 0) | (((frame[index + 1] ?? 0) & 0x3f) << 8);
  const size = { width: at(6), height: at(8) };
  return size.width > 0 && size.height > 0 ? size : undefined;
}

/** @returns undefined for what is no key frame */
export function readVp9KeyFrame(frame: Uint8Array): (PictureSize & { profile: number }) | undefined {
  return readable(() => vp9Facts(new BitReader(frame)));
}

function vp9Facts(reader: BitReader): (PictureSize & { profile: number }) | undefined {
  const FRAME_MARKER = 2;
  const SYNC_CODE = 0x498342;
  const SRGB = 7;
  if (reader.bits(2) !== FRAME_MARKER) return undefined;
  const profile = reader.bits(1) + 2 * reader.bits(1);
  if (profile === 3) reader.flag();
  const isShownAgain = reader.flag();
  const isInter = reader.bits(1) === 1;
  if (isShownAgain || isInter) return undefined;
  reader.bits(2); // show_frame, error_resilient_mode
  if (reader.bits(24) !== SYNC_CODE) return undefined;
  if (profile >= 2) reader.flag(); // ten_or_twelve_bit
  if (reader.bits(3) === SRGB) {
    if (profile % 2 === 1) reader.flag();
  } else {
    reader.flag(); // color_range
    if (profile % 2 === 1) reader.bits(3); // subsampling_x, subsampling_y, reserved
  }
  return { profile, width: reader.bits(16) + 1, height: reader.bits(16) + 1 };
}
