// The part of a proposal that is taken: what a person or a pattern chose, and the folders that this needs.
import type { Manifest } from "./manifest.ts";

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
 * @param isChosen - whether an entry is chosen itself
 * @returns undefined when everything is taken. A folder with something chosen in it is taken
 */
export function selectionOf(
  { entries }: Pick<Manifest, "entries">,
  isChosen: (path: string) => boolean,
): Selection | undefined {
  const wanted = entries.map(({ path }) => isChosen(path));
  const needed = new Set<string>();
  for (const [index, { path }] of entries.entries()) if (wanted[index] === true) addFolders(path, needed);
  const unwanted: number[] = [];
  let files = 0;
  let bytes = 0;
  for (const [index, entry] of entries.entries()) {
    const isTaken = wanted[index] === true || (entry.type === "directory" && needed.has(entry.path));
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

/** Adds the folders that a path leads through; folders of a folder that is there already are there too. */
function addFolders(path: string, into: Set<string>): void {
  for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
    const folder = path.slice(0, end);
    if (into.has(folder)) return;
    into.add(folder);
  }
}
