// Programs that know nothing of p2p at the doors of `--whip` and `--whep`: one publishes at one end of a line, and one of the
// same stack plays it at the other, where it is recorded as well. They stand for OBS and others, which do the same by HTTP.
import { execFile } from "node:child_process";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { MediaStack } from "../support/foreign/peer.ts";
import { buildPion } from "../support/foreign/pion.ts";
import { aiortc, gstreamer } from "../support/foreign/python.ts";
import { clipPath } from "../support/media-clips.ts";
import { enter, leave } from "../support/media-door-client.ts";
import { connect, exits, people, removeFolder } from "../support/processes.ts";

/** Two programs start, and on a busy machine each takes its time. */
const PATIENCE_MS = 150_000;
/** Two seconds, or three of the clip. */
const ENOUGH = { video: 45, audio: 100 };
const LOOPED = ["-nostdin", "-v", "error", "-stream_loop", "119"];

const execute = promisify(execFile);
const { pion, remove } = await buildPion();
afterAll(remove);

let dir = "";
/** For programs that encode nothing: a key frame each second, as a file cannot answer who asks for one. */
const CLIPS = { audio: "theirs.ogg", video: "theirs.ivf" };
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "p2p-door-programs-"));
  // The clip of one second, again and again.
  const make = (name: string, ...args: string[]): Promise<unknown> =>
    execute("ffmpeg", [...LOOPED, "-i", clipPath("vp8-opus.webm"), "-c", "copy", ...args, join(dir, name)]);
  await make(CLIPS.video, "-an");
  await make(CLIPS.audio, "-vn", "-page_duration", "20000");
}, PATIENCE_MS);
afterAll(() => removeFolder(dir));

async function untilPlayed(viewer: MediaStack): Promise<void> {
  const deadlineMs = performance.now() + PATIENCE_MS;
  for (let got = await viewer.received(); ; got = await viewer.received()) {
    if (got.video >= ENOUGH.video && got.audio >= ENOUGH.audio) return;
    if (performance.now() > deadlineMs) throw new Error(`it has decoded ${JSON.stringify(got)} and no more`);
    await pause(200);
  }
}

/** Decoded frames in a recording. */
async function framesIn(path: string, stream: "v" | "a"): Promise<number> {
  const entries = ["-count_frames", "-show_entries", "stream=nb_read_frames", "-of", "csv=p=0", path];
  const { stdout, stderr } = await execute("ffprobe", ["-v", "error", "-select_streams", stream, ...entries]);
  expect(stderr).toBe("");
  return Number.parseInt(stdout, 10);
}

const STACKS: readonly { name: string; start: () => Promise<MediaStack> }[] = [pion, gstreamer, aiortc];

describe.each(STACKS)("$name", { timeout: 4 * PATIENCE_MS }, ({ start }) => {
  test("publishes at one end, and plays at the other", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const pair = await connect(
      { ann, bob },
      ["--json", "--whip", "0"],
      ["--json", "--whep", "0", "--record", "got.webm"],
    );
    const [whip, whep] = [await pair.ann.event("door"), await pair.bob.event("door")];
    const [publisher, viewer] = [await start(), await start()];
    t.onTestFinished(async () => {
      await publisher.close();
      await viewer.close();
    });
    await publisher.publish({ audio: join(dir, CLIPS.audio), video: join(dir, CLIPS.video) });
    const published = await enter(publisher, whip.url, whip.token);
    expect(published.text).toMatch(/^v=0/);
    await viewer.take();
    const played = await enter(viewer, whep.url, whep.token);
    expect(played.text).toMatch(/^v=0/);
    await untilPlayed(viewer);
    expect(await leave(published.url ?? "", whip.token)).toBe(200);
    const isOver = (kind: string): Promise<unknown> =>
      pair.bob.event("media", (event) => event.kind === kind && event.state === "stopped", PATIENCE_MS);
    await Promise.all([isOver("video"), isOver("audio")]);
    pair.ann.signal("SIGINT");
    expect(await exits(pair, PATIENCE_MS)).toEqual([130, 0]);
    const path = join(bob.dir, "got.webm");
    // The viewer counts what the recording may not have: what was under way at the end, and the first packet of Opus.
    expect(await framesIn(path, "v")).toBeGreaterThan(ENOUGH.video / 2);
    expect(await framesIn(path, "a")).toBeGreaterThan(ENOUGH.audio / 2);
  });
});
