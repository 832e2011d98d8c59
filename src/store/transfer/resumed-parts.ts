// The parts of an earlier session that one transfer resumes: they are found, locked, compared with the sender's hashes,
// and handed over when their file starts, or given up.
import type { ReceivedManifest } from "../../transfer/manifest.ts";
import type { ResumableFile } from "../../transfer/resume-requests.ts";
import type { Compared } from "../../transfer/storing.ts";
import type { OutputTree } from "./output-tree.ts";
import type { PartFate } from "./part-file.ts";
import type { PresentFiles } from "./present-files.ts";
import { findParts, type PartSearch, type Resumable, type SearchBounds } from "./resumable-parts.ts";
import { ResumedPart } from "./resumed-part.ts";
import type { UnfinishedParts } from "./unfinished-parts.ts";

export interface ResumedPartsOptions {
  readonly manifest: ReceivedManifest;
  /** False: nothing is resumed, since the sender does not support it. */
  readonly canResume: boolean;
  /** An existing file is kept, and is examined before a part of it is resumed. */
  readonly keepsExisting: boolean;
  readonly unfinished: UnfinishedParts;
  readonly nameOf: (index: number) => string;
  readonly presentIn: (tree: OutputTree) => PresentFiles;
  readonly isStopped: () => boolean;
}

const EVERYWHERE = { folders: Number.POSITIVE_INFINITY, ms: Number.POSITIVE_INFINITY };

export class ResumedParts {
  readonly #options: ResumedPartsOptions;
  /** Parts that are locked and open, but not yet started. */
  readonly #parts = new Map<number, ResumedPart>();
  #hashing: Promise<unknown> = Promise.resolve();
  #isAfresh = false;

  constructor(options: ResumedPartsOptions) {
    this.#options = options;
  }

  /** Count of the parts that are locked and not yet started. */
  get size(): number {
    return this.#parts.size;
  }

  has(index: number): boolean {
    return this.#parts.has(index);
  }

  /** Looks for the parts of the manifest's files. Nothing is changed. */
  async find(tree: OutputTree, bounds: Omit<SearchBounds, "isStopped">): Promise<PartSearch> {
    const { manifest, canResume, keepsExisting, unfinished, nameOf, presentIn, isStopped } = this.#options;
    if (!canResume) return { resumable: [], named: [], orphans: [] };
    const search = await findParts(manifest, nameOf, tree, unfinished, { ...bounds, isStopped });
    if (!keepsExisting) return search;
    const present = presentIn(tree);
    const isFree = await Promise.all(search.resumable.map(async ({ index }) => !(await present.isPresent(index))));
    return { ...search, resumable: search.resumable.filter((_, at) => isFree[at]) };
  }

  /** The parts are removed instead of locked. */
  startAfresh(): void {
    this.#isAfresh = true;
  }

  /** Locks the parts that can be resumed, and removes leftovers of a crash for files that already have their names. */
  async lock(tree: OutputTree, isWanted: (index: number) => boolean): Promise<ResumableFile[]> {
    const { unfinished } = this.#options;
    const { resumable, named, orphans } = await this.find(tree, EVERYWHERE);
    for (const { folder, names } of orphans) await unfinished.clean(folder, names);
    for (const { place } of named) if (await unfinished.lock(place)) await unfinished.remove(place);
    const locked: ResumableFile[] = [];
    const wanted = resumable.filter(({ index }) => isWanted(index));
    if (this.#isAfresh) {
      for (const { found } of wanted) if (await unfinished.lock(found.place)) await unfinished.remove(found.place);
      return [];
    }
    for (const one of wanted) if (await this.#lock(one)) locked.push({ index: one.index, bytes: one.bytes });
    return locked;
  }

  async #lock(resumable: Resumable): Promise<boolean> {
    const { unfinished, manifest } = this.#options;
    const { index, found } = resumable;
    if (!(await unfinished.lock(found.place))) return false;
    const handle = await unfinished.open(found);
    if (handle === undefined) {
      await unfinished.release(found.place);
      return false;
    }
    const part = new ResumedPart(resumable, handle, manifest.entries[index]?.bytes ?? 0);
    this.#parts.set(index, part);
    // Parts are hashed one after the other, as the sender does.
    this.#hashing = this.#hashing.then(() => part.hash());
    return true;
  }

  /**
   * Compares a part with the sender's hashes of its blocks.
   * @returns also the bytes of a part that was given up: it has nothing in common with the file under its path now
   */
  async compare(index: number, hashes: Uint8Array): Promise<{ compared: Compared; givenUpBytes: number }> {
    await this.#hashing;
    const part = this.#parts.get(index);
    const kept = (await part?.compare(hashes)) ?? new Uint8Array();
    const isOther = part?.hasChanged === true && part.keptBytes === 0;
    const givenUpBytes = isOther ? part.plan.bytes : 0;
    if (isOther) await this.#setApart(index, part);
    return { compared: { kept, keptBytes: part?.keptBytes ?? 0, ofBytes: part?.plan.bytes ?? 0 }, givenUpBytes };
  }

  /** A different file under the same path must not cost the part of this one: the new one gets a part of its own. */
  async #setApart(index: number, part: ResumedPart): Promise<void> {
    this.#parts.delete(index);
    await part.close();
    await this.#options.unfinished.setApart(part.found);
  }

  /** Hands a part over to the file that starts with it. */
  take(index: number): ResumedPart | undefined {
    const part = this.#parts.get(index);
    this.#parts.delete(index);
    return part;
  }

  /** Gives up a part that was not started. */
  async leave(index: number, fate: PartFate): Promise<void> {
    const part = this.take(index);
    if (part === undefined) return;
    await part.close();
    if (fate === "keep") await this.#options.unfinished.release(part.place);
    else await this.#options.unfinished.remove(part.place);
  }

  /** Gives up all parts that were not started. */
  async leaveAll(fate: PartFate): Promise<void> {
    await Promise.all([...this.#parts.keys()].map((index) => this.leave(index, fate)));
  }
}
