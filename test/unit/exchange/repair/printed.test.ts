// Descriptions within what programs print, written as JSON.
import { expect, test } from "vitest";
import { undoPrinting } from "../../../../src/exchange/repair/printed.ts";

const SDP = "v=0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=setup:actpass\r\n";
const LITERAL = JSON.stringify(SDP).slice(1, -1);
const LINE = "candidate:1 1 udp 2122260223 192.0.2.7 40001 typ host";

test.each<[string, string, unknown]>([
  ["a literal", `{Type:1, SDP:"${LITERAL}"}`, { sdp: SDP }],
  ["a literal with other escapes", `'${LITERAL.replace("v=0", "v=0").replace("a=", "\\u{61}\\x3d")}'`, { sdp: SDP }],
  [
    "joined literals",
    `'v=0\\r\\n'\n  'm=application 9 UDP/DTLS/SCTP webrtc-datachannel\\r\\n' .. 'a=setup:actpass\\r\\n'`,
    { sdp: SDP },
  ],
  ["lines as they are, and the brace that closes", `{offer ${SDP.trimEnd()}}`, { type: "offer", sdp: SDP }],
  ["one row with escapes", `SessionDescription(sdp=${LITERAL})`, { sdp: SDP }],
  ["the type in a field", `{type: Offer, sdp: '${LITERAL}'} to answer`, { type: "offer", sdp: SDP }],
  ["a word that contradicts it", `please answer: '${LITERAL}'`, { sdp: SDP }],
  ["candidates around it", `'${LITERAL}'\n${LINE}`, { sdp: SDP, icecandidate: [{ candidate: LINE }] }],
  ["the same one twice", `'${LITERAL}' and '${LITERAL}'`, { sdp: SDP }],
])("%s", (_name, text, value) => {
  expect(undoPrinting(text).map((json) => JSON.parse(json) as unknown)).toEqual([value]);
});

test.each([
  ["an object that does not end", `{sdp: '${LITERAL}', candidates: [`],
  ["a literal that does not end", `sdp: '${LITERAL}`],
  ["lines that are broken", `sdp: ${SDP.replace("webrtc-", "\nwebrtc-")}`],
  ["a document of ours", `{sdp: '${LITERAL}', p2p: {expiresAt: '2026'}}`],
  ["the other side's", `remoteDescription: '${LITERAL}'`],
  ["a part of a word", `rev=0\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\n`],
])("%s is left alone", (_name, text) => {
  expect(undoPrinting(text)).toEqual([]);
});

test("in a long text few places are looked at where a description may begin, each of which takes as long as the rest of it", () => {
  const before = "v=0\nx\n".repeat(3);
  expect(undoPrinting(`${before}'${LITERAL}'`)).toHaveLength(1);
  expect(undoPrinting(`${before}${" ".repeat(150_000)}'${LITERAL}'`)).toHaveLength(1);
  expect(undoPrinting(`${before}${" ".repeat(200_000)}'${LITERAL}'`)).toEqual([]);
});
