// Which codec another program sends shows with the first frame; a recording begins with all tracks that have come.
import { describe, expect, test } from "vitest";
import type { OfferedCodec } from "../../../../src/control/media-messages.ts";
import type { ExpectedTrack } from "../../../../src/control/media-negotiation.ts";
import type { EncodedFrame, TrackFormat } from "../../../../src/media/frame.ts";
import {
  BEGIN_LIMIT_MS,
  type EngineTrack,
  ExpectedTracks,
  MAX_EARLY_FRAME_BYTES,
} from "../../../../src/session/media/expected-tracks.ts";
import { HandClock } from "../../../support/hand-clock.ts";

const VP8 = { name: "vp8", payloadType: 96, clockRate: 90_000 };
const H264 = { name: "h264", payloadType: 102, clockRate: 90_000 };
const OPUS = { name: "opus", payloadType: 111, clockRate: 48_000 };
const OFFERS: ExpectedTrack[] = [
  { track: 1, kind: "audio", ssrc: undefined, codecs: [OPUS] },
  { track: 2, kind: "video", ssrc: 5, codecs: [VP8, { ...VP8, name: "later" }, H264] },
];
const formatOf = ({ name, clockRate }: OfferedCodec): TrackFormat | undefined =>
  name === "later" ? undefined : { kind: name === "opus" ? "audio" : "video", codec: name as "vp8", clockRate };
const frame = (at: number, size = 1): EncodedFrame => ({
  bytes: new Uint8Array(size),
  timestampUs: at,
  durationUs: undefined,
  isKey: true,
});

class Side {
  readonly clock = new HandClock();
  readonly log: string[] = [];
  readonly tracks = new ExpectedTracks(this.clock, {
    onArrived: (track, codec) => this.log.push(`${track} ${codec}`),
    onFrame: (track, { timestampUs }) => this.log.push(`frame ${track} ${timestampUs}`),
    onUnused: (engineTrack) => this.log.push(`unused ${engineTrack}`),
  });
  readonly engine: EngineTrack[] = this.tracks.expect(OFFERS, formatOf);
}

describe("the engine", () => {
  test("receives one track for each codec that is known", () => {
    const { engine, tracks } = new Side();
    expect(engine.map(({ track, ssrc, payloadType }) => [track, ssrc, payloadType])).toEqual([
      [100, undefined, 111],
      [101, 5, 96],
      [102, 5, 102],
    ]);
    expect([100, 102, 1].map((one) => tracks.sessionTrackOf(one))).toEqual([1, 2, undefined]);
    expect([tracks.engineTrackOf(2), tracks.isExpected(2)]).toEqual([2, false]);
  });
});

describe("frames wait", () => {
  test("until each track has shown itself, and come in their order", () => {
    const { tracks, log } = new Side();
    tracks.handleFrame(102, frame(1));
    tracks.handleFrame(102, frame(2));
    expect(log).toEqual([]);
    tracks.handleFrame(100, frame(3));
    expect(log).toEqual(["1 opus", "2 h264", "unused 101", "frame 2 1", "frame 2 2", "frame 1 3"]);
    expect([tracks.engineTrackOf(2), tracks.isExpected(2)]).toEqual([102, true]);
    tracks.handleFrame(102, frame(4));
    tracks.handleFrame(101, frame(5));
    tracks.handleFrame(9, frame(6));
    expect(log.slice(6)).toEqual(["frame 2 4"]);
  });

  test("for a while, and what comes later is not taken", () => {
    const { tracks, log, clock } = new Side();
    tracks.handleFrame(100, frame(1));
    clock.pass(BEGIN_LIMIT_MS - 1);
    expect(log).toEqual([]);
    clock.pass(1);
    expect(log).toEqual(["1 opus", "2 undefined", "unused 101", "unused 102", "frame 1 1"]);
    tracks.handleFrame(101, frame(2));
    expect(log).toHaveLength(5);
  });

  test("only as far as there is room", () => {
    const { tracks, log } = new Side();
    tracks.handleFrame(101, frame(1, MAX_EARLY_FRAME_BYTES));
    expect(log).toEqual([]);
    tracks.handleFrame(101, frame(2));
    expect(log.slice(-2)).toEqual(["frame 2 1", "frame 2 2"]);
  });

  test("and are forgotten at the end", () => {
    const { tracks, log, clock } = new Side();
    tracks.handleFrame(100, frame(1));
    tracks.close();
    clock.pass(BEGIN_LIMIT_MS);
    tracks.handleFrame(101, frame(2));
    expect(log).toEqual([]);
  });
});
