// The folder of the two exchange files: keeps our file written, and finds the peer's under any name. It polls every
// quarter second, because change events are not dependable on network shares and with FTP servers. The caller judges
// whether a document can serve; the rules are in docs/exchange-format.md. Anybody with write access to the folder
// decides what is found here and how often, so work, memory and the number of reports are limited.
import { realpath } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { type Decoding, decodeExchangeDocument, takesRepairs } from "../../exchange/codec.ts";
import type { ExchangeDocument } from "../../exchange/description.ts";
import { OWN_FILE_NAME } from "../../exchange/file-names.ts";
import { MAX_DOCUMENT_BYTES } from "../../exchange/limits.ts";
import type { Verdict } from "../../exchange/judge.ts";
import { isByteName, printableName } from "../../lib/byte-names.ts";
import { P2pError } from "../../lib/errors/p2p-error.ts";
import { RecentMap } from "../../lib/recent-map.ts";
import { unreadableError } from "./document-file.ts";
import { type FolderClock, realFolderClock } from "./folder-clock.ts";
import { FolderLock } from "./folder-lock.ts";
import { FolderScan, type Sighting } from "./folder-scan.ts";
import { NewestDocument, type SeenFile } from "./newest-document.ts";
import { openingBudget } from "./opening-budget.ts";
import { type Displaced, OwnFile, type WrittenFile } from "./own-file.ts";
import { OddFileError } from "../regular-file.ts";
import { TellingPace, type Waits } from "./telling-pace.ts";
import { absolutePath, isHeldName, nodeFileSystem } from "../file-system.ts";
import { UsedIds } from "../state/used-ids.ts";

const POLL_MS = 250;
/** The same while a session is up, whose files the disk has to store. */
const RELAXED_POLL_MS = 2_000;
/** How long the end waits for our file that is being written. */
const CLOSE_MS = 2_000;
/** Looks without our file in its place after which it counts as gone. */
const OWN_MISSED_LOOKS = 2;
/** A file that does not parse is reported after it has been unchanged for this long. */
const HALF_WRITTEN_MS = 5_000;
/** Looks at the end of the waiting: what the first one finds in the place of our file, the second reads elsewhere. */
const LAST_LOOKS = 2;
/** Maximum number of reported contents that are remembered; older ones may be reported once more. */
const MAX_REMEMBERED = 4_096;
/** Waits between reports of errors, for a file that changes all the time. */
const TELLING_WAITS: Waits = { firstMs: 5_000, lastMs: 600_000 };

/** An event in the folder. `path` is as the user would write it. */
export type FolderFinding =
  /** A usable document of the peer, newer than those before it. */
  | { kind: "peer"; path: string; document: ExchangeDocument; verdict: Exclude<Verdict, P2pError> }
  /** An unusable file that existed before the start. */
  | { kind: "ignored"; path: string; error: P2pError }
  /** An unusable file that arrived after the start. `isFatal`: `in` named it, so there is nothing to wait for. */
  | { kind: "refused"; path: string; error: P2pError; isFatal: boolean }
  /** The peer's file was dropped over our own: it is kept as `keptAs`, and ours is restored. */
  | { kind: "own-overwritten"; path: string; keptAs: string }
  /** Our file is not in its place any more: somebody has moved or deleted it. It is not written again. */
  | { kind: "own-gone"; path: string }
  /** The folder has disappeared, or has come back. Watching continues. */
  | { kind: "folder-gone"; path: string; error: P2pError }
  | { kind: "folder-back"; path: string }
  /** The folder has more files than the scan examines. */
  | { kind: "folder-crowded"; path: string }
  /** The folder has so many files that are costly to open that they are opened one by one, with pauses. */
  | { kind: "costly-files"; path: string; count: number };

/**
 * @param path - how errors name the file
 * @param isFromBefore - the file existed before the start
 */
export type Judge = (document: ExchangeDocument, path: string, isFromBefore: boolean) => Verdict;

/**
 * Decodes a document, after opening it if it is sealed.
 * @param isFromBefore - the file existed before the start
 */
export type ReadDocument = (bytes: Uint8Array, path: string, isFromBefore: boolean) => Promise<Decoding>;

/** Returns the cost of opening a file, in units of the costliest attempt; 0 when it takes no work. */
export type CostOf = (bytes: Uint8Array) => number;

/** Options for reading documents. */
export interface ReadingOptions {
  /** Default: sealed documents are not opened. */
  read?: ReadDocument;
  /** Default: no document takes work. */
  costOf?: CostOf;
  /** Returns the contact name of a judged document's signer: of documents that arrive at once a known one wins. */
  knownAs?: (document: ExchangeDocument) => string | undefined;
}

export interface ExchangeFolderOptions extends ReadingOptions {
  dir: string;
  /** The path of our file; default `DIR/LocaltionJson.json`. `false`: our document is sent some other way. */
  out?: string | false;
  /** The only file to watch; default: every `*.json` of the folder. `false`: the document arrives some other way. */
  in?: string | false;
  /** The command that is shown to a process that finds the folder locked. */
  command: "offer" | "answer";
  /** The directory that remembers our documents, so that one of an earlier run is recognized as our own. */
  stateDir: string;
  clock?: FolderClock;
}

/** A file that is costly to open. */
interface Costly {
  sighting: Sighting;
  cost: number;
}

interface Parts {
  lock: FolderLock | undefined;
  own: OwnFile;
  scan: FolderScan;
  clock: FolderClock;
}

/**
 * The paths of this folder are texts for the system, the screen and the state directory alike. Bytes that are no text
 * would become another path there, which does not exist.
 */
async function checkPlaces(places: readonly string[]): Promise<void> {
  for (const place of places) {
    const path = await nodeFileSystem.realpath(place).catch(() => absolutePath(place));
    if (isByteName(path)) throw new P2pError("PLACE_NOT_UTF8", { path: printableName(path) });
  }
}

export class ExchangeFolder {
  readonly #options: ExchangeFolderOptions;
  readonly #lock: FolderLock | undefined;
  readonly #own: OwnFile;
  readonly #scan: FolderScan;
  readonly #clock: FolderClock;
  readonly #pace: TellingPace;
  readonly #newest: NewestDocument;
  /** Budgets for the file under the expected name, and for all other files. */
  readonly #work = { expected: openingBudget(), others: openingBudget() };
  /** The same for repairs of changed texts; one of the longest text is a unit, and takes a quarter of a second. */
  readonly #repairWork = { expected: openingBudget(), others: openingBudget() };
  /** Findings from writing our file, reported by `watch`. */
  readonly #waiting: FolderFinding[] = [];
  /** Digests of contents that were reported or delivered: the same content is not reported again. */
  readonly #told = new RecentMap<true>(MAX_REMEMBERED);
  readonly #closed = new AbortController();
  /** Aborts when the waiting is over: nothing is given time to become complete any more. */
  readonly #concluding = new AbortController();
  /** The number of times that our document was to be written, and the end of the last one. */
  #writes = 0;
  #lastWrite: Promise<unknown> = Promise.resolve();
  /** Another program holds what is in the place of our file. */
  #isOwnHeld = false;
  #isRelaxed = false;
  #isGone = false;
  #isCrowded = false;
  /** Looks in a row that have not found our file in its place. */
  #ownMissed = 0;
  /** The next report of costly files needs more of them than this. */
  #costlyTold = 0;
  #costlyTries = 0;

  private constructor(options: ExchangeFolderOptions, { lock, own, scan, clock }: Parts) {
    this.#options = options;
    this.#lock = lock;
    this.#own = own;
    this.#scan = scan;
    this.#clock = clock;
    this.#pace = new TellingPace(clock.now, TELLING_WAITS);
    this.#newest = new NewestDocument(clock.now);
  }

  /**
   * Locks the folder if one of the two files is in it, and records which files exist before the start.
   * @throws P2pError FOLDER_IN_USE, LOCK_UNUSABLE, FOLDER_UNUSABLE, PLACE_NOT_UTF8, OUT_NAME_TAKEN, WRITE_FAILED; STATE_UNSAFE, STATE_UNUSABLE
   */
  static async open(options: ExchangeFolderOptions): Promise<ExchangeFolder> {
    const { dir, in: inFile, clock = realFolderClock } = options;
    const out = typeof options.out === "string" ? options.out : undefined;
    const isInDir = (path: string): boolean => dirname(resolve(path)) === resolve(dir);
    const isWatched = inFile === undefined || (inFile !== false && isInDir(inFile));
    const isDirUsed = isWatched || (options.out !== false && isInDir(out ?? join(dir, OWN_FILE_NAME)));
    await checkPlaces([...(isDirUsed ? [dir] : []), inFile, out].filter((path) => typeof path === "string"));
    const ownDocuments = await UsedIds.open(options.stateDir, "own-documents");
    const realDir = await realpath(dir).catch(() => resolve(dir));
    const own = new OwnFile({ dir, realDir, out, ownDocuments }, OWN_FILE_NAME);
    await own.checkName();
    const lock = isDirUsed ? await FolderLock.acquire(dir, options.command) : undefined;
    try {
      if (options.out !== false) await own.checkPlace();
      const scan = await FolderScan.start(typeof inFile === "string" ? { file: inFile } : { dir }, clock.now);
      return new ExchangeFolder(options, { lock, own, scan, clock });
    } catch (error) {
      await lock?.release();
      throw error;
    }
  }

  /**
   * Rewrites our document. If another person's document is in its place, that one is first kept under another name.
   * One that replaces an earlier one waits for the program that holds that.
   * @returns the path of our file
   * @throws P2pError WRITE_FAILED
   */
  async writeOwn(text: string): Promise<WrittenFile> {
    const written = this.#writeOwn(text);
    this.#lastWrite = written.catch(() => {});
    return await written;
  }

  async #writeOwn(text: string): Promise<WrittenFile> {
    const isRewritten = this.#own.isWritten;
    this.#writes += 1;
    const write = this.#writes;
    for (;;) {
      try {
        const written = await this.#own.write(text, this.#noteDisplaced);
        this.#isOwnHeld = false;
        return written;
      } catch (error) {
        // The first one is asked for by somebody who is there; a later one comes while both sides wait.
        if (!isRewritten || !isHeldFile(error) || this.#closed.signal.aborted) throw error;
        this.#tellHeld(error);
      }
      await this.#clock.sleep(POLL_MS, this.#closed.signal);
      // A newer document is being written, or has its place already: this one would replace it.
      if (write !== this.#writes) return { path: this.#own.path, isMadeAnew: false };
    }
  }

  /**
   * Stores a document that came as text, where it overwrites nothing and `watch` finds it.
   * @returns its path
   * @throws P2pError WRITE_FAILED
   */
  async take(text: string): Promise<string> {
    return await this.#own.take(text);
  }

  /**
   * Reports what happens in the folder until `signal` aborts, or until it was looked at once more after `conclude`.
   * @param judge - called for each document that can be read and is new
   * @param onLooked - called once, after what the first look has found
   * @throws P2pError WRITE_FAILED when our file cannot be restored
   */
  async *watch(judge: Judge, signal: AbortSignal, onLooked?: () => void): AsyncGenerator<FolderFinding, void, void> {
    const woken = AbortSignal.any([signal, this.#concluding.signal]);
    let looksLeft = LAST_LOOKS;
    let isFirst = true;
    while (!signal.aborted && looksLeft > 0) {
      if (this.#concluding.signal.aborted) looksLeft -= 1;
      yield* await this.#look(judge, signal);
      if (isFirst) onLooked?.();
      isFirst = false;
      await this.#clock.sleep(this.#isRelaxed ? RELAXED_POLL_MS : POLL_MS, woken);
    }
  }

  /**
   * The waiting is over: `watch` looks once more, takes each file as it is, also one that may still be written, and ends.
   */
  conclude(): void {
    this.#concluding.abort();
  }

  /**
   * From now on looks rarely, and only for files under the usual names. Our file is left to itself: a session may store
   * another one in its place.
   */
  relax(): void {
    this.#isRelaxed = true;
    this.#scan.keepToOurNames();
  }

  /** Unlocks the folder, once what has begun is written in it: the next run may write there too. The files stay. */
  async close(): Promise<void> {
    this.#closed.abort();
    const limit = new AbortController();
    const written = this.#lastWrite.then(() => this.#own.close());
    await Promise.race([written, this.#clock.sleep(CLOSE_MS, limit.signal)]);
    limit.abort();
    await this.#lock?.release();
  }

  async #look(judge: Judge, signal: AbortSignal): Promise<FolderFinding[]> {
    const findings: FolderFinding[] = await this.#lookAtFolder();
    const costly: Costly[] = [];
    let costlyCount = 0;
    for await (const sighting of this.#scan.next()) {
      if (signal.aborted) return [];
      const cost = this.#costOf(sighting);
      if (cost === 0) {
        if (!this.#mayRepair(sighting)) continue;
        this.#take(await this.#evaluate(sighting, judge), sighting, findings);
        continue;
      }
      if (this.#told.has(sighting.digest)) {
        this.#scan.settle(sighting.path);
        continue;
      }
      costlyCount += 1;
      // Only one costly file is in memory at a time.
      if (costly[0] === undefined || this.#comesBefore({ sighting, cost }, costly[0])) costly[0] = { sighting, cost };
    }
    if (costly[0] !== undefined) await this.#open(costly[0], costlyCount, judge, findings);
    findings.unshift(...this.#waiting.splice(0));
    const newest = this.#newest.poll();
    if (newest === undefined) return findings;
    const { document, verdict, file } = newest;
    return [...findings, { kind: "peer", path: file.path, document, verdict }];
  }

  /** Makes one attempt per scan, so that new files are noticed meanwhile; files beyond the work budget wait. */
  async #open({ sighting, cost }: Costly, count: number, judge: Judge, findings: FolderFinding[]): Promise<void> {
    const budget = sighting.rank === 0 ? this.#work.expected : this.#work.others;
    if (budget.take(this.#clock.now(), cost)) {
      this.#costlyTries += 1;
      this.#take(await this.#evaluate(sighting, judge), sighting, findings);
    } else if (count > this.#costlyTold && this.#pace.admits("costly-files")) {
      this.#costlyTold = count * 2;
      findings.push({ kind: "costly-files", path: this.#options.dir, count });
    }
  }

  /**
   * Orders costly files: the expected name first, then the least work, then alternately the newest and the one that has
   * waited longest, so that neither many new files nor many old ones starve another.
   */
  #comesBefore(one: Costly, other: Costly): boolean {
    if (one.sighting.rank !== other.sighting.rank) return one.sighting.rank < other.sighting.rank;
    if (one.cost !== other.cost) return one.cost < other.cost;
    const isLater = one.sighting.unchangedSinceMs > other.sighting.unchangedSinceMs;
    return this.#costlyTries % 2 === 0 ? isLater : one.sighting.unchangedSinceMs < other.sighting.unchangedSinceMs;
  }

  #costOf(sighting: Sighting): number {
    const { bytes, digest } = sighting;
    if (bytes === undefined || this.#isInOwnPlace(sighting) || this.#own.isOurs(digest)) return 0;
    return this.#options.costOf?.(bytes) ?? 0;
  }

  /** Returns false for a file that has to be repaired when too much was repaired already: it is looked at again. */
  #mayRepair(sighting: Sighting): boolean {
    const { bytes, rank } = sighting;
    if (bytes === undefined || this.#told.has(newsOf(sighting)) || !takesRepairs(bytes)) return true;
    const { expected, others } = this.#repairWork;
    return (rank === 0 ? expected : others).take(this.#clock.now(), bytes.length / MAX_DOCUMENT_BYTES);
  }

  /** A usable document is deferred to the end of the scan, since a newer one may follow. */
  #take(finding: FolderFinding | undefined, sighting: Sighting, findings: FolderFinding[]): void {
    if (finding === undefined) return;
    if (finding.kind !== "peer") {
      findings.push(finding);
      return;
    }
    const { document, verdict } = finding;
    const { path, digest, isFromBefore, modifiedNs, unchangedSinceMs } = sighting;
    const file = { path, digest, isFromBefore, modifiedNs, unchangedSinceMs };
    const passedOver = this.#newest.add({ document, verdict, file, knownAs: this.#options.knownAs?.(document) });
    const told = passedOver === undefined ? undefined : this.#report(passedOver.file, passedOver.error);
    if (told !== undefined) findings.push(told);
  }

  async #lookAtFolder(): Promise<FolderFinding[]> {
    const path = this.#scan.dir;
    const reason = await this.#scan.missing();
    if (reason !== undefined && !this.#isGone && this.#pace.admits("folder-gone")) {
      this.#isGone = true;
      return [{ kind: "folder-gone", path, error: new P2pError("FOLDER_GONE", { dir: path, reason }) }];
    }
    if (reason === undefined && this.#isGone) {
      this.#isGone = false;
      return [{ kind: "folder-back", path }];
    }
    const findings: FolderFinding[] = reason === undefined && (await this.#missesOwn()) ? [this.#ownGone] : [];
    if (!this.#scan.isCrowded || this.#isCrowded) return findings;
    this.#isCrowded = true;
    return [...findings, { kind: "folder-crowded", path }];
  }

  /** Returns true once each time that our file has gone; a program may take a moment to put it there again. */
  async #missesOwn(): Promise<boolean> {
    const isMissing = !this.#isRelaxed && (await this.#own.isMissing());
    this.#ownMissed = isMissing ? this.#ownMissed + 1 : 0;
    return this.#ownMissed === OWN_MISSED_LOOKS && this.#pace.admits("own-gone");
  }

  get #ownGone(): FolderFinding {
    return { kind: "own-gone", path: this.#own.path };
  }

  async #evaluate(sighting: Sighting, judge: Judge): Promise<FolderFinding | undefined> {
    const { path, bytes, digest } = sighting;
    if (bytes === undefined) return await this.#evaluateUnreadable(sighting, sighting.error);
    if (this.#own.isOurs(digest)) return this.#evaluateOwn(sighting);
    const decoding = await this.#read(sighting, bytes);
    if (!decoding.ok && decoding.incomplete && this.#mayStillBeWritten(sighting)) return undefined;
    this.#scan.settle(path);
    const verdict = decoding.ok ? judge(decoding.document, path, sighting.isFromBefore) : decoding.error;
    if (this.#isInOwnPlace(sighting)) {
      const isOwn = verdict instanceof P2pError && verdict.code === "FILE_OWN";
      // The dropped file is found again, and reported, under the name that it is kept under.
      if (!isOwn) await this.#restoreOwn(path);
      return undefined;
    }
    if (verdict instanceof P2pError) {
      const isMeant = sighting.isNamed || decoding.ok || decoding.isExchange;
      return isMeant ? this.#tell(sighting, verdict) : undefined;
    }
    if (!decoding.ok || this.#told.has(digest)) return undefined;
    this.#told.set(digest, true);
    return { kind: "peer", path, document: decoding.document, verdict };
  }

  /** A file in the place of ours is examined later under another name, so it need not be opened here. */
  async #read(sighting: Sighting, bytes: Uint8Array): Promise<Decoding> {
    const { read } = this.#options;
    const { path, isFromBefore } = sighting;
    return read === undefined || this.#isInOwnPlace(sighting)
      ? decodeExchangeDocument(bytes, path)
      : await read(bytes, path, isFromBefore);
  }

  /** Judges our own bytes: this run's file in its place is not reported; elsewhere, or of an earlier run, it fails. */
  #evaluateOwn(sighting: Sighting): FolderFinding | undefined {
    const { path } = sighting;
    this.#scan.settle(path);
    if (this.#isInOwnPlace(sighting)) return undefined;
    return this.#tell(sighting, new P2pError("FILE_OWN", { path }));
  }

  async #evaluateUnreadable(sighting: Sighting, error: P2pError): Promise<FolderFinding | undefined> {
    const isNoFile = error.cause instanceof OddFileError;
    if (this.#isInOwnPlace(sighting) && isNoFile) {
      await this.#restoreOwn(sighting.path);
      return undefined;
    }
    if (this.#mayStillBeWritten(sighting)) return undefined;
    this.#scan.settle(sighting.path);
    if (this.#isInOwnPlace(sighting)) {
      await this.#restoreOwn(sighting.path);
      return undefined;
    }
    return sighting.isNamed ? this.#tell(sighting, error) : undefined;
  }

  /**
   * Puts our file in its place again. While another program holds what is there, that is told once, and the next scan
   * tries again: what was put there is read under the name that it was copied to.
   */
  async #restoreOwn(path: string): Promise<void> {
    try {
      await this.#own.restore(this.#isOwnHeld ? () => {} : this.#noteDisplaced);
      this.#isOwnHeld = false;
    } catch (error) {
      if (!isHeldFile(error)) throw error;
      this.#tellHeld(error);
      this.#scan.reopen(path);
    }
  }

  #tellHeld(error: P2pError): void {
    if (this.#isOwnHeld) return;
    this.#isOwnHeld = true;
    this.#waiting.push({ kind: "refused", path: this.#own.path, error, isFatal: false });
  }

  /** A user who names an existing file vouches that it is complete. */
  #mayStillBeWritten({ unchangedSinceMs, isFromBefore }: Sighting): boolean {
    if (isFromBefore && typeof this.#options.in === "string") return false;
    if (this.#concluding.signal.aborted) return false;
    return this.#clock.now() - unchangedSinceMs < HALF_WRITTEN_MS;
  }

  #tell(sighting: Sighting, error: P2pError): FolderFinding | undefined {
    return this.#told.has(newsOf(sighting)) ? undefined : this.#report(sighting, error);
  }

  #report(seen: SeenFile, error: P2pError): FolderFinding | undefined {
    const { path, isFromBefore } = seen;
    const isFatal = typeof this.#options.in === "string";
    if (!isFatal && !this.#pace.admits(`${error.code} ${path}`)) {
      // It is reported later, if the file is still the same then.
      this.#scan.reopen(path);
      return undefined;
    }
    this.#told.set(newsOf(seen), true);
    if (isFromBefore && !isFatal) return { kind: "ignored", path, error };
    return { kind: "refused", path, error, isFatal };
  }

  readonly #noteDisplaced = (what: Displaced): void => {
    const { path } = this.#own;
    if ("keptAs" in what) {
      if (what.digest !== undefined) this.#scan.noteCopied(path, what.digest);
      if (this.#pace.admits("own-overwritten")) {
        this.#waiting.push({ kind: "own-overwritten", path, keptAs: what.keptAs });
      }
    } else if (this.#pace.admits("own-displaced")) {
      this.#waiting.push({ kind: "refused", path, error: unreadableError(path, what.error), isFatal: false });
    }
  };

  /** Returns whether the file is at the path of our file, and this run has written ours. */
  #isInOwnPlace({ path }: Sighting): boolean {
    return (
      this.#own.isWritten &&
      !this.#isRelaxed &&
      this.#options.out !== false &&
      resolve(path) === resolve(this.#own.path)
    );
  }
}

/** Whether our file could not be written only because another program holds it, as one may on Windows. */
function isHeldFile(error: unknown): error is P2pError {
  return error instanceof P2pError && error.code === "WRITE_FAILED" && isHeldName(error.cause);
}

/** An old file that is copied here once more is reported again: the user should know that it still cannot serve. */
function newsOf({ digest, isFromBefore }: SeenFile): string {
  return isFromBefore ? `before ${digest}` : digest;
}
