// The output tree: the folders under one output folder, and the naming of finished files there. Nothing outside is ever
// created, opened or replaced: every folder is checked again before something is created in it, and links are accepted
// only when they stay inside. Names come from transfer/names.ts.
import type { Stats } from "node:fs";
import { dirname, join, sep } from "node:path";
import { P2pError } from "../../lib/errors/p2p-error.ts";
import { type FolderTree, ROOT_FOLDER } from "../../transfer/folder-tree.ts";
import { type LinkTarget, numberedName } from "../../transfer/names.ts";
import { type Disk, flushFolder } from "./disk.ts";
import { errnoOf } from "../file-system.ts";
import { partName } from "./part-journal.ts";
import { newPartId } from "./part-owner.ts";
import { resolveLinks } from "./resolve-links.ts";

/** The policy for a received name that exists already; the type of `--conflict`. */
export type NameConflict = "rename" | "overwrite" | "skip";

/** A folder that exists and is inside the output folder. */
export class OutputFolder {
  readonly #parent: OutputFolder | undefined;
  readonly #name: string;
  /** This transfer created the folder, now or before it was interrupted, so its mode and times are ours to set. */
  readonly isOurs: boolean;
  readonly dev: number;
  readonly ino: number;

  /**
   * @param parent - undefined: `name` is an absolute path without links
   * @param name - the name of this folder on the disk
   */
  constructor(
    parent: OutputFolder | undefined,
    name: string,
    isOurs: boolean,
    { dev, ino }: Pick<Stats, "dev" | "ino">,
  ) {
    this.#parent = parent;
    this.#name = name;
    this.isOurs = isOurs;
    this.dev = dev;
    this.ino = ino;
  }

  /** Absolute and without links. It is built on demand: a stored path would repeat the names of all folders above. */
  get path(): string {
    const names: string[] = [this.#name];
    for (let at = this.#parent; at !== undefined; at = at.#parent) names.push(at.#name);
    return inFolder(names.pop() ?? "", names.toReversed());
  }
}

/** @param folder - absolute; @param names - safe segments */
function inFolder(folder: string, names: readonly string[]): string {
  if (names.length === 0) return folder;
  return (folder.endsWith(sep) ? folder : folder + sep) + names.join(sep);
}

/** Attempts before `f (n).ext` is given up; a folder with more of them is a mistake. */
const MAX_NUMBERED_NAMES = 10_000;
/** The highest `l (n)` that is read to see whether it is the same link. */
const MAX_LINK_NUMBER = 100;
const NO_HARD_LINKS = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK", "EXDEV"]);
const NEW_FOLDER_MODE = 0o777;
const OWNER_MAY_ALL = 0o700;
const PERMISSION_BITS = 0o777;
/**
 * The sticky bit marks a folder of ours that has not got its mode and times yet, so that they are set when an
 * interrupted transfer is gone on with. Nothing else of a folder says so and survives a crash, and the owner loses
 * nothing by it meanwhile.
 */
const UNFINISHED_MARK = 0o1000;

/** The lookup state of a folder in which nothing was created yet. */
const Look = { UNKNOWN: 0, MISSING: 1, THERE: 2 } as const;

/** The outcome of giving a name: the path, and the number after the name. */
interface Given {
  readonly path: string;
  readonly count: number;
}

export class OutputTree {
  readonly #disk: Disk;
  readonly #root: OutputFolder;
  readonly #folders: FolderTree;
  readonly #modeOf: (folder: number) => number | undefined;
  /** Indexed by folder number. */
  readonly #looked: Uint8Array;
  readonly #looking = new Map<number, Promise<boolean>>();
  readonly #made = new Map<number, Promise<OutputFolder>>();
  /** Folders of the transfer that are behind a link, or have a number beside a file: their paths. */
  readonly #elsewhere = new Map<number, string>();
  /**
   * Names that this transfer has given, case-folded, with the last number after each: it never replaces its own files,
   * not even on a case-insensitive disk, and does not try the same numbers repeatedly.
   */
  readonly #given = new Map<string, number>();
  /** Resolves when the last file with that name has been placed. */
  readonly #giving = new Map<string, Promise<void>>();

  private constructor(
    disk: Disk,
    root: OutputFolder,
    folders: FolderTree,
    modeOf: (folder: number) => number | undefined,
  ) {
    this.#disk = disk;
    this.#root = root;
    this.#folders = folders;
    this.#modeOf = modeOf;
    this.#looked = new Uint8Array(folders.count + 1);
    this.#looked[ROOT_FOLDER] = Look.THERE;
  }

  /**
   * @param outputDir - created if it does not exist; may be a link, which is followed once, now
   * @param folders - the folders of the transfer; the other methods take their numbers
   * @param modeOf - returns the permission bits that a folder will have in the end; undefined: no mode will be set
   */
  static async open(
    outputDir: string,
    folders: FolderTree,
    modeOf: (folder: number) => number | undefined,
    disk: Disk,
  ): Promise<OutputTree> {
    const fs = disk.pooled;
    const firstMade = await fs.mkdir(outputDir, { recursive: true });
    const path = await fs.realpath(outputDir);
    if (firstMade !== undefined) await flushNamesAbove(path, await fs.realpath(firstMade), disk);
    return new OutputTree(disk, new OutputFolder(undefined, path, false, await fs.lstat(path)), folders, modeOf);
  }

  /** Absolute and without links. */
  get rootPath(): string {
    return this.#root.path;
  }

  /** Returns whether the output folder is where it was: nobody has removed, renamed or replaced it. */
  get isRootThere(): boolean {
    try {
      this.check(this.#root);
      return true;
    } catch {
      return false;
    }
  }

  /**
   * Returns the existing file under a name in a folder, without creating anything: undefined when there is none, or when
   * a folder on the path is a link that leads outside.
   */
  async find(folder: number, name: string): Promise<{ path: string; stats: Stats } | undefined> {
    const parent = await this.existing(folder);
    if (parent === undefined) return undefined;
    const path = inFolder(parent, [name]);
    const stats = await this.#lstat(path);
    return stats === undefined ? undefined : { path, stats };
  }

  /**
   * Returns the path of an existing folder, which is where `folder` would put it: undefined if it, or one above it, is
   * missing or leads outside. Never rejects.
   */
  async existing(folder: number): Promise<string | undefined> {
    const unknown: number[] = [];
    let at = folder;
    for (; this.#looked[at] === Look.UNKNOWN; at = this.#folders.parentOf(at)) unknown.push(at);
    let isThere = this.#looked[at] === Look.THERE;
    for (const one of unknown.toReversed()) {
      if (isThere) isThere = await this.#look(one);
      else this.#looked[one] = Look.MISSING;
    }
    return isThere ? this.#pathOf(folder) : undefined;
  }

  #pathOf(folder: number): string {
    const names: string[] = [];
    let at = folder;
    for (; at !== ROOT_FOLDER && !this.#elsewhere.has(at); at = this.#folders.parentOf(at)) {
      names.push(this.#folders.nameOf(at));
    }
    return inFolder(this.#elsewhere.get(at) ?? this.#root.path, names.toReversed());
  }

  #look(folder: number): Promise<boolean> {
    let looking = this.#looking.get(folder);
    if (looking === undefined) {
      // If even the lookup fails, writing will fail and report why.
      looking = this.#lookAt(folder).catch(() => false);
      this.#looking.set(folder, looking);
      void looking.then((isThere) => {
        this.#looking.delete(folder);
        this.#looked[folder] = isThere ? Look.THERE : Look.MISSING;
      });
    }
    return looking;
  }

  async #lookAt(folder: number): Promise<boolean> {
    const [parent, name] = [this.#pathOf(this.#folders.parentOf(folder)), this.#folders.nameOf(folder)];
    for (let count = 0; count < MAX_NUMBERED_NAMES; count += 1) {
      const path = inFolder(parent, [numberedName(name, count)]);
      const stats = await this.#lstat(path);
      if (stats === undefined) return false;
      if (stats.isDirectory()) {
        if (count > 0) this.#elsewhere.set(folder, path);
        return true;
      }
      if (!stats.isSymbolicLink() || count > 0) continue;
      const target = await this.#disk.pick().realpath(path);
      if (!isInside(target, this.#root.path)) return false;
      if (!(await this.#disk.pick().lstat(target)).isDirectory()) continue;
      this.#elsewhere.set(folder, target);
      return true;
    }
    return false;
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
   * Returns a folder of the transfer, and creates it if it does not exist. A file in its place makes it `d (1)`, or lets
   * it be that one if it exists.
   * @throws P2pError LINK_OUTSIDE when a link on the path leads outside, or a system error
   */
  folder(folder: number): Promise<OutputFolder> {
    if (folder === ROOT_FOLDER) return Promise.resolve(this.#root);
    let made = this.#made.get(folder);
    if (made === undefined) {
      made = this.folder(this.#folders.parentOf(folder)).then(async (parent) => {
        this.check(parent);
        return this.#make(parent, folder);
      });
      this.#made.set(folder, made);
    }
    return made;
  }

  async #make(parent: OutputFolder, folder: number): Promise<OutputFolder> {
    const name = this.#folders.nameOf(folder);
    // The owner must be able to write into it, whatever its final mode is.
    const finalMode = this.#modeOf(folder);
    const mode = finalMode === undefined ? NEW_FOLDER_MODE : finalMode | OWNER_MAY_ALL;
    for (let count = 0; count < MAX_NUMBERED_NAMES; count += 1) {
      const numbered = numberedName(name, count);
      const path = inFolder(parent.path, [numbered]);
      try {
        await this.#disk.pick().mkdir(path, { mode });
        return new OutputFolder(parent, numbered, true, await this.#lookAtNew(path, finalMode !== undefined));
      } catch (error) {
        if (errnoOf(error) !== "EEXIST") throw error;
      }
      const existing = await this.#existingFolder(parent, numbered, { finalMode, isNumbered: count > 0 });
      if (existing !== undefined) return existing;
    }
    throw new P2pError("WRITE_FAILED", { path: inFolder(parent.path, [name]), reason: "EEXIST" });
  }

  /**
   * Returns the attributes of a new folder, and marks one that will get its mode in the end. It is not made with the
   * mark: a disk that refuses modes would keep it.
   */
  async #lookAtNew(path: string, isMarked: boolean): Promise<Stats> {
    const fs = this.#disk.pick();
    const stats = await fs.lstat(path);
    const mode = (stats.mode & PERMISSION_BITS) | UNFINISHED_MARK;
    if (isMarked && fs.hasModes) await fs.chmod(path, mode).catch(() => {});
    return stats;
  }

  /** Gives the folders that this transfer has made their final modes: nobody goes on with it. Never fails. */
  async unmark(): Promise<void> {
    for (const [number, making] of this.#made) {
      const folder = await making.catch(() => undefined);
      const mode = this.#modeOf(number);
      if (folder?.isOurs !== true || mode === undefined) continue;
      try {
        this.check(folder);
        await this.#disk.pick().chmod(folder.path, mode);
      } catch {
        // A disk that refuses modes has no marks either, and a folder that is gone needs none.
      }
    }
  }

  async #existingFolder(
    parent: OutputFolder,
    name: string,
    { finalMode, isNumbered }: { finalMode: number | undefined; isNumbered: boolean },
  ): Promise<OutputFolder | undefined> {
    const path = inFolder(parent.path, [name]);
    const stats = await this.#disk.pick().lstat(path);
    if (stats.isDirectory()) return new OutputFolder(parent, name, isUnfinished(stats, finalMode), stats);
    // Only under the name itself is a link what somebody meant.
    if (!stats.isSymbolicLink() || isNumbered) return undefined;
    const target = await this.#disk
      .pick()
      .realpath(path)
      .catch(() => undefined);
    if (target === undefined || !isInside(target, this.#root.path)) throw new P2pError("LINK_OUTSIDE", { path });
    const led = await this.#disk.pick().lstat(target);
    return led.isDirectory() ? new OutputFolder(undefined, target, false, led) : undefined;
  }

  /**
   * Checks that a folder is still the same one: a link that replaced it, or a folder above it, leads to another.
   * @throws P2pError LINK_OUTSIDE, or a system error when the folder is gone
   */
  check(folder: OutputFolder): void {
    const { path } = folder;
    const stats = this.#disk.pick().lstatSync(path);
    if (stats.isDirectory() && stats.ino === folder.ino && stats.dev === folder.dev) return;
    throw new P2pError("LINK_OUTSIDE", { path });
  }

  /**
   * Checks that a file which was just created in a folder is really in it: another local user may have replaced the
   * folder by a link, and restored it, between the check and the open. A file that is elsewhere is unlinked there.
   * Where the system does not report the path of an open file, nothing is known and nothing is done.
   * @param fd - the descriptor of the file; it stays open
   * @throws P2pError LINK_OUTSIDE
   */
  async checkOpened(folder: OutputFolder, path: string, fd: number): Promise<void> {
    const fs = this.#disk.pick();
    const real = fs.pathOfOpen(fd);
    if (real === undefined || real === path) return;
    const around = await fs.lstat(dirname(real)).catch(() => undefined);
    // A case-insensitive disk may report the same folder under another name.
    if (around === undefined || (around.dev === folder.dev && around.ino === folder.ino)) return;
    const [named, own] = [await this.#lstat(real).catch(() => undefined), fs.fstatSync(fd)];
    if (named?.dev === own.dev && named.ino === own.ino) await fs.unlink(real).catch(() => {});
    throw new P2pError("LINK_OUTSIDE", { path: folder.path });
  }

  /**
   * Gives a finished file its final name atomically: `name`, or the first free `name (n)` if the policy does not allow
   * replacing an existing file.
   * @param part - path of the finished file, in the same folder
   * @returns the final path
   */
  place(part: string, folder: OutputFolder, name: string, conflict: NameConflict): Promise<string> {
    return this.#give(folder, name, (last) =>
      this.#place(part, folder, name, last === undefined && conflict === "overwrite", last ?? 0),
    );
  }

  /** Returns whether this transfer has given a file this name, with or without a number, or a name that is the same here. */
  async hasGiven(folder: number, name: string): Promise<boolean> {
    return this.#given.has(foldedName(await this.folder(folder), name));
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

  async #place(part: string, folder: OutputFolder, name: string, mayReplace: boolean, last: number): Promise<Given> {
    this.check(folder);
    const folderPath = folder.path;
    const wanted = inFolder(folderPath, [numberedName(name, 0)]);
    if (mayReplace) {
      const existing = await this.#lstat(wanted);
      if (existing === undefined || existing.isFile()) {
        await this.#disk.pick().rename(part, wanted);
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
   * Creates a symbolic link once all files of the transfer are stored, so none of them is ever written through it. If
   * the same link exists already, nothing is done; otherwise it is named like a file.
   * @param at - the folder that contains it, and its name there
   * @param setTime - gives the new link its modification time; it never fails
   * @returns its path, or that of the existing file under `skip`
   * @throws P2pError LINK_OUTSIDE when it would lead out of the outermost folder on its path, or a system error
   */
  async placeLink(
    at: { readonly folder: number; readonly name: string },
    { up, segments: down }: LinkTarget,
    setTime: (path: string) => Promise<void>,
    conflict: NameConflict,
  ): Promise<string> {
    const top = await this.folder(this.#folders.outermostOf(at.folder));
    const folder = await this.folder(at.folder);
    const target = [...Array.from({ length: up }, () => ".."), ...down].join("/") || ".";
    // Both folders may be behind links that existed before.
    const end = await resolveLinks(this.#disk.pooled, join(folder.path, target));
    const { name } = at;
    if (end === undefined || !isInside(end, top.path)) {
      throw new P2pError("LINK_OUTSIDE", { path: inFolder(folder.path, [name]), isMade: true });
    }
    return this.#give(folder, name, (last) =>
      this.#placeLink(target, folder, name, setTime, last === undefined ? conflict : "rename", last ?? 0),
    );
  }

  async #placeLink(
    target: string,
    folder: OutputFolder,
    name: string,
    setTime: (path: string) => Promise<void>,
    conflict: NameConflict,
    last: number,
  ): Promise<Given> {
    this.check(folder);
    const fs = this.#disk.pooled;
    const folderPath = folder.path;
    const wanted = inFolder(folderPath, [numberedName(name, 0)]);
    const existing = await this.#lstat(wanted);
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
      const taken = count > MAX_LINK_NUMBER ? undefined : await this.#lstat(path);
      if (taken !== undefined && (await this.#isLinkTo(taken, path, target))) return { path, count };
    }
    throw new P2pError("WRITE_FAILED", { path: wanted, reason: "EEXIST" });
  }

  async #isLinkTo(stats: Stats, path: string, target: string): Promise<boolean> {
    return stats.isSymbolicLink() && (await this.#disk.pooled.readlink(path)) === target;
  }
}

/** Names that are the same on a disk that folds case or accents have the same one. */
function foldedName({ dev, ino }: OutputFolder, name: string): string {
  return `${dev}:${ino}/${numberedName(name, 0).normalize("NFC").toLowerCase()}`;
}

/** Returns whether an existing folder is one that a transfer of ours has made and not finished. */
function isUnfinished({ mode, uid }: Stats, finalMode: number | undefined): boolean {
  if (finalMode === undefined || (mode & UNFINISHED_MARK) === 0 || uid !== process.getuid?.()) return false;
  // A sticky folder of somebody's own, like /tmp, mostly lets others write.
  return (mode & PERMISSION_BITS & ~(finalMode | OWNER_MAY_ALL)) === 0;
}

/** Yields the name itself, then numbers that were not tried before. */
function* numbersFrom(last: number): Generator<number> {
  yield 0;
  for (let count = Math.max(1, last); count < MAX_NUMBERED_NAMES; count += 1) yield count;
}

function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

/** Flushes the names of new folders, so that no crash takes them away with all that is stored in them. */
async function flushNamesAbove(folder: string, firstMade: string, disk: Disk): Promise<void> {
  const last = dirname(firstMade);
  for (let at = dirname(folder); ; at = dirname(at)) {
    await flushFolder(disk.pick(), at);
    if (at === last || at === dirname(at)) return;
  }
}
