// The search for resumable parts: finds which files of a manifest have parts of an earlier session below the output
// folder, by the path in the manifest and the folder that it leads to. Nothing is created, locked or changed here. Only
// existing folders are searched, so the cost depends on what is on the disk and not on what the manifest names.
import { MAX_RESUMED_FILES } from "../../transfer/limits.ts";
import type { Entry } from "../../transfer/frames.ts";
import type { ReceivedManifest } from "../../transfer/manifest.ts";
import type { OutputTree } from "./output-tree.ts";
import { orphanTest } from "./part-owner.ts";
import { Turns } from "./turns.ts";
import type { FoundPart, UnfinishedParts } from "./unfinished-parts.ts";

/** A part from which a file of the manifest can resume. */
export interface Resumable {
  readonly index: number;
  readonly found: FoundPart;
  /** Size of the part, at most that of the file. */
  readonly bytes: number;
  /** The file had another size or time when the part was started. */
  readonly hasChanged: boolean;
}

export interface PartSearch {
  /** At most MAX_RESUMED_FILES parts, those with the most bytes. */
  readonly resumable: Resumable[];
  /** Parts and journals of files of this manifest that a crash left after the files had got their names. */
  readonly named: FoundPart[];
  /** Files that killed processes left in these folders before they had a journal. */
  readonly orphans: { readonly folder: string; readonly names: readonly string[] }[];
}

/** The limits of a search. */
export interface SearchBounds {
  /** The number of folders that are searched. */
  readonly folders: number;
  readonly ms: number;
  /** Returns whether the result is no longer needed. */
  readonly isStopped: () => boolean;
}

/** The most parts that one search finds, since others may have written the journals. */
const MAX_FOUND_PARTS = 1_024;

/** Found parts by the path in the manifest, each with the number of its folder. */
type PartsByPath = Map<string, { readonly folder: number; readonly part: FoundPart }[]>;

/**
 * @param nameOf - returns the safe name of an entry in its folder
 * @returns the parts that exist; the search stops at the bounds
 */
export async function findParts(
  manifest: ReceivedManifest,
  nameOf: (index: number) => string,
  tree: OutputTree,
  parts: UnfinishedParts,
  bounds: SearchBounds,
): Promise<PartSearch> {
  const { byPath, orphans } = await lookIntoFolders(manifest, tree, parts, bounds);
  const resumable: Resumable[] = [];
  const named: FoundPart[] = [];
  const indices = byPath.size === 0 ? [] : manifest.entries.keys();
  for (const index of indices) {
    const entry = manifest.entries[index];
    if (entry?.type !== "file") continue;
    const folder = manifest.folderOf[index] ?? 0;
    const ofFile = (byPath.get(entry.path) ?? []).filter((one) => one.folder === folder).map(({ part }) => part);
    for (const one of ofFile) if (await isNamed(one, folder, nameOf(index), tree)) named.push(one);
    const best = ofFile.filter((one) => isUsable(one, entry)).toSorted(byLikeness(entry))[0];
    if (best?.part === undefined) continue;
    const { facts, part } = best;
    const hasChanged = facts.bytes !== entry.bytes || facts.mtimeUs !== entry.mtimeUs;
    resumable.push({ index, found: best, bytes: Math.min(part.bytes, entry.bytes), hasChanged });
  }
  const largest = resumable.toSorted((a, b) => b.bytes - a.bytes).slice(0, MAX_RESUMED_FILES);
  return { resumable: largest, named, orphans };
}

async function lookIntoFolders(
  manifest: ReceivedManifest,
  tree: OutputTree,
  parts: UnfinishedParts,
  bounds: SearchBounds,
): Promise<{ byPath: PartsByPath; orphans: PartSearch["orphans"] }> {
  const byPath: PartsByPath = new Map();
  const orphans: { folder: string; names: readonly string[] }[] = [];
  const isOrphan = orphanTest();
  const turns = new Turns();
  const endMs = performance.now() + bounds.ms;
  let [looked, found] = [0, 0];
  for (const folder of foldersWithFiles(manifest)) {
    if (bounds.isStopped() || looked === bounds.folders || performance.now() > endMs) break;
    await turns.take();
    const path = await tree.existing(folder);
    if (path === undefined) continue;
    looked += 1;
    const here = await parts.findIn(path, isOrphan);
    if (here.orphans.length > 0) orphans.push({ folder: path, names: here.orphans });
    for (const part of here.parts.slice(0, MAX_FOUND_PARTS - found)) {
      found += 1;
      const ofPath = byPath.get(part.facts.path);
      if (ofPath === undefined) byPath.set(part.facts.path, [{ folder, part }]);
      else ofPath.push({ folder, part });
    }
  }
  return { byPath, orphans };
}

function* foldersWithFiles({ entries, folders, folderOf }: ReceivedManifest): Generator<number> {
  const hasFiles = new Uint8Array(folders.count + 1);
  for (const [index, { type }] of entries.entries()) if (type === "file") hasFiles[folderOf[index] ?? 0] = 1;
  for (const [folder, has] of hasFiles.entries()) if (has === 1) yield folder;
}

/** Returns whether the part has its final name as well, or was renamed to it and the file exists. */
async function isNamed({ part, facts }: FoundPart, folder: number, name: string, tree: OutputTree): Promise<boolean> {
  if (part !== undefined) return part.names > 1;
  const file = await tree.find(folder, name).catch(() => undefined);
  return file?.stats.isFile() === true && file.stats.size === facts.bytes;
}

/**
 * A part that had nothing in common with the last file of its path is reserved for its own file. Nothing of a part can
 * count for an empty file.
 */
function isUsable({ part, facts }: FoundPart, entry: Entry | undefined): boolean {
  if (part === undefined || part.bytes === 0 || part.names !== 1 || entry?.bytes === 0) return false;
  return facts.differs !== true || (facts.bytes === entry?.bytes && facts.mtimeUs === entry.mtimeUs);
}

/** Orders the part of the same file first, then by size, largest first. */
function byLikeness(entry: Entry | undefined): (a: FoundPart, b: FoundPart) => number {
  const isSame = ({ facts }: FoundPart): number =>
    Number(facts.bytes === entry?.bytes) * 2 + Number(facts.mtimeUs === entry?.mtimeUs);
  return (a, b) => isSame(b) - isSame(a) || (b.part?.bytes ?? 0) - (a.part?.bytes ?? 0);
}
