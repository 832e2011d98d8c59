// Which files of an offer have parts of an earlier session below the output folder: by the path in the offer and the
// folder that it leads to. Nothing is made, locked or changed here.
import { MAX_RESUMED_FILES } from "../../transfer/limits.ts";
import type { Entry } from "../../transfer/frames.ts";
import type { Manifest } from "../../transfer/manifest.ts";
import type { OutputTree } from "./output-tree.ts";
import type { FoundPart, UnfinishedParts } from "./unfinished-parts.ts";

/** A part that a file of the offer can go on from. */
export interface Resumable {
  readonly index: number;
  readonly found: FoundPart;
  /** Of the part, and not past the size of the file. */
  readonly bytes: number;
  /** The file had another size or time when the part was begun. */
  readonly hasChanged: boolean;
}

export interface PartSearch {
  /** At most MAX_RESUMED_FILES, those with most bytes. */
  readonly resumable: Resumable[];
  /** Parts and journals of files of this offer that a crash left after these had got their names. */
  readonly named: FoundPart[];
  /** What killed processes left in these folders before there was a journal. */
  readonly orphans: { readonly folder: string; readonly names: readonly string[] }[];
}

/** @param segmentsOf - safe names of an entry */
export async function findParts(
  manifest: Manifest,
  segmentsOf: (index: number) => readonly string[],
  tree: OutputTree,
  parts: UnfinishedParts,
): Promise<PartSearch> {
  const resumable: Resumable[] = [];
  const named: FoundPart[] = [];
  const orphans: { folder: string; names: string[] }[] = [];
  for (const { parent, indices } of byFolder(manifest, segmentsOf).values()) {
    const folder = await folderAt(tree, parent);
    if (folder === undefined) continue;
    const { parts: found, orphans: names } = await parts.findIn(folder);
    if (names.length > 0) orphans.push({ folder, names });
    if (found.length === 0) continue;
    for (const index of indices) {
      const entry = manifest.entries[index];
      const ofFile = found.filter(({ facts }) => facts.path === entry?.path);
      for (const one of ofFile) if (await isNamed(one, segmentsOf(index), tree)) named.push(one);
      const best = ofFile.filter((one) => isUsable(one, entry)).toSorted(byLikeness(entry))[0];
      if (entry === undefined || best?.part === undefined) continue;
      const { facts, part } = best;
      const hasChanged = facts.bytes !== entry.bytes || facts.mtimeUs !== entry.mtimeUs;
      resumable.push({ index, found: best, bytes: Math.min(part.bytes, entry.bytes), hasChanged });
    }
  }
  const largest = resumable.toSorted((a, b) => b.bytes - a.bytes).slice(0, MAX_RESUMED_FILES);
  return { resumable: largest, named, orphans };
}

/** Either the part has its second name, or it has gone to it and the file is there. */
async function isNamed({ part, facts }: FoundPart, segments: readonly string[], tree: OutputTree): Promise<boolean> {
  if (part !== undefined) return part.names > 1;
  const file = await tree.find(segments).catch(() => undefined);
  return file?.stats.isFile() === true && file.stats.size === facts.bytes;
}

function byFolder(
  manifest: Manifest,
  segmentsOf: (index: number) => readonly string[],
): Map<string, { parent: readonly string[]; indices: number[] }> {
  const folders = new Map<string, { parent: readonly string[]; indices: number[] }>();
  for (const [index, entry] of manifest.entries.entries()) {
    if (entry.type !== "file") continue;
    const parent = segmentsOf(index).slice(0, -1);
    const key = parent.join("/");
    const folder = folders.get(key);
    if (folder === undefined) folders.set(key, { parent, indices: [index] });
    else folder.indices.push(index);
  }
  return folders;
}

async function folderAt(tree: OutputTree, segments: readonly string[]): Promise<string | undefined> {
  if (segments.length === 0) return tree.rootPath;
  const found = await tree.find(segments).catch(() => undefined);
  return found?.stats.isDirectory() === true ? found.path : undefined;
}

/** One that had nothing in common with the last file of its path waits for its own. */
function isUsable({ part, facts }: FoundPart, entry: Entry | undefined): boolean {
  if (part === undefined || part.bytes === 0 || part.names !== 1) return false;
  return facts.differs !== true || (facts.bytes === entry?.bytes && facts.mtimeUs === entry.mtimeUs);
}

/** The one of the same file first, then the largest. */
function byLikeness(entry: Entry | undefined): (a: FoundPart, b: FoundPart) => number {
  const isSame = ({ facts }: FoundPart): number =>
    Number(facts.bytes === entry?.bytes) * 2 + Number(facts.mtimeUs === entry?.mtimeUs);
  return (a, b) => isSame(b) - isSame(a) || (b.part?.bytes ?? 0) - (a.part?.bytes ?? 0);
}
