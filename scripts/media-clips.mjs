// @ts-check
// Makes, by ffmpeg, the clips of test/vectors/media and what `--publish test:` shows (src/store/media/test-clip.ts):
//   node scripts/media-clips.mjs
// Needs ffmpeg with libvpx, libx264, libaom and libopus, as Debian's has. Another ffmpeg makes other bytes: the tests count
// frames and look at what is in them, and compare no clip with one of before.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "./support/project.mjs";

const CLIPS = join(root, "test/vectors/media");
/** A second each: ten pictures, and fifty packets of sound. */
const PICTURE = ["-f", "lavfi", "-i", "testsrc=size=64x48:rate=10:duration=1"];
const SOUND = ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000:duration=1"];
const YUV = ["-pix_fmt", "yuv420p"];
const OPUS = ["-c:a", "libopus", "-b:a", "12k", "-ac", "1"];
const VP8 = ["-c:v", "libvpx", ...YUV, "-b:v", "60k", "-g", "5", "-deadline", "good"];
const VP9 = ["-c:v", "libvpx-vp9", ...YUV, "-b:v", "40k", "-g", "5"];
const AV1 = ["-c:v", "libaom-av1", ...YUV, "-b:v", "30k", "-g", "5", "-cpu-used", "8", "-lag-in-frames", "0"];
const H264 = ["-c:v", "libx264", "-g", "5", "-crf", "36"];
const BASELINE = [...H264, ...YUV, "-profile:v", "baseline"];
/** No date and no name of an encoder: the same ffmpeg makes the same bytes. */
const PLAIN = ["-map_metadata", "-1", "-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact"];

/** @type {Readonly<Record<string, readonly string[]>>} */
const COMMANDS = {
  "vp8-opus.webm": [...PICTURE, ...SOUND, ...VP8, ...OPUS],
  "vp9.webm": [...PICTURE, ...VP9],
  "av1.mkv": [...PICTURE, ...AV1],
  "av1.mp4": [...PICTURE, ...AV1],
  "h264-opus.mp4": [...PICTURE, ...SOUND, ...BASELINE, ...OPUS],
  "h264-opus.mkv": [...PICTURE, ...SOUND, ...BASELINE, ...OPUS],
  "h264-b-frames.mp4": [...PICTURE, ...H264, ...YUV],
  "h264-444.mp4": [...PICTURE, ...H264, "-pix_fmt", "yuv444p", "-bf", "0"],
  "h264-aac.mp4": [...PICTURE, ...SOUND, ...BASELINE, "-c:a", "aac", "-b:a", "16k"],
  "aac.mp4": [...SOUND, "-c:a", "aac", "-b:a", "16k"],
  "late-sound.mkv": [...PICTURE, "-itsoffset", "0.3", ...SOUND, ...VP8, ...OPUS],
  "vp8.ivf": [...PICTURE, ...VP8],
  "vp9.ivf": [...PICTURE, ...VP9],
  "av1.ivf": [...PICTURE, ...AV1],
  "opus.ogg": [...SOUND, ...OPUS],
  "vorbis.ogg": [...SOUND, "-c:a", "libvorbis", "-q:a", "0"],
  "ulaw.wav": [...SOUND, "-ar", "8000", "-c:a", "pcm_mulaw"],
  "alaw.wav": [...SOUND, "-ar", "8000", "-c:a", "pcm_alaw"],
  "pcm-8k.wav": [...SOUND, "-ar", "8000", "-c:a", "pcm_s16le"],
  "pcm-48k.wav": [...SOUND, "-t", "0.1", "-c:a", "pcm_s16le"],
};

/** @param {readonly string[]} args */
function ffmpeg(args) {
  const { status, stderr } = spawnSync("ffmpeg", ["-hide_banner", "-loglevel", "error", "-y", ...args], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`ffmpeg ${args.join(" ")}\n${stderr}`);
}

mkdirSync(CLIPS, { recursive: true });
for (const [name, args] of Object.entries(COMMANDS)) ffmpeg([...args, ...PLAIN, join(CLIPS, name)]);

// Two seconds that begin again: bars over which a mark goes from one side to the other and back, and a tone whose waves
// fit into them.
const folder = mkdtempSync(join(tmpdir(), "p2p-media-clips-"));
try {
  const bars = "smptebars=size=320x240:rate=15:duration=2";
  const mark = "color=white:size=24x24:rate=15:duration=2";
  const overlay = "[0][1]overlay=x='148-148*cos(PI*t)':y=108:eval=frame";
  const picture = ["-f", "lavfi", "-i", bars, "-f", "lavfi", "-i", mark, "-filter_complex", overlay];
  const speed = ["-deadline", "best", "-auto-alt-ref", "0", "-g", "15", "-b:v", "40k", "-qmin", "20", "-qmax", "50"];
  ffmpeg([...picture, "-c:v", "libvpx", ...YUV, ...speed, ...PLAIN, join(folder, "bars.ivf")]);
  const tone = "sine=frequency=500:sample_rate=48000:duration=3";
  const quiet = ["-filter:a", "volume=0.5", "-c:a", "libopus", "-b:a", "12k", "-ac", "1", "-vbr", "off"];
  ffmpeg(["-f", "lavfi", "-i", tone, ...quiet, ...PLAIN, join(folder, "tone.ogg")]);
  const text = testClip(readFileSync(join(folder, "bars.ivf")), readFileSync(join(folder, "tone.ogg")));
  writeFileSync(join(root, "src/store/media/test-clip.ts"), text);
} finally {
  rmSync(folder, { recursive: true });
}

/**
 * @param {Buffer} ivf @param {Buffer} ogg
 * @returns {string} the module
 */
function testClip(ivf, ogg) {
  const pictures = framesOfIvf(ivf);
  // The packets of the first second have the onset in them.
  const sound = packetsOfOgg(ogg).slice(2 + 25, 2 + 25 + 100);
  if (pictures.length !== 30 || sound.length !== 100) throw new Error("not two seconds");
  /** @param {readonly Buffer[]} parts */
  const lines = (parts) => parts.map((part) => `  "${part.toString("base64")}",\n`).join("");
  return [
    "// The two seconds that `--publish test:` repeats, made by scripts/media-clips.mjs. Do not edit.",
    "// biome-ignore-all format: one frame a line",
    "",
    "/** VP8 in base64, 320 by 240, 15 pictures a second, a key frame each second. */",
    `export const TEST_PICTURES: readonly string[] = [\n${lines(pictures)}];`,
    "",
    "/** Opus in base64, one channel, 20 ms a packet: a tone of 500 Hz. */",
    `export const TEST_SOUND: readonly string[] = [\n${lines(sound)}];`,
    "",
  ].join("\n");
}

/** @param {Buffer} file */
function framesOfIvf(file) {
  const frames = [];
  for (let at = file.readUInt16LE(6); at < file.length; ) {
    const bytes = file.readUInt32LE(at);
    frames.push(file.subarray(at + 12, at + 12 + bytes));
    at += 12 + bytes;
  }
  return frames;
}

/** @param {Buffer} file - of packets that end on the page on which they begin */
function packetsOfOgg(file) {
  const packets = [];
  for (let at = 0; at < file.length; ) {
    const segments = file.readUInt8(at + 26);
    let from = at + 27 + segments;
    let to = from;
    for (let index = 0; index < segments; index += 1) {
      const bytes = file.readUInt8(at + 27 + index);
      to += bytes;
      if (bytes < 255) {
        packets.push(file.subarray(from, to));
        from = to;
      }
    }
    at = to;
  }
  return packets;
}
