// Ten seconds of every codec are published by one `p2p` and recorded by another, in real time. ffmpeg takes both files apart: what
// comes out of the recording is what went into the clip, frame by frame, at its time, and sound stays with its picture.
import { execFile } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connect, exits, offer, people, removeFolder } from "../support/processes.ts";

const SECONDS = 10;
/** A busy machine is late with a clip, which takes nothing from its frames and their times. */
const PATIENCE_MS = 200_000;
const PICTURE = ["-f", "lavfi", "-i", `testsrc2=size=320x240:rate=25:duration=${SECONDS}`];
// Of noise no two packets are alike.
const SOUND = ["-f", "lavfi", "-i", `anoisesrc=amplitude=0.3:seed=1:sample_rate=48000:duration=${SECONDS}`];
const LATE_SOUND = ["-itsoffset", "0.3", ...SOUND];
const PIXELS = ["-pix_fmt", "yuv420p", "-g", "50"];
const VP8 = ["-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "1M", ...PIXELS];
const VP9 = ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "500k", ...PIXELS];
const AV1 = ["-c:v", "libaom-av1", "-usage", "realtime", "-cpu-used", "8", "-b:v", "300k", ...PIXELS];
const H264 = ["-c:v", "libx264", "-bf", "0", "-preset", "ultrafast", ...PIXELS];
const OPUS = ["-c:a", "libopus", "-b:a", "48k"];

let dir = "";
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "p2p-clips-"));
});
afterAll(() => removeFolder(dir));

const execute = promisify(execFile);

/** @returns what it writes to stdout */
async function ffmpeg(args: readonly string[]): Promise<Buffer> {
  const options = { encoding: "buffer", maxBuffer: 16 * 1024 * 1024 } as const;
  const { stdout } = await execute("ffmpeg", ["-nostdin", "-v", "error", "-y", ...args], options).catch(
    (error: unknown) => {
      throw new Error("This test needs ffmpeg: apt-get install ffmpeg", { cause: error });
    },
  );
  return stdout;
}

async function makeClip(name: string, args: readonly string[]): Promise<string> {
  const path = join(dir, name);
  await ffmpeg([...args, path]);
  return path;
}

interface HashedFrame {
  /** Of the payload, without what belongs to the container. */
  readonly hash: string;
  readonly timeMs: number;
}

/** What containers do to a codec is undone: H.264 without the parameter sets that they move, AV1 without temporal delimiters. */
const BARE: Readonly<Record<string, string>> = {
  h264: "h264_mp4toannexb,filter_units=remove_types=7|8",
  av1: "filter_units=remove_types=2",
};

async function framesOf(path: string, stream: "v" | "a", codec = ""): Promise<HashedFrame[]> {
  const bare = BARE[codec];
  const filter = bare === undefined ? [] : [`-bsf:${stream}`, bare];
  const args = [
    "-i",
    path,
    "-map",
    `0:${stream}:0`,
    "-c",
    "copy",
    ...filter,
    "-f",
    "framehash",
    "-hash",
    "sha256",
    "-",
  ];
  const lines = (await ffmpeg(args)).toString().trim().split("\n");
  const base = lines.map((line) => /^#tb 0: (\d+)\/(\d+)$/.exec(line)).find((match) => match !== null);
  if (base === undefined) throw new Error(`no time base: ${path}`);
  const unitMs = (Number(base[1]) / Number(base[2])) * 1_000;
  return lines
    .filter((line) => !line.startsWith("#"))
    .map((line) => line.split(",").map((field) => field.trim()))
    .map(([_stream, _dts, pts, _duration, _size, hash = ""]) => ({ hash, timeMs: Number(pts) * unitMs }));
}

/** A frame of the recording beside that of the clip. */
interface Pair {
  readonly sourceMs: number;
  /** How much later than in the clip it is; both files have their own zero. */
  readonly shiftMs: number;
}

/** Every frame of the recording is one of the clip, in order, and few are missing. */
function expectFrames(got: readonly HashedFrame[], wanted: readonly HashedFrame[]): Pair[] {
  const pairs: Pair[] = [];
  let at = 0;
  for (const { hash, timeMs } of got) {
    while (at < wanted.length && wanted[at]?.hash !== hash) at += 1;
    const sourceMs = wanted[at]?.timeMs;
    if (sourceMs === undefined) break;
    pairs.push({ sourceMs, shiftMs: timeMs - sourceMs });
    at += 1;
  }
  expect(pairs.length, "frames that are those of the clip").toBe(got.length);
  expect(got.length / wanted.length).toBeGreaterThanOrEqual(0.99);
  const [first] = pairs;
  for (const { shiftMs } of pairs) expect(Math.abs(shiftMs - (first?.shiftMs ?? 0))).toBeLessThanOrEqual(100);
  return pairs;
}

/** Each picture is as far from the sound beside it as in the clip. */
function expectTogether(pictures: readonly Pair[], sounds: readonly Pair[]): void {
  let at = 0;
  for (const { sourceMs, shiftMs } of pictures) {
    while ((sounds[at + 1]?.sourceMs ?? Number.POSITIVE_INFINITY) <= sourceMs) at += 1;
    expect(Math.abs(shiftMs - (sounds[at]?.shiftMs ?? Number.NaN))).toBeLessThanOrEqual(40);
  }
}

interface Clip {
  readonly name: string;
  readonly args: readonly string[];
  readonly codec?: string;
  readonly hasSound: boolean;
}

const CLIPS: readonly Clip[] = [
  { name: "vp8-opus.webm", args: [...PICTURE, ...SOUND, ...VP8, ...OPUS], codec: "vp8", hasSound: true },
  { name: "h264-opus.mp4", args: [...PICTURE, ...SOUND, ...H264, ...OPUS], codec: "h264", hasSound: true },
  { name: "h264-late-opus.mkv", args: [...PICTURE, ...LATE_SOUND, ...H264, ...OPUS], codec: "h264", hasSound: true },
  { name: "vp9.webm", args: [...PICTURE, ...VP9], codec: "vp9", hasSound: false },
  { name: "av1-opus.mp4", args: [...PICTURE, ...SOUND, ...AV1, ...OPUS], codec: "av1", hasSound: true },
  { name: "opus.ogg", args: [...SOUND, ...OPUS], hasSound: true },
];

/** Publishes a clip on one side, and records it on the other. */
async function recorded(
  t: Parameters<typeof people>[0],
  clip: string,
  name: string,
  isOffered: boolean,
): Promise<string> {
  const { ann, bob } = await people(t, "ann", "bob");
  const [publishes, records] = [
    ["--publish", clip],
    ["--record", name],
  ];
  const pair = await connect(
    { ann, bob },
    ...(isOffered ? ([publishes, records] as const) : ([records, publishes] as const)),
  );
  expect(await exits(pair, PATIENCE_MS)).toEqual([0, 0]);
  return join(isOffered ? bob.dir : ann.dir, name);
}

describe.concurrent("ten seconds that were published and recorded are the same", { timeout: 1.5 * PATIENCE_MS }, () => {
  test.for(CLIPS.map((clip, index) => ({ ...clip, isOffered: index % 2 === 0 })))(
    "$name",
    async ({ name, args, codec, hasSound, isOffered }, t) => {
      const clip = await makeClip(name, args);
      const recording = await recorded(t, clip, name, isOffered);
      const sameFrames = async (stream: "v" | "a", of?: string): Promise<Pair[]> =>
        expectFrames(await framesOf(recording, stream, of), await framesOf(clip, stream, of));
      const pictures = codec === undefined ? [] : await sameFrames("v", codec);
      const sounds = hasSound ? await sameFrames("a") : [];
      if (codec !== undefined && hasSound) expectTogether(pictures, sounds);
    },
  );

  // A WAV has no times but the places of its samples.
  test.for(["mulaw", "alaw"])("pcm_%s.wav", async (law, t) => {
    const clip = await makeClip(`${law}.wav`, [...SOUND, "-ar", "8000", "-c:a", `pcm_${law}`]);
    const recording = await recorded(t, clip, `${law}.wav`, law === "alaw");
    const samplesOf = (path: string): Promise<Buffer> => ffmpeg(["-i", path, "-c", "copy", "-f", law, "-"]);
    const [got, wanted] = await Promise.all([samplesOf(recording), samplesOf(clip)]);
    expect(wanted.length).toBe(8_000 * SECONDS);
    const same = wanted.filter((sample, at) => sample === got[at]).length;
    expect(same / wanted.length).toBeGreaterThanOrEqual(0.99);
  });
});

test("H.264 with AAC is refused with a command that makes what is taken", async (t) => {
  const { ann } = await people(t, "ann");
  const path = await makeClip("h264-aac.mp4", [...PICTURE, ...SOUND, ...H264, "-c:a", "aac"]);
  const side = offer(ann, ["--publish", path]);
  expect(await side.exit()).toBe(8);
  expect(side.stderr).toMatch(/its sound is AAC \(MEDIA_UNSUPPORTED\)/);
  expect(readdirSync(ann.dir)).toEqual([]);
  const [, cure = ""] = /hint: convert it: ffmpeg (.+)/.exec(side.stderr) ?? [];
  const args = cure.split(" ").map((word) => word.replaceAll("'", ""));
  await ffmpeg(args);
  expect(existsSync(args.at(-1) ?? "")).toBe(true);
});
