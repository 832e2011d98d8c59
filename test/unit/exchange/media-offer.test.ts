// The offers of programs at a door (WHIP, WHEP), which have no data channel, and our answers to them.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  answerMediaOffer,
  MAX_MEDIA_OFFER_BYTES,
  type MediaOffer,
  offeredCodecOf,
  offeredMedia,
  readMediaOffer,
} from "../../../src/exchange/media-offer.ts";
import type { MediaWishes } from "../../../src/exchange/media-layout.ts";
import {
  largeOffers,
  OFFERED_AUDIO as AUDIO,
  OFFERED_DATA,
  OFFERED_HEAD as HEAD,
  OFFERED_TRANSPORT as TRANSPORT,
  OFFERED_VIDEO as VIDEO,
  PUBLISHED as BOTH,
  sdpOf as text,
  WATCHED,
} from "../../support/door-offers.ts";
import { description } from "./fixtures.ts";

const VP8 = { name: "VP8", payloadType: 96, clockRate: 90_000 };
const OPUS = { name: "opus", payloadType: 111, clockRate: 48_000 };
const TAKE_BOTH: MediaWishes = { send: [], receive: { audio: [OPUS], video: [VP8] } };

function read(offer: string): MediaOffer {
  const found = readMediaOffer(offer);
  if ("wrong" in found) throw new Error(found.wrong);
  return found;
}

test("an offer is read: its transport, its candidates, its sections", () => {
  const offer = read(BOTH);
  expect(offer.description).toMatchObject({ iceUfrag: "abcd", setup: "actpass", type: "offer" });
  expect(offer.description.candidates.map(({ port }) => port)).toEqual([4001]);
  expect(offer.localNames.map(({ port }) => port)).toEqual([4002]);
  const [audio, video] = offeredMedia(offer, "send");
  expect([audio?.kind, audio?.codecs.map(({ name }) => name)]).toEqual(["audio", ["opus", "PCMU"]]);
  expect([video?.kind, video?.codecs.map(({ name }) => name)]).toEqual(["video", ["VP8", "H264"]]);
  expect(offeredMedia(offer, "take")).toEqual([]);
  expect(video && offeredCodecOf(video, VP8, "receive")?.payloadType).toBe(120);
});

test("our answer has its sections, our side, all candidates, and the codec that is wanted", () => {
  const own = description({ type: "answer", iceUfrag: "wxyz", setup: "passive", mid: "0" });
  const { sdp, agreed } = answerMediaOffer(read(BOTH), own, TAKE_BOTH);
  const lines = sdp.split("\r\n");
  expect(lines.filter((line) => line.startsWith("m="))).toEqual([
    "m=audio 9 UDP/TLS/RTP/SAVPF 111",
    "m=video 9 UDP/TLS/RTP/SAVPF 120",
  ]);
  expect(lines).toContain("a=group:BUNDLE 0 1");
  expect(lines.filter((line) => line === "a=recvonly")).toHaveLength(2);
  expect(lines.filter((line) => line === "a=setup:passive")).toHaveLength(2);
  expect(lines.filter((line) => line.startsWith("a=candidate:"))).toHaveLength(1);
  expect(agreed.map(({ kind, receive }) => [kind, receive?.ssrc, receive?.codecs[0]?.codec.payloadType])).toEqual([
    ["audio", 7, 111],
    ["video", undefined, 120],
  ]);
});

test("what is not wanted is answered as inactive", () => {
  const wishes: MediaWishes = { send: [], receive: { audio: [], video: [VP8] } };
  const { sdp, agreed } = answerMediaOffer(read(BOTH), description({ type: "answer", setup: "passive" }), wishes);
  expect(sdp).toMatch(/m=audio 9 [^]*a=inactive[^]*m=video 9/);
  expect(agreed.map(({ kind }) => kind)).toEqual(["video"]);
});

test("a viewer is sent what it takes", () => {
  const offer = read(WATCHED);
  expect(offeredMedia(offer, "take").map(({ kind }) => kind)).toEqual(["audio", "video"]);
  const wishes: MediaWishes = { send: [{ kind: "video", codec: VP8 }], receive: { audio: [], video: [] } };
  const { sdp, agreed } = answerMediaOffer(offer, description({ type: "answer", setup: "passive" }), wishes);
  expect(sdp).toContain("a=sendonly");
  expect(agreed).toMatchObject([{ kind: "video", send: { track: 0, payloadType: 120 } }]);
});

test("a data channel beside it is rejected", () => {
  const offer = read(text(...HEAD.slice(0, 4), "a=group:BUNDLE 0 1 2", ...AUDIO, ...VIDEO, ...OFFERED_DATA));
  const { sdp } = answerMediaOffer(offer, description({ type: "answer", setup: "passive" }), TAKE_BOTH);
  expect(sdp).toContain("m=application 0 UDP/DTLS/SCTP webrtc-datachannel");
  expect(sdp).toContain("a=group:BUNDLE 0 1\r\n");
});

describe("what cannot be taken", () => {
  const without = (begin: string): string =>
    text(...[...HEAD, ...AUDIO, ...VIDEO].filter((line) => !line.startsWith(begin)));
  test.each([
    ["nothing", "", "no-media"],
    ["no SDP", "hello\nm=\0", "no-media"],
    [
      "only a data channel",
      text(...HEAD, "m=application 9 UDP/DTLS/SCTP webrtc-datachannel", ...TRANSPORT),
      "no-media",
    ],
    ["sections that share no transport", without("a=group"), "no-media"],
    ["RTCP of its own", without("a=rtcp-mux"), "no-media"],
    ["no password", without("a=ice-pwd"), "sdp: a=ice-pwd"],
    ["no fingerprint", without("a=fingerprint"), "sdp: a=fingerprint"],
    ["a short ufrag", BOTH.replaceAll("ufrag:abcd", "ufrag:a"), "sdp: a=ice-ufrag"],
    ["a part that it cannot have", BOTH.replaceAll("setup:actpass", "setup:holdconn"), "sdp: a=setup"],
    ["too many sections", text(...HEAD, ...Array.from({ length: 257 }, () => AUDIO).flat()), "sdp"],
    [
      "too many candidates",
      text(...HEAD, ...AUDIO, ...VIDEO, ...Array.from({ length: 201 }, () => VIDEO.at(-1) ?? "")),
      "sdp: a=candidate",
    ],
  ])("%s", (_what, offer, wrong) => {
    expect(readMediaOffer(offer)).toEqual({ wrong });
  });
});

test.each(largeOffers(BOTH, MAX_MEDIA_OFFER_BYTES))(
  "as large as it may be, with %s, an offer is read",
  (_what, offer) => {
    expect(Buffer.byteLength(offer)).toBeLessThanOrEqual(MAX_MEDIA_OFFER_BYTES);
    expect(offeredMedia(read(offer), "send").map(({ kind }) => kind)).toContain("audio");
  },
);

test("an offer that was bent anywhere is answered or refused, and adds no line of its own to our answer", () => {
  const lines = BOTH.split("\r\n");
  const change = fc.record({
    at: fc.nat(lines.length - 1),
    how: fc.constantFrom("drop", "twice", "swap", "cut", "odd"),
    to: fc.nat(lines.length - 1),
    text: fc.oneof(
      fc.string({ maxLength: 40 }),
      fc.constantFrom("m=text 9 RTP/AVP 1", "a=mid:0", "a=group:BUNDLE 1 1 0"),
    ),
  });
  const own = description({ type: "answer", setup: "passive" });
  const usual = new Set(["v", "o", "s", "t", "m", "c", "a"]);
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), (changes) => {
      const bent = [...lines];
      for (const { at, how, to, text: more } of changes) {
        const line = bent[at] ?? "";
        if (how === "drop") bent.splice(at, 1);
        else if (how === "twice") bent.splice(to, 0, line);
        else if (how === "swap") [bent[at], bent[to]] = [bent[to] ?? "", line];
        else bent[at] = how === "cut" ? line.slice(0, to) : more;
      }
      const offer = readMediaOffer(bent.join("\r\n"));
      if ("wrong" in offer) return;
      const { sdp } = answerMediaOffer(offer, own, TAKE_BOTH);
      const answered = sdp.split("\r\n").slice(0, -1);
      expect(answered.every((line) => line[1] === "=" && usual.has(line[0] ?? ""))).toBe(true);
      expect(answered.filter((line) => line.startsWith("m="))).toHaveLength(offer.layout.sections.length);
      expect(
        answered.filter((line) => line.startsWith("a=ice-ufrag")).every((line) => line.endsWith(own.iceUfrag)),
      ).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});
