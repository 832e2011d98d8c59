// A recording: tracks are added, their frames come, and bytes are appended to a file or to stdout. The file begins when all
// tracks can be described. It never holds up who brings the frames beyond a limit, and a fault of the disk is told by every
// call from then on.
import { type CodecName, CODECS, type MediaKind } from "../../lib/codecs.ts";
import { P2pError } from "../../lib/errors/p2p-error.ts";
import type { EncodedFrame, TrackFormat } from "../../media/frame.ts";
import { type ContainerWriter, NOTHING } from "./container-writer.ts";
import { endingsFor, RECORDED, type RecordedContainer } from "./containers.ts";
import { MatroskaWriter } from "./matroska-writer.ts";
import { Mp4Writer } from "./mp4-writer.ts";
import { OggWriter } from "./ogg-writer.ts";
import { RecordedTrack } from "./recorded-track.ts";
import type { RecordingTarget } from "./recording-file.ts";
import { WavWriter } from "./wav-writer.ts";

/** Frames that came before the file has begun; beyond it the oldest go. */
export const MAX_EARLY_BYTES = 4_194_304;
const MAX_EARLY_FRAMES = 4_096;
/** So long a file waits for the first key frame of a track: then it begins without. */
const MAX_EARLY_US = 5_000_000;
/** Bytes that the disk has not taken; beyond it frames are dropped. */
export const MAX_WAITING_BYTES = 16_777_216;
/** Of them so many are written at once: where each call takes long, as on a share, one for every frame would fall behind. */
const MAX_AT_ONCE_BYTES = 1_048_576;
/**
 * A frame that is so far ahead of the time that has passed here is dropped: gaps are filled in some kinds of files, and a few
 * bytes must not fill a disk.
 */
const MAX_AHEAD_US = 60_000_000;
/** The least that lies between two frames of a track. */
const MIN_STEP_US = 1_000;

const WRITERS: Readonly<Record<RecordedContainer, () => ContainerWriter>> = {
  webm: () => new MatroskaWriter("webm"),
  mkv: () => new MatroskaWriter("matroska"),
  mp4: () => new Mp4Writer(),
  ogg: () => new OggWriter(),
  wav: () => new WavWriter(),
};

/** A frame that came before the file has begun. */
interface Early {
  readonly track: RecordedTrack;
  readonly frame: EncodedFrame;
}

interface FileTrack {
  readonly track: RecordedTrack;
  /** Its index in the file; undefined: the file began without it. */
  index: number | undefined;
  lastUs: number;
  /** A frame was dropped: nothing can be decoded before the next key frame. */
  needsKey: boolean;
}

export class RecordingSink {
  /** Codecs of each kind that it can hold, best first. */
  readonly accepts: Readonly<Record<MediaKind, readonly CodecName[]>>;
  readonly #name: string;
  readonly #target: RecordingTarget;
  readonly #writer: ContainerWriter;
  readonly #nowMs: () => number;
  readonly #tracks: FileTrack[] = [];
  #early: Early[] = [];
  #earlyBytes = 0;
  /** Time of the first frame of the file; and when it began, by the clock. */
  #startUs: number | undefined;
  #beganMs = 0;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #bytes = 0;
  #writing: Promise<void> = Promise.resolve();
  #failed: unknown;
  #closed: Promise<{ bytes: number; path: string | undefined }> | undefined;

  /**
   * @param name - as given, for errors
   * @param nowMs - monotonic
   */
  constructor(
    name: string,
    container: RecordedContainer,
    target: RecordingTarget,
    nowMs: () => number = () => performance.now(),
  ) {
    this.#name = name;
    this.#nowMs = nowMs;
    this.#target = target;
    this.#writer = WRITERS[container]();
    this.accepts = RECORDED[container];
  }

  /** How many a file of this kind holds. */
  get maxTracks(): number {
    return this.#writer.maxTracks;
  }

  /**
   * Adds a track, before the first frame has been written to the file.
   * @returns its index
   * @throws P2pError MEDIA_PAIR_IMPOSSIBLE; RangeError when the file has begun or holds no more tracks
   */
  addTrack(format: TrackFormat): number {
    const { codec } = format;
    if (!this.accepts[CODECS[codec].kind].includes(codec)) {
      throw new P2pError("MEDIA_PAIR_IMPOSSIBLE", { name: this.#name, codec, others: endingsFor(codec) });
    }
    if (this.#startUs !== undefined) throw new RangeError("the file has begun");
    if (this.#tracks.length >= this.#writer.maxTracks) throw new RangeError("the file holds no more tracks");
    return this.#tracks.push({ track: new RecordedTrack(format), index: undefined, lastUs: -1, needsKey: false }) - 1;
  }

  /**
   * Takes the next frame of a track. What cannot be read is dropped.
   * @returns when the disk has taken it
   * @throws P2pError WRITE_FAILED, DISK_FULL, FILE_SIZE_LIMITED: nothing more will be recorded
   */
  async write(index: number, frame: EncodedFrame): Promise<void> {
    const file = this.#tracks[index];
    if (file === undefined) throw new RangeError(`there is no track ${index}`);
    if (this.#failed !== undefined) throw this.#failed;
    if (this.#closed !== undefined || !Number.isSafeInteger(frame.timestampUs)) return;
    this.#append(this.#startUs === undefined ? this.#takeEarly(file, frame) : this.#take(file, frame));
    await this.#writing;
    if (this.#failed !== undefined) throw this.#failed;
  }

  /** Ends the file. @throws P2pError as `write` */
  close(): Promise<{ bytes: number; path: string | undefined }> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<{ bytes: number; path: string | undefined }> {
    if (this.#startUs === undefined && this.#early.length > 0) this.#append(this.#begin());
    if (this.#startUs !== undefined) this.#append([this.#writer.end()]);
    await this.#writing;
    try {
      await this.#target.close(this.#startUs === undefined || this.#failed !== undefined ? [] : this.#writer.patches());
    } catch (error) {
      this.#failed ??= error;
    }
    if (this.#failed !== undefined) throw this.#failed;
    return { bytes: this.#bytes, path: this.#bytes > 0 ? this.#target.path : undefined };
  }

  /** Keeps a frame until the file can begin. */
  #takeEarly(file: FileTrack, frame: EncodedFrame): Uint8Array[] {
    const taken = file.track.take(frame);
    if (taken === undefined) return [];
    this.#early.push({ track: file.track, frame: { ...frame, ...taken } });
    this.#earlyBytes += taken.bytes.length;
    const areAllKnown = this.#tracks.every(({ track }) => track.isKnown);
    const waitedUs = frame.timestampUs - (this.#early[0]?.frame.timestampUs ?? 0);
    if (areAllKnown || waitedUs >= MAX_EARLY_US) return this.#begin();
    while (this.#earlyBytes > MAX_EARLY_BYTES || this.#early.length > MAX_EARLY_FRAMES) {
      this.#earlyBytes -= this.#early.shift()?.frame.bytes.length ?? 0;
    }
    return [];
  }

  /** Begins with the tracks that can be described. */
  #begin(): Uint8Array[] {
    const inFile = this.#tracks.filter(({ track }) => track.isKnown || this.#writer.canWait(track.format));
    for (const [index, file] of inFile.entries()) file.index = index;
    const early = this.#early.toSorted((one, other) => one.frame.timestampUs - other.frame.timestampUs);
    this.#early = [];
    this.#startUs = early[0]?.frame.timestampUs ?? 0;
    this.#beganMs = this.#nowMs();
    const parts = [this.#writer.begin(inFile.map(({ track }) => track.written))];
    for (const { track, frame } of early) {
      const file = this.#tracks.find((one) => one.track === track);
      if (file !== undefined) parts.push(this.#put(file, frame));
    }
    return parts;
  }

  #take(file: FileTrack, frame: EncodedFrame): Uint8Array[] {
    if (file.index === undefined) return [];
    const taken = file.track.take(frame);
    if (taken === undefined) return [];
    if (this.#waitingBytes > MAX_WAITING_BYTES || (file.needsKey && !taken.isKey)) {
      file.needsKey = true;
      return [];
    }
    file.needsKey = false;
    return [this.#put(file, { ...frame, ...taken })];
  }

  /** Gives a frame its place in the file: after the one before it, and not in another age. */
  #put(file: FileTrack, frame: EncodedFrame): Uint8Array {
    const sinceUs = frame.timestampUs - (this.#startUs ?? 0);
    const isAhead = sinceUs > (this.#nowMs() - this.#beganMs) * 1_000 + MAX_AHEAD_US;
    if (file.index === undefined || isAhead) return NOTHING;
    const timestampUs = file.lastUs < 0 ? Math.max(0, sinceUs) : Math.max(sinceUs, file.lastUs + MIN_STEP_US);
    file.lastUs = timestampUs;
    return this.#writer.add(file.index, { ...frame, timestampUs });
  }

  #append(parts: readonly Uint8Array[]): void {
    for (const bytes of parts) {
      if (bytes.length === 0) continue;
      this.#waiting.push(bytes);
      this.#waitingBytes += bytes.length;
      this.#writing = this.#writing.then(() => this.#pass());
    }
  }

  /** Called once for each piece, of which an earlier call may have written some. */
  async #pass(): Promise<void> {
    const pieces = this.#takeWaiting();
    if (pieces.length === 0) return;
    const bytes = pieces.reduce((sum, { length }) => sum + length, 0);
    try {
      if (this.#failed === undefined) await this.#target.append(pieces);
      this.#bytes += bytes;
    } catch (error) {
      this.#failed = error;
    } finally {
      this.#waitingBytes -= bytes;
    }
  }

  /** The pieces that are written next: one at least, where any waits. */
  #takeWaiting(): Uint8Array[] {
    let [bytes, count] = [0, 0];
    for (const { length } of this.#waiting) {
      bytes += length;
      if (count > 0 && bytes > MAX_AT_ONCE_BYTES) break;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }
}
