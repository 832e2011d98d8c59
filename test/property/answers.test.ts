// Offers as any WebRTC program may write them (RFC 3264, 8829, 9143): each gets an answer that keeps the rules.
import fc from "fast-check";
import { expect, test } from "vitest";
import { answerTo, flawsOfAnswer } from "../support/foreign/answer-rules.ts";
import type { MediaWishes } from "../../src/exchange/media-layout.ts";
import { scaled } from "../support/scale.ts";

/** What a program that publishes sound and two pictures and records asks for; or one that only records; or neither. */
const VP8 = { name: "VP8", payloadType: 96, clockRate: 90_000 };
const H264 = { name: "H264", payloadType: 102, clockRate: 90_000 };
const OPUS = { name: "opus", payloadType: 111, clockRate: 48_000, channels: 2 };
const PCMU = { name: "PCMU", payloadType: 0, clockRate: 8_000 };
const WISHES: readonly (MediaWishes | undefined)[] = [
  undefined,
  { send: [], receive: { audio: [OPUS, PCMU], video: [H264, VP8] } },
  {
    send: [
      { kind: "audio", codec: OPUS },
      { kind: "video", codec: VP8 },
      { kind: "video", codec: { ...H264, profile: "42e01f" } },
    ],
    receive: { audio: [], video: [VP8] },
  },
];

const RUNS = scaled<{ numRuns: number; seed?: number }>({ numRuns: 1_000, seed: 2018 }, { numRuns: 20_000 });
const FINGERPRINT = Array.from({ length: 32 }, () => "AB").join(":");

const section = fc.record({
  kind: fc.constantFrom("audio", "video", "data", "data", "text", "bfcp"),
  state: fc.constantFrom("live", "live", "live", "bundle-only", "dead"),
  isGrouped: fc.boolean(),
  hasMid: fc.constantFrom(true, true, true, false),
  hasRtcpMux: fc.constantFrom(true, true, true, false),
  hasTransport: fc.boolean(),
  protocol: fc.constantFrom("UDP/TLS/RTP/SAVPF", "RTP/SAVPF", "TCP/TLS/RTP/SAVPF"),
  direction: fc.constantFrom("a=sendrecv", "a=sendonly", "a=recvonly", "a=inactive", ""),
  data: fc.constantFrom(
    "UDP/DTLS/SCTP webrtc-datachannel",
    "DTLS/SCTP webrtc-datachannel",
    "TCP/DTLS/SCTP webrtc-datachannel",
    "UDP/DTLS/SCTP 5000",
    "DTLS/SCTP 5000",
  ),
});
type Section = typeof section extends fc.Arbitrary<infer T> ? T : never;

const offer = fc.record({
  sections: fc.array(section, { minLength: 0, maxLength: 6 }),
  /** Where the data channel stands that is surely there. */
  dataAt: fc.nat(6),
  data: section,
  hasGroup: fc.constantFrom(true, true, false),
  isSessionTransport: fc.boolean(),
  midStyle: fc.constantFrom("0", "data", "sdparta_", "{x}"),
  otherGroups: fc.constantFrom("", "a=group:LS 0 1", "a=group:BUNDLE nobody else"),
});

const TRANSPORT = [
  "a=ice-ufrag:offr",
  "a=ice-pwd:passwordOfTheOfferingSide",
  `a=fingerprint:sha-256 ${FINGERPRINT}`,
  "a=setup:actpass",
];

const CODECS = [
  "a=rtpmap:111 opus/48000/2",
  "a=fmtp:111 minptime=10",
  "a=rtpmap:96 VP8/90000",
  "a=rtcp-fb:96 nack",
  "a=rtcp-fb:96 transport-cc",
  "a=rtpmap:102 H264/90000",
  "a=rtcp-fb:* nack pli",
  "a=fmtp:102 packetization-mode=1;profile-level-id=42001f",
  "a=rtpmap:103 rtx/90000",
  "a=fmtp:103 apt=96",
  "a=ssrc:7 cname:x",
  "a=ssrc:8 cname:x",
];

function mediaOf({ kind, state, protocol, data }: Section): string {
  const port = state === "live" ? 9 : 0;
  if (kind === "data") return `m=application ${port} ${data}`;
  if (kind === "bfcp") return `m=application ${port} UDP/BFCP *`;
  return `m=${kind} ${port} ${protocol} 111 96 102 103 0`;
}

/** @param needsTransport - nothing else of the text says how it is reached */
function linesOf(one: Section, mid: string, needsTransport: boolean): string[] {
  const isRtp = !["data", "bfcp"].includes(one.kind);
  return [
    mediaOf(one),
    "c=IN IP4 0.0.0.0",
    ...(needsTransport || one.hasTransport ? TRANSPORT : []),
    ...(one.hasMid ? [`a=mid:${mid}`] : []),
    ...(one.state === "bundle-only" ? ["a=bundle-only"] : []),
    ...(isRtp && one.hasRtcpMux ? ["a=rtcp-mux"] : []),
    ...(isRtp ? [...(one.direction === "" ? [] : [one.direction]), ...CODECS] : []),
  ];
}

function textOf(parts: typeof offer extends fc.Arbitrary<infer T> ? T : never): string {
  const sure: Section = { ...parts.data, kind: "data", state: parts.data.state === "dead" ? "live" : parts.data.state };
  const sections = parts.sections.toSpliced(parts.dataAt, 0, sure);
  const midAt = (at: number): string => `${parts.midStyle}${at}`;
  const mids = sections.flatMap((one, at) =>
    one.hasMid && one.state !== "dead" && (one.isGrouped || one.state === "bundle-only") ? [midAt(at)] : [],
  );
  return [
    "v=0",
    "o=- 1 2 IN IP4 127.0.0.1",
    "s=-",
    "t=0 0",
    ...(parts.isSessionTransport ? TRANSPORT : []),
    ...(parts.otherGroups === "" ? [] : [parts.otherGroups]),
    ...(parts.hasGroup && mids.length > 0 ? [`a=group:BUNDLE ${mids.join(" ")}`] : []),
    ...sections.flatMap((one, at) => {
      const sharesTransport = one.state === "bundle-only" && parts.hasGroup && one.hasMid && midAt(at) !== mids[0];
      return linesOf(one, midAt(at), !parts.isSessionTransport && !sharesTransport);
    }),
  ]
    .map((line) => `${line}\r\n`)
    .join("");
}

test("the answer to any offer keeps the rules of offers and answers", () => {
  fc.assert(
    fc.property(offer, fc.constantFrom(...WISHES), (parts, wishes) => {
      const sdp = textOf(parts);
      const answer = answerTo(JSON.stringify({ type: "offer", sdp }), wishes);
      expect(flawsOfAnswer(sdp, answer)).toEqual([]);
    }),
    RUNS,
  );
});
