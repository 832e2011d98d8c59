// What sends and receives tracks for a session: files and streams by our own RTP (frame-media.ts), or whatever else can
// fill this interface, as the connection of a browser. The session agrees on tracks; nothing here talks to the peer's
// person or knows of messages.
import type { MediaOfferMessage, OfferedCodec } from "../../control/media-messages.ts";
import type { ExpectedTrack, WantedTrack } from "../../control/media-negotiation.ts";
import type { MediaKind } from "../../lib/codecs.ts";
import type { P2pError } from "../../lib/errors/p2p-error.ts";
import type { NotRecorded } from "../../lib/events.ts";
import type { MediaDirection, MediaTrackStats } from "../../media/engine-types.ts";

/** What becomes of an offer: it is taken with a codec of it, refused, or decided by `onDecided`, as by a person. */
export type MediaChoice = OfferedCodec | "refuse" | "later";

/** Calls of a backend to the session around it. */
export interface MediaBackendEvents {
  /**
   * Offers further tracks, as when a person presses a button.
   * @returns their numbers; undefined: not now, since media may not pass yet, or not any more, or too many are open
   */
  offer: (wanted: readonly WantedTrack[]) => readonly number[] | undefined;
  /** Decides an offer whose choice was `later`. */
  onDecided: (track: number, choice: Exclude<MediaChoice, "later">) => void;
  /** The source of a track that this side sends has no more frames. */
  onSent: (track: number) => void;
  /** All that was under way of a track that drains has arrived; or this side takes no more of one that runs. */
  onDrained: (track: number) => void;
  /** An expected track has come in this codec; undefined: it has not, and is not taken any more. */
  onArrived: (track: number, codec: string | undefined) => void;
  /** The sender of a track has ended it on the path of the media. */
  onStreamEnded: (track: number) => void;
  /** The path does not carry a track that this side sends, which is tried again by itself (true); or it does again. */
  onPaused: (track: number, isPaused: boolean) => void;
  /** A track cannot go on. */
  onFailed: (direction: MediaDirection, track: number, error: P2pError) => void;
  /** A recording is complete. `path`: undefined for a stream, or where nothing came. */
  onRecorded: (recorded: { bytes: number; path: string | undefined }) => void;
  /** A track of the peer is not recorded, though `--record` was given. */
  onNotRecorded: (kind: MediaKind, why: NotRecorded) => void;
  /** An error that concerns no single track. */
  report: (error: P2pError) => void;
}

/** Tracks by their numbers in the session. Nothing here throws or rejects. */
export interface MediaBackend {
  /** Tracks to be offered when media may pass; at most `MAX_MEDIA_TRACKS`. */
  readonly wanted: readonly WantedTrack[];
  /** What comes is recorded: the peer is told. */
  readonly isRecording: boolean;
  /** Further tracks may be offered at any time: this side does not end by itself. Absent: false. */
  readonly mayPublish?: boolean;
  /** Tracks of the peer may be taken at any time, to be passed on. Absent: false. */
  readonly mayForward?: boolean;
  /** @param tracks - the numbers of `wanted`, in its order */
  handleOffered(tracks: readonly number[]): void;
  /** @returns a choice for each offer */
  choose(offers: readonly MediaOfferMessage[]): readonly MediaChoice[];
  beginSending(offer: MediaOfferMessage, codec: OfferedCodec): void;
  /** The peer does not want it, or no longer, or it has all of it. */
  endSending(track: number): void;
  /** Takes all tracks of another WebRTC program at once: `onArrived` follows for each. Absent: it never meets one. */
  expect?(offers: readonly ExpectedTrack[]): void;
  beginReceiving(offer: MediaOfferMessage, codec: OfferedCodec): void;
  /** The peer sends no new frame; `onDrained` follows. */
  drain(track: number): void;
  /** A track that was received is over, or one that was to be decided later. */
  endReceiving(track: number): void;
  /** The path to the peer is interrupted (false) or restored. */
  setReachable(isReachable: boolean): void;
  stats(direction: MediaDirection, track: number): MediaTrackStats | undefined;
  /** Resolves when nothing is sent or written any more, and what was recorded is complete. */
  stop(): Promise<void>;
}
