// What is recorded: frames go into each kind of file that holds them and come out of it again, byte for byte and at their time,
// also from a copy taken in the middle; and nothing that a stranger sends does harm.
import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { type CodecName, CODECS } from "../../../../src/lib/codecs.ts";
import type { EncodedFrame, TrackFormat } from "../../../../src/media/frame.ts";
import type { FileSystem } from "../../../../src/store/file-system.ts";
import { RECORDED, type RecordedContainer } from "../../../../src/store/media/containers.ts";
import { openMediaSink, openMediaSource } from "../../../../src/store/media/media-files.ts";
import { MAX_EARLY_BYTES, MAX_WAITING_BYTES, RecordingSink } from "../../../../src/store/media/recording-sink.ts";
import { systemError, withHandles } from "../../../support/fake-disk.ts";
import { clipPath, framesOf, hastyClock } from "../../../support/media-clips.ts";
import { seededRandom } from "../../../support/seeded-random.ts";
import { withResolvers } from "../../../support/with-resolvers.ts";

// Files are written and read over and over, which takes its time where others keep the machine busy.
vi.setConfig({ testTimeout: 120_000 });

const CLIP_OF: Readonly<Record<CodecName, string>> = {
  vp8: "vp8-opus.webm",
  vp9: "vp9.webm",
  av1: "av1.mkv",
  h264: "h264-opus.mp4",
  opus: "opus.ogg",
  pcmu: "ulaw.wav",
  pcma: "alaw.wav",
};

interface Track {
  readonly format: TrackFormat;
  readonly frames: EncodedFrame[];
}

async function tracksOf(name: string): Promise<Track[]> {
  const source = await openMediaSource(clipPath(name));
  const frames = await framesOf(source);
  return source.tracks.map((format, index) => ({ format, frames: frames[index] ?? [] }));
}

async function trackOf(codec: CodecName): Promise<Track> {
  const found = (await tracksOf(CLIP_OF[codec])).find(({ format }) => format.codec === codec);
  if (found === undefined) throw new Error(`no ${codec}`);
  return found;
}

/** A sink whose file is kept in memory, as stdout would have it. */
function memorySink(
  container: RecordedContainer,
  nowMs = hastyClock(),
): { sink: RecordingSink; bytes: () => Uint8Array } {
  const parts: Uint8Array[] = [];
  const target = {
    path: undefined,
    append: async (pieces: readonly Uint8Array[]) => void parts.push(Buffer.concat(pieces)),
    close: async () => {},
  };
  return { sink: new RecordingSink(`x.${container}`, container, target, nowMs), bytes: () => Buffer.concat(parts) };
}

/** What is found in a copy of these bytes. */
async function read(bytes: Uint8Array) {
  const path = join(await folder(), "copy");
  await writeFile(path, bytes);
  return await openMediaSource(path);
}

/** Writes frames in order of time. */
async function write(sink: RecordingSink, tracks: readonly Track[], most = Number.POSITIVE_INFINITY): Promise<void> {
  const indices = tracks.map(({ format }) => sink.addTrack(format));
  const all = tracks.flatMap(({ frames }, at) => frames.map((frame) => ({ index: indices[at] ?? 0, frame })));
  all.sort((one, other) => one.frame.timestampUs - other.frame.timestampUs);
  for (const { index, frame } of all.slice(0, most)) await sink.write(index, frame);
}

const payloads = (frames: readonly EncodedFrame[]): Uint8Array[] => frames.map(({ bytes }) => bytes);

/** µs by which the times of two lists of frames differ at most. */
function driftUs(one: readonly EncodedFrame[], other: readonly EncodedFrame[]): number {
  return Math.max(...one.map(({ timestampUs }, at) => Math.abs(timestampUs - (other[at]?.timestampUs ?? Infinity))));
}

const PAIRS = Object.entries(RECORDED).flatMap(([container, { video, audio }]) =>
  [...video, ...audio].map((codec) => [container as RecordedContainer, codec] as const),
);
/** Matroska keeps G.711 under the name of another system, which only ffmpeg reads: test/system/media.test.ts. */
const readBack = PAIRS.filter(([container, codec]) => container !== "mkv" || !codec.startsWith("pcm"));

describe.each(readBack)("%s with %s", (container, codec) => {
  test("gives every frame back, byte for byte and within a millisecond", async () => {
    const track = await trackOf(codec);
    const { sink, bytes } = memorySink(container);
    await write(sink, [track]);
    await sink.close();
    const [frames = []] = await framesOf(await read(bytes()));
    expect(payloads(frames)).toEqual(payloads(track.frames));
    const firstUs = track.frames[0]?.timestampUs ?? 0;
    const moved = track.frames.map((frame) => ({ ...frame, timestampUs: frame.timestampUs - firstUs }));
    // The reader of Ogg lets the first packet begin at 0 that begins 6.5 ms before.
    expect(driftUs(frames, moved)).toBeLessThanOrEqual(container === "ogg" ? 6_500 : 1_000);
    expect(frames.map(({ isKey }) => isKey)).toEqual(track.frames.map(({ isKey }) => isKey));
  });

  test("is whole up to the last half second at any moment", async () => {
    const track = await trackOf(codec);
    const { sink, bytes } = memorySink(container);
    const index = sink.addTrack(track.format);
    for (const [at, frame] of track.frames.entries()) {
      await sink.write(index, frame);
      if (bytes().length === 0) continue;
      const endUs = frame.timestampUs - (track.frames[0]?.timestampUs ?? 0);
      const due = track.frames.filter(({ timestampUs }) => frame.timestampUs - timestampUs > 600_000).length;
      if (endUs < 700_000 || at % 3 !== 0) continue;
      const [frames = []] = await framesOf(await read(bytes().slice()));
      expect(frames.length).toBeGreaterThanOrEqual(due);
      expect(payloads(frames)).toEqual(payloads(track.frames).slice(0, frames.length));
    }
    await sink.close();
  });

  test("takes no harm from what is no frame, nor do the frames behind it", async () => {
    const track = await trackOf(codec);
    const random = seededRandom(codec.length);
    const { sink, bytes } = memorySink(container);
    const index = sink.addTrack(track.format);
    for (let round = 0; round < 200; round += 1) {
      const real = track.frames[round % track.frames.length]?.bytes ?? new Uint8Array();
      const bent = real.slice(0, random() < 0.5 ? undefined : Math.floor(random() * real.length));
      if (bent.length > 0) bent[Math.floor(random() * Math.min(20, bent.length))] = random() * 256;
      const noise = Uint8Array.from({ length: Math.floor(random() * 60) }, () => random() * 256);
      const timestampUs = Math.floor(random() * 2_000_000);
      await sink.write(index, {
        bytes: round % 2 === 0 ? bent : noise,
        timestampUs,
        durationUs: undefined,
        isKey: true,
      });
    }
    for (const frame of track.frames) await sink.write(index, { ...frame, timestampUs: frame.timestampUs + 3_000_000 });
    await sink.close();
    const [frames = []] = await framesOf(await read(bytes()));
    const found = payloads(frames)
      .map((each) => Buffer.from(each).toString("hex"))
      .join("");
    // G.711 has no frames of its own, and a file that has begun with bent parameter sets keeps the right ones in its frames.
    const key = track.frames[5]?.bytes ?? new Uint8Array();
    const tail = Buffer.from(key.subarray(key.length - 20)).toString("hex");
    expect(found).toContain(tail);
  });
});

describe("sound and picture", () => {
  test.each([
    ["webm", "vp8-opus.webm"],
    ["mkv", "h264-opus.mkv"],
    ["mp4", "h264-opus.mp4"],
    ["mkv", "late-sound.mkv"],
  ] as const)("in %s of %s keep their distance to the millisecond", async (container, name) => {
    const tracks = await tracksOf(name);
    const { sink, bytes } = memorySink(container);
    await write(sink, tracks);
    await sink.close();
    const source = await read(bytes());
    const frames = await framesOf(source);
    for (const { format, frames: expected } of tracks) {
      const at = source.tracks.findIndex(({ codec }) => codec === format.codec);
      expect(payloads(frames[at] ?? [])).toEqual(payloads(expected));
      expect(driftUs(frames[at] ?? [], expected)).toBeLessThanOrEqual(1_000);
    }
  });

  test("a gap stays a gap, in every kind of file", async () => {
    for (const [container, codec] of readBack) {
      const track = await trackOf(codec);
      const late = track.frames.map((frame, at) => ({
        ...frame,
        timestampUs: frame.timestampUs + (at >= 5 ? 1_500_000 : 0),
      }));
      const { sink, bytes } = memorySink(container);
      await write(sink, [{ ...track, frames: late }]);
      await sink.close();
      const [frames = []] = await framesOf(await read(bytes()));
      const lastUs = (list: readonly EncodedFrame[]): number =>
        (list.at(-1)?.timestampUs ?? 0) - (list[0]?.timestampUs ?? 0);
      expect(Math.abs(lastUs(frames) - lastUs(late)), `${container} ${codec}`).toBeLessThanOrEqual(40_000);
    }
  });
});

describe("times that somebody else makes up", () => {
  test("go on where they go back, and are not believed far ahead of the clock here", async () => {
    const { format, frames } = await trackOf("vp8");
    const { sink, bytes } = memorySink("webm", () => 0);
    const index = sink.addTrack(format);
    const times = [5_000_000, 4_000_000, 5_050_000, 65_000_001, 5_060_000, Number.NaN, 5_070_000];
    for (const [at, timestampUs] of times.entries()) {
      const frame = frames[at] ?? frames[0];
      if (frame !== undefined) await sink.write(index, { ...frame, timestampUs });
    }
    await sink.close();
    const [read1 = []] = await framesOf(await read(bytes()));
    expect(read1.map(({ timestampUs }) => timestampUs)).toEqual([0, 1_000, 50_000, 60_000, 70_000]);
  });
});

test("a fragment is written before it has more than a MiB", async () => {
  const { format, frames } = await trackOf("h264");
  const { sink, bytes } = memorySink("mp4");
  const index = sink.addTrack(format);
  const [key] = frames;
  if (key === undefined) return never();
  await sink.write(index, key);
  const slice = new Uint8Array(700_000).fill(0x41);
  slice.set([0, 0, 0, 1]);
  for (let at = 1; at <= 3; at += 1) await sink.write(index, { ...key, bytes: slice, timestampUs: at * 10_000 });
  expect(bytes().length).toBeGreaterThan(1_400_000);
  await sink.close();
});

test("longer than a page of Ogg is no packet", async () => {
  const { format, frames } = await trackOf("opus");
  const { sink, bytes } = memorySink("ogg");
  const index = sink.addTrack(format);
  const long = new Uint8Array(61_441);
  long[0] = 0x08;
  await sink.write(index, { bytes: long, timestampUs: 0, durationUs: undefined, isKey: true });
  await sink.write(index, { bytes: long.subarray(1), timestampUs: 0, durationUs: undefined, isKey: true });
  for (const frame of frames) await sink.write(index, { ...frame, timestampUs: frame.timestampUs + 10_000 });
  await sink.close();
  const [read1 = []] = await framesOf(await read(bytes()));
  expect(payloads(read1).slice(-frames.length)).toEqual(payloads(frames));
  expect(bytes().length).toBeLessThan(80_000);
});

describe("a file begins", () => {
  test("with the first key frame of its picture; sound of before is kept", async () => {
    const [video, audio] = await tracksOf("vp8-opus.webm");
    if (video === undefined || audio === undefined) throw new Error("no tracks");
    const { sink, bytes } = memorySink("webm");
    await write(sink, [{ ...video, frames: video.frames.slice(1) }, audio]);
    await sink.close();
    const source = await read(bytes());
    const [pictures = [], sound = []] = await framesOf(source);
    expect(payloads(pictures)).toEqual(payloads(video.frames.slice(5)));
    expect(payloads(sound)).toEqual(payloads(audio.frames));
  });

  test.each([
    ["webm", "vp8", true],
    ["mkv", "h264", false],
    ["mp4", "h264", false],
  ] as const)(
    "in %s without a key frame of %s after five seconds; it comes later: %s",
    async (container, codec, comes) => {
      const audio = await trackOf("opus");
      const video = await trackOf(codec);
      const { sink, bytes } = memorySink(container);
      const [pictureIndex, soundIndex] = [sink.addTrack(video.format), sink.addTrack(audio.format)];
      for (let at = 0; at < 260; at += 1) {
        const frame = audio.frames[at % 50] ?? audio.frames[0];
        if (frame !== undefined) await sink.write(soundIndex, { ...frame, timestampUs: at * 20_000 });
      }
      expect(bytes().length).toBeGreaterThan(0);
      for (const frame of video.frames) {
        await sink.write(pictureIndex, { ...frame, timestampUs: frame.timestampUs + 5_200_000 });
      }
      await sink.close();
      const source = await read(bytes());
      const frames = await framesOf(source);
      expect(source.tracks.map((track) => track.codec)).toEqual(comes ? [codec, "opus"] : ["opus"]);
      expect(frames.map(({ length }) => length)).toEqual(comes ? [10, 260] : [260]);
    },
  );

  test("late without keeping more than a few MiB", async () => {
    const video = await trackOf("h264");
    const { sink, bytes } = memorySink("mkv");
    const pictures = sink.addTrack(video.format);
    const sound = sink.addTrack({ kind: "audio", codec: "pcmu", clockRate: CODECS.pcmu.clockRate, channels: 1 });
    const packet = new Uint8Array(8_000).fill(1);
    for (let at = 0; at * packet.length < 3 * MAX_EARLY_BYTES; at += 1) {
      await sink.write(sound, { bytes: packet, timestampUs: at * 1_000, durationUs: undefined, isKey: true });
    }
    for (const frame of video.frames) await sink.write(pictures, { ...frame, timestampUs: 1_600_000 });
    await sink.close();
    expect(bytes().length).toBeGreaterThan(MAX_EARLY_BYTES / 2);
    expect(bytes().length).toBeLessThan(1.2 * MAX_EARLY_BYTES);
  });

  test("and then takes no more tracks, and never one that it cannot hold", async () => {
    const { format, frames } = await trackOf("opus");
    const { sink } = memorySink("ogg");
    expect(() => sink.addTrack({ kind: "video", codec: "vp8", clockRate: 90_000 })).toThrow(
      expect.objectContaining({ code: "MEDIA_PAIR_IMPOSSIBLE", params: expect.objectContaining({ codec: "vp8" }) }),
    );
    await write(sink, [{ format, frames }]);
    expect(() => sink.addTrack(format)).toThrow(RangeError);
    await sink.close();
    const other = memorySink("ogg").sink;
    other.addTrack(format);
    expect(() => other.addTrack(format)).toThrow(RangeError);
    await expect(other.write(7, frames[0] ?? never())).rejects.toThrow(RangeError);
  });
});

function never(): never {
  throw new Error("there are frames");
}

async function folder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "p2p-recording-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

describe("the file", () => {
  test("is this user's alone while it is written, has the usual mode afterwards, and says how long it is", async () => {
    const path = join(await folder(), "call.webm");
    const track = await trackOf("vp8");
    const sink = await openMediaSink(path);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await write(sink, [track]);
    const { bytes } = await sink.close();
    expect(await sink.close()).toEqual({ bytes, path });
    expect((await stat(path)).size).toBe(bytes);
    expect((await stat(path)).mode & 0o777).toBe(0o666 & ~process.umask());
    const [frames = []] = await framesOf(await openMediaSource(path));
    expect(frames).toHaveLength(10);
    // Duration, a float of eight bytes.
    const at = (await readFile(path)).indexOf(Buffer.from("448988", "hex"));
    expect((await readFile(path)).readDoubleBE(at + 3)).toBeGreaterThan(900);
  });

  test("of a WAV says its sizes in the end", async () => {
    const path = join(await folder(), "call.wav");
    const sink = await openMediaSink(path);
    await write(sink, [await trackOf("pcma")]);
    await sink.close();
    const bytes = await readFile(path);
    expect([bytes.readUInt32LE(4), bytes.readUInt32LE(bytes.indexOf("data") + 4)]).toEqual([bytes.length - 8, 8_000]);
  });

  test("is gone again when nothing came", async () => {
    const dir = await folder();
    const sink = await openMediaSink(join(dir, "call.mkv"));
    expect(await sink.close()).toEqual({ bytes: 0, path: undefined });
    expect(await readdir(dir)).toEqual([]);
  });

  test("of a name that is taken is refused, numbered or replaced, as it is asked for", async () => {
    const dir = await folder();
    const path = join(dir, "call.ogg");
    await writeFile(path, "before");
    await expect(openMediaSink(path)).rejects.toMatchObject({ code: "RECORDING_EXISTS", params: { path } });
    const track = await trackOf("opus");

    const renamed = await openMediaSink(path, { conflict: "rename" });
    await write(renamed, [track]);
    expect((await renamed.close()).path).toBe(join(dir, "call (1).ogg"));
    expect(await readFile(path, "utf8")).toBe("before");

    const unused = await openMediaSink(path, { conflict: "overwrite" });
    await unused.close();
    expect(await readFile(path, "utf8")).toBe("before");
    const replacing = await openMediaSink(path, { conflict: "overwrite" });
    await write(replacing, [track]);
    expect((await replacing.close()).path).toBe(path);
    expect((await readFile(path)).subarray(0, 4).toString()).toBe("OggS");
    expect((await readdir(dir)).toSorted()).toEqual(["call (1).ogg", "call.ogg"]);
  });

  test("never replaces a link or a folder", async () => {
    const dir = await folder();
    await writeFile(join(dir, "target"), "mine");
    await symlink(join(dir, "target"), join(dir, "link.webm"));
    const path = join(dir, "link.webm");
    await expect(openMediaSink(path, { conflict: "overwrite" })).rejects.toMatchObject({ code: "RECORDING_EXISTS" });
    await expect(openMediaSink(path)).rejects.toMatchObject({ code: "RECORDING_EXISTS" });
    expect(await readFile(join(dir, "target"), "utf8")).toBe("mine");
  });

  test("in a folder that is not there cannot be made", async () => {
    const path = join(await folder(), "none", "call.webm");
    await expect(openMediaSink(path)).rejects.toMatchObject({ code: "WRITE_FAILED", params: { place: "record" } });
  });

  test.each(["call", "call.txt", "call.constructor", ".webm/", ""])("'%s' says no kind of file", async (name) => {
    await expect(openMediaSink(name)).rejects.toMatchObject({ code: "MEDIA_NAME_UNKNOWN" });
  });
});

/** A disk that takes so many bytes, and no more. */
function fullAfter(bytes: number): FileSystem {
  let left = bytes;
  return withHandles((handle) => {
    const write = handle.write.bind(handle);
    handle.write = async (from, offset, length, position) => {
      left -= length;
      if (left < 0) throw systemError("ENOSPC");
      return await write(from, offset, length, position);
    };
  });
}

test("frames that come while the disk takes one are written together", async () => {
  const calls: { bytes: Uint8Array; done: () => void }[] = [];
  const append = (pieces: readonly Uint8Array[]): Promise<void> =>
    new Promise((done) => void calls.push({ bytes: Buffer.concat(pieces), done }));
  const target = { path: undefined, append, close: async () => {} };
  const sink = new RecordingSink("x.mkv", "mkv", target, hastyClock());
  const { format, frames } = await trackOf("vp8");
  const index = sink.addTrack(format);
  const begun = async (count: number): Promise<void> => {
    await vi.waitFor(() => expect(calls).toHaveLength(count), 60_000);
  };
  const put = (some: readonly EncodedFrame[]): Promise<void>[] => some.map((frame) => sink.write(index, frame));
  const writes = put(frames.slice(0, 1));
  await begun(1);
  writes.push(...put(frames.slice(1)));
  calls[0]?.done();
  await begun(2);
  calls[1]?.done();
  await Promise.all(writes);
  await sink.close();
  expect(calls).toHaveLength(2);
  const [kept = []] = await framesOf(await read(Buffer.concat(calls.map(({ bytes }) => bytes))));
  expect(payloads(kept)).toEqual(payloads(frames));
});

test("a full disk is told by every call from then on, and what is there stays", async () => {
  const dir = await folder();
  const path = join(dir, "call.mkv");
  const sink = await openMediaSink(path, { fileSystem: fullAfter(3_000) });
  const { format, frames } = await trackOf("vp8");
  const index = sink.addTrack(format);
  const ends: unknown[] = [];
  for (const frame of frames) ends.push(await sink.write(index, frame).catch((error: unknown) => error));
  expect(ends[0]).toBeUndefined();
  expect(ends.at(-1)).toMatchObject({ code: "DISK_FULL", hint: expect.stringContaining("--record") });
  await expect(sink.close()).rejects.toMatchObject({ code: "DISK_FULL" });
  const [kept = []] = await framesOf(await openMediaSource(path));
  expect(payloads(kept)).toEqual(payloads(frames).slice(0, kept.length));
  expect(kept.length).toBeGreaterThan(0);
});

describe("stdout", () => {
  test("has Matroska", async () => {
    const parts: Uint8Array[] = [];
    const sink = await openMediaSink("-", { stdout: async (bytes) => void parts.push(bytes) });
    await write(sink, await tracksOf("h264-opus.mp4"));
    expect((await sink.close()).path).toBeUndefined();
    const source = await read(Buffer.concat(parts));
    expect(source.tracks.map(({ codec }) => codec)).toEqual(["h264", "opus"]);
    await source.close();
  });

  test("that takes nothing for a while loses frames up to the next key frame, and memory stays bounded", async () => {
    const { promise, resolve } = withResolvers<void>();
    const parts: Uint8Array[] = [];
    const sink = await openMediaSink("-", {
      stdout: async (bytes) => {
        await promise;
        parts.push(bytes);
      },
    });
    const { format, frames } = await trackOf("vp8");
    const index = sink.addTrack(format);
    const [key, delta] = frames;
    if (key === undefined || delta === undefined) return never();
    const large = new Uint8Array(1_048_576);
    large.set(delta.bytes);
    const writes = [sink.write(index, { ...key, timestampUs: 0 })];
    const sent = 40;
    for (let at = 1; at <= sent; at += 1) {
      writes.push(sink.write(index, { ...delta, bytes: large, timestampUs: at * 33_000 }));
    }
    resolve();
    await Promise.all(writes);
    // The next picture needs one that is not there.
    await sink.write(index, { ...delta, timestampUs: 2_000_000 });
    await sink.write(index, { ...key, timestampUs: 2_100_000 });
    await sink.write(index, { ...delta, timestampUs: 2_200_000 });
    await sink.close();
    const [read1 = []] = await framesOf(await read(Buffer.concat(parts)));
    const kept = read1.filter(({ bytes }) => bytes.length === large.length).length;
    expect(kept).toBeGreaterThanOrEqual(MAX_WAITING_BYTES / large.length);
    expect(kept).toBeLessThanOrEqual(MAX_WAITING_BYTES / large.length + 1);
    expect(read1.slice(-2).map(({ timestampUs }) => timestampUs)).toEqual([2_100_000, 2_200_000]);
    expect(read1).toHaveLength(kept + 3);
  });

  test("that is closed is told", async () => {
    const sink = await openMediaSink("-", { stdout: () => Promise.reject(new Error("EPIPE: broken pipe, write")) });
    const { format, frames } = await trackOf("vp8");
    const index = sink.addTrack(format);
    const [key] = frames;
    if (key === undefined) return never();
    await expect(sink.write(index, key)).rejects.toMatchObject({ code: "WRITE_FAILED", params: { path: "-" } });
  });
});
