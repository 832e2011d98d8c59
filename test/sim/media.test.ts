// Sound and picture through two media engines over simulated paths: how many frames arrive whole, how long one waits, and
// how well sound and picture stay together.
import { describe, expect, test } from "vitest";
import { DEFAULT_PAYLOAD_BYTES } from "../../src/media/media-engine.ts";
import { callBesideFile } from "../support/sim/call-beside-file.ts";
import {
  longestGap,
  PICTURE_TRACK,
  runCall,
  SOUND_TRACK,
  spread,
  type TakenFrame,
  type Taker,
} from "../support/sim/media-call.ts";
import { symmetricPath } from "../support/sim/pair.ts";
import { SRTP_PROFILES } from "../support/srtp-keys.ts";

const TRACKS = [SOUND_TRACK, PICTURE_TRACK];

function expectInOrder(taker: Taker): void {
  for (const track of TRACKS) {
    const frames = taker.of(track);
    expect(frames.every(({ isEqual }) => isEqual)).toBe(true);
    const numbers = frames.map(({ number }) => number);
    expect(numbers).toEqual(numbers.toSorted((one, other) => one - other));
    expect(new Set(numbers).size).toBe(numbers.length);
    const times = frames.map(({ timestampUs }) => timestampUs);
    expect(times.every((us, at) => us >= 0 && (at === 0 || us > (times[at - 1] ?? 0)))).toBe(true);
  }
}

describe.each(SRTP_PROFILES)("%s", (profile) => {
  test("over a clean path every frame arrives as it was, at its time", () => {
    const { published, taker, receiver } = runCall(1, symmetricPath({ delayMs: 25 }), 10, { profile });
    expect(taker.taken.length).toBe(published.frames.length);
    expectInOrder(taker);
    expect(spread(taker.taken)).toBeLessThan(0.01);
    expect(taker.others).toEqual(TRACKS.map((track) => ({ type: "ended", track })));
    expect(receiver.stats("receive", PICTURE_TRACK)).toMatchObject({ lost: 0, droppedFrames: 0, retransmitted: 0 });
  });
});

describe("over 50 ms of round trip and 2 % of loss", () => {
  test.each([1, 2, 3, 4, 5])(
    "98 % of the frames arrive, none waits long, and both tracks stay together (seed %s)",
    (seed) => {
      const { published, taker } = runCall(seed, symmetricPath({ delayMs: 25, loss: 0.02 }), 30);
      for (const track of TRACKS) {
        const sent = published.frames.filter((frame) => frame.track === track);
        const frames = taker.of(track);
        expect(frames.length / sent.length).toBeGreaterThanOrEqual(0.98);
        const { takenMs, lineMs } = longestGap(frames);
        expect(takenMs).toBeLessThanOrEqual(400);
        expect(lineMs).toBeLessThanOrEqual(400);
      }
      expectInOrder(taker);
      expect(spread(taker.taken)).toBeLessThan(40);
    },
  );
});

describe("other paths", () => {
  test.each([
    ["reordering by 30 ms", { delayMs: 25, reorder: { probability: 0.05, extraMs: 30 } }],
    ["jitter of 100 ms", { delayMs: 25, jitterMs: 100 }],
    ["repeats", { delayMs: 25, duplicate: 0.1 }],
    ["10 % of loss", { delayMs: 25, loss: 0.1 }],
    ["bursts of loss", { delayMs: 25, burst: { goodMs: 2_000, badMs: 40, loss: 0.8 } }],
    ["200 ms of round trip and 2 %", { delayMs: 100, loss: 0.02 }],
  ])("with %s nearly all frames arrive", (_, link) => {
    const { published, taker } = runCall(7, symmetricPath(link), 20);
    expect(taker.taken.length / published.frames.length).toBeGreaterThan(0.97);
    expectInOrder(taker);
    expect(spread(taker.taken)).toBeLessThan(40);
  });

  test("key frames of 200 KB do not overflow a queue of 60 KB", () => {
    const link = { delayMs: 25, rate: 12_500, queueBytes: 60_000 };
    const { published, taker, sender, receiver } = runCall(1, symmetricPath(link), 10, { keyFrameBytes: 200_000 });
    expect(taker.taken.length).toBe(published.frames.length);
    expect(receiver.stats("receive", PICTURE_TRACK)).toMatchObject({ lost: 0, retransmitted: 0 });
    expect(sender.stats("send", PICTURE_TRACK)?.packets).toBeGreaterThan(1_000);
    // Sound does not wait for them.
    expect(Math.max(...taker.of(SOUND_TRACK).map(({ takenMs, sentMs }) => takenMs - sentMs))).toBeLessThan(40);
    // A key frame leaves within the time to the next picture.
    expect(Math.max(...taker.of(PICTURE_TRACK).map(({ takenMs, sentMs }) => takenMs - sentMs))).toBeLessThan(
      25 + 40 + 20,
    );
  });

  test("a break of 3 s costs what was sent in it, and no more", () => {
    const link = { delayMs: 25, outages: [{ fromMs: 5_000, toMs: 8_000 }] };
    const { published, taker } = runCall(3, symmetricPath(link), 15);
    const outside = published.frames.filter(({ sentMs }) => sentMs < 4_900 || sentMs > 8_050);
    const numbers = new Set(taker.taken.map(({ number }) => number));
    expect(outside.filter(({ number }) => !numbers.has(number)).length).toBeLessThan(3);
    expectInOrder(taker);
  });
});

describe("a path that carries nothing to the receiver for 40 s", () => {
  test("is hardly sent to meanwhile, and the call goes on by itself with a key frame", () => {
    const clean = symmetricPath({ delayMs: 25 });
    const conditions = { ...clean, aToB: { ...clean.aToB, outages: [{ fromMs: 5_000, toMs: 45_000 }] } };
    const { published, taker, sender, told } = runCall(1, conditions, 90);
    const isOf = (track: number) => (frame: { track: number }) => frame.track === track;
    for (const track of TRACKS) {
      const sent = published.frames.filter(isOf(track));
      // 5 s before, the time until it is noticed, 30 s and more behind.
      expect(sender.stats("send", track)?.frames).toBeLessThan(0.7 * sent.length);
      const after = taker.of(track).filter(({ sentMs }) => sentMs > 45_000);
      expect(after[0]?.isKey).toBe(true);
      const number = new Set(after.map((frame) => frame.number));
      expect(sent.filter((frame) => frame.sentMs > 80_000 && !number.has(frame.number))).toEqual([]);
    }
    expectInOrder(taker);
    const pauses = told.filter(({ type }) => type === "paused" || type === "resumed");
    expect(pauses.map(({ type, track }) => `${type} ${track}`).toSorted()).toEqual(
      TRACKS.flatMap((track) => [`paused ${track}`, `resumed ${track}`]).toSorted(),
    );
  });
});

function packetsOf(frames: readonly TakenFrame[]): number {
  return frames.reduce((sum, { bytes }) => sum + Math.ceil(bytes.length / DEFAULT_PAYLOAD_BYTES), 0);
}

describe("beside a file at full speed over 12.5 MB/s, 50 ms of round trip and 1 % of loss", () => {
  // With the queue that a file alone makes it is 0.8 and 2.6 % with these seeds.
  test.each([1, 3])(
    "at most 0.5 % of the packets take longer than 150 ms, and the file keeps its rate (seed %s)",
    (seed) => {
      const { frames, sent, fileBytes } = callBesideFile(seed, 30);
      expect(frames.length).toBe(sent);
      // A packet can be played when the whole of its frame can.
      const late = packetsOf(frames.filter(({ takenMs, sentMs }) => takenMs - sentMs > 150));
      expect(late / packetsOf(frames)).toBeLessThanOrEqual(0.005);
      expect(frames.every(({ isEqual }) => isEqual)).toBe(true);
      expect(fileBytes / callBesideFile(seed, 30, false).fileBytes).toBeGreaterThan(0.85);
    },
    300_000,
  );
});
