// Sound and picture between the command and WebRTC programs that know nothing of p2p, both ways at once and in either role: they
// count what they have decoded of a clip, and ffprobe and ffmpeg what is in the recording of theirs.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, type TestContext, test } from "vitest";
import { chromium } from "../support/foreign/chromium.ts";
import { firefox } from "../support/foreign/firefox.ts";
import { startMediaWrtc } from "../support/foreign/media-stacks.ts";
import { type BareDescription, bareDescription, type MediaStack } from "../support/foreign/peer.ts";
import { buildPion } from "../support/foreign/pion.ts";
import { aiortc, gstreamer } from "../support/foreign/python.ts";
import {
  answer,
  offer,
  OWN_FILE,
  PEER_FILE,
  people,
  type Person,
  removeFolder,
  type Running,
} from "../support/processes.ts";

/** Two programs start, and on a busy machine each takes its time. */
const PATIENCE_MS = 150_000;
/** Two seconds of a clip that has thirty, and of what comes. */
const ENOUGH = { video: 50, audio: 100 };
const PICTURE = ["-f", "lavfi", "-i", "testsrc2=size=160x120:rate=25:duration=30"];
const SOUND = ["-f", "lavfi", "-i", "sine=sample_rate=48000:duration=30"];
/** A key frame each second, as a file cannot answer who asks for one. */
const VP8 = [
  "-c:v",
  "libvpx",
  "-deadline",
  "realtime",
  "-cpu-used",
  "8",
  "-b:v",
  "500k",
  "-g",
  "25",
  "-pix_fmt",
  "yuv420p",
];

const execute = promisify(execFile);
const { pion, remove } = await buildPion();
afterAll(remove);

let dir = "";
/** What we publish, and what is published by programs that encode nothing. */
const CLIPS = { ours: "ours.webm", audio: "theirs.ogg", video: "theirs.ivf" };
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "p2p-foreign-media-"));
  const make = (name: string, args: readonly string[]): Promise<unknown> =>
    execute("ffmpeg", ["-nostdin", "-v", "error", ...args, join(dir, name)]);
  await make(CLIPS.ours, [...PICTURE, ...SOUND, ...VP8, "-c:a", "libopus"]);
  const same = ["-i", join(dir, CLIPS.ours), "-c", "copy"];
  await make(CLIPS.video, [...same, "-an"]);
  // One packet a page.
  await make(CLIPS.audio, [...same, "-vn", "-page_duration", "20000"]);
}, 2 * PATIENCE_MS);
afterAll(() => removeFolder(dir));

async function writtenBy({ dir: folder }: Person, side: Running): Promise<string> {
  await side.until(() => existsSync(join(folder, OWN_FILE)), `${OWN_FILE} is written`, PATIENCE_MS);
  return readFile(join(folder, OWN_FILE), "utf8");
}

/** The command meets a program that sends and takes both kinds. */
async function meet(
  t: TestContext,
  foreign: MediaStack,
  role: "offer" | "answer",
  args: readonly string[],
): Promise<{ ann: Person; side: Running }> {
  const { ann } = await people(t, "ann");
  t.onTestFinished(() => foreign.close());
  await foreign.publish({ audio: join(dir, CLIPS.audio), video: join(dir, CLIPS.video) });
  const all = ["--json", "--publish", join(dir, CLIPS.ours), ...args];
  if (role === "offer") {
    const side = offer(ann, all);
    const theirs = await foreign.answer(bareDescription(await writtenBy(ann, side)));
    await writeFile(join(ann.dir, PEER_FILE), JSON.stringify(theirs));
    return { ann, side };
  }
  await writeFile(join(ann.dir, PEER_FILE), JSON.stringify(await foreign.offer()));
  const side = answer(ann, all);
  await foreign.accept(JSON.parse(await writtenBy(ann, side)) as BareDescription);
  return { ann, side };
}

type Counts = Awaited<ReturnType<MediaStack["received"]>>;

async function untilEnough(count: () => Promise<Counts>, what: string): Promise<void> {
  const deadlineMs = performance.now() + PATIENCE_MS;
  for (let got = await count(); got.video < ENOUGH.video || got.audio < ENOUGH.audio; got = await count()) {
    if (performance.now() > deadlineMs) throw new Error(`${what} ${JSON.stringify(got)} and no more`);
    await pause(200);
  }
}

/** What is in a file at any moment: of packets as many as are whole, of frames as many as can be decoded. */
async function countsIn(path: string, what: "packets" | "frames"): Promise<Counts & { complaints: string }> {
  const entries = `stream=codec_type,nb_read_${what}`;
  const args = ["-v", "error", `-count_${what}`, "-show_entries", entries, "-of", "csv=p=0", path];
  // There is no file before the first key frame.
  const { stdout, stderr } = await execute("ffprobe", args).catch((error: Error) => ({
    stdout: "",
    stderr: error.message,
  }));
  const count = (kind: string): number => Number(new RegExp(`^${kind},(\\d+)`, "m").exec(stdout)?.[1] ?? 0);
  return { video: count("video"), audio: count("audio"), complaints: stderr };
}

async function expectBothWays(
  t: TestContext,
  foreign: MediaStack,
  role: "offer" | "answer",
  name: string,
  args: readonly string[] = [],
): Promise<string[]> {
  const { ann, side } = await meet(t, foreign, role, ["--record", name, ...args]);
  const path = join(ann.dir, name);
  await untilEnough(() => foreign.received(), "it has decoded");
  await untilEnough(() => countsIn(path, "packets"), "there are recorded");
  side.signal("SIGINT");
  expect(await side.exit(PATIENCE_MS)).toBe(130);
  expect(side.stderr).not.toContain("it also wants");
  expect(side.eventsOf("recorded").map((event) => event.path)).toEqual([path]);
  const decoded = await countsIn(path, "frames");
  expect(decoded.complaints).toBe("");
  expect([decoded.video >= ENOUGH.video, decoded.audio >= ENOUGH.audio]).toEqual([true, true]);
  return side
    .eventsOf("media")
    .flatMap(({ direction, codec, state }) => (direction === "receive" && state === "started" ? [codec] : []));
}

const STACKS: readonly { name: string; start: () => Promise<MediaStack> }[] = [
  { name: "libwebrtc", start: () => Promise.resolve(startMediaWrtc()) },
  aiortc,
  gstreamer,
  pion,
  chromium,
  firefox,
];

describe.concurrent("both ways at once", { timeout: 3 * PATIENCE_MS }, () => {
  test.for(STACKS.flatMap(({ name, start }) => (["offer", "answer"] as const).map((role) => ({ name, start, role }))))(
    "$name, we make the $role",
    async ({ start, role }, t) => {
      const codecs = await expectBothWays(t, await start(), role, "got.webm");
      expect(codecs.toSorted()).toEqual(["opus", expect.stringMatching(/^vp[89]$/)]);
    },
  );

  test("H.264 of Chromium in an MP4", async (t) => {
    const codecs = await expectBothWays(t, await chromium.start(), "answer", "got.mp4");
    expect(codecs.toSorted()).toEqual(["h264", "opus"]);
  });
});
