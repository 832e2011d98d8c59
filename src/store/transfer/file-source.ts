// The file source: reads the files of one plan for the transfer engine, several at a time, each from start to end and
// hashed meanwhile. A file that no longer matches the plan is reported as changed; nothing here throws.
import { createHash, type Hash } from "node:crypto";
import { P2pError } from "../../lib/errors/p2p-error.ts";
import { type Entry, SHA256_BYTES } from "../../transfer/frames.ts";
import { type BlockPlan, blockCount } from "../../transfer/kept-blocks.ts";
import { READ_AHEAD_BYTES, READ_BYTES } from "../../transfer/limits.ts";
import type { Reason } from "../../transfer/reasons.ts";
import { AdaptiveDisk, type Disk, HASH_READ_BYTES, plainDisk, SMALL_FILE_BYTES } from "./disk.ts";
import { lacksDescriptors } from "../descriptors.ts";
import { errnoOf, type FileSystem, mtimeUs, systemReason } from "../file-system.ts";
import { NO_FOLLOW, READ_FLAGS } from "../open-flags.ts";
import { isInside } from "./output-folder.ts";
import type { SendPlan } from "./send-plan.ts";
import type { ReadHandle } from "./spool.ts";
import { Turns } from "./turns.ts";

/** The reason why a file cannot be sent: for the peer, and for the local user. */
export interface SourceFailure {
  ok: false;
  reason: Extract<Reason, "source-changed" | "unreadable">;
  error: P2pError;
  /** No other file could be read either: the whole transfer is over. */
  isFinal?: true;
}

export type SourceRead = { ok: true; chunk: Uint8Array; sha256: Uint8Array | undefined } | SourceFailure;
export type SourceBlocks = { ok: true; hashes: Uint8Array } | SourceFailure;
export type SourceHash = { ok: true; sha256: Uint8Array } | SourceFailure;

/** Buffers that are kept for reuse: as many as are read ahead of the channel. */
const MAX_FREE_BUFFERS = Math.ceil(READ_AHEAD_BYTES / READ_BYTES);

/** Thrown inside this file only. */
class SourceChanged extends Error {}
/** A file ends before the size that it still tells, as those of /sys do. Thrown inside this file only. */
class SizeUntrue extends Error {}

/** One file, open from its first read until its last. */
class OpenFile {
  readonly #fs: FileSystem;
  readonly #path: string;
  readonly #entry: Entry;
  readonly #hash: Hash = createHash("sha256");
  /** The given folder that it must be in; undefined: it was given itself, or nobody knows. */
  readonly #folder: string | undefined;
  /** Undefined: the file is opened by its path. */
  readonly #given: ReadHandle | undefined;
  #handle: ReadHandle | undefined;
  /** The number of bytes of the file that are in the hash. */
  #hashedBytes = 0;

  constructor(fs: FileSystem, plan: SendPlan, index: number, entry: Entry) {
    this.#fs = fs;
    this.#path = plan.localPath(index);
    this.#folder = plan.givenFolder(index);
    this.#given = plan.handle(index);
    this.#entry = entry;
  }

  async #open(): Promise<ReadHandle> {
    // A path that the user gave may be a link, which the plan followed as this does; inside folders it followed none.
    const follow = this.#entry.path.includes("/") ? NO_FOLLOW : 0;
    this.#handle = this.#given ?? (await this.#fs.open(this.#path, READ_FLAGS | follow));
    this.#checkPlace(this.#handle);
    return this.#handle;
  }

  /** A folder on the way may have become a link to what nobody meant to send. */
  #checkPlace({ fd }: ReadHandle): void {
    if (this.#folder === undefined) return;
    const real = this.#fs.pathOfOpen(fd);
    if (real !== undefined && !isInside(real, this.#folder)) throw new SourceChanged();
  }

  #check(handle: ReadHandle): void {
    if (!this.#isAsPlanned(handle)) throw new SourceChanged();
  }

  #isAsPlanned(handle: ReadHandle): boolean {
    const stats = this.#fs.fstatSync(handle.fd);
    const { bytes, mtimeUs: planned } = this.#entry;
    // Where nothing is in it, only the size tells: the time of an empty file in /proc is that of the look.
    return stats.isFile() && stats.size === bytes && (bytes === 0 || mtimeUs(stats) === planned);
  }

  /**
   * Fills `into` from `offset`, which is where the last call ended, or within the range that was hashed before.
   * @returns the hash when the end is reached
   */
  async read(into: Uint8Array, offset: number): Promise<Uint8Array | undefined> {
    const end = offset + into.length;
    await this.#fill(into, offset);
    this.#hash.update(into.subarray(Math.max(0, this.#hashedBytes - offset)));
    this.#hashedBytes = Math.max(this.#hashedBytes, end);
    if (end < this.#entry.bytes) return undefined;
    if (this.#handle !== undefined) this.#check(this.#handle);
    await this.close();
    return this.#hash.digest();
  }

  /** Hashes the blocks of a plan; reading continues after them, or again inside them. */
  async hashBlocks(plan: BlockPlan, isStopped: () => boolean): Promise<Uint8Array> {
    const hashes = new Uint8Array(blockCount(plan) * SHA256_BYTES);
    const buffer = new Uint8Array(Math.min(HASH_READ_BYTES, plan.bytes));
    for (let start = 0, at = 0; start < plan.bytes; start += plan.blockBytes, at += SHA256_BYTES) {
      const end = Math.min(start + plan.blockBytes, plan.bytes);
      const block = createHash("sha256");
      for (let offset = start; offset < end; ) {
        if (isStopped()) throw new SourceChanged();
        const piece = buffer.subarray(0, Math.min(buffer.length, end - offset));
        await this.#fill(piece, offset);
        block.update(piece);
        this.#hash.update(piece);
        offset += piece.length;
      }
      hashes.set(block.digest(), at);
    }
    this.#hashedBytes = plan.bytes;
    return hashes;
  }

  async #fill(into: Uint8Array, offset: number): Promise<void> {
    const end = offset + into.length;
    let handle = this.#handle;
    if (handle === undefined) {
      handle = await this.#open();
      // A file that is read in one piece is checked once, at the end.
      if (end < this.#entry.bytes) this.#check(handle);
    }
    for (let filled = 0; filled < into.length; ) {
      const { bytesRead } = await handle.read(into, filled, into.length - filled, offset + filled);
      if (bytesRead === 0) throw this.#isAsPlanned(handle) ? new SizeUntrue() : new SourceChanged();
      filled += bytesRead;
    }
  }

  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close().catch(() => {});
  }
}

export class FileSource {
  readonly #plan: SendPlan;
  readonly #disk: Disk;
  /** Files that are being read, with the tail of the queue of their reads. */
  readonly #open = new Map<number, { file: OpenFile; tail: Promise<unknown> }>();
  /**
   * Free buffers of `READ_BYTES` each. A new one costs more than reading into it: its pages are faulted in one by one,
   * and memory outside the heap makes the garbage collector run all the time.
   */
  readonly #free: ArrayBuffer[] = [];
  readonly #turns = new Turns();
  #isClosed = false;

  /** @param fileSystem - the real disk unless a test passes another */
  constructor(plan: SendPlan, fileSystem?: FileSystem) {
    this.#plan = plan;
    this.#disk = fileSystem === undefined ? new AdaptiveDisk() : plainDisk(fileSystem);
  }

  /**
   * Reads a piece of a file; calls for one file must be in order of their offsets, without gaps unless it is resumed.
   * @param bytes - at most `READ_BYTES`
   * @returns the bytes, with the SHA-256 of the whole file when they reach its planned size
   */
  read(index: number, offset: number, bytes: number): Promise<SourceRead> {
    const entry = this.#entry(index);
    let open = this.#open.get(index);
    if (open === undefined) {
      const fs = bytes === entry.bytes && bytes <= SMALL_FILE_BYTES ? this.#disk.pick() : this.#disk.pooled;
      open = { file: new OpenFile(fs, this.#plan, index, entry), tail: Promise.resolve() };
      this.#open.set(index, open);
    }
    const { file } = open;
    const result = open.tail.then(() => this.#read(file, index, offset, bytes));
    open.tail = result;
    return result;
  }

  async #read(file: OpenFile, index: number, offset: number, bytes: number): Promise<SourceRead> {
    const chunk = this.#chunk(bytes);
    try {
      if (this.#isClosed || this.#open.get(index)?.file !== file) throw new SourceChanged();
      const sha256 = await file.read(chunk, offset);
      if (sha256 !== undefined) this.#open.delete(index);
      return { ok: true, chunk, sha256 };
    } catch (error) {
      this.#open.delete(index);
      await file.close();
      return this.#failure(index, error);
    }
  }

  /** Hashes blocks of a file that is resumed; `read` continues with it. Call it once, before any `read` of the file. */
  blocks(index: number, plan: BlockPlan): Promise<SourceBlocks> {
    const file = new OpenFile(this.#disk.pooled, this.#plan, index, this.#entry(index));
    const result = this.#blocks(file, index, plan);
    this.#open.set(index, { file, tail: result });
    return result;
  }

  async #blocks(file: OpenFile, index: number, plan: BlockPlan): Promise<SourceBlocks> {
    try {
      return { ok: true, hashes: await file.hashBlocks(plan, () => this.#isClosed) };
    } catch (error) {
      this.#open.delete(index);
      await file.close();
      return this.#failure(index, error);
    }
  }

  /** The chunk is not zeroed: it is either filled to its end or not passed on. */
  #chunk(bytes: number): Uint8Array {
    const size = bytes > SMALL_FILE_BYTES ? READ_BYTES : bytes;
    const buffer = (size === READ_BYTES ? this.#free.pop() : undefined) ?? Buffer.allocUnsafeSlow(size).buffer;
    return new Uint8Array(buffer, 0, bytes);
  }

  /** Returns a chunk whose content is no longer needed, so that its buffer can be reused. */
  recycle({ buffer }: Uint8Array): void {
    if (!(buffer instanceof ArrayBuffer) || buffer.byteLength !== READ_BYTES) return;
    if (this.#free.length < MAX_FREE_BUFFERS) this.#free.push(buffer);
  }

  /** Returns the SHA-256 of a whole file. */
  async hash(index: number): Promise<SourceHash> {
    const entry = this.#entry(index);
    const { bytes } = entry;
    await this.#turns.take();
    const fs = bytes <= SMALL_FILE_BYTES ? this.#disk.pick() : this.#disk.pooled;
    const file = new OpenFile(fs, this.#plan, index, entry);
    const buffer = new Uint8Array(Math.min(bytes, HASH_READ_BYTES));
    try {
      let sha256: Uint8Array | undefined;
      for (let offset = 0; sha256 === undefined; offset += buffer.length) {
        if (this.#isClosed) throw new SourceChanged();
        sha256 = await file.read(buffer.subarray(0, bytes - offset), offset);
      }
      return { ok: true, sha256 };
    } catch (error) {
      await file.close();
      return this.#failure(index, error);
    }
  }

  /** Stops reading a file; reads that are queued fail. */
  closeFile(index: number): void {
    const open = this.#open.get(index);
    if (open === undefined) return;
    this.#open.delete(index);
    void open.tail.then(() => open.file.close());
  }

  /** Closes all files. @returns when nothing is open any more */
  async close(): Promise<void> {
    this.#isClosed = true;
    const open = [...this.#open.values()];
    this.#open.clear();
    await Promise.all(open.map(({ file, tail }) => tail.then(() => file.close())));
  }

  #entry(index: number): Entry {
    const entry = this.#plan.manifest.entries[index];
    if (entry?.type !== "file") throw new RangeError(`Cannot read entry ${index}: it is no file of the plan`);
    return entry;
  }

  #failure(index: number, cause: unknown): SourceFailure {
    const path = this.#plan.localPath(index);
    const errno = errnoOf(cause);
    const isGone = errno === "ENOENT" || errno === "ENOTDIR";
    const hasChanged = cause instanceof SourceChanged || isGone || errno === "ELOOP";
    if (lacksDescriptors(cause)) {
      const error = new P2pError("TOO_MANY_OPEN_FILES", { path }, { cause });
      return { ok: false, reason: "unreadable", error, isFinal: true };
    }
    if (cause instanceof SizeUntrue) {
      return { ok: false, reason: "unreadable", error: new P2pError("PATH_NOT_SENT", { path, kind: "endless" }) };
    }
    return hasChanged
      ? { ok: false, reason: "source-changed", error: new P2pError("SOURCE_CHANGED", { path, isGone }, { cause }) }
      : {
          ok: false,
          reason: "unreadable",
          error: new P2pError("PATH_UNREADABLE", { path, reason: systemReason(cause) }, { cause }),
        };
  }
}
