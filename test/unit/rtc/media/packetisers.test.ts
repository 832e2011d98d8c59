// Frames of real encoders through RTP payloads and back, bit by bit, and payloads that nobody has made by the rules.
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CodecName } from "../../../../src/lib/codecs.ts";
import { MAX_FRAME_BYTES, MAX_PAYLOADS } from "../../../../src/media/packetiser.ts";
import { nodePacketisers } from "../../../../src/rtc/media/packetisers.ts";

const vector = (name: string): Buffer => readFileSync(new URL(`../../../vectors/media/${name}`, import.meta.url));

/** The frames of an IVF file: a header of 32 bytes, then each with its length in 4 bytes and its time in 8. */
function framesOfIvf(file: Buffer): Buffer[] {
  const frames: Buffer[] = [];
  for (let at = 32; at < file.length; at += 12 + file.readUInt32LE(at)) {
    frames.push(file.subarray(at + 12, at + 12 + file.readUInt32LE(at)));
  }
  return frames;
}

/** The access units of a stream whose units each begin with a delimiter, as ffmpeg's `h264_metadata=aud=insert` makes it. */
function accessUnitsOf(stream: Buffer): Buffer[] {
  const units: Buffer[] = [];
  const delimiter = Buffer.of(0, 0, 0, 1, 9);
  for (let at = stream.indexOf(delimiter); at !== -1; ) {
    const next = stream.indexOf(delimiter, at + 1);
    units.push(stream.subarray(at, next === -1 ? stream.length : next));
    at = next;
  }
  return units;
}

/** The units of an access unit, without start codes. */
function nalUnitsOf(unit: Uint8Array): string[] {
  return Buffer.from(unit)
    .toString("hex")
    .replace(/^(00)?000001/, "")
    .split(/(?:00)?000001(?=(?:..)*$)/);
}

const CLIPS: Readonly<Partial<Record<CodecName, Buffer[]>>> = {
  vp8: framesOfIvf(vector("vp8.ivf")),
  vp9: framesOfIvf(vector("vp9.ivf")),
  // A temporal delimiter, of two bytes, does not travel.
  av1: framesOfIvf(vector("av1.ivf")).map((frame) => frame.subarray(2)),
  h264: accessUnitsOf(vector("h264-aud.h264")),
};
/** The clips have a key frame every five. */
const isKey = (index: number): boolean => index % 5 === 0;
const VIDEO = Object.entries(CLIPS) as [CodecName, Buffer[]][];
const CODECS: CodecName[] = ["opus", "pcmu", "pcma", "vp8", "vp9", "h264", "av1"];

describe.each(VIDEO)("%s", (codec, frames) => {
  test.each([1_150, 300, 40])("comes out of payloads of at most %i bytes as it went in", (maxBytes) => {
    const [sender, receiver] = [nodePacketisers(codec), nodePacketisers(codec)];
    expect(frames.length).toBeGreaterThan(3);
    for (const [index, frame] of frames.entries()) {
      const payloads = sender.packetise(frame, maxBytes, isKey(index));
      expect(payloads.every(({ length }) => length > 0 && length <= maxBytes)).toBe(true);
      expect(payloads.map((payload) => receiver.begins(payload))[0]).toBe(true);
      const assembled = receiver.assemble(payloads);
      expect(assembled?.isKey, `frame ${index}`).toBe(isKey(index));
      const [got, wanted] = [assembled?.bytes ?? new Uint8Array(0), frame];
      if (codec === "h264") expect(nalUnitsOf(got)).toEqual(nalUnitsOf(wanted));
      else expect(Buffer.from(got).equals(wanted), `frame ${index}`).toBe(true);
    }
  });

  test("never comes out whole where a payload is missing", () => {
    const packetiser = nodePacketisers(codec);
    const payloads = packetiser.packetise(frames[0] ?? Buffer.alloc(0), 100, true);
    expect(payloads.length).toBeGreaterThan(3);
    const whole = packetiser.assemble(payloads)?.bytes.length ?? 0;
    // The engine says whether one is missing: of a format whose payloads do not tell, less comes out.
    for (let index = 0; index < payloads.length; index += 1) {
      const rest = packetiser.assemble(payloads.toSpliced(index, 1));
      expect(rest?.bytes.length ?? 0).toBeLessThan(whole);
    }
  });

  test("begins with the first payload of a frame", () => {
    const packetiser = nodePacketisers(codec);
    const payloads = packetiser.packetise(frames[0] ?? Buffer.alloc(0), 100, true);
    expect(payloads.slice(1).some((payload) => !packetiser.begins(payload))).toBe(true);
    expect(packetiser.begins(new Uint8Array(0))).toBe(false);
  });
});

describe("VP8 pictures", () => {
  test("are numbered one by one", () => {
    const packetiser = nodePacketisers("vp8");
    const numbers = [1, 2, 3].map(() => {
      const [payload] = packetiser.packetise(CLIPS.vp8?.[0] ?? Buffer.alloc(0), 1_150, true);
      return Buffer.from(payload ?? []).readUInt16BE(2) & 0x7fff;
    });
    const [first = 0] = numbers;
    expect(numbers).toEqual([first, (first + 1) % 2 ** 15, (first + 2) % 2 ** 15]);
  });
});

describe.each(["opus", "pcmu", "pcma"] as const)("%s", (codec) => {
  test("has one payload for each packet, whatever is in it", () => {
    const packetiser = nodePacketisers(codec);
    const packet = Uint8Array.of(0xfc, 1, 2, 3);
    const payloads = packetiser.packetise(packet, 4, true);
    expect(payloads.map((bytes) => [...bytes])).toEqual([[...packet]]);
    expect(packetiser.begins(packet)).toBe(true);
    expect(packetiser.assemble(payloads)).toEqual({ bytes: Buffer.from(packet), isKey: true });
    expect(packetiser.assemble([...payloads, ...payloads])).toBeUndefined();
    expect(packetiser.packetise(packet, 3, true)).toEqual([]);
  });
});

describe.each(CODECS)("bounds of %s", (codec) => {
  test("are those of a frame and of its payloads", () => {
    const packetiser = nodePacketisers(codec);
    expect(packetiser.packetise(new Uint8Array(MAX_FRAME_BYTES + 1), 1_150, true)).toEqual([]);
    expect(packetiser.packetise(new Uint8Array(0), 1_150, true)).toEqual([]);
    expect(packetiser.packetise(new Uint8Array(100), 0, true)).toEqual([]);
    const payload = Uint8Array.of(0x10, 0x30, 6);
    expect(packetiser.assemble([])).toBeUndefined();
    expect(packetiser.assemble([new Uint8Array(0)])).toBeUndefined();
    expect(packetiser.assemble(Array(MAX_PAYLOADS + 1).fill(payload))).toBeUndefined();
    expect(packetiser.assemble([new Uint8Array(MAX_FRAME_BYTES + 9).fill(0x10)])).toBeUndefined();
  });

  test("hold for payloads of any kind: nothing throws, and no more comes out than went in", () => {
    const payloads = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 12 });
    fc.assert(
      fc.property(payloads, fc.nat(2), (some, headerBytes) => {
        const packetiser = nodePacketisers(codec);
        const valid = packetiser.packetise(CLIPS[codec]?.[0] ?? Buffer.of(1, 2, 3), 400, true);
        const bent = valid.map((bytes, index) =>
          Uint8Array.from([...(some[index] ?? []), ...bytes.subarray(headerBytes)]),
        );
        for (const list of [some, [...valid, ...some], bent]) {
          for (const payload of list) packetiser.begins(payload);
          const bytes = packetiser.assemble(list)?.bytes.length ?? 0;
          // A unit gets a start code or a size.
          expect(bytes).toBeLessThanOrEqual(list.reduce((sum, { length }) => sum + 5 * length, 0));
        }
        packetiser.packetise(some[0] ?? new Uint8Array(0), 1 + headerBytes * 7, true);
      }),
      { numRuns: 300 },
    );
  });
});

test("a frame of the largest size is cut and put together within the bounds", () => {
  const unit = Buffer.alloc(MAX_FRAME_BYTES, 0xab);
  Buffer.of(0, 0, 0, 1, 0x65).copy(unit);
  for (const codec of ["h264", "vp8", "vp9"] as const) {
    const packetiser = nodePacketisers(codec);
    const payloads = packetiser.packetise(unit, 1_150, true);
    expect(payloads.length).toBeGreaterThan(3_600);
    expect(Buffer.from(packetiser.assemble(payloads)?.bytes ?? []).equals(unit)).toBe(true);
  }
});
