// Clips of ffmpeg are published and recorded without a line between: every codec from every kind of file into every kind of
// file that holds it. ffprobe and ffmpeg judge what comes out.
import { spawnSync } from "node:child_process";
import { copyFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CodecName } from "../../src/lib/codecs.ts";
import type { EncodedFrame } from "../../src/media/frame.ts";
import { endingsFor, PUBLISHED } from "../../src/store/media/containers.ts";
import { openMediaSink, openMediaSource } from "../../src/store/media/media-files.ts";
import { framesOf, hastyClock } from "../support/media-clips.ts";

const SECONDS = 4;
const PICTURES_A_SECOND = 25;
const PICTURE = `testsrc2=size=320x240:rate=${PICTURES_A_SECOND}:duration=${SECONDS}`;
const SOUND = `sine=frequency=440:sample_rate=48000:duration=${SECONDS}`;

const VIDEO: Readonly<Record<string, readonly string[]>> = {
  vp8: ["-c:v", "libvpx", "-b:v", "500k", "-deadline", "realtime"],
  vp9: ["-c:v", "libvpx-vp9", "-b:v", "500k", "-deadline", "realtime", "-cpu-used", "8"],
  h264: ["-c:v", "libx264", "-bf", "0", "-preset", "ultrafast"],
  av1: ["-c:v", "libaom-av1", "-cpu-used", "8", "-usage", "realtime", "-b:v", "300k"],
};
const AUDIO: Readonly<Record<string, readonly string[]>> = {
  opus: ["-c:a", "libopus", "-b:a", "32k"],
  pcmu: ["-ar", "8000", "-c:a", "pcm_mulaw"],
  pcma: ["-ar", "8000", "-c:a", "pcm_alaw"],
};

let dir = "";
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "p2p-media-files-"));
});
afterAll(async () => {
  await rm(dir, { recursive: true, force: true });
});

/** @returns what it prints, and what it complains about */
function run(program: "ffmpeg" | "ffprobe", args: readonly string[]): { stdout: string; stderr: string } {
  const { status, stdout, stderr, error } = spawnSync(program, ["-v", "error", ...args], { encoding: "utf8" });
  if (error !== undefined) throw new Error(`${program}: apt-get install ffmpeg`, { cause: error });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")}\n${stderr}`);
  return { stdout, stderr };
}

const made = new Set<string>();

/** Makes a clip of one codec, once; the pictures with Opus beside them where the kind of file holds it. */
function makeClip(codec: CodecName, container: string): string {
  const path = join(dir, `${codec}.${container}`);
  if (made.has(path)) return path;
  made.add(path);
  const video = VIDEO[codec];
  const key = ["-g", "50", "-pix_fmt", "yuv420p"];
  if (video === undefined) {
    run("ffmpeg", ["-y", "-f", "lavfi", "-i", SOUND, ...(AUDIO[codec] ?? []), path]);
  } else if (container === "ivf") {
    run("ffmpeg", ["-y", "-f", "lavfi", "-i", PICTURE, ...video, ...key, path]);
  } else {
    const inputs = ["-f", "lavfi", "-i", PICTURE, "-f", "lavfi", "-i", SOUND];
    run("ffmpeg", ["-y", ...inputs, ...video, ...key, ...(AUDIO.opus ?? []), path]);
  }
  return path;
}

interface Probed {
  codec: string;
  packets: number;
  /** Seconds of each packet. */
  times: number[];
}

function probe(path: string): Probed[] {
  const entries = ["-show_entries", "stream=index,codec_name:packet=stream_index,pts_time", "-of", "json"];
  const read = JSON.parse(run("ffprobe", [...entries, path]).stdout) as {
    streams: { index: number; codec_name: string }[];
    packets: { stream_index: number; pts_time?: string }[];
  };
  return read.streams.map(({ index, codec_name }) => {
    const own = read.packets.filter((packet) => packet.stream_index === index);
    return { codec: codec_name, packets: own.length, times: own.map(({ pts_time }) => Number(pts_time)) };
  });
}

interface Recorded {
  codecs: CodecName[];
  frames: EncodedFrame[][];
}

/** Publishes a file into another; at three quarters of the frames it is copied. */
async function record(from: string, to: string): Promise<Recorded> {
  const source = await openMediaSource(from);
  const sink = await openMediaSink(to, { conflict: "overwrite", nowMs: hastyClock() });
  const isHeld = source.tracks.map(({ kind, codec }) => sink.accepts[kind].includes(codec));
  const indices = source.tracks.map((track, at) => (isHeld[at] === true ? sink.addTrack(track) : -1));
  const frames: EncodedFrame[][] = source.tracks.map(() => []);
  let isCopied = false;
  for (let next = await source.next(); next !== undefined; next = await source.next()) {
    frames[next.index]?.push(next.frame);
    if (isHeld[next.index] === true) await sink.write(indices[next.index] ?? 0, next.frame);
    if (isCopied || next.frame.timestampUs < SECONDS * 750_000) continue;
    isCopied = true;
    await copyFile(to, `${to}.copy`);
  }
  await source.close();
  await sink.close();
  const held = <T>(list: readonly T[]): T[] => list.filter((_, at) => isHeld[at]);
  return { codecs: held(source.tracks.map(({ codec }) => codec)), frames: held(frames) };
}

const FFMPEG_NAME: Readonly<Record<CodecName, string>> = {
  vp8: "vp8",
  vp9: "vp9",
  h264: "h264",
  av1: "av1",
  opus: "opus",
  pcmu: "pcm_mulaw",
  pcma: "pcm_alaw",
};

/** Packets of G.711 are joined by readers, so that only bytes count. */
const isCounted = (codec: CodecName): boolean => !codec.startsWith("pcm");

const ROUTES = Object.entries(PUBLISHED).flatMap(([container, codecs]) =>
  codecs
    // ffmpeg writes no IVF with H.264.
    .filter((codec) => container !== "ivf" || codec !== "h264")
    .flatMap((codec) => endingsFor(codec).map((ending) => [codec, container, ending] as const)),
);

describe.each(ROUTES)("%s from .%s into %s", (codec, container, ending) => {
  test("has every frame at its time, and ffmpeg decodes it without a complaint", async () => {
    const from = makeClip(codec, container);
    const to = join(dir, `recorded-${codec}-${container}${ending}`);
    const { codecs, frames } = await record(from, to);
    const probed = probe(to);
    expect(probed.map((stream) => stream.codec)).toEqual(codecs.map((name) => FFMPEG_NAME[name]));
    for (const [at, stream] of probed.entries()) {
      const expected = frames[at] ?? [];
      if (!isCounted(codecs[at] ?? "opus")) continue;
      expect(stream.packets).toBe(expected.length);
      const drifts = stream.times.map((time, index) => Math.abs(time * 1e6 - (expected[index]?.timestampUs ?? 0)));
      // Ogg has no time for its first packet that is before 0: 6.5 ms.
      expect(Math.max(...drifts)).toBeLessThanOrEqual(10_000);
    }
    expect(run("ffmpeg", ["-xerror", "-i", to, "-f", "null", "-"]).stderr).toBe("");
    const seconds = Number(run("ffprobe", ["-show_entries", "format=duration", "-of", "csv=p=0", to]).stdout);
    expect(seconds).toBeGreaterThan(SECONDS - 0.1);
    expect(seconds).toBeLessThan(SECONDS + 0.1);
  });

  test("plays from a copy that was taken before its end, all but the last half second", async () => {
    const to = join(dir, `copied-${codec}-${container}${ending}`);
    await record(makeClip(codec, container), to);
    const [copied] = probe(`${to}.copy`);
    expect(copied?.times.at(-1)).toBeGreaterThan(SECONDS * 0.75 - 0.6);
    // A WAV says its size only in the end: before, ffmpeg plays all of it and then says that more was to come.
    const complaint = ending === ".wav" ? /^\S+: corrupt input packet in stream 0\n$|^$/ : /^$/;
    const strict = ending === ".wav" ? [] : ["-xerror"];
    expect(run("ffmpeg", [...strict, "-i", `${to}.copy`, "-f", "null", "-"]).stderr).toMatch(complaint);
  });
});

describe.each(["vp8", "h264", "av1", "vp9"] as const)("the bytes of %s", (codec) => {
  test("are those that ffmpeg has made, whatever files they pass", async () => {
    const [first = ""] = ROUTES.filter(([name]) => name === codec).map(([, container]) => container);
    const from = makeClip(codec, first);
    const before = await framesOf(await openMediaSource(from));
    for (const ending of endingsFor(codec)) {
      const to = join(dir, `same-${codec}${ending}`);
      await record(from, to);
      expect((await framesOf(await openMediaSource(to)))[0]?.map(({ bytes }) => bytes)).toEqual(
        before[0]?.map(({ bytes }) => bytes),
      );
    }
  });
});

/** ffmpeg's names of files that are samples only. */
const RAW = { pcmu: "mulaw", pcma: "alaw" } as const;

test.each(["pcmu", "pcma"] as const)("the samples of %s are the same from Matroska", async (codec) => {
  const from = makeClip(codec, "wav");
  const { frames } = await record(from, join(dir, "g711.mkv"));
  run("ffmpeg", ["-y", "-i", join(dir, "g711.mkv"), "-c", "copy", "-f", RAW[codec], join(dir, "g711.raw")]);
  const sent = Buffer.concat((frames[0] ?? []).map(({ bytes }) => bytes));
  expect((await readFile(join(dir, "g711.raw"))).equals(sent)).toBe(true);
});

test("what comes is decoded as what was sent: the pictures are the same", async () => {
  const from = makeClip("vp8", "webm");
  const to = join(dir, "pictures.webm");
  await record(from, to);
  const hashes = (path: string): string => run("ffmpeg", ["-i", path, "-map", "0:v", "-f", "md5", "-"]).stdout;
  expect(hashes(to)).toBe(hashes(from));
});

test("test: is a picture and a tone that ffmpeg decodes", async () => {
  const source = await openMediaSource("test:");
  const sink = await openMediaSink(join(dir, "test.webm"));
  const indices = source.tracks.map((track) => sink.addTrack(track));
  for (let count = 0; count < 600; count += 1) {
    const next = await source.next();
    if (next !== undefined) await sink.write(indices[next.index] ?? 0, next.frame);
  }
  await source.close();
  await sink.close();
  expect(run("ffmpeg", ["-xerror", "-i", join(dir, "test.webm"), "-f", "null", "-"]).stderr).toBe("");
  const tone = ["-i", join(dir, "test.webm"), "-af", "volumedetect", "-vn", "-f", "null", "-"];
  const { stderr } = spawnSync("ffmpeg", tone, { encoding: "utf8" });
  expect(Number(/mean_volume: (-?[\d.]+) dB/.exec(stderr)?.[1])).toBeGreaterThan(-40);
});
