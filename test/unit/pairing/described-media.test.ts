// When our documents have sections of media, what these ask for, and what is agreed on with another program.
import { describe, expect, test } from "vitest";
import type { ExchangeDocument, SdpLayout } from "../../../src/exchange/description.ts";
import type { CodecName } from "../../../src/lib/codecs.ts";
import { DescribedMedia } from "../../../src/pairing/described-media.ts";
import type { MediaSettings } from "../../../src/session/session-types.ts";
import { description, p2pKey } from "../exchange/fixtures.ts";

const source = (...codecs: CodecName[]): NonNullable<MediaSettings["publish"]>[number] => ({
  tracks: codecs.map((codec) => ({
    kind: codec === "opus" ? "audio" : "video",
    codec,
    clockRate: codec === "opus" ? 48_000 : 90_000,
    ...(codec === "h264" ? { profile: "64001f" } : {}),
    ...(codec === "opus" ? { channels: 2 } : {}),
  })),
  next: () => Promise.resolve(undefined),
  close: () => Promise.resolve(),
});
const sink = (audio: CodecName[], video: CodecName[]): NonNullable<MediaSettings["record"]> => ({
  accepts: { audio, video },
  addTrack: () => 0,
  write: () => Promise.resolve(),
  close: () => Promise.resolve({ bytes: 0, path: undefined }),
});

const OFFER = description();
const ANSWER = description({
  type: "answer",
  setup: "active",
  fingerprints: [{ algorithm: "sha-256", value: Array.from({ length: 32 }, () => "CD").join(":") }],
});
const FOREIGN = { isForP2p: false };

function offered(settings: MediaSettings | undefined): SdpLayout | undefined {
  return new DescribedMedia(settings).layoutOf(OFFER, FOREIGN);
}

const summary = (layout: SdpLayout | undefined): string[] | undefined =>
  layout?.sections.map(({ kind, direction, codecLines }) =>
    [kind, direction, ...codecLines.filter((line) => line.startsWith("rtpmap"))].join(" "),
  );
const documentOf = (layout: SdpLayout | undefined, facts = ANSWER): ExchangeDocument => ({
  description: facts,
  ...(layout === undefined ? {} : { layout }),
  remarks: [],
});

describe("our offer", () => {
  test("has no media where none is asked for, or no other program reads it", () => {
    expect(offered(undefined)).toBe(undefined);
    expect(offered({ record: sink([], []) })).toBe(undefined);
    const media = new DescribedMedia({ publish: [source("vp8")] });
    expect(media.layoutOf(OFFER, { isForP2p: true })).toBe(undefined);
    expect(media.agreedWith(documentOf(undefined))).toEqual([]);
  });

  test("asks for what is published, recorded and passed on", () => {
    expect(summary(offered({ publish: [source("opus"), source("h264")] }))).toEqual([
      "application inactive",
      "audio sendonly rtpmap:111 opus/48000/2",
      "video sendonly rtpmap:102 H264/90000",
    ]);
    const settings = { record: sink(["opus"], ["vp9", "vp8"]), forward: [sink(["pcmu"], ["vp8", "h264"])] };
    expect(summary(offered(settings))?.slice(1)).toEqual([
      "audio recvonly rtpmap:111 opus/48000/2 rtpmap:0 PCMU/8000",
      "video recvonly rtpmap:98 VP9/90000 rtpmap:96 VP8/90000 rtpmap:102 H264/90000",
    ]);
  });

  test("has preferred codecs first, and no others than before", () => {
    const settings = {
      record: sink([], ["vp9", "vp8", "h264"]),
      codecs: { video: ["h264", "av1", "vp8"] as CodecName[] },
    };
    expect(summary(offered(settings))?.[1]).toBe(
      "video recvonly rtpmap:102 H264/90000 rtpmap:96 VP8/90000 rtpmap:98 VP9/90000",
    );
  });
});

describe("with another program", () => {
  test("both sides agree on the same", () => {
    const ours = new DescribedMedia({ publish: [source("opus", "vp8")] });
    const theirs = new DescribedMedia({ record: sink(["opus"], ["vp9", "vp8"]) });
    const offer = ours.layoutOf(OFFER, FOREIGN);
    const answer = theirs.layoutOf(ANSWER, { ...FOREIGN, offered: offer });
    expect(summary(answer)?.slice(1)).toEqual([
      "audio recvonly rtpmap:111 opus/48000/2",
      "video recvonly rtpmap:96 VP8/90000",
    ]);
    const sent = ours.agreedWith(documentOf(answer));
    const taken = theirs.agreedWith(documentOf(offer, OFFER));
    expect(sent?.map(({ kind, send }) => [kind, send?.track, send?.payloadType])).toEqual([
      ["audio", 0, 111],
      ["video", 1, 96],
    ]);
    expect(taken).toEqual([
      {
        kind: "audio",
        receive: {
          ssrc: sent?.[0]?.send?.ssrc,
          codecs: [{ name: "opus", payloadType: 111, clockRate: 48_000, channels: 2 }],
        },
      },
      {
        kind: "video",
        receive: { ssrc: sent?.[1]?.send?.ssrc, codecs: [{ name: "vp8", payloadType: 96, clockRate: 90_000 }] },
      },
    ]);
  });

  test("nothing is agreed on by an answer without media", () => {
    const media = new DescribedMedia({ publish: [source("vp8")] });
    media.layoutOf(OFFER, FOREIGN);
    expect(media.agreedWith(documentOf(undefined))).toEqual([]);
  });
});

test("with p2p, documents agree on nothing, and its offer is answered as one of no media", () => {
  const media = new DescribedMedia({ publish: [source("vp8")], record: sink(["opus"], ["vp8"]) });
  const offer = new DescribedMedia({ publish: [source("opus", "vp8")] }).layoutOf(OFFER, FOREIGN);
  const answer = media.layoutOf(ANSWER, { isForP2p: true, offered: offer });
  expect(summary(answer)?.map((line) => line.split(" ")[1])).toEqual(["inactive", "inactive", "inactive"]);
  expect(media.agreedWith({ ...documentOf(offer, OFFER), p2p: p2pKey() })).toBe(undefined);
});
