// The part of a proposal that is taken: what a person or a pattern chose, and the folders that this needs.
import { ROOT_FOLDER } from "./folder-tree.ts";
import type { ReceivedManifest } from "./manifest.ts";

/** A part of a proposal; indices count the entries of its manifest. */
export interface Selection {
  isWanted(index: number): boolean;
  /** Files that are taken, and their sizes. */
  readonly files: number;
  readonly bytes: number;
  /** Everything that is not taken, in order. */
  readonly unwanted: readonly number[];
  /** Nothing is taken. */
  readonly isEmpty: boolean;
}

/**
 * Takes a part of a proposal, in a time linear in its size.
 * @param isChosen - whether an entry is chosen itself
 * @returns undefined when everything is taken. A folder with something chosen in it is taken
 */
export function selectionOf(manifest: ReceivedManifest, isChosen: (path: string) => boolean): Selection | undefined {
  const { entries, folderOf } = manifest;
  const wanted = entries.map(({ path }) => isChosen(path));
  const isNeeded = neededFolders(manifest, wanted);
  const unwanted: number[] = [];
  let files = 0;
  let bytes = 0;
  for (const [index, entry] of entries.entries()) {
    const isNeededFolder = entry.type === "directory" && isNeeded[folderOf[index] ?? ROOT_FOLDER] === 1;
    const isTaken = wanted[index] === true || isNeededFolder;
    wanted[index] = isTaken;
    if (!isTaken) unwanted.push(index);
    if (!isTaken || entry.type !== "file") continue;
    files += 1;
    bytes += entry.bytes;
  }
  if (unwanted.length === 0) return undefined;
  const isEmpty = unwanted.length === entries.length;
  return { isWanted: (index) => wanted[index] === true, files, bytes, unwanted, isEmpty };
}

/** @returns by folder number, 1 for a folder that leads to something wanted */
function neededFolders({ folders, folderOf }: ReceivedManifest, wanted: readonly boolean[]): Uint8Array {
  const isNeeded = new Uint8Array(folders.count + 1);
  for (const [index, isWanted] of wanted.entries()) {
    if (!isWanted) continue;
    let at = folderOf[index] ?? ROOT_FOLDER;
    // Folders of a folder that is marked already are marked too.
    for (; at !== ROOT_FOLDER && isNeeded[at] === 0; at = folders.parentOf(at)) isNeeded[at] = 1;
  }
  return isNeeded;
}
