// Receives the files of one transfer below one output folder: looks what is there already and whether there is
// room, writes several files at a time, and in the end sets the folders' modes and times and flushes them.
//
// Flushing: each file is flushed before it gets its name, so no crash shows a name with other bytes behind it;
// each folder is flushed once, before the sender is told that all is done, so no crash takes back a name that
// the sender believes in. A flush per folder and file would cost small files their speed and promise no more.
import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { formatBytes } from "../lib/byte-size.ts";
import { P2pError } from "../lib/errors.ts";
import type { Decision } from "../transfer/frames.ts";
import type { Manifest } from "../transfer/manifest.ts";
import { type NameRules, safeLinkTarget, safeRelativePath } from "../transfer/names.ts";
import type { Reason } from "../transfer/reasons.ts";
import { AdaptiveDisk, type Disk, plainDisk } from "./disk.ts";
import { errnoOf, type FileSystem, systemReason } from "./file-system.ts";
import { type NameConflict, type OutputFolder, OutputTree } from "./output-tree.ts";
import { PartFile, toSeconds } from "./part-file.ts";

/** Why something cannot be kept: for the peer, and for the person here. */
export interface SinkFailure {
  ok: false;
  reason: Extract<Reason, "disk-full" | "write-failed" | "hash-mismatch">;
  error: P2pError;
}

export type Stored = { ok: true; path: string } | SinkFailure;

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
  readonly manifest: Manifest;
  readonly rules: NameRules;
  /** These bytes left memory: written, or dropped after a failure. */
  readonly onWritten: (bytes: number) => void;
  /** Once for each file that was begun and not dropped; a failure may come before `store`. */
  readonly onStored: (index: number, stored: Stored) => void;
  /** This transfer's share of the files that may be open, now; ≥ 1. One that is alone may have many. */
  readonly openParts?: (() => number) | undefined;
  /** The real disk unless a test hands in another. */
  readonly fileSystem?: FileSystem | undefined;
}

/** Files that are worked on at one time: enough that the flushes of small ones share the disk's commits. */
const MAX_OPEN_PARTS = 64;
/** Names that are looked up at one time. */
const LOOKUP_BATCH = 64;
const HASH_READ_BYTES = 1024 * 1024;

export class FileSink {
  readonly #options: FileSinkOptions;
  readonly #disk: Disk;
  #tree: OutputTree | undefined;
  readonly #parts = new Map<number, PartFile>();
  /** Begun files that wait for their turn, in order. */
  #waiting: { index: number; part: PartFile }[] = [];
  #isTurnDue = false;
  #openParts = 0;
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
  }

  /**
   * Opens the output folder, looks up every file's name and asks for room. Nothing is written but the output
   * folder itself, where it is not there.
   * @returns the indices of files under whose names a file stands that has to be examined first
   */
  async prepare(): Promise<{ ok: true; held: number[] } | SinkFailure> {
    const { outputDir, manifest } = this.#options;
    try {
      const tree = await OutputTree.open(outputDir, this.#folderModes(), this.#disk);
      await this.#disk.pooled.access(tree.rootPath, constants.W_OK | constants.X_OK);
      this.#tree = tree;
      const held = await this.#findHeld(tree);
      this.#neededBytes = manifest.bytes;
      for (const index of held) {
        this.#held.add(index);
        this.#neededBytes -= manifest.entries[index]?.bytes ?? 0;
      }
      const freeBytes = await this.#freeBytes(tree.rootPath);
      if (this.#neededBytes > freeBytes) return this.#diskFull(tree.rootPath, freeBytes);
      return { ok: true, held };
    } catch (error) {
      return this.#failure(outputDir, error);
    }
  }

  #folderModes(): (key: string) => number | undefined {
    const modes = new Map<string, number>();
    for (const [index, entry] of this.#options.manifest.entries.entries()) {
      if (entry.type === "directory") modes.set(this.#segments(index).join("/"), entry.mode);
    }
    return (key) => modes.get(key);
  }

  async #findHeld(tree: OutputTree): Promise<number[]> {
    const { entries } = this.#options.manifest;
    const held: number[] = [];
    for (let first = 0; first < entries.length; first += LOOKUP_BATCH) {
      const batch = Array.from({ length: Math.min(LOOKUP_BATCH, entries.length - first) }, (_, at) => first + at);
      const isHeld = await Promise.all(batch.map((index) => this.#isHeld(tree, index)));
      held.push(...batch.filter((_, at) => isHeld[at]));
      // Names that the disk looks up at once come within this turn: others have theirs in between.
      await nextTurn();
    }
    return held;
  }

  async #isHeld(tree: OutputTree, index: number): Promise<boolean> {
    const entry = this.#options.manifest.entries[index];
    if (entry?.type !== "file") return false;
    // Where it cannot even be looked, writing will fail and tell why.
    const found = await tree.find(this.#segments(index)).catch(() => undefined);
    if (found?.stats.isFile() !== true) return false;
    return this.#options.conflict === "skip" || found.stats.size === entry.bytes;
  }

  /** Hashes what stands under the name of a held file; when it cannot be read, the file is to be sent. */
  examine(index: number): Promise<Examined | undefined> {
    return this.#track(this.#examine(index));
  }

  async #examine(index: number): Promise<Examined | undefined> {
    try {
      const found = await this.#opened.find(this.#segments(index));
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
  write(index: number, chunk: Uint8Array): void {
    this.#part(index).write(chunk);
  }

  /** All bytes of a file were given (an empty one begins here). */
  store(index: number, sha256: Uint8Array): void {
    this.#part(index).store(sha256);
  }

  /** The rest of a file will not come. */
  drop(index: number): void {
    this.#parts.get(index)?.drop();
  }

  #part(index: number): PartFile {
    const existing = this.#parts.get(index);
    if (existing !== undefined) return existing;
    const entry = this.#options.manifest.entries[index];
    if (entry?.type !== "file") throw new RangeError(`Cannot receive entry ${index}: it is no file`);
    // It comes after all.
    if (this.#held.delete(index)) this.#neededBytes += entry.bytes;
    const segments = this.#segments(index);
    const part = new PartFile({
      tree: this.#opened,
      disk: this.#disk,
      entry,
      segments,
      conflict: this.#options.conflict,
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
      stored = await this.#writeFailure(join(this.#opened.rootPath, ...this.#segments(index)), error);
    }
    // A failed file stays known until the transfer ends: what still comes of it is dropped there.
    if (stored?.ok !== false) this.#parts.delete(index);
    this.#openParts -= 1;
    if (this.#waiting.length > 0) this.#takeTurnSoon();
    if (stored !== undefined && !this.#isAborted) this.#options.onStored(index, stored);
  }

  /**
   * Makes folders that no file has made, then links, sets modes and times, the innermost first, and flushes all.
   * @returns the folders and links that could not be made or set
   */
  finish(): Promise<{ index: number; failure: SinkFailure }[]> {
    return this.#track(this.#finish());
  }

  async #finish(): Promise<{ index: number; failure: SinkFailure }[]> {
    const failed: { index: number; failure: SinkFailure }[] = [];
    const { entries } = this.#options.manifest;
    const made: { index: number; segments: string[]; folder: OutputFolder }[] = [];
    const attempt = async (index: number, segments: readonly string[], work: () => Promise<void>): Promise<void> => {
      if (this.#isAborted) return;
      try {
        await work();
      } catch (error) {
        failed.push({ index, failure: await this.#writeFailure(join(this.#opened.rootPath, ...segments), error) });
      }
    };
    for (const [index, { type }] of entries.entries()) {
      if (type !== "directory") continue;
      const segments = this.#segments(index);
      await attempt(index, segments, async () => {
        made.push({ index, segments, folder: await this.#opened.folder(segments) });
      });
    }
    for (const [index, { type }] of entries.entries()) {
      if (type === "symlink") await attempt(index, this.#segments(index), () => this.#makeSymlink(index));
    }
    for (let first = 0; first < made.length; first += MAX_OPEN_PARTS) {
      const batch = made.slice(first, first + MAX_OPEN_PARTS);
      await Promise.all(batch.map(({ folder }) => this.#flush(folder.path)));
    }
    await this.#flush(this.#opened.rootPath);
    // A mode may lock what is inside: the innermost first.
    for (const { index, segments, folder } of made.toSorted((x, y) => y.segments.length - x.segments.length)) {
      if (folder.isNew) await attempt(index, segments, () => this.#setAttributes(index, folder));
    }
    return failed;
  }

  async #makeSymlink(index: number): Promise<void> {
    const { manifest, rules, conflict } = this.#options;
    const entry = manifest.entries[index];
    const target = safeLinkTarget(entry?.path ?? "", entry?.target ?? "", rules);
    if (entry === undefined || target === undefined) throw new RangeError(`Cannot make entry ${index}: no safe link`);
    await this.#opened.placeLink(this.#segments(index), target, toSeconds(entry.mtimeUs), conflict);
  }

  async #setAttributes(index: number, folder: OutputFolder): Promise<void> {
    const entry = this.#options.manifest.entries[index];
    if (entry === undefined) return;
    this.#opened.check(folder);
    const seconds = toSeconds(entry.mtimeUs);
    await this.#disk.pick().utimes(folder.path, seconds, seconds);
    await this.#disk.pick().chmod(folder.path, entry.mode);
  }

  /** Not every system can flush a folder; where it cannot, a name may be lost in a crash, never its bytes. */
  async #flush(folder: string): Promise<void> {
    try {
      const handle = await this.#disk.pick().open(folder, constants.O_RDONLY);
      try {
        await handle.sync();
      } finally {
        await handle.close();
      }
    } catch {
      return;
    }
  }

  /** Ends everything and removes what is incomplete. @returns when nothing is open any more */
  async abort(): Promise<void> {
    this.#isAborted = true;
    for (const part of this.#parts.values()) part.drop();
    await Promise.all(this.#running);
  }

  get #opened(): OutputTree {
    if (this.#tree === undefined) throw new RangeError("Cannot receive before prepare() has succeeded");
    return this.#tree;
  }

  #segments(index: number): string[] {
    const safe = safeRelativePath(this.#options.manifest.entries[index]?.path ?? "", this.#options.rules);
    if (!safe.ok) throw new RangeError(`Cannot receive entry ${index}: its path is ${safe.reason}`);
    return safe.segments;
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
    const params = { path, needed: formatBytes(this.#neededBytes), free: formatBytes(freeBytes) };
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
