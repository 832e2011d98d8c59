// One track of what is published, and the order of all of them.
import type { TrackFormat, EncodedFrame } from "../../media/frame.ts";
import { P2pError } from "../../lib/errors/p2p-error.ts";

/** The frames of a track, in the form in which they are sent. Times may begin anywhere, also below zero. */
export interface TrackReader {
  readonly format: TrackFormat;
  readonly frames: AsyncGenerator<EncodedFrame, void>;
}

/** A larger frame is that of a damaged file: 4K pictures have a tenth of it. */
export const MAX_FRAME_BYTES = 8_388_608;

/**
 * Passes on frames whose order is that of their times.
 * @param name - of the file, as given
 * @throws P2pError MEDIA_UNSUPPORTED (`reordered`), MEDIA_UNREADABLE
 */
export async function* inOrder(frames: AsyncIterable<EncodedFrame>, name: string): AsyncGenerator<EncodedFrame, void> {
  let lastUs = Number.NEGATIVE_INFINITY;
  for await (const frame of frames) {
    if (frame.bytes.length > MAX_FRAME_BYTES) throw new P2pError("MEDIA_UNREADABLE", { name, why: "damaged" });
    if (frame.timestampUs < lastUs) throw new P2pError("MEDIA_UNSUPPORTED", { name, found: { kind: "reordered" } });
    lastUs = frame.timestampUs;
    yield frame;
  }
}

/**
 * Reads the first frames at once, so that what is wrong with them is known, and passes them on later.
 * @throws what reading throws
 */
export async function readAhead<T>(items: AsyncGenerator<T, void>, count: number): Promise<AsyncGenerator<T, void>> {
  const first: T[] = [];
  while (first.length < count) {
    const { done, value } = await items.next();
    if (done === true) break;
    first.push(value);
  }
  return (async function* () {
    yield* first;
    yield* items;
  })();
}

/** The tracks of one file or stream, in the order of time. The first frame of all has the time 0. */
export class TracksInTime {
  readonly tracks: readonly TrackFormat[];
  readonly #readers: readonly TrackReader[];
  readonly #close: () => Promise<void>;
  /** The next frame of each track. */
  readonly #heads: (EncodedFrame | undefined)[];
  /** Tracks whose next frame is not known yet. */
  readonly #toRead: number[];
  #startUs: number | undefined;
  #isClosed = false;

  /** @param close - releases what the tracks are read from */
  constructor(readers: readonly TrackReader[], close: () => Promise<void>) {
    this.tracks = readers.map(({ format }) => format);
    this.#readers = readers;
    this.#close = close;
    this.#heads = readers.map(() => undefined);
    this.#toRead = readers.map((_, index) => index);
  }

  /**
   * The next frame in order of time, and the index of its track.
   * @returns undefined at the end, and when it is closed
   * @throws P2pError what reading throws
   */
  async next(): Promise<{ index: number; frame: EncodedFrame } | undefined> {
    // A frame is passed on before the one behind it is read: that of a camera may take its time.
    for (const index of this.#toRead.splice(0)) await this.#read(index);
    const times = this.#heads.map((head) => head?.timestampUs ?? Number.POSITIVE_INFINITY);
    const nextUs = Math.min(...times);
    const index = times.indexOf(nextUs);
    const head = this.#heads[index];
    if (head === undefined || this.#isClosed) return undefined;
    this.#startUs ??= nextUs;
    this.#toRead.push(index);
    return { index, frame: { ...head, timestampUs: nextUs - this.#startUs } };
  }

  async #read(index: number): Promise<void> {
    const taken = this.#isClosed ? undefined : await this.#readers[index]?.frames.next();
    this.#heads[index] = taken === undefined || taken.done === true ? undefined : taken.value;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#close();
  }
}
