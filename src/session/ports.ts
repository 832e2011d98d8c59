// Platform interfaces of a session: time, randomness, hashes and files. The creator of the session injects them, so
// that the same session runs on Node and in a browser.
import type { CodecName, MediaKind } from "../lib/codecs.ts";
import type { P2pError } from "../lib/errors/p2p-error.ts";
import type { EncodedFrame, TrackFormat } from "../media/frame.ts";
import type { MediaEngineOptions } from "../media/media-engine.ts";
import type { SrtpKeyMaterial } from "../media/srtp.ts";
import type { BlockPlan } from "../transfer/kept-blocks.ts";
import type { LeftOut } from "../transfer/left-out.ts";
import type { Manifest, ReceivedManifest } from "../transfer/manifest.ts";
import type { NameRules } from "../transfer/names.ts";
import type { Reason } from "../transfer/reasons.ts";
import type {
  Compared,
  Examined,
  FolderSinkEvents,
  PartOnDisk,
  Prepared,
  SinkFailure,
  StreamSinkEvents,
} from "../transfer/storing.ts";

/**
 * Time and timers. Both kinds of timer return a function that cancels them; cancelling twice, or too late, does
 * nothing.
 */
export interface Clock {
  /** Monotonic milliseconds. */
  nowMs(): number;
  /** Milliseconds since 1970, UTC. They may jump, so they only date things and never measure. */
  wallMs(): number;
  /** Calls back once. @param ms - ≥ 0; 2^31 and more count as some 24 days */
  setTimer(callback: () => void, ms: number): () => void;
  /** Calls back once, after everything that has already arrived is handled. */
  nextTurn(callback: () => void): () => void;
}

/** A stream that was read to its end and is ready to be sent. */
export interface SpooledFile {
  /** The name under which it is offered. */
  readonly name: string;
  readonly bytes: number;
  /** Releases its storage. `sendFiles` calls it when it is finished with the stream. */
  close(): Promise<void>;
}

/** The contents of one outgoing transfer. */
export interface SendPlan {
  readonly manifest: Manifest;
  /** Base names of the given paths, in their order. */
  readonly names: readonly string[];
  /** Entries found in folders that are not sent. They are reported; the rest is sent. */
  readonly problems: readonly P2pError[];
  /** All that the folders have and the manifest does not. The peer is told. */
  readonly leftOut: LeftOut;
  /** The name of a manifest entry in reports on this side; `-` for a stream. */
  localPath(index: number): string;
}

/** The failure to send a file: the reason for the peer, and the error for the person here. */
export interface SourceFailure {
  ok: false;
  reason: Extract<Reason, "source-changed" | "unreadable">;
  error: P2pError;
  /** No other file could be read either: the whole transfer is over. */
  isFinal?: true;
}

/** The files of one plan, as the transfer engine asks for them. Nothing here throws or rejects. */
export interface TransferSource {
  /** Reads the next bytes of a file; the last of them come with its SHA-256. */
  read(
    index: number,
    offset: number,
    bytes: number,
  ): Promise<{ ok: true; chunk: Uint8Array; sha256: Uint8Array | undefined } | SourceFailure>;
  hash(index: number): Promise<{ ok: true; sha256: Uint8Array } | SourceFailure>;
  blocks(index: number, plan: BlockPlan): Promise<{ ok: true; hashes: Uint8Array } | SourceFailure>;
  /** Releases a chunk that `read` returned: it was sent, and its memory may be reused. */
  recycle(chunk: Uint8Array): void;
  closeFile(index: number): void;
  /** Resolves when no file is open any more. */
  close(): Promise<void>;
}

/** The destination of the files of one transfer. Nothing here throws or rejects. */
export interface TransferSink {
  /** Searches for partial files of an earlier session; creates and changes nothing. */
  survey(): Promise<PartOnDisk[]>;
  /** Only some entries will arrive; called before `prepare`. The others get neither room nor name. */
  restrict(isWanted: (index: number) => boolean): void;
  /** No part of an earlier session is resumed, and the disk keeps none of what will arrive; called before `prepare`. */
  startAfresh(): void;
  /** Checks names and free space. `deferred`: indices of files that have to be examined first. */
  prepare(): Promise<Prepared | SinkFailure>;
  /** Compares the blocks of a partial file with the sender's file. `kept`: a bitmap of the equal blocks. */
  compare(index: number, hashes: Uint8Array): Promise<Compared>;
  examine(index: number): Promise<Examined | undefined>;
  write(index: number, chunk: Uint8Array, offset: number): void;
  /** All bytes of a file were written. */
  store(index: number, sha256: Uint8Array): void;
  /** The rest of a file will not arrive. */
  drop(index: number): void;
  /** All files are over. @returns entries that could not be finished */
  finish(): Promise<{ index: number; failure: SinkFailure }[]>;
  /** Resolves when no file is open any more. */
  abort(fate: "keep" | "remove"): Promise<void>;
}

/** A sink for all files of a transfer, in a folder. */
export interface FolderSinkOptions {
  readonly events: FolderSinkEvents;
  readonly manifest: ReceivedManifest;
  readonly outputDir: string;
  /** The policy for a name that already exists. */
  readonly conflict: "rename" | "overwrite" | "skip";
  /** This transfer's current share of the limit of open files; ≥ 1. */
  readonly openParts: () => number;
  /** The sender can resume partial files. */
  readonly canResume: boolean;
}

/** Receives the bytes of one file, as stdout does. */
export interface FileOutput {
  /**
   * Resolves when the bytes were taken: the sender receives credit for more then. It is not called again before.
   * Rejects when no more can be taken; with `EPIPE` as its `code` when the reader has gone, which is not an error.
   */
  write(bytes: Uint8Array): Promise<void>;
}

/** A sink for one file of a transfer, the one with this index. */
export interface StreamSinkOptions {
  readonly events: StreamSinkEvents;
  readonly manifest: ReceivedManifest;
  readonly index: number;
  readonly output: FileOutput;
}

/** Files of this side. Plans and sources belong to one port: each accepts only its own plans. */
export interface FilePort {
  /** Rules for the names of files stored here. */
  readonly rules: NameRules;
  /** @throws P2pError when a path cannot be read */
  plan(paths: readonly (string | SpooledFile)[]): Promise<SendPlan>;
  openSource(plan: SendPlan): TransferSource;
  openFolder(options: FolderSinkOptions): TransferSink;
  openStream(options: StreamSinkOptions): TransferSink;
}

/** The tracks of a file, a stream or a test picture that is published. Its methods reject with a P2pError. */
export interface MediaSource {
  readonly tracks: readonly TrackFormat[];
  /**
   * The next frame in order of time, and the index of its track.
   * @returns undefined: the end
   */
  next(): Promise<{ index: number; frame: EncodedFrame } | undefined>;
  /** It may be called again, and while `next` waits. */
  close(): Promise<void>;
}

/** What is recorded goes here. Its methods throw or reject with a P2pError. */
export interface MediaSink {
  /** Codecs of each kind that it can hold, best first; none: nothing of this kind. */
  readonly accepts: Readonly<Record<MediaKind, readonly CodecName[]>>;
  /** Tracks that it holds at a time; absent: as many as a session has. */
  readonly maxTracks?: number;
  /** Called before the first frame. @returns the index of the track */
  addTrack(format: TrackFormat): number;
  /**
   * Takes frames in the order of the calls. What waits for a slow disk has a limit; beyond it frames are dropped.
   * @returns resolves when this frame, and all before it, are written or dropped
   */
  write(index: number, frame: EncodedFrame): Promise<void>;
  /** No more frames of a track follow. Absent: the sink ends with its tracks; one that has it ends with the session only. */
  endTrack?(index: number): void;
  /** Is called once; the sink calls back when whoever reads it needs a key frame. */
  onKeyFrameWanted?(listener: (index: number) => void): void;
  /**
   * Ends the file, and removes it where nothing was written. It may be called again.
   * @returns its size, and its path where it has one
   */
  close(): Promise<{ bytes: number; path: string | undefined }>;
}

/** A track that comes through a door: what it may be, and how it is told what becomes of it. */
export interface DoorOffer {
  /** Codecs of one kind in which it can come, best first; 1 … 8. */
  readonly formats: readonly TrackFormat[];
  /** The peer asks for a key frame. */
  readonly onKeyFrameWanted: () => void;
  /** The peer takes nothing of it, or nothing any more. Not called after `end`. */
  readonly onOver: () => void;
}

/** A track that the peer takes, or may take yet. */
export interface DoorTrack {
  /** In which it has to come. */
  readonly format: TrackFormat;
  /** By either side. */
  readonly isOver: boolean;
  /** Passes a frame on at once; one that cannot leave now is lost. Times of all tracks of one offer are on one line. */
  write(frame: EncodedFrame): void;
  /** It has no more frames. It may be called again. */
  end(): void;
}

/**
 * Offers the tracks of one program, which begin together.
 * @returns one of each, once the peer has decided, or has not for a while; undefined: the peer does not take it.
 *   `not-now`: nobody is there yet, or it has no room for more, or cannot take any
 */
export type OfferThroughDoor = (
  offers: readonly DoorOffer[],
) => Promise<readonly (DoorTrack | undefined)[] | "not-now">;

/** Brings tracks that come and go while the session lasts, as those of a program that publishes by WHIP. */
export interface MediaDoor {
  /** Called once, when the session is there. */
  open(offer: OfferThroughDoor): void;
  /** It may be called again. */
  close(): Promise<void>;
}

/** What RTP of our own needs. */
export type MediaPort = Pick<MediaEngineOptions, "ciphers" | "packetisers">;

/** Where media leaves and arrives: beside the data channels, on the same pair of addresses. */
export interface MediaTransport {
  readonly keys: SrtpKeyMaterial;
  /** Bytes of one datagram at most. */
  readonly maxDatagramBytes: number;
  send(datagram: Uint8Array): void;
  onDatagram(listener: (datagram: Uint8Array) => void): void;
}

/** All platform interfaces of a session. */
export interface SessionPorts {
  readonly clock: Clock;
  readonly files: FilePort;
  /** Unpredictable bytes. */
  randomBytes(count: number): Uint8Array;
  sha256(bytes: Uint8Array): Uint8Array;
}
