// The codec lines of a section as facts, and the codec that is wanted among those that are offered.
import { describe, expect, test } from "vitest";
import {
  answeredCodec,
  codecsOf,
  codecText,
  findCodec,
  type MediaCodec,
  offeredCodec,
} from "../../../src/exchange/media-codecs.ts";

const codec = (changes: Partial<MediaCodec>): MediaCodec => ({
  payloadType: 96,
  name: "VP8",
  clockRate: 90_000,
  channels: undefined,
  fmtp: "",
  feedback: [],
  ...changes,
});
const H264 = { name: "H264", payloadType: 102, clockRate: 90_000 };

describe("codec lines", () => {
  test("are read in the order of the formats, with their parameters and feedback", () => {
    const section = {
      formats: ["102", "111", "96", "0", "8", "13", "96", "200", "x"],
      codecLines: [
        "rtpmap:96 VP8/90000",
        "RTPMAP:111 opus/48000/2",
        "rtpmap:96 VP9/90000",
        "fmtp:111 minptime=10; useinbandfec=1",
        "rtcp-fb:96 nack",
        "rtcp-fb:96  nack pli ",
        "rtcp-fb:* ccm fir",
        "rtpmap:102 H264/x",
        "rtpmap:0 G722/8000",
        "rtpmap:200 VP8/90000",
      ],
    };
    expect(codecsOf(section)).toEqual([
      codec({
        payloadType: 111,
        name: "opus",
        clockRate: 48_000,
        channels: 2,
        fmtp: "minptime=10; useinbandfec=1",
        feedback: ["ccm fir"],
      }),
      codec({ feedback: ["ccm fir", "nack", "nack pli"] }),
      codec({ payloadType: 0, name: "G722", clockRate: 8_000, feedback: ["ccm fir"] }),
      codec({ payloadType: 8, name: "PCMA", clockRate: 8_000, feedback: ["ccm fir"] }),
    ]);
  });

  test("keep at most 32 kinds of feedback of one codec", () => {
    const codecLines = ["rtpmap:96 VP8/90000", ...Array.from({ length: 40 }, (_, at) => `rtcp-fb:96 x${at}`)];
    expect(codecsOf({ formats: ["96"], codecLines })[0]?.feedback).toHaveLength(32);
  });

  test("are written so that they read as the same", () => {
    const codecs = [
      codec({ fmtp: "a=1;b", feedback: ["nack", "nack pli"] }),
      codec({ payloadType: 111, name: "opus", clockRate: 48_000, channels: 2 }),
    ];
    expect(codecsOf(codecText(codecs))).toEqual(codecs);
  });
});

describe("a codec of ours", () => {
  test("has the parameters that other programs expect", () => {
    expect(codecText([offeredCodec("video", { ...H264, profile: "64001f" }, 103)]).codecLines).toEqual([
      "rtpmap:103 H264/90000",
      "fmtp:103 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=64001f",
      "rtcp-fb:103 nack",
      "rtcp-fb:103 nack pli",
      "rtcp-fb:103 ccm fir",
      "rtcp-fb:103 goog-remb",
    ]);
    expect(offeredCodec("video", H264, 102).fmtp).toContain("profile-level-id=42e01f");
    const opus = { name: "opus", payloadType: 111, clockRate: 48_000 };
    expect(offeredCodec("audio", { ...opus, channels: 1 }, 111)).toMatchObject({
      channels: 2,
      fmtp: "minptime=10;useinbandfec=1",
      feedback: ["nack"],
    });
    expect(offeredCodec("audio", { ...opus, channels: 2 }, 111).fmtp).toContain("stereo=1");
  });

  test("repeats in an answer what was offered, and of the feedback what the engine knows", () => {
    const offered = codec({ fmtp: "x=1", feedback: ["goog-remb", "nack", "nack", "transport-cc", "nack pli"] });
    expect(answeredCodec("video", offered)).toEqual({ ...offered, feedback: ["goog-remb", "nack", "nack pli"] });
    expect(answeredCodec("audio", offered).feedback).toEqual(["nack"]);
  });
});

describe("the codec that is wanted", () => {
  const h264 = (payloadType: number, profile: string, mode = ";packetization-mode=1"): MediaCodec =>
    codec({ payloadType, name: "h264", fmtp: `profile-level-id=${profile}${mode}` });
  const ofType = (payloadType: number): object => expect.objectContaining({ payloadType });

  test("is found by name in any case, clock rate and channels", () => {
    const opus = codec({ payloadType: 111, name: "OPUS", clockRate: 48_000, channels: 2 });
    expect(findCodec([opus], { name: "opus", payloadType: 1, clockRate: 48_000, channels: 1 }, "send")).toBe(opus);
    expect(findCodec([codec({ clockRate: 8_000 })], { name: "VP8", payloadType: 96, clockRate: 90_000 }, "send")).toBe(
      undefined,
    );
    const stereo = codec({ name: "PCMU", clockRate: 8_000, channels: 2 });
    expect(findCodec([stereo], { name: "PCMU", payloadType: 0, clockRate: 8_000 }, "receive")).toBe(undefined);
    const mono = codec({ name: "PCMU", clockRate: 8_000, channels: 1 });
    expect(findCodec([stereo, mono], { name: "pcmu", payloadType: 0, clockRate: 8_000 }, "receive")).toBe(mono);
  });

  test("H.264 only in packetization mode 1", () => {
    expect(findCodec([h264(1, "42e01f", ""), h264(2, "42e01f", ";packetization-mode=0")], H264, "receive")).toBe(
      undefined,
    );
    expect(findCodec([h264(1, "42e01f", ""), h264(2, "42e01f")], H264, "receive")).toEqual(ofType(2));
  });

  test("H.264 of the same profile, else of one that includes what is sent", () => {
    const offered = [h264(1, "640028"), h264(2, "4d001f"), h264(3, "42e01f")];
    expect(findCodec(offered, { ...H264, profile: "42c00a" }, "send")).toEqual(ofType(3));
    expect(findCodec(offered.slice(0, 2), { ...H264, profile: "42c00a" }, "send")).toEqual(ofType(1));
    expect(findCodec(offered.slice(1), { ...H264, profile: "640028" }, "send")).toBe(undefined);
    expect(findCodec(offered, { ...H264, profile: "f4001f" }, "send")).toBe(undefined);
    expect(findCodec([h264(1, "42e01f")], { ...H264, profile: "640028" }, "receive")).toEqual(ofType(1));
    expect(findCodec([h264(1, "640028")], { ...H264, profile: "42e01f" }, "receive")).toBe(undefined);
  });

  test("VP9 and AV1 of the main profile", () => {
    const vp9 = { name: "VP9", payloadType: 98, clockRate: 90_000 };
    const offered = [
      codec({ name: "VP9", payloadType: 1, fmtp: "profile-id=2" }),
      codec({ name: "VP9", payloadType: 2, fmtp: "Profile-Id = 0" }),
    ];
    expect(findCodec(offered, vp9, "receive")).toEqual(ofType(2));
    const av1 = { name: "AV1", payloadType: 45, clockRate: 90_000 };
    expect(findCodec([codec({ name: "AV1", fmtp: "level-idx=5;profile=1" })], av1, "receive")).toBe(undefined);
    expect(findCodec([codec({ name: "AV1", payloadType: 3 })], av1, "send")).toEqual(ofType(3));
  });
});
