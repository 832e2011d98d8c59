// The part of an offer that is taken: what a person or a pattern chose, and the folders that this needs.
import type { Manifest } from "./manifest.ts";

/** A part of an offer; indices count the entries of its manifest. */
export interface Selection {
  isWanted(index: number): boolean;
  /** Files that are taken, and their sizes. */
  readonly files: number;
  readonly bytes: number;
  /** Files that are not. */
  readonly unwantedFiles: readonly number[];
  /** Everything that is not taken, in order. */
  readonly unwanted: readonly number[];
}

/**
 * @param isChosen - whether an entry is chosen itself
 * @returns undefined when everything is taken. A folder with something chosen in it is taken; where no file is chosen
 *   nothing can be, and `files` is 0
 */
export function selectionOf(
  { entries }: Pick<Manifest, "entries">,
  isChosen: (path: string) => boolean,
): Selection | undefined {
  const wanted = entries.map(({ path }) => isChosen(path));
  const needed = new Set<string>();
  for (const [index, { path }] of entries.entries()) if (wanted[index] === true) addFolders(path, needed);
  const unwanted: number[] = [];
  const unwantedFiles: number[] = [];
  let files = 0;
  let bytes = 0;
  for (const [index, entry] of entries.entries()) {
    const isTaken = wanted[index] === true || (entry.type === "directory" && needed.has(entry.path));
    wanted[index] = isTaken;
    if (!isTaken) unwanted.push(index);
    if (!isTaken && entry.type === "file") unwantedFiles.push(index);
    if (!isTaken || entry.type !== "file") continue;
    files += 1;
    bytes += entry.bytes;
  }
  if (unwanted.length === 0) return undefined;
  return { isWanted: (index) => wanted[index] === true, files, bytes, unwantedFiles, unwanted };
}

/** Adds the folders that a path leads through; folders of a folder that is there already are there too. */
function addFolders(path: string, into: Set<string>): void {
  for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
    const folder = path.slice(0, end);
    if (into.has(folder)) return;
    into.add(folder);
  }
}
