// The folder of the two exchange files: writes ours, keeps it ours, and finds the other side's under whatever name
// it was dropped. Looks every quarter second, because change events are not dependable on network shares and with
// FTP servers. What a document is worth is judged by its user; the rules are docs/exchange-format.md.
import { constants } from "node:fs";
import { copyFile, realpath } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type Decoding, decodeExchangeDocument } from "../../exchange/codec.ts";
import type { ExchangeDocument } from "../../exchange/description.ts";
import type { Verdict } from "../../exchange/judge.ts";
import { P2pError } from "../../lib/errors/p2p-error.ts";
import { writeFileAtomically } from "../atomic-write.ts";
import { digestOf, readDocumentFile } from "./document-file.ts";
import { errnoOf, systemReason } from "../file-system.ts";
import { FolderLock } from "./folder-lock.ts";
import { FolderScan, type Sighting } from "./folder-scan.ts";
import { UsedIds } from "../state/used-ids.ts";

const OWN_NAME = "LocaltionJson.json";
const KEPT_NAME = "LocaltionJson_p";
const POLL_MS = 250;
/** How long a file that does not parse may stay unchanged before it is told. */
const HALF_WRITTEN_MS = 5_000;
const MAX_KEPT_FILES = 100;

/** What happened in the folder. `path` is as a person would write it. */
export type FolderFinding =
  /** A document of the other side that can serve, newer than those before it. */
  | { kind: "peer"; path: string; document: ExchangeDocument; verdict: Exclude<Verdict, P2pError> }
  /** It was there before the start and cannot serve. */
  | { kind: "ignored"; path: string; error: P2pError }
  /** It came since and cannot serve. `isFatal`: it was named by `in`, so there is nothing to wait for. */
  | { kind: "refused"; path: string; error: P2pError; isFatal: boolean }
  /** The other side's file was dropped over our own: it is kept as `keptAs`, ours is there again. */
  | { kind: "own-overwritten"; path: string; keptAs: string };

/**
 * @param path - what errors call the file
 * @param isFromBefore - it lay there before the start
 */
export type Judge = (document: ExchangeDocument, path: string, isFromBefore: boolean) => Verdict;

/**
 * Decodes a document, and opens it first where it is sealed.
 * @param isFromBefore - it lay there before the start
 */
export type ReadDocument = (bytes: Uint8Array, path: string, isFromBefore: boolean) => Promise<Decoding>;

export interface WrittenFile {
  path: string;
  /** It takes the place of one of an earlier run. */
  isMadeAnew: boolean;
}

/** Time as the folder needs it; tests hand in their own. */
export interface FolderClock {
  /** Monotonic, in milliseconds. */
  readonly now: () => number;
  /** Resolves after `ms` or when `signal` aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

export interface ExchangeFolderOptions {
  dir: string;
  /** Our file; default `DIR/LocaltionJson.json`. `false`: our document goes elsewhere. */
  out?: string | false;
  /** The only file to watch; default: every `*.json` of the folder. `false`: the document comes from elsewhere. */
  in?: string | false;
  /** For those who find the folder locked. */
  command: "offer" | "answer";
  /** Where documents of ours are remembered, so that one of an earlier run is known as our own. */
  stateDir: string;
  /** Default: what is sealed stays closed. */
  read?: ReadDocument;
  clock?: FolderClock;
}

const REAL_CLOCK: FolderClock = {
  now: () => performance.now(),
  sleep: async (ms, signal) => {
    await delay(ms, undefined, { signal }).catch(() => {});
  },
};

type PeerFinding = Extract<FolderFinding, { kind: "peer" }>;

/** A usable document on its way to becoming the one that is told. */
interface Usable {
  finding: PeerFinding;
  modifiedNs: bigint;
}

interface Parts {
  dir: string;
  outPath: string;
  lock: FolderLock | undefined;
  scan: FolderScan;
  clock: FolderClock;
  ownDocuments: UsedIds;
}

export class ExchangeFolder {
  readonly #options: ExchangeFolderOptions;
  readonly #dir: string;
  readonly #outPath: string;
  readonly #lock: FolderLock | undefined;
  readonly #scan: FolderScan;
  readonly #clock: FolderClock;
  readonly #ownDocuments: UsedIds;
  #ownText: string | undefined;
  /** Findings of `writeOwn`, told by `watch`. */
  readonly #waiting: FolderFinding[] = [];
  /** Digests of what was told or delivered: the same content again is no news. */
  readonly #told = new Set<string>();
  /** Highest revision delivered of each id. */
  readonly #revisions = new Map<string, number>();
  /** The end of the chain of writes: one at a time. */
  #lastWrite: Promise<unknown> = Promise.resolve();

  private constructor(options: ExchangeFolderOptions, parts: Parts) {
    this.#options = options;
    this.#dir = parts.dir;
    this.#outPath = parts.outPath;
    this.#lock = parts.lock;
    this.#scan = parts.scan;
    this.#ownDocuments = parts.ownDocuments;
    this.#clock = parts.clock;
  }

  /**
   * Locks the folder if one of the two files is in it, and takes note of what is there before the start.
   * @throws P2pError FOLDER_IN_USE, FOLDER_UNUSABLE, WRITE_FAILED (the state directory)
   */
  static async open(options: ExchangeFolderOptions): Promise<ExchangeFolder> {
    const { dir, in: inFile, clock = REAL_CLOCK } = options;
    const outPath = typeof options.out === "string" ? options.out : join(dir, OWN_NAME);
    const isInDir = (path: string): boolean => dirname(resolve(path)) === resolve(dir);
    const isWatched = inFile === undefined || (inFile !== false && isInDir(inFile));
    const isDirUsed = isWatched || (options.out !== false && isInDir(outPath));
    const ownDocuments = await UsedIds.open(options.stateDir, "own-documents");
    const lock = isDirUsed ? await FolderLock.acquire(dir, options.command) : undefined;
    const realDir = await realpath(dir).catch(() => resolve(dir));
    const scan = await FolderScan.start(typeof inFile === "string" ? { file: inFile } : { dir }, clock.now);
    return new ExchangeFolder(options, { dir: realDir, outPath, lock, scan, clock, ownDocuments });
  }

  /**
   * Writes our document anew. A document of somebody else that lies in its place is kept under another name first.
   * @returns the path of our file
   * @throws P2pError WRITE_FAILED
   */
  async writeOwn(text: string): Promise<WrittenFile> {
    return await this.#inTurn(async () => {
      const isMadeAnew = this.#ownText === undefined && (await this.#hasOwnOfBefore());
      await this.#ownDocuments.add(this.#ownKey(digestOf(text)), Date.now());
      this.#ownText = text;
      await this.#keepForeign((bytes) => {
        const decoding = decodeExchangeDocument(bytes, this.#outPath);
        return decoding.ok || decoding.isExchange;
      });
      await writeFileAtomically(this.#outPath, text);
      return { path: this.#outPath, isMadeAnew };
    });
  }

  /**
   * Keeps a document that came as text, where it overwrites nothing and `watch` finds it.
   * @returns its path
   * @throws P2pError WRITE_FAILED
   */
  async take(text: string): Promise<string> {
    return await this.#inTurn(async () => {
      const digest = digestOf(text);
      for (let copy = 0; copy < MAX_KEPT_FILES; copy += 1) {
        const path = join(this.#options.dir, keptName(copy));
        const existing = await readDocumentFile(path).catch((error: unknown) => errnoOf(error) !== "ENOENT");
        // Written again, so that it is news: who pastes it once more wants to hear what is wrong with it.
        const isFree = existing === false || (existing instanceof Uint8Array && digestOf(existing) === digest);
        if (isFree) {
          await writeFileAtomically(path, text);
          return path;
        }
      }
      throw tooManyKept(join(this.#options.dir, keptName(0)));
    });
  }

  /**
   * Tells what happens in the folder until `signal` aborts.
   * @param judge - asked for each document that can be read and is new
   * @throws P2pError WRITE_FAILED when our file cannot be written again
   */
  async *watch(judge: Judge, signal: AbortSignal): AsyncGenerator<FolderFinding, void, void> {
    while (!signal.aborted) {
      yield* await this.#look(judge);
      await this.#clock.sleep(POLL_MS, signal);
    }
  }

  /** Unlocks the folder. Files stay. */
  async close(): Promise<void> {
    await this.#lock?.release();
  }

  async #look(judge: Judge): Promise<FolderFinding[]> {
    const findings: FolderFinding[] = [];
    let newest: Usable | undefined;
    for (const sighting of await this.#scan.next()) {
      const finding = await this.#evaluate(sighting, judge);
      if (finding?.kind !== "peer") {
        if (finding !== undefined) findings.push(finding);
        continue;
      }
      const usable = { finding, modifiedNs: sighting.modifiedNs };
      if (newest === undefined || isNewer(usable, newest)) newest = usable;
    }
    findings.unshift(...this.#waiting.splice(0));
    if (newest !== undefined && this.#isNews(newest.finding.document)) findings.push(newest.finding);
    return findings;
  }

  async #evaluate(sighting: Sighting, judge: Judge): Promise<FolderFinding | undefined> {
    const { path, bytes, digest } = sighting;
    if (bytes === undefined) return this.#evaluateUnreadable(sighting, sighting.error);
    if (this.#ownDocuments.has(this.#ownKey(digest))) return this.#evaluateOwn(sighting);
    const decoding = await this.#read(sighting, bytes);
    if (!decoding.ok && decoding.incomplete && this.#mayStillBeWritten(sighting)) return undefined;
    this.#scan.settle(path);
    const verdict = decoding.ok ? judge(decoding.document, path, sighting.isFromBefore) : decoding.error;
    if (this.#ownText !== undefined && this.#isOwnPath(path)) {
      const isOwn = verdict instanceof P2pError && verdict.code === "FILE_OWN";
      // What was dropped there is seen again, and told, under the name under which it is kept.
      if (!isOwn) await this.#restoreOwn();
      return undefined;
    }
    if (verdict instanceof P2pError) {
      const isMeant = sighting.isNamed || decoding.ok || decoding.isExchange;
      return isMeant ? this.#tell(sighting, verdict) : undefined;
    }
    if (!decoding.ok || this.#told.has(digest)) return undefined;
    this.#told.add(digest);
    return { kind: "peer", path, document: decoding.document, verdict };
  }

  /** What lies in the place of our file is looked at under another name: it need not be opened here. */
  async #read({ path, isFromBefore }: Sighting, bytes: Uint8Array): Promise<Decoding> {
    const { read } = this.#options;
    const isKeptElsewhere = this.#ownText !== undefined && this.#isOwnPath(path);
    return read === undefined || isKeptElsewhere
      ? decodeExchangeDocument(bytes, path)
      : await read(bytes, path, isFromBefore);
  }

  /** Our own bytes: what this run wrote is no news in its place; elsewhere, or of an earlier run, they cannot serve. */
  #evaluateOwn(sighting: Sighting): FolderFinding | undefined {
    const { path } = sighting;
    this.#scan.settle(path);
    if (this.#ownText !== undefined && this.#isOwnPath(path)) return undefined;
    return this.#tell(sighting, new P2pError("FILE_OWN", { path }));
  }

  #evaluateUnreadable(sighting: Sighting, error: P2pError): FolderFinding | undefined {
    if (this.#mayStillBeWritten(sighting)) return undefined;
    this.#scan.settle(sighting.path);
    return sighting.isNamed ? this.#tell(sighting, error) : undefined;
  }

  /** Who names a file that is there says that it is whole. */
  #mayStillBeWritten({ unchangedSinceMs, isFromBefore }: Sighting): boolean {
    if (isFromBefore && typeof this.#options.in === "string") return false;
    return this.#clock.now() - unchangedSinceMs < HALF_WRITTEN_MS;
  }

  #tell({ path, digest, isFromBefore }: Sighting, error: P2pError): FolderFinding | undefined {
    // What lay there before and is carried once more is news: the person should know that it still cannot serve.
    const news = isFromBefore ? `before ${digest}` : digest;
    if (this.#told.has(news)) return undefined;
    this.#told.add(news);
    const isFatal = typeof this.#options.in === "string";
    if (isFromBefore && !isFatal) return { kind: "ignored", path, error };
    return { kind: "refused", path, error, isFatal };
  }

  /** Whether a document is none that a newer revision has already replaced. */
  #isNews({ p2p }: ExchangeDocument): boolean {
    if (p2p === undefined) return true;
    const isNews = p2p.revision > (this.#revisions.get(p2p.id) ?? 0);
    if (isNews) this.#revisions.set(p2p.id, p2p.revision);
    return isNews;
  }

  /** Whether a document of ours from an earlier run is where this one is to be. */
  async #hasOwnOfBefore(): Promise<boolean> {
    const bytes = await readDocumentFile(this.#outPath).catch(() => undefined);
    return bytes !== undefined && this.#ownDocuments.has(this.#ownKey(digestOf(bytes)));
  }

  async #restoreOwn(): Promise<void> {
    await this.#inTurn(async () => {
      if (this.#ownText === undefined) return;
      await this.#keepForeign(() => true);
      await writeFileAtomically(this.#outPath, this.#ownText);
    });
  }

  /** Keeps what lies in the place of our file if it is not ours and worth it. */
  async #keepForeign(isWorthIt: (bytes: Uint8Array) => boolean): Promise<void> {
    const bytes = await readDocumentFile(this.#outPath).catch(() => undefined);
    if (bytes === undefined) return;
    const digest = digestOf(bytes);
    if (this.#ownDocuments.has(this.#ownKey(digest)) || !isWorthIt(bytes)) return;
    const keptAs = await this.#keep(digest);
    this.#scan.noteCopied(this.#outPath, digest);
    this.#waiting.push({ kind: "own-overwritten", path: this.#outPath, keptAs });
  }

  /** Copies the file in the place of ours to a name where it overwrites nothing. @returns its path */
  async #keep(digest: string): Promise<string> {
    for (let copy = 0; copy < MAX_KEPT_FILES; copy += 1) {
      const path = join(dirname(this.#outPath), keptName(copy));
      try {
        await copyFile(this.#outPath, path, constants.COPYFILE_EXCL);
        return path;
      } catch (cause) {
        if (errnoOf(cause) !== "EEXIST") {
          throw new P2pError("WRITE_FAILED", { path, reason: systemReason(cause) }, { cause });
        }
      }
      const existing = await readDocumentFile(path).catch(() => undefined);
      if (existing !== undefined && digestOf(existing) === digest) return path;
    }
    throw tooManyKept(join(dirname(this.#outPath), keptName(0)));
  }

  #isOwnPath(path: string): boolean {
    return resolve(path) === resolve(this.#outPath) && this.#options.out !== false;
  }

  /** Two people on one machine have one memory and two folders: what is own is own in its folder only. */
  #ownKey(digest: string): string {
    return `${this.#dir} ${digest}`;
  }

  async #inTurn<T>(write: () => Promise<T>): Promise<T> {
    const result = this.#lastWrite.then(write);
    this.#lastWrite = result.catch(() => {});
    return await result;
  }
}

function keptName(copy: number): string {
  return copy === 0 ? `${KEPT_NAME}.json` : `${KEPT_NAME} (${copy}).json`;
}

function tooManyKept(path: string): P2pError {
  return new P2pError("WRITE_FAILED", { path, reason: `${MAX_KEPT_FILES} copies of it are there already` });
}

/** Of one pairing the higher revision counts, of different ones the time of the file. */
function isNewer(one: Usable, other: Usable): boolean {
  const [mine, theirs] = [one.finding.document.p2p, other.finding.document.p2p];
  if (mine !== undefined && mine.id === theirs?.id && mine.revision !== theirs.revision) {
    return mine.revision > theirs.revision;
  }
  return one.modifiedNs > other.modifiedNs;
}
