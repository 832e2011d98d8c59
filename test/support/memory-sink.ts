// A recording that is kept in memory, for tests that look at its frames.
import type { MediaKind } from "../../src/lib/codecs.ts";
import type { EncodedFrame, TrackFormat } from "../../src/media/frame.ts";
import type { MediaSink } from "../../src/session/ports.ts";

export class MemorySink implements MediaSink {
  readonly accepts: MediaSink["accepts"];
  readonly formats: TrackFormat[] = [];
  readonly frames: EncodedFrame[][] = [];

  constructor(accepts: MediaSink["accepts"]) {
    this.accepts = accepts;
  }

  addTrack(format: TrackFormat): number {
    this.frames.push([]);
    return this.formats.push(format) - 1;
  }

  write(index: number, frame: EncodedFrame): Promise<void> {
    this.frames[index]?.push(frame);
    return Promise.resolve();
  }

  close(): Promise<{ bytes: number; path: undefined }> {
    const bytes = this.frames.flat().reduce((sum, frame) => sum + frame.bytes.length, 0);
    return Promise.resolve({ bytes, path: undefined });
  }

  /** The frames of all tracks of that kind, one track after the other. */
  framesOf(kind: MediaKind): EncodedFrame[] {
    return this.frames.flatMap((frames, at) => (this.formats[at]?.kind === kind ? frames : []));
  }
}
