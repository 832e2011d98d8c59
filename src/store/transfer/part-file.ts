// A part file: one file that is being received. Its bytes are written in order to `.p2p-<16 hex>.part` in the final
// folder, hashed meanwhile, flushed, checked, and then the file gets its name. Until then only the hidden part exists,
// and, if it takes longer, a journal that lets a later session resume it. A part that ends early is kept unless nobody
// wants it.
import { createHash, type Hash } from "node:crypto";
import { basename, dirname, join } from "node:path";
import { P2pError } from "../../lib/errors/p2p-error.ts";
import type { Entry } from "../../transfer/frames.ts";
import type { Attributes } from "./attributes.ts";
import { ChunkQueue } from "./chunk-queue.ts";
import { type Disk, flushFolder, HASH_READ_BYTES, SMALL_FILE_BYTES } from "./disk.ts";
import { type DiskHandle, errnoOf, type FileSystem, isSameFile } from "../file-system.ts";
import { NEW_FILE_FLAGS } from "../open-flags.ts";
import type { OutputFolder } from "./output-folder.ts";
import type { NameConflict } from "./output-names.ts";
import type { OutputTree } from "./output-tree.ts";
import { partName, type PartPlace } from "./part-journal.ts";
import type { PartPace } from "./part-pace.ts";
import type { ResumedPart } from "./resumed-part.ts";
import { UnfinishedParts } from "./unfinished-parts.ts";
import { giveLength, sparseHandle } from "./sparse-handle.ts";

const PART_MODE = 0o600;
/** Queued chunks are written together up to this size. */
const WRITE_BYTES = 1024 * 1024;
/** Disk space of a journal and a lock, including the overhead of the file system. */
const JOURNAL_ROOM_BYTES = 64 * 1024;
const MAX_NAME_TRIES = 10;
/** Somebody who removes or renames the folder while a file comes hears of it after this time. */
const FOLDER_CHECK_MS = 200;

export interface PartFileEvents {
  /** Reports bytes that are now in the file. */
  readonly onWritten: (bytes: number) => void;
  /** Reports bytes that will never be in the file: they left memory after a failure. */
  readonly onDropped: (bytes: number) => void;
  /** Reports that the incomplete file was removed, with the number of bytes that were written to it. */
  readonly onRemoved: (bytes: number) => void;
}

export interface PartFileOptions {
  readonly tree: OutputTree;
  readonly disk: Disk;
  readonly entry: Entry;
  /** The number of the folder, in the transfer, that contains the file. */
  readonly folder: number;
  /** The safe name in that folder. */
  readonly name: string;
  readonly conflict: NameConflict;
  readonly attributes: Attributes;
  readonly parts: UnfinishedParts;
  /** The part of an earlier session; undefined: the file starts from scratch. */
  readonly resumed: ResumedPart | undefined;
  /** Returns the path of a file that was here before with this content, and makes this one needless. */
  readonly twinOf: (sha256: Uint8Array) => Promise<string | undefined>;
  readonly pace: PartPace;
  readonly events: PartFileEvents;
}

/** The fate of the part when its file ends early. */
export type PartFate = "keep" | "remove";

type Ending = { kind: "store"; sha256: Uint8Array } | { kind: "drop"; fate: PartFate };

export class PartFile {
  readonly #options: PartFileOptions;
  /** Hash of all bytes before the next one; undefined when bytes fill gaps: the file is then hashed at the end. */
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
  #checkedMs = 0;
  /** The flush that runs concurrently with writing; it never rejects. */
  #flush: Promise<void> | undefined;
  #flushFailure: unknown;

  constructor(options: PartFileOptions) {
    this.#options = options;
    const { resumed } = options;
    this.#hasJournal = resumed !== undefined;
    this.#hash = resumed === undefined ? createHash("sha256") : resumed.wholeHash;
  }

  /** Queues the next bytes of the file. @param offset - the offset in the file; increases from call to call */
  write(bytes: Uint8Array, offset: number): void {
    if (this.#isOver) {
      this.#options.events.onDropped(bytes.length);
      return;
    }
    this.#chunks.push(bytes, offset);
    this.#wake();
  }

  /** Marks that all bytes were passed. */
  store(sha256: Uint8Array): void {
    this.#ending ??= { kind: "store", sha256 };
    this.#wake();
  }

  /** Marks that no more bytes will arrive. */
  drop(fate: PartFate): void {
    this.#ending = { kind: "drop", fate };
    this.#wake();
  }

  /**
   * Runs until the file is stored or dropped; call it once.
   * @returns its final path, or undefined when it was dropped
   * @throws P2pError HASH_MISMATCH, LINK_OUTSIDE or WRITE_FAILED, or a system error; a part with wrong bytes or in a
   *   wrong place is removed, any other is kept
   */
  async run(): Promise<string | undefined> {
    const { tree, disk, name, entry, resumed, parts } = this.#options;
    const fs = this.#isSmallAndWhole ? disk.pick() : disk.pooled;
    let place: PartPlace | undefined = resumed?.place;
    let handle = resumed === undefined ? undefined : sparseHandle(resumed.handle, entry.bytes, resumed.partBytes);
    let folder: OutputFolder | undefined;
    let fate: PartFate = "keep";
    try {
      if (this.#isDropped) return undefined;
      folder = await tree.folder(this.#options.folder);
      tree.check(folder);
      if (handle === undefined || place === undefined) {
        const [fresh, opened] = await openNew(fs, folder.path);
        handle = sparseHandle(opened, entry.bytes, 0);
        place = fresh;
        await tree.checkOpened(folder, join(fresh.folder, partName(fresh.id)), opened.fd);
      }
      this.#startedMs = this.#options.pace.nowMs();
      this.#flushedMs = this.#startedMs;
      this.#checkedMs = this.#startedMs;
      const ending = await this.#writeAll(handle, place, folder);
      if (ending.kind === "drop") return undefined;
      await this.#seal(handle, ending.sha256, fs);
      handle = undefined;
      if (this.#isDropped) return undefined;
      const part = join(place.folder, partName(place.id));
      const twin = await this.#options.twinOf(ending.sha256);
      if (twin !== undefined) await disk.pooled.unlink(part);
      const final = twin ?? (await tree.place(part, folder, name, this.#options.conflict));
      if (this.#hasJournal) await parts.forget(place);
      place = undefined;
      return final;
    } catch (error) {
      if (error instanceof P2pError && error.code !== "WRITE_FAILED") fate = "remove";
      throw error;
    } finally {
      this.#isOver = true;
      const droppedBytes = this.#chunks.clear();
      if (droppedBytes > 0) this.#options.events.onDropped(droppedBytes);
      await this.#flush;
      if (this.#ending?.kind === "drop") fate = this.#ending.fate;
      if (place !== undefined) await this.#leave(place, folder, handle, fate);
    }
  }

  /** Keeps a part that did not get its name for a later session, or removes it. */
  async #leave(
    place: PartPlace,
    folder: OutputFolder | undefined,
    handle: DiskHandle | undefined,
    fate: PartFate,
  ): Promise<void> {
    const { disk, entry, parts, events } = this.#options;
    let isKept = fate === "keep" && entry.bytes > SMALL_FILE_BYTES && (this.#hasJournal || this.#writtenBytes > 0);
    const newFolder = folder && handle && (await this.#movedTo(place, folder, handle));
    if (newFolder !== undefined) {
      await handle?.sync().catch(() => {});
      await handle?.close().catch(() => {});
      await parts.follow(place, newFolder, isKept ? entry : undefined);
      return;
    }
    if (isKept) {
      await handle?.sync().catch(() => {});
      isKept = this.#hasJournal || (folder !== undefined && (await this.#writeDownAtLast(place, folder, handle)));
    }
    await handle?.close().catch(() => {});
    if (isKept && (await parts.isThere(place))) {
      await parts.release(place);
      return;
    }
    await disk.pooled.unlink(join(place.folder, partName(place.id))).catch(() => {});
    if (this.#hasJournal) await parts.forget(place);
    events.onRemoved(this.#writtenBytes);
  }

  /** Returns where the folder of the open part is, if it was renamed and the system tells; else undefined. */
  async #movedTo(place: PartPlace, folder: OutputFolder, handle: DiskHandle): Promise<string | undefined> {
    const fs = this.#options.disk.pooled;
    const real = fs.pathOfOpen(handle.fd);
    if (real === undefined || basename(real) !== partName(place.id) || dirname(real) === place.folder) return undefined;
    const stats = await fs.lstat(dirname(real)).catch(() => undefined);
    return stats !== undefined && isSameFile(stats, folder) ? dirname(real) : undefined;
  }

  /** Writes the journal; on a full disk it truncates the end of the part to make room. */
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
      // There is no room for a journal, or the folder was replaced: the file may still be completed.
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
        this.#options.events.onWritten(bytes);
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

  /**
   * Writes the journal if the part takes longer, and flushes concurrently with writing.
   * @throws what `OutputTree.check` does when the folder is not the same any more
   */
  async #secure(handle: DiskHandle, place: PartPlace, folder: OutputFolder): Promise<void> {
    const { pace, entry, tree } = this.#options;
    if (entry.bytes <= SMALL_FILE_BYTES) return;
    const nowMs = pace.nowMs();
    if (nowMs - this.#checkedMs >= FOLDER_CHECK_MS) {
      this.#checkedMs = nowMs;
      tree.check(folder);
    }
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
        // The system may report a failed write only once, so the failure counts even if a later flush succeeds.
        this.#flushFailure ??= error;
      })
      .finally(() => {
        this.#flush = undefined;
      });
  }

  async #flushAll(handle: DiskHandle, folder: OutputFolder): Promise<void> {
    await handle.sync();
    if (!this.#hasJournal || this.#isFolderFlushed) return;
    // One flush of the folder persists the names of part and journal.
    this.#isFolderFlushed = true;
    await flushFolder(this.#options.disk.pooled, folder.path);
  }

  /** Takes contiguous chunks, up to a good size for one call. */
  #takeBatch(): { offset: number; batch: Uint8Array[] } {
    const run = this.#chunks.takeRun(WRITE_BYTES);
    if (this.#hash !== undefined) for (const chunk of run.batch) this.#hash.update(chunk);
    return run;
  }

  /** Establishes what the final name guarantees: correct bytes, mode and time, on the disk and not just in a cache. */
  async #seal(handle: DiskHandle, sha256: Uint8Array, fs: FileSystem): Promise<void> {
    const { attributes, entry, resumed } = this.#options;
    if (resumed !== undefined && resumed.partBytes > entry.bytes) await handle.truncate(entry.bytes);
    // A flush may write the last zero of a hole, and each write sets the time.
    await this.#flush;
    if (this.#flushFailure !== undefined) throw this.#flushFailure;
    await giveLength(handle);
    const digest = this.#hash?.digest() ?? (await hashFile(handle));
    if (!digest.equals(sha256)) throw new P2pError("HASH_MISMATCH", { path: entry.path });
    attributes.setOpen(fs, handle.fd, entry);
    await handle.sync();
    await handle.close();
  }
}

async function openNew(fs: FileSystem, folder: string): Promise<[PartPlace, DiskHandle]> {
  for (let tries = 1; ; tries += 1) {
    const place = UnfinishedParts.newPlace(folder);
    try {
      return [place, await fs.open(join(folder, partName(place.id)), NEW_FILE_FLAGS, PART_MODE)];
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
  // A short write is rare (a quota, a signal), so the rest is written in one piece.
  const rest = Buffer.concat(batch);
  while (bytesWritten < bytes) {
    bytesWritten += (await handle.write(rest, bytesWritten, bytes - bytesWritten, position + bytesWritten))
      .bytesWritten;
  }
}
