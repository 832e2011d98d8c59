// One file being received: bytes in order into `.p2p-<16 hex>.part` beside its final place, hashed on the way,
// flushed, checked, then named. Until the name is given nothing but the hidden part is there.
import { createHash, type Hash, randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { join } from "node:path";
import { P2pError } from "../lib/errors.ts";
import type { Entry } from "../transfer/frames.ts";
import { PART_PREFIX } from "../transfer/names.ts";
import type { Disk } from "./disk.ts";
import type { DiskHandle, FileSystem } from "./file-system.ts";
import type { NameConflict, OutputTree } from "./output-tree.ts";
import { sparseHandle } from "./sparse-handle.ts";

// Exclusively new and never through a link. O_NOFOLLOW is absent on Windows.
const PART_FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);
const PART_MODE = 0o600;
/** Chunks that wait are written together up to this. */
const WRITE_BYTES = 1024 * 1024;
/** Flushed on the way each time that so much was written: at the end little is left to wait for. */
const FLUSH_BYTES = 32 * 1024 * 1024;
/** A file up to this size that is all there when its turn comes is written in one short call. */
const SMALL_FILE_BYTES = 64 * 1024;

export interface PartFileOptions {
  readonly tree: OutputTree;
  readonly disk: Disk;
  readonly entry: Entry;
  /** Safe names below the output folder. */
  readonly segments: readonly string[];
  readonly conflict: NameConflict;
  /** These bytes are in the file. */
  readonly onWritten: (bytes: number) => void;
  /** These bytes will never be: they left memory after a failure. */
  readonly onDropped: (bytes: number) => void;
  /** The incomplete file is gone, and these bytes that were written to it. */
  readonly onRemoved: (bytes: number) => void;
}

type Ending = { kind: "store"; sha256: Uint8Array } | { kind: "drop" };

export class PartFile {
  readonly #options: PartFileOptions;
  readonly #hash: Hash = createHash("sha256");
  #chunks: Uint8Array[] = [];
  #ending: Ending | undefined;
  #wake: () => void = () => {};
  #writtenBytes = 0;
  #isOver = false;
  #unflushedBytes = 0;
  /** The flush that runs beside the writing; it never rejects. */
  #flush: Promise<void> | undefined;
  #flushFailure: unknown;

  constructor(options: PartFileOptions) {
    this.#options = options;
  }

  /** The next bytes of the file. */
  write(chunk: Uint8Array): void {
    if (this.#isOver) {
      this.#options.onDropped(chunk.length);
      return;
    }
    this.#chunks.push(chunk);
    this.#wake();
  }

  /** All bytes were given. */
  store(sha256: Uint8Array): void {
    this.#ending ??= { kind: "store", sha256 };
    this.#wake();
  }

  /** Nothing more will come. */
  drop(): void {
    this.#ending = { kind: "drop" };
    this.#wake();
  }

  /**
   * Works until the file is stored or dropped; to be called once.
   * @returns its final path, or undefined when it was dropped
   * @throws P2pError HASH_MISMATCH, LINK_OUTSIDE or WRITE_FAILED, or what the system throws; the part is removed
   */
  async run(): Promise<string | undefined> {
    const { tree, disk, segments, entry } = this.#options;
    const fs = this.#isSmallAndWhole ? disk.pick() : disk.pooled;
    let part: string | undefined;
    let handle: DiskHandle | undefined;
    try {
      if (this.#isDropped) return undefined;
      const folder = await tree.folder(segments.slice(0, -1));
      tree.check(folder);
      const path = join(folder.path, `${PART_PREFIX}${randomHex()}.part`);
      handle = sparseHandle(await fs.open(path, PART_FLAGS, PART_MODE), entry.bytes);
      part = path;
      const ending = await this.#writeAll(handle);
      if (ending.kind === "drop") return undefined;
      await this.#seal(handle, ending.sha256, fs);
      handle = undefined;
      if (this.#isDropped) return undefined;
      const final = await tree.place(part, folder, segments.at(-1) ?? "", this.#options.conflict);
      part = undefined;
      return final;
    } finally {
      this.#isOver = true;
      for (const chunk of this.#chunks.splice(0)) this.#options.onDropped(chunk.length);
      await this.#flush;
      await handle?.close().catch(() => {});
      if (part !== undefined) {
        await fs.unlink(part).catch(() => {});
        this.#options.onRemoved(this.#writtenBytes);
      }
    }
  }

  get #isSmallAndWhole(): boolean {
    return this.#options.entry.bytes <= SMALL_FILE_BYTES && this.#ending?.kind === "store";
  }

  get #isDropped(): boolean {
    return this.#ending?.kind === "drop";
  }

  async #writeAll(handle: DiskHandle): Promise<Ending> {
    for (;;) {
      if (this.#ending?.kind === "drop") return this.#ending;
      const batch = this.#takeBatch();
      if (batch.length > 0) {
        const bytes = batch.reduce((sum, chunk) => sum + chunk.length, 0);
        await writeFully(handle, batch, bytes, this.#writtenBytes);
        this.#writtenBytes += bytes;
        this.#options.onWritten(bytes);
        this.#flushBeside(handle, bytes);
      } else if (this.#ending !== undefined) {
        return this.#ending;
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }

  #flushBeside(handle: DiskHandle, writtenBytes: number): void {
    this.#unflushedBytes += writtenBytes;
    if (this.#unflushedBytes < FLUSH_BYTES || this.#flush !== undefined) return;
    this.#unflushedBytes = 0;
    this.#flush = handle
      .sync()
      .catch((error: unknown) => {
        // The system may tell a write that failed once only: it counts, whatever a later flush says.
        this.#flushFailure ??= error;
      })
      .finally(() => {
        this.#flush = undefined;
      });
  }

  #takeBatch(): Uint8Array[] {
    let bytes = 0;
    let count = 0;
    for (const chunk of this.#chunks) {
      if (count > 0 && bytes + chunk.length > WRITE_BYTES) break;
      bytes += chunk.length;
      count += 1;
    }
    const batch = this.#chunks.splice(0, count);
    for (const chunk of batch) this.#hash.update(chunk);
    return batch;
  }

  /** Everything that the final name promises: the right bytes, mode and time, on the disk and not in a cache. */
  async #seal(handle: DiskHandle, sha256: Uint8Array, fs: FileSystem): Promise<void> {
    const { entry, segments } = this.#options;
    if (!this.#hash.digest().equals(sha256)) throw new P2pError("HASH_MISMATCH", { path: segments.join("/") });
    fs.fchmodSync(handle.fd, entry.mode);
    const seconds = toSeconds(entry.mtimeUs);
    fs.futimesSync(handle.fd, seconds, seconds);
    await this.#flush;
    if (this.#flushFailure !== undefined) throw this.#flushFailure;
    await handle.sync();
    await handle.close();
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

/** 16 digits, and random beyond guessing: the variant bits of the UUID leave 62 of 64 bits. */
export function randomHex(): string {
  return randomUUID().replaceAll("-", "").slice(-16);
}

/** For utimes, which cuts to microseconds: the half keeps the cut from falling one too low. */
export function toSeconds(mtimeUs: number): number {
  return (mtimeUs + 0.5) / 1_000_000;
}
