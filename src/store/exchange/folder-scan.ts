// Polls a folder, or one file, and reads what has changed since the last scan. It knows names, times and bytes;
// exchange-folder interprets the bytes. Anybody with write access to the folder chooses how many files it has and how
// large they are, so names, files and bytes per scan are limited, and one file is in memory at a time.
import { opendir, realpath, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { OWN_FILE_NAME, PEER_FILE_NAME } from "../../exchange/file-names.ts";
import { MAX_DOCUMENT_BYTES } from "../../exchange/limits.ts";
import type { P2pError } from "../../lib/errors/p2p-error.ts";
import { digestOf, documentFileState, type FileState, readDocumentFile, unreadableError } from "./document-file.ts";
import { errnoOf, systemReason } from "../file-system.ts";
import { OddFileError } from "../regular-file.ts";

/** Maximum number of files examined in a folder; those with our name come first. */
const MAX_FILES = 500;
/** Maximum number of names read in a folder to find them; the two names that matter are checked in any case. */
const MAX_NAMES = 20_000;
/** Bytes read in one scan of files without the expected name; the remaining files are read in later scans. */
const MAX_BYTES_PER_LOOK = 4 * 1_048_576;
/** Windows hides known extensions, and some mail gateways add one to what they do not know. */
const DOCUMENT_NAME = /^[^.].*\.json(?:\.txt)?$/i;
/** Ours, whatever extension it has now or has lost, and as programs correct the spelling. */
const OUR_NAME = /^local?tion[ _-]?json/i;
/** Incomplete downloads, backups of editors, and pages, which hold a document of their own. */
const PASSED_OVER =
  /(?:\.(?:crdownload|part|partial|download|opdownload|tmp|temp|filepart|swp|swx|bak|orig|html?)|~)$/i;

/** Rank of a name by its similarity to the expected one; lower is closer. */
export type NameRank = 0 | 1 | 2 | 3;

interface SightingBase {
  /** The path as the user would write it. */
  path: string;
  /** 0: the expected name of the peer's file. 1: the name of ours. 2: a similar name. 3: any other. */
  rank: NameRank;
  /** The user means it as an exchange file: it has our name, or is the one file to watch. */
  isNamed: boolean;
  /** The file existed before the start with the same content. */
  isFromBefore: boolean;
  modifiedNs: bigint;
  /** Clock time since which the content has been the same, in milliseconds. */
  unchangedSinceMs: number;
  /** Digest of the content; equal contents have equal digests. */
  digest: string;
}

/** A file that is new, has changed, or is not settled yet. */
export type Sighting = SightingBase & ({ bytes: Uint8Array } | { bytes: undefined; error: P2pError });

/** The target of a scan: each file of a folder that may be a document by its name, or one file that the user named. */
export type ScanTarget = { dir: string } | { file: string };

interface Known {
  signature: string;
  digest: string;
  sinceMs: number;
  /** The content has been judged for good. */
  isSettled: boolean;
  /** It could not be read: a program that lets go of the file changes nothing about it that can be seen. */
  isUnread: boolean;
}

interface Place {
  /** The path that is reported. */
  path: string;
  /** The absolute path, independent of this process's working directory. */
  real: string;
  rank: NameRank;
}

type Content = { digest: string } & ({ bytes: Uint8Array } | { bytes: undefined; error: P2pError });

export class FolderScan {
  readonly #target: ScanTarget;
  /** The real path of the folder; of the file itself where one file is watched. */
  readonly #real: string;
  readonly #now: () => number;
  readonly #known = new Map<string, Known>();
  /** Signatures of the files that existed before the start. */
  readonly #before = new Map<string, string>();
  /** Digests of files that existed before the start and were moved since. */
  readonly #movedFromBefore = new Set<string>();
  #isCrowded = false;
  #keepsToOurNames = false;
  #bytesLeft = 0;
  /** The path at which the last scan had to stop. */
  #stoppedAt: string | undefined;

  private constructor(target: ScanTarget, real: string, now: () => number) {
    this.#target = target;
    this.#real = real;
    this.#now = now;
  }

  /**
   * Records which files exist.
   * @param now - monotonic, in milliseconds
   */
  static async start(target: ScanTarget, now: () => number): Promise<FolderScan> {
    const real = "file" in target ? resolve(target.file) : await realpath(target.dir).catch(() => resolve(target.dir));
    const scan = new FolderScan(target, real, now);
    for (const place of (await scan.#places()) ?? []) {
      const state = await scan.#stateOf(place).catch(() => undefined);
      if (state !== undefined) scan.#before.set(place.path, state.signature);
    }
    return scan;
  }

  /** The folder has more files than the scan examines. */
  get isCrowded(): boolean {
    return this.#isCrowded;
  }

  /** The absolute path of the folder, or of the file's folder, independent of the working directory. */
  get dir(): string {
    return "file" in this.#target ? dirname(this.#real) : this.#real;
  }

  /** Returns the reason why the folder is missing now; undefined when it exists. */
  async missing(): Promise<string | undefined> {
    try {
      return (await stat(this.dir)).isDirectory() ? undefined : "it is no folder";
    } catch (error) {
      return systemReason(error);
    }
  }

  /** Yields the files to judge, one by one. A folder that is unreadable now (a disconnected share) yields nothing. */
  async *next(): AsyncGenerator<Sighting, void, void> {
    const places = await this.#places();
    if (places === undefined) return;
    const present = new Set(places.map(({ path }) => path));
    for (const path of this.#known.keys()) if (!present.has(path)) this.#known.delete(path);
    this.#bytesLeft = MAX_BYTES_PER_LOOK;
    const stoppedAt = this.#stoppedAt;
    this.#stoppedAt = undefined;
    for (const place of fromWhereItStopped(places, stoppedAt)) {
      if (this.#bytesLeft <= 0 && place.rank > 1) {
        this.#stoppedAt = place.path;
        return;
      }
      const sighting = await this.#sight(place);
      if (sighting !== undefined) yield sighting;
    }
  }

  /** Marks the content of the file as judged for good: it is yielded again only when it changes. */
  settle(path: string): void {
    const known = this.#known.get(path);
    if (known !== undefined) known.isSettled = true;
  }

  /** Makes the next scan yield the file again. */
  reopen(path: string): void {
    const known = this.#known.get(path);
    if (known !== undefined) known.isSettled = false;
  }

  /** Examines only files that are named like an exchange file from now on. */
  keepToOurNames(): void {
    this.#keepsToOurNames = true;
  }

  /** Records that the file `from` was copied elsewhere: if it existed before the start, so did its content. */
  noteCopied(from: string, digest: string): void {
    if (this.#before.has(from) && !this.#known.has(from)) this.#movedFromBefore.add(digest);
  }

  async #places(): Promise<Place[] | undefined> {
    if ("file" in this.#target) return [{ path: this.#target.file, real: this.#real, rank: 0 }];
    const { dir } = this.#target;
    const found = await namesIn(this.#real);
    if (found === undefined) return undefined;
    const names = this.#keepsToOurNames ? found.filter((name) => OUR_NAME.test(name)) : found;
    this.#isCrowded = names.length > MAX_FILES;
    const ranked = names.map((name) => ({ path: join(dir, name), real: join(this.#real, name), rank: rankOf(name) }));
    return ranked.sort((one, other) => one.rank - other.rank || (one.path < other.path ? -1 : 1)).slice(0, MAX_FILES);
  }

  async #stateOf({ real }: Place): Promise<FileState> {
    return await documentFileState(real, "file" in this.#target);
  }

  async #sight(place: Place): Promise<Sighting | undefined> {
    const { path, rank } = place;
    let state: FileState;
    try {
      state = await this.#stateOf(place);
    } catch {
      this.#known.delete(path);
      return undefined;
    }
    const isNamed = "file" in this.#target || OUR_NAME.test(basename(path));
    if (!isNamed && (state.odd !== undefined || state.size > MAX_DOCUMENT_BYTES)) return undefined;
    const known = this.#known.get(path);
    if (known?.isSettled === true && !known.isUnread && known.signature === state.signature) return undefined;
    const content = await this.#contentOf(place, state);
    if (content === undefined) return undefined;
    const isSame = known?.digest === content.digest;
    const sinceMs = known !== undefined && isSame ? known.sinceMs : this.#now();
    // The same content is not reported again, unless it existed before the start and somebody copies it here once more.
    const isCarriedAgain = known !== undefined && this.#before.get(path) === known.signature;
    const isSettled = known !== undefined && isSame && known.isSettled && !isCarriedAgain;
    const isUnread = content.bytes === undefined && state.odd === undefined;
    this.#known.set(path, { signature: state.signature, digest: content.digest, sinceMs, isSettled, isUnread });
    if (isSettled) return undefined;
    const isFromBefore = this.#before.get(path) === state.signature || this.#movedFromBefore.has(content.digest);
    return { path, rank, isNamed, isFromBefore, modifiedNs: state.modifiedNs, unchangedSinceMs: sinceMs, ...content };
  }

  /** @returns undefined when the file no longer exists */
  async #contentOf({ path, real }: Place, state: FileState): Promise<Content | undefined> {
    if (state.odd !== undefined) return unreadable(path, new OddFileError(state.odd));
    try {
      const bytes = await readDocumentFile(real, "file" in this.#target);
      this.#bytesLeft -= bytes.length;
      return { bytes, digest: digestOf(bytes) };
    } catch (error) {
      return errnoOf(error) === "ENOENT" ? undefined : unreadable(path, error);
    }
  }
}

/** @returns undefined when the folder cannot be read now */
async function namesIn(dir: string): Promise<string[] | undefined> {
  const found = new Set<string>();
  try {
    let left = MAX_NAMES;
    for await (const { name } of await opendir(dir, { bufferSize: 1_024 })) {
      if (mayBeDocument(name)) found.add(name);
      left -= 1;
      if (left === 0) {
        // Among so many names these two may not have come up yet; where the files do not exist, the scan ignores them.
        return [...found.add(OWN_FILE_NAME).add(PEER_FILE_NAME)];
      }
    }
    return [...found];
  } catch {
    return undefined;
  }
}

function mayBeDocument(name: string): boolean {
  return DOCUMENT_NAME.test(name) || (OUR_NAME.test(name) && !PASSED_OVER.test(name));
}

function rankOf(name: string): NameRank {
  if (name === PEER_FILE_NAME) return 0;
  if (name === OWN_FILE_NAME) return 1;
  return OUR_NAME.test(name) ? 2 : 3;
}

/** Orders the places: the two names that matter first, then the others from where the last scan had to stop. */
function fromWhereItStopped(places: readonly Place[], stoppedAt: string | undefined): readonly Place[] {
  const at = places.findIndex(({ path }) => path === stoppedAt);
  if (at === -1) return places;
  const first = places.filter(({ rank }) => rank <= 1);
  return [...first, ...places.slice(at), ...places.slice(first.length, at)];
}

function unreadable(path: string, cause: unknown): Content {
  const error = unreadableError(path, cause);
  return { bytes: undefined, error, digest: `${path} ${error.message}` };
}
