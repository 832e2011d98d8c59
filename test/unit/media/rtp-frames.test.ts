// Frames of the RTP of a program on this machine: times, losses, restarts, and what is no RTP at all.
import { describe, expect, test } from "vitest";
import fc from "fast-check";
import type { CodecName } from "../../../src/lib/codecs.ts";
import type { Packetiser } from "../../../src/media/packetiser.ts";
import { encodeRtp } from "../../../src/media/rtp.ts";
import { MAX_PAYLOADS } from "../../../src/media/packetiser.ts";
import { RtpFrames } from "../../../src/media/rtp-frames.ts";

/** Payloads begin with 1 for a key frame, 2 for another frame, 0 in the middle of one. */
const plain: Packetiser = {
  packetise: () => [],
  assemble: (payloads) => ({
    bytes: Uint8Array.from(payloads.flatMap((payload) => [...payload])),
    isKey: payloads[0]?.[0] === 1,
  }),
  begins: (payload) => payload[0] !== 0,
};

const framesOf = (codec: CodecName = "vp8"): RtpFrames => new RtpFrames(codec, plain);

interface Sent {
  sequence: number;
  timestamp?: number;
  payload?: number[];
  isMarked?: boolean;
  ssrc?: number;
  payloadType?: number;
}

const packet = ({ sequence, timestamp = 0, payload = [1, 9], isMarked = true, ssrc = 7, payloadType = 96 }: Sent) =>
  encodeRtp({ sequence, timestamp, payload: Uint8Array.from(payload), isMarked, ssrc, payloadType });

/** What comes out, as bytes and times. */
function read(frames: RtpFrames, sent: readonly Sent[], nowMs = 0): [number[], number][] {
  return sent.flatMap((one) =>
    frames.handle(packet(one), nowMs).map(({ bytes, timestampUs }): [number[], number] => [[...bytes], timestampUs]),
  );
}

describe("video", () => {
  test("is whole with its marked packet, or with the first one of another time", () => {
    const got = read(framesOf(), [
      { sequence: 65_534, timestamp: 900, payload: [1, 1], isMarked: false },
      { sequence: 65_535, timestamp: 900, payload: [0, 2] },
      { sequence: 0, timestamp: 3_900, payload: [2, 3], isMarked: false },
      { sequence: 1, timestamp: 6_900, payload: [2, 4] },
    ]);
    expect(got).toEqual([
      [[1, 1, 0, 2], 0],
      [[2, 3], 33_333],
      [[2, 4], 66_667],
    ]);
  });

  test("begins with a key frame, and again after a loss", () => {
    const got = read(framesOf(), [
      { sequence: 1, timestamp: 1, payload: [2, 1] },
      { sequence: 2, timestamp: 2, payload: [1, 2] },
      { sequence: 3, timestamp: 3, payload: [2, 3] },
      { sequence: 5, timestamp: 5, payload: [2, 5] },
      { sequence: 6, timestamp: 6, payload: [1, 6] },
      { sequence: 7, timestamp: 7, payload: [2, 7] },
    ]);
    expect(got.map(([bytes]) => bytes[1])).toEqual([2, 3, 6, 7]);
  });

  test("drops a frame of which a part is missing, wherever", () => {
    for (const lost of [0, 1, 2]) {
      const parts = [
        [1, 1],
        [0, 2],
        [0, 3],
      ].map((payload, index) => ({
        sequence: 10 + index,
        timestamp: 50,
        payload,
        isMarked: index === 2,
      }));
      const frames = framesOf();
      read(frames, [{ sequence: 9, timestamp: 40 }]);
      expect(read(frames, parts.toSpliced(lost, 1)), `${lost}`).toEqual([]);
      expect(read(frames, [{ sequence: 13, timestamp: 60, payload: [1, 4] }])).toHaveLength(1);
    }
  });

  test("takes no packet that is late or comes twice", () => {
    const first = { sequence: 5, timestamp: 1, payload: [1, 1] };
    const got = read(framesOf(), [first, first, { sequence: 4, timestamp: 0 }, { sequence: 6, timestamp: 2 }]);
    expect(got).toHaveLength(2);
  });

  test("wants the parameters of H.264 in its key frames", () => {
    const frames = framesOf("h264");
    const bare = [1, 0, 0, 1, 0x65, 9];
    const whole = [1, 0, 0, 1, 0x67, 9, 0, 0, 1, 0x65, 9];
    expect(read(frames, [{ sequence: 1, timestamp: 1, payload: bare }])).toEqual([]);
    expect(read(frames, [{ sequence: 2, timestamp: 2, payload: whole }])).toHaveLength(1);
  });

  test("of too many packets is dropped", () => {
    const frames = framesOf();
    const parts = Array.from({ length: MAX_PAYLOADS + 1 }, (_, sequence) => ({
      sequence,
      payload: [sequence === 0 ? 1 : 0],
      isMarked: sequence === MAX_PAYLOADS,
    }));
    expect(read(frames, parts)).toEqual([]);
    expect(read(frames, [{ sequence: MAX_PAYLOADS + 1, timestamp: 9 }])).toHaveLength(1);
  });

  test("that was passed on in vain begins again with a key frame", () => {
    const frames = framesOf();
    read(frames, [{ sequence: 1, timestamp: 1 }]);
    frames.restart();
    expect(read(frames, [{ sequence: 2, timestamp: 2, payload: [2, 2] }])).toEqual([]);
    expect(read(frames, [{ sequence: 3, timestamp: 3, payload: [1, 3] }])).toHaveLength(1);
  });
});

describe("sound", () => {
  test("is one frame a packet, and goes on after a loss", () => {
    const got = read(framesOf("opus"), [
      { sequence: 1, timestamp: 4_294_966_976, isMarked: false },
      { sequence: 2, timestamp: 640, isMarked: false },
      { sequence: 5, timestamp: 3_520, isMarked: false },
    ]);
    expect(got.map(([, us]) => us)).toEqual([0, 20_000, 80_000]);
  });
});

describe("who sends", () => {
  test("is one program; another one takes its place when it is silent, and time goes on", () => {
    const frames = framesOf();
    expect(read(frames, [{ sequence: 1, timestamp: 500 }], 1_000)).toEqual([[[1, 9], 0]]);
    expect(read(frames, [{ sequence: 1, timestamp: 9, ssrc: 8 }], 1_500)).toEqual([]);
    expect(read(frames, [{ sequence: 1, timestamp: 9, ssrc: 8 }], 3_000)).toEqual([[[1, 9], 2_000_000]]);
    expect(read(frames, [{ sequence: 2, timestamp: 9 + 90_000, ssrc: 8 }], 4_000)).toEqual([[[1, 9], 3_000_000]]);
  });

  test("says by some payload types which codec it is, and is not taken for another one", () => {
    const from = (codec: "opus" | "pcmu", payloadType: number): unknown[] =>
      read(framesOf(codec), [{ sequence: 1, payloadType, isMarked: false }]);
    expect([from("opus", 0), from("pcmu", 8)]).toEqual([[], []]);
    expect([from("pcmu", 0), from("pcmu", 96), from("opus", 35)].map(({ length }) => length)).toEqual([1, 1, 1]);
  });

  test("may send RTCP beside it, and anything else, to no effect", () => {
    const frames = framesOf();
    expect(frames.handle(Uint8Array.from([0x80, 200, 0, 6, ...Array(24).fill(1)]), 0)).toEqual([]);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        framesOf("vp9").handle(bytes, 0);
        framesOf("pcmu").handle(Uint8Array.from([0x80, 0, ...bytes]), 0);
      }),
    );
    expect(read(frames, [{ sequence: 1 }])).toHaveLength(1);
  });
});
