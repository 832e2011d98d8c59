// Which frames of a probe count as taken, how late they were, and how far sound and picture are apart.
import { expect, test } from "vitest";
import type { EncodedFrame } from "../../../../src/media/frame.ts";
import { MediaProbe } from "../../../../src/pairing/loopback/media-probe.ts";
import type { MediaSource } from "../../../../src/session/ports.ts";

const VIDEO = { kind: "video", codec: "vp8", clockRate: 90_000 } as const;
const AUDIO = { kind: "audio", codec: "opus", clockRate: 48_000 } as const;

const frame = (value: number, timestampUs: number): EncodedFrame => ({
  bytes: Uint8Array.of(value),
  timestampUs,
  durationUs: 20_000,
  isKey: true,
});

/** A picture and a sound each 20 ms, for ever; every picture differs, every sound is the same. */
function testSource(): MediaSource {
  let count = 0;
  return {
    tracks: [VIDEO, AUDIO],
    next: async () => {
      count += 1;
      const at = Math.floor((count - 1) / 2);
      return { index: (count - 1) % 2, frame: frame(count % 2 === 1 ? at : 255, at * 20_000) };
    },
    close: async () => {},
  };
}

test("counts what came as it was, in order, with its delay, and tells what came while a file moved", async () => {
  let nowMs = 0;
  const probe = new MediaProbe(testSource(), () => nowMs);
  const [video, audio] = [probe.sink.addTrack(VIDEO), probe.sink.addTrack(AUDIO)];
  // Three pictures and three sounds are sent at 0, 20, … 100 ms; the last is only asked for.
  for (let sent = 0; sent <= 6; sent += 1) {
    await probe.source.next();
    nowMs += 20;
  }
  await probe.sink.write(video, frame(0, 5_000));
  await probe.sink.write(video, frame(99, 25_000));
  nowMs += 30;
  await probe.sink.write(video, frame(2, 45_000));
  await probe.sink.write(audio, frame(255, 0));
  probe.end();
  expect(await probe.source.next()).toBeUndefined();
  const [pictures, sounds] = probe.tracks([], [{ fromMs: 90, untilMs: 110 }]);
  // The first left when the second was asked for, at 20 ms, and came at 140; the third left at 100 and came at 170.
  expect(pictures).toMatchObject({ given: 4, taken: 2, delay: { medianMs: 120, worstMs: 120, worstBesideFileMs: 70 } });
  expect(sounds).toMatchObject({ given: 3, taken: 1 });
  expect(probe.apartMs()).toBe(5);
});

test("without anything that came there is no delay", () => {
  const probe = new MediaProbe(testSource(), () => 0);
  expect(probe.tracks([], [])).toEqual([
    { kind: "video", codec: "vp8", given: 0, taken: 0, lost: 0, retransmitted: 0, jitterMs: 0 },
    { kind: "audio", codec: "opus", given: 0, taken: 0, lost: 0, retransmitted: 0, jitterMs: 0 },
  ]);
  expect(probe.apartMs()).toBeUndefined();
});
