// How a description that was packed once more than needed is unpacked, a step at a time.
import { describe, expect, test } from "vitest";
import { isSdpText, unpack, withLineEnds } from "../../../src/exchange/packed-text.ts";

const SDP = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n";
const base64 = (text: string): string => btoa(text);

describe("one step", () => {
  test.each<[string, string, unknown, string | undefined]>([
    ["JSON text of an object", '{"sdp":"v=0"}', { sdp: "v=0" }, undefined],
    ["JSON text of a text", JSON.stringify(SDP), SDP, undefined],
    ["base64", base64(SDP), SDP, "base64"],
    ["base64 with line ends", base64(SDP).replace(/.{20}/g, "$&\n"), SDP, "base64"],
    ["base64 for addresses", base64(SDP).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", ""), SDP, "base64"],
    ["a part of an address", encodeURIComponent(SDP), SDP, "percent"],
  ])("of %s", (_name, text, value, packing) => {
    expect(unpack(text)).toEqual({ value, packing });
  });

  test.each([
    ["SDP itself", SDP],
    ["short base64", base64("v=0\r\n")],
    ["base64 with a letter that is none", `${base64(SDP)}!`],
    ["a broken escape", "v%3D0%"],
    ["prose", "hello there"],
    ["nothing", ""],
  ])("of %s is none", (_name, text) => {
    expect(unpack(text)).toBeUndefined();
  });
});

test("line ends that were escaped become line ends, unless there are real ones", () => {
  expect(withLineEnds("v=0\\r\\ns=-\\nt=0 0")).toBe("v=0\r\ns=-\r\nt=0 0");
  expect(withLineEnds("v=0\\r\\n\ns=-")).toBeUndefined();
  expect(withLineEnds("v=0")).toBeUndefined();
});

test.each([
  [SDP, true],
  ["  v=0\n", true],
  ["o=-\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\n", true],
  ["o=-", false],
  ["some m=application", false],
])("%j is SDP: %s", (text, isIt) => {
  expect(isSdpText(text)).toBe(isIt);
});
