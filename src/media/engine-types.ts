// The tracks of a media engine, and what comes out of it.
import type { EncodedFrame, TrackFormat } from "./frame.ts";

/** One track on the wire. */
export interface MediaTrack {
  /** Number of the track among those of one direction. */
  readonly track: number;
  /** 32 bits. */
  readonly ssrc: number;
  /** 0 … 127. */
  readonly payloadType: number;
  readonly format: TrackFormat;
}

/** A track that comes. Several may share an SSRC: the payload type of a packet says whose it is. */
export interface ReceiveTrack extends Omit<MediaTrack, "ssrc"> {
  /** undefined: that of the first authentic packet whose payload type no other such track has. */
  readonly ssrc: number | undefined;
}

export type MediaDirection = "send" | "receive";

export type MediaEngineEvent =
  /** Frames of one track are in order. Once sender reports have come, all receive tracks share one time line. */
  | { readonly type: "frame"; readonly track: number; readonly frame: EncodedFrame }
  /** The peer asks for a key frame of this send track. */
  | { readonly type: "key-frame-wanted"; readonly track: number }
  /** The path does not carry this send track: frames are left out, and a key frame now and then tries it. */
  | { readonly type: "paused"; readonly track: number }
  /** It carries it again. */
  | { readonly type: "resumed"; readonly track: number }
  /** The peer has said that this receive track is over. */
  | { readonly type: "ended"; readonly track: number };

export interface MediaTrackStats {
  /** Packets and bytes of payload, retransmissions left out. */
  readonly packets: number;
  readonly bytes: number;
  /** Whole frames sent, or passed on. */
  readonly frames: number;
  /** Packets that did not arrive here in time; of a send track as the peer last reported. */
  readonly lost: number;
  /** Packets that were sent, or arrived, only when asked for again. */
  readonly retransmitted: number;
  /** Frames of which a part did not arrive in time; of a send track, that were left out because the path carried none. */
  readonly droppedFrames: number;
  /** Interarrival jitter of RFC 3550 §6.4.1; of a send track as the peer last reported. */
  readonly jitterMs: number;
  /** Round trip by sender and receiver reports; undefined: not known yet. */
  readonly rttMs: number | undefined;
}
