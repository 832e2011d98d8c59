// `--publish test:`: bars over which a mark moves, and a tone, from two encoded seconds that are repeated for ever.
import { bytesOfBase64 } from "../../lib/bytes.ts";
import { CODECS } from "../../lib/codecs.ts";
import type { EncodedFrame } from "../../media/frame.ts";
import { TEST_PICTURES, TEST_SOUND } from "./test-clip.ts";
import { TracksInTime } from "./track-reader.ts";
import { readVp8KeyFrame } from "./vpx.ts";

const LENGTH_US = 2_000_000;

/** The name that asks for it. */
export const TEST_SOURCE = "test:";

/** Never ends. */
export function openTestSource(): TracksInTime {
  const size = { width: 320, height: 240 };
  const video = { kind: "video", codec: "vp8", clockRate: CODECS.vp8.clockRate, ...size } as const;
  const audio = { kind: "audio", codec: "opus", clockRate: CODECS.opus.clockRate, channels: 1 } as const;
  const readers = [
    { format: video, frames: repeated(TEST_PICTURES, (bytes) => readVp8KeyFrame(bytes) !== undefined) },
    { format: audio, frames: repeated(TEST_SOUND, () => true) },
  ];
  return new TracksInTime(readers, async () => {});
}

async function* repeated(
  texts: readonly string[],
  isKey: (bytes: Uint8Array) => boolean,
): AsyncGenerator<EncodedFrame, void> {
  const frames = texts.map(bytesOfBase64);
  const durationUs = LENGTH_US / frames.length;
  for (let round = 0; ; round += 1) {
    for (const [at, bytes] of frames.entries()) {
      const timestampUs = Math.round(round * LENGTH_US + at * durationUs);
      yield { bytes, timestampUs, durationUs: Math.round(durationUs), isKey: isKey(bytes) };
    }
  }
}
