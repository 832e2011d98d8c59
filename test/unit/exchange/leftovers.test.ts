// What is left in the text of another program's document where a change of it was not undone.
import { expect, test } from "vitest";
import { hasLeftovers, mayBeJoinedWrongly } from "../../../src/exchange/leftovers.ts";
import { decodeExchangeDocument } from "../../../src/exchange/codec.ts";
import { bytesOf } from "./fixtures.ts";

const SDP = [
  "v=0",
  "o=- 1 2 IN IP4 127.0.0.1",
  "s=-",
  "t=0 0",
  "a=group:BUNDLE 0",
  "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
  "c=IN IP4 0.0.0.0",
  "a=candidate:1 1 udp 2122260223 192.0.2.31 54321 typ host",
  "a=candidate:2 1 udp 1686052607 203.0.113.77 61234 typ srflx raddr 192.0.2.31 rport 54321",
  "a=ice-ufrag:abcd",
  "a=ice-pwd:abcdefghijklmnopqrstuv",
  `a=fingerprint:sha-256 ${"AB:".repeat(31)}CD`,
  "a=setup:actpass",
  "a=mid:0",
  "a=sctp-port:5000",
  "",
].join("\r\n");

test("there is nothing in a text as it was written, in either form", () => {
  for (const text of [
    SDP,
    JSON.stringify({ type: "offer", sdp: SDP }),
    SDP.replace("UDP/DTLS/SCTP webrtc-datachannel", "DTLS/SCTP 5000"),
  ]) {
    expect([hasLeftovers(text), mayBeJoinedWrongly(text)]).toEqual([false, false]);
  }
});

test.each([
  ["the rest of a link", SDP.replace("192.0.2.31 54321 typ host", "192.0.2.31<192.0.2.31> 54321 typ host")],
  ["a chat header in the line of the data channel", SDP.replace("datachannel", "data10:24 <ann> channel")],
])("there is %s", (_, text) => {
  expect(hasLeftovers(text)).toBe(true);
  expect(decodeExchangeDocument(bytesOf(text), "f").ok).toBe(false);
});

test.each([
  ["a chat header in an attribute", SDP.replace("a=group", "a=10:24 ann: group")],
  ["a name before an attribute, in JSON", JSON.stringify({ sdp: SDP.replace("a=mid", "a=Ann:mid") })],
  ["a word that lost its blank", SDP.replace("rport 54321", "rport54321")],
  ["a related address that is none", SDP.replace("raddr 192.0.2.31", "raddr 192.0.2.31<x>")],
])("lines may be joined wrongly: %s", (_, text) => {
  expect(mayBeJoinedWrongly(text)).toBe(true);
});

test("a description whose attribute became a picture is refused, not read without it", () => {
  const decoding = decodeExchangeDocument(
    bytesOf(JSON.stringify({ type: "offer", sdp: SDP.replace("a=mid:0", "a=mid😮") })),
    "f",
  );
  expect(decoding.ok ? undefined : decoding.error.params).toMatchObject({ flaw: { flaw: "mangled", by: "pictures" } });
});
