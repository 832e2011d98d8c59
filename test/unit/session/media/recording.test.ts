// What comes goes to a sink, and what the sink says comes back.
import { describe, expect, test } from "vitest";
import { P2pError } from "../../../../src/lib/errors/p2p-error.ts";
import { Recording } from "../../../../src/session/media/recording.ts";
import { FakeSink, formatOf, frameOf } from "../../../support/fake-media.ts";

function open(sink: FakeSink): { recording: Recording; told: (number | P2pError)[] } {
  const told: (number | P2pError)[] = [];
  const recording = new Recording(sink, {
    onKeyFrameWanted: (track) => told.push(track),
    onFailed: (error) => told.push(error),
  });
  return { recording, told };
}

describe("a recording", () => {
  test("has the tracks that its sink holds, and their frames", async () => {
    const sink = new FakeSink(["vp8", "opus"]);
    const { recording } = open(sink);
    recording.addTrack(3, formatOf("opus"));
    recording.addTrack(4, formatOf("h264"));
    recording.addTrack(5, formatOf("vp8"));
    expect([sink.formats.map(({ codec }) => codec), recording.tracks]).toEqual([
      ["opus", "vp8"],
      [3, 5],
    ]);
    recording.write(5, frameOf(0, 0));
    recording.write(4, frameOf(0, 0));
    recording.write(3, frameOf(0, 5));
    await recording.flushed();
    expect(sink.frames.map(({ index, frame }) => [index, frame.timestampUs])).toEqual([
      [1, 0],
      [0, 5_000],
    ]);
  });

  test("leaves out what its sink has no room for, until a track has ended", () => {
    const sink = new FakeSink(["vp8"], 1);
    const { recording } = open(sink);
    for (const track of [1, 2]) recording.addTrack(track, formatOf("vp8"));
    expect([sink.formats.length, recording.tracks, recording.room]).toEqual([1, [1], 0]);
    recording.endTrack(1);
    expect(recording.room).toBe(1);
    recording.addTrack(3, formatOf("vp8"));
    expect([sink.formats.length, recording.tracks]).toEqual([2, [3]]);
  });

  test("asks for a key frame of pictures, again until one has come", () => {
    const { recording, told } = open(new FakeSink(["vp8", "opus"]));
    recording.addTrack(1, formatOf("vp8"));
    recording.addTrack(2, formatOf("opus"));
    for (const number of [8, 9, 10, 11]) recording.write(1, frameOf(number, number));
    recording.write(2, frameOf(1, 1));
    expect(told).toEqual([1, 1, 1]);
  });

  test("takes nothing of a track that has ended, and is closed once", async () => {
    const sink = new FakeSink(["vp8"]);
    const { recording } = open(sink);
    recording.addTrack(1, formatOf("vp8"));
    recording.write(1, frameOf(0, 0));
    recording.endTrack(1);
    recording.write(1, frameOf(1, 20));
    expect(recording.tracks).toEqual([]);
    const results = [await recording.close(), await recording.close()];
    expect([results, sink.closed]).toEqual([Array(2).fill({ bytes: 100, path: "/x.webm" }), 1]);
    recording.write(1, frameOf(2, 40));
    expect([sink.frames.length, recording.accepts("video")]).toEqual([1, []]);
  });

  test("tells once that the sink takes no more, and gives it no more", async () => {
    const sink = new FakeSink(["vp8"]);
    const { recording, told } = open(sink);
    recording.addTrack(1, formatOf("vp8"));
    sink.failsWith = new P2pError("DISK_FULL", { needed: "1", free: "0", path: "x" });
    recording.write(1, frameOf(0, 0));
    recording.write(1, frameOf(1, 20));
    await recording.flushed();
    recording.write(1, frameOf(2, 40));
    expect(told).toEqual([1, sink.failsWith]);
    expect(recording.accepts("video")).toEqual([]);
  });

  test("whose sink refuses a track has failed", () => {
    const sink = new FakeSink(["vp8"]);
    sink.addTrack = () => {
      throw new RangeError("no more tracks");
    };
    const { recording, told } = open(sink);
    recording.addTrack(1, formatOf("vp8"));
    expect([told.map((one) => (one as P2pError).code), recording.tracks]).toEqual([["INTERNAL"], []]);
  });
});
