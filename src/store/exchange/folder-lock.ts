// The lock of an exchange folder, which allows one process per folder: a hidden lock file that names its holder.
import { stat } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { P2pError } from "../../lib/errors/p2p-error.ts";
import { type Claim, FileLock } from "../file-lock.ts";
import { systemReason } from "../file-system.ts";
import { OddFileError } from "../regular-file.ts";

const LOCK_NAME = ".p2p-lock";

export class FolderLock {
  readonly #lock: FileLock;

  private constructor(lock: FileLock) {
    this.#lock = lock;
  }

  /**
   * @param command - what the user typed (`offer`, `answer`); other processes show it in their error
   * @throws P2pError FOLDER_IN_USE naming the holder, LOCK_UNUSABLE, FOLDER_UNUSABLE
   */
  static async acquire(dir: string, command: string): Promise<FolderLock> {
    const path = join(dir, LOCK_NAME);
    let lock: FileLock | Claim;
    try {
      lock = await FileLock.acquire(path, command);
    } catch (cause) {
      if (cause instanceof OddFileError) throw new P2pError("LOCK_UNUSABLE", { path, kind: cause.kind }, { cause });
      const reason = systemReason(cause);
      const takesNoFiles = reason.startsWith("ENOENT") && (await isFolder(dir)) ? { takesNoFiles: true as const } : {};
      throw new P2pError("FOLDER_UNUSABLE", { dir, reason, ...takesNoFiles }, { cause });
    }
    if (lock instanceof FileLock) return new FolderLock(lock);
    throw inUse(lock, path, dir);
  }

  /** Returns whether another process works in the folder. */
  static async isHeld(dir: string): Promise<boolean> {
    return (await FileLock.holder(join(dir, LOCK_NAME))) !== undefined;
  }

  /** Releases the folder. Never fails: a lock that cannot be removed becomes stale when the process ends. */
  async release(): Promise<void> {
    await this.#lock.release();
  }
}

async function isFolder(path: string): Promise<boolean> {
  return await stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}

function inUse({ pid, host, command }: Claim, path: string, dir: string): P2pError {
  const otherHost = host === hostname() ? {} : { otherHost: { name: host, lock: path } };
  return new P2pError("FOLDER_IN_USE", { dir, pid, command, ...otherHost });
}
