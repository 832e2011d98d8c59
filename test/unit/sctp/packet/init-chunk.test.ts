// INIT and INIT ACK: what we say, and what we make of strange parameters. RFC 9260 §3.2.1, §3.3.2.
import { describe, expect, test } from "vitest";
import { encodeParameter } from "../../../../src/sctp/packet/chunk-walk.ts";
import { writeU32 } from "../../../../src/sctp/packet/fields.ts";
import { decodeInit, encodeInit, type InitFields } from "../../../../src/sctp/packet/init-chunk.ts";

const fields: InitFields = {
  initiateTag: 0xfedcba98,
  windowBytes: 8_388_608,
  outboundStreams: 65_535,
  inboundStreams: 1_024,
  initialTsn: 0xffffffff,
  supportsForwardTsn: true,
  takesReconfig: true,
  takesZeroChecksum: true,
  ownStack: { maxPacketBytes: 16_384, socketBufferBytes: 425_984, supportsParts: true },
  cookie: Uint8Array.of(1, 2, 3, 4, 5),
};

/** A chunk of the fixed fields and these parameters. */
function chunkOf(...parameters: Uint8Array[]): Uint8Array {
  const fixed = encodeInit({ ...fields, cookie: undefined }).subarray(0, 16);
  return Uint8Array.from([1, 0, 0, 0, ...fixed, ...parameters.flatMap((parameter) => [...parameter])]);
}

function decode(chunk: Uint8Array) {
  return decodeInit(chunk, 0, chunk.length);
}

const forwardTsn = encodeParameter(0xc000, new Uint8Array(0));

describe("INIT", () => {
  test("says what it was told to say", () => {
    expect(decode(Uint8Array.from([1, 0, 0, 0, ...encodeInit(fields)]))).toEqual({ fields, unrecognized: [] });
    const foreign = { ...fields, ownStack: undefined, cookie: undefined };
    expect(decode(Uint8Array.from([1, 0, 0, 0, ...encodeInit(foreign)]))?.fields).toEqual(foreign);
  });

  test("without extensions takes none", () => {
    expect(decode(chunkOf())?.fields).toMatchObject({
      supportsForwardTsn: false,
      takesReconfig: false,
      takesZeroChecksum: false,
      ownStack: undefined,
      cookie: undefined,
    });
  });

  test.each([
    ["stops (00)", 0x3fff, false, 0],
    ["stops and reports (01)", 0x7fff, false, 1],
    ["skips (10)", 0xbfff, true, 0],
    ["skips and reports (11)", 0xffff, true, 1],
  ])("%s at an unknown parameter", (_, type, goesOn, reported) => {
    const unknown = encodeParameter(type, Uint8Array.of(9));
    const decoded = decode(chunkOf(unknown, forwardTsn));
    expect(decoded?.fields.supportsForwardTsn).toBe(goesOn);
    expect(decoded?.unrecognized.map((one) => [...one])).toEqual(reported === 1 ? [[...unknown.subarray(0, 5)]] : []);
  });

  test("passes over addresses and what else is for multi-homing", () => {
    const parameters = [5, 6, 9, 11, 12].map((type) => encodeParameter(type, new Uint8Array(4)));
    expect(decode(chunkOf(...parameters, forwardTsn))).toMatchObject({
      fields: { supportsForwardTsn: true },
      unrecognized: [],
    });
  });

  test("zero checksums only with DTLS as what stands for them (RFC 9653)", () => {
    for (const [edmid, takesZeroChecksum] of [
      [1, true],
      [2, false],
    ] as const) {
      const value = new Uint8Array(4);
      writeU32(value, 0, edmid);
      expect(decode(chunkOf(encodeParameter(0x8001, value)))?.fields.takesZeroChecksum).toBe(takesZeroChecksum);
    }
  });

  test("of another version is not of our own stack", () => {
    const other = encodeParameter(0xbf70, Uint8Array.of(2, 0, 4, 0));
    expect(decode(chunkOf(other))?.fields.ownStack).toBeUndefined();
  });

  test("reports as much as fits into a packet, each parameter whole", () => {
    const huge = encodeParameter(0xfffe, new Uint8Array(600));
    const small = Array.from({ length: 100 }, (_, index) => encodeParameter(0xf000 + index, new Uint8Array(4)));
    const reported = decode(chunkOf(huge, ...small))?.unrecognized ?? [];
    expect(reported[0]).toEqual(small[0]);
    expect(encodeInit(fields, reported).length).toBeLessThan(700);
  });

  test.each([
    ["cut off", (chunk: Uint8Array) => chunk.subarray(0, 19)],
    ["without a tag", (chunk: Uint8Array) => chunk.fill(0, 4, 8)],
    ["without outbound streams", (chunk: Uint8Array) => chunk.fill(0, 12, 14)],
    ["without inbound streams", (chunk: Uint8Array) => chunk.fill(0, 14, 16)],
    ["with a parameter that is too long", (chunk: Uint8Array) => Uint8Array.from([...chunk, 0, 7, 0, 9])],
  ])("%s is of no use", (_, change) => {
    expect(decode(change(chunkOf()))).toBeUndefined();
  });
});
