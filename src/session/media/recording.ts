// Passes what comes to one sink: a recording, or a door that others read. The sink writes in order, bounds what waits for
// its disk, and says by a rejection that it takes no more.
import { type CodecName, MAX_MEDIA_TRACKS, type MediaKind } from "../../lib/codecs.ts";
import { type P2pError, toP2pError } from "../../lib/errors/p2p-error.ts";
import type { EncodedFrame, TrackFormat } from "../../media/frame.ts";
import type { MediaSink } from "../ports.ts";

export interface RecordingEvents {
  /** A picture is wanted that needs none before it. */
  onKeyFrameWanted: (track: number) => void;
  /** The sink has failed; called once. */
  onFailed: (error: P2pError) => void;
}

interface RecordedTrack {
  readonly index: number;
  /** Nothing can be shown before a key frame has come. */
  needsKey: boolean;
}

export class Recording {
  readonly #sink: MediaSink;
  readonly #events: RecordingEvents;
  /** Those that have not ended, at most `MAX_MEDIA_TRACKS`. */
  readonly #tracks = new Map<number, RecordedTrack>();
  #isFailed = false;
  /** Settles when all that has come is written. */
  #written: Promise<void> = Promise.resolve();
  #closed: Promise<{ bytes: number; path: string | undefined }> | undefined;

  constructor(sink: MediaSink, events: RecordingEvents) {
    this.#sink = sink;
    this.#events = events;
    sink.onKeyFrameWanted?.((index) => {
      for (const [track, recorded] of this.#tracks) if (recorded.index === index) events.onKeyFrameWanted(track);
    });
  }

  /** Tracks come and go, and the sink ends with the session only. */
  get isLasting(): boolean {
    return this.#sink.endTrack !== undefined;
  }

  /** Codecs of a kind that the sink holds, best first. */
  accepts(kind: MediaKind): readonly CodecName[] {
    return this.#isFailed || this.#closed !== undefined ? [] : this.#sink.accepts[kind];
  }

  /** How many more tracks the sink holds now. */
  get room(): number {
    return (this.#sink.maxTracks ?? MAX_MEDIA_TRACKS) - this.#tracks.size;
  }

  /** The tracks that have not ended. */
  get tracks(): readonly number[] {
    return [...this.#tracks.keys()];
  }

  /** Before the first frame of any track. A track that the sink does not hold is left out. */
  addTrack(track: number, format: TrackFormat): void {
    if (!this.accepts(format.kind).includes(format.codec) || this.room <= 0) return;
    const isVideo = format.kind === "video";
    try {
      this.#tracks.set(track, { index: this.#sink.addTrack(format), needsKey: isVideo });
    } catch (thrown) {
      this.#fail(thrown);
      return;
    }
    if (isVideo) this.#events.onKeyFrameWanted(track);
  }

  write(track: number, frame: EncodedFrame): void {
    const recorded = this.#tracks.get(track);
    if (recorded === undefined || this.#isFailed || this.#closed !== undefined) return;
    if (frame.isKey) recorded.needsKey = false;
    else if (recorded.needsKey) this.#events.onKeyFrameWanted(track);
    this.#written = this.#sink.write(recorded.index, frame).catch((thrown: unknown) => this.#fail(thrown));
  }

  /** No more frames of a track follow. */
  endTrack(track: number): void {
    const recorded = this.#tracks.get(track);
    this.#tracks.delete(track);
    if (recorded !== undefined) this.#sink.endTrack?.(recorded.index);
  }

  #fail(thrown: unknown): void {
    if (this.#isFailed) return;
    this.#isFailed = true;
    this.#events.onFailed(toP2pError(thrown));
  }

  /** Resolves when all that has come is written. */
  flushed(): Promise<void> {
    return this.#written;
  }

  /**
   * Writes what waits and ends the file. It may be called again.
   * @throws P2pError when the file cannot be ended
   */
  close(): Promise<{ bytes: number; path: string | undefined }> {
    this.#closed ??= this.#written.then(() => this.#sink.close());
    return this.#closed;
  }
}
