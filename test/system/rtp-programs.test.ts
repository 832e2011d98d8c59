// `--rtp-in` and `--rtp-out` with ffmpeg and GStreamer in the place of encoders and players: what they send is recorded over
// there, and what is published there gets to them, frame by frame.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync } from "node:fs";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, type TestContext } from "vitest";
import type { EncodedFrame } from "../../src/media/frame.ts";
import { NAL_IDR, nalType, nalUnitsOf } from "../../src/store/media/h264.ts";
import { openMediaSource } from "../../src/store/media/media-files.ts";
import { startMediaWrtc } from "../support/foreign/media-stacks.ts";
import { bareDescription } from "../support/foreign/peer.ts";
import { framesOf } from "../support/media-clips.ts";
import {
  answer,
  carry,
  connect,
  exits,
  offer,
  OWN_FILE,
  type Pair,
  PEER_FILE,
  people,
  type Person,
  removeFolder,
  type Running,
} from "../support/processes.ts";
import { eventually, isListening, rtpPort, startProgram } from "../support/rtp-programs.ts";

const SECONDS = 5;
const RATE = 25;
/** Of these none may be missing; more than they come, so that nothing depends on how the end is cut. */
const COMPARED = { video: 3 * RATE, audio: 150 };
const SDP = "p2p.sdp";
/** Of sockets of other programs, so that a busy machine drops nothing. */
const BUFFER_BYTES = 2_000_000;
/** What takes ten seconds on a quiet machine. */
const LONG_MS = 180_000;
/** Times of a recording may differ by so much from those of what was sent. */
const MAX_APART_US = 100_000;

let dir = "";
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "p2p-rtp-"));
});
afterAll(() => removeFolder(dir));

interface Ports {
  video: number;
  audio: number;
}

/** A clip with pictures of H.264, a key frame each second, and Opus. */
function makeClip(): string {
  const path = join(dir, "clip.mkv");
  if (existsSync(path)) return path;
  const inputs = [`testsrc2=size=160x120:rate=${RATE}:duration=${SECONDS}`, `sine=duration=${SECONDS}`];
  const pictures = [
    "-c:v",
    "libx264",
    "-bf",
    "0",
    "-preset",
    "ultrafast",
    "-crf",
    "32",
    "-g",
    `${RATE}`,
    "-pix_fmt",
    "yuv420p",
  ];
  const from = inputs.flatMap((input) => ["-f", "lavfi", "-i", input]);
  const { status, stderr } = spawnSync("ffmpeg", ["-v", "error", ...from, ...pictures, "-c:a", "libopus", path]);
  if (status !== 0) throw new Error(`ffmpeg makes no clip: ${String(stderr)}`);
  return path;
}

interface Tracks {
  video: EncodedFrame[];
  audio: EncodedFrame[];
}

async function tracksOf(path: string): Promise<Tracks> {
  const source = await openMediaSource(path);
  const frames = await framesOf(source);
  const of = (kind: "audio" | "video"): EncodedFrame[] =>
    frames[source.tracks.findIndex((track) => track.kind === kind)] ?? [];
  return { video: of("video"), audio: of("audio") };
}

/** What a frame has, in few words: of H.264 its pictures, whose parameters programs repeat or not, of others all. */
function payloadOf({ bytes }: EncodedFrame, isH264: boolean): string {
  const units = isH264 ? nalUnitsOf(bytes).filter((unit) => [1, NAL_IDR].includes(nalType(unit))) : [bytes];
  const hash = createHash("sha256");
  for (const unit of units) hash.update(unit);
  return `${units.length} of ${units.reduce((sum, unit) => sum + unit.length, 0)}: ${hash.digest("hex").slice(0, 16)}`;
}

interface Comparison {
  isH264?: boolean;
  /** A program that notes when a packet arrived, and not what its time stamp says, keeps the times of a busy machine. */
  isTimed?: boolean;
}

function expectSame(got: Tracks, wanted: Tracks, { isH264 = false, isTimed = true }: Comparison): void {
  for (const kind of ["video", "audio"] as const) {
    const frames = wanted[kind].slice(0, COMPARED[kind]);
    expect(frames).toHaveLength(COMPARED[kind]);
    const same = got[kind].slice(0, COMPARED[kind]);
    const payload = (frame: EncodedFrame): string => payloadOf(frame, isH264 && kind === "video");
    expect(same.map(payload)).toEqual(frames.map(payload));
    const [zero = 0, gotZero = 0] = [frames[0]?.timestampUs, same[0]?.timestampUs];
    const apart = frames.map(({ timestampUs }, at) =>
      Math.abs((same[at]?.timestampUs ?? 0) - gotZero - (timestampUs - zero)),
    );
    if (isTimed) expect(Math.max(...apart)).toBeLessThan(MAX_APART_US);
  }
}

/** Waits until so much of a file that is being written can be read that it can be compared. @returns what is read */
async function enoughOf(path: string): Promise<Tracks> {
  const copy = `${path}.copy`;
  let tracks: Tracks = { video: [], audio: [] };
  await eventually(
    async () => {
      copyFileSync(path, copy);
      tracks = await tracksOf(copy);
      return tracks.video.length > COMPARED.video && tracks.audio.length > COMPARED.audio;
    },
    () => `${path} has enough frames: ${tracks.video.length} pictures and ${tracks.audio.length} packets of sound`,
    LONG_MS,
  );
  return tracks;
}

async function saysSending({ ann }: Pair): Promise<void> {
  await ann.says(/sending picture/);
  await ann.says(/sending sound/);
}

test("what ffmpeg sends is recorded over there as it was", { timeout: 2 * LONG_MS }, async (t) => {
  const { ann, bob } = await people(t, "ann", "bob");
  const [video, audio] = [await rtpPort(), await rtpPort()];
  const takes = ["--rtp-in", `video=127.0.0.1:${video}/h264`, "--rtp-in", `audio=127.0.0.1:${audio}`];
  const pair = await connect({ ann, bob }, takes, ["--record", "got.mkv"]);
  await pair.ann.says(new RegExp(`waiting for picture \\(H\\.264\\) as RTP at 127\\.0\\.0\\.1:${video}`));
  await saysSending(pair);
  const sender = startProgram(
    t,
    "ffmpeg",
    `-v error -re -i ${makeClip()} -map 0:v -c copy -bsf:v h264_mp4toannexb -f rtp rtp://127.0.0.1:${video} ` +
      `-map 0:a -c copy -f rtp rtp://127.0.0.1:${audio}`,
  );
  const path = join(bob.dir, "got.mkv");
  await enoughOf(path);
  expect(await sender.exit()).toBe(0);
  pair.ann.signal("SIGINT");
  expect(await exits(pair)).toEqual([130, 0]);
  expectSame(await tracksOf(path), await tracksOf(makeClip()), { isH264: true });
});

function ffmpegReader(t: TestContext, description: string, path: string): Running {
  return startProgram(
    t,
    "ffmpeg",
    `-v error -protocol_whitelist file,udp,rtp -buffer_size ${BUFFER_BYTES} -i ${description} ` +
      `-c copy -flush_packets 1 -cluster_time_limit 100 ${path}`,
  );
}

/** Starts the answering side first: what it gives is described before anything is paired. */
async function meet(
  { ann, bob }: { ann: Person; bob: Person },
  annArgs: readonly string[],
  bobArgs: readonly string[],
  ready: () => Promise<void>,
): Promise<Pair> {
  const answering = answer(bob, bobArgs);
  await answering.until(() => existsSync(join(bob.dir, SDP)), `${SDP} is written`);
  await ready();
  const offering = offer(ann, annArgs);
  await carry(ann, bob);
  await answering.until(() => existsSync(join(bob.dir, OWN_FILE)), `${OWN_FILE} is written`);
  await carry(bob, ann);
  return { ann: offering, bob: answering };
}

test("ffmpeg reads by the description what is published over there", { timeout: 2 * LONG_MS }, async (t) => {
  const { ann, bob } = await people(t, "ann", "bob");
  const [video, audio] = [await rtpPort(), await rtpPort()];
  const gives = ["--rtp-out", `video=127.0.0.1:${video}/h264`, "--rtp-out", `audio=127.0.0.1:${audio}/opus`];
  const path = join(bob.dir, "got.mkv");
  const pair = await meet({ ann, bob }, ["--publish", makeClip()], gives, async () => {
    const reader = ffmpegReader(t, join(bob.dir, SDP), path);
    await isListening(reader, video, audio);
  });
  // A clip ends, and so does what was published for its sake.
  expect(await exits(pair)).toEqual([0, 0]);
  expectSame(await enoughOf(path), await tracksOf(makeClip()), { isH264: true });
});

/** A live picture of VP8 and a tone, kept in a file as they are sent. */
function gstreamerSender(t: TestContext, kept: string, { video, audio }: Ports): Running {
  const picture = `videotestsrc is-live=true pattern=ball ! video/x-raw,width=160,height=120,framerate=${RATE}/1`;
  const sink = (port: number): string => `udpsink host=127.0.0.1 port=${port}`;
  return startProgram(
    t,
    "gst-launch-1.0",
    `-q -e matroskamux name=kept ! filesink location=${kept} ` +
      `${picture} ! vp8enc deadline=1 keyframe-max-dist=${RATE} target-bitrate=100000 ! tee name=v ! queue ! kept. ` +
      `v. ! queue ! rtpvp8pay pt=96 ! ${sink(video)} ` +
      "audiotestsrc is-live=true ! audio/x-raw,rate=48000,channels=2 ! opusenc ! tee name=a ! queue ! kept. " +
      `a. ! queue ! rtpopuspay pt=111 ! ${sink(audio)}`,
  );
}

function gstreamerReceiver(t: TestContext, path: string, { video, audio }: Ports): Running {
  const from = (port: number, caps: string): string =>
    `udpsrc address=127.0.0.1 port=${port} buffer-size=${BUFFER_BYTES} caps=application/x-rtp,${caps}`;
  return startProgram(
    t,
    "gst-launch-1.0",
    `-q -e matroskamux name=got ! filesink location=${path} ` +
      `${from(video, "media=video,encoding-name=VP8,clock-rate=90000,payload=96")} ! rtpvp8depay ! queue ! got. ` +
      `${from(audio, "media=audio,encoding-name=OPUS,clock-rate=48000,payload=111")} ! rtpopusdepay ! queue ! got.`,
  );
}

const twoPorts = async (): Promise<Ports> => ({ video: await rtpPort(), audio: await rtpPort() });

const places = (option: string, { video, audio }: Ports): string[] => [
  option,
  `video=127.0.0.1:${video}/vp8`,
  option,
  `audio=127.0.0.1:${audio}/opus`,
];

test("GStreamer at both ends: from its encoder to its file", { timeout: 2 * LONG_MS }, async (t) => {
  const { ann, bob } = await people(t, "ann", "bob");
  const [taken, given] = [await twoPorts(), await twoPorts()];
  const [sent, got] = [join(ann.dir, "sent.mkv"), join(bob.dir, "got.mkv")];
  let receiver: Running | undefined;
  const pair = await meet({ ann, bob }, places("--rtp-in", taken), places("--rtp-out", given), async () => {
    receiver = gstreamerReceiver(t, got, given);
    await isListening(receiver, given.video, given.audio);
  });
  await saysSending(pair);
  const sender = gstreamerSender(t, sent, taken);
  await enoughOf(got);
  for (const program of [sender, receiver]) {
    program?.signal("SIGINT");
    await program?.exit();
  }
  pair.ann.signal("SIGINT");
  expect(await exits(pair)).toEqual([130, 0]);
  expectSame(await tracksOf(got), await tracksOf(sent), { isTimed: false });
});

test("between programs of this computer and one that knows nothing of p2p", { timeout: 2 * LONG_MS }, async (t) => {
  const { ann } = await people(t, "ann");
  const [taken, given] = [await twoPorts(), await twoPorts()];
  const side = offer(ann, [...places("--rtp-in", taken), ...places("--rtp-out", given)]);
  await side.until(() => existsSync(join(ann.dir, OWN_FILE)), `${OWN_FILE} is written`);
  const got = join(ann.dir, "got.mkv");
  const reader = ffmpegReader(t, join(ann.dir, SDP), got);
  await isListening(reader, given.video, given.audio);
  const foreign = startMediaWrtc();
  t.onTestFinished(() => foreign.close());
  await foreign.publish({ audio: "", video: "" });
  const theirs = await foreign.answer(bareDescription(await readFile(join(ann.dir, OWN_FILE), "utf8")));
  await writeFile(join(ann.dir, PEER_FILE), JSON.stringify(theirs));
  await side.says(/sending picture/);
  await side.says(/sending sound/);
  gstreamerSender(t, join(ann.dir, "sent.mkv"), taken);
  await enoughOf(got);
  await eventually(
    async () => {
      const { video, audio } = await foreign.received();
      return video > COMPARED.video && audio > COMPARED.audio;
    },
    () => "it has played enough",
    LONG_MS,
  );
});
