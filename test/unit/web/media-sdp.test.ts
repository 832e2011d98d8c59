// What the page says for the other side about sound and picture, and what it reads of the browser's own words.
import { expect, test } from "vitest";
import type { SessionDescription } from "../../../src/exchange/description.ts";
import { splitSdp } from "../../../src/exchange/sdp-sections.ts";
import { writeSdp } from "../../../src/exchange/sdp-write.ts";
import { bundledCodec, describedCodec, layoutWith, localSection, setupOf } from "../../../src/web/media-sdp.ts";

const REMOTE: SessionDescription & { form: "modern" } = {
  type: "offer",
  form: "modern",
  iceUfrag: "abcd",
  icePwd: "abcdefghijklmnopqrstuv",
  iceLite: false,
  fingerprints: [{ algorithm: "sha-256", value: "AA" }],
  setup: "actpass",
  mid: "0",
  sctpPort: 5000,
  maxMessageSize: 262_144,
  candidates: [],
};

/** A section as Chromium and Firefox offer it, shortened. */
const LOCAL = [
  "v=0",
  "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
  "a=mid:0",
  "m=video 9 UDP/TLS/RTP/SAVPF 120 97 126 99",
  "a=mid:1",
  "a=sendonly",
  "a=rtcp-mux",
  "a=rtpmap:120 VP8/90000",
  "a=rtcp-fb:120 nack",
  "a=rtcp-fb:120 transport-cc",
  "a=rtpmap:97 H264/90000",
  "a=fmtp:97 packetization-mode=0;profile-level-id=42e01f",
  "a=rtpmap:126 H264/90000",
  "a=fmtp:126 profile-level-id=42e01f;level-asymmetry-allowed=1;packetization-mode=1",
  "a=rtpmap:99 rtx/90000",
  "a=ssrc:77 cname:x",
  "",
].join("\r\n");

test("the other side's sections follow the data channel, share its transport and name their source", () => {
  const codec = describedCodec("video", { name: "vp8", payloadType: 96, clockRate: 90_000 });
  const layout = layoutWith(REMOTE, [
    { mid: "peer0", kind: "video", direction: "sendonly", codec, ssrc: 1234 },
    { mid: "1", kind: "audio", direction: "inactive", codec: describedCodec("audio", OPUS), ssrc: 5 },
  ]);
  const sdp = writeSdp(REMOTE, 2, { layout });
  expect(sdp).toContain("a=group:BUNDLE 0 peer0 1\r\n");
  expect(sdp).toContain("a=ssrc:1234 ");
  expect(sdp).not.toContain("a=ssrc:5 ");
  expect(sdp).toContain("a=rtcp-fb:96 nack pli\r\n");
  expect(splitSdp(sdp).sections.map(({ mid, direction }) => [mid, direction])).toEqual([
    ["0", "sendrecv"],
    ["peer0", "sendonly"],
    ["1", "inactive"],
  ]);
});

const OPUS = { name: "opus", payloadType: 111, clockRate: 48_000, channels: 2 };

test("of what the browser offers, the codecs that are known are taken, with its payload types and source", () => {
  const local = localSection(LOCAL, "1");
  expect(local?.ssrc).toBe(77);
  expect(local?.codecs.map(({ offered }) => offered)).toEqual([
    { name: "vp8", payloadType: 120, clockRate: 90_000 },
    { name: "h264", payloadType: 126, clockRate: 90_000, profile: "42e01f" },
  ]);
  expect(local?.codecs[0]?.described.feedback).toEqual(["nack"]);
  expect(localSection(LOCAL, "2")).toBeUndefined();
});

test.each([
  ["answer", "active", "offer", "actpass", "active"],
  ["answer", "passive", "offer", "actpass", "passive"],
  ["offer", "active", "answer", "passive", "active"],
  ["offer", "actpass", "answer", "active", "passive"],
] as const)("after their %s of setup %s and our %s of setup %s they are %s", (theirType, theirs, type, ours, role) => {
  const remote = { type: theirType, sdp: `v=0\r\na=setup:${theirs}\r\n` };
  expect(setupOf(remote, { type, sdp: `v=0\r\na=setup:${ours}\r\n` })).toBe(role);
});

test("in one bundle a payload type stands for one codec, whose parameters are said in one way", () => {
  const h264 = (profile: string, payloadType = 102): ReturnType<typeof describedCodec> =>
    describedCodec("video", { name: "h264", clockRate: 90_000, payloadType, profile });
  const vp9 = describedCodec("video", { name: "vp9", clockRate: 90_000, payloadType: 98 });
  const theirs = { ...vp9, name: "vp9", fmtp: "profile-id=0" };
  expect(bundledCodec(h264("42e01f"), [h264("42001f")])).toBeUndefined();
  expect(bundledCodec(h264("42e01f"), [{ ...vp9, payloadType: 102 }])).toBeUndefined();
  expect(bundledCodec(h264("42e01f"), [h264("42001f", 103), h264("42E01F")])?.fmtp).toContain("42E01F");
  expect(bundledCodec(vp9, [h264("42e01f"), theirs])?.fmtp).toBe("profile-id=0");
  expect(bundledCodec(vp9, [])).toEqual(vp9);
});
