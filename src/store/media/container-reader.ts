// WebM, Matroska, MP4 and Ogg, by mediabunny, which no other file imports: one picture track and one of sound, in the
// forms that are sent. It takes what can be sent as it is, and says of everything else what it is.
import {
  CustomSource,
  EncodedPacketSink,
  Input,
  type InputAudioTrack,
  type InputTrack,
  type InputVideoTrack,
  MATROSKA,
  MP4,
  OGG,
  QTFF,
  ReadableStreamSource,
  WEBM,
} from "mediabunny";
import { CODECS, type CodecName, type MediaKind } from "../../lib/codecs.ts";
import { P2pError } from "../../lib/errors/p2p-error.ts";
import type { MediaFlaw } from "../../lib/errors/params.ts";
import type { EncodedFrame, TrackFormat } from "../../media/frame.ts";
import { av1Frames, h264Frames, opusFrames, spsOf, vp9Frames } from "./frame-forms.ts";
import { type AvcConfig, nalUnitsOf, readAvcConfig } from "./h264.ts";
import type { MediaInput } from "./media-input.ts";
import { inOrder, readAhead, type TrackReader } from "./track-reader.ts";

type Frames = AsyncGenerator<EncodedFrame, void>;

/** By mediabunny's names. */
const BY_NAME: Readonly<Record<string, CodecName>> = {
  vp8: "vp8",
  vp9: "vp9",
  avc: "h264",
  av1: "av1",
  opus: "opus",
};

/** Encoders use B-frames from the first second on: they are looked for in as many pictures as a second has. */
const LOOKED_AT = 32;
const MAX_CHANNELS = 2;

export interface OpenContainer {
  readonly readers: readonly TrackReader[];
  close(): void;
}

/**
 * Reads what tracks there are, and the first frame of each.
 * @param name - of the file, as given
 * @throws P2pError MEDIA_UNREADABLE, MEDIA_UNSUPPORTED
 */
export async function openContainer(input: MediaInput, name: string): Promise<OpenContainer> {
  const opened = new Input({ formats: [WEBM, MATROSKA, MP4, QTFF, OGG], source: sourceOf(input) });
  try {
    if (!(await isKnown(opened))) throw new P2pError("MEDIA_UNREADABLE", { name, why: "unknown" });
    const readers = [
      await sentTrack(await opened.getVideoTracks(), name, videoReader),
      await sentTrack(await opened.getAudioTracks(), name, audioReader),
    ].filter((reader) => reader !== undefined);
    if (readers.length === 0) throw unsupported(name, { kind: "no-tracks" });
    return { readers, close: () => opened.dispose() };
  } catch (error) {
    opened.dispose();
    throw told(error, name);
  }
}

/** A file of a few bytes is none of those that are known. */
async function isKnown(opened: Input): Promise<boolean> {
  try {
    return await opened.canRead();
  } catch (error) {
    if (error instanceof P2pError) throw error;
    return false;
  }
}

/** What the library says of a damaged file is for programmers. */
function told(error: unknown, name: string): P2pError {
  if (error instanceof P2pError) return error;
  return new P2pError("MEDIA_UNREADABLE", { name, why: "damaged" }, { cause: error });
}

function unsupported(name: string, found: MediaFlaw): P2pError {
  return new P2pError("MEDIA_UNSUPPORTED", { name, found });
}

function sourceOf(input: MediaInput): CustomSource | ReadableStreamSource {
  const { random } = input;
  if (random === undefined) return new ReadableStreamSource(ReadableStream.from(input.stream()));
  return new CustomSource({
    getSize: () => random.bytes,
    read: async (from, to) => await random.read(from, to),
    prefetchProfile: "fileSystem",
    // A failure before anybody has asked is met again by who asks.
    handleUnhandledError: () => {},
  });
}

/**
 * The first track of a kind that can be sent.
 * @returns undefined where there is none of this kind
 * @throws P2pError MEDIA_UNSUPPORTED where there are some, and none can be sent
 */
async function sentTrack<T extends InputTrack>(
  tracks: readonly T[],
  name: string,
  read: (track: T, codec: CodecName, name: string) => Promise<TrackReader>,
): Promise<TrackReader | undefined> {
  const [first] = tracks;
  if (first === undefined) return undefined;
  for (const track of tracks) {
    const codec = BY_NAME[(await track.getCodec()) ?? ""];
    if (codec !== undefined) return await read(track, codec, name);
  }
  const of: MediaKind = first.isVideoTrack() ? "video" : "audio";
  throw unsupported(name, { kind: "codec", of, codec: await codecText(first) });
}

/** The codec as the file or the library names it, for a sentence. */
async function codecText(track: InputTrack): Promise<string> {
  const known = await track.getCodec();
  const inside = known ?? (await track.getInternalCodecId());
  if (typeof inside === "string" && inside !== "") return inside.slice(0, 32).toUpperCase();
  return typeof inside === "number" ? `0x${inside.toString(16)}` : "?";
}

async function videoReader(track: InputVideoTrack, codec: CodecName, name: string): Promise<TrackReader> {
  const format = { kind: "video", codec, clockRate: CODECS[codec].clockRate } as const;
  const size = { width: await track.getCodedWidth(), height: await track.getCodedHeight() };
  const packets = inOrder(framesOf(track, name), name);
  if (codec === "h264") return await h264Reader(track, { ...format, ...size }, packets, name);
  const formed = codec === "vp9" ? vp9Frames(packets, name) : codec === "av1" ? av1Frames(packets, name) : packets;
  return { format: { ...format, ...size }, frames: await readAhead(formed, 1) };
}

async function h264Reader(
  track: InputVideoTrack,
  format: TrackFormat,
  packets: Frames,
  name: string,
): Promise<TrackReader> {
  const record = (await track.getDecoderConfig())?.description;
  const config: AvcConfig | undefined = record === undefined ? undefined : readAvcConfig(bytesOf(record));
  const first = await readAhead(h264Frames(packets, name, config), 1);
  const { value: frame } = await first.next();
  if (!frame) throw unsupported(name, { kind: "no-tracks" });
  const facts = spsOf([...(config?.parameterSets ?? []), ...nalUnitsOf(frame.bytes)]);
  const frames = (async function* (): Frames {
    yield frame;
    yield* first;
  })();
  return {
    format: facts === undefined ? format : { ...format, profile: facts.profileLevelId },
    frames: await readAhead(frames, facts?.mayReorder === false ? 1 : LOOKED_AT),
  };
}

function bytesOf(source: ArrayBufferLike | ArrayBufferView): Uint8Array {
  if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  return new Uint8Array(source);
}

async function audioReader(track: InputAudioTrack, codec: CodecName, name: string): Promise<TrackReader> {
  const channels = await track.getNumberOfChannels();
  const format: TrackFormat = { kind: "audio", codec, clockRate: CODECS[codec].clockRate, channels };
  if (channels > MAX_CHANNELS) throw unsupported(name, { kind: "channels" });
  return { format, frames: await readAhead(opusFrames(inOrder(framesOf(track, name), name)), 1) };
}

async function* framesOf(track: InputTrack, name: string): Frames {
  try {
    for await (const { data, type, timestamp, duration } of new EncodedPacketSink(track).packets()) {
      const durationUs = duration > 0 ? Math.round(duration * 1_000_000) : undefined;
      yield { bytes: data, timestampUs: Math.round(timestamp * 1_000_000), durationUs, isKey: type === "key" };
    }
  } catch (error) {
    throw told(error, name);
  }
}
