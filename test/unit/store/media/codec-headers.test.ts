// What files and offers have to know of coded frames, read from the bytes of real encoders and from what is none of them.
import { describe, expect, test } from "vitest";
import { joinBytes, MalformedBytes } from "../../../../src/lib/bytes.ts";
import { av1ConfigOf, MAX_OBUS, obusOf, sequenceHeaderOf, withoutDelimiters } from "../../../../src/store/media/av1.ts";
import { BitReader } from "../../../../src/store/media/bits.ts";
import { muLawOf } from "../../../../src/store/media/g711.ts";
import {
  annexBOf,
  areUsableSets,
  avcConfigOf,
  MAX_UNITS,
  nalUnitsOf,
  nalUnitsOfSample,
  readAvcConfig,
  readSps,
  sampleOf,
} from "../../../../src/store/media/h264.ts";
import { openMediaSource } from "../../../../src/store/media/media-files.ts";
import { opusDurationUs, opusHead } from "../../../../src/store/media/opus.ts";
import { readVp8KeyFrame, readVp9KeyFrame } from "../../../../src/store/media/vpx.ts";
import { clipPath, framesOf } from "../../../support/media-clips.ts";
import { seededRandom } from "../../../support/seeded-random.ts";

async function firstFrame(name: string): Promise<Uint8Array> {
  const [frames = []] = await framesOf(await openMediaSource(clipPath(name)), 4);
  return frames[0]?.bytes ?? new Uint8Array();
}

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replaceAll(" ", ""), "hex"));

describe("bits", () => {
  test("come from the highest on, and end", () => {
    const reader = new BitReader(hex("a5 ff"));
    expect([reader.bits(3), reader.flag(), reader.bits(4), reader.bits(8)]).toEqual([5, false, 5, 255]);
    expect(() => reader.flag()).toThrow(MalformedBytes);
  });

  test("Exp-Golomb codes are those of table 9-2", () => {
    // 1, 010, 011, 00100, 00111 without sign; then 1, 010, 011 with sign.
    const reader = new BitReader(hex("a6 42 9d 30"));
    expect([reader.ue(), reader.ue(), reader.ue(), reader.ue()]).toEqual([0, 1, 2, 3]);
    const signed = new BitReader(hex("a6"));
    expect([signed.se(), signed.se(), signed.se()]).toEqual([0, 1, -1]);
    expect(() => new BitReader(new Uint8Array(20)).ue()).toThrow(MalformedBytes);
  });
});

describe("H.264", () => {
  test("start codes of three and four bytes, zeros at the end, nothing before the first", () => {
    const units = nalUnitsOf(hex("ff 000001 6742 00000001 68ce00 000001 000001 65"));
    expect(units.map((unit) => Buffer.from(unit).toString("hex"))).toEqual(["6742", "68ce", "65"]);
    expect(nalUnitsOf(annexBOf(units))).toEqual(units);
    expect(nalUnitsOfSample(sampleOf(units), 4)).toEqual(units);
    expect(nalUnitsOf(new Uint8Array())).toEqual([]);
  });

  test("lengths that do not fit are no frame", () => {
    expect(nalUnitsOfSample(hex("00000005 6742"), 4)).toBeUndefined();
    expect(nalUnitsOfSample(hex("0000"), 4)).toBeUndefined();
  });

  test("a sequence parameter set says profile, size and colours", async () => {
    const [sps = new Uint8Array(), pps = new Uint8Array()] = nalUnitsOf(await firstFrame("h264-opus.mp4"));
    const expected = { profileIdc: 66, profileLevelId: "42c00a", chromaFormat: 1, bitDepth: 8, width: 64, height: 48 };
    expect(readSps(sps)).toEqual({ ...expected, mayReorder: false });
    expect(readSps(pps)).toBeUndefined();
    const record = avcConfigOf([sps], [pps]);
    expect(readAvcConfig(record)?.parameterSets).toEqual([sps, pps]);
  });

  test("of 1920 by 1080 pixels is cropped, and High profile has its fields in the record", () => {
    // Written by x264 for -pix_fmt yuv420p, 1920x1080, High@4.0.
    const sps = hex("67640028acd940780227e5c044000003000400000300c83c60c658");
    expect(readSps(sps)).toMatchObject({
      profileIdc: 100,
      chromaFormat: 1,
      width: 1920,
      height: 1080,
      mayReorder: true,
    });
    expect([...avcConfigOf([sps], [hex("68ebe3cb22c0")]).subarray(-4)]).toEqual([0xfd, 0xf8, 0xf8, 0]);
  });
});

describe("AV1", () => {
  test("the sequence header says size and profile, and makes the record of a file", async () => {
    const frame = await firstFrame("av1.mkv");
    const header = sequenceHeaderOf(frame);
    expect(header).toMatchObject({ profile: 0, width: 64, height: 48, isHighBitDepth: false, isGrey: false });
    const record = header === undefined ? new Uint8Array() : av1ConfigOf(header);
    expect([record[0], record.length]).toEqual([0x81, 4 + (header?.bytes.length ?? 0)]);
  });

  test("delimiters go, and an OBU without a size gets one", () => {
    // A delimiter, a frame of two bytes without size.
    expect(withoutDelimiters(hex("1200 30 aabb"))).toEqual(hex("32 02 aabb"));
    expect(obusOf(hex("32 05 aabb"))).toBeUndefined();
    expect(withoutDelimiters(hex("1200"))).toBeUndefined();
    const long = new Uint8Array(301).fill(7);
    long[0] = 0x30;
    expect(withoutDelimiters(long)?.subarray(0, 3)).toEqual(hex("32 ac02"));
  });
});

describe("VP8 and VP9", () => {
  test("key frames say their size", async () => {
    expect(readVp8KeyFrame(await firstFrame("vp8.ivf"))).toEqual({ width: 64, height: 48 });
    expect(readVp9KeyFrame(await firstFrame("vp9.ivf"))).toEqual({ width: 64, height: 48, profile: 0 });
  });

  test("other frames say none", async () => {
    const [vp8 = []] = await framesOf(await openMediaSource(clipPath("vp8.ivf")));
    const [vp9 = []] = await framesOf(await openMediaSource(clipPath("vp9.ivf")));
    expect(readVp8KeyFrame(vp8[1]?.bytes ?? new Uint8Array())).toBeUndefined();
    expect(readVp9KeyFrame(vp9[1]?.bytes ?? new Uint8Array())).toBeUndefined();
    expect(readVp8KeyFrame(new Uint8Array())).toBeUndefined();
    expect(readVp9KeyFrame(new Uint8Array())).toBeUndefined();
  });
});

describe("Opus", () => {
  // RFC 6716 §3.1: configuration, channels, count of frames.
  test.each([
    ["08", 20_000],
    ["fc", 20_000],
    ["fd", 40_000],
    ["e3 03", 7_500],
    ["18", 60_000],
    ["1b 02", 120_000],
    ["1b 03", undefined],
    ["fb", undefined],
    ["", undefined],
  ])("a packet %s sounds %s µs", (packet, durationUs) => {
    expect(opusDurationUs(hex(packet))).toBe(durationUs);
  });

  test("the header names version, channels and rate", () => {
    expect(Buffer.from(opusHead(2)).toString("hex")).toBe("4f707573486561640102000080bb0000000000");
  });
});

describe("G.711", () => {
  // ITU-T G.711, table 2a.
  test.each([
    [0, 0xff],
    [-1, 0x7f],
    [32_767, 0x80],
    [-32_768, 0x00],
    [8_031 * 4, 0x80],
    [4_063, 0xaf],
  ])("%i is 0x%i", (sample, byte) => {
    expect(muLawOf(sample)).toBe(byte);
  });
});

test("more units than any encoder makes are not read", () => {
  const unit = hex("00000141");
  const units = (count: number): Uint8Array => joinBytes(Array.from({ length: count }, () => unit));
  expect(nalUnitsOf(units(MAX_UNITS))).toHaveLength(MAX_UNITS);
  expect(nalUnitsOf(units(MAX_UNITS + 1))).toEqual([]);
  const obus = (count: number): Uint8Array => joinBytes(Array.from({ length: count }, () => hex("3200")));
  expect(obusOf(obus(MAX_OBUS))).toHaveLength(MAX_OBUS);
  expect(obusOf(obus(MAX_OBUS + 1))).toBeUndefined();
});

test("parameter sets that no encoder makes are not taken", () => {
  const sps = hex("67640028acd940780227e5c044000003000400000300c83c60c658");
  const pps = hex("68ebe3cb22c0");
  expect(areUsableSets({ sps: [sps], pps: [pps] })).toBe(true);
  expect(areUsableSets({ sps: [sps], pps: [] })).toBe(false);
  expect(areUsableSets({ sps: [pps], pps: [pps] })).toBe(false);
  expect(areUsableSets({ sps: [sps], pps: [new Uint8Array(20_000)] })).toBe(false);
  expect(areUsableSets({ sps: [sps], pps: Array.from({ length: 256 }, () => pps) })).toBe(false);
});

test("what reads frames of strangers throws at nothing", () => {
  const random = seededRandom(1);
  const readers = [readSps, readVp8KeyFrame, readVp9KeyFrame, sequenceHeaderOf, withoutDelimiters, readAvcConfig];
  let read = 0;
  for (let round = 0; round < 20_000; round += 1) {
    const bytes = Uint8Array.from({ length: Math.floor(random() * 40) }, () => random() * 256);
    // Half of them begin as what is looked for.
    if (random() < 0.5)
      bytes.set(
        [
          [0x67, 0x42],
          [0x0a, 0x0b],
          [1, 0x42],
          [0x82, 0x49],
        ][round % 4]?.slice(0, bytes.length) ?? [],
      );
    for (const reader of readers) if (reader(bytes) !== undefined) read += 1;
  }
  expect(read).toBeGreaterThan(100);
});
