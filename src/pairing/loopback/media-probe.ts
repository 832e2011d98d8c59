// A source and a sink around one line: which of the frames that were published came as they were, and how late.
import { CODECS, type MediaKind } from "../../lib/codecs.ts";
import type { EncodedFrame, TrackFormat } from "../../media/frame.ts";
import type { MediaSink, MediaSource } from "../../session/ports.ts";
import type { MediaTrackStatus } from "../../session/session-types.ts";
import { type LoopbackTrack, tenth } from "./report.ts";

interface ProbedFrame {
  readonly frame: EncodedFrame;
  /** When it was sent, and when it could be played; undefined: not yet, or never. */
  sentMs: number | undefined;
  takenMs: number | undefined;
  /** Its time in what came minus its time in the source. */
  shiftUs: number | undefined;
}

/** The frames of a track, in order; as many as its seconds have. */
interface ProbedTrack {
  readonly format: TrackFormat;
  readonly frames: ProbedFrame[];
  /** What came last is before it. */
  next: number;
}

/** A span of time by the clock of the probe. */
export interface Span {
  readonly fromMs: number;
  readonly untilMs: number;
}

export class MediaProbe {
  readonly source: MediaSource;
  readonly sink: MediaSink;
  readonly #nowMs: () => number;
  readonly #tracks: readonly ProbedTrack[];
  #isEnded = false;
  /** The frame that was asked for last: it is sent before the next one is asked for. */
  #last: ProbedFrame | undefined;

  /** @param inner - is published until `end` is called @param nowMs - monotonic milliseconds */
  constructor(inner: MediaSource, nowMs: () => number) {
    this.#nowMs = nowMs;
    this.#tracks = inner.tracks.map((format) => ({ format, frames: [], next: 0 }));
    this.source = { tracks: inner.tracks, next: () => this.#pass(inner), close: () => inner.close() };
    this.sink = {
      accepts: { audio: this.#codecsOf("audio"), video: this.#codecsOf("video") },
      addTrack: ({ codec }) => this.#tracks.findIndex(({ format }) => format.codec === codec),
      write: async (index, frame) => this.#take(index, frame),
      close: async () => ({ bytes: 0, path: undefined }),
    };
  }

  #codecsOf(kind: MediaKind): LoopbackTrack["codec"][] {
    return this.#tracks.map(({ format }) => format.codec).filter((codec) => CODECS[codec].kind === kind);
  }

  async #pass(inner: MediaSource): Promise<{ index: number; frame: EncodedFrame } | undefined> {
    if (this.#last !== undefined) this.#last.sentMs = this.#nowMs();
    this.#last = undefined;
    const next = this.#isEnded ? undefined : await inner.next();
    if (next === undefined) return undefined;
    this.#last = { frame: next.frame, sentMs: undefined, takenMs: undefined, shiftUs: undefined };
    this.#tracks[next.index]?.frames.push(this.#last);
    return next;
  }

  /** Frames come in order, so that what is passed over was lost, or came changed. */
  #take(index: number, came: EncodedFrame): void {
    const track = this.#tracks[index];
    const at = track?.frames.findIndex(
      ({ frame, sentMs }, place) =>
        place >= track.next && sentMs !== undefined && Buffer.compare(frame.bytes, came.bytes) === 0,
    );
    const probed = at === undefined ? undefined : track?.frames[at];
    if (track === undefined || at === undefined || probed === undefined) return;
    track.next = at + 1;
    probed.takenMs = this.#nowMs();
    probed.shiftUs = came.timestampUs - probed.frame.timestampUs;
  }

  /** The source ends after the frame that is being sent. */
  end(): void {
    this.#isEnded = true;
  }

  /**
   * @param statuses - of the receiving session, before its tracks have ended
   * @param moving - when files moved beside
   */
  tracks(statuses: readonly MediaTrackStatus[], moving: readonly Span[]): LoopbackTrack[] {
    return this.#tracks.map(({ format: { kind, codec }, frames }) => {
      const sent = frames.filter(({ sentMs }) => sentMs !== undefined);
      const taken = sent.filter(({ takenMs }) => takenMs !== undefined);
      const beside = taken.filter(({ sentMs = 0 }) =>
        moving.some(({ fromMs, untilMs }) => sentMs >= fromMs && sentMs <= untilMs),
      );
      const stats = statuses.find((status) => status.codec === codec && status.direction === "receive")?.stats;
      const delays = taken.map(delayMs).toSorted((one, other) => one - other);
      const delay = {
        medianMs: tenth(middle(delays)),
        worstMs: tenth(delays.at(-1)),
        ...(beside.length === 0 ? {} : { worstBesideFileMs: tenth(Math.max(...beside.map(delayMs))) }),
      };
      return {
        kind,
        codec,
        given: sent.length,
        taken: taken.length,
        lost: stats?.lost ?? 0,
        retransmitted: stats?.retransmitted ?? 0,
        ...(delays.length === 0 ? {} : { delay }),
        jitterMs: tenth(stats?.jitterMs),
      };
    });
  }

  /** By how many milliseconds sound and picture are further apart than in the source; undefined: one did not come. */
  apartMs(): number | undefined {
    const [audio, video] = (["audio", "video"] as const).map((kind) => {
      const frames = this.#tracks.filter(({ format }) => format.kind === kind).flatMap((track) => track.frames);
      const shifts = frames.flatMap(({ shiftUs }) => (shiftUs === undefined ? [] : [shiftUs]));
      return shifts.length === 0 ? undefined : middle(shifts.toSorted((one, other) => one - other));
    });
    return audio === undefined || video === undefined ? undefined : tenth(Math.abs(audio - video) / 1_000);
  }
}

function delayMs({ sentMs = 0, takenMs = 0 }: ProbedFrame): number {
  return Math.max(0, takenMs - sentMs);
}

/** @param sorted - empty: 0 */
function middle(sorted: readonly number[]): number {
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
