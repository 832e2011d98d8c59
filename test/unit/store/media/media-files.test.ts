// What can be published: clips of real encoders are read, from a file and from a stream, and what cannot be sent is refused
// before anything is paired.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { CodecName } from "../../../../src/lib/codecs.ts";
import { P2pError } from "../../../../src/lib/errors/p2p-error.ts";
import { obusOf } from "../../../../src/store/media/av1.ts";
import { accessUnitOf, nalType, nalUnitsOf } from "../../../../src/store/media/h264.ts";
import { openMediaSource } from "../../../../src/store/media/media-files.ts";
import { clip, clipPath, framesOf } from "../../../support/media-clips.ts";
import { seededRandom } from "../../../support/seeded-random.ts";

// Files are written and read over and over, which takes its time where others keep the machine busy.
vi.setConfig({ testTimeout: 120_000 });

/** In pieces, as a pipe gives them. */
async function* piped(bytes: Uint8Array, pieceBytes = 1_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}

const openPiped = (bytes: Uint8Array, pieceBytes?: number) =>
  openMediaSource("-", { stdin: () => piped(bytes, pieceBytes) });

const PICTURES = 10;
const OPUS_PACKETS = 51;
const G711_PACKETS = 50;

const CLIPS: readonly (readonly [name: string, tracks: Partial<Record<CodecName, number>>])[] = [
  ["vp8-opus.webm", { vp8: PICTURES, opus: OPUS_PACKETS }],
  ["vp9.webm", { vp9: PICTURES }],
  ["av1.mkv", { av1: PICTURES }],
  ["av1.mp4", { av1: PICTURES }],
  ["h264-opus.mp4", { h264: PICTURES, opus: OPUS_PACKETS }],
  ["h264-opus.mkv", { h264: PICTURES, opus: OPUS_PACKETS }],
  ["vp8.ivf", { vp8: PICTURES }],
  ["vp9.ivf", { vp9: PICTURES }],
  ["av1.ivf", { av1: PICTURES }],
  ["opus.ogg", { opus: OPUS_PACKETS }],
  ["ulaw.wav", { pcmu: G711_PACKETS }],
  ["alaw.wav", { pcma: G711_PACKETS }],
  ["pcm-8k.wav", { pcmu: G711_PACKETS }],
];

describe.each(CLIPS)("%s", (name, tracks) => {
  test("has its tracks, with all frames in order of time", async () => {
    const source = await openMediaSource(clipPath(name));
    const frames = await framesOf(source);
    const counts = source.tracks.map(({ codec }, index) => [codec, frames[index]?.length]);
    expect(Object.fromEntries(counts)).toEqual(tracks);
    for (const [index, { kind, width, height }] of source.tracks.entries()) {
      if (kind === "video") expect([width, height]).toEqual([64, 48]);
      const times = (frames[index] ?? []).map(({ timestampUs }) => timestampUs);
      expect(times).toEqual(times.toSorted((one, other) => one - other));
      expect(new Set(times).size).toBe(times.length);
    }
    expect(Math.min(...frames.flat().map(({ timestampUs }) => timestampUs))).toBe(0);
  });

  test("begins with a key frame, and has another", async () => {
    const source = await openMediaSource(clipPath(name));
    const frames = await framesOf(source);
    const video = frames[source.tracks.findIndex(({ kind }) => kind === "video")];
    const keys = (video ?? []).flatMap(({ isKey }, at) => (isKey ? [at] : []));
    expect(keys).toEqual(video === undefined ? [] : [0, 5]);
  });

  test.each([1_000, 1])("is the same from a stream in pieces of %i bytes", async (pieceBytes) => {
    const source = await openPiped(clip(name), pieceBytes);
    const fromFile = await openMediaSource(clipPath(name));
    expect(source.tracks).toEqual(fromFile.tracks);
    expect(await framesOf(source)).toEqual(await framesOf(fromFile));
  });
});

async function bytesOf(name: string): Promise<Uint8Array[]> {
  const [video = []] = await framesOf(await openMediaSource(clipPath(name)));
  return video.map(({ bytes }) => bytes);
}

describe("the frames of one encoder are the same from every kind of file", () => {
  test("VP8 and VP9", async () => {
    expect(await bytesOf("vp8.ivf")).toEqual(await bytesOf("vp8-opus.webm"));
    expect(await bytesOf("vp9.ivf")).toEqual(await bytesOf("vp9.webm"));
  });

  test("AV1: temporal units without delimiters, the sequence header before key frames", async () => {
    const frames = await bytesOf("av1.ivf");
    expect(await bytesOf("av1.mkv")).toEqual(frames);
    expect(await bytesOf("av1.mp4")).toEqual(frames);
    const types = frames.map((frame) => obusOf(frame)?.map(({ type }) => type));
    expect(types.flat()).not.toContain(2);
    expect(types.flatMap((each, at) => (each?.[0] === 1 ? [at] : []))).toEqual([0, 5]);
  });

  test("H.264: Annex B, parameter sets before key frames", async () => {
    const frames = await bytesOf("h264-opus.mp4");
    expect(await bytesOf("h264-opus.mkv")).toEqual(frames);
    const units = frames.map(nalUnitsOf);
    expect(units.map((each) => accessUnitOf(each).isKey)).toEqual(frames.map((_, at) => at % 5 === 0));
    for (const at of [0, 5]) expect(units[at]?.map(nalType).slice(0, 2)).toEqual([7, 8]);
    expect(units[1]?.map(nalType)).toEqual([1]);
  });
});

test("H.264 says its profile and level, for offers", async () => {
  const source = await openMediaSource(clipPath("h264-opus.mp4"));
  await source.close();
  expect(source.tracks[0]?.profile).toBe("42c00a");
});

test("sound that begins later stays later, to the millisecond", async () => {
  const [video = [], audio = []] = await framesOf(await openMediaSource(clipPath("late-sound.mkv")));
  // 300 ms, less the 6.5 ms that a decoder of Opus drops at the start.
  expect((audio[0]?.timestampUs ?? 0) - (video[0]?.timestampUs ?? 0)).toBe(294_000);
});

test("G.711 comes in packets of 20 ms, and PCM of 8,000 Hz becomes it", async () => {
  const [packets = []] = await framesOf(await openMediaSource(clipPath("pcm-8k.wav")));
  expect(packets.map(({ bytes }) => bytes.length)).toEqual(packets.map(() => 160));
  expect(packets.map(({ timestampUs }) => timestampUs)).toEqual(packets.map((_, at) => at * 20_000));
  const [encoded = []] = await framesOf(await openMediaSource(clipPath("ulaw.wav")));
  // ffmpeg rounds to the nearest step, the standard's table does not: the two differ by one step at most.
  const steps = packets.flatMap(({ bytes }, at) =>
    Array.from(bytes, (byte, index) => Math.abs((byte & 0x7f) - ((encoded[at]?.bytes[index] ?? 0) & 0x7f))),
  );
  expect(Math.max(...steps)).toBeLessThanOrEqual(1);
});

const ffmpeg = (name: string, options: string): RegExp =>
  new RegExp(`ffmpeg -i \\S*${name.replaceAll(".", "\\.")} ${options}`);

describe("what cannot be sent is refused, with the command that makes something that can", () => {
  test.each([
    ["h264-b-frames.mp4", { kind: "reordered" }, "-c:v libx264 -bf 0"],
    ["h264-444.mp4", { kind: "colours", codec: "h264" }, "-c:v libx264 -bf 0 -pix_fmt yuv420p"],
    ["h264-aac.mp4", { kind: "codec", of: "audio", codec: "AAC" }, "-c:v copy -c:a libopus"],
    ["aac.mp4", { kind: "codec", of: "audio", codec: "AAC" }, "-c:v copy -c:a libopus"],
    ["vorbis.ogg", { kind: "codec", of: "audio", codec: "VORBIS" }, "-c:v copy -c:a libopus"],
    ["pcm-48k.wav", { kind: "sound-form" }, "-c:v copy -c:a libopus"],
  ])("%s", async (name, found, options) => {
    const error = await openMediaSource(clipPath(name)).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: "MEDIA_UNSUPPORTED", params: { found } });
    expect((error as P2pError).hint).toMatch(ffmpeg(name, options));
    await expect(openPiped(clip(name))).rejects.toMatchObject({ code: "MEDIA_UNSUPPORTED", params: { found } });
  });

  test.each([
    ["empty", new Uint8Array(), "empty"],
    ["a text", new TextEncoder().encode("not a film ".repeat(100)), "unknown"],
    ["three bytes", Uint8Array.of(1, 2, 3), "unknown"],
    ["the start of an IVF", new TextEncoder().encode("DKIF"), "damaged"],
  ])("%s", async (_what, bytes, why) => {
    const dir = await mkdtemp(join(tmpdir(), "p2p-media-"));
    onTestFinished(() => rm(dir, { recursive: true, force: true }));
    const path = join(dir, "clip.webm");
    await writeFile(path, bytes);
    await expect(openMediaSource(path)).rejects.toMatchObject({ code: "MEDIA_UNREADABLE", params: { why } });
    await expect(openPiped(bytes)).rejects.toMatchObject({ code: "MEDIA_UNREADABLE", params: { why } });
  });

  test("nothing, a folder and a device", async () => {
    const dir = await mkdtemp(join(tmpdir(), "p2p-media-"));
    onTestFinished(() => rm(dir, { recursive: true, force: true }));
    await expect(openMediaSource(join(dir, "none.webm"))).rejects.toMatchObject({ code: "PATH_MISSING" });
    await expect(openMediaSource(dir)).rejects.toMatchObject({ code: "PATH_UNREADABLE" });
  });

  test("B-frames that come only later, when they come", async () => {
    // Ten pictures of the stream without and ten of the one with them, as one IVF.
    const plain = await bytesOf("h264-opus.mp4");
    const source = await openPiped(ivfOf("H264", [...plain.map((_, at) => at), 12, 11], [...plain, ...plain]));
    await expect(framesOf(source)).rejects.toMatchObject({
      code: "MEDIA_UNSUPPORTED",
      params: { found: { kind: "reordered" } },
    });
  });
});

function ivfOf(fourcc: string, times: readonly number[], frames: readonly Uint8Array[]): Uint8Array {
  const header = Buffer.alloc(32);
  header.write(`DKIF\0\0\x20\0${fourcc}`, "latin1");
  header.writeUInt16LE(64, 12);
  header.writeUInt16LE(48, 14);
  header.writeUInt32LE(30, 16);
  header.writeUInt32LE(1, 20);
  const parts = times.map((time, at) => {
    const frame = frames[at] ?? new Uint8Array();
    const before = Buffer.alloc(12);
    before.writeUInt32LE(frame.length);
    before.writeBigUInt64LE(BigInt(time), 4);
    return Buffer.concat([before, frame]);
  });
  return new Uint8Array(Buffer.concat([header, ...parts]));
}

describe("an IVF", () => {
  test("of another codec is refused by its name", async () => {
    await expect(openPiped(ivfOf("MJPG", [0], [Uint8Array.of(1)]))).rejects.toMatchObject({
      params: { found: { kind: "codec", of: "video", codec: "MJPG" } },
    });
  });

  test("with H.264 is read", async () => {
    const frames = await bytesOf("h264-opus.mp4");
    const [video = []] = await framesOf(
      await openPiped(
        ivfOf(
          "H264",
          frames.map((_, at) => at * 3),
          frames,
        ),
      ),
    );
    expect(video.map(({ bytes }) => bytes)).toEqual(frames);
    expect(video.map(({ isKey }) => isKey)).toEqual(frames.map((_, at) => at % 5 === 0));
    expect(video[1]?.timestampUs).toBe(100_000);
  });

  test("that is cut off ends with its last whole frame", async () => {
    const whole = clip("vp8.ivf");
    const [video = []] = await framesOf(await openPiped(whole.subarray(0, whole.length - 10)));
    expect(video).toHaveLength(PICTURES - 1);
  });

  test("whose frame has a size that nothing has is damaged", async () => {
    const bytes = ivfOf("VP80", [0], [Uint8Array.of(0)]);
    new DataView(bytes.buffer).setUint32(32, 0xff_ff_ff_ff, true);
    await expect(openPiped(bytes)).rejects.toMatchObject({ code: "MEDIA_UNREADABLE", params: { why: "damaged" } });
  });
});

describe("a WAV", () => {
  const whole = clip("ulaw.wav");

  test("on stdin is read to its end, whatever size its header states", async () => {
    const at = Buffer.from(whole).indexOf("data") + 4;
    for (const size of [0, 0xff_ff_ff_ff, 0x7f_ff_ff_ff]) {
      const bytes = whole.slice();
      new DataView(bytes.buffer).setUint32(at, size, true);
      const [packets = []] = await framesOf(await openPiped(bytes));
      expect(packets).toHaveLength(G711_PACKETS);
    }
  });

  test("ends where its samples end; a last packet may be short", async () => {
    const bytes = whole.slice();
    new DataView(bytes.buffer).setUint32(Buffer.from(bytes).indexOf("data") + 4, 200, true);
    const [packets = []] = await framesOf(await openPiped(bytes));
    expect(packets.map((packet) => packet.bytes.length)).toEqual([160, 40]);
    expect(packets[1]).toMatchObject({ timestampUs: 20_000, durationUs: 5_000 });
  });

  test("in the extensible form, with other chunks before its samples, is read too", async () => {
    const chunk = (kind: string, content: Buffer): Buffer => {
      const size = Buffer.alloc(4);
      size.writeUInt32LE(content.length);
      return Buffer.concat([Buffer.from(kind), size, content, Buffer.alloc(content.length % 2)]);
    };
    const format = Buffer.alloc(40);
    format.writeUInt16LE(0xff_fe, 0);
    format.writeUInt16LE(1, 2);
    format.writeUInt32LE(8_000, 4);
    format.writeUInt16LE(8, 14);
    format.writeUInt16LE(6, 24);
    const chunks = [chunk("LIST", Buffer.alloc(70_001)), chunk("fmt ", format), chunk("data", Buffer.alloc(320, 0xd5))];
    const source = await openPiped(new Uint8Array(Buffer.concat([Buffer.from("RIFF\0\0\0\0WAVE"), ...chunks])));
    expect(source.tracks[0]?.codec).toBe("pcma");
    expect((await framesOf(source))[0]).toHaveLength(2);
  });

  test.each([
    ["of another codec", 20, 0x55, { found: { kind: "codec", of: "audio", codec: "0x55" } }],
    ["with two channels", 22, 2, { found: { kind: "sound-form" } }],
    ["with samples of another length", 34, 16, { found: { kind: "sound-form" } }],
  ])("%s is refused", async (_what, at, value, params) => {
    const bytes = whole.slice();
    new DataView(bytes.buffer).setUint16(at, value, true);
    await expect(openPiped(bytes)).rejects.toMatchObject({ code: "MEDIA_UNSUPPORTED", params });
  });

  test("is no AVI, and one without samples is damaged", async () => {
    const other = whole.slice();
    other.set(Buffer.from("AVI "), 8);
    await expect(openPiped(other)).rejects.toMatchObject({ params: { why: "unknown" } });
    await expect(openPiped(whole.subarray(0, 40))).rejects.toMatchObject({ params: { why: "damaged" } });
  });
});

describe("test:", () => {
  test("is bars and a tone that go on without a gap", async () => {
    const source = await openMediaSource("test:");
    const [video = [], audio = []] = await framesOf(source, 1_000);
    expect(source.tracks.map(({ codec }) => codec)).toEqual(["vp8", "opus"]);
    const gaps = (frames: typeof video): number[] =>
      frames.slice(1).map(({ timestampUs }, at) => timestampUs - (frames[at]?.timestampUs ?? 0));
    expect(new Set(gaps(audio))).toEqual(new Set([20_000]));
    expect(Math.max(...gaps(video))).toBeLessThan(66_668);
    expect(video.length).toBeGreaterThan(31);
    expect(video[30]?.bytes).toEqual(video[0]?.bytes);
    expect(video.slice(0, 31).flatMap(({ isKey }, at) => (isKey ? [at] : []))).toEqual([0, 15, 30]);
  });
});

test("a closed source has no more frames", async () => {
  const source = await openMediaSource(clipPath("vp8-opus.webm"));
  await source.next();
  await source.close();
  await source.close();
  expect(await source.next()).toBeUndefined();
});

/** Mutations of each clip, from a file and from a stream. */
const MUTATIONS = 25;

describe("a damaged file does no harm", () => {
  test.each(CLIPS.map(([name]) => name))("%s", async (name) => {
    const random = seededRandom(name.length);
    const whole = clip(name);
    const ends = { read: 0, refused: 0 };
    for (let round = 0; round < MUTATIONS; round += 1) {
      const bytes = whole.slice(0, random() < 0.3 ? Math.floor(random() * whole.length) : whole.length);
      for (let count = Math.floor(random() * 8); count >= 0 && bytes.length > 0; count -= 1) {
        bytes[Math.floor(random() * Math.min(bytes.length, random() < 0.5 ? 500 : bytes.length))] = random() * 256;
      }
      try {
        await framesOf(await openPiped(bytes));
        ends.read += 1;
      } catch (error) {
        expect(error).toBeInstanceOf(P2pError);
        expect((error as P2pError).code).toMatch(/^MEDIA_/);
        ends.refused += 1;
      }
    }
    expect(ends.read + ends.refused).toBe(MUTATIONS);
  });
});
