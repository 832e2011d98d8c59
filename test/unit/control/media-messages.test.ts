// The messages about tracks of sound and picture: each field within its limits, and nothing of a later version kept.
import { describe, expect, test } from "vitest";
import {
  MAX_MEDIA_CODECS,
  MAX_MEDIA_LABEL_LENGTH,
  type MediaOfferMessage,
} from "../../../src/control/media-messages.ts";
import { decodeControl, encodeControl, MAX_CONTROL_MESSAGE_CHARS } from "../../../src/control/messages.ts";
import { MAX_MEDIA_TRACKS } from "../../../src/lib/codecs.ts";

const VP8 = { name: "vp8", payloadType: 96, clockRate: 90_000 };
const OPUS = { name: "opus", payloadType: 111, clockRate: 48_000, channels: 2 };
const OFFER: MediaOfferMessage = { type: "media-offer", track: 1, kind: "video", codecs: [VP8], ssrc: 7 };

describe("messages about tracks", () => {
  test.each([
    [OFFER],
    [{ ...OFFER, track: 8, ssrc: 2 ** 32 - 1, label: "😀".repeat(32), more: true }],
    [{ ...OFFER, kind: "audio", codecs: [OPUS, { name: "pcmu", payloadType: 0, clockRate: 8_000 }] }],
    [{ ...OFFER, codecs: [{ ...VP8, profile: "42e01f", width: 1, height: 16_384, payloadType: 127 }] }],
    [{ ...OFFER, codecs: [{ ...VP8, name: "of-a-later-p2p", payloadType: 63 }] }],
    [{ type: "media-answer", track: 1 }],
    [{ type: "media-answer", track: 8, codec: "h264" }],
    [{ type: "media-end", track: 1, from: "sender" }],
    [{ type: "media-end", track: 2, from: "receiver" }],
    [{ type: "media-recording", on: true }],
    [{ type: "media-recording", on: false }],
  ] as const)("survive encoding and decoding: %j", (message) => {
    expect(decodeControl(encodeControl(message))).toStrictEqual(message);
  });

  test("keep nothing that only a later version means", () => {
    const text = JSON.stringify({ ...OFFER, more: 1, colour: 2, codecs: [{ ...VP8, rtx: 97 }] });
    expect(decodeControl(text)).toStrictEqual(OFFER);
  });

  test("fit into a control message with all that they may have", () => {
    const codec = { ...OPUS, name: `x${"-".repeat(15)}`, profile: "x".repeat(16), width: 16_384, height: 16_384 };
    const codecs = Array.from({ length: MAX_MEDIA_CODECS }, (_, index) => ({
      ...codec,
      name: `${index}`.padStart(16, "x"),
    }));
    const label = "\u0001".repeat(MAX_MEDIA_LABEL_LENGTH);
    const text = encodeControl({ ...OFFER, ssrc: 2 ** 32 - 1, codecs, label, more: true });
    expect(text.length).toBeLessThan(MAX_CONTROL_MESSAGE_CHARS);
    expect(decodeControl(text)).toMatchObject({ codecs, label });
  });

  test.each<[string, Record<string, unknown>]>([
    ["no track", { ...OFFER, track: undefined }],
    ["track 0", { ...OFFER, track: 0 }],
    ["a track beyond the last", { ...OFFER, track: MAX_MEDIA_TRACKS + 1 }],
    ["half a track", { type: "media-answer", track: 1.5 }],
    ["a track as a text", { type: "media-end", track: "1", from: "sender" }],
    ["another kind", { ...OFFER, kind: "smell" }],
    ["no source", { ...OFFER, ssrc: 0 }],
    ["a source beyond 32 bits", { ...OFFER, ssrc: 2 ** 32 }],
    ["a label that is none", { ...OFFER, label: 1 }],
    ["a long label", { ...OFFER, label: "x".repeat(MAX_MEDIA_LABEL_LENGTH + 1) }],
    ["no codecs", { ...OFFER, codecs: [] }],
    ["codecs that are no list", { ...OFFER, codecs: VP8 }],
    ["too many codecs", { ...OFFER, codecs: Array.from({ length: 9 }, (_, index) => ({ ...VP8, name: `x${index}` })) }],
    ["a codec twice", { ...OFFER, codecs: [VP8, VP8] }],
    ["a codec that is none", { ...OFFER, codecs: [null] }],
    ["a codec by its name", { ...OFFER, codecs: ["vp8"] }],
    ["a codec with a name of upper case", { ...OFFER, codecs: [{ ...VP8, name: "VP8" }] }],
    ["a codec with a long name", { ...OFFER, codecs: [{ ...VP8, name: "x".repeat(17) }] }],
    ["a codec with a name in a list", { ...OFFER, codecs: [{ ...VP8, name: ["vp8"] }] }],
    ["a payload type beyond seven bits", { ...OFFER, codecs: [{ ...VP8, payloadType: 128 }] }],
    ["a payload type below zero", { ...OFFER, codecs: [{ ...VP8, payloadType: -1 }] }],
    ["the first payload type that looks like RTCP", { ...OFFER, codecs: [{ ...VP8, payloadType: 64 }] }],
    ["the last payload type that looks like RTCP", { ...OFFER, codecs: [{ ...VP8, payloadType: 95 }] }],
    ["no clock rate", { ...OFFER, codecs: [{ ...VP8, clockRate: undefined }] }],
    ["a clock that stands", { ...OFFER, codecs: [{ ...VP8, clockRate: 0 }] }],
    ["a clock that races", { ...OFFER, codecs: [{ ...VP8, clockRate: 384_001 }] }],
    ["no channels", { ...OFFER, codecs: [{ ...OPUS, channels: 0 }] }],
    ["too many channels", { ...OFFER, codecs: [{ ...OPUS, channels: 9 }] }],
    ["a profile with a blank", { ...OFFER, codecs: [{ ...VP8, profile: "42 e0" }] }],
    ["an empty profile", { ...OFFER, codecs: [{ ...VP8, profile: "" }] }],
    ["a profile that is a number", { ...OFFER, codecs: [{ ...VP8, profile: 42 }] }],
    ["a picture without width", { ...OFFER, codecs: [{ ...VP8, width: 0 }] }],
    ["a picture too high", { ...OFFER, codecs: [{ ...VP8, height: 16_385 }] }],
    ["an answer with a codec that is none", { type: "media-answer", track: 1, codec: "" }],
    ["an answer with a list for a codec", { type: "media-answer", track: 1, codec: ["vp8"] }],
    ["an end of nobody", { type: "media-end", track: 1 }],
    ["an end of somebody else", { type: "media-end", track: 1, from: "peer" }],
    ["a recording that is neither on nor off", { type: "media-recording", on: 1 }],
  ])("that have %s are malformed", (_what, message) => {
    expect(decodeControl(JSON.stringify({ type: "media-offer", ...message }))).toBe("malformed");
  });
});
