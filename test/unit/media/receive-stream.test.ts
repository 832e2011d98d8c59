import { describe, expect, test } from "vitest";
import type { CodecName } from "../../../src/lib/codecs.ts";
import { CODECS } from "../../../src/lib/codecs.ts";
import type { EncodedFrame } from "../../../src/media/frame.ts";
import { ReceiveStream } from "../../../src/media/receive-stream.ts";
import { TimeLine } from "../../../src/media/time-line.ts";
import { toyPacketiser } from "../../support/toy-packetiser.ts";

/** Its streams begin with packet 1. */
const SSRC = 2 ** 15 * 7 + 1;

function setup(codec: CodecName): { stream: ReceiveStream; frames: EncodedFrame[] } {
  const frames: EncodedFrame[] = [];
  const stream = new ReceiveStream(SSRC, () => toyPacketiser, new TimeLine(), {
    onFrame: (_, frame) => frames.push(frame),
  });
  const { kind, clockRate } = CODECS[codec];
  stream.carry({ track: 1, ssrc: SSRC, payloadType: 96, format: { kind, codec, clockRate } });
  return { stream, frames };
}

/** A packet whose payload is `first` and one byte: 1 begins a frame, 2 is of a key frame. */
function handle(
  stream: ReceiveStream,
  index: number,
  timestamp: number,
  nowMs: number,
  isMarked = true,
  first = 1,
): void {
  const payload = Uint8Array.of(first, index & 0xff);
  const packet = { isMarked, payloadType: 96, sequence: index % 65_536, timestamp, ssrc: SSRC, payload };
  stream.handle(index, packet, nowMs);
}

describe("a receiver report", () => {
  test("has the loss since the last one, and in all", () => {
    const { stream } = setup("opus");
    expect(stream.takeReport(0)).toBeUndefined();
    for (const index of [100, 101, 102, 105]) handle(stream, index, index * 960, index * 20);
    expect(stream.takeReport(0)).toMatchObject({ fractionLost: 85, lost: 2, highestSequence: 105, lastReport: 0 });
    for (const index of [106, 107]) handle(stream, index, index * 960, index * 20);
    expect(stream.takeReport(0)).toMatchObject({ fractionLost: 0, lost: 2, highestSequence: 107 });
    for (const index of [103, 104]) handle(stream, index, index * 960, 2_150);
    expect(stream.takeReport(0)).toMatchObject({ fractionLost: 0, lost: 0 });
  });

  test("counts sequence numbers on over their wrap", () => {
    const { stream } = setup("opus");
    for (const index of [65_530, 65_540]) handle(stream, index, index * 960, index * 20);
    expect(stream.takeReport(0)?.highestSequence).toBe(65_540);
  });

  test("answers the sender's report with the time since", () => {
    const { stream } = setup("opus");
    handle(stream, 5, 0, 0);
    const report = {
      ssrc: SSRC,
      ntpSeconds: 0x1234_5678,
      ntpFraction: 0x9abc_def0,
      rtpTimestamp: 0,
      packets: 1,
      bytes: 1,
    };
    stream.handleReport({ type: "sender-report", ...report, reports: [] }, 1_000);
    expect(stream.takeReport(1_500)).toMatchObject({ lastReport: 0x5678_9abc, sinceLastReport: 32_768 });
  });

  test("has the jitter of arrival, and a jump of the clock is none", () => {
    const { stream } = setup("opus");
    for (let at = 0; at < 200; at += 1) handle(stream, 5 + at, at * 960, at * 20 + (at % 2) * 10);
    expect(stream.stats(1)?.jitterMs).toBeCloseTo(10, 1);
    handle(stream, 205, 2 ** 31, 4_000);
    expect(stream.stats(1)?.jitterMs).toBeLessThan(11);
  });
});

describe("behind a loss that is given up", () => {
  /** The frames behind a lost packet that ended one, by the index of their first packet. */
  function framesBehind(codec: CodecName): number[] {
    const { stream, frames } = setup(codec);
    handle(stream, 1, 0, 0, true, 3);
    handle(stream, 2, 3_000, 33, false);
    handle(stream, 4, 6_000, 66, false);
    handle(stream, 5, 6_000, 66, true, 0);
    handle(stream, 6, 9_000, 100);
    stream.advance(2_000);
    return frames.map(({ bytes }) => bytes[0] ?? 0);
  }

  test("a codec whose payload tells the begin of a frame goes on at once", () => {
    expect(framesBehind("vp8")).toEqual([1, 4, 6]);
  });

  test("another one only with the frame that surely is whole", () => {
    expect(framesBehind("h264")).toEqual([1, 6]);
    expect(framesBehind("av1")).toEqual([1, 6]);
  });

  test("sound goes on at once, and no key frame is asked for", () => {
    const { stream, frames } = setup("opus");
    for (const index of [1, 2, 4]) handle(stream, index, index * 960, index * 20);
    stream.advance(2_000);
    expect(frames.map(({ bytes, isKey }) => [bytes[0], isKey])).toEqual([
      [1, true],
      [2, true],
      [4, true],
    ]);
    expect(stream.takeKeyFrameRequest(2_000)).toBe(false);
  });
});

test("a picture that does not begin with a key frame asks for one", () => {
  const { stream } = setup("vp8");
  handle(stream, 1, 0, 0, true, 1);
  expect(stream.takeKeyFrameRequest(1)).toBe(true);
  handle(stream, 2, 3_000, 33, true, 3);
  expect(stream.takeKeyFrameRequest(5_000)).toBe(false);
});

test("times of frames only go on, whatever reports say", () => {
  const { stream, frames } = setup("vp8");
  const report = (ntpSeconds: number, rtpTimestamp: number): void => {
    const rest = { ssrc: SSRC, ntpFraction: 0, packets: 1, bytes: 1, reports: [] };
    stream.handleReport({ type: "sender-report", ntpSeconds, rtpTimestamp, ...rest }, 0);
  };
  handle(stream, 1, 0, 0, true, 3);
  report(100, 0);
  handle(stream, 2, 9_000, 100, true, 3);
  report(100, 90_000);
  handle(stream, 3, 18_000, 200, true, 3);
  handle(stream, 4, 27_000, 300, true, 3);
  const times = frames.map(({ timestampUs }) => timestampUs);
  expect(times.slice(0, 2)).toEqual([0, 100_000]);
  expect(times.slice(2)).toEqual([100_001, 100_002]);
});

test("a stream ends a moment after its end was said, once nothing is missing", () => {
  const { stream } = setup("vp8");
  handle(stream, 1, 0, 0, true, 3);
  stream.end(10);
  expect([stream.isOver(59), stream.isOver(60)]).toEqual([false, true]);
  handle(stream, 3, 3_000, 20, true);
  expect(stream.isOver(300)).toBe(false);
  handle(stream, 2, 2_000, 300, true);
  expect(stream.isOver(300)).toBe(true);
});

describe("the end of a frame that does not come", () => {
  test("is asked for before the next frame shows that it is missing, once", () => {
    const { stream, frames } = setup("vp8");
    handle(stream, 1, 0, 0, true, 3);
    handle(stream, 2, 3_000, 33, false);
    expect([stream.nextDeadlineMs(), stream.takeRequests(42), stream.takeRequests(43)]).toEqual([43, [], [3]]);
    expect([stream.nextDeadlineMs(), stream.takeRequests(80)]).toEqual([Infinity, []]);
    handle(stream, 3, 3_000, 95, true, 0);
    expect(frames.length).toBe(2);
    expect(stream.stats(1)).toMatchObject({ retransmitted: 1, lost: 0 });
  });

  test("is not asked for where frames have no marks", () => {
    const { stream } = setup("vp8");
    handle(stream, 1, 0, 0, false, 3);
    expect([stream.nextDeadlineMs(), stream.takeRequests(500)]).toEqual([Infinity, []]);
  });
});

test("a frame that its packetiser cannot read is dropped and counted", () => {
  const frames: EncodedFrame[] = [];
  const unreadable = { ...toyPacketiser, assemble: () => undefined };
  const stream = new ReceiveStream(SSRC, () => unreadable, new TimeLine(), {
    onFrame: (_, frame) => frames.push(frame),
  });
  stream.carry({ track: 1, ssrc: SSRC, payloadType: 96, format: { kind: "video", codec: "vp8", clockRate: 90_000 } });
  handle(stream, 1, 0, 0);
  expect([frames, stream.stats(1)?.droppedFrames]).toEqual([[], 1]);
});
