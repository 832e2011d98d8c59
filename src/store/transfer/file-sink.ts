// Receives the files of one transfer below one output folder: looks what is there already and whether there is
// room, writes several files at a time, and in the end sets the folders' modes and times and flushes them.
//
// Flushing: each file is flushed before it gets its name, so no crash shows a name with other bytes behind it;
// each folder is flushed once, before the sender is told that all is done, so no crash takes back a name that
// the sender believes in. A flush per folder and file would cost small files their speed and promise no more.
import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { join } from "node:path";
import { formatBytes } from "../../lib/format.ts";
import { P2pError } from "../../lib/errors/p2p-error.ts";
import { ROOT_FOLDER } from "../../transfer/folder-tree.ts";
import type { Decision } from "../../transfer/frames.ts";
import { MAX_UNANSWERED_FILES } from "../../transfer/limits.ts";
import type { ReceivedManifest } from "../../transfer/manifest.ts";
import { type NameRules, safeRelativePath } from "../../transfer/names.ts";
import type { Reason } from "../../transfer/reasons.ts";
import type { ResumableFile } from "../../transfer/resume-requests.ts";
import { AdaptiveDisk, type Disk, plainDisk } from "./disk.ts";
import { errnoOf, type FileSystem, systemReason } from "../file-system.ts";
import { finishTree } from "./finish-tree.ts";
import { type NameConflict, OutputTree } from "./output-tree.ts";
import { type PartFate, PartFile } from "./part-file.ts";
import { PART_PACE } from "./part-pace.ts";
import { findParts, type PartSearch, type Resumable, type SearchBounds } from "./resumable-parts.ts";
import { ResumedPart } from "./resumed-part.ts";
import { Turns } from "./turns.ts";
import { type KeepOptions, UnfinishedParts } from "./unfinished-parts.ts";

/** Why something cannot be kept: for the peer, and for the person here. */
export interface SinkFailure {
  ok: false;
  reason: Extract<Reason, "disk-full" | "write-failed" | "hash-mismatch">;
  error: P2pError;
}

export type Stored = { ok: true; path: string } | SinkFailure;

/** A part of an earlier session, before anybody has compared it. */
export interface PartOnDisk {
  readonly index: number;
  readonly bytes: number;
  /** The file had another size or time when the part was begun. */
  readonly hasChanged: boolean;
}

/** What there is when a transfer is accepted. */
export interface Prepared {
  ok: true;
  /** Indices of files under whose names a file stands that has to be examined first. */
  held: number[];
  /** Files of which there is a part, which this process holds now. */
  resumable: ResumableFile[];
}

/** What a part and the sender's file have in common. */
export interface Compared {
  /** Bitmap of the blocks that are the same. */
  readonly kept: Uint8Array;
  readonly keptBytes: number;
  /** Of the part, as far as the file reaches. */
  readonly ofBytes: number;
}

/** What stands under the name of an entry already. */
export interface Examined {
  decision: Decision;
  path: string;
  bytes: number;
  sha256: Uint8Array;
}

export interface FileSinkOptions {
  readonly outputDir: string;
  readonly conflict: NameConflict;
  readonly manifest: ReceivedManifest;
  readonly rules: NameRules;
  /** These bytes left memory: written, or dropped after a failure. */
  readonly onWritten: (bytes: number) => void;
  /** Once for each file that was begun and not dropped; a failure may come before `store`. */
  readonly onStored: (index: number, stored: Stored) => void;
  /** This transfer's share of the files that may be open, now; ≥ 1. One that is alone may have many. */
  readonly openParts?: (() => number) | undefined;
  /** The real disk unless a test hands in another. */
  readonly fileSystem?: FileSystem | undefined;
  /** How parts are kept and found again. */
  readonly keep?: KeepOptions | undefined;
  /** Undefined: nothing is resumed, since the sender cannot. */
  readonly canResume?: boolean | undefined;
}

/** Files that are worked on at one time: enough that the flushes of small ones share the disk's commits. */
const MAX_OPEN_PARTS = 64;
/** Names that are looked up at one time. */
const LOOKUP_BATCH = 64;
const HASH_READ_BYTES = 1024 * 1024;
/** What is looked for before anybody has consented: a person waits for it, and a peer may offer without end. */
const SURVEY_FOLDERS = 20_000;
const SURVEY_MS = 3_000;
/** Folders and links that could not be made or set and are told one by one; more would say no more. */
const MAX_TOLD_FAILURES = MAX_UNANSWERED_FILES;

export class FileSink {
  readonly #options: FileSinkOptions;
  readonly #disk: Disk;
  readonly #unfinished: UnfinishedParts;
  /** Held and open, and not yet begun. */
  readonly #resumed = new Map<number, ResumedPart>();
  #hashing: Promise<unknown> = Promise.resolve();
  #tree: OutputTree | undefined;
  readonly #parts = new Map<number, PartFile>();
  /** Begun files that wait for their turn, in order. */
  #waiting: { index: number; part: PartFile }[] = [];
  #isTurnDue = false;
  #openParts = 0;
  /** Files that failed, until the transfer ends: what still comes of them is dropped. */
  readonly #lost = new Set<number>();
  /** Work with open files. */
  readonly #running = new Set<Promise<unknown>>();
  /** Files that may not have to be sent; their bytes are not counted as needed unless they come. */
  readonly #held = new Set<number>();
  /** Room that the rest of the transfer takes. */
  #neededBytes = 0;
  #isAborted = false;

  constructor(options: FileSinkOptions) {
    this.#options = options;
    this.#disk = options.fileSystem === undefined ? new AdaptiveDisk() : plainDisk(options.fileSystem);
    this.#unfinished = new UnfinishedParts(this.#disk, options.keep);
  }

  /**
   * Looks for parts of an earlier session, not longer than a person waits, and no more once it is aborted. Nothing is
   * made or changed.
   */
  async survey(): Promise<PartOnDisk[]> {
    if (this.#isAborted) return [];
    try {
      // What is not there is not made before somebody has consented.
      await this.#disk.pooled.realpath(this.#options.outputDir);
      const { outputDir, manifest } = this.#options;
      const tree = await OutputTree.open(outputDir, manifest.folders, () => undefined, this.#disk);
      const { resumable } = await this.#findParts(tree, { folders: SURVEY_FOLDERS, ms: SURVEY_MS });
      return resumable.map(({ index, bytes, hasChanged }) => ({ index, bytes, hasChanged }));
    } catch {
      return [];
    }
  }

  async #findParts(tree: OutputTree, bounds: Omit<SearchBounds, "isStopped">): Promise<PartSearch> {
    const { manifest, conflict, canResume } = this.#options;
    if (canResume !== true) return { resumable: [], named: [], orphans: [] };
    const search = await findParts(manifest, (index) => this.#name(index), tree, this.#unfinished, {
      ...bounds,
      isStopped: () => this.#isAborted,
    });
    if (conflict !== "skip") return search;
    // What stands there stays, and is looked at first.
    const isFree = await Promise.all(search.resumable.map(async ({ index }) => !(await this.#isHeld(tree, index))));
    return { ...search, resumable: search.resumable.filter((_, at) => isFree[at]) };
  }

  /**
   * Opens the output folder, looks up every file's name, holds the parts of an earlier session and asks for room.
   * Nothing is written but the output folder itself, where it is not there.
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
      const resumable = await this.#holdParts(tree);
      const held = (await this.#findHeld(tree)).filter((index) => !this.#resumed.has(index));
      this.#neededBytes = manifest.bytes;
      for (const index of held) {
        this.#held.add(index);
        this.#neededBytes -= manifest.entries[index]?.bytes ?? 0;
      }
      for (const { bytes } of resumable) this.#neededBytes -= bytes;
      const freeBytes = await this.#freeBytes(tree.rootPath);
      if (this.#neededBytes > freeBytes) return this.#diskFull(tree.rootPath, freeBytes);
      return { ok: true, held, resumable };
    } catch (error) {
      return this.#failure(outputDir, error);
    }
  }

  /** Holds what can be resumed, and takes away what a crash left of files that have their names. */
  async #holdParts(tree: OutputTree): Promise<ResumableFile[]> {
    const everywhere = { folders: Number.POSITIVE_INFINITY, ms: Number.POSITIVE_INFINITY };
    const { resumable, named, orphans } = await this.#findParts(tree, everywhere);
    for (const { folder, names } of orphans) await this.#unfinished.clean(folder, names);
    for (const { place } of named) if (await this.#unfinished.hold(place)) await this.#unfinished.remove(place);
    const held: ResumableFile[] = [];
    for (const one of resumable) if (await this.#hold(one)) held.push({ index: one.index, bytes: one.bytes });
    return held;
  }

  async #hold(resumable: Resumable): Promise<boolean> {
    const { index, found } = resumable;
    if (!(await this.#unfinished.hold(found.place))) return false;
    const handle = await this.#unfinished.open(found);
    if (handle === undefined) {
      await this.#unfinished.release(found.place);
      return false;
    }
    const fileBytes = this.#options.manifest.entries[index]?.bytes ?? 0;
    const part = new ResumedPart(resumable, handle, fileBytes);
    this.#resumed.set(index, part);
    // One after the other, as the sender does it.
    this.#hashing = this.#hashing.then(() => part.hash());
    return true;
  }

  /** Compares a part with the sender's hashes of its blocks. */
  async compare(index: number, hashes: Uint8Array): Promise<Compared> {
    await this.#hashing;
    const part = this.#resumed.get(index);
    const kept = (await part?.compare(hashes)) ?? new Uint8Array();
    if (part?.hasChanged === true && part.keptBytes === 0) await this.#setApart(index, part);
    return { kept, keptBytes: part?.keptBytes ?? 0, ofBytes: part?.plan.bytes ?? 0 };
  }

  /** Another file under the same path is no reason to lose the part of this one: the new one comes beside it. */
  async #setApart(index: number, part: ResumedPart): Promise<void> {
    this.#resumed.delete(index);
    this.#neededBytes += part.plan.bytes;
    await part.close();
    await this.#unfinished.setApart(part.found);
  }

  #folderModes(): (folder: number) => number | undefined {
    const { entries, folders, folderOf } = this.#options.manifest;
    const modes = new Int16Array(folders.count + 1).fill(-1);
    for (const [index, { type, mode }] of entries.entries()) {
      if (type === "directory") modes[folderOf[index] ?? ROOT_FOLDER] = mode;
    }
    return (folder) => {
      const mode = modes[folder];
      return mode === undefined || mode < 0 ? undefined : mode;
    };
  }

  async #findHeld(tree: OutputTree): Promise<number[]> {
    const { entries } = this.#options.manifest;
    const held: number[] = [];
    const turns = new Turns();
    for (let first = 0; first < entries.length; first += LOOKUP_BATCH) {
      const batch = Array.from({ length: Math.min(LOOKUP_BATCH, entries.length - first) }, (_, at) => first + at);
      const isHeld = await Promise.all(batch.map((index) => this.#isHeld(tree, index)));
      held.push(...batch.filter((_, at) => isHeld[at]));
      // Names that the disk looks up at once come within this turn: others have theirs in between.
      await turns.take();
      if (this.#isAborted) break;
    }
    return held;
  }

  async #isHeld(tree: OutputTree, index: number): Promise<boolean> {
    const entry = this.#options.manifest.entries[index];
    if (entry?.type !== "file") return false;
    // Where it cannot even be looked, writing will fail and tell why.
    const folder = this.#folder(index);
    if ((await tree.existing(folder)) === undefined) return false;
    const found = await tree.find(folder, this.#name(index)).catch(() => undefined);
    if (found?.stats.isFile() !== true) return false;
    return this.#options.conflict === "skip" || found.stats.size === entry.bytes;
  }

  /** Hashes what stands under the name of a held file; when it cannot be read, the file is to be sent. */
  examine(index: number): Promise<Examined | undefined> {
    return this.#track(this.#examine(index));
  }

  async #examine(index: number): Promise<Examined | undefined> {
    try {
      const found = await this.#opened.find(this.#folder(index), this.#name(index));
      if (found === undefined) return undefined;
      const { path, stats } = found;
      const sha256 = await this.#hash(path);
      if (sha256 === undefined) return undefined;
      const decision: Decision = this.#options.conflict === "skip" ? { kind: "skip" } : { kind: "have", sha256 };
      return { decision, path, bytes: stats.size, sha256 };
    } catch {
      return undefined;
    }
  }

  async #hash(path: string): Promise<Uint8Array | undefined> {
    const handle = await this.#disk.pooled.open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
    try {
      const hash = createHash("sha256");
      const buffer = new Uint8Array(HASH_READ_BYTES);
      for (let position = 0; !this.#isAborted; ) {
        const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
        if (bytesRead === 0) return hash.digest();
        hash.update(buffer.subarray(0, bytesRead));
        position += bytesRead;
      }
      return undefined;
    } finally {
      await handle.close();
    }
  }

  /** The next bytes of a file; the first ones begin it. */
  write(index: number, chunk: Uint8Array, offset: number): void {
    if (this.#lost.has(index)) this.#options.onWritten(chunk.length);
    else this.#part(index).write(chunk, offset);
  }

  /** All bytes of a file were given (an empty one begins here). */
  store(index: number, sha256: Uint8Array): void {
    if (!this.#lost.has(index)) this.#part(index).store(sha256);
  }

  /** The rest of a file will not come. */
  drop(index: number): void {
    this.#parts.get(index)?.drop("keep");
    const resumed = this.#resumed.get(index);
    if (this.#resumed.delete(index) && resumed !== undefined) void this.#track(this.#leave(resumed, "keep"));
  }

  /** A part of an earlier session that was not begun. */
  async #leave(resumed: ResumedPart, fate: PartFate): Promise<void> {
    await resumed.close();
    if (fate === "keep") await this.#unfinished.release(resumed.place);
    else await this.#unfinished.remove(resumed.place);
  }

  #part(index: number): PartFile {
    const existing = this.#parts.get(index);
    if (existing !== undefined) return existing;
    const entry = this.#options.manifest.entries[index];
    if (entry?.type !== "file") throw new RangeError(`Cannot receive entry ${index}: it is no file`);
    // It comes after all.
    if (this.#held.delete(index)) this.#neededBytes += entry.bytes;
    const resumed = this.#resumed.get(index);
    this.#resumed.delete(index);
    const part = new PartFile({
      tree: this.#opened,
      disk: this.#disk,
      entry,
      folder: this.#folder(index),
      name: this.#name(index),
      conflict: this.#options.conflict,
      parts: this.#unfinished,
      resumed,
      pace: this.#options.keep?.pace ?? PART_PACE,
      onWritten: (bytes) => {
        this.#neededBytes -= bytes;
        this.#options.onWritten(bytes);
      },
      onDropped: this.#options.onWritten,
      // Its room is free again, and needed again.
      onRemoved: (bytes) => {
        this.#neededBytes += bytes;
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

  /** One turn later, when the small files of a message are all there: they are written in one piece. */
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
      stored = await this.#writeFailure(this.#pathOf(index), error);
    }
    this.#parts.delete(index);
    if (stored?.ok === false) this.#lost.add(index);
    this.#openParts -= 1;
    if (this.#waiting.length > 0) this.#takeTurnSoon();
    if (stored !== undefined && !this.#isAborted) this.#options.onStored(index, stored);
  }

  /**
   * Makes folders that no file has made, then links, sets modes and times, the innermost first, and flushes all.
   * @returns the folders and links that could not be made or set, the first of them where they are many
   */
  finish(): Promise<{ index: number; failure: SinkFailure }[]> {
    return this.#track(this.#finish());
  }

  async #finish(): Promise<{ index: number; failure: SinkFailure }[]> {
    const failed: { index: number; failure: SinkFailure }[] = [];
    await finishTree({
      ...this.#options,
      tree: this.#opened,
      disk: this.#disk,
      nameOf: (index) => this.#name(index),
      isStopped: () => this.#isAborted,
      onFailed: async (index, error) => {
        if (failed.length === MAX_TOLD_FAILURES) return;
        failed.push({ index, failure: await this.#writeFailure(this.#pathOf(index), error) });
      },
    });
    return failed;
  }

  /** Ends everything. @param fate - of what is incomplete; @returns when nothing is open any more */
  async abort(fate: PartFate): Promise<void> {
    this.#isAborted = true;
    for (const part of this.#parts.values()) part.drop(fate);
    // Preparing may hold one more on the way.
    while (this.#running.size + this.#resumed.size > 0) {
      for (const resumed of this.#resumed.values()) void this.#track(this.#leave(resumed, fate));
      this.#resumed.clear();
      await Promise.all(this.#running);
    }
  }

  get #opened(): OutputTree {
    if (this.#tree === undefined) throw new RangeError("Cannot receive before prepare() has succeeded");
    return this.#tree;
  }

  /** The folder that a file or a link lies in. */
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

  /** Where an entry would be, for people. */
  #pathOf(index: number): string {
    return join(this.#opened.rootPath, ...this.#segments(index));
  }

  async #freeBytes(path: string): Promise<number> {
    const { bavail, bsize } = await this.#disk.pooled.statfs(path);
    return bavail * bsize;
  }

  async #writeFailure(path: string, error: unknown): Promise<SinkFailure> {
    const errno = errnoOf(error);
    if (errno !== "ENOSPC" && errno !== "EDQUOT") return this.#failure(path, error);
    const root = this.#opened.rootPath;
    const freeBytes = await this.#freeBytes(root).catch(() => 0);
    return this.#diskFull(root, freeBytes);
  }

  #diskFull(path: string, freeBytes: number): SinkFailure {
    const params = { path, needed: formatBytes(Math.max(0, this.#neededBytes)), free: formatBytes(freeBytes) };
    return { ok: false, reason: "disk-full", error: new P2pError("DISK_FULL", params) };
  }

  #failure(path: string, cause: unknown): SinkFailure {
    if (cause instanceof P2pError) {
      return { ok: false, reason: cause.code === "HASH_MISMATCH" ? "hash-mismatch" : "write-failed", error: cause };
    }
    const error = new P2pError("WRITE_FAILED", { path, reason: systemReason(cause) }, { cause });
    return { ok: false, reason: "write-failed", error };
  }
}
