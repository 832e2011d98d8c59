// The send plan: walks the paths that the user gave into a manifest. It reads names and attributes, but no content.
// Links inside folders are never followed, since that could send files that nobody meant to send: links that stay
// inside are sent as links, the others are reported.
import type { Stats } from "node:fs";
import { constants } from "node:fs";
import { basename, join } from "node:path";
import { P2pError } from "../../lib/errors/p2p-error.ts";
import type { LeftOutWhy } from "../../lib/events.ts";
import type { Entry } from "../../transfer/frames.ts";
import { MAX_ENTRIES, MAX_MANIFEST_BYTES } from "../../transfer/limits.ts";
import { type LeftOut, LeftOutList } from "../../transfer/left-out.ts";
import { makeManifest, type Manifest } from "../../transfer/manifest.ts";
import { hasByteNames, pathCost, safeLinkTarget, unsendable, type UnsafePath } from "../../transfer/names.ts";
import { AdaptiveDisk, type Disk, openFoundFolder, plainDisk } from "./disk.ts";
import { lacksDescriptors } from "../descriptors.ts";
import { absolutePath, errnoOf, type FileSystem, mtimeUs, nodeFileSystem, systemReason } from "../file-system.ts";
import { FOLDER_FLAGS, NO_FOLLOW, READ_FLAGS } from "../open-flags.ts";
import { isInside } from "./output-folder.ts";
import { isNameOfOurs } from "./part-journal.ts";
import { type ReadHandle, Spool, type SpooledFile, STREAM_PATH } from "./spool.ts";
import { nextTurn } from "./turns.ts";

export interface SendPlan {
  readonly manifest: Manifest;
  /** Base names of the given paths, in the same order. */
  readonly names: readonly string[];
  /** Entries of folders that are not sent: unreadable ones, links that lead out, devices. The caller reports them. */
  readonly problems: readonly P2pError[];
  /** Everything in the folders that the manifest does not have: the entries of `problems`, and files of p2p itself. */
  readonly leftOut: LeftOut;
  /** Returns the absolute local path of an entry of the manifest; `-` for a stream. */
  localPath(index: number): string;
  /**
   * Returns the path by which the system knows the given folder that an entry is in; undefined for what was given itself,
   * and where the system does not tell.
   */
  givenFolder(index: number): string | undefined;
  /** Returns the handle of an entry that is not read by its path: a spooled stream. */
  handle(index: number): ReadHandle | undefined;
}

/** Words on either side of a missing path that may belong to the same name. */
const MAX_WORDS = 8;
/** Children of a folder whose attributes are read at a time. */
const STAT_BATCH = 64;
const MIB = 1024 * 1024;
/** Set-uid, set-gid and sticky bits are never sent. */
const PERMISSION_BITS = 0o777;
/**
 * Sizes that files of /proc (none) and of /sys (a page) report, whatever is in them: only files of these sizes are looked into,
 * since looking into all would take long.
 */
const DOUBTFUL_SIZES: ReadonlySet<number> = new Set([0, 4_096, 16_384, 65_536]);
/** Paths of open files, on the systems that tell by which path they know one. */
const OPEN_FILES = "/proc/self/fd";
/** `/` has no base name; the receiver gets it under this one. */
const ROOT_NAME = "root";

type NotSentKind = P2pError<"PATH_NOT_SENT">["params"]["kind"];

interface Folder {
  /** Absolute. */
  readonly local: string;
  /** The path in the manifest. */
  readonly path: string;
}

/**
 * Checks the paths and walks the folders among them. Entries are in the order of the paths, a folder before its
 * content, names in the order of their code units, symbolic links behind them, and last what has a name that is not
 * UTF-8, in the same order: the same tree gives the same manifest.
 * @param paths - files and folders, where a link means its target, and streams from `spoolStream`
 * @param fileSystem - the real disk unless a test passes another
 * @param ownFiles - paths of exchange files in use, which are left out of folders
 * @throws P2pError PATH_MISSING, PATH_UNREADABLE, PATH_NOT_SENT or PATH_DUPLICATE for one of the paths
 *   themselves, TOO_MANY_FILES, TOO_MANY_OPEN_FILES
 */
export async function planSend(
  paths: readonly (string | SpooledFile)[],
  fileSystem?: FileSystem,
  ownFiles: readonly string[] = [],
): Promise<SendPlan> {
  const disk = fileSystem === undefined ? new AdaptiveDisk() : plainDisk(fileSystem);
  const roots = new Map<string, string>();
  const checked: ({ root: Folder; stats: Stats } | Spool)[] = [];
  const spools = new Map<string, Spool>();
  const folders = new Map<string, string>();
  for (const path of paths) {
    if (typeof path !== "string") {
      const spool = checkSpool(path);
      if (roots.has(spool.name)) throw new P2pError("PATH_DUPLICATE", { name: spool.name });
      roots.set(spool.name, STREAM_PATH);
      spools.set(spool.name, spool);
      checked.push(spool);
      continue;
    }
    // As for the system, an empty path is none: an unset variable must not send the current folder.
    if (path === "") throw new P2pError("PATH_MISSING", { path });
    const local = absolutePath(path);
    const root = { local, path: basename(local) || ROOT_NAME };
    if (roots.has(root.path)) throw new P2pError("PATH_DUPLICATE", { name: root.path });
    roots.set(root.path, root.local);
    const stats = await checkPath(path, root, disk.pooled);
    const known = stats.isDirectory() ? await knownPath(root.local, disk.pooled) : undefined;
    if (known !== undefined) folders.set(root.path, known);
    checked.push({ root, stats });
  }
  const walk = new Walk(disk, await identitiesOf(ownFiles, disk.pooled));
  for (const one of checked) {
    if (one instanceof Spool) walk.entries.push(one.entry);
    else await walk.addRoot(one.root, one.stats, folders.get(one.root.path));
  }
  const all = [...walk.entries, ...walk.symlinks];
  const [plain, byteNamed] = [all.filter((entry) => !hasByteNames(entry)), all.filter((entry) => hasByteNames(entry))];
  const manifest = makeManifest([...plain, ...byteNamed]);
  return {
    manifest,
    names: [...roots.keys()],
    problems: walk.problems,
    leftOut: walk.leftOut,
    localPath: (index) => {
      const [name = "", ...rest] = manifest.entries[index]?.path.split("/") ?? [];
      return join(roots.get(name) ?? "", ...rest);
    },
    givenFolder: (index) => {
      const [given = "", ...rest] = manifest.entries[index]?.path.split("/") ?? [];
      return rest.length === 0 ? undefined : folders.get(given);
    },
    handle: (index) => spools.get(manifest.entries[index]?.path ?? "")?.reader,
  };
}

/**
 * Checks paths, and the names of streams that will be sent with them, without storing anything.
 * @throws P2pError as `planSend` does
 */
export async function checkPaths(paths: readonly string[], streamNames: readonly string[] = []): Promise<void> {
  const { names } = await planSend(paths).catch(async (error: unknown) => {
    throw await withPathTakenApart(error, paths);
  });
  for (const name of streamNames) {
    checkStreamName(name);
    if (names.includes(name)) throw new P2pError("PATH_DUPLICATE", { name });
  }
}

/** The same error, which says so where the missing path and those behind it are one that exists: a shell has taken it apart. */
async function withPathTakenApart(error: unknown, paths: readonly string[]): Promise<unknown> {
  if (!(error instanceof P2pError) || error.code !== "PATH_MISSING") return error;
  const { params, cause } = error as P2pError<"PATH_MISSING">;
  const missing = paths.indexOf(params.path);
  for (let from = Math.max(0, missing - MAX_WORDS); from <= missing; from += 1) {
    for (let to = missing + 1; to <= Math.min(paths.length, missing + MAX_WORDS); to += 1) {
      const whole = paths.slice(from, to).join(" ");
      if (to - from < 2 || !(await exists(whole))) continue;
      return new P2pError("PATH_MISSING", { ...params, isPart: true, whole }, { cause });
    }
  }
  return error;
}

async function exists(path: string): Promise<boolean> {
  try {
    await nodeFileSystem.stat(absolutePath(path));
    return true;
  } catch {
    return false;
  }
}

/** Checks that the name is one segment that every receiver accepts. */
function checkStreamName(name: string): void {
  const problem = name.includes("/") ? "dot-segment" : unsendable(name);
  if (problem !== undefined) throw new P2pError("PATH_NOT_SENT", { path: name, kind: kindOfName(problem) });
}

function checkSpool(file: SpooledFile): Spool {
  if (!(file instanceof Spool)) throw new TypeError("Cannot send what is neither a path nor made by spoolStream");
  checkStreamName(file.name);
  return file;
}

/** @param path - the path as the user gave it, for the errors */
async function checkPath(path: string, root: Folder, fs: FileSystem): Promise<Stats> {
  let stats: Stats;
  try {
    stats = await fs.stat(root.local);
    await fs.access(root.local, stats.isDirectory() ? constants.R_OK | constants.X_OK : constants.R_OK);
  } catch (error) {
    const isMissing = errnoOf(error) === "ENOENT" || errnoOf(error) === "ENOTDIR";
    if (lacksDescriptors(error)) throw new P2pError("TOO_MANY_OPEN_FILES", { path }, { cause: error });
    if (isMissing) throw new P2pError("PATH_MISSING", { path, isLossy: path.includes("\ufffd") }, { cause: error });
    throw new P2pError("PATH_UNREADABLE", { path, reason: systemReason(error) }, { cause: error });
  }
  if (!stats.isFile() && !stats.isDirectory()) {
    throw new P2pError("PATH_NOT_SENT", { path, kind: stats.isFIFO() ? "pipe" : "special" });
  }
  const problem = unsendable(root.path);
  if (problem !== undefined) throw new P2pError("PATH_NOT_SENT", { path, kind: kindOfName(problem) });
  if (stats.isFile() && (await isEndless(root.local, stats, fs)))
    throw new P2pError("PATH_NOT_SENT", { path, kind: "endless" });
  return stats;
}

/** Opens a folder to learn how the system calls it: in a namespace that may be other than what links lead to. */
async function knownPath(folder: string, fs: FileSystem): Promise<string | undefined> {
  const handle = await fs.open(folder, FOLDER_FLAGS).catch(() => undefined);
  const path = handle && fs.pathOfOpen(handle.fd);
  await handle?.close();
  return path;
}

function kindOfName(problem: UnsafePath): "too-long" | "too-deep" | "name" {
  return problem === "too-long" || problem === "too-deep" ? problem : "name";
}

/**
 * Returns whether a file tells a size that it has not: none, as files of /proc do, or more, as files of /sys do. An offer
 * needs the true one.
 */
async function isEndless(path: string, stats: Stats, fs: FileSystem, noFollow = 0): Promise<boolean> {
  const handle = await fs.open(path, READ_FLAGS | noFollow).catch(() => undefined);
  if (handle === undefined) return false;
  try {
    const { bytesRead } = await handle.read(new Uint8Array(1), 0, 1, Math.max(0, stats.size - 1));
    const hasLast = bytesRead > 0;
    // A file that has been written to meanwhile is as long as it says.
    return hasLast === (stats.size === 0) && fs.fstatSync(handle.fd).size === stats.size;
  } catch (error) {
    // There is content, and it has not come yet.
    return errnoOf(error) === "EAGAIN";
  } finally {
    await handle.close();
  }
}

/** Identity of a file, whatever path leads to it. */
function identityOf({ dev, ino }: Pick<Stats, "dev" | "ino">): string {
  return `${dev}:${ino}`;
}

async function identitiesOf(paths: readonly string[], fs: FileSystem): Promise<Set<string>> {
  const stats = await Promise.all(paths.map((path) => fs.lstat(path).catch(() => undefined)));
  return new Set(stats.filter((one) => one !== undefined).map((one) => identityOf(one)));
}

/** Something else is in the place of a folder that was found. Thrown inside this file only. */
class FolderReplaced extends Error {}

class Walk {
  readonly entries: Entry[] = [];
  readonly symlinks: Entry[] = [];
  readonly problems: P2pError[] = [];
  readonly leftOut = new LeftOutList();
  readonly #disk: Disk;
  readonly #own: ReadonlySet<string>;
  /** Bytes of all names and link targets, as the wire counts them. */
  #pathBytes = 0;
  /** Bytes of all files. */
  #bytes = 0;

  /** @param own - identities of files that are left out of folders */
  constructor(disk: Disk, own: ReadonlySet<string>) {
    this.#disk = disk;
    this.#own = own;
  }

  /** @param known - the path by which the system knows a given folder; undefined where it does not tell */
  async addRoot(root: Folder, stats: Stats, known: string | undefined): Promise<void> {
    this.#add(root, stats);
    if (stats.isDirectory()) await this.#addTree(root, known);
  }

  /** Walks without recursion, since a tree may be as deep as a path may be long. */
  async #addTree(root: Folder, known: string | undefined): Promise<void> {
    const folders = [root];
    for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
      if (folder !== root) {
        const stats = await this.#stat(folder);
        if (stats === undefined) continue;
        this.#add(folder, stats);
      }
      const children = await this.#addChildren(folder, known);
      // One folder may have more children than a call can have arguments.
      for (const child of children.toReversed()) folders.push(child);
    }
  }

  /** @returns the folders among the children */
  async #addChildren(folder: Folder, known: string | undefined): Promise<Folder[]> {
    const children = await this.#readFolder(folder, known);
    const folders: Folder[] = [];
    for (let first = 0; first < children.length; first += STAT_BATCH) {
      const batch = children.slice(first, first + STAT_BATCH).map((name) => ({
        local: join(folder.local, name),
        path: `${folder.path}/${name}`,
      }));
      const stats = await Promise.all(batch.map((child) => this.#stat(child)));
      for (const [at, child] of batch.entries()) {
        const of = stats[at];
        if (of === undefined) continue;
        if (of.isDirectory()) folders.push(child);
        else if (of.isFile()) this.#add(child, of);
        else await this.#addSymlink(child, of);
      }
      // Attributes that the disk returns at once arrive within this turn, so yield to other work in between.
      await nextTurn();
    }
    return folders;
  }

  async #readFolder(folder: Folder, known: string | undefined): Promise<string[]> {
    try {
      const children = await this.#namesIn(folder, known);
      for (const name of children) if (isNameOfOurs(name)) this.leftOut.add(`${folder.path}/${name}`, "own");
      return children.filter((name) => !isNameOfOurs(name)).toSorted((a, b) => (a < b ? -1 : 1));
    } catch (error) {
      this.#tellUnreadable(folder, error);
      return [];
    }
  }

  /** Where the system tells, another local user who puts a link in the place of a folder does not have its names told. */
  async #namesIn({ local, path }: Folder, known: string | undefined): Promise<string[]> {
    if (known === undefined || !path.includes("/")) return await this.#disk.pooled.readdir(local);
    const disk = this.#disk.pick();
    const handle = await openFoundFolder(disk, local, () => new FolderReplaced());
    try {
      const real = disk.pathOfOpen(handle.fd);
      if (real === undefined || !isInside(real, known)) throw new FolderReplaced();
      return await this.#disk.pooled.readdir(`${OPEN_FILES}/${handle.fd}`);
    } finally {
      await handle.close();
    }
  }

  /** Returns the attributes of an entry that can be sent; anything else becomes a problem. */
  async #stat(at: Folder): Promise<Stats | undefined> {
    const problem = unsendable(at.path);
    if (problem !== undefined) {
      this.#tellNotSent(at, kindOfName(problem), "path");
      return undefined;
    }
    const disk = this.#disk.pick();
    try {
      const stats = await disk.lstat(at.local);
      if (this.#own.has(identityOf(stats))) {
        this.leftOut.add(at.path, "own");
        return undefined;
      }
      const isDoubtful = stats.isFile() && DOUBTFUL_SIZES.has(stats.size);
      if (isDoubtful && (await isEndless(at.local, stats, disk, NO_FOLLOW)))
        this.#tellNotSent(at, "endless", "endless");
      else if (stats.isFile() || stats.isDirectory() || stats.isSymbolicLink()) return stats;
      else this.#tellNotSent(at, "special", "special");
    } catch (error) {
      this.#tellUnreadable(at, error);
    }
    return undefined;
  }

  async #addSymlink(at: Folder, stats: Stats): Promise<void> {
    const { local, path } = at;
    let target: string;
    try {
      target = await this.#disk.pick().readlink(local);
    } catch (error) {
      this.#tellUnreadable(at, error);
      return;
    }
    if (safeLinkTarget(path, target) === undefined) {
      this.#tellNotSent(at, "symlink", "link-outside");
      return;
    }
    this.#countOne(path, target);
    this.symlinks.push({ type: "symlink", path, bytes: 0, ...this.#attributes(stats), target });
  }

  /** Both numbers are limits of every receiver: an error here is better than a refusal there. */
  #countOne(path: string, target = ""): void {
    if (this.entries.length + this.symlinks.length === MAX_ENTRIES) {
      throw new P2pError("TOO_MANY_FILES", { limit: MAX_ENTRIES, of: "entries" });
    }
    this.#pathBytes += pathCost(path) + pathCost(target);
    if (this.#pathBytes > MAX_MANIFEST_BYTES) {
      throw new P2pError("TOO_MANY_FILES", { limit: MAX_MANIFEST_BYTES / MIB, of: "names" });
    }
  }

  #tellUnreadable({ local, path }: Folder, cause: unknown): void {
    if (lacksDescriptors(cause)) throw new P2pError("TOO_MANY_OPEN_FILES", { path: local }, { cause });
    this.leftOut.add(path, "unreadable");
    const isGone = errnoOf(cause) === "ENOENT" || errnoOf(cause) === "ENOTDIR";
    if (isGone || cause instanceof FolderReplaced) {
      this.problems.push(new P2pError("SOURCE_CHANGED", { path: local, isGone }, { cause }));
      return;
    }
    this.problems.push(new P2pError("PATH_UNREADABLE", { path: local, reason: systemReason(cause) }, { cause }));
  }

  #tellNotSent({ local, path }: Folder, kind: NotSentKind, why: LeftOutWhy): void {
    this.leftOut.add(path, why);
    this.problems.push(new P2pError("PATH_NOT_SENT", { path: local, kind }));
  }

  #add({ local, path }: Folder, stats: Stats): void {
    this.#countOne(path);
    const isFile = stats.isFile();
    if (isFile) this.#bytes += stats.size;
    if (!Number.isSafeInteger(this.#bytes)) throw new P2pError("PATH_NOT_SENT", { path: local, kind: "size" });
    this.entries.push({
      type: isFile ? "file" : "directory",
      path,
      bytes: isFile ? stats.size : 0,
      ...this.#attributes(stats),
    });
  }

  #attributes(stats: Stats): Pick<Entry, "mode" | "mtimeUs"> {
    const { hasModes } = this.#disk.pooled;
    return { mode: hasModes ? stats.mode & PERMISSION_BITS : undefined, mtimeUs: mtimeUs(stats) };
  }
}
