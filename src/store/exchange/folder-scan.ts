// Looks at a folder, or at one file, again and again, and reads what has changed since the last look. Knows names,
// times and bytes; what the bytes mean is exchange-folder's business.
import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { MAX_DOCUMENT_BYTES } from "../../exchange/limits.ts";
import type { P2pError } from "../../lib/errors/p2p-error.ts";
import { digestOf, documentFileState, type FileState, readDocumentFile, unreadableError } from "./document-file.ts";
import { errnoOf, systemReason } from "../file-system.ts";

/** Files of a folder that are looked at; those with our name come first. */
const MAX_FILES = 500;
const DOCUMENT_NAME = /^[^.].*\.json$/i;
const OUR_NAME = /^localtionjson/i;

interface SightingBase {
  path: string;
  /** A person means it as an exchange file: it has our name, or is the one file to watch. */
  isNamed: boolean;
  /** It was there before the start, as it is now. */
  isFromBefore: boolean;
  modifiedNs: bigint;
  /** Time of the clock since when the content has been the same. */
  unchangedSinceMs: number;
  /** Same content, same digest. */
  digest: string;
}

/** A file that is new, or has changed, or is not settled yet. */
export type Sighting = SightingBase & ({ bytes: Uint8Array } | { bytes: undefined; error: P2pError });

interface Known {
  signature: string;
  digest: string;
  sinceMs: number;
  /** Its content has been judged for good. */
  isSettled: boolean;
}

type Content = { digest: string } & ({ bytes: Uint8Array } | { bytes: undefined; error: P2pError });

export class FolderScan {
  readonly #target: { dir: string } | { file: string };
  readonly #now: () => number;
  readonly #known = new Map<string, Known>();
  /** Signatures of the files before the start. */
  readonly #before = new Map<string, string>();
  /** Digests of what was there before the start and was moved since. */
  readonly #movedFromBefore = new Set<string>();

  private constructor(target: { dir: string } | { file: string }, now: () => number) {
    this.#target = target;
    this.#now = now;
  }

  /**
   * Takes note of what is there.
   * @param now - monotonic, in milliseconds
   */
  static async start(target: { dir: string } | { file: string }, now: () => number): Promise<FolderScan> {
    const scan = new FolderScan(target, now);
    for (const path of (await scan.#paths()) ?? []) {
      const state = await documentFileState(path).catch(() => undefined);
      if (state !== undefined) scan.#before.set(path, state.signature);
    }
    return scan;
  }

  /** What there is to judge. A folder that cannot be read now (a share that is away) gives nothing. */
  async next(): Promise<Sighting[]> {
    const paths = await this.#paths();
    if (paths === undefined) return [];
    const sightings: Sighting[] = [];
    for (const path of paths) {
      const sighting = await this.#sight(path);
      if (sighting !== undefined) sightings.push(sighting);
    }
    const present = new Set(paths);
    for (const path of this.#known.keys()) if (!present.has(path)) this.#known.delete(path);
    return sightings;
  }

  /** The content of the file has been judged for good: it is shown again only when it changes. */
  settle(path: string): void {
    const known = this.#known.get(path);
    if (known !== undefined) known.isSettled = true;
  }

  /** The file `from` was copied elsewhere: if it was there before the start, so was what it holds. */
  noteCopied(from: string, digest: string): void {
    if (this.#before.has(from) && !this.#known.has(from)) this.#movedFromBefore.add(digest);
  }

  async #paths(): Promise<string[] | undefined> {
    if ("file" in this.#target) return [this.#target.file];
    const { dir } = this.#target;
    const names = await readdir(dir).catch(() => undefined);
    return names
      ?.filter((name) => DOCUMENT_NAME.test(name))
      .sort((one, other) => Number(OUR_NAME.test(other)) - Number(OUR_NAME.test(one)) || (one < other ? -1 : 1))
      .slice(0, MAX_FILES)
      .map((name) => join(dir, name));
  }

  async #sight(path: string): Promise<Sighting | undefined> {
    let state: FileState;
    try {
      state = await documentFileState(path);
    } catch {
      this.#known.delete(path);
      return undefined;
    }
    const isNamed = "file" in this.#target || OUR_NAME.test(basename(path));
    if (!isNamed && (!state.isFile || state.size > MAX_DOCUMENT_BYTES)) return undefined;
    const known = this.#known.get(path);
    if (known?.isSettled === true && known.signature === state.signature) return undefined;
    const content = await readContent(path, state);
    if (content === undefined) return undefined;
    const isSame = known?.digest === content.digest;
    const sinceMs = known !== undefined && isSame ? known.sinceMs : this.#now();
    // The same content again is no news, unless it lay there before the start and somebody carries it once more.
    const isCarriedAgain = known !== undefined && this.#before.get(path) === known.signature;
    const isSettled = known !== undefined && isSame && known.isSettled && !isCarriedAgain;
    this.#known.set(path, { signature: state.signature, digest: content.digest, sinceMs, isSettled });
    if (isSettled) return undefined;
    const isFromBefore = this.#before.get(path) === state.signature || this.#movedFromBefore.has(content.digest);
    return { path, isNamed, isFromBefore, modifiedNs: state.modifiedNs, unchangedSinceMs: sinceMs, ...content };
  }
}

/** @returns undefined when the file is gone */
async function readContent(path: string, state: FileState): Promise<Content | undefined> {
  if (!state.isFile) return unreadable(path, "it is not a file");
  try {
    const bytes = await readDocumentFile(path);
    return { bytes, digest: digestOf(bytes) };
  } catch (error) {
    return errnoOf(error) === "ENOENT" ? undefined : unreadable(path, systemReason(error));
  }
}

function unreadable(path: string, reason: string): Content {
  return { bytes: undefined, error: unreadableError(path, reason), digest: `${path} ${reason}` };
}
