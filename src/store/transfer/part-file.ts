// One file being received: bytes in order into `.p2p-<16 hex>.part` beside its final place, hashed on the way,
// flushed, checked, then named. Until the name is given nothing but the hidden part is there, and, once it takes
// longer, a journal that lets a later session go on with it. What ends early stays unless nobody wants it.
import { createHash, type Hash } from "node:crypto";
import { constants } from "node:fs";
import { join } from "node:path";
import { P2pError } from "../../lib/errors/p2p-error.ts";
import type { Entry } from "../../transfer/frames.ts";
import { ChunkQueue } from "./chunk-queue.ts";
import { type Disk, flushFolder } from "./disk.ts";
import { type DiskHandle, errnoOf, type FileSystem, type SystemTime } from "../file-system.ts";
import type { NameConflict, OutputFolder, OutputTree } from "./output-tree.ts";
import { partName, type PartPlace } from "./part-journal.ts";
import type { PartPace } from "./part-pace.ts";
import type { ResumedPart } from "./resumed-part.ts";
import { UnfinishedParts } from "./unfinished-parts.ts";
import { sparseHandle } from "./sparse-handle.ts";

// Exclusively new and never through a link. O_NOFOLLOW is absent on Windows.
const PART_FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);
const PART_MODE = 0o600;
/** Chunks that wait are written together up to this. */
const WRITE_BYTES = 1024 * 1024;
/** A file up to this size that is all there when its turn comes is written in one short call. */
const SMALL_FILE_BYTES = 64 * 1024;
/** What a journal and a lock take, with what file systems take for them. */
const JOURNAL_ROOM_BYTES = 64 * 1024;
const MAX_NAME_TRIES = 10;
const HASH_READ_BYTES = 1024 * 1024;

export interface PartFileOptions {
  readonly tree: OutputTree;
  readonly disk: Disk;
  readonly entry: Entry;
  /** Of the transfer; the file lies in it. */
  readonly folder: number;
  /** Safe name in that folder. */
  readonly name: string;
  readonly conflict: NameConflict;
  readonly parts: UnfinishedParts;
  /** What an earlier session left of it; undefined: begun anew. */
  readonly resumed: ResumedPart | undefined;
  readonly pace: PartPace;
  /** These bytes are in the file. */
  readonly onWritten: (bytes: number) => void;
  /** These bytes will never be: they left memory after a failure. */
  readonly onDropped: (bytes: number) => void;
  /** The incomplete file is gone, and these bytes that were written to it. */
  readonly onRemoved: (bytes: number) => void;
}

/** What becomes of what there is of a file that ends early. */
export type PartFate = "keep" | "remove";

type Ending = { kind: "store"; sha256: Uint8Array } | { kind: "drop"; fate: PartFate };

export class PartFile {
  readonly #options: PartFileOptions;
  /** Of all bytes before the next one; undefined when bytes come in between: hashed at the end then. */
  readonly #hash: Hash | undefined;
  readonly #chunks = new ChunkQueue();
  #ending: Ending | undefined;
  #wake: () => void = () => {};
  #writtenBytes = 0;
  #isOver = false;
  #startedMs = 0;
  #isJournalTried = false;
  #hasJournal: boolean;
  #isFolderFlushed = false;
  #unflushedBytes = 0;
  #flushedMs = 0;
  /** The flush that runs beside the writing; it never rejects. */
  #flush: Promise<void> | undefined;
  #flushFailure: unknown;

  constructor(options: PartFileOptions) {
    this.#options = options;
    const { resumed } = options;
    this.#hasJournal = resumed !== undefined;
    this.#hash = resumed === undefined ? createHash("sha256") : resumed.wholeHash;
  }

  /** The next bytes of the file. @param offset - in the file; rises */
  write(bytes: Uint8Array, offset: number): void {
    if (this.#isOver) {
      this.#options.onDropped(bytes.length);
      return;
    }
    this.#chunks.push(bytes, offset);
    this.#wake();
  }

  /** All bytes were given. */
  store(sha256: Uint8Array): void {
    this.#ending ??= { kind: "store", sha256 };
    this.#wake();
  }

  /** Nothing more will come. */
  drop(fate: PartFate): void {
    this.#ending = { kind: "drop", fate };
    this.#wake();
  }

  /**
   * Works until the file is stored or dropped; to be called once.
   * @returns its final path, or undefined when it was dropped
   * @throws P2pError HASH_MISMATCH, LINK_OUTSIDE or WRITE_FAILED, or what the system throws; a part with wrong
   *   bytes or in a wrong place is removed, any other is kept
   */
  async run(): Promise<string | undefined> {
    const { tree, disk, name, entry, resumed, parts } = this.#options;
    const fs = this.#isSmallAndWhole ? disk.pick() : disk.pooled;
    let place: PartPlace | undefined = resumed?.place;
    let handle: DiskHandle | undefined = resumed?.handle;
    let folder: OutputFolder | undefined;
    let fate: PartFate = "keep";
    try {
      if (this.#isDropped) return undefined;
      folder = await tree.folder(this.#options.folder);
      tree.check(folder);
      if (handle === undefined || place === undefined) {
        const [fresh, opened] = await openNew(fs, folder.path);
        handle = sparseHandle(opened, entry.bytes);
        place = fresh;
        await tree.checkOpened(folder, join(fresh.folder, partName(fresh.id)), opened.fd);
      }
      this.#startedMs = this.#options.pace.nowMs();
      this.#flushedMs = this.#startedMs;
      const ending = await this.#writeAll(handle, place, folder);
      if (ending.kind === "drop") return undefined;
      await this.#seal(handle, ending.sha256, fs);
      handle = undefined;
      if (this.#isDropped) return undefined;
      const part = join(place.folder, partName(place.id));
      const final = await tree.place(part, folder, name, this.#options.conflict);
      if (this.#hasJournal) await parts.forget(place);
      place = undefined;
      return final;
    } catch (error) {
      if (error instanceof P2pError && error.code !== "WRITE_FAILED") fate = "remove";
      throw error;
    } finally {
      this.#isOver = true;
      const droppedBytes = this.#chunks.clear();
      if (droppedBytes > 0) this.#options.onDropped(droppedBytes);
      await this.#flush;
      if (this.#ending?.kind === "drop") fate = this.#ending.fate;
      if (place !== undefined) await this.#leave(place, folder, handle, fate);
    }
  }

  /** The part has no name: keeps it for a later session, or removes it. */
  async #leave(
    place: PartPlace,
    folder: OutputFolder | undefined,
    handle: DiskHandle | undefined,
    fate: PartFate,
  ): Promise<void> {
    const { disk, entry, parts, onRemoved } = this.#options;
    let isKept = fate === "keep" && entry.bytes > SMALL_FILE_BYTES && (this.#hasJournal || this.#writtenBytes > 0);
    if (isKept) {
      await handle?.sync().catch(() => {});
      isKept = this.#hasJournal || (folder !== undefined && (await this.#writeDownAtLast(place, folder, handle)));
    }
    await handle?.close().catch(() => {});
    if (isKept) {
      await parts.release(place);
      return;
    }
    await disk.pooled.unlink(join(place.folder, partName(place.id))).catch(() => {});
    if (this.#hasJournal) await parts.forget(place);
    onRemoved(this.#writtenBytes);
  }

  /** On a full disk the end of the part makes room for its journal. */
  async #writeDownAtLast(place: PartPlace, folder: OutputFolder, handle: DiskHandle | undefined): Promise<boolean> {
    if (await this.#writeDown(place, folder)) return true;
    if (handle === undefined || this.#writtenBytes <= JOURNAL_ROOM_BYTES) return false;
    await handle.truncate(this.#writtenBytes - JOURNAL_ROOM_BYTES).catch(() => {});
    return await this.#writeDown(place, folder);
  }

  async #writeDown(place: PartPlace, folder: OutputFolder): Promise<boolean> {
    try {
      this.#options.tree.check(folder);
      await this.#options.parts.keep(place, this.#options.entry);
      this.#hasJournal = true;
    } catch {
      // No room for a journal, or a folder that is another one now: the file may still become whole.
    }
    return this.#hasJournal;
  }

  get #isSmallAndWhole(): boolean {
    return this.#options.entry.bytes <= SMALL_FILE_BYTES && this.#ending?.kind === "store";
  }

  get #isDropped(): boolean {
    return this.#ending?.kind === "drop";
  }

  async #writeAll(handle: DiskHandle, place: PartPlace, folder: OutputFolder): Promise<Ending> {
    for (;;) {
      if (this.#ending?.kind === "drop") return this.#ending;
      const { offset, batch } = this.#takeBatch();
      if (batch.length > 0) {
        const bytes = batch.reduce((sum, chunk) => sum + chunk.length, 0);
        await writeFully(handle, batch, bytes, offset);
        this.#writtenBytes += bytes;
        this.#unflushedBytes += bytes;
        this.#options.onWritten(bytes);
        await this.#secure(handle, place, folder);
      } else if (this.#ending !== undefined) {
        return this.#ending;
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }

  /** Writes the part down when it takes longer, and flushes beside the writing. */
  async #secure(handle: DiskHandle, place: PartPlace, folder: OutputFolder): Promise<void> {
    const { pace, entry } = this.#options;
    if (entry.bytes <= SMALL_FILE_BYTES) return;
    const nowMs = pace.nowMs();
    if (!this.#hasJournal && !this.#isJournalTried && nowMs - this.#startedMs >= pace.journalAfterMs) {
      this.#isJournalTried = true;
      await this.#writeDown(place, folder);
    }
    const isDue = this.#unflushedBytes >= pace.flushBytes && nowMs - this.#flushedMs >= pace.flushAfterMs;
    if (this.#flush !== undefined || !(isDue || this.#unflushedBytes >= pace.flushAnywayBytes)) return;
    this.#unflushedBytes = 0;
    this.#flushedMs = nowMs;
    this.#flush = this.#flushAll(handle, folder)
      .catch((error: unknown) => {
        // The system may tell a write that failed once only: it counts, whatever a later flush says.
        this.#flushFailure ??= error;
      })
      .finally(() => {
        this.#flush = undefined;
      });
  }

  async #flushAll(handle: DiskHandle, folder: OutputFolder): Promise<void> {
    await handle.sync();
    if (!this.#hasJournal || this.#isFolderFlushed) return;
    // The names of part and journal, once.
    this.#isFolderFlushed = true;
    await flushFolder(this.#options.disk.pooled, folder.path);
  }

  /** Chunks that follow each other, up to a good size for one call. */
  #takeBatch(): { offset: number; batch: Uint8Array[] } {
    const run = this.#chunks.takeRun(WRITE_BYTES);
    if (this.#hash !== undefined) for (const chunk of run.batch) this.#hash.update(chunk);
    return run;
  }

  /** Everything that the final name promises: the right bytes, mode and time, on the disk and not in a cache. */
  async #seal(handle: DiskHandle, sha256: Uint8Array, fs: FileSystem): Promise<void> {
    const { entry, resumed } = this.#options;
    if (resumed !== undefined && resumed.partBytes > entry.bytes) await handle.truncate(entry.bytes);
    const digest = this.#hash?.digest() ?? (await hashFile(handle));
    if (!digest.equals(sha256)) throw new P2pError("HASH_MISMATCH", { path: entry.path });
    fs.fchmodSync(handle.fd, entry.mode);
    const time = toSystemTime(entry.mtimeUs);
    fs.futimesSync(handle.fd, time, time);
    await this.#flush;
    if (this.#flushFailure !== undefined) throw this.#flushFailure;
    await handle.sync();
    await handle.close();
  }
}

async function openNew(fs: FileSystem, folder: string): Promise<[PartPlace, DiskHandle]> {
  for (let tries = 1; ; tries += 1) {
    const place = UnfinishedParts.newPlace(folder);
    try {
      return [place, await fs.open(join(folder, partName(place.id)), PART_FLAGS, PART_MODE)];
    } catch (error) {
      if (errnoOf(error) !== "EEXIST" || tries === MAX_NAME_TRIES) throw error;
    }
  }
}

async function hashFile(handle: DiskHandle): Promise<Buffer> {
  const hash = createHash("sha256");
  const buffer = new Uint8Array(HASH_READ_BYTES);
  for (let position = 0; ; ) {
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
    if (bytesRead === 0) return hash.digest();
    hash.update(buffer.subarray(0, bytesRead));
    position += bytesRead;
  }
}

async function writeFully(handle: DiskHandle, batch: Uint8Array[], bytes: number, position: number): Promise<void> {
  let { bytesWritten } = await handle.writev(batch, position);
  if (bytesWritten === bytes) return;
  // A short write is rare (a quota, a signal): the rest goes in one piece.
  const rest = Buffer.concat(batch);
  while (bytesWritten < bytes) {
    bytesWritten += (await handle.write(rest, bytesWritten, bytes - bytesWritten, position + bytesWritten))
      .bytesWritten;
  }
}

/**
 * A time as utimes takes it, in seconds. It cuts towards 1970 to microseconds: the half keeps the cut from falling one
 * short. A negative number means now to it, but not a text of one.
 */
export function toSystemTime(mtimeUs: number): SystemTime {
  return mtimeUs < 0 ? String((mtimeUs - 0.5) / 1_000_000) : (mtimeUs + 0.5) / 1_000_000;
}
