// The folders under one output folder and how a finished file gets its name there. Nothing outside is ever
// created, opened or replaced: every folder is checked again before something is made in it, and links count
// only when they stay inside. Names come from transfer/names.ts.
import type { Stats } from "node:fs";
import { join, sep } from "node:path";
import { P2pError } from "../../lib/errors/p2p-error.ts";
import { type LinkTarget, numberedName } from "../../transfer/names.ts";
import type { Disk } from "./disk.ts";
import { errnoOf } from "../file-system.ts";
import { partName } from "./part-journal.ts";
import { newPartId } from "./part-owner.ts";
import { resolveLinks } from "./resolve-links.ts";

/** What happens when a received name exists; the type of `--conflict`. */
export type NameConflict = "rename" | "overwrite" | "skip";

/** A folder that is there and is inside. */
export interface OutputFolder {
  readonly path: string;
  /** Made by this transfer, so that its mode and times are ours to set. */
  readonly isNew: boolean;
  readonly dev: number;
  readonly ino: number;
}

/** Tries before `f (n).ext` is given up; a folder with more of them is a mistake. */
const MAX_NUMBERED_NAMES = 10_000;
const NO_HARD_LINKS = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK", "EXDEV"]);
const NEW_FOLDER_MODE = 0o777;

export class OutputTree {
  readonly #disk: Disk;
  readonly #root: OutputFolder;
  readonly #modeOf: (key: string) => number | undefined;
  /** By segments joined with `/`. */
  readonly #folders = new Map<string, Promise<OutputFolder>>();
  /**
   * Names that this transfer gives, folded, and when the last file of that name has its place: it never replaces
   * its own files, on a disk that folds case either.
   */
  readonly #given = new Map<string, Promise<string>>();

  private constructor(disk: Disk, root: OutputFolder, modeOf: (key: string) => number | undefined) {
    this.#disk = disk;
    this.#root = root;
    this.#modeOf = modeOf;
  }

  /**
   * @param outputDir - made if it is not there; may be a link, which is followed once, now
   * @param modeOf - permission bits that a folder will have in the end, by its segments joined with `/`
   */
  static async open(outputDir: string, modeOf: (key: string) => number | undefined, disk: Disk): Promise<OutputTree> {
    const fs = disk.pooled;
    await fs.mkdir(outputDir, { recursive: true });
    const path = await fs.realpath(outputDir);
    const { dev, ino } = await fs.lstat(path);
    return new OutputTree(disk, { path, isNew: false, dev, ino }, modeOf);
  }

  /** Absolute and without links. */
  get rootPath(): string {
    return this.#root.path;
  }

  /**
   * What stands where these segments lead, made and followed nowhere: undefined when nothing does, or when a
   * folder on the way is a link.
   */
  async find(segments: readonly string[]): Promise<{ path: string; stats: Stats } | undefined> {
    const parent = await this.#findFolder(segments.slice(0, -1));
    if (parent === undefined) return undefined;
    const path = join(parent, segments.at(-1) ?? "");
    const stats = await this.#lstat(path);
    return stats === undefined ? undefined : { path, stats };
  }

  readonly #found = new Map<string, Promise<string | undefined>>();

  #findFolder(segments: readonly string[]): Promise<string | undefined> {
    if (segments.length === 0) return Promise.resolve(this.#root.path);
    const key = segments.join("/");
    let found = this.#found.get(key);
    if (found === undefined) {
      found = this.find(segments).then((at) => (at?.stats.isDirectory() === true ? at.path : undefined));
      this.#found.set(key, found);
    }
    return found;
  }

  async #lstat(path: string): Promise<Stats | undefined> {
    try {
      return await this.#disk.pick().lstat(path);
    } catch (error) {
      if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ENOTDIR") return undefined;
      throw error;
    }
  }

  /**
   * The folder of these segments, made where it is not there. A file in its place makes it `d (1)`.
   * @throws P2pError LINK_OUTSIDE when a link on the way leads outside, or what the system throws
   */
  folder(segments: readonly string[]): Promise<OutputFolder> {
    if (segments.length === 0) return Promise.resolve(this.#root);
    const key = segments.join("/");
    let folder = this.#folders.get(key);
    if (folder === undefined) {
      folder = this.folder(segments.slice(0, -1)).then(async (parent) => {
        this.check(parent);
        return this.#make(parent, segments.at(-1) ?? "", key);
      });
      this.#folders.set(key, folder);
    }
    return folder;
  }

  async #make(parent: OutputFolder, name: string, key: string): Promise<OutputFolder> {
    // The owner must be able to fill it, whatever its mode will be.
    const mode = (this.#modeOf(key) ?? NEW_FOLDER_MODE) | 0o700;
    for (let count = 0; count < MAX_NUMBERED_NAMES; count += 1) {
      const path = join(parent.path, numberedName(name, count));
      try {
        await this.#disk.pick().mkdir(path, { mode });
        return await this.#identify(path, true);
      } catch (error) {
        if (errnoOf(error) !== "EEXIST") throw error;
      }
      if (count > 0) continue;
      const existing = await this.#existingFolder(path);
      if (existing !== undefined) return existing;
    }
    throw new P2pError("WRITE_FAILED", { path: join(parent.path, name), reason: "EEXIST" });
  }

  async #existingFolder(path: string): Promise<OutputFolder | undefined> {
    const stats = await this.#disk.pick().lstat(path);
    if (stats.isDirectory()) return this.#identify(path, false);
    if (!stats.isSymbolicLink()) return undefined;
    const target = await this.#disk
      .pick()
      .realpath(path)
      .catch(() => undefined);
    if (target === undefined || !isInside(target, this.#root.path)) throw new P2pError("LINK_OUTSIDE", { path });
    return (await this.#disk.pick().lstat(target)).isDirectory() ? this.#identify(target, false) : undefined;
  }

  async #identify(path: string, isNew: boolean): Promise<OutputFolder> {
    const { dev, ino } = await this.#disk.pick().lstat(path);
    return { path, isNew, dev, ino };
  }

  /**
   * Makes sure that a folder is still the one that it was: a link put in its place, or in the place of a folder
   * above it, leads to another one.
   * @throws P2pError LINK_OUTSIDE, or what the system throws when it is gone
   */
  check(folder: OutputFolder): void {
    const stats = this.#disk.pick().lstatSync(folder.path);
    if (stats.isDirectory() && stats.ino === folder.ino && stats.dev === folder.dev) return;
    throw new P2pError("LINK_OUTSIDE", { path: folder.path });
  }

  /**
   * Gives a finished file its final name, at once and whole: `name`, or where the policy does not let it
   * replace what is there, the first free `name (n)`.
   * @param part - path of the finished file, in the same folder
   * @returns the final path
   */
  place(part: string, folder: OutputFolder, name: string, conflict: NameConflict): Promise<string> {
    return this.#give(folder, name, (isFirst) => this.#place(part, folder, name, isFirst && conflict === "overwrite"));
  }

  /** @param work - gives the name; `isFirst`: this transfer has given it to nothing else */
  #give(folder: OutputFolder, name: string, work: (isFirst: boolean) => Promise<string>): Promise<string> {
    const folded = join(folder.path, numberedName(name, 0)).normalize("NFC").toLowerCase();
    const before = this.#given.get(folded);
    const given = before === undefined ? work(true) : before.catch(() => {}).then(() => work(false));
    this.#given.set(folded, given);
    return given;
  }

  async #place(part: string, folder: OutputFolder, name: string, mayReplace: boolean): Promise<string> {
    this.check(folder);
    const wanted = join(folder.path, numberedName(name, 0));
    if (mayReplace) {
      const existing = await this.#lstat(wanted);
      if (existing === undefined || existing.isFile()) {
        await this.#disk.pick().rename(part, wanted);
        return wanted;
      }
    }
    for (let count = 0; count < MAX_NUMBERED_NAMES; count += 1) {
      const path = join(folder.path, numberedName(name, count));
      if (await this.#nameIfFree(part, path)) return path;
    }
    throw new P2pError("WRITE_FAILED", { path: wanted, reason: "EEXIST" });
  }

  /** A hard link fails where a rename would replace: no other process can come between look and name. */
  async #nameIfFree(part: string, path: string): Promise<boolean> {
    try {
      await this.#disk.pick().link(part, path);
    } catch (error) {
      const errno = errnoOf(error) ?? "";
      if (errno === "EEXIST") return false;
      if (!NO_HARD_LINKS.has(errno)) throw error;
      if ((await this.#lstat(path)) !== undefined) return false;
      await this.#disk.pick().rename(part, path);
      return true;
    }
    await this.#disk.pick().unlink(part);
    return true;
  }

  /**
   * Makes a symbolic link, when all files of the transfer are there: none of them is ever written through it. Where
   * the same link stands already nothing is done; else its name is given as a file's is.
   * @param seconds - modification time, since 1970
   * @returns its path, or what stands there under `skip`
   * @throws P2pError LINK_OUTSIDE when it would lead out of the first folder of `segments`, or what the system throws
   */
  async placeLink(
    segments: readonly string[],
    { up, segments: down }: LinkTarget,
    seconds: number,
    conflict: NameConflict,
  ): Promise<string> {
    const top = await this.folder(segments.slice(0, 1));
    const folder = await this.folder(segments.slice(0, -1));
    const target = [...Array.from({ length: up }, () => ".."), ...down].join("/") || ".";
    // Both folders may lie behind links that were here before.
    const end = await resolveLinks(this.#disk.pooled, join(folder.path, target));
    const name = segments.at(-1) ?? "";
    if (end === undefined || !isInside(end, top.path)) {
      throw new P2pError("LINK_OUTSIDE", { path: join(folder.path, name), isMade: true });
    }
    return this.#give(folder, name, (isFirst) =>
      this.#placeLink(target, folder, name, seconds, isFirst ? conflict : "rename"),
    );
  }

  async #placeLink(
    target: string,
    folder: OutputFolder,
    name: string,
    seconds: number,
    conflict: NameConflict,
  ): Promise<string> {
    this.check(folder);
    const fs = this.#disk.pooled;
    const wanted = join(folder.path, numberedName(name, 0));
    const existing = await this.#lstat(wanted);
    if (existing !== undefined) {
      const isSame = existing.isSymbolicLink() && (await fs.readlink(wanted)) === target;
      if (isSame || conflict === "skip") return wanted;
      if (conflict === "overwrite" && !existing.isDirectory()) {
        const part = join(folder.path, partName(newPartId()));
        await fs.symlink(target, part);
        await fs.lutimes(part, seconds, seconds);
        await fs.rename(part, wanted);
        return wanted;
      }
    }
    for (let count = 0; count < MAX_NUMBERED_NAMES; count += 1) {
      const path = join(folder.path, numberedName(name, count));
      try {
        await fs.symlink(target, path);
        await fs.lutimes(path, seconds, seconds);
        return path;
      } catch (error) {
        if (errnoOf(error) !== "EEXIST") throw error;
      }
    }
    throw new P2pError("WRITE_FAILED", { path: wanted, reason: "EEXIST" });
  }
}

function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}
