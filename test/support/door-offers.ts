// Offers as programs make them at a door for sound and picture (WHIP, WHEP), and as hostile ones bend them.
import { FINGERPRINT } from "../unit/exchange/fixtures.ts";

export const OFFERED_HEAD = ["v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0 1"];
export const OFFERED_TRANSPORT = [
  "a=ice-ufrag:abcd",
  "a=ice-pwd:abcdefghijklmnopqrstuv",
  `a=fingerprint:sha-256 ${FINGERPRINT}`,
];
export const OFFERED_AUDIO = [
  "m=audio 9 UDP/TLS/RTP/SAVPF 111 0",
  "c=IN IP4 0.0.0.0",
  ...OFFERED_TRANSPORT,
  "a=setup:actpass",
  "a=mid:0",
  "a=sendonly",
  "a=rtcp-mux",
  "a=rtpmap:111 opus/48000/2",
  "a=ssrc:7 cname:x",
];
export const OFFERED_VIDEO = [
  "m=video 9 UDP/TLS/RTP/SAVPF 120 102",
  "c=IN IP4 0.0.0.0",
  ...OFFERED_TRANSPORT,
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
export const OFFERED_DATA = [
  "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
  ...OFFERED_TRANSPORT,
  "a=mid:2",
  "a=sctp-port:5000",
];

export function sdpOf(...lines: string[]): string {
  return lines.map((line) => `${line}\r\n`).join("");
}

/** Sound and picture that a program sends. */
export const PUBLISHED = sdpOf(...OFFERED_HEAD, ...OFFERED_AUDIO, ...OFFERED_VIDEO);
/** The same, as a program takes it. */
export const WATCHED = PUBLISHED.replaceAll("a=sendonly", "a=recvonly");

/** Offers that no door takes, with the status that each gets; `here` is the direction that the door is for. */
export function badOffers(here: "sendonly" | "recvonly"): [what: string, offer: string, status: 400 | 422][] {
  const good = here === "sendonly" ? PUBLISHED : WATCHED;
  const there = here === "sendonly" ? "recvonly" : "sendonly";
  const without = (begin: string): string =>
    sdpOf(...good.split("\r\n").filter((line) => line !== "" && !line.startsWith(begin)));
  return [
    ["nothing", "", 422],
    ["no SDP", '{"type":"offer"}', 422],
    ["no media", sdpOf(...OFFERED_HEAD), 422],
    ["only a data channel", sdpOf(...OFFERED_HEAD.slice(0, 4), "a=group:BUNDLE 2", ...OFFERED_DATA), 422],
    ["the other direction", good.replaceAll(`a=${here}`, `a=${there}`), 422],
    ["no direction", good.replaceAll(`a=${here}`, "a=inactive"), 422],
    ["sections that are all rejected", good.replaceAll(/^(m=\w+) 9/gm, "$1 0"), 422],
    ["no transport that is shared", without("a=group"), 422],
    ["RTCP of its own", without("a=rtcp-mux"), 422],
    ["no password", without("a=ice-pwd"), 400],
    ["no fingerprint", without("a=fingerprint"), 400],
    ["a fingerprint of another hash only", good.replaceAll(/sha-256 .*/g, "sha-1 00:11"), 400],
    ["a part that it cannot have", good.replaceAll("setup:actpass", "setup:holdconn"), 400],
    ["more sections than are read", good + sdpOf(...OFFERED_VIDEO).repeat(256), 400],
    ["more candidates than are read", good + sdpOf("a=candidate:1 1 udp 1 127.0.0.1 1 typ host").repeat(201), 400],
  ];
}

/** Good offers that are as large as an offer may be. */
export function largeOffers(good: string, maxBytes: number): [what: string, offer: string][] {
  const filled = (line: string): string =>
    good + sdpOf(line).repeat(Math.floor((maxBytes - good.length) / (line.length + 2)));
  return [
    ["thousands of empty lines", filled("")],
    ["thousands of short lines", filled("a=x:12345")],
    ["thousands of attributes that repeat", filled("a=ssrc:7 x:y")],
    ["one line", `${good}a=${"x".repeat(maxBytes - good.length - 4)}\r\n`],
    ["thousands of groups", good.replace("t=0 0", `t=0 0${"\r\na=group:BUNDLE 0 1".repeat(2_500)}`)],
    ["thousands of codecs", filled("a=rtpmap:99 X/1")],
  ];
}
