// The send plan: walks the paths that the user gave into a manifest. It reads names and attributes, but no content.
// Links inside folders are never followed, since that could send files that nobody meant to send: links that stay
// inside are sent as links, the others are reported.
import type { Dirent, Stats } from "node:fs";
import { constants } from "node:fs";
import { basename, join, resolve } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { P2pError } from "../../lib/errors/p2p-error.ts";
import type { Entry } from "../../transfer/frames.ts";
import { MAX_ENTRIES, MAX_MANIFEST_BYTES } from "../../transfer/limits.ts";
import { makeManifest, type Manifest } from "../../transfer/manifest.ts";
import { isSendablePath, PART_PREFIX, pathCost, safeLinkTarget } from "../../transfer/names.ts";
import { AdaptiveDisk, type Disk, plainDisk } from "./disk.ts";
import { errnoOf, type FileSystem, mtimeUs, systemReason } from "../file-system.ts";
import { type ReadHandle, Spool, type SpooledFile, STREAM_PATH } from "./spool.ts";

export interface SendPlan {
  readonly manifest: Manifest;
  /** Base names of the given paths, in the same order. */
  readonly names: readonly string[];
  /** Entries of folders that are not sent: unreadable ones, links that lead out, devices. The caller reports them. */
  readonly problems: readonly P2pError[];
  /** Returns the absolute local path of an entry of the manifest; `-` for a stream. */
  localPath(index: number): string;
  /** Returns the handle of an entry that is not read by its path: a spooled stream. */
  handle(index: number): ReadHandle | undefined;
}

/** Children of a folder whose attributes are read at a time. */
const STAT_BATCH = 64;
const MIB = 1024 * 1024;
/** Set-uid, set-gid and sticky bits are never sent. */
const PERMISSION_BITS = 0o777;
/** `/` has no base name; the receiver gets it under this one. */
const ROOT_NAME = "root";

interface Folder {
  /** Absolute. */
  readonly local: string;
  /** The path in the manifest. */
  readonly path: string;
}

/**
 * Checks the paths and walks the folders among them. Entries are in the order of the paths, a folder before its
 * content, names in the order of their code units, symbolic links last: the same tree gives the same manifest.
 * @param paths - files and folders, where a link means its target, and streams from `spoolStream`
 * @param fileSystem - the real disk unless a test passes another
 * @throws P2pError PATH_MISSING, PATH_UNREADABLE, PATH_NOT_SENT or PATH_DUPLICATE for one of the paths
 *   themselves, TOO_MANY_FILES
 */
export async function planSend(paths: readonly (string | SpooledFile)[], fileSystem?: FileSystem): Promise<SendPlan> {
  const disk = fileSystem === undefined ? new AdaptiveDisk() : plainDisk(fileSystem);
  const roots = new Map<string, string>();
  const checked: ({ root: Folder; stats: Stats } | Spool)[] = [];
  const spools = new Map<string, Spool>();
  for (const path of paths) {
    if (typeof path !== "string") {
      const spool = checkSpool(path);
      if (roots.has(spool.name)) throw new P2pError("PATH_DUPLICATE", { name: spool.name });
      roots.set(spool.name, STREAM_PATH);
      spools.set(spool.name, spool);
      checked.push(spool);
      continue;
    }
    const root = { local: resolve(path), path: basename(resolve(path)) || ROOT_NAME };
    if (roots.has(root.path)) throw new P2pError("PATH_DUPLICATE", { name: root.path });
    roots.set(root.path, root.local);
    checked.push({ root, stats: await checkPath(path, root, disk.pooled) });
  }
  const walk = new Walk(disk);
  for (const one of checked) {
    if (one instanceof Spool) walk.entries.push(one.entry);
    else await walk.addRoot(one.root, one.stats);
  }
  const manifest = makeManifest([...walk.entries, ...walk.symlinks]);
  return {
    manifest,
    names: [...roots.keys()],
    problems: walk.problems,
    localPath: (index) => {
      const [name = "", ...rest] = manifest.entries[index]?.path.split("/") ?? [];
      return join(roots.get(name) ?? "", ...rest);
    },
    handle: (index) => spools.get(manifest.entries[index]?.path ?? "")?.reader,
  };
}

/**
 * Checks paths, and the names of streams that will be sent with them, without storing anything.
 * @throws P2pError as `planSend` does
 */
export async function checkPaths(paths: readonly string[], streamNames: readonly string[] = []): Promise<void> {
  const { names } = await planSend(paths);
  for (const name of streamNames) {
    checkStreamName(name);
    if (names.includes(name)) throw new P2pError("PATH_DUPLICATE", { name });
  }
}

/** Checks that the name is one segment that every receiver accepts. */
function checkStreamName(name: string): void {
  if (!name.includes("/") && isSendablePath(name)) return;
  throw new P2pError("PATH_NOT_SENT", { path: name, kind: "name" });
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
    if (isMissing) throw new P2pError("PATH_MISSING", { path }, { cause: error });
    throw new P2pError("PATH_UNREADABLE", { path, reason: systemReason(error) }, { cause: error });
  }
  if (!stats.isFile() && !stats.isDirectory()) throw new P2pError("PATH_NOT_SENT", { path, kind: "special" });
  if (!isSendablePath(root.path)) throw new P2pError("PATH_NOT_SENT", { path, kind: "name" });
  return stats;
}

class Walk {
  readonly entries: Entry[] = [];
  readonly symlinks: Entry[] = [];
  readonly problems: P2pError[] = [];
  readonly #disk: Disk;
  /** Bytes of all names and link targets, as the wire counts them. */
  #pathBytes = 0;
  /** Bytes of all files. */
  #bytes = 0;

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  async addRoot(root: Folder, stats: Stats): Promise<void> {
    this.#add(root, stats);
    if (stats.isDirectory()) await this.#addTree(root);
  }

  /** Walks without recursion, since a tree may be as deep as a path may be long. */
  async #addTree(root: Folder): Promise<void> {
    const folders = [root];
    for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
      if (folder !== root) {
        const stats = await this.#stat(folder);
        if (stats === undefined) continue;
        this.#add(folder, stats);
      }
      folders.push(...(await this.#addChildren(folder)).toReversed());
    }
  }

  /** @returns the folders among the children */
  async #addChildren(folder: Folder): Promise<Folder[]> {
    const children = await this.#readFolder(folder);
    const folders: Folder[] = [];
    for (let first = 0; first < children.length; first += STAT_BATCH) {
      const batch = children.slice(first, first + STAT_BATCH).map(({ name }) => ({
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

  async #readFolder(folder: Folder): Promise<Dirent[]> {
    try {
      const children = await this.#disk.pooled.readdir(folder.local, { withFileTypes: true });
      const isOurPart = ({ name }: Dirent) => name.startsWith(PART_PREFIX) && name.endsWith(".part");
      return children.filter((child) => !isOurPart(child)).toSorted((a, b) => (a.name < b.name ? -1 : 1));
    } catch (error) {
      this.#tellUnreadable(folder.local, error);
      return [];
    }
  }

  /** Returns the attributes of an entry that can be sent; anything else becomes a problem. */
  async #stat({ local, path }: Folder): Promise<Stats | undefined> {
    if (!isSendablePath(path)) {
      this.problems.push(new P2pError("PATH_NOT_SENT", { path: local, kind: "name" }));
      return undefined;
    }
    try {
      const stats = await this.#disk.pick().lstat(local);
      if (stats.isFile() || stats.isDirectory() || stats.isSymbolicLink()) return stats;
      this.problems.push(new P2pError("PATH_NOT_SENT", { path: local, kind: "special" }));
    } catch (error) {
      // A name that is not UTF-8 is read with replacement characters, and no file has that name.
      if (path.includes("\ufffd")) this.problems.push(new P2pError("PATH_NOT_SENT", { path: local, kind: "name" }));
      else this.#tellUnreadable(local, error);
    }
    return undefined;
  }

  async #addSymlink({ local, path }: Folder, stats: Stats): Promise<void> {
    let target: string;
    try {
      target = await this.#disk.pick().readlink(local);
    } catch (error) {
      this.#tellUnreadable(local, error);
      return;
    }
    // A target that is not UTF-8 is read with replacement characters.
    const kind = target.includes("\ufffd")
      ? "name"
      : safeLinkTarget(path, target) === undefined
        ? "symlink"
        : undefined;
    if (kind !== undefined) {
      this.problems.push(new P2pError("PATH_NOT_SENT", { path: local, kind }));
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

  #tellUnreadable(path: string, cause: unknown): void {
    this.problems.push(new P2pError("PATH_UNREADABLE", { path, reason: systemReason(cause) }, { cause }));
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
