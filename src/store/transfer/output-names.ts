// The names that one transfer gives in its output folders: what is there already under a name, whether it may be replaced,
// and the first free `name (n)` otherwise. Names are given atomically, and one after another where they are the same.
import type { Stats } from "node:fs";
import { P2pError } from "../../lib/errors/p2p-error.ts";
import { numberedName } from "../../transfer/names.ts";
import { errnoOf } from "../file-system.ts";
import type { Disk } from "./disk.ts";
import { inFolder, type OutputFolder } from "./output-folder.ts";
import { partName } from "./part-journal.ts";
import { newPartId } from "./part-owner.ts";

/** The policy for a received name that exists already; the type of `--conflict`. */
export type NameConflict = "rename" | "overwrite" | "skip";

/** Attempts before `f (n).ext` is given up; a folder with more of them is a mistake. */
export const MAX_NUMBERED_NAMES = 10_000;
/** The highest `l (n)` that is read to see whether it is the same link. */
const MAX_LINK_NUMBER = 100;
const OWNER_WRITES = 0o200;
const ANYBODY_WRITES = 0o666;
const NO_HARD_LINKS = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK", "EXDEV"]);

export interface OutputNamesPort {
  readonly disk: Disk;
  /** @throws P2pError LINK_OUTSIDE when the folder was replaced, or a system error when it is gone */
  readonly check: (folder: OutputFolder) => void;
  /** Returns undefined when nothing is at the path. */
  readonly lstat: (path: string) => Promise<Stats | undefined>;
}

/** The outcome of giving a name: the path, and the number after the name. */
interface Given {
  readonly path: string;
  readonly count: number;
}

interface Wanted {
  readonly folder: OutputFolder;
  readonly name: string;
  /** The number after the name last time; 0: none. */
  readonly last: number;
}

export class OutputNames {
  readonly #port: OutputNamesPort;
  /**
   * Names that this transfer has given, case-folded, with the last number after each: it never replaces its own files,
   * not even on a case-insensitive disk, and does not try the same numbers repeatedly.
   */
  readonly #given = new Map<string, number>();
  /** Resolves when the last file with that name has been placed. */
  readonly #giving = new Map<string, Promise<void>>();

  constructor(port: OutputNamesPort) {
    this.#port = port;
  }

  /**
   * Gives a finished file its final name atomically: `name`, or the first free `name (n)` if the policy does not allow
   * replacing an existing file.
   * @param part - path of the finished file, in the same folder
   * @returns the final path
   */
  place(part: string, folder: OutputFolder, name: string, conflict: NameConflict): Promise<string> {
    return this.#give(folder, name, (last) =>
      this.#place(part, { folder, name, last: last ?? 0, mayReplace: last === undefined && conflict === "overwrite" }),
    );
  }

  /**
   * Creates a symbolic link, unless the same one exists already; otherwise it is named like a file.
   * @param target - what it contains; checked by the caller
   * @param setTime - gives the new link its modification time; it never fails
   * @returns its path, or that of the existing file under `skip`
   */
  placeLink(
    target: string,
    { folder, name, conflict }: { folder: OutputFolder; name: string; conflict: NameConflict },
    setTime: (path: string) => Promise<void>,
  ): Promise<string> {
    return this.#give(folder, name, (last) =>
      this.#placeLink(
        target,
        { folder, name, last: last ?? 0, conflict: last === undefined ? conflict : "rename" },
        setTime,
      ),
    );
  }

  /** Returns whether this transfer has given a file this name, with or without a number, or a name that is the same here. */
  hasGiven(folder: OutputFolder, name: string): boolean {
    return this.#given.has(foldedName(folder, name));
  }

  /** @param work - gives the name; `last`: the number after the name last time, undefined when there was none */
  #give(folder: OutputFolder, name: string, work: (last: number | undefined) => Promise<Given>): Promise<string> {
    const folded = foldedName(folder, name);
    const before = this.#giving.get(folded);
    const given =
      before === undefined ? work(this.#given.get(folded)) : before.then(() => work(this.#given.get(folded)));
    const settled = given.then(
      ({ path, count }) => {
        this.#given.set(folded, count);
        return path;
      },
      (error: unknown) => {
        this.#given.set(folded, this.#given.get(folded) ?? 0);
        throw error;
      },
    );
    const over = settled
      .catch(() => {})
      .then(() => {
        if (this.#giving.get(folded) === over) this.#giving.delete(folded);
      });
    this.#giving.set(folded, over);
    return settled;
  }

  async #place(part: string, { folder, name, last, mayReplace }: Wanted & { mayReplace: boolean }): Promise<Given> {
    this.#port.check(folder);
    const folderPath = folder.path;
    const wanted = inFolder(folderPath, [numberedName(name, 0)]);
    if (mayReplace) {
      const existing = await this.#port.lstat(wanted);
      if (existing === undefined || existing.isFile()) {
        const fs = this.#port.disk.pick();
        // Where a file has no permissions but the mark that it is read-only, as on Windows, that bars its replacement.
        const isMarked = existing !== undefined && !fs.hasModes && (existing.mode & OWNER_WRITES) === 0;
        if (isMarked) await fs.chmod(wanted, ANYBODY_WRITES).catch(() => {});
        await fs.rename(part, wanted);
        return { path: wanted, count: 0 };
      }
    }
    for (const count of numbersFrom(last)) {
      const path = inFolder(folderPath, [numberedName(name, count)]);
      if (await this.#nameIfFree(part, path)) return { path, count };
    }
    throw new P2pError("WRITE_FAILED", { path: wanted, reason: "EEXIST" });
  }

  /** A hard link fails where a rename would replace, so no other process can interfere between check and naming. */
  async #nameIfFree(part: string, path: string): Promise<boolean> {
    try {
      await this.#port.disk.pick().link(part, path);
    } catch (error) {
      const errno = errnoOf(error) ?? "";
      if (errno === "EEXIST") return false;
      if (!NO_HARD_LINKS.has(errno)) throw error;
      if ((await this.#port.lstat(path)) !== undefined) return false;
      await this.#port.disk.pick().rename(part, path);
      return true;
    }
    // The file is whole under its name. A part that somebody holds open is a second name of it, which the next session
    // into this folder removes.
    await this.#port.disk
      .pick()
      .unlink(part)
      .catch(() => {});
    return true;
  }

  async #placeLink(
    target: string,
    { folder, name, last, conflict }: Wanted & { conflict: NameConflict },
    setTime: (path: string) => Promise<void>,
  ): Promise<Given> {
    this.#port.check(folder);
    const fs = this.#port.disk.pooled;
    const folderPath = folder.path;
    const wanted = inFolder(folderPath, [numberedName(name, 0)]);
    const existing = await this.#port.lstat(wanted);
    if (existing !== undefined) {
      const isSame = await this.#isLinkTo(existing, wanted, target);
      if (isSame || conflict === "skip") return { path: wanted, count: 0 };
      if (conflict === "overwrite" && !existing.isDirectory()) {
        const part = inFolder(folderPath, [partName(newPartId())]);
        await fs.symlink(target, part);
        await setTime(part);
        await fs.rename(part, wanted);
        return { path: wanted, count: 0 };
      }
    }
    for (const count of numbersFrom(last)) {
      const path = inFolder(folderPath, [numberedName(name, count)]);
      try {
        await fs.symlink(target, path);
        await setTime(path);
        return { path, count };
      } catch (error) {
        if (errnoOf(error) !== "EEXIST") throw error;
      }
      const taken = count > MAX_LINK_NUMBER ? undefined : await this.#port.lstat(path);
      if (taken !== undefined && (await this.#isLinkTo(taken, path, target))) return { path, count };
    }
    throw new P2pError("WRITE_FAILED", { path: wanted, reason: "EEXIST" });
  }

  async #isLinkTo(stats: Stats, path: string, target: string): Promise<boolean> {
    return stats.isSymbolicLink() && (await this.#port.disk.pooled.readlink(path)) === target;
  }
}

/** Names that are the same on a disk that folds case or accents have the same one. */
function foldedName({ dev, ino }: OutputFolder, name: string): string {
  return `${dev}:${ino}/${numberedName(name, 0).normalize("NFC").toLowerCase()}`;
}

/** Yields the name itself, then numbers that were not tried before. */
function* numbersFrom(last: number): Generator<number> {
  yield 0;
  for (let count = Math.max(1, last); count < MAX_NUMBERED_NAMES; count += 1) yield count;
}
