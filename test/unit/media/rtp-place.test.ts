// Places for RTP, as they are typed, and the description for other programs.
import { describe, expect, test } from "vitest";
import { DESCRIPTION_MARK, parseRtpPlace, placeAddress, rtpDescription } from "../../../src/media/rtp-place.ts";

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

  test("is told as it is typed", () => {
    expect(placeAddress({ address: "127.0.0.1", port: 5_004 })).toBe("127.0.0.1:5004");
    expect(placeAddress({ address: "::1", port: 5_004 })).toBe("[::1]:5004");
  });
});

describe("the description", () => {
  test("names place, codec and its numbers", () => {
    const place = { kind: "video", address: "::1", port: 5_004, codec: undefined } as const;
    const lines = rtpDescription([{ place, codec: "h264", profile: "42e01f" }]).split("\r\n");
    expect(lines).toContain("c=IN IP6 ::1");
    expect(lines).toContain(DESCRIPTION_MARK);
    expect(lines).toContain("m=video 5004 RTP/AVP 102");
    expect(lines).toContain("a=rtpmap:102 H264/90000");
    expect(lines).toContain("a=fmtp:102 packetization-mode=1;profile-level-id=42e01f");
  });

  test("says that Opus has two channels, as it always does", () => {
    const place = { kind: "audio", address: "127.0.0.1", port: 5_006, codec: undefined } as const;
    const sdp = rtpDescription([{ place, codec: "opus" }]);
    expect(sdp).toContain("\r\na=rtpmap:111 opus/48000/2\r\n");
    expect(sdp).not.toContain("fmtp");
  });

  test("has a section for each place", () => {
    const place = { kind: "audio", address: "127.0.0.1", port: 5_006, codec: undefined } as const;
    const picture = { kind: "video", address: "127.0.0.2", port: 5_004, codec: undefined } as const;
    const lines = rtpDescription([
      { place, codec: "pcmu" },
      { place: picture, codec: "vp8" },
    ]).split("\r\n");
    const sections = lines.filter((line) => /^[mc]=/.test(line));
    expect(sections).toEqual([
      "m=audio 5006 RTP/AVP 0",
      "c=IN IP4 127.0.0.1",
      "m=video 5004 RTP/AVP 96",
      "c=IN IP4 127.0.0.2",
    ]);
    expect(lines.slice(0, 4)).toEqual(["v=0", "o=- 0 0 IN IP4 127.0.0.1", "s=p2p", "t=0 0"]);
  });
});
