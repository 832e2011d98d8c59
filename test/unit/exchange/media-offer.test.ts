// The offers of programs at a door (WHIP, WHEP), which have no data channel, and our answers to them.
import { describe, expect, test } from "vitest";
import {
  answerMediaOffer,
  type MediaOffer,
  offeredCodecOf,
  offeredMedia,
  readMediaOffer,
} from "../../../src/exchange/media-offer.ts";
import type { MediaWishes } from "../../../src/exchange/media-layout.ts";
import { description, FINGERPRINT } from "./fixtures.ts";

const VP8 = { name: "VP8", payloadType: 96, clockRate: 90_000 };
const OPUS = { name: "opus", payloadType: 111, clockRate: 48_000 };
const TAKE_BOTH: MediaWishes = { send: [], receive: { audio: [OPUS], video: [VP8] } };

const HEAD = ["v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0 1"];
const TRANSPORT = ["a=ice-ufrag:abcd", "a=ice-pwd:abcdefghijklmnopqrstuv", `a=fingerprint:sha-256 ${FINGERPRINT}`];
const AUDIO = [
  "m=audio 9 UDP/TLS/RTP/SAVPF 111 0",
  "c=IN IP4 0.0.0.0",
  ...TRANSPORT,
  "a=setup:actpass",
  "a=mid:0",
  "a=sendonly",
  "a=rtcp-mux",
  "a=rtpmap:111 opus/48000/2",
  "a=ssrc:7 cname:x",
];
const VIDEO = [
  "m=video 9 UDP/TLS/RTP/SAVPF 120 102",
  "c=IN IP4 0.0.0.0",
  ...TRANSPORT,
  "a=setup:actpass",
  "a=mid:1",
  "a=sendonly",
  "a=rtcp-mux",
  "a=rtpmap:120 VP8/90000",
  "a=rtcp-fb:120 nack pli",
  "a=rtpmap:102 H264/90000",
  "a=fmtp:102 packetization-mode=1;profile-level-id=42e01f",
  "a=candidate:1 1 udp 2122260223 127.0.0.1 4001 typ host generation 0",
  "a=candidate:2 1 udp 2122260223 6d0f7e6a-5c4b-4e0b-9a52-3f1d2c4b5a69.local 4002 typ host",
  "a=candidate:3 2 udp 2122260223 127.0.0.1 4003 typ host",
];
const text = (...lines: string[]): string => lines.map((line) => `${line}\r\n`).join("");

function read(offer: string): MediaOffer {
  const found = readMediaOffer(offer);
  if ("wrong" in found) throw new Error(found.wrong);
  return found;
}
const BOTH = text(...HEAD, ...AUDIO, ...VIDEO);

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
  const viewer = text(...HEAD, ...AUDIO, ...VIDEO).replaceAll("a=sendonly", "a=recvonly");
  const offer = read(viewer);
  expect(offeredMedia(offer, "take").map(({ kind }) => kind)).toEqual(["audio", "video"]);
  const wishes: MediaWishes = { send: [{ kind: "video", codec: VP8 }], receive: { audio: [], video: [] } };
  const { sdp, agreed } = answerMediaOffer(offer, description({ type: "answer", setup: "passive" }), wishes);
  expect(sdp).toContain("a=sendonly");
  expect(agreed).toMatchObject([{ kind: "video", send: { track: 0, payloadType: 120 } }]);
});

test("a data channel beside it is rejected", () => {
  const data = ["m=application 9 UDP/DTLS/SCTP webrtc-datachannel", ...TRANSPORT, "a=mid:2", "a=sctp-port:5000"];
  const offer = read(text(...HEAD.slice(0, 4), "a=group:BUNDLE 0 1 2", ...AUDIO, ...VIDEO, ...data));
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
