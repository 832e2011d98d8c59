// What a run publishes and records is opened together, or nothing of it.
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type MediaRequest, openMedia } from "../../../src/pairing/open-media.ts";
import { clipPath } from "../../support/media-clips.ts";

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
  codecs: {},
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

test("one codec of a list is enough", async () => {
  const codecs = { video: ["h264", "vp8"] } as const;
  const media = await openMedia(request({ record: join(dir, "x.webm"), codecs }));
  expect(media.settings.record).toBeDefined();
  await media.close();
});
