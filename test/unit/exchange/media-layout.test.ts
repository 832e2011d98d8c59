// Sections of media: in our offers, in our answers, and what both sides have agreed on, in either role.
import { describe, expect, test } from "vitest";
import { encodeShortCode } from "../../../src/exchange/code/short-code.ts";
import type { SdpLayout, SdpSection } from "../../../src/exchange/description.ts";
import { codecText } from "../../../src/exchange/media-codecs.ts";
import {
  MediaAnswers,
  type MediaWishes,
  negotiatedMedia,
  ownStream,
  withMedia,
} from "../../../src/exchange/media-layout.ts";
import { answerLayout, plainLayout } from "../../../src/exchange/sdp-layout.ts";
import { writeSdp } from "../../../src/exchange/sdp-write.ts";
import { carried, description, offer, p2pKey } from "./fixtures.ts";
import { MAX_MEDIA_TRACKS } from "../../../src/lib/codecs.ts";

const VP8 = { name: "VP8", payloadType: 96, clockRate: 90_000 };
const VP9 = { name: "VP9", payloadType: 98, clockRate: 90_000 };
const H264 = { name: "H264", payloadType: 102, clockRate: 90_000 };
const OPUS = { name: "opus", payloadType: 111, clockRate: 48_000, channels: 2 };
const NOTHING: MediaWishes = { send: [], receive: { audio: [], video: [] } };
const PUBLISH: MediaWishes = {
  ...NOTHING,
  send: [
    { kind: "audio", codec: OPUS },
    { kind: "video", codec: VP8 },
  ],
};
const RECORD: MediaWishes = { send: [], receive: { audio: [OPUS], video: [H264, VP8] } };
const BOTH: MediaWishes = { ...PUBLISH, receive: RECORD.receive };

const OTHER = Array.from({ length: 32 }, () => "CD").join(":");
const ours = description();
const theirs = description({ fingerprints: [{ algorithm: "sha-256", value: OTHER }], iceUfrag: "wxyz" });
const offerOf = (wishes: MediaWishes): SdpLayout => withMedia(plainLayout(ours), ours, wishes);
const answerOf = (offered: SdpLayout, wishes: MediaWishes): SdpLayout =>
  answerLayout(offered, new MediaAnswers(theirs, wishes));
const summary = ({ sections }: SdpLayout): string[] =>
  sections.map(({ mid, direction, formats }) => `${mid} ${direction} ${formats.join(" ")}`);

describe("our offer", () => {
  test("without media is what it was", () => {
    expect(withMedia(plainLayout(ours), ours, NOTHING)).toEqual(plainLayout(ours));
  });

  test("has one section for each track that is sent, and each kind that is taken", () => {
    expect(summary(offerOf(PUBLISH))).toEqual([
      "data inactive webrtc-datachannel",
      "audio sendonly 111",
      "video sendonly 96",
    ]);
    expect(summary(offerOf(RECORD)).slice(1)).toEqual(["audio recvonly 111", "video recvonly 102 96"]);
    expect(offerOf(RECORD).bundle).toEqual(["data", "audio", "video"]);
    const two = { ...RECORD, send: [...PUBLISH.send, { kind: "video" as const, codec: VP9 }] };
    expect(summary(offerOf(two)).slice(1)).toEqual([
      "audio sendrecv 111",
      "video sendrecv 96 102",
      "video2 sendonly 98",
    ]);
  });

  test("a payload type stands for one codec", () => {
    const send = ["42e01f", "64001f", "42e01f"].map((profile) => ({
      kind: "video" as const,
      codec: { ...H264, profile },
    }));
    expect(summary(offerOf({ ...NOTHING, send })).slice(1)).toEqual([
      "video sendonly 102",
      "video2 sendonly 103",
      "video3 sendonly 102",
    ]);
  });

  test("says its streams: those of a certificate are always the same, and another's are others", () => {
    const streams = offerOf(PUBLISH).sections.map(({ stream }) => stream);
    expect(streams).toEqual([undefined, ownStream(ours, 0), ownStream(ours, 1)]);
    const ssrcs = [ownStream(ours, 0), ownStream(ours, 1), ownStream(theirs, 0)].map(({ ssrc }) => ssrc);
    expect(new Set(ssrcs).size).toBe(3);
    expect(ownStream(ours, 0).cname).toBe(ownStream(ours, 1).cname);
  });

  test("reads as it was written", () => {
    const document = { ...offer(), layout: offerOf(BOTH) };
    const { remarks, ...read } = carried(document);
    expect(read).toEqual(document);
    expect(remarks).toEqual([{ remark: "other-sections", kinds: ["audio", "video"] }]);
  });

  test("has the lines that other programs look for", () => {
    const lines = writeSdp(ours, 1, { layout: offerOf(PUBLISH) }).split("\r\n");
    const { ssrc, cname } = ownStream(ours, 1);
    expect(
      lines.slice(lines.indexOf("m=video 9 UDP/TLS/RTP/SAVPF 96")).filter((line) => !line.startsWith("a=ice")),
    ).toEqual([
      "m=video 9 UDP/TLS/RTP/SAVPF 96",
      "c=IN IP4 0.0.0.0",
      `a=fingerprint:sha-256 ${ours.fingerprints[0]?.value}`,
      "a=setup:actpass",
      "a=mid:video",
      "a=sendonly",
      "a=rtcp-mux",
      "a=rtpmap:96 VP8/90000",
      "a=rtcp-fb:96 nack",
      "a=rtcp-fb:96 nack pli",
      "a=rtcp-fb:96 ccm fir",
      "a=rtcp-fb:96 goog-remb",
      `a=msid:${cname} video`,
      `a=ssrc:${ssrc} cname:${cname}`,
      "",
    ]);
    expect(lines).toContain("a=group:BUNDLE data audio video");
  });

  test("has the code of one without media: only p2p reads codes", () => {
    const plain = encodeShortCode(offer());
    expect(encodeShortCode({ ...offer(), layout: offerOf(BOTH) })).toEqual(plain);
    expect(plain).toHaveProperty("code");
    const answered = { description: description({ type: "answer", setup: "active" }), p2p: p2pKey() };
    expect(encodeShortCode({ ...answered, layout: answerLayout(offerOf(BOTH)) })).toEqual(encodeShortCode(answered));
  });
});

describe("our answer", () => {
  test("takes the codecs that it can, the best one first, and sends what it can", () => {
    expect(summary(answerOf(offerOf(BOTH), BOTH)).slice(1)).toEqual(["audio sendrecv 111", "video sendrecv 102 96"]);
    expect(summary(answerOf(offerOf(BOTH), RECORD)).slice(1)).toEqual(["audio recvonly 111", "video recvonly 102 96"]);
    expect(summary(answerOf(offerOf(PUBLISH), RECORD)).slice(1)).toEqual(["audio recvonly 111", "video recvonly 96"]);
    expect(summary(answerOf(offerOf(RECORD), PUBLISH)).slice(1)).toEqual(["audio sendonly 111", "video sendonly 96"]);
  });

  test("says both codecs where what goes is not what comes", () => {
    const wishes = { ...PUBLISH, receive: { audio: [], video: [H264] } };
    expect(summary(answerOf(offerOf(BOTH), wishes))[2]).toBe("video sendrecv 102 96");
  });

  test("is inactive where nothing fits", () => {
    expect(summary(answerOf(offerOf(PUBLISH), PUBLISH)).slice(1)).toEqual(["audio inactive 111", "video inactive 96"]);
    const vp9 = { ...NOTHING, receive: { audio: [], video: [VP9] } };
    expect(summary(answerOf(offerOf(PUBLISH), vp9))[2]).toBe("video inactive 96");
    const text = { ...offerOf(BOTH) };
    text.sections = text.sections.map((one) => (one.mid === "video" ? { ...one, kind: "text" } : one));
    expect(summary(answerOf(text, BOTH))[2]).toBe("video inactive 96 102");
  });

  test("each track has one section, each section one track, and no more come than there may be", () => {
    const one = offerOf(BOTH).sections[2] as SdpSection;
    const sections = Array.from({ length: 12 }, (_, at) => ({
      ...one,
      mid: `v${at}`,
      stream: { ssrc: at, cname: "x" },
    }));
    const plain = plainLayout(ours);
    const many = {
      sections: [...plain.sections, ...sections],
      bundle: [...plain.bundle, ...sections.map(({ mid }) => mid)],
    };
    const answer = answerOf(many, BOTH);
    expect(answer.sections.filter(({ stream }) => stream !== undefined)).toHaveLength(1);
    expect(
      answer.sections.filter(({ direction }) => direction.endsWith("recv") || direction === "recvonly"),
    ).toHaveLength(MAX_MEDIA_TRACKS);
    const everything = negotiatedMedia(
      answer,
      { ...many, sections: many.sections.map((section) => ({ ...section })) },
      BOTH,
      theirs,
    );
    expect(everything.filter(({ receive }) => receive !== undefined)).toHaveLength(MAX_MEDIA_TRACKS);
  });
});

describe("what both have agreed", () => {
  test("is the same on both sides", () => {
    const offered = offerOf(BOTH);
    const answered = answerOf(offered, BOTH);
    const atOfferer = negotiatedMedia(offered, answered, BOTH, ours);
    const atAnswerer = negotiatedMedia(answered, offered, BOTH, theirs);
    expect(atOfferer.map(({ kind, mid, send }) => ({ kind, mid, send }))).toEqual([
      { kind: "audio", mid: "audio", send: { track: 0, ...ownStream(ours, 0), payloadType: 111 } },
      { kind: "video", mid: "video", send: { track: 1, ...ownStream(ours, 1), payloadType: 96 } },
    ]);
    for (const [at, one] of atOfferer.entries()) {
      expect(atAnswerer[at]?.receive?.ssrc).toBe(one.send?.ssrc);
      expect(one.receive?.ssrc).toBe(atAnswerer[at]?.send?.ssrc);
      expect(one.receive?.codecs.map(({ codec }) => codec.payloadType)).toContain(atAnswerer[at]?.send?.payloadType);
    }
  });

  test("several codecs may come where both sides have them", () => {
    const offered = offerOf(RECORD);
    const answered = answerOf(offered, PUBLISH);
    const [data, audio, video] = answered.sections as [SdpSection, SdpSection, SdpSection];
    const both = codecText([
      { payloadType: 96, name: "vp8", clockRate: 90_000, channels: undefined, fmtp: "", feedback: [] },
      {
        payloadType: 102,
        name: "H264",
        clockRate: 90_000,
        channels: undefined,
        fmtp: "packetization-mode=1;profile-level-id=42e01f",
        feedback: [],
      },
    ]);
    const open = { ...answered, sections: [data, audio, { ...video, ...both, stream: undefined }] };
    expect(negotiatedMedia(offered, open, RECORD, ours)[1]).toEqual({
      kind: "video",
      mid: "video",
      receive: {
        ssrc: undefined,
        codecs: [
          expect.objectContaining({ wanted: H264, codec: expect.objectContaining({ payloadType: 102 }) as object }),
          expect.objectContaining({ wanted: VP8, codec: expect.objectContaining({ payloadType: 96 }) as object }),
        ],
      },
    });
  });

  test("what is sent has the payload types of the other side, what comes our own", () => {
    const offered = offerOf(BOTH);
    const answered = answerOf(offered, BOTH);
    const moved = {
      ...answered,
      sections: answered.sections.map((section) => ({
        ...section,
        formats: section.formats.map((format) => (format === "96" ? "120" : format)),
        codecLines: section.codecLines.map((line) => line.replace(":96 ", ":120 ")),
      })),
    };
    const video = negotiatedMedia(offered, moved, BOTH, ours)[1];
    expect(video?.send?.payloadType).toBe(120);
    expect(video?.receive?.codecs.map(({ codec }) => codec.payloadType)).toEqual([102, 96]);
  });

  test("nothing where the other side has left the group", () => {
    const offered = offerOf(BOTH);
    expect(negotiatedMedia(offered, { ...answerOf(offered, BOTH), bundle: ["data"] }, BOTH, ours)).toEqual([]);
  });

  test.each<[string, (section: SdpSection) => SdpSection | undefined]>([
    ["rejected", (section) => ({ ...section, state: "rejected" })],
    ["inactive", (section) => ({ ...section, direction: "inactive" })],
    ["of another kind", (section) => ({ ...section, kind: "text" })],
    ["missing", () => undefined],
    ["of other codecs", (section) => ({ ...section, codecLines: [] })],
  ])("nothing where the other side's section is %s", (_name, change) => {
    const offered = offerOf(BOTH);
    const answered = answerOf(offered, BOTH);
    const sections = answered.sections.flatMap((section) => (section.isData ? [section] : (change(section) ?? [])));
    const found = negotiatedMedia(offered, { ...answered, sections }, BOTH, ours);
    expect(found).toEqual([]);
  });
});
