// Tracks of another WebRTC program, of which its description says only in which codecs they may come. Which one it is
// shows with the first frame; and a file knows its tracks before its first frame, so that the frames of all wait until
// each track has shown itself, or for a while.
import type { ExpectedTrack } from "../../control/media-negotiation.ts";
import type { MediaTrack } from "../../media/engine-types.ts";
import type { EncodedFrame, TrackFormat } from "../../media/frame.ts";
import type { Clock } from "../ports.ts";

/** From the first frame of any track on: what has not come until then is not taken any more. */
export const BEGIN_LIMIT_MS = 3_000;
/** Limit of the frames that wait; with more, it begins without the tracks that have not come. */
export const MAX_EARLY_FRAME_BYTES = 16 * 1024 * 1024;
/** Tracks of the engine have other numbers than those of the session, which are smaller. */
const FIRST_ENGINE_TRACK = 100;

/** A track of the engine: one codec in which a track of the session may come. */
export type EngineTrack = Omit<MediaTrack, "ssrc"> & { readonly ssrc: number | undefined };

interface Candidate {
  readonly track: number;
  readonly engineTrack: number;
  readonly codec: string;
}

export interface ExpectedTracksEvents {
  /** @param codec - undefined: it has not come */
  onArrived: (track: number, codec: string | undefined) => void;
  onFrame: (track: number, frame: EncodedFrame) => void;
  /** Nothing will come of this track of the engine. */
  onUnused: (engineTrack: number) => void;
}

export class ExpectedTracks {
  readonly #clock: Clock;
  readonly #events: ExpectedTracksEvents;
  /** By the number of the engine. */
  readonly #candidates = new Map<number, Candidate>();
  /** Those of which a frame has come, by the number of the session. */
  readonly #arrived = new Map<number, Candidate>();
  #state: "waiting" | "begun" | "closed" = "waiting";
  #early: { track: number; frame: EncodedFrame }[] = [];
  #earlyBytes = 0;
  #cancelTimer: (() => void) | undefined;

  constructor(clock: Clock, events: ExpectedTracksEvents) {
    this.#clock = clock;
    this.#events = events;
  }

  /**
   * @param formatOf - undefined for a codec that this program does not know
   * @returns the tracks that the engine has to receive
   */
  expect(
    offers: readonly ExpectedTrack[],
    formatOf: (codec: ExpectedTrack["codecs"][number]) => TrackFormat | undefined,
  ): EngineTrack[] {
    return offers.flatMap(({ track, codecs, ssrc }) =>
      codecs.flatMap((codec): EngineTrack[] => {
        const format = formatOf(codec);
        if (format === undefined) return [];
        const engineTrack = FIRST_ENGINE_TRACK + this.#candidates.size;
        this.#candidates.set(engineTrack, { track, engineTrack, codec: codec.name });
        return [{ track: engineTrack, ssrc, payloadType: codec.payloadType, format }];
      }),
    );
  }

  /** The track of the session to which one of the engine belongs; undefined: it is none of these. */
  sessionTrackOf(engineTrack: number): number | undefined {
    return this.#candidates.get(engineTrack)?.track;
  }

  /** The track of the engine as which one of the session comes; the number itself for one that is not expected. */
  engineTrackOf(track: number): number {
    return this.#arrived.get(track)?.engineTrack ?? track;
  }

  isExpected(track: number): boolean {
    return this.#arrived.has(track);
  }

  /** @param engineTrack - one with a session track */
  handleFrame(engineTrack: number, frame: EncodedFrame): void {
    const candidate = this.#candidates.get(engineTrack);
    if (candidate === undefined || this.#state === "closed") return;
    const { track } = candidate;
    if (this.#state === "waiting" && !this.#arrived.has(track)) this.#arrived.set(track, candidate);
    // In another codec than at first, or too late for the file.
    if (this.#arrived.get(track) !== candidate) return;
    if (this.#state === "begun") {
      this.#events.onFrame(track, frame);
      return;
    }
    this.#early.push({ track, frame });
    this.#earlyBytes += frame.bytes.length;
    this.#cancelTimer ??= this.#clock.setTimer(() => this.#begin(), BEGIN_LIMIT_MS);
    const hasAll = [...this.#candidates.values()].every((one) => this.#arrived.has(one.track));
    if (hasAll || this.#earlyBytes > MAX_EARLY_FRAME_BYTES) this.#begin();
  }

  #begin(): void {
    if (this.#state !== "waiting") return;
    this.#state = "begun";
    this.#cancelTimer?.();
    const tracks = new Set([...this.#candidates.values()].map(({ track }) => track));
    for (const track of tracks) this.#events.onArrived(track, this.#arrived.get(track)?.codec);
    for (const { engineTrack, track } of this.#candidates.values()) {
      if (this.#arrived.get(track)?.engineTrack !== engineTrack) this.#events.onUnused(engineTrack);
    }
    const early = this.#early;
    this.#early = [];
    for (const { track, frame } of early) this.#events.onFrame(track, frame);
  }

  close(): void {
    this.#state = "closed";
    this.#cancelTimer?.();
    this.#early = [];
  }
}
