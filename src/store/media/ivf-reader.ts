// IVF, the file in which encoders of VP8, VP9 and AV1 leave their frames: a header of 32 bytes, then each frame behind its
// size and time. It has one track.
import type { CodecName } from "../../lib/codecs.ts";
import { CODECS } from "../../lib/codecs.ts";
import { P2pError } from "../../lib/errors/p2p-error.ts";
import type { EncodedFrame } from "../../media/frame.ts";
import { sequenceHeaderOf } from "./av1.ts";
import { ByteQueue } from "./byte-queue.ts";
import { av1Frames, h264Frames, vp9Frames } from "./frame-forms.ts";
import { accessUnitOf, nalUnitsOf } from "./h264.ts";
import { MAX_FRAME_BYTES, type TrackReader } from "./track-reader.ts";
import { readVp8KeyFrame, readVp9KeyFrame } from "./vpx.ts";

const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 12;
const SIGNATURE = "DKIF";
const BY_FOURCC: Readonly<Record<string, CodecName>> = { VP80: "vp8", VP90: "vp9", AV01: "av1", H264: "h264" };

const IS_KEY: Readonly<Partial<Record<CodecName, (frame: Uint8Array) => boolean>>> = {
  vp8: (frame) => readVp8KeyFrame(frame) !== undefined,
  vp9: (frame) => readVp9KeyFrame(frame) !== undefined,
  // Encoders write it before each key frame, so that a stream can be joined there.
  av1: (frame) => sequenceHeaderOf(frame) !== undefined,
  h264: (frame) => accessUnitOf(nalUnitsOf(frame)).isKey,
};

/** Whether a file begins as an IVF does. */
export function isIvf(start: Uint8Array): boolean {
  return latin(start, 0, 4) === SIGNATURE;
}

function latin(bytes: Uint8Array, from: number, to: number): string {
  return String.fromCharCode(...bytes.subarray(from, to));
}

/**
 * Reads the header; the frames are read as they are asked for.
 * @param name - of the file, as given
 * @throws P2pError MEDIA_UNREADABLE, MEDIA_UNSUPPORTED
 */
export async function openIvf(stream: AsyncIterable<Uint8Array>, name: string): Promise<TrackReader> {
  const bytes = new ByteQueue(stream);
  const header = await bytes.take(HEADER_BYTES);
  if (header === undefined) throw new P2pError("MEDIA_UNREADABLE", { name, why: "damaged" });
  const view = new DataView(header.buffer, header.byteOffset, header.length);
  const fourcc = latin(header, 8, 12);
  const codec = Object.hasOwn(BY_FOURCC, fourcc) ? BY_FOURCC[fourcc] : undefined;
  if (codec === undefined) {
    throw new P2pError("MEDIA_UNSUPPORTED", { name, found: { kind: "codec", of: "video", codec: fourcc } });
  }
  const rate = view.getUint32(16, true);
  const scale = view.getUint32(20, true);
  if (rate === 0 || scale === 0) throw new P2pError("MEDIA_UNREADABLE", { name, why: "damaged" });
  await bytes.take(Math.max(0, view.getUint16(6, true) - HEADER_BYTES));
  const frames = ivfFrames(bytes, { codec, usOfTick: (1_000_000 * scale) / rate, name });
  const forms = { vp9: vp9Frames, av1: av1Frames };
  return {
    format: {
      kind: "video",
      codec,
      clockRate: CODECS[codec].clockRate,
      width: view.getUint16(12, true),
      height: view.getUint16(14, true),
    },
    frames:
      codec === "h264"
        ? h264Frames(frames, name, undefined)
        : codec === "vp9" || codec === "av1"
          ? forms[codec](frames, name)
          : frames,
  };
}

async function* ivfFrames(
  bytes: ByteQueue,
  { codec, usOfTick, name }: { codec: CodecName; usOfTick: number; name: string },
): AsyncGenerator<EncodedFrame, void> {
  for (;;) {
    const header = await bytes.take(FRAME_HEADER_BYTES);
    if (header === undefined) return;
    const view = new DataView(header.buffer, header.byteOffset, header.length);
    const size = view.getUint32(0, true);
    const tick = Number(view.getBigUint64(4, true));
    if (size > MAX_FRAME_BYTES || !Number.isSafeInteger(tick)) {
      throw new P2pError("MEDIA_UNREADABLE", { name, why: "damaged" });
    }
    const frame = await bytes.take(size);
    // A file that is cut off ends with the last whole frame.
    if (frame === undefined) return;
    const isKey = IS_KEY[codec]?.(frame) ?? false;
    yield { bytes: frame, timestampUs: Math.round(tick * usOfTick), durationUs: undefined, isKey };
  }
}
