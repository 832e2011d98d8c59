// A sink that gives RTP and a source that takes it, over real sockets on loopback: frames come out as they went in.
import { readFileSync } from "node:fs";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { EncodedFrame } from "../../../../src/media/frame.ts";
import type { RtpPlace } from "../../../../src/media/rtp-place.ts";
import { KEY_FRAME_INTERVAL_MS, MAX_QUEUED_FRAMES, RtpSink, RtpSource } from "../../../../src/rtc/media/rtp-door.ts";
import type { MediaSink, MediaSource } from "../../../../src/session/ports.ts";

const onAnyPort = (codec: RtpPlace["codec"]): RtpPlace => ({ kind: "video", address: "127.0.0.1", port: 0, codec });

async function openBoth(
  codec: RtpPlace["codec"],
  kind: RtpPlace["kind"] = "video",
): Promise<{ source: MediaSource; sink: MediaSink; described: unknown[] }> {
  const described: unknown[] = [];
  const source = await RtpSource.open({ ...onAnyPort(codec), kind });
  const place = { ...onAnyPort(codec), kind, port: source.port };
  const sink = await RtpSink.open({ place, describe: (track) => Promise.resolve(void described.push(track)) });
  onTestFinished(async () => {
    await Promise.all([source.close(), sink.close()]);
  });
  return { source, sink, described };
}

function framesOfIvf(name: string): Uint8Array[] {
  const file = readFileSync(new URL(`../../../vectors/media/${name}`, import.meta.url));
  const frames: Uint8Array[] = [];
  for (let at = 32; at < file.length; at += 12 + file.readUInt32LE(at)) {
    frames.push(file.subarray(at + 12, at + 12 + file.readUInt32LE(at)));
  }
  return frames;
}

describe("a door for RTP", () => {
  test("carries a clip from a sink to a source, one frame after the other", async () => {
    const { source, sink, described } = await openBoth("vp8");
    expect(source.tracks).toEqual([{ kind: "video", codec: "vp8", clockRate: 90_000 }]);
    const index = sink.addTrack({ kind: "video", codec: "vp8", clockRate: 90_000 });
    for (const [at, bytes] of framesOfIvf("vp8.ivf").entries()) {
      const next = source.next();
      await sink.write(index, { bytes, timestampUs: at * 40_000, durationUs: 40_000, isKey: at % 5 === 0 });
      const { frame } = (await next) ?? {};
      expect(Buffer.from(frame?.bytes ?? []).equals(Buffer.from(bytes)), `frame ${at}`).toBe(true);
      expect(frame).toMatchObject({ timestampUs: at * 40_000, isKey: at % 5 === 0 });
    }
    expect(described).toEqual([{ codec: "vp8" }]);
    expect((await sink.close()).bytes).toBeGreaterThan(0);
    expect(await sink.close()).toEqual(await sink.close());
  });

  test("takes what it is named for, or what it can of a kind", async () => {
    const named = await openBoth("h264");
    expect(named.sink.accepts).toEqual({ audio: [], video: ["h264"] });
    const open = await openBoth(undefined);
    expect(open.sink.accepts.video).toEqual(["vp8", "h264", "vp9", "av1"]);
    expect(open.source.tracks[0]?.codec).toBe("vp8");
  });

  test("ends while somebody waits for a frame, and again", async () => {
    const { source } = await openBoth("vp8");
    const next = source.next();
    await source.close();
    expect(await next).toBeUndefined();
    expect(await source.next()).toBeUndefined();
    await source.close();
  });

  test("gives one track after the other, of one codec as one stream that goes on", async () => {
    const { source, sink, described } = await openBoth("vp8");
    const [bytes = new Uint8Array(0)] = framesOfIvf("vp8.ivf");
    const format = { kind: "video", codec: "vp8", clockRate: 90_000 } as const;
    const frameAt = (timestampUs: number): EncodedFrame => ({ bytes, timestampUs, durationUs: undefined, isKey: true });
    const first = sink.addTrack(format);
    expect(() => sink.addTrack(format)).toThrow(RangeError);
    let next = source.next();
    await sink.write(first, frameAt(0));
    const { frame: before } = (await next) ?? {};
    sink.endTrack?.(first);
    const second = sink.addTrack(format);
    sink.endTrack?.(first);
    next = source.next();
    // What comes late of a track that is over is not sent.
    await sink.write(first, { ...frameAt(0), bytes: bytes.subarray(0, 20) });
    await sink.write(second, frameAt(3_600_000_000));
    const { frame: after } = (await next) ?? {};
    expect(Buffer.from(after?.bytes ?? [])).toEqual(Buffer.from(bytes));
    // A stream of its own would begin at 0; without a break its time is not that of the other track, an hour later.
    expect(after?.timestampUs).toBeGreaterThan(before?.timestampUs ?? 0);
    expect(after?.timestampUs).toBeLessThan(3_600_000_000);
    expect(described).toHaveLength(2);
  });

  test("asks for a key frame of a picture again and again while it runs, since nobody says when a program begins", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    onTestFinished(() => void vi.useRealTimers());
    const picture = await openBoth("vp8");
    const sound = await openBoth(undefined, "audio");
    const wanted: string[] = [];
    picture.sink.onKeyFrameWanted?.((index) => wanted.push(`picture ${index}`));
    sound.sink.onKeyFrameWanted?.((index) => wanted.push(`sound ${index}`));
    sound.sink.addTrack({ kind: "audio", codec: "opus", clockRate: 48_000, channels: 2 });
    for (const index of [0, 1]) {
      picture.sink.addTrack({ kind: "video", codec: "vp8", clockRate: 90_000 });
      vi.advanceTimersByTime(2 * KEY_FRAME_INTERVAL_MS);
      picture.sink.endTrack?.(index);
      vi.advanceTimersByTime(2 * KEY_FRAME_INTERVAL_MS);
    }
    expect(wanted).toEqual(["picture 0", "picture 0", "picture 1", "picture 1"]);
    picture.sink.addTrack({ kind: "video", codec: "vp8", clockRate: 90_000 });
    await picture.sink.close();
    vi.advanceTimersByTime(2 * KEY_FRAME_INTERVAL_MS);
    expect([wanted.length, vi.getTimerCount()]).toEqual([4, 0]);
  });

  test("says which place is taken", async () => {
    const first = await RtpSource.open(onAnyPort("vp8"));
    onTestFinished(() => first.close());
    await expect(RtpSource.open({ ...onAnyPort("vp8"), port: first.port })).rejects.toMatchObject({
      code: "BIND_FAILED",
      hint: "another program uses it: give --rtp-in another port",
    });
  });

  test("tells with the next frame where its description could not be kept", async () => {
    const place = { ...onAnyPort("vp8"), port: 9 };
    const sink = await RtpSink.open({ place, describe: () => Promise.reject(new Error("no room")) });
    onTestFinished(async () => void (await sink.close()));
    sink.addTrack({ kind: "video", codec: "vp8", clockRate: 90_000 });
    const frame = { bytes: Uint8Array.of(1), timestampUs: 0, durationUs: undefined, isKey: true };
    await expect(sink.write(0, frame)).rejects.toThrow("no room");
  });

  test("keeps the sound of some seconds for a session that stands still", async () => {
    const source = await RtpSource.open({ kind: "audio", address: "127.0.0.1", port: 0, codec: "opus" });
    const place = { kind: "audio", address: "127.0.0.1", port: source.port, codec: "opus" } as const;
    const sink = await RtpSink.open({ place, describe: () => Promise.resolve() });
    onTestFinished(async () => {
      await Promise.all([source.close(), sink.close()]);
    });
    const index = sink.addTrack({ kind: "audio", codec: "opus", clockRate: 48_000, channels: 2 });
    const write = (at: number): Promise<void> =>
      sink.write(index, { bytes: Uint8Array.of(1, at), timestampUs: at * 20_000, durationUs: undefined, isKey: true });
    const first = source.next();
    await write(0);
    expect([...((await first)?.frame.bytes ?? [])]).toEqual([1, 0]);
    for (let at = 1; at <= 200; at += 1) await write(at);
    for (let at = 1; at <= 200; at += 1) expect((await source.next())?.frame.timestampUs).toBe(at * 20_000);
  });

  test("keeps no more than a few frames for a session that is slow", async () => {
    const { source, sink } = await openBoth("vp8");
    const [bytes = new Uint8Array(0)] = framesOfIvf("vp8.ivf");
    const index = sink.addTrack({ kind: "video", codec: "vp8", clockRate: 90_000 });
    const write = (at: number): Promise<void> =>
      sink.write(index, { bytes, timestampUs: at * 40_000, durationUs: undefined, isKey: true });
    const first = source.next();
    await write(0);
    await first;
    for (let at = 1; at <= 3 * MAX_QUEUED_FRAMES; at += 1) await write(at);
    // The newest frame is taken, and few are before it.
    const last = 3 * MAX_QUEUED_FRAMES * 40_000;
    let count = 0;
    for (let us = 0; us < last; count += 1) us = (await source.next())?.frame.timestampUs ?? last;
    expect(count).toBeLessThanOrEqual(MAX_QUEUED_FRAMES);
  });
});
