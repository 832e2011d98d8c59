import { describe, expect, test } from "vitest";
import {
  decodeRtcp,
  encodeBye,
  encodeNack,
  encodePli,
  encodeReceiverReport,
  encodeRemb,
  encodeSenderReport,
  encodeSourceName,
} from "../../../src/media/rtcp.ts";
import { type ReportBlock, RtcpType } from "../../../src/media/rtcp-types.ts";

const BLOCK: ReportBlock = {
  ssrc: 0xfedcba98,
  fractionLost: 255,
  lost: -3,
  highestSequence: 0xffff_fff0,
  jitter: 77,
  lastReport: 0x89abcdef,
  sinceLastReport: 65_536,
};
const SENDER = {
  ssrc: 0x89abcdef,
  ntpSeconds: 0xf000_0000,
  ntpFraction: 0x8000_0001,
  rtpTimestamp: 0xffff_ffff,
  packets: 5,
  bytes: 4_000_000_000,
};

function joined(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}

/** A part of this type, with a body of words. */
function part(type: number, count: number, ...words: number[]): Uint8Array {
  const bytes = Buffer.alloc(4 + words.length * 4);
  bytes[0] = 0x80 | count;
  bytes[1] = type;
  bytes.writeUInt16BE(words.length, 2);
  for (const [at, word] of words.entries()) bytes.writeUInt32BE(word, 4 + at * 4);
  return bytes;
}

describe("RTCP", () => {
  test("what is written is read the same", () => {
    const compound = joined(
      encodeSenderReport({ ...SENDER, reports: [BLOCK, { ...BLOCK, lost: 0x7f_ffff }] }),
      encodeSourceName(SENDER.ssrc, "a name of 25 characters 12"),
      encodeNack(1, 2, [65_534, 65_535, 0, 14, 15, 100]),
      encodePli(1, 0xffff_ffff),
      encodeBye([7, 8]),
    );
    expect(decodeRtcp(compound)).toEqual([
      { type: "sender-report", ...SENDER, reports: [BLOCK, { ...BLOCK, lost: 0x7f_ffff }] },
      { type: "nack", ssrc: 2, sequences: [65_534, 65_535, 0, 14, 15, 100] },
      { type: "key-frame-request", ssrcs: [0xffff_ffff] },
      { type: "bye", ssrcs: [7, 8] },
    ]);
    expect(decodeRtcp(encodeReceiverReport(9, [BLOCK]))).toEqual([
      { type: "receiver-report", ssrc: 9, reports: [BLOCK] },
    ]);
  });

  test("every part is a whole number of words, whatever the name is long", () => {
    for (let length = 0; length <= 255; length += 1) {
      const name = encodeSourceName(1, "x".repeat(length));
      expect(name.length % 4).toBe(0);
      expect(name.at(-1)).toBe(0);
      expect(decodeRtcp(joined(name, encodeBye([3])))).toEqual([{ type: "bye", ssrcs: [3] }]);
    }
  });

  test("packets near one another share a word of a NACK, and one that lies further has its own", () => {
    expect(encodeNack(1, 2, [5, 6, 21]).length).toBe(16);
    expect(encodeNack(1, 2, [5, 22]).length).toBe(20);
    expect(encodeNack(1, 2, [65_530, 3, 65_000]).length).toBe(20);
  });

  test("a NACK names its own packets, not those of the part behind it", () => {
    const [nack] = decodeRtcp(joined(encodeNack(1, 2, [1, 2]), encodeReceiverReport(1, [BLOCK])));
    expect(nack).toEqual({ type: "nack", ssrc: 2, sequences: [1, 2] });
  });

  test("FIR names several streams", () => {
    const fir = part(RtcpType.PAYLOAD_FEEDBACK, 4, 1, 0, 11, 0x0100_0000, 12, 0x0200_0000);
    expect(decodeRtcp(fir)).toEqual([{ type: "key-frame-request", ssrcs: [11, 12] }]);
  });

  test("REMB has the shape of its draft", () => {
    // 1,000,000 bit/s = 250,000 · 2^2.
    const remb = Buffer.from(encodeRemb(1, 1_000_000, [5])).toString("hex");
    expect(remb).toBe(`8fce0005${"00000001"}${"00000000"}52454d42${"010bd090"}${"00000005"}`);
    expect([...encodeRemb(1, 2 ** 18 - 1, []).subarray(16)]).toEqual([0, 3, 255, 255]);
  });

  test("the rest is passed over by its length", () => {
    const feedback = part(RtcpType.TRANSPORT_FEEDBACK, 15, 1, 2, 0x0000_ffff, 0, 0);
    const app = part(204, 0, 1, 2);
    const extended = part(207, 0, 1);
    expect(decodeRtcp(joined(feedback, app, extended, encodeBye([3])))).toEqual([{ type: "bye", ssrcs: [3] }]);
  });

  test.each<[string, Uint8Array]>([
    ["nothing", new Uint8Array(0)],
    ["half a header", Uint8Array.of(0x80, 200, 0)],
    ["another version", Uint8Array.of(0x40, 203, 0, 0)],
    ["a length beyond the datagram", Uint8Array.of(0x81, 203, 0, 2, 0, 0, 0, 1)],
    ["more sources than there are", part(RtcpType.BYE, 2, 1)],
    ["more reports than there are", part(RtcpType.RECEIVER_REPORT, 1, 1, 2, 3)],
    ["a receiver report of nobody", part(RtcpType.RECEIVER_REPORT, 0)],
    ["a sender report without its times", part(RtcpType.SENDER_REPORT, 0, 1, 2, 3)],
    ["a NACK of nothing", part(RtcpType.TRANSPORT_FEEDBACK, 1, 1, 2)],
    ["a PLI of nobody", part(RtcpType.PAYLOAD_FEEDBACK, 1, 1)],
    ["padding longer than the part", Uint8Array.of(0xa1, 203, 0, 1, 0, 0, 0, 5)],
  ])("%s says nothing", (_, bytes) => {
    expect(decodeRtcp(bytes)).toEqual([]);
  });

  test("padding of the last part is left out", () => {
    const padded = Uint8Array.of(0xa1, 203, 0, 2, 0, 0, 0, 9, 0, 0, 0, 4);
    expect(decodeRtcp(padded)).toEqual([{ type: "bye", ssrcs: [9] }]);
  });
});
