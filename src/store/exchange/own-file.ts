// Our exchange file, and the handling of anything that others put in its place: their document is kept under a name
// where it overwrites nothing, anything else is moved aside. No link is followed and only documents are copied, because
// the file may be a link to one that only this user can read.
import { lstat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { decodeExchangeDocument } from "../../exchange/codec.ts";
import { MAX_DOCUMENT_BYTES } from "../../exchange/limits.ts";
import type { OddFile } from "../../lib/odd-file.ts";
import { P2pError } from "../../lib/errors/p2p-error.ts";
import { probeAtomicWrite, writeDurably, writeFileAtomically } from "../atomic-write.ts";
import { digestOf, readDocumentFile } from "./document-file.ts";
import { errnoOf, nodeFileSystem, systemReason } from "../file-system.ts";
import { OddFileError } from "../regular-file.ts";
import type { UsedIds } from "../state/used-ids.ts";

const KEPT_NAME = "LocaltionJson_p";
const MAX_KEPT_FILES = 100;
/** Kinds of files that contain nothing that could be lost. */
const EMPTY_KINDS: readonly OddFile[] = ["link", "pipe", "socket"];

export interface WrittenFile {
  path: string;
  /** The file replaces one of an earlier run. */
  isMadeAnew: boolean;
}

/** A file that was found in the place of ours: kept as `keptAs`, or removed because of `error`. */
export type Displaced = { keptAs: string; digest: string | undefined } | { error: unknown };

interface OwnFileOptions {
  /** The folder of the exchange files, as the user would write it, and its real path. */
  dir: string;
  realDir: string;
  /** The path of our file; default: in the folder, under its name. */
  out: string | undefined;
  ownDocuments: UsedIds;
}

export class OwnFile {
  /** The path as the user would write it. */
  readonly path: string;
  readonly #real: string;
  readonly #options: OwnFileOptions;
  #text: string | undefined;
  #isClosed = false;
  /** The tail of the chain of writes, which run one at a time. */
  #lastWrite: Promise<unknown> = Promise.resolve();

  /** @param name - the name of our file when `options.out` is undefined */
  constructor(options: OwnFileOptions, name: string) {
    this.#options = options;
    this.path = options.out ?? join(options.dir, name);
    this.#real = options.out === undefined ? join(options.realDir, name) : resolve(options.out);
  }

  /** The option that chooses another place. */
  get #place(): "out" | "dir" {
    return this.#options.out === undefined ? "dir" : "out";
  }

  /** True once this run has written the file. */
  get isWritten(): boolean {
    return this.#text !== undefined;
  }

  /** Returns whether this run has written the file, and nothing is in its place any more. */
  async isMissing(): Promise<boolean> {
    if (this.#text === undefined) return false;
    await this.#lastWrite;
    return await lstat(this.#real).then(
      () => false,
      (error: unknown) => errnoOf(error) === "ENOENT",
    );
  }

  /** Checks that our file can be written in its place, as far as that is known beforehand. @throws P2pError WRITE_FAILED */
  async checkPlace(): Promise<void> {
    await probeAtomicWrite(this.#real, this.#place);
  }

  /**
   * Checks that the name that the user has given, if any, is not that of something else by mistake.
   * @throws P2pError OUT_NAME_TAKEN
   */
  async checkName(): Promise<void> {
    if (this.#options.out === undefined) return;
    const bytes = await readDocumentFile(this.#real).catch(() => undefined);
    if (bytes === undefined || bytes.length === 0 || this.isOurs(digestOf(bytes))) return;
    if (!this.#isWorthKeeping(bytes)) throw new P2pError("OUT_NAME_TAKEN", { path: this.path });
  }

  /** Returns whether this user wrote a document for this folder. @param digest - `digestOf` its bytes */
  isOurs(digest: string): boolean {
    return this.#options.ownDocuments.has(this.#keyOf(digest));
  }

  /**
   * Rewrites our document. If another person's document is in its place, that one is first kept under another name.
   * @throws P2pError WRITE_FAILED
   */
  async write(text: string, onDisplaced: (what: Displaced) => void): Promise<WrittenFile> {
    return await this.#inTurn(async () => {
      const isMadeAnew = this.#text === undefined && (await this.#hasOneOfBefore());
      await this.#options.ownDocuments.add(this.#keyOf(digestOf(text)), Date.now());
      this.#text = text;
      const bytes = await readDocumentFile(this.#real).catch(() => undefined);
      if (bytes !== undefined && this.#isWorthKeeping(bytes)) onDisplaced(await this.#keep(bytes));
      await writeFileAtomically(this.#real, text, this.#place);
      return { path: this.path, isMadeAnew };
    });
  }

  /** Rewrites our file if something else has replaced it. @throws P2pError WRITE_FAILED */
  async restore(onDisplaced: (what: Displaced) => void): Promise<void> {
    await this.#inTurn(async () => {
      if (this.#text === undefined || this.#isClosed || (await isHeld(this.#real))) return;
      const displaced = await this.#displace();
      if (displaced !== undefined) onDisplaced(displaced);
      await writeFileAtomically(this.#real, this.#text, this.#place);
    });
  }

  /**
   * Stores a document that came as text in the folder of ours, where it overwrites nothing.
   * @returns its path
   * @throws P2pError WRITE_FAILED; FILE_OWN: this user has written the document for this folder
   */
  async take(text: string): Promise<string> {
    const { dir, realDir } = this.#options;
    return await this.#inTurn(async () => {
      const digest = digestOf(text);
      if (this.isOurs(digest)) throw new P2pError("FILE_OWN", { path: "" });
      for (let copy = 0; copy < MAX_KEPT_FILES; copy += 1) {
        const real = join(realDir, keptName(copy));
        const existing = await readDocumentFile(real).catch((error: unknown) => errnoOf(error) !== "ENOENT");
        // The file is rewritten so that it counts as new: a user who pastes it again wants to know its flaw.
        const isFree = existing === false || (existing instanceof Uint8Array && digestOf(existing) === digest);
        if (isFree) {
          await writeFileAtomically(real, text, "dir");
          return join(dir, keptName(copy));
        }
      }
      throw tooManyKept(join(dir, keptName(0)));
    });
  }

  /** Our file is no longer put back. Resolves when what has begun is written. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#lastWrite;
  }

  /** Makes room for our file. @returns undefined when nothing is in its place, or the file is ours */
  async #displace(): Promise<Displaced | undefined> {
    let bytes: Uint8Array;
    try {
      bytes = await readDocumentFile(this.#real);
    } catch (error) {
      if (errnoOf(error) === "ENOENT") return undefined;
      const isEmpty = error instanceof OddFileError && EMPTY_KINDS.includes(error.kind);
      return isEmpty ? { error } : await this.#setAside();
    }
    if (bytes.length > MAX_DOCUMENT_BYTES) return await this.#setAside();
    return this.isOurs(digestOf(bytes)) ? undefined : await this.#keep(bytes);
  }

  #isWorthKeeping(bytes: Uint8Array): boolean {
    if (this.isOurs(digestOf(bytes))) return false;
    const decoding = decodeExchangeDocument(bytes, this.path);
    return decoding.ok || decoding.isExchange;
  }

  /** Copies the document that was in the place of ours to a name where it overwrites nothing. */
  async #keep(bytes: Uint8Array): Promise<Displaced> {
    const digest = digestOf(bytes);
    for (let copy = 0; copy < MAX_KEPT_FILES; copy += 1) {
      const name = keptName(copy);
      const real = join(dirname(this.#real), name);
      const keptAs = join(dirname(this.path), name);
      try {
        await writeDurably(real, bytes);
        return { keptAs, digest };
      } catch (cause) {
        if (errnoOf(cause) !== "EEXIST") {
          throw new P2pError("WRITE_FAILED", { path: keptAs, reason: systemReason(cause) }, { cause });
        }
      }
      const existing = await readDocumentFile(real).catch(() => undefined);
      if (existing !== undefined && digestOf(existing) === digest) return { keptAs, digest };
    }
    throw tooManyKept(join(dirname(this.path), keptName(0)));
  }

  /** Renames something that is not a document but may still contain data; it is not read. */
  async #setAside(): Promise<Displaced> {
    for (let copy = 0; copy < MAX_KEPT_FILES; copy += 1) {
      const real = join(dirname(this.#real), keptName(copy));
      const isFree = await lstat(real).then(
        () => false,
        (error: unknown) => errnoOf(error) === "ENOENT",
      );
      if (!isFree) continue;
      const keptAs = join(dirname(this.path), keptName(copy));
      try {
        await nodeFileSystem.rename(this.#real, real);
      } catch (cause) {
        throw new P2pError("WRITE_FAILED", { path: keptAs, reason: systemReason(cause) }, { cause });
      }
      return { keptAs, digest: undefined };
    }
    throw tooManyKept(join(dirname(this.path), keptName(0)));
  }

  /** Returns whether a document of ours from an earlier run is at the path of this one. */
  async #hasOneOfBefore(): Promise<boolean> {
    const bytes = await readDocumentFile(this.#real).catch(() => undefined);
    return bytes !== undefined && this.isOurs(digestOf(bytes));
  }

  /** Two people on one machine share a memory but not a folder: a document is our own only within its folder. */
  #keyOf(digest: string): string {
    return `${this.#options.realDir} ${digest}`;
  }

  async #inTurn<T>(write: () => Promise<T>): Promise<T> {
    const result = this.#lastWrite.then(write);
    this.#lastWrite = result.catch(() => {});
    return await result;
  }
}

/** Whether another program has the file open alone, as a virus scanner does on Windows: that says nothing about it. */
async function isHeld(path: string): Promise<boolean> {
  return await readDocumentFile(path).then(
    () => false,
    (error: unknown) => errnoOf(error) === "EBUSY",
  );
}

function keptName(copy: number): string {
  return copy === 0 ? `${KEPT_NAME}.json` : `${KEPT_NAME} (${copy}).json`;
}

function tooManyKept(path: string): P2pError {
  return new P2pError("WRITE_FAILED", {
    path,
    reason: `${MAX_KEPT_FILES} copies of ${basename(path)} are there already`,
  });
}
