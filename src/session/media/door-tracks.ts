// Tracks that come through the doors of a session while it runs: each is offered to the peer in all codecs in which it can
// come, and the peer's choice is what it comes in. Frames leave as they come: who sends them keeps the time.
import type { OfferedCodec } from "../../control/media-messages.ts";
import type { WantedTrack } from "../../control/media-negotiation.ts";
import { CODECS } from "../../lib/codecs.ts";
import type { PayloadTypes } from "../../lib/payload-types.ts";
import type { EncodedFrame, TrackFormat } from "../../media/frame.ts";
import type { Clock, DoorOffer, DoorTrack, MediaDoor } from "../ports.ts";

export interface DoorTracksOptions {
  readonly clock: Clock;
  /** @returns numbers; undefined: not now */
  readonly offer: (wanted: readonly WantedTrack[]) => readonly number[] | undefined;
  readonly newSource: () => number;
  /** A source of which nobody was told. */
  readonly dropSource: (ssrc: number) => void;
  /** Those of the session. */
  readonly payloadTypes: PayloadTypes;
  readonly send: (track: number, frame: EncodedFrame) => void;
  /** A track has no more frames. */
  readonly end: (track: number) => void;
}

/** How long a program waits for the peer, where a person may decide; then its first codec is assumed. */
export const DECIDE_LIMIT_MS = 3_000;
/** Tracks of one session that were offered, over or not: each has an SSRC of its own, of which the keys of a line serve only so many. */
export const MAX_DOOR_TRACKS = 512;

interface Opened {
  readonly offer: DoorOffer;
  state: "undecided" | "sending" | "over";
  format: TrackFormat;
  /** Its program was told the format. */
  isFixed: boolean;
  decided: () => void;
}

export class DoorTracks {
  readonly #options: DoorTracksOptions;
  readonly #doors: readonly MediaDoor[];
  /** By number; at most `MAX_MEDIA_TRACKS`. */
  readonly #tracks = new Map<number, Opened>();
  #count = 0;

  constructor(doors: readonly MediaDoor[], options: DoorTracksOptions) {
    this.#options = options;
    this.#doors = doors;
    for (const door of doors) door.open((offers) => this.#offer(offers));
  }

  get count(): number {
    return this.#doors.length;
  }

  has(track: number): boolean {
    return this.#tracks.has(track);
  }

  async #offer(offers: readonly DoorOffer[]): Promise<readonly (DoorTrack | undefined)[] | "not-now"> {
    const { clock, payloadTypes } = this.#options;
    if (this.#count + offers.length > MAX_DOOR_TRACKS) return "not-now";
    const wanted = offers.map(({ formats }) => wantedTrack(formats, this.#options.newSource(), payloadTypes));
    const numbers = this.#options.offer(wanted);
    if (numbers === undefined) {
      // A program that waits for the other side tries for hours.
      for (const { ssrc } of wanted) this.#options.dropSource(ssrc);
      return "not-now";
    }
    this.#count += offers.length;
    const opened = offers.map((offer, at) => this.#open(offer, numbers[at] ?? 0));
    let cancel = (): void => {};
    const limit = new Promise<void>((resolve) => {
      cancel = clock.setTimer(resolve, DECIDE_LIMIT_MS);
    });
    await Promise.race([limit, Promise.all(opened.map(({ decided }) => decided))]);
    cancel();
    return opened.map(({ track, number }) => (track.state === "over" ? undefined : this.#doorTrack(number, track)));
  }

  #open(offer: DoorOffer, number: number): { track: Opened; number: number; decided: Promise<void> } {
    const [format] = offer.formats;
    if (format === undefined) throw new RangeError("a track without a format");
    const track: Opened = { offer, state: "undecided", format, isFixed: false, decided: () => {} };
    const decided = new Promise<void>((resolve) => {
      track.decided = resolve;
    });
    this.#tracks.set(number, track);
    return { track, number, decided };
  }

  #doorTrack(number: number, track: Opened): DoorTrack {
    const { format } = track;
    track.isFixed = true;
    return {
      format,
      get isOver() {
        return track.state === "over";
      },
      write: (frame) => {
        if (track.state === "sending") this.#options.send(number, frame);
      },
      end: () => {
        if (track.state !== "over") this.#end(number, track);
      },
    };
  }

  #end(number: number, track: Opened): void {
    track.state = "over";
    this.#options.end(number);
  }

  /** The peer takes a track. @returns its format */
  begin(number: number, { name }: OfferedCodec): TrackFormat | undefined {
    const track = this.#tracks.get(number);
    if (track === undefined || track.state !== "undecided") return undefined;
    const format = track.offer.formats.find(({ codec }) => codec === name);
    if (format === undefined) return undefined;
    if (track.isFixed && format !== track.format) {
      // Its program was told another codec, and makes no other any more.
      this.#end(number, track);
      track.offer.onOver();
      return undefined;
    }
    track.state = "sending";
    track.format = format;
    track.decided();
    return format;
  }

  /** The peer does not take a track, or not any more, or has all of it. */
  finish(number: number): void {
    const track = this.#tracks.get(number);
    if (track === undefined) return;
    this.#tracks.delete(number);
    const wasOpen = track.state !== "over";
    track.state = "over";
    track.decided();
    if (wasOpen) track.offer.onOver();
  }

  wantKeyFrame(number: number): void {
    const track = this.#tracks.get(number);
    if (track?.state === "sending") track.offer.onKeyFrameWanted();
  }

  async stop(): Promise<void> {
    for (const number of this.#tracks.keys()) this.finish(number);
    await Promise.all(this.#doors.map((door) => door.close().catch(() => {})));
  }
}

/** @param formats - of one kind */
export function wantedTrack(formats: readonly TrackFormat[], ssrc: number, payloadTypes: PayloadTypes): WantedTrack {
  const codecs = formats.map(({ codec: name, clockRate, channels, profile, width, height }): OfferedCodec => {
    const { payloadType: usual } = CODECS[name];
    // With all taken a page refuses the track, and p2p tells tracks apart by their SSRC.
    const payloadType = payloadTypes.numberOf({ name, payloadType: usual, profile }) ?? usual;
    const codec = { name, payloadType, clockRate, channels, profile, width, height };
    return Object.fromEntries(
      Object.entries(codec).filter(([, value]) => value !== undefined),
    ) as unknown as OfferedCodec;
  });
  return { kind: formats[0]?.kind ?? "video", codecs, ssrc };
}
