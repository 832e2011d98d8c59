// What every kind of file that is recorded offers: bytes that are only ever appended, so that a copy taken at any moment can
// be played, and so can what is left after this process was killed.
import type { TrackFormat } from "../../media/frame.ts";

/** A track with what its kind of file has to say before the first frame. */
export interface WrittenTrack {
  readonly format: TrackFormat;
  /** Pixels; undefined while no key frame has come. */
  readonly width: number | undefined;
  readonly height: number | undefined;
  /** H.264: AVCDecoderConfigurationRecord. AV1: AV1CodecConfigurationRecord. VP9: its profile in one byte. */
  readonly config: Uint8Array | undefined;
}

/** A frame in the form that files have: H.264 with lengths, AV1 without delimiters. */
export interface WrittenFrame {
  readonly bytes: Uint8Array;
  /** µs from the start of the file, later than the frame before it in its track. */
  readonly timestampUs: number;
  readonly durationUs: number | undefined;
  readonly isKey: boolean;
}

/** Bytes that replace others when the file is complete. */
export interface Patch {
  readonly position: number;
  readonly bytes: Uint8Array;
}

/** Called in this order: `begin` once, `add`, `end` once, `patches`. What is returned is appended at once. */
export interface ContainerWriter {
  /** @param tracks - in the order of their indices; those that are not `canWait` have size and config */
  begin(tracks: readonly WrittenTrack[]): Uint8Array;
  add(track: number, frame: WrittenFrame): Uint8Array;
  end(): Uint8Array;
  /** For a file, not for a stream. */
  patches(): readonly Patch[];
  /** Whether the file may begin before the first key frame of such a track has come. */
  canWait(format: TrackFormat): boolean;
  /** Tracks that one file has at most. */
  readonly maxTracks: number;
}

/** What is to be written only later is nothing now. */
export const NOTHING: Uint8Array = new Uint8Array();
