// What a killed process leaves of its recording: all but the last half second, and ffmpeg plays it to its end.
import { spawn, spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { killAtEarlyEnd } from "../support/early-end.mjs";

const module = new URL("../../build/store/media/media-files.js", import.meta.url).href;

/** Ten minutes of the test picture at once, of which it tells, and then more and more. */
const RECORDER = `
import { openMediaSink, openMediaSource } from ${JSON.stringify(module)};
let nowMs = 0;
const sink = await openMediaSink(process.argv[1], { nowMs: () => (nowMs += 3_600_000) });
const source = await openMediaSource("test:");
const indices = source.tracks.map((track) => (sink.accepts[track.kind].includes(track.codec) ? sink.addTrack(track) : -1));
for (let isTold = false; ; ) {
  const { index, frame } = await source.next();
  if (indices[index] >= 0) await sink.write(indices[index], frame);
  if (isTold || frame.timestampUs < 600_000_000) continue;
  console.log("ten minutes");
  isTold = true;
}
`;

test.each([".webm", ".mkv", ".mp4", ".ogg"])("kill -9 leaves a %s that plays", async (ending) => {
  const dir = await mkdtemp(join(tmpdir(), "p2p-killed-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const path = join(dir, `call${ending}`);
  const recorder = spawn(process.execPath, ["--input-type=module", "-e", RECORDER, path], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  killAtEarlyEnd(recorder);
  const ended = once(recorder, "exit");
  onTestFinished(() => void recorder.kill("SIGKILL"));
  await Promise.race([once(recorder.stdout, "data"), ended]);
  recorder.kill("SIGKILL");
  await ended;
  expect(recorder.signalCode).toBe("SIGKILL");
  const times = spawnSync("ffprobe", ["-v", "error", "-show_entries", "packet=pts_time", "-of", "csv=p=0", path], {
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  const last = Math.max(
    ...times.stdout
      .split("\n")
      .map((time) => Number.parseFloat(time))
      .filter(Number.isFinite),
  );
  expect(last).toBeGreaterThan(599);
  // ffmpeg may find the last frame cut off, and nothing else.
  const { status } = spawnSync("ffmpeg", ["-v", "error", "-i", path, "-map", "0", "-c", "copy", "-f", "null", "-"]);
  expect(status).toBe(0);
});
