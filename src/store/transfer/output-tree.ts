// The output tree: the folders under one output folder. Nothing outside is ever created, opened or replaced: every folder
// is checked again before something is created in it, and links are accepted only when they stay inside. Names come from
// transfer/names.ts; output-names.ts gives them to files and links.
import type { Stats } from "node:fs";
import { dirname, join } from "node:path";
import { P2pError } from "../../lib/errors/p2p-error.ts";
import { type FolderTree, ROOT_FOLDER } from "../../transfer/folder-tree.ts";
import { type LinkTarget, numberedName } from "../../transfer/names.ts";
import { type Disk, flushFolder, openFoundFolder } from "./disk.ts";
import { errnoOf, isSameFile } from "../file-system.ts";
import { inFolder, isInside, OutputFolder } from "./output-folder.ts";
import { MAX_NUMBERED_NAMES, type NameConflict, OutputNames } from "./output-names.ts";
import { resolveLinks } from "./resolve-links.ts";
import { UnfinishedFolders } from "./unfinished-folders.ts";

const NEW_FOLDER_MODE = 0o777;
const OWNER_MAY_ALL = 0o700;

/** The lookup state of a folder in which nothing was created yet. */
const Look = { UNKNOWN: 0, MISSING: 1, THERE: 2 } as const;

export class OutputTree {
  readonly #disk: Disk;
  readonly #root: OutputFolder;
  readonly #folders: FolderTree;
  readonly #modeOf: (folder: number) => number | undefined;
  readonly #unfinished: UnfinishedFolders;
  /** Folders that have a mark. */
  readonly #marked = new Set<OutputFolder>();
  /** Indexed by folder number. */
  readonly #looked: Uint8Array;
  readonly #looking = new Map<number, Promise<boolean>>();
  readonly #made = new Map<number, Promise<OutputFolder>>();
  /** Folders of the transfer that are behind a link, or have a number beside a file: their paths. */
  readonly #elsewhere = new Map<number, string>();
  readonly #names: OutputNames;

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
    this.#unfinished = new UnfinishedFolders(disk);
    this.#names = new OutputNames({
      disk,
      check: (folder) => this.check(folder),
      lstat: (path) => this.#lstat(path),
    });
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
        const made = new OutputFolder(parent, numbered, true, await this.#disk.pick().lstat(path));
        // What is in a marked folder needs no mark.
        if (!parent.isOurs) await this.#mark(made);
        return made;
      } catch (error) {
        if (errnoOf(error) !== "EEXIST") throw error;
      }
      const existing = await this.#existingFolder(parent, numbered, { isNumbered: count > 0 });
      if (existing !== undefined) return existing;
    }
    throw new P2pError("WRITE_FAILED", { path: inFolder(parent.path, [name]), reason: "EEXIST" });
  }

  async #mark(folder: OutputFolder): Promise<void> {
    this.#marked.add(folder);
    await this.#unfinished.mark(folder.path);
  }

  /** Takes the mark of a folder away, if it has one, before its time is set. @throws what `check` does */
  async unmark(folder: OutputFolder): Promise<void> {
    if (!this.#marked.delete(folder)) return;
    this.check(folder);
    await this.#unfinished.unmark(folder.path);
  }

  /** Takes all marks away: the folders are finished. Never fails. */
  async unmarkAll(): Promise<void> {
    // The mark of a folder that is gone, or was replaced, is nowhere here.
    for (const folder of this.#marked) await this.unmark(folder).catch(() => {});
  }

  /** Gives the folders that this transfer has made their final modes: no process resumes it. Never fails. */
  async giveUp(): Promise<void> {
    await this.unmarkAll();
    for (const [number, making] of this.#made) {
      const folder = await making.catch(() => undefined);
      const mode = this.#modeOf(number);
      if (folder?.isOurs !== true || mode === undefined) continue;
      try {
        const fs = this.#disk.pick();
        if (fs.hasModes) await this.change(folder, (fd) => fs.fchmodSync(fd, mode));
      } catch {
        // A disk that refuses modes has no marks either, and a folder that is gone needs none.
      }
    }
  }

  async #existingFolder(
    parent: OutputFolder,
    name: string,
    { isNumbered }: { isNumbered: boolean },
  ): Promise<OutputFolder | undefined> {
    const path = inFolder(parent.path, [name]);
    const stats = await this.#disk.pick().lstat(path);
    if (stats.isDirectory()) {
      const isMarked = !parent.isOurs && (await this.#unfinished.isMarked(path));
      const existing = new OutputFolder(parent, name, parent.isOurs || isMarked, stats);
      if (isMarked) this.#marked.add(existing);
      return existing;
    }
    // Only under the name itself is a link what somebody meant.
    if (!stats.isSymbolicLink() || isNumbered) return undefined;
    const target = await this.#disk
      .pick()
      .realpath(path)
      .catch(() => undefined);
    if (target === undefined) throw new P2pError("LINK_OUTSIDE", { path, isBroken: true });
    if (!isInside(target, this.#root.path)) throw new P2pError("LINK_OUTSIDE", { path });
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
    if (stats.isDirectory() && isSameFile(stats, folder)) return;
    throw new P2pError("LINK_OUTSIDE", { path });
  }

  /**
   * Changes attributes of a folder, through a descriptor: what another local user puts in its place meanwhile keeps its own.
   * Not on Windows, where no folder is opened.
   * @param change - is given the descriptor, which is closed afterwards
   * @throws P2pError LINK_OUTSIDE, or a system error when the folder is gone
   */
  async change(folder: OutputFolder, change: (fd: number) => void): Promise<void> {
    this.check(folder);
    const { path } = folder;
    const fs = this.#disk.pick();
    const replaced = (): P2pError => new P2pError("LINK_OUTSIDE", { path });
    const handle = await openFoundFolder(fs, path, replaced);
    try {
      if (!isSameFile(fs.fstatSync(handle.fd), folder)) throw replaced();
      change(handle.fd);
    } finally {
      await handle.close();
    }
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
    if (around === undefined || isSameFile(around, folder)) return;
    const [named, own] = [await this.#lstat(real).catch(() => undefined), fs.fstatSync(fd)];
    if (named !== undefined && isSameFile(named, own)) await fs.unlink(real).catch(() => {});
    throw new P2pError("LINK_OUTSIDE", { path: folder.path });
  }

  /**
   * Gives a finished file its final name; see `OutputNames.place`.
   * @param part - path of the finished file, in the same folder
   * @returns the final path
   */
  place(part: string, folder: OutputFolder, name: string, conflict: NameConflict): Promise<string> {
    return this.#names.place(part, folder, name, conflict);
  }

  /** Returns whether this transfer has given a file this name, with or without a number, or a name that is the same here. */
  async hasGiven(folder: number, name: string): Promise<boolean> {
    return this.#names.hasGiven(await this.folder(folder), name);
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
    return this.#names.placeLink(target, { folder, name, conflict }, setTime);
  }
}

/** Flushes the names of new folders, so that no crash takes them away with all that is stored in them. */
async function flushNamesAbove(folder: string, firstMade: string, disk: Disk): Promise<void> {
  const last = dirname(firstMade);
  for (let at = dirname(folder); ; at = dirname(at)) {
    await flushFolder(disk.pick(), at);
    if (at === last || at === dirname(at)) return;
  }
}
