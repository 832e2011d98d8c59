// Places for RTP, as they are typed, and the description for other programs.
import { describe, expect, test } from "vitest";
import { parseRtpPlace, rtpDescription } from "../../../src/media/rtp-place.ts";

describe("a place for RTP", () => {
  test.each([
    ["video=127.0.0.1:5004", { kind: "video", address: "127.0.0.1", port: 5_004, codec: undefined }],
    ["audio=localhost:1/OPUS", { kind: "audio", address: "127.0.0.1", port: 1, codec: "opus" }],
    ["Video=[::1]:65535/h264", { kind: "video", address: "::1", port: 65_535, codec: "h264" }],
    ["audio=127.9.9.9:5000/pcma", { kind: "audio", address: "127.9.9.9", port: 5_000, codec: "pcma" }],
  ])("%s is read", (text, place) => {
    expect(parseRtpPlace(text)).toEqual(place);
  });

  test.each([
    ["video=192.168.1.2:5004", "not-loopback"],
    ["video=0.0.0.0:5004", "not-loopback"],
    ["video=example.org:5004", "not-loopback"],
    ["video=[2001:db8::1]:5004", "not-loopback"],
    ["video=127.0.0.1:0", "port"],
    ["video=127.0.0.1:65536", "port"],
    ["video=127.0.0.1:5004/opus", "codec"],
    ["audio=127.0.0.1:5004/constructor", "codec"],
    ["127.0.0.1:5004", "form"],
    ["text=127.0.0.1:5004", "form"],
    ["video=127.0.0.1", "form"],
    ["video=::1:5004", "form"],
    ["video=127.0.0.1:5004/", "form"],
  ])("%s is refused: %s", (text, problem) => {
    expect(parseRtpPlace(text)).toBe(problem);
  });
});

describe("the description", () => {
  test("names place, codec and its numbers", () => {
    const lines = rtpDescription({ kind: "video", address: "::1", port: 5_004 }, "h264", "42e01f").split("\r\n");
    expect(lines).toContain("c=IN IP6 ::1");
    expect(lines).toContain("m=video 5004 RTP/AVP 102");
    expect(lines).toContain("a=rtpmap:102 H264/90000");
    expect(lines).toContain("a=fmtp:102 packetization-mode=1;profile-level-id=42e01f");
  });

  test("says that Opus has two channels, as it always does", () => {
    const sdp = rtpDescription({ kind: "audio", address: "127.0.0.1", port: 5_006 }, "opus");
    expect(sdp).toContain("\r\na=rtpmap:111 opus/48000/2\r\n");
    expect(sdp).not.toContain("fmtp");
  });
});
