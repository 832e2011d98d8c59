// The file sink: receives the files of one transfer below one output folder. It checks which files exist already and
// whether there is room, writes several files at a time, and finally sets the folders' modes and times and flushes
// them.
//
// Flushing: each file is flushed before it gets its name, so no crash leaves a name with wrong bytes; each folder is
// flushed once, before completion is reported to the sender, so no crash removes a name that the sender relies on. A
// flush per folder and file would make small files slow and guarantee no more.
import { constants } from "node:fs";
import { dirname, join } from "node:path";
import { P2pError } from "../../lib/errors/p2p-error.ts";
import { ROOT_FOLDER } from "../../transfer/folder-tree.ts";
import { MAX_UNANSWERED_FILES } from "../../transfer/limits.ts";
import type { ReceivedManifest } from "../../transfer/manifest.ts";
import { type NameRules, safeRelativePath } from "../../transfer/names.ts";
import type {
  Compared,
  Examined,
  FolderSinkEvents,
  PartOnDisk,
  Prepared,
  SinkFailure,
  Stored,
} from "../../transfer/storing.ts";
import { Attributes } from "./attributes.ts";
import { AdaptiveDisk, type Disk, plainDisk } from "./disk.ts";
import { lacksDescriptors } from "../descriptors.ts";
import { errnoOf, type FileSystem, systemReason } from "../file-system.ts";
import { finishTree } from "./finish-tree.ts";
import type { NameConflict } from "./output-names.ts";
import { OutputTree } from "./output-tree.ts";
import { type PartFate, PartFile } from "./part-file.ts";
import { PresentFiles } from "./present-files.ts";
import { PART_PACE } from "./part-pace.ts";
import { ResumedParts } from "./resumed-parts.ts";
import { DiskRoom } from "./room.ts";
import { type KeepOptions, UnfinishedParts } from "./unfinished-parts.ts";

export interface FileSinkOptions {
  readonly outputDir: string;
  readonly conflict: NameConflict;
  readonly manifest: ReceivedManifest;
  readonly rules: NameRules;
  readonly events: FolderSinkEvents;
  /** Returns this transfer's current share of the files that may be open; ≥ 1. A sole transfer may have many. */
  readonly openParts?: (() => number) | undefined;
  /** The real disk unless a test passes another. */
  readonly fileSystem?: FileSystem | undefined;
  /** Options for storing parts and finding them again. */
  readonly keep?: KeepOptions | undefined;
  /** Undefined: nothing is resumed, since the sender does not support it. */
  readonly canResume?: boolean | undefined;
}

/** Files in progress at one time: enough that the flushes of small ones share the disk's commits. */
const MAX_OPEN_PARTS = 64;
/** Limit of the search before the user has consented: the user waits for it, and a peer may propose files endlessly. */
const SURVEY_FOLDERS = 20_000;
const SURVEY_MS = 3_000;
/** Folders and links that failed and are reported one by one; more reports would add no information. */
const MAX_TOLD_FAILURES = MAX_UNANSWERED_FILES;

export class FileSink {
  readonly #options: FileSinkOptions;
  readonly #disk: Disk;
  readonly #unfinished: UnfinishedParts;
  readonly #attributes: Attributes;
  readonly #resumed: ResumedParts;
  readonly #room: DiskRoom;
  #tree: OutputTree | undefined;
  #present: PresentFiles | undefined;
  readonly #parts = new Map<number, PartFile>();
  /** Started files that wait for their turn, in order. */
  #waiting: { index: number; part: PartFile }[] = [];
  #isTurnDue = false;
  #openParts = 0;
  /** Files that failed, until the transfer ends: bytes that still arrive for them are dropped. */
  readonly #lost = new Set<number>();
  /** Running work that has open files. */
  readonly #running = new Set<Promise<unknown>>();
  /** Files that may not have to be sent; their bytes do not count as needed unless they arrive. */
  readonly #deferred = new Set<number>();
  #isAborted = false;
  #isWanted: (index: number) => boolean = () => true;

  constructor(options: FileSinkOptions) {
    this.#options = options;
    this.#disk = options.fileSystem === undefined ? new AdaptiveDisk() : plainDisk(options.fileSystem);
    this.#unfinished = new UnfinishedParts(this.#disk, options.keep);
    this.#attributes = new Attributes(this.#disk.pooled, options.events.onLost);
    this.#room = new DiskRoom(this.#disk.pooled);
    this.#resumed = new ResumedParts({
      manifest: options.manifest,
      canResume: options.canResume === true,
      keepsExisting: options.conflict === "skip",
      unfinished: this.#unfinished,
      nameOf: (index) => this.#name(index),
      presentIn: (tree) => this.#presentIn(tree),
      isStopped: () => this.#isAborted,
    });
  }

  /**
   * Looks for parts of an earlier session, for no longer than a user would wait, and stops on abort. Nothing is created
   * or changed.
   */
  async survey(): Promise<PartOnDisk[]> {
    if (this.#isAborted) return [];
    try {
      // A missing output folder is not created before the user has consented.
      await this.#disk.pooled.realpath(this.#options.outputDir);
      const { outputDir, manifest } = this.#options;
      const tree = await OutputTree.open(outputDir, manifest.folders, () => undefined, this.#disk);
      const { resumable } = await this.#resumed.find(tree, { folders: SURVEY_FOLDERS, ms: SURVEY_MS });
      return resumable.map(({ index, bytes, hasChanged }) => ({ index, bytes, hasChanged }));
    } catch {
      return [];
    }
  }

  restrict(isWanted: (index: number) => boolean): void {
    this.#isWanted = isWanted;
  }

  startAfresh(): void {
    this.#resumed.startAfresh();
  }

  /**
   * Opens the output folder, looks up every file's name, locks the parts of an earlier session and checks for room.
   * Nothing is written except the output folder itself, if it does not exist.
   */
  prepare(): Promise<Prepared | SinkFailure> {
    return this.#track(this.#prepare());
  }

  async #prepare(): Promise<Prepared | SinkFailure> {
    const { outputDir, manifest } = this.#options;
    try {
      const tree = await OutputTree.open(outputDir, manifest.folders, this.#folderModes(), this.#disk);
      await this.#disk.pooled.access(tree.rootPath, constants.W_OK | constants.X_OK);
      this.#tree = tree;
      const resumable = await this.#resumed.lock(tree, this.#isWanted);
      this.#present = this.#presentIn(tree);
      const present = await this.#present.find();
      const deferred = present.filter((index) => !this.#resumed.has(index) && this.#isWanted(index));
      this.#room.need(manifest.bytes - this.#unwanted().bytes);
      for (const index of deferred) {
        this.#deferred.add(index);
        this.#room.spare(manifest.entries[index]?.bytes ?? 0);
      }
      for (const { bytes } of resumable) this.#room.spare(bytes);
      const lack = await this.#room.lackFor(this.#newFiles(), tree.rootPath);
      if (lack !== undefined) return lack;
      return { ok: true, deferred, resumable };
    } catch (error) {
      return this.#failure(outputDir, error);
    }
  }

  /** Sums of the files that will not arrive. */
  #unwanted(): { files: number; bytes: number } {
    const sums = { files: 0, bytes: 0 };
    for (const [index, entry] of this.#options.manifest.entries.entries()) {
      if (entry.type !== "file" || this.#isWanted(index)) continue;
      sums.files += 1;
      sums.bytes += entry.bytes;
    }
    return sums;
  }

  #presentIn(tree: OutputTree): PresentFiles {
    const { manifest, conflict } = this.#options;
    const nameOf = (index: number): string => this.#name(index);
    return new PresentFiles({ tree, disk: this.#disk, manifest, conflict, nameOf, isStopped: () => this.#isAborted });
  }

  /** Compares a part with the sender's hashes of its blocks. */
  async compare(index: number, hashes: Uint8Array): Promise<Compared> {
    const { compared, givenUpBytes } = await this.#resumed.compare(index, hashes);
    this.#room.need(givenUpBytes);
    return compared;
  }

  #folderModes(): (folder: number) => number | undefined {
    const { entries, folders, folderOf } = this.#options.manifest;
    const modes = new Int16Array(folders.count + 1).fill(-1);
    for (const [index, entry] of entries.entries()) {
      if (entry.type === "directory") modes[folderOf[index] ?? ROOT_FOLDER] = this.#attributes.modeOf(entry);
    }
    return (folder) => {
      const mode = modes[folder];
      return mode === undefined || mode < 0 ? undefined : mode;
    };
  }

  /** Hashes the existing file under an entry's name; when it cannot be read, the file has to be sent. */
  examine(index: number): Promise<Examined | undefined> {
    return this.#track(this.#present?.examine(index) ?? Promise.resolve(undefined));
  }

  /** Takes the next bytes of a file; the first ones start it. */
  write(index: number, chunk: Uint8Array, offset: number): void {
    if (this.#lost.has(index)) this.#options.events.onWritten(chunk.length);
    else this.#part(index).write(chunk, offset);
  }

  /** Marks that all bytes of a file were passed (an empty file starts here). */
  store(index: number, sha256: Uint8Array): void {
    if (!this.#lost.has(index)) this.#part(index).store(sha256);
  }

  /** Marks that the rest of a file will not arrive. */
  drop(index: number): void {
    this.#parts.get(index)?.drop("keep");
    if (this.#resumed.has(index)) void this.#track(this.#resumed.leave(index, "keep"));
  }

  #part(index: number): PartFile {
    const existing = this.#parts.get(index);
    if (existing !== undefined) return existing;
    const entry = this.#options.manifest.entries[index];
    if (entry?.type !== "file") throw new RangeError(`Cannot receive entry ${index}: it is no file`);
    // The file is sent after all.
    const wasDeferred = this.#deferred.delete(index);
    if (wasDeferred) this.#room.need(entry.bytes);
    const resumed = this.#resumed.take(index);
    const part = new PartFile({
      tree: this.#opened,
      disk: this.#disk,
      entry,
      folder: this.#folder(index),
      name: this.#name(index),
      conflict: this.#options.conflict,
      attributes: this.#attributes,
      parts: this.#unfinished,
      resumed,
      twinOf: async (sha256) =>
        wasDeferred || resumed !== undefined ? this.#present?.twinOf(index, sha256, wasDeferred) : undefined,
      pace: this.#options.keep?.pace ?? PART_PACE,
      events: {
        onWritten: (bytes) => {
          this.#room.spare(bytes);
          this.#options.events.onWritten(bytes);
        },
        onDropped: this.#options.events.onWritten,
        // Its space is free again, and needed again.
        onRemoved: (bytes) => {
          this.#room.need(bytes);
        },
      },
    });
    this.#parts.set(index, part);
    this.#waiting.push({ index, part });
    this.#takeTurnSoon();
    return part;
  }

  #track<T>(work: Promise<T>): Promise<T> {
    const tracked = work.finally(() => this.#running.delete(tracked));
    this.#running.add(tracked);
    return tracked;
  }

  /** Starts one turn later, when all small files of a message have arrived, so that each is written in one piece. */
  #takeTurnSoon(): void {
    if (this.#isTurnDue) return;
    this.#isTurnDue = true;
    setImmediate(() => {
      this.#isTurnDue = false;
      const share = Math.min(MAX_OPEN_PARTS, this.#options.openParts?.() ?? MAX_OPEN_PARTS);
      for (const { index, part } of this.#waiting.splice(0, Math.max(0, share - this.#openParts))) {
        this.#openParts += 1;
        void this.#track(this.#run(index, part));
      }
    });
  }

  async #run(index: number, part: PartFile): Promise<void> {
    let stored: Stored | undefined;
    try {
      const final = await part.run();
      stored = final === undefined ? undefined : { ok: true, path: final };
    } catch (error) {
      stored = this.#opened.isRootThere ? await this.#writeFailure(this.#pathOf(index), error) : this.#gone();
    }
    this.#parts.delete(index);
    if (stored?.ok === false) this.#lost.add(index);
    this.#openParts -= 1;
    if (this.#waiting.length > 0) this.#takeTurnSoon();
    if (stored !== undefined && !this.#isAborted) this.#options.events.onStored(index, stored);
  }

  /**
   * Creates the folders that no file has created, then links, sets modes and times, innermost first, and flushes all.
   * @returns the folders and links that failed; only the first of them when there are many
   */
  finish(): Promise<{ index: number; failure: SinkFailure }[]> {
    return this.#track(this.#finish());
  }

  async #finish(): Promise<{ index: number; failure: SinkFailure }[]> {
    if (!this.#opened.isRootThere) return [{ index: 0, failure: this.#gone() }];
    const failed: { index: number; failure: SinkFailure }[] = [];
    await finishTree({
      ...this.#options,
      tree: this.#opened,
      disk: this.#disk,
      attributes: this.#attributes,
      nameOf: (index) => this.#name(index),
      isStopped: () => this.#isAborted,
      isWanted: this.#isWanted,
      onFailed: async (index, error) => {
        if (failed.length === MAX_TOLD_FAILURES) return;
        failed.push({ index, failure: await this.#writeFailure(this.#pathOf(index), error) });
      },
    });
    return failed;
  }

  /** Ends everything. @param fate - applies to incomplete files; @returns when nothing is open any more */
  async abort(fate: PartFate): Promise<void> {
    this.#isAborted = true;
    for (const part of this.#parts.values()) part.drop(fate);
    // A preparation in progress may lock one more part.
    while (this.#running.size + this.#resumed.size > 0) {
      void this.#track(this.#resumed.leaveAll(fate));
      await Promise.all(this.#running);
    }
    if (fate === "remove") await this.#tree?.giveUp();
  }

  get #opened(): OutputTree {
    if (this.#tree === undefined) throw new RangeError("Cannot receive before prepare() has succeeded");
    return this.#tree;
  }

  /** Returns the folder that contains a file or a link. */
  #folder(index: number): number {
    return this.#options.manifest.folderOf[index] ?? ROOT_FOLDER;
  }

  #segments(index: number): string[] {
    const safe = safeRelativePath(this.#options.manifest.entries[index]?.path ?? "", this.#options.rules);
    if (!safe.ok) throw new RangeError(`Cannot receive entry ${index}: its path is ${safe.reason}`);
    return safe.segments;
  }

  #name(index: number): string {
    return this.#segments(index).at(-1) ?? "";
  }

  /** Returns the path that an entry would have, for display. */
  #pathOf(index: number): string {
    return join(this.#opened.rootPath, ...this.#segments(index));
  }

  /** Count of the files that the transfer makes; one that replaces another needs no room of its own. */
  #newFiles(): number {
    const { manifest, conflict } = this.#options;
    if (conflict === "overwrite") return 0;
    return manifest.files - this.#unwanted().files - this.#deferred.size - this.#resumed.size;
  }

  async #writeFailure(path: string, error: unknown): Promise<SinkFailure> {
    const errno = errnoOf(error);
    if (errno === "EROFS") {
      const failure = this.#failure(path, error);
      return (await this.#isRootReadOnly()) ? { ...failure, isFinal: true } : failure;
    }
    if (errno !== "ENOSPC" && errno !== "EDQUOT") return this.#failure(path, error);
    const other = await this.#otherDiskOf(path);
    const full = await this.#room.failure(errno, other ?? this.#opened.rootPath);
    return other === undefined ? full : { ...full, isOfOneDisk: true };
  }

  /** Returns the folder of a path if that is on another disk than the output folder, as below a mount point. */
  async #otherDiskOf(path: string): Promise<string | undefined> {
    const fs = this.#disk.pooled;
    const folder = dirname(path);
    const devices = await Promise.all([folder, this.#opened.rootPath].map(async (at) => (await fs.stat(at)).dev)).catch(
      () => [],
    );
    return devices[0] === devices[1] ? undefined : folder;
  }

  async #isRootReadOnly(): Promise<boolean> {
    return await this.#disk.pooled.access(this.#opened.rootPath, constants.W_OK).then(
      () => false,
      (error: unknown) => errnoOf(error) === "EROFS",
    );
  }

  #gone(): SinkFailure {
    const error = new P2pError("OUTPUT_GONE", { path: this.#opened.rootPath });
    return { ok: false, reason: "write-failed", error, isFinal: true };
  }

  #failure(path: string, cause: unknown): SinkFailure {
    if (cause instanceof P2pError) {
      return { ok: false, reason: cause.code === "HASH_MISMATCH" ? "hash-mismatch" : "write-failed", error: cause };
    }
    if (lacksDescriptors(cause)) {
      const error = new P2pError("TOO_MANY_OPEN_FILES", { path }, { cause });
      return { ok: false, reason: "write-failed", error, isFinal: true };
    }
    if (errnoOf(cause) === "EFBIG") {
      return { ok: false, reason: "write-failed", error: new P2pError("FILE_SIZE_LIMITED", { path }, { cause }) };
    }
    const error = new P2pError("WRITE_FAILED", { path, reason: systemReason(cause), place: "output" }, { cause });
    return { ok: false, reason: "write-failed", error };
  }
}
