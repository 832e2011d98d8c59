// Tracks that the descriptions of two programs have agreed on: what begins, what is expected, and how it ends.
import { describe, expect, test } from "vitest";
import { type DescribedSection, DescribedTracks } from "../../../src/control/described-tracks.ts";
import type { MediaEffect, TrackAgreement } from "../../../src/control/media-negotiation.ts";

const VP8 = { name: "vp8", payloadType: 96, clockRate: 90_000 };
const H264 = { name: "h264", payloadType: 102, clockRate: 90_000 };
const OPUS = { name: "opus", payloadType: 111, clockRate: 48_000 };
const WANTED = [
  { kind: "audio" as const, codecs: [OPUS], ssrc: 1 },
  { kind: "video" as const, codecs: [VP8], ssrc: 2 },
];
const SECTIONS: DescribedSection[] = [
  { kind: "audio", receive: { ssrc: undefined, codecs: [OPUS] } },
  { kind: "video", send: { track: 1, ssrc: 77, payloadType: 120 }, receive: { ssrc: 5, codecs: [VP8, H264] } },
];

function effects(tracks: TrackAgreement): MediaEffect[] {
  return Array.from({ length: 20 }, () => tracks.pollEffect()).filter((effect) => effect !== undefined);
}

function begun(sections = SECTIONS): TrackAgreement {
  const tracks = new DescribedTracks(sections);
  expect(tracks.offer(WANTED)).toEqual([1, 2]);
  return tracks;
}

describe("at the beginning", () => {
  test("what was agreed on is sent as it was described, and the rest is refused", () => {
    const tracks = begun();
    expect(effects(tracks)).toEqual([
      { effect: "refused", offer: { type: "media-offer", track: 1, ...WANTED[0] } },
      {
        effect: "begin-sending",
        offer: { type: "media-offer", track: 2, ...WANTED[1], ssrc: 77 },
        codec: { ...VP8, payloadType: 120 },
      },
      {
        effect: "expect",
        offers: [
          { track: 1, kind: "audio", ssrc: undefined, codecs: [OPUS] },
          { track: 2, kind: "video", ssrc: 5, codecs: [VP8, H264] },
        ],
      },
    ]);
    expect([tracks.sendingCount, tracks.receivingCount]).toEqual([1, 2]);
    expect([tracks.stateOf("send", 1), tracks.stateOf("send", 2)]).toEqual([undefined, "sending"]);
    expect(tracks.stateOf("receive", 2)).toBe("expected");
  });

  test("nothing is expected where nothing was agreed on", () => {
    const tracks = begun([]);
    expect(effects(tracks).map(({ effect }) => effect)).toEqual(["refused", "refused"]);
    expect([tracks.sendingCount, tracks.receivingCount]).toEqual([0, 0]);
  });
});

describe("a track that comes", () => {
  test("is received in the codec in which it has come, until its sender ends it", () => {
    const tracks = begun();
    effects(tracks);
    tracks.answer(2, "h264");
    tracks.answer(2, "vp8");
    const offer = { type: "media-offer", track: 2, kind: "video", codecs: [VP8, H264], ssrc: 5 };
    expect(effects(tracks)).toEqual([{ effect: "begin-receiving", offer, codec: H264 }]);
    tracks.handleStreamEnd(2);
    tracks.handleStreamEnd(2);
    expect(effects(tracks)).toEqual([{ effect: "drain", track: 2 }]);
    tracks.endReceiving(2);
    tracks.endReceiving(2);
    expect(effects(tracks)).toEqual([{ effect: "receiving-over", offer, by: "peer" }]);
    expect(tracks.receivingCount).toBe(1);
  });

  test("is over where it is not taken, or ended before it came", () => {
    const tracks = begun();
    effects(tracks);
    tracks.answer(1, undefined);
    tracks.handleStreamEnd(2);
    tracks.answer(2, "vp8");
    expect([effects(tracks), tracks.receivingCount]).toEqual([[], 0]);
  });

  test("may be ended by this side", () => {
    const tracks = begun();
    tracks.answer(1, "opus");
    effects(tracks);
    tracks.endReceiving(1);
    tracks.endReceiving(2);
    expect(effects(tracks)).toEqual([expect.objectContaining({ effect: "receiving-over", by: "me" })]);
    expect(tracks.receivingCount).toBe(0);
  });
});

test("a track that is sent is over when it is ended, without a word", () => {
  const tracks = begun();
  effects(tracks);
  tracks.endSending(1);
  tracks.endSending(2);
  tracks.endSending(2);
  tracks.handle({ type: "media-end", track: 2, from: "receiver" });
  expect(effects(tracks)).toEqual([expect.objectContaining({ effect: "sending-over", by: "me" })]);
  expect(tracks.sendingCount).toBe(0);
});
