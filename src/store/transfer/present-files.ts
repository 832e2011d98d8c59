// The files that are here already under the names of a transfer, or under those with a number that it would get beside
// them: what is the same need not be sent, nor be kept twice.
import { createHash } from "node:crypto";
import type { Stats } from "node:fs";
import { areEqual } from "../../lib/bytes.ts";
import { ROOT_FOLDER } from "../../transfer/folder-tree.ts";
import type { Entry } from "../../transfer/frames.ts";
import type { ReceivedManifest } from "../../transfer/manifest.ts";
import { numberedName } from "../../transfer/names.ts";
import type { Examined } from "../../transfer/storing.ts";
import { type Disk, HASH_READ_BYTES, SMALL_FILE_BYTES } from "./disk.ts";
import { mtimeUs } from "../file-system.ts";
import { NO_FOLLOW, READ_FLAGS } from "../open-flags.ts";
import type { NameConflict } from "./output-names.ts";
import type { OutputTree } from "./output-tree.ts";
import { Turns } from "./turns.ts";

export interface PresentFilesOptions {
  readonly tree: OutputTree;
  readonly disk: Disk;
  readonly manifest: ReceivedManifest;
  readonly conflict: NameConflict;
  /** Returns the safe name of an entry in its folder. */
  readonly nameOf: (index: number) => string;
  readonly isStopped: () => boolean;
}

interface Present {
  /** The number after the name; 0: none. */
  readonly number: number;
  readonly path: string;
  readonly stats: Stats;
}

/** The highest `name (n)` that is looked at. */
const MAX_NUMBER = 100;
/** Files under numbers that are hashed for one that has come all the same. */
const MAX_HASHED_TWINS = 8;
/** Names that are looked up at a time. */
const LOOKUP_BATCH = 64;

export class PresentFiles {
  readonly #options: PresentFilesOptions;
  readonly #turns = new Turns();

  constructor(options: PresentFilesOptions) {
    this.#options = options;
  }

  /** Returns the indices of the files that need not be sent if what is here is the same. */
  async find(): Promise<number[]> {
    const { entries } = this.#options.manifest;
    const present: number[] = [];
    for (let first = 0; first < entries.length; first += LOOKUP_BATCH) {
      const batch = Array.from({ length: Math.min(LOOKUP_BATCH, entries.length - first) }, (_, at) => first + at);
      const isPresent = await Promise.all(batch.map((index) => this.isPresent(index)));
      present.push(...batch.filter((_, at) => isPresent[at]));
      // Synchronous lookups complete within this turn, so yield to other work in between.
      await this.#turns.take();
      if (this.#options.isStopped()) break;
    }
    return present;
  }

  async isPresent(index: number): Promise<boolean> {
    // If even the lookup fails, writing will fail and report why.
    return (await this.#candidates(index, "any").catch(() => [])).length > 0;
  }

  /**
   * Returns what is here with the size that the entry has, the most likely one first; under `skip` of any size.
   * @param which - `any`: one is enough, if it is under the name itself and has the time of the entry
   */
  async #candidates(index: number, which: "any" | "all"): Promise<Present[]> {
    const { tree, manifest, conflict, nameOf } = this.#options;
    const entry = manifest.entries[index];
    const folder = manifest.folderOf[index] ?? ROOT_FOLDER;
    if (entry?.type !== "file" || (await tree.existing(folder)) === undefined) return [];
    const name = nameOf(index);
    const wanted = await tree.find(folder, name);
    if (wanted === undefined) return [];
    const named = { number: 0, ...wanted };
    const isFile = named.stats.isFile();
    const isSameSize = isFile && named.stats.size === entry.bytes;
    if (isFile && conflict === "skip") return [named];
    const isEnough = which === "any" && isSameSize && isSameTime(named, entry);
    // Under `overwrite` no file gets a number beside another one.
    if (isFile && (conflict === "overwrite" || isEnough)) return isSameSize ? [named] : [];
    const present = isSameSize ? [named] : [];
    for (let number = 1; number <= MAX_NUMBER; number += 1) {
      const found = await tree.find(folder, numberedName(name, number));
      if (found === undefined) break;
      if (found.stats.isFile() && found.stats.size === entry.bytes) present.push({ number, ...found });
    }
    // Among those with its time the last number comes first: it was given because the others are different.
    const isLikely = (one: Present): boolean => isSameTime(one, entry);
    return [...present.filter(isLikely).toReversed(), ...present.filter((one) => !isLikely(one))];
  }

  /** Hashes what is here under an entry's name; when it cannot be read, the file has to be sent. */
  async examine(index: number): Promise<Examined | undefined> {
    try {
      await this.#turns.take();
      const [best] = await this.#candidates(index, "all");
      if (best === undefined) return undefined;
      const { path, stats } = best;
      const sha256 = await this.#hash(best);
      if (sha256 === undefined) return undefined;
      // Under `skip` the other sizes are here too.
      const isKept = this.#options.conflict === "skip" && best.number === 0;
      return { decision: isKept ? { kind: "skip" } : { kind: "have", sha256 }, path, bytes: stats.size, sha256 };
    } catch {
      return undefined;
    }
  }

  /**
   * Returns the path of a file that was here before with the content of one that has come all the same: several had its
   * size, and the sender was asked about another one, or about none since a part of it was here too.
   * @param wasExamined - the sender was asked about the most likely one
   */
  async twinOf(index: number, sha256: Uint8Array, wasExamined: boolean): Promise<string | undefined> {
    const { tree, manifest, nameOf } = this.#options;
    const folder = manifest.folderOf[index] ?? ROOT_FOLDER;
    // Two files of one transfer stay two, even with the same content.
    if (await tree.hasGiven(folder, nameOf(index))) return undefined;
    const candidates = await this.#candidates(index, "all").catch(() => []);
    for (const candidate of candidates.slice(wasExamined ? 1 : 0, MAX_HASHED_TWINS)) {
      const own = await this.#hash(candidate).catch(() => undefined);
      if (own !== undefined && areEqual(own, sha256)) return candidate.path;
    }
    return undefined;
  }

  async #hash({ path, stats }: Present): Promise<Uint8Array | undefined> {
    const fs = stats.size <= SMALL_FILE_BYTES ? this.#options.disk.pick() : this.#options.disk.pooled;
    const handle = await fs.open(path, READ_FLAGS | NO_FOLLOW);
    try {
      if (!fs.fstatSync(handle.fd).isFile()) return undefined;
      const hash = createHash("sha256");
      // One byte more than the file had tells its end in the same read.
      const buffer = new Uint8Array(Math.min(HASH_READ_BYTES, stats.size + 1));
      for (let position = 0; !this.#options.isStopped(); ) {
        const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
        hash.update(buffer.subarray(0, bytesRead));
        position += bytesRead;
        if (bytesRead === 0 || (bytesRead < buffer.length && position >= stats.size)) return hash.digest();
      }
      return undefined;
    } finally {
      await handle.close();
    }
  }
}

function isSameTime({ stats }: Present, entry: Entry): boolean {
  return mtimeUs(stats) === entry.mtimeUs;
}
