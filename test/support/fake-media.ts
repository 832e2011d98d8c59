// Sources and sinks of sound and picture that a test fills and looks into.
import type { CodecName, MediaKind } from "../../src/lib/codecs.ts";
import { CODECS, MAX_MEDIA_TRACKS } from "../../src/lib/codecs.ts";
import type { EncodedFrame, TrackFormat } from "../../src/media/frame.ts";
import type { MediaSink, MediaSource } from "../../src/session/ports.ts";

export function formatOf(codec: CodecName): TrackFormat {
  const { kind, clockRate } = CODECS[codec];
  return { kind, codec, clockRate };
}

/** A frame that shows its number; every tenth is a key frame of pictures. */
export function frameOf(number: number, timeMs: number): EncodedFrame {
  const bytes = new Uint8Array(100 + (number % 7)).fill(number % 251);
  const isKey = number % 10 === 0;
  // A picture of VP8 says by its first bit whether it is one.
  bytes[0] = isKey ? 0x10 : 0x11;
  return { bytes, timestampUs: timeMs * 1_000, durationUs: undefined, isKey };
}

/** Frames of one track, or of several in turn, at the given times. */
export class FakeSource implements MediaSource {
  readonly tracks: readonly TrackFormat[];
  readonly #times: readonly number[];
  readonly #error: Error | undefined;
  closed = 0;
  readCount = 0;
  #heldFrom = Number.POSITIVE_INFINITY;
  #release: () => void = () => {};

  /** @param error - what comes behind the last frame, in the place of the end */
  constructor(timesMs: readonly number[], error?: Error, codecs: readonly CodecName[] = ["vp8"]) {
    this.#times = timesMs;
    this.#error = error;
    this.tracks = codecs.map(formatOf);
  }

  /** The frame of this number, and those behind it, do not come before `release`. */
  hold(from: number): void {
    this.#heldFrom = from;
  }

  release(): void {
    this.#heldFrom = Number.POSITIVE_INFINITY;
    this.#release();
  }

  async next(): Promise<{ index: number; frame: EncodedFrame } | undefined> {
    const number = this.readCount;
    if (number >= this.#heldFrom) {
      await new Promise<void>((resolve) => {
        this.#release = resolve;
      });
    }
    this.readCount += 1;
    const timeMs = this.#times[number];
    if (timeMs === undefined && this.#error !== undefined) throw this.#error;
    if (timeMs === undefined) return undefined;
    return { index: number % this.tracks.length, frame: frameOf(Math.floor(number / this.tracks.length), timeMs) };
  }

  async close(): Promise<void> {
    this.closed += 1;
  }
}

/** Keeps what comes. */
export class FakeSink implements MediaSink {
  readonly accepts: Readonly<Record<MediaKind, readonly CodecName[]>>;
  readonly formats: TrackFormat[] = [];
  readonly frames: { index: number; frame: EncodedFrame }[] = [];
  closed = 0;
  /** What the next calls of `write` throw. */
  failsWith: Error | undefined;

  readonly maxTracks: number;

  constructor(codecs: readonly CodecName[], maxTracks: number = MAX_MEDIA_TRACKS) {
    this.maxTracks = maxTracks;
    const of = (kind: MediaKind): CodecName[] => codecs.filter((codec) => CODECS[codec].kind === kind);
    this.accepts = { audio: of("audio"), video: of("video") };
  }

  addTrack(format: TrackFormat): number {
    return this.formats.push(format) - 1;
  }

  async write(index: number, frame: EncodedFrame): Promise<void> {
    if (this.failsWith !== undefined) throw this.failsWith;
    this.frames.push({ index, frame });
  }

  async close(): Promise<{ bytes: number; path: string | undefined }> {
    this.closed += 1;
    const bytes = this.frames.reduce((sum, { frame }) => sum + frame.bytes.length, 0);
    return { bytes, path: bytes === 0 ? undefined : "/x.webm" };
  }
}
