// The choice between synchronous calls and the thread pool for small files. Through the thread pool each call costs
// about 0.1 ms of this process, more than the call itself while the system answers from memory, and a small file needs
// ten calls. So they are made synchronously, on this thread, as long as the disk is quick; a slow disk gets the thread
// pool, so that the session stays responsive. Flushing always uses the pool, because it waits for the device.
import {
  closeSync,
  fsync,
  ftruncateSync,
  linkSync,
  lstatSync,
  openSync,
  readSync,
  renameSync,
  unlinkSync,
  writeSync,
  writevSync,
} from "node:fs";
import { descriptorWait, lacksDescriptors } from "../descriptors.ts";
import { type DiskHandle, errnoOf, type FileSystem, isHeld, nodeFileSystem, systemPath } from "../file-system.ts";
import { FOLDER_FLAGS, NO_FOLLOW } from "../open-flags.ts";

/** Access to the disk for work on small files, chosen again for each piece of work. */
export interface Disk {
  /** The file system for calls that are long or wait for the device. */
  readonly pooled: FileSystem;
  /** Returns the file system for short calls; may be the same. */
  pick(): FileSystem;
}

/** A call that took this long was not answered from memory. */
const SLOW_CALL_MS = 8;
/** A slow call bars synchronous calls for this many times its duration, so at most a twentieth of the time is lost. */
const SLOW_CALL_PAUSES = 20;

/** A file up to this size is read, or written once all of it has arrived, in one short call. */
export const SMALL_FILE_BYTES = 64 * 1024;
/** Bytes of a larger file that are read at a time to hash it. */
export const HASH_READ_BYTES = 1024 * 1024;

/** Errors of opening something that has taken the place of a folder: a link, a file. */
const IN_PLACE_OF_FOLDER: ReadonlySet<string> = new Set(["ELOOP", "ENOTDIR"]);

/** While one group of this size waits for the device, another is prepared. */
const FLUSH_GROUP_FILES = 32;

/** Flushes a folder. Where the system cannot, a crash may lose a name, but never the bytes of the file. */
export async function flushFolder(fs: FileSystem, folder: string): Promise<void> {
  try {
    const handle = await fs.open(folder, FOLDER_FLAGS);
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch {
    return;
  }
}

/**
 * Opens a folder that was found before. Whether it is still the same one is for the caller to check.
 * @param replaced - makes what is thrown where a link or a file has taken its place
 * @returns a handle, which the caller closes
 * @throws a system error, too
 */
export async function openFoundFolder(fs: FileSystem, path: string, replaced: () => Error): Promise<DiskHandle> {
  return await fs.open(path, FOLDER_FLAGS | NO_FOLLOW).catch((error: unknown) => {
    throw IN_PLACE_OF_FOLDER.has(errnoOf(error) ?? "") ? replaced() : error;
  });
}

/** The real file system, where opening waits for a descriptor. */
export const patientFileSystem = descriptorWait.around(nodeFileSystem);

/** Returns a disk that uses one file system for everything. */
export function plainDisk(fileSystem: FileSystem): Disk {
  return { pooled: fileSystem, pick: () => fileSystem };
}

/** The real disk. */
export class AdaptiveDisk implements Disk {
  readonly pooled = patientFileSystem;
  readonly #clock: () => number;
  readonly #atOnce: FileSystem;
  readonly #flushes = new FlushGroups();
  #slowUntilMs = Number.NEGATIVE_INFINITY;

  /** @param clock - milliseconds, monotonic */
  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock;
    this.#atOnce = this.#makeAtOnce();
  }

  pick(): FileSystem {
    return this.#clock() < this.#slowUntilMs ? this.pooled : this.#atOnce;
  }

  #makeAtOnce(): FileSystem {
    const openNow = this.#timed((path: string, flags: number, mode?: number) =>
      this.#handle(openSync(systemPath(path), flags, mode)),
    );
    return {
      ...this.pooled,
      link: this.#named(
        (from: string, to: string) => linkSync(systemPath(from), systemPath(to)),
        (from, to) => this.pooled.link(from, to),
      ),
      lstat: this.#timed((path: string) => lstatSync(systemPath(path))),
      open: async (path, flags, mode) => {
        try {
          return await openNow(path, flags, mode);
        } catch (error) {
          if (!lacksDescriptors(error)) throw error;
          return this.pooled.open(path, flags, mode);
        }
      },
      rename: this.#named(
        (from: string, to: string) => renameSync(systemPath(from), systemPath(to)),
        (from, to) => this.pooled.rename(from, to),
      ),
      unlink: this.#named(
        (path: string) => unlinkSync(systemPath(path)),
        (path) => this.pooled.unlink(path),
      ),
    };
  }

  /** A call that changes names is made at once, and where another program may hold the file, again by the pool, which waits. */
  #named<Args extends string[]>(
    call: (...args: Args) => void,
    patiently: (...args: Args) => Promise<void>,
  ): (...args: Args) => Promise<void> {
    const now = this.#timed(call);
    return async (...args) => {
      try {
        await now(...args);
      } catch (error) {
        if (!isHeld(error)) throw error;
        await patiently(...args);
      }
    };
  }

  #handle(fd: number): DiskHandle {
    return {
      fd,
      read: this.#timed((into: Uint8Array, offset: number, length: number, position: number) => ({
        bytesRead: readSync(fd, into, offset, length, position),
      })),
      write: this.#timed((from: Uint8Array, offset: number, length: number, position: number) => ({
        bytesWritten: writeSync(fd, from, offset, length, position),
      })),
      writev: this.#timed((parts: readonly Uint8Array[], position: number) => ({
        bytesWritten: writevSync(fd, parts, position),
      })),
      sync: () => this.#flushes.join(fd),
      truncate: this.#timed((bytes: number) => {
        ftruncateSync(fd, bytes);
      }),
      close: this.#timed(() => {
        closeSync(fd);
      }),
    };
  }

  #timed<Args extends unknown[], Result>(call: (...args: Args) => Result): (...args: Args) => Promise<Result> {
    // The function is async so that a thrown error becomes a rejection.
    return async (...args) => {
      const startMs = this.#clock();
      try {
        return call(...args);
      } finally {
        const tookMs = this.#clock() - startMs;
        if (tookMs >= SLOW_CALL_MS) this.#slowUntilMs = startMs + tookMs * (1 + SLOW_CALL_PAUSES);
      }
    };
  }
}

interface Flush {
  readonly fd: number;
  readonly done: (error: Error | null) => void;
}

/**
 * Files whose flushes start in the same turn of the event loop are all flushed before any of them continues: they share
 * the disk's commits, and also the messages that report them.
 */
class FlushGroups {
  #joined: Flush[] = [];

  join(fd: number): Promise<void> {
    if (this.#joined.length === 0) {
      setImmediate(() => {
        while (this.#joined.length > 0) flushTogether(this.#joined.splice(0, FLUSH_GROUP_FILES));
      });
    }
    return new Promise((resolve, reject) => {
      this.#joined.push({ fd, done: (error) => (error === null ? resolve() : reject(error)) });
    });
  }
}

function flushTogether(group: readonly Flush[]): void {
  const errors: (Error | null)[] = [];
  let left = group.length;
  for (const [at, { fd }] of group.entries()) {
    fsync(fd, (error) => {
      errors[at] = error;
      left -= 1;
      if (left === 0) for (const [which, { done }] of group.entries()) done(errors[which] ?? null);
    });
  }
}
