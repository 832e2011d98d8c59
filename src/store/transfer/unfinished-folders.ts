// The marks of folders that a transfer has made and not finished: a hidden file in the outermost of them. A process
// that resumes the transfer knows by it that the mode and the time of this folder, and of all folders in it, are still
// to be set. It moves with the folder, and it counts for any process of this user; the folder's own attributes mean
// nothing meanwhile.
import { dirname, join, sep } from "node:path";
import { NEW_FILE_FLAGS } from "../open-flags.ts";
import type { Disk } from "./disk.ts";
import { UNFINISHED_FOLDER_NAME } from "./part-journal.ts";

const OWNER_ONLY = 0o600;
/** No process resumes after this time: the folder belongs to its owner. */
const MARK_AGE_MS = 30 * 24 * 3_600_000;

export class UnfinishedFolders {
  readonly #disk: Disk;
  readonly #wallMs: () => number;

  /** @param wallMs - milliseconds since 1970 */
  constructor(disk: Disk, wallMs: () => number = () => Date.now()) {
    this.#disk = disk;
    this.#wallMs = wallMs;
  }

  /** Marks a new folder. A disk without room for a mark costs the attributes of an interrupted transfer, and no more. */
  async mark(folder: string): Promise<void> {
    try {
      await (await this.#disk.pick().open(join(folder, UNFINISHED_FOLDER_NAME), NEW_FILE_FLAGS, OWNER_ONLY)).close();
    } catch {
      return;
    }
  }

  /** Returns whether a folder has a mark of this user. Never rejects. */
  async isMarked(folder: string): Promise<boolean> {
    try {
      const stats = await this.#disk.pick().lstat(join(folder, UNFINISHED_FOLDER_NAME));
      const user = process.getuid?.();
      const isOwn = stats.isFile() && (user === undefined || stats.uid === user);
      return isOwn && Math.abs(this.#wallMs() - stats.mtimeMs) < MARK_AGE_MS;
    } catch {
      return false;
    }
  }

  /**
   * Takes the mark of the innermost marked folder on a path away, unless something in it may still be resumed. Never
   * rejects.
   * @param unfinished - folders of the parts that are left, absolute
   */
  async unmarkAbove(folder: string, unfinished: readonly string[]): Promise<void> {
    for (let at = folder; at !== dirname(at); at = dirname(at)) {
      if (unfinished.some((other) => other === at || other.startsWith(at + sep))) return;
      if (!(await this.isMarked(at))) continue;
      await this.unmark(at);
      return;
    }
  }

  /** Takes the mark away. Never rejects. */
  async unmark(folder: string): Promise<void> {
    await this.#disk
      .pick()
      .unlink(join(folder, UNFINISHED_FOLDER_NAME))
      .catch(() => {});
  }
}
