// The recordings of a session. A file knows its tracks before its first frame, so tracks that are offered together are one
// file, and those that are offered later, beside them or after them, have one of their own. The first file is opened
// before anything is paired; whoever offers tracks again and again does not get more files than a limit.
import type { MediaOfferMessage } from "../../control/media-messages.ts";
import { type CodecName, MAX_MEDIA_TRACKS, type MediaKind } from "../../lib/codecs.ts";
import { type P2pError, toP2pError } from "../../lib/errors/p2p-error.ts";
import type { NotRecorded } from "../../lib/events.ts";
import type { EncodedFrame, TrackFormat } from "../../media/frame.ts";
import type { MediaSink } from "../ports.ts";
import { Recording } from "./recording.ts";

/** Files of one session, and how many of them may be open at a time. */
export const MAX_RECORDINGS = 64;
export const MAX_OPEN_RECORDINGS = 4;

export interface FileRecordingsEvents {
  /** A picture is wanted that needs none before it. */
  onKeyFrameWanted: (track: number) => void;
  /** A file is complete. `path`: undefined for a stream, or where nothing came. */
  onRecorded: (recorded: { bytes: number; path: string | undefined }) => void;
  /** A file has failed, to which these tracks belonged. */
  onFailed: (error: P2pError, tracks: readonly number[]) => void;
}

/** Tracks that are recorded together. */
export interface RecordedGroup {
  /** Whether its file is open; false: it could not be opened. */
  readonly isOpen: Promise<boolean> | true;
  /** Those that have not ended. */
  readonly tracks: ReadonlySet<number>;
}

interface Group extends RecordedGroup {
  isOpen: Promise<boolean> | true;
  readonly tracks: Set<number>;
  /** Undefined: its file is being opened. */
  recording: Recording | undefined;
  hasFailed: boolean;
}

export class FileRecordings {
  readonly #holds: MediaSink["accepts"];
  /** Tracks that a file holds. */
  readonly room: number;
  readonly #next: (() => Promise<MediaSink>) | undefined;
  readonly #events: FileRecordingsEvents;
  /** Files that are not over; at most `MAX_OPEN_RECORDINGS`. */
  readonly #groups = new Set<Group>();
  readonly #first: Group;
  #hasBegun = false;
  #count = 1;
  #isStopped = false;
  /** Settles when the files that are over are complete. */
  #over: Promise<unknown> = Promise.resolve();

  /** @param next - opens one more file; undefined: there is only the first, as on stdout */
  constructor(first: MediaSink, next: (() => Promise<MediaSink>) | undefined, events: FileRecordingsEvents) {
    this.#holds = first.accepts;
    this.room = first.maxTracks ?? MAX_MEDIA_TRACKS;
    this.#next = next;
    this.#events = events;
    this.#first = { isOpen: true, tracks: new Set(), recording: undefined, hasFailed: false };
    this.#first.recording = this.#open(this.#first, first);
    this.#groups.add(this.#first);
  }

  /** A file is open, or is being opened. */
  get isRecording(): boolean {
    return this.#groups.size > 0;
  }

  /** The open files. */
  get all(): readonly Recording[] {
    return [...this.#groups].flatMap(({ recording }) => recording ?? []);
  }

  /** Codecs that tracks of a kind could have that are offered now, best first. */
  accepts(kind: MediaKind): readonly CodecName[] {
    return this.#whyNoFile === undefined ? this.#holds[kind] : [];
  }

  /** Why a track cannot be recorded now, however many are in its file; undefined: it can. */
  whyNot({ kind, codecs }: Pick<MediaOfferMessage, "kind" | "codecs">): NotRecorded | undefined {
    const holds: readonly string[] = this.#holds[kind];
    return codecs.some(({ name }) => holds.includes(name)) ? this.#whyNoFile : "codec";
  }

  get #whyNoFile(): NotRecorded | undefined {
    if (!this.#hasBegun) return undefined;
    if (this.#next === undefined) return "stdout";
    const isPossible = this.#count < MAX_RECORDINGS && this.#groups.size < MAX_OPEN_RECORDINGS;
    return isPossible ? undefined : "too-many";
  }

  /** Tracks that were offered together, and will be taken once their file is open. Only while `accepts` says so. */
  begin(tracks: readonly number[]): RecordedGroup {
    if (!this.#hasBegun) {
      this.#hasBegun = true;
      for (const track of tracks) this.#first.tracks.add(track);
      return this.#first;
    }
    const group: Group = { isOpen: true, tracks: new Set(tracks), recording: undefined, hasFailed: false };
    this.#groups.add(group);
    this.#count += 1;
    group.isOpen = this.#openNext(group);
    return group;
  }

  async #openNext(group: Group): Promise<boolean> {
    try {
      const sink = await this.#next?.();
      // Its tracks may have ended meanwhile, and so may the session.
      if (sink !== undefined && this.#groups.has(group) && !this.#isStopped) group.recording = this.#open(group, sink);
      else await sink?.close();
      return group.recording !== undefined;
    } catch (thrown) {
      this.#groups.delete(group);
      this.#events.onFailed(toP2pError(thrown), []);
      return false;
    }
  }

  #open(group: Group, sink: MediaSink): Recording {
    return new Recording(sink, {
      onKeyFrameWanted: (track) => this.#events.onKeyFrameWanted(track),
      onFailed: (error) => {
        group.hasFailed = true;
        this.#events.onFailed(error, [...group.tracks]);
        this.#close(group);
      },
    });
  }

  /** Before the first frame of its group. One that was not begun, as of another WebRTC program, belongs to the first file. */
  addTrack(track: number, format: TrackFormat): void {
    let group = this.#groupOf(track);
    if (group === undefined && this.#groups.has(this.#first)) {
      group = this.#first;
      group.tracks.add(track);
      this.#hasBegun = true;
    }
    group?.recording?.addTrack(track, format);
  }

  #groupOf(track: number): Group | undefined {
    return [...this.#groups].find(({ tracks }) => tracks.has(track));
  }

  write(track: number, frame: EncodedFrame): void {
    this.#groupOf(track)?.recording?.write(track, frame);
  }

  /** No more frames of a track follow, or it was not taken. The last one of its group ends the file. */
  endTrack(track: number): void {
    const group = this.#groupOf(track);
    if (group === undefined) return;
    group.tracks.delete(track);
    group.recording?.endTrack(track);
    if (group.tracks.size === 0) this.#close(group);
  }

  /** Later calls do nothing. */
  #close(group: Group): void {
    if (this.#groups.delete(group)) this.#over = Promise.all([this.#over, group.isOpen, this.#finish(group)]);
  }

  async #finish(group: Group): Promise<void> {
    try {
      const recorded = await group.recording?.close();
      if (recorded !== undefined && !group.hasFailed) this.#events.onRecorded(recorded);
    } catch (thrown) {
      if (!group.hasFailed) this.#events.onFailed(toP2pError(thrown), []);
    }
  }

  /** Resolves when all files are complete. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const group of this.#groups) this.#close(group);
    await this.#over;
  }
}
