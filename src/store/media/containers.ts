// Which codecs each kind of file holds: what can be published from it, and what can be recorded into it. The tables of
// docs/media.md are these (test/unit/store/media/containers.test.ts).
import type { CodecName, MediaKind } from "../../lib/codecs.ts";

export type PublishedContainer = "webm" | "mkv" | "mp4" | "ogg" | "ivf" | "wav";
export type RecordedContainer = "webm" | "mkv" | "mp4" | "ogg" | "wav";

/** What is taken from each kind of file. */
export const PUBLISHED: Readonly<Record<PublishedContainer, readonly CodecName[]>> = {
  webm: ["vp8", "vp9", "av1", "opus"],
  mkv: ["vp8", "vp9", "h264", "av1", "opus"],
  mp4: ["vp9", "h264", "av1", "opus"],
  ogg: ["opus"],
  ivf: ["vp8", "vp9", "h264", "av1"],
  wav: ["pcmu", "pcma"],
};

/** What is written into each kind of file, best first: what every receiver has comes before what needs less room. */
export const RECORDED: Readonly<Record<RecordedContainer, Readonly<Record<MediaKind, readonly CodecName[]>>>> = {
  webm: { video: ["vp8", "vp9", "av1"], audio: ["opus"] },
  mkv: { video: ["vp8", "vp9", "h264", "av1"], audio: ["opus", "pcmu", "pcma"] },
  mp4: { video: ["h264", "vp9", "av1"], audio: ["opus"] },
  ogg: { video: [], audio: ["opus"] },
  wav: { video: [], audio: ["pcmu", "pcma"] },
};

const BY_ENDING: Readonly<Record<string, RecordedContainer>> = {
  webm: "webm",
  mkv: "mkv",
  mka: "mkv",
  mp4: "mp4",
  m4a: "mp4",
  ogg: "ogg",
  opus: "ogg",
  wav: "wav",
};

/** stdout holds every codec, in a file that needs no end. */
const OF_STDOUT: RecordedContainer = "mkv";

/**
 * The kind of file that a name given to `--record` asks for.
 * @param name - a path, or `-` for stdout
 * @returns undefined where its ending says none
 */
export function recordedContainer(name: string): RecordedContainer | undefined {
  if (name === "-") return OF_STDOUT;
  const ending = /\.([a-z0-9]+)$/i.exec(name)?.[1] ?? "";
  return Object.hasOwn(BY_ENDING, ending.toLowerCase()) ? BY_ENDING[ending.toLowerCase()] : undefined;
}

/** The kinds of files that hold a codec, as endings of names. */
export function endingsFor(codec: CodecName): string[] {
  const kinds = Object.entries(RECORDED).filter(([, { audio, video }]) => [...audio, ...video].includes(codec));
  return kinds.map(([ending]) => `.${ending}`);
}
