// `--publish` and `--record` between real processes: what is recorded is what was published, frame by frame; who is told
// what; and a recording that is cut off at any moment can be read.
import { existsSync, readdirSync, statSync } from "node:fs";
import { copyFile, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { describe, expect, test, type TestContext } from "vitest";
import type { EncodedFrame } from "../../src/media/frame.ts";
import { openMediaSource } from "../../src/store/media/media-files.ts";
import { clipPath, framesOf as allFramesOf } from "../support/media-clips.ts";
import {
  answer,
  carry,
  connect,
  exits,
  offer,
  OWN_FILE,
  type Pair,
  people,
  type Person,
} from "../support/processes.ts";
import { randomFile } from "../support/trees.ts";

/** A picture of VP8 and a sound of Opus, one second. */
const CLIP = "vp8-opus.webm";

/** The frames of a file by codec. */
async function framesOf(path: string): Promise<Record<string, EncodedFrame[]>> {
  const source = await openMediaSource(path);
  const frames = await allFramesOf(source);
  return Object.fromEntries(source.tracks.map(({ codec }, index) => [codec, frames[index] ?? []]));
}

const STARTED_AND_STOPPED = ["media started", "media started", "media stopped", "media stopped"];

const textOf = ({ bytes }: EncodedFrame): string => Buffer.from(bytes).toString("base64");

/** Every frame is there, and as far from the first one as it was. */
async function expectSame(recorded: string, published: string): Promise<void> {
  const [got, wanted] = [await framesOf(recorded), await framesOf(published)];
  expect(Object.keys(got).toSorted()).toEqual(Object.keys(wanted).toSorted());
  for (const [codec, frames] of Object.entries(wanted)) {
    expect(got[codec]?.map(textOf)).toEqual(frames.map(textOf));
    const [start = 0, gotStart = 0] = [frames[0]?.timestampUs, got[codec]?.[0]?.timestampUs];
    const apart = frames.map(({ timestampUs }, at) => {
      const gotUs = got[codec]?.[at]?.timestampUs ?? Number.NaN;
      return Math.abs(gotUs - gotStart - (timestampUs - start));
    });
    expect(Math.max(...apart)).toBeLessThan(100_000);
  }
}

async function withClip(person: Person, clip = CLIP): Promise<string> {
  await copyFile(clipPath(clip), join(person.dir, clip));
  return clip;
}

test("a clip is recorded over there as it is, and both end by themselves", async (t) => {
  const { ann, bob } = await people(t, "ann", "bob");
  const pair = await connect({ ann, bob }, ["--publish", await withClip(ann)], ["--record", "got.webm"]);
  expect(await exits(pair)).toEqual([0, 0]);
  await expectSame(join(bob.dir, "got.webm"), clipPath(CLIP));
  expect(pair.ann.stderr).toMatch(/the other side records what you publish/);
  expect(pair.ann.stderr).toMatch(/sending picture \(VP8\)/);
  expect(pair.bob.stderr).toMatch(/recorded .*got\.webm, [\d.]+ KiB/);
});

test("both directions at once, with events and a file beside", async (t) => {
  const { ann, bob } = await people(t, "ann", "bob");
  await randomFile(join(ann.dir, "big.bin"), 3_000_000);
  const pair = await connect(
    { ann, bob },
    ["--json", "--publish", await withClip(ann), "--record", "from-bob.mkv", "big.bin"],
    ["--json", "-y", "--publish", await withClip(bob, "vp9.webm"), "--record", "from-ann.webm"],
  );
  expect(await exits(pair)).toEqual([0, 0]);
  await expectSame(join(bob.dir, "from-ann.webm"), clipPath(CLIP));
  await expectSame(join(ann.dir, "from-bob.mkv"), clipPath("vp9.webm"));
  expect((await stat(join(bob.dir, "big.bin"))).size).toBe(3_000_000);
  const told = (running: typeof pair.ann): string[] =>
    running
      .eventsOf("media")
      .map(({ direction, codec, state }) => `${direction} ${codec} ${state}`)
      .toSorted();
  for (const [side, path] of [
    [pair.ann, join(ann.dir, "from-bob.mkv")],
    [pair.bob, join(bob.dir, "from-ann.webm")],
  ] as const) {
    const [recorded, ...others] = side.eventsOf("recorded");
    expect(recorded).toMatchObject({ bytes: (await stat(path)).size, path });
    expect(others).toEqual([]);
    expect(side.events.at(-1)?.event).toBe("closed");
  }
  expect(told(pair.ann)).toEqual([
    "receive vp9 started",
    "receive vp9 stopped",
    "send opus started",
    "send opus stopped",
    "send vp8 started",
    "send vp8 stopped",
  ]);
  expect(told(pair.bob)).toEqual([
    "receive opus started",
    "receive opus stopped",
    "receive vp8 started",
    "receive vp8 stopped",
    "send vp9 started",
    "send vp9 stopped",
  ]);
});

test("from a pipe into a pipe", async (t) => {
  const { ann, bob } = await people(t, "ann", "bob");
  const pair = {
    ann: offer(ann, ["--publish", "-"], { stdin: "pipe" }),
    bob: answer(bob, ["--record", "-"], { stdout: "stream" }),
  };
  const recorded = buffer(pair.bob.output);
  // What it is shows before anything is paired.
  await pair.ann.says(/waiting for sound and picture on stdin/, 60_000);
  expect(readdirSync(ann.dir)).toEqual([]);
  pair.ann.type(await readFile(clipPath(CLIP)));
  pair.ann.endInput();
  await carry(ann, bob);
  await carry(bob, ann);
  expect(await exits(pair)).toEqual([0, 0]);
  await writeFile(join(bob.dir, "got.mkv"), await recorded);
  await expectSame(join(bob.dir, "got.mkv"), clipPath(CLIP));
  expect(pair.bob.stderr).toMatch(/recorded to stdout, [\d.]+ KiB/);
});

/** Ann publishes and Bob records, once both have compared the string, which each is shown. */
async function comparing(t: TestContext): Promise<{ pair: Pair; bob: Person; words: { ann: string; bob: string } }> {
  const { ann, bob } = await people(t, "ann", "bob");
  const verify = ["--json", "--no-chat", "--verify-expect", "-"];
  const pair = await connect(
    { ann, bob },
    [...verify, "--publish", await withClip(ann)],
    [...verify, "--record", "got.webm"],
    { ann: { stdin: "pipe" }, bob: { stdin: "pipe" } },
  );
  const [ofAnn, ofBob] = await Promise.all([pair.ann.event("verify"), pair.bob.event("verify")]);
  return { pair, bob, words: { ann: ofAnn.words, bob: ofBob.words } };
}

test("nothing is sent or recorded before both have compared the string", async (t) => {
  const { pair, bob, words } = await comparing(t);
  pair.ann.type(`${words.bob}\n`);
  pair.bob.type(`${words.ann}\n`);
  expect(await exits(pair)).toEqual([0, 0]);
  for (const side of [pair.ann, pair.bob]) {
    const told = side.events.flatMap(({ event, ...rest }) =>
      event === "media" || event === "verify" ? [`${event} ${(rest as { state: string }).state}`] : [],
    );
    expect(told).toEqual(["verify shown", "verify agreed", ...STARTED_AND_STOPPED]);
  }
  await expectSame(join(bob.dir, "got.webm"), clipPath(CLIP));
});

test("who does not agree to the string sends nothing, and leaves no recording", async (t) => {
  const { pair, bob, words } = await comparing(t);
  pair.bob.type(`${words.ann}\n`);
  pair.ann.type("0000000000\n");
  expect(await exits(pair)).toEqual([3, 3]);
  for (const side of [pair.ann, pair.bob]) {
    expect(side.eventsOf("media").filter(({ state }) => state !== "failed")).toEqual([]);
  }
  expect(readdirSync(bob.dir)).not.toContain("got.webm");
});

test("towards a side that records nothing nothing is sent, and that is told", async (t) => {
  const { ann, bob } = await people(t, "ann", "bob");
  const pair = await connect({ ann, bob }, ["--json", "--publish", await withClip(ann)], ["--json", "--no-chat"]);
  expect(await exits(pair)).toEqual([7, 0]);
  expect(pair.ann.eventsOf("media").map(({ state }) => state)).toEqual(["failed", "failed"]);
  expect(pair.ann.eventsOf("error").map(({ code }) => code)).toEqual(["MEDIA_DECLINED"]);
  expect(pair.bob.eventsOf("media")).toEqual([]);
});

test("a recording of sound alone takes the sound alone", async (t) => {
  const { ann, bob } = await people(t, "ann", "bob");
  const records = ["--json", "--record", "got.ogg"];
  const pair = await connect({ ann, bob }, ["--json", "--publish", await withClip(ann)], records);
  expect(await exits(pair)).toEqual([7, 0]);
  expect(pair.bob.eventsOf("not-recorded")).toMatchObject([{ kind: "video", why: "codec" }]);
  const [got, wanted] = [await framesOf(join(bob.dir, "got.ogg")), await framesOf(clipPath(CLIP))];
  expect(got["opus"]?.map(textOf)).toEqual(wanted["opus"]?.map(textOf));
});

describe("a recording of what never ends", () => {
  /** Bob records Ann's test picture, and some of it is in the file. */
  async function recording(t: TestContext): Promise<{ pair: Pair; path: string }> {
    const { ann, bob } = await people(t, "ann", "bob");
    const pair = await connect({ ann, bob }, ["--publish", "test:"], ["--record", "got.webm"]);
    const path = join(bob.dir, "got.webm");
    await pair.bob.says(/receiving picture \(VP8\)/);
    await pair.bob.until(() => existsSync(path) && statSync(path).size > 20_000, "some of it is on the disk");
    return { pair, path };
  }

  async function expectPlayable(path: string): Promise<void> {
    const { vp8 = [], opus = [] } = await framesOf(path);
    expect(vp8.length).toBeGreaterThan(5);
    expect(opus.length).toBeGreaterThan(5);
    expect(vp8[0]?.isKey).toBe(true);
  }

  test("is whole after Ctrl-C, and the other side is told", async (t) => {
    const { pair, path } = await recording(t);
    pair.bob.signal("SIGINT");
    expect(await exits(pair)).toEqual([7, 130]);
    expect(pair.bob.stderr).toMatch(/recorded .*got\.webm/);
    expect(pair.ann.stderr).toMatch(/the other side left before the end/);
    await expectPlayable(path);
  });

  test("is whole after Ctrl-C over there", async (t) => {
    const { pair, path } = await recording(t);
    pair.ann.signal("SIGINT");
    expect(await exits(pair)).toEqual([130, 0]);
    await expectPlayable(path);
  });

  test("can be read after its program was killed", async (t) => {
    const { pair, path } = await recording(t);
    await pair.bob.kill();
    await expectPlayable(path);
    await pair.ann.kill();
  });

  test("can be read after the other side was killed", async (t) => {
    const { pair, path } = await recording(t);
    await pair.ann.kill();
    expect(await pair.bob.exit()).toBe(3);
    await expectPlayable(path);
  });
});

describe("before anything is written", () => {
  test.for<[string, string[], number, RegExp]>([
    ["a file that is not there", ["--publish", "gone.webm"], 8, /PATH_MISSING/],
    ["a file that is none", ["--publish", "."], 8, /p2p: error: /],
    ["a clip with B-frames", ["--publish", clipPath("h264-b-frames.mp4")], 8, /MEDIA_UNSUPPORTED/],
    ["a name that says nothing", ["--record", "x.avi"], 2, /MEDIA_NAME_UNKNOWN/],
    ["a codec that the file cannot hold", ["--record", "x.ogg", "--codec", "video=h264"], 2, /MEDIA_PAIR_IMPOSSIBLE/],
    ["no codec", ["--codec", "video=opus"], 2, /names no codec of its kind/],
    ["the name of our file", ["--record", "./x.webm", "--out", "x.webm"], 2, /contradict/],
    ["stdout twice", ["--record", "-", "-o", "-"], 2, /both want stdout/],
    ["events and a recording on stdout", ["--record", "-", "--json"], 2, /both want stdout/],
    ["stdin twice", ["--publish", "-", "--publish", "-"], 2, /both want stdin/],
    ["stdin for two things", ["--publish", "-", "-"], 2, /both want stdin/],
    ["too many tracks", Array.from({ length: 5 }, () => ["--publish", "test:"]).flat(), 2, /more tracks \(10\)/],
  ])("%s is told", async ([_what, args, exit, says], t) => {
    const { ann } = await people(t, "ann");
    const running = offer(ann, args);
    expect(await running.exit()).toBe(exit);
    expect(running.stderr).toMatch(says);
    expect(readdirSync(ann.dir)).toEqual([]);
  });

  test("a recording that is there is not replaced, unless that was said", async (t) => {
    const { ann } = await people(t, "ann");
    await writeFile(join(ann.dir, "x.webm"), "mine");
    const running = offer(ann, ["--record", "x.webm", "-y"]);
    expect(await running.exit()).toBe(8);
    expect(running.stderr).toMatch(/RECORDING_EXISTS/);
    expect(readdirSync(ann.dir)).toEqual(["x.webm"]);
  });

  test("a recording of nobody leaves no file", async (t) => {
    const { ann } = await people(t, "ann");
    const running = offer(ann, ["--record", "x.webm"]);
    await running.until(() => existsSync(join(ann.dir, OWN_FILE)), "our file is written");
    running.signal("SIGINT");
    expect(await running.exit()).toBe(130);
    expect(readdirSync(ann.dir)).not.toContain("x.webm");
  });
});
