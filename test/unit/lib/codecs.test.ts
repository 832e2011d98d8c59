// The table of codecs: no two share a payload type, and none takes a number that RTCP on the same port needs.
import { expect, test } from "vitest";
import { CODECS, CODECS_OF_KIND, type MediaKind } from "../../../src/lib/codecs.ts";

const all = Object.values(CODECS);

test("every codec has a payload type of its own", () => {
  expect(new Set(all.map(({ payloadType }) => payloadType)).size).toBe(all.length);
});

test("no payload type is one that RTCP packets look like", () => {
  // RFC 5761 §4: 64 … 95.
  expect(all.filter(({ payloadType }) => payloadType > 127 || (payloadType >= 64 && payloadType <= 95))).toEqual([]);
});

test("time stamps of video run at 90,000 Hz", () => {
  expect(all.filter(({ kind, clockRate }) => (kind === "video") !== (clockRate === 90_000))).toEqual([]);
});

test.each(["audio", "video"] as const)(
  "the order of %s has every codec of that kind, and no other",
  (kind: MediaKind) => {
    const ofKind = Object.entries(CODECS).filter(([, codec]) => codec.kind === kind);
    expect(CODECS_OF_KIND[kind].toSorted()).toEqual(ofKind.map(([name]) => name).sort());
  },
);
