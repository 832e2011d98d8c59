// The final step of a transfer once all files are stored: creates the folders that no file has created and the links,
// sets the folders' modes and times, and flushes all folders.
import { ROOT_FOLDER } from "../../transfer/folder-tree.ts";
import type { ReceivedManifest } from "../../transfer/manifest.ts";
import { type NameRules, safeLinkTarget } from "../../transfer/names.ts";
import type { Attributes } from "./attributes.ts";
import { type Disk, flushFolder } from "./disk.ts";
import type { NameConflict } from "./output-names.ts";
import type { OutputTree } from "./output-tree.ts";
import { Turns } from "./turns.ts";

export interface FinishOptions {
  readonly tree: OutputTree;
  readonly disk: Disk;
  readonly manifest: ReceivedManifest;
  readonly rules: NameRules;
  readonly conflict: NameConflict;
  readonly attributes: Attributes;
  /** Returns the safe name of an entry in its folder. */
  readonly nameOf: (index: number) => string;
  /** Returns whether an entry is to be made. */
  readonly isWanted: (index: number) => boolean;
  /** Returns whether the transfer was ended from outside. */
  readonly isStopped: () => boolean;
  /** Reports an entry that could not be created or set; the rest continues. */
  readonly onFailed: (index: number, error: unknown) => Promise<void>;
}

/** Folders that are flushed at a time. */
const FLUSHED_TOGETHER = 64;

/** Creates what is missing, flushes it, and sets the attributes of the folders. Rejects only if `onFailed` does. */
export async function finishTree(options: FinishOptions): Promise<void> {
  const { tree, manifest } = options;
  const { entries, folders, folderOf } = manifest;
  const turns = new Turns();
  const attempt = async (index: number, work: () => Promise<void>): Promise<void> => {
    if (options.isStopped()) return;
    await turns.take();
    try {
      await work();
    } catch (error) {
      await options.onFailed(index, error);
    }
  };
  // Indexed by folder number: 0 where no folder entry of the manifest was created, else its index + 1.
  const made = new Uint32Array(folders.count + 1);
  for (const [index, { type }] of entries.entries()) {
    if (type !== "directory" || !options.isWanted(index)) continue;
    const folder = folderOf[index] ?? ROOT_FOLDER;
    await attempt(index, async () => {
      await tree.folder(folder);
      made[folder] = index + 1;
    });
  }
  for (const [index, { type }] of entries.entries()) {
    if (type === "symlink" && options.isWanted(index)) await attempt(index, () => makeSymlink(index, options));
  }
  await flushFolders(made, options);
  // A mode may lock the content, so start with the innermost folder, which has the larger number.
  for (let folder = folders.count; folder > ROOT_FOLDER; folder -= 1) {
    const index = (made[folder] ?? 0) - 1;
    if (index >= 0) await attempt(index, () => setAttributes(index, folder, options));
  }
  if (!options.isStopped()) await tree.unmarkAll();
}

async function flushFolders(made: Uint32Array, { tree, disk, isStopped }: FinishOptions): Promise<void> {
  let batch: Promise<void>[] = [];
  for (const [folder, isMade] of made.entries()) {
    if (isMade === 0 || isStopped()) continue;
    batch.push(tree.folder(folder).then(({ path }) => flushFolder(disk.pick(), path)));
    if (batch.length < FLUSHED_TOGETHER) continue;
    await Promise.all(batch);
    batch = [];
  }
  await Promise.all(batch);
  await flushFolder(disk.pick(), tree.rootPath);
}

async function makeSymlink(index: number, options: FinishOptions): Promise<void> {
  const { tree, disk, manifest, rules, conflict, attributes, nameOf } = options;
  const entry = manifest.entries[index];
  const target = safeLinkTarget(entry?.path ?? "", entry?.target ?? "", rules);
  if (entry === undefined || target === undefined) throw new RangeError(`Cannot make entry ${index}: no safe link`);
  const place = { folder: manifest.folderOf[index] ?? ROOT_FOLDER, name: nameOf(index) };
  const fs = disk.pooled;
  await tree.placeLink(place, target, (path) => attributes.setLink(fs, path, entry), conflict);
}

async function setAttributes(index: number, number: number, options: FinishOptions): Promise<void> {
  const { tree, disk, manifest, attributes } = options;
  const entry = manifest.entries[index];
  const folder = await tree.folder(number);
  if (entry === undefined || !folder.isOurs) return;
  await tree.unmark(folder);
  const fs = disk.pick();
  if (fs.hasModes) {
    await tree.change(folder, (fd) => attributes.setOpen(fs, fd, entry));
    return;
  }
  tree.check(folder);
  await attributes.setFolder(fs, folder.path, entry);
}
