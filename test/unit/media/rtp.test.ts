import { describe, expect, test } from "vitest";
import { decodeRtp, encodeRtp, rtpHeaderBytes } from "../../../src/media/rtp.ts";

const packet = {
  isMarked: true,
  payloadType: 96,
  sequence: 0xfffe,
  timestamp: 0xfedcba98,
  ssrc: 0x89abcdef,
  payload: Uint8Array.of(1, 2, 3),
};

/** The fixed header with these first bits, then `rest`. */
function raw(first: number, ...rest: number[]): Uint8Array {
  return Uint8Array.of(first, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, ...rest);
}

describe("an RTP packet", () => {
  test("is read as it was written", () => {
    expect(decodeRtp(encodeRtp(packet))).toEqual(packet);
    const plain = { ...packet, isMarked: false, payload: new Uint8Array(0) };
    expect(decodeRtp(encodeRtp(plain))).toEqual(plain);
  });

  test.each<[string, Uint8Array, number[] | undefined]>([
    ["of another version", raw(0x40, 1), undefined],
    ["that is cut off in its header", raw(0x80).subarray(0, 11), undefined],
    ["of nothing", new Uint8Array(0), undefined],
    ["with contributing sources", raw(0x82, 0, 0, 0, 9, 0, 0, 0, 9, 7), [7]],
    ["that says more contributing sources than it has", raw(0x8f, 0, 0, 0, 9), undefined],
    ["with a header extension", raw(0x90, 0xbe, 0xde, 0, 1, 9, 9, 9, 9, 7), [7]],
    ["with an extension of no words", raw(0x90, 0xbe, 0xde, 0, 0, 7), [7]],
    ["whose extension is cut off", raw(0x90, 0xbe, 0xde, 0, 2, 9, 9, 9, 9), undefined],
    ["whose extension says 65,535 words", raw(0x90, 0xbe, 0xde, 0xff, 0xff, 9, 9, 9, 9), undefined],
    ["that ends before the length of its extension", raw(0x90, 0xbe, 0xde), undefined],
    ["with padding", raw(0xa0, 7, 0, 0, 3), [7]],
    ["of nothing but padding", raw(0xa0, 0, 0, 3), []],
    ["whose padding is longer than it", raw(0xa0, 0, 0, 4), undefined],
    ["whose padding would reach into its extension", raw(0xb0, 0xbe, 0xde, 0, 1, 9, 9, 9, 9, 2), undefined],
    ["with padding of no bytes", raw(0xa0, 7, 0), undefined],
  ])("%s", (_, bytes, payload) => {
    const decoded = decodeRtp(bytes);
    expect(decoded && [...decoded.payload]).toEqual(payload);
  });

  test("its header is measured without its payload", () => {
    expect(rtpHeaderBytes(raw(0x91, 0, 0, 0, 9, 0xbe, 0xde, 0, 1, 9, 9, 9, 9, 7))).toBe(24);
    expect(rtpHeaderBytes(raw(0x80))).toBe(12);
  });
});
