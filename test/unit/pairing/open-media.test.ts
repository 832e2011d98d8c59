// What a run publishes and records is opened together, or nothing of it.
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import type { RtpPlace } from "../../../src/media/rtp-place.ts";
import { type MediaRequest, openMedia, STDIN_PATIENCE_MS } from "../../../src/pairing/open-media.ts";
import { HandClock } from "../../support/hand-clock.ts";
import { clip, clipPath } from "../../support/media-clips.ts";

let dir = "";
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "p2p-open-media-"));
});
afterEach(async () => {
  await rm(dir, { recursive: true });
});

const request = (change: Partial<MediaRequest>): MediaRequest => ({
  publish: [],
  record: undefined,
  rtpIn: [],
  rtpOut: [],
  description: "p2p.sdp",
  tell: () => {},
  onStdinAwaited: () => {},
  codecs: {},
  whip: undefined,
  whep: undefined,
  token: undefined,
  bind: [],
  conflict: "refuse",
  stdout: async () => {},
  ...change,
});

test("sources, a recording and the order of codecs", async () => {
  const codecs = { video: ["vp9"] } as const;
  const media = await openMedia(
    request({ publish: ["test:", clipPath("opus.ogg")], record: join(dir, "x.webm"), codecs }),
  );
  const { publish = [], record } = media.settings;
  expect(publish.map(({ tracks }) => tracks.map(({ codec }) => codec))).toEqual([["vp8", "opus"], ["opus"]]);
  expect(record?.accepts.video).toContain("vp8");
  expect(media.settings.codecs).toBe(codecs);
  expect(await readdir(dir)).toEqual(["x.webm"]);
  await media.close();
  await media.close();
  expect(await readdir(dir)).toEqual([]);
});

test.each(["refuse", "overwrite"] as const)(
  "a later recording replaces none, whatever is to become of a name (%s)",
  async (conflict) => {
    const media = await openMedia(request({ record: join(dir, "x.webm"), conflict }));
    await media.settings.recordNext?.();
    expect((await readdir(dir)).toSorted()).toEqual(["x (1).webm", "x.webm"]);
    await media.close();
    expect(await readdir(dir)).toEqual([]);
    expect((await openMedia(request({ record: "-" }))).settings.recordNext).toBeUndefined();
  },
);

test.each<[string, (dir: string) => Partial<MediaRequest>, string]>([
  ["a source that is not there", (at) => ({ publish: ["test:", join(at, "no")] }), "PATH_MISSING"],
  ["a name that says nothing", (at) => ({ record: join(at, "x.avi") }), "MEDIA_NAME_UNKNOWN"],
  [
    "codecs that it cannot hold",
    (at) => ({ record: join(at, "x.ogg"), codecs: { video: ["h264"] } }),
    "MEDIA_PAIR_IMPOSSIBLE",
  ],
  [
    "sound that it cannot hold",
    (at) => ({ record: join(at, "x.webm"), codecs: { audio: ["pcmu"] } }),
    "MEDIA_PAIR_IMPOSSIBLE",
  ],
  ["a file that is there", (at) => ({ record: join(at, "mine.webm") }), "RECORDING_EXISTS"],
])("%s: nothing stays open, and nothing is made", async (_what, change, code) => {
  await writeFile(join(dir, "mine.webm"), "mine");
  const opened = openMedia(request({ record: join(dir, "y.webm"), ...change(dir) }));
  await expect(opened).rejects.toMatchObject({ code });
  expect(await readdir(dir)).toEqual(["mine.webm"]);
});

test("places of RTP: where they are is told, and what is known of them is described", async () => {
  const told: unknown[] = [];
  const description = join(dir, "p2p.sdp");
  const place = (kind: "audio" | "video", port: number, codec?: "opus" | "h264"): RtpPlace => ({
    kind,
    address: "127.0.0.1",
    port,
    codec,
  });
  const rtpIn = [place("video", 0), place("audio", 0)];
  const rtpOut = [place("audio", 5_006, "opus"), place("video", 5_004)];
  const media = await openMedia(request({ rtpIn, rtpOut, description, tell: (event) => void told.push(event) }));
  expect(media.settings.publish?.map(({ tracks }) => tracks.map(({ codec }) => codec))).toEqual([["vp8"], ["opus"]]);
  expect(media.settings.forward?.map(({ accepts }) => accepts.audio)).toEqual([["opus"], []]);
  expect(await readFile(description, "utf8")).not.toContain("video");
  const sound = { kind: "audio", codec: "opus", address: "127.0.0.1:5006" };
  const picture = { kind: "video", codec: "h264", address: "127.0.0.1:5004" };
  expect(told).toEqual([
    { event: "rtp-in", kind: "video", codec: "vp8", address: "127.0.0.1:0" },
    { event: "rtp-in", kind: "audio", codec: "opus", address: "127.0.0.1:0" },
    { event: "rtp-out", path: description, streams: [sound] },
  ]);
  const index = media.settings.forward?.[1]?.addTrack({ kind: "video", codec: "h264", clockRate: 90_000 });
  const frame = { bytes: Uint8Array.of(0, 0, 0, 1, 0x65), timestampUs: 0, durationUs: undefined, isKey: true };
  await media.settings.forward?.[1]?.write(index ?? 0, frame);
  expect(told.at(-1)).toEqual({ event: "rtp-out", path: description, streams: [sound, picture] });
  await media.close();
});

test("a place that is taken, and a description that is not ours", async () => {
  await writeFile(join(dir, "p2p.sdp"), "mine");
  const place = { kind: "video", address: "127.0.0.1", port: 0, codec: "vp8" } as const;
  const description = join(dir, "p2p.sdp");
  await expect(openMedia(request({ rtpOut: [place], description }))).rejects.toMatchObject({ code: "SDP_NAME_TAKEN" });
  const other = createSocket("udp4").bind(0, "127.0.0.1");
  await once(other, "listening");
  onTestFinished(() => void other.close());
  const taken = { ...place, port: other.address().port };
  const opened = openMedia(request({ rtpIn: [place, taken], record: join(dir, "x.webm") }));
  await expect(opened).rejects.toMatchObject({
    code: "BIND_FAILED",
    hint: "another program uses it: give --rtp-in another port",
  });
  expect(await readdir(dir)).toEqual(["p2p.sdp"]);
});

describe("stdin that is published", () => {
  /** A stream that begins when the test says so. */
  function waiting() {
    const clock = new HandClock();
    let begin = (): void => {};
    const begun = new Promise<void>((resolve) => (begin = resolve));
    let awaited = 0;
    async function* stdin(): AsyncGenerator<Uint8Array> {
      await begun;
      yield clip("vp8-opus.webm");
    }
    const onStdinAwaited = (): void => void (awaited += 1);
    const opened = openMedia(request({ publish: ["-"], stdin, onStdinAwaited }), clock);
    return { clock, begin, opened, awaited: () => awaited };
  }

  test("and does not begin is waited for, which is said once", async () => {
    const { clock, begin, opened, awaited } = waiting();
    await vi.waitUntil(() => clock.timerCount > 0, 60_000);
    clock.pass(STDIN_PATIENCE_MS - 1);
    expect(awaited()).toBe(0);
    clock.pass(10 * STDIN_PATIENCE_MS);
    expect(awaited()).toBe(1);
    begin();
    const media = await opened;
    expect(media.settings.publish?.[0]?.tracks.map(({ codec }) => codec)).toEqual(["vp8", "opus"]);
    await media.close();
  });

  test("and has begun is not spoken of", async () => {
    const { clock, begin, opened, awaited } = waiting();
    begin();
    const media = await opened;
    expect(clock.timerCount).toBe(0);
    clock.pass(10 * STDIN_PATIENCE_MS);
    expect(awaited()).toBe(0);
    await media.close();
  });
});

test("one codec of a list is enough", async () => {
  const codecs = { video: ["h264", "vp8"] } as const;
  const media = await openMedia(request({ record: join(dir, "x.webm"), codecs }));
  expect(media.settings.record).toBeDefined();
  await media.close();
});
