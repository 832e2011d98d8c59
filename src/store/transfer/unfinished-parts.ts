// The unfinished parts of received files, which outlive a session: each gets a journal next to it, is found again,
// locked by one process at a time, and removed. Anything that a third party substituted for a part or a journal (a
// link, a device, another user's file, a file with a second name) is not touched.
import { constants, type Stats } from "node:fs";
import { join } from "node:path";
import { MAX_PATH_BYTES } from "../../transfer/limits.ts";
import type { Disk } from "./disk.ts";
import { descriptorWait } from "../descriptors.ts";
import { FileLock } from "../file-lock.ts";
import { type DiskHandle, isSameFile } from "../file-system.ts";
import { NEW_FILE_FLAGS, NO_FOLLOW, NON_BLOCKING, READ_FLAGS } from "../open-flags.ts";
import {
  decodeFacts,
  encodeFacts,
  idOf,
  idOfJournal,
  journalName,
  MAX_JOURNAL_BYTES,
  type PartFacts,
  partLockName,
  partName,
  type PartPlace,
} from "./part-journal.ts";
import { newPartId, orphanTest, reportsProcesses } from "./part-owner.ts";
import type { PartPace } from "./part-pace.ts";
import { UnfinishedIndex } from "./unfinished-index.ts";

/** A journal and the part next to it. */
export interface FoundPart {
  readonly place: PartPlace;
  readonly facts: PartFacts;
  /** Undefined: the part is gone, or must not be written to. */
  readonly part:
    | { readonly bytes: number; readonly dev: number; readonly ino: number; readonly names: number }
    | undefined;
}

/** Locks that let only one process work on a part. */
export interface PartLocks {
  /** @returns undefined when another process holds the lock, or when that cannot be determined */
  acquire(path: string): Promise<{ release(): Promise<void> } | undefined>;
}

/** Options for storing parts. */
export interface KeepOptions {
  /** Undefined: parts are stored but not listed anywhere. */
  readonly stateDir?: string | undefined;
  /** The name that the sender gives itself. */
  readonly from?: string | undefined;
  readonly locks?: PartLocks | undefined;
  readonly pace?: PartPace | undefined;
}

const FOUND_FLAGS = READ_FLAGS | NO_FOLLOW;
const WRITE_FLAGS = constants.O_RDWR | NO_FOLLOW | NON_BLOCKING;
const OWNER_ONLY = 0o600;
/** A folder with more journals is a mistake. */
const MAX_JOURNALS = 256;
/** Where the system reports no processes, a part without a journal that nothing has changed for so long is left over. */
const LEFT_OVER_MS = 86_400_000;

const fileLocks: PartLocks = {
  acquire: async (path) => {
    try {
      const lock = await descriptorWait.run(() => FileLock.acquire(path, "receive"));
      return lock instanceof FileLock ? lock : undefined;
    } catch {
      return undefined;
    }
  },
};

export class UnfinishedParts {
  readonly #disk: Disk;
  readonly #from: string;
  readonly #index: UnfinishedIndex | undefined;
  readonly #locks: PartLocks;
  readonly #ownLocks = new Map<string, { release(): Promise<void> }>();

  constructor(disk: Disk, { stateDir, from = "", locks = fileLocks }: KeepOptions = {}) {
    this.#disk = disk;
    // The name is shown in a list, so enough of it to recognize it suffices.
    this.#from = from.slice(0, MAX_PATH_BYTES / 4);
    this.#index = stateDir === undefined ? undefined : new UnfinishedIndex(stateDir);
    this.#locks = locks;
  }

  /** Returns a location for a new part; it may be taken. */
  static newPlace(folder: string): PartPlace {
    return { folder, id: newPartId() };
  }

  /** Writes the journal of the part at this location, and locks the part. @throws any system error */
  async keep(place: PartPlace, file: Pick<PartFacts, "path" | "bytes" | "mtimeUs">): Promise<void> {
    const { path, bytes, mtimeUs } = file;
    const facts: PartFacts = { path, bytes, mtimeUs, from: this.#from, createdMs: Date.now() };
    if (!(await this.lock(place))) throw new Error("EBUSY: cannot lock a part");
    try {
      await this.#write(place, facts);
    } catch (error) {
      await this.release(place);
      throw error;
    }
    await this.#index?.add(place, facts);
  }

  /** Records in the journal that a locked part belongs to another file than the one that arrived. Never fails. */
  async setApart({ place, facts }: FoundPart): Promise<void> {
    await this.#write(place, { ...facts, differs: true }).catch(() => {});
    await this.release(place);
  }

  async #write(place: PartPlace, facts: PartFacts): Promise<void> {
    const fs = this.#disk.pooled;
    const temporary = join(place.folder, `${journalName(place.id)}.tmp`);
    try {
      const handle = await fs.open(temporary, NEW_FILE_FLAGS, OWNER_ONLY);
      try {
        await writeWhole(handle, new TextEncoder().encode(encodeFacts(facts)));
        await handle.sync();
      } finally {
        await handle.close();
      }
      await fs.rename(temporary, join(place.folder, journalName(place.id)));
    } catch (error) {
      await fs.unlink(temporary).catch(() => {});
      throw error;
    }
  }

  /** Locks a part. @returns false when another process works on it */
  async lock({ folder, id }: PartPlace): Promise<boolean> {
    const lock = await this.#locks.acquire(join(folder, partLockName(id)));
    if (lock === undefined) return false;
    this.#ownLocks.set(id, lock);
    return true;
  }

  /** Releases the lock and keeps the part. Never fails. */
  async release({ id }: PartPlace): Promise<void> {
    const lock = this.#ownLocks.get(id);
    this.#ownLocks.delete(id);
    await lock?.release();
  }

  /** Returns whether the part exists, whatever it is. */
  async isThere(place: PartPlace): Promise<boolean> {
    const stats = await this.#disk.pooled.lstat(join(place.folder, partName(place.id))).catch(() => undefined);
    return stats !== undefined;
  }

  /**
   * Makes what belongs to a part true again after its folder was renamed. Never fails.
   * @param file - undefined: the part is not wanted
   */
  async follow(
    { folder, id }: PartPlace,
    newFolder: string,
    file: Pick<PartFacts, "path" | "bytes" | "mtimeUs"> | undefined,
  ): Promise<void> {
    await this.release({ folder, id });
    const place = { folder: newFolder, id };
    // The lock has moved too, so its release has not found it.
    await this.#disk.pooled.unlink(join(newFolder, partLockName(id))).catch(() => {});
    if (file === undefined) {
      await this.remove(place);
      return;
    }
    await this.keep(place, file).catch(() => {});
    await this.release(place);
  }

  /** Removes journal, index entry and lock of a part that has its final name now, or is gone. Never fails. */
  async forget(place: PartPlace): Promise<void> {
    await this.#disk.pooled.unlink(join(place.folder, journalName(place.id))).catch(() => {});
    await this.#index?.remove(place.id);
    await this.release(place);
  }

  /** Removes a locked part, and all that belongs to it. Never fails. */
  async remove(place: PartPlace): Promise<void> {
    await this.#disk.pooled.unlink(join(place.folder, partName(place.id))).catch(() => {});
    await this.forget(place);
  }

  /**
   * Returns the journals of a folder with their parts, and the files that belong to none. Unreadable ones are left out.
   * @param isOrphan - the orphan test of the search that this call is part of
   */
  async findIn(folder: string, isOrphan = orphanTest()): Promise<{ parts: FoundPart[]; orphans: string[] }> {
    const children = await this.#disk.pooled.readdir(folder).catch(() => []);
    const names = children.filter((name) => idOf(name) !== undefined);
    const ids = new Set(names.map(idOfJournal).filter((id) => id !== undefined));
    const orphans: string[] = [];
    for (const name of names) {
      const id = idOf(name);
      if (id === undefined || ids.has(id)) continue;
      if (isOrphan(id) || (name === partName(id) && (await this.#isLeftOver(join(folder, name))))) orphans.push(name);
    }
    const found = await Promise.all([...ids].slice(0, MAX_JOURNALS).map((id) => this.find({ folder, id })));
    return { parts: found.filter((part) => part !== undefined), orphans };
  }

  /**
   * Whether a part is the second name of a finished file, or older than any that is being written, where the system does
   * not tell whether its process has ended.
   */
  async #isLeftOver(path: string): Promise<boolean> {
    if (reportsProcesses()) return false;
    const stats = await this.#disk.pooled.lstat(path).catch(() => undefined);
    if (stats === undefined || !isOwnFile(stats)) return false;
    return stats.nlink > 1 || Date.now() - stats.ctimeMs > LEFT_OVER_MS;
  }

  /** Removes files that a killed process left before it wrote a journal. Never fails. */
  async clean(folder: string, orphans: readonly string[]): Promise<void> {
    const fs = this.#disk.pooled;
    for (const name of orphans) {
      const path = join(folder, name);
      const stats = await fs.lstat(path).catch(() => undefined);
      if (stats !== undefined && isOwnFile(stats)) await fs.unlink(path).catch(() => {});
    }
  }

  async find(place: PartPlace): Promise<FoundPart | undefined> {
    const facts = await this.#readFacts(join(place.folder, journalName(place.id)));
    if (facts === undefined) return undefined;
    const path = join(place.folder, partName(place.id));
    const stats = await this.#disk.pooled.lstat(path).catch(() => undefined);
    const part =
      stats === undefined || !isOwnFile(stats)
        ? undefined
        : { bytes: stats.size, dev: stats.dev, ino: stats.ino, names: stats.nlink };
    return { place, facts, part };
  }

  async #readFacts(path: string): Promise<PartFacts | undefined> {
    const fs = this.#disk.pooled;
    try {
      const handle = await fs.open(path, FOUND_FLAGS);
      try {
        const stats = fs.fstatSync(handle.fd);
        if (!isOwnFile(stats) || stats.size > MAX_JOURNAL_BYTES) return undefined;
        const bytes = new Uint8Array(stats.size);
        const { bytesRead } = await handle.read(bytes, 0, bytes.length, 0);
        return decodeFacts(new TextDecoder().decode(bytes.subarray(0, bytesRead)));
      } finally {
        await handle.close();
      }
    } catch {
      return undefined;
    }
  }

  /** Opens a locked part for reading and writing. @returns undefined when it is no longer the part that was found */
  async open(found: FoundPart): Promise<DiskHandle | undefined> {
    const fs = this.#disk.pooled;
    try {
      const handle = await this.#openSame(found, WRITE_FLAGS);
      if (handle !== undefined) return handle;
      // A crash after setting the file's mode and before naming it leaves a part that may be read-only.
      const readable = await this.#openSame(found, FOUND_FLAGS);
      if (readable === undefined) return undefined;
      fs.fchmodSync(readable.fd, OWNER_ONLY);
      await readable.close();
      return await this.#openSame(found, WRITE_FLAGS);
    } catch {
      return undefined;
    }
  }

  async #openSame({ place, part }: FoundPart, flags: number): Promise<DiskHandle | undefined> {
    const fs = this.#disk.pooled;
    const path = join(place.folder, partName(place.id));
    const handle = await fs.open(path, flags).catch(() => undefined);
    if (handle === undefined) return undefined;
    const stats = fs.fstatSync(handle.fd);
    // A part with a second name is a finished file already, which writing would change.
    const isSame = part !== undefined && isOwnFile(stats) && stats.nlink === 1 && isSameFile(stats, part);
    if (isSame && stats.size === part.bytes) return handle;
    await handle.close();
    return undefined;
  }
}

function isOwnFile(stats: Stats): boolean {
  const user = process.getuid?.();
  return stats.isFile() && (user === undefined || stats.uid === user);
}

async function writeWhole(handle: DiskHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    at += (await handle.write(bytes, at, bytes.length - at, at)).bytesWritten;
  }
}
