// The folder of the two exchange files: has ours written and kept, and finds the other side's under whatever name
// it was dropped. Looks every quarter second, because change events are not dependable on network shares and with
// FTP servers. What a document is worth is judged by its user; the rules are docs/exchange-format.md. Whoever may write into
// the folder decides what is found here and how often: work, memory and what a person is told have limits.
import { realpath } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type Decoding, decodeExchangeDocument } from "../../exchange/codec.ts";
import type { ExchangeDocument } from "../../exchange/description.ts";
import type { Verdict } from "../../exchange/judge.ts";
import { P2pError } from "../../lib/errors/p2p-error.ts";
import { displayName } from "../../lib/person-names.ts";
import { RecentMap } from "../../lib/recent-map.ts";
import { unreadableError } from "./document-file.ts";
import { FolderLock } from "./folder-lock.ts";
import { FolderScan, type Sighting } from "./folder-scan.ts";
import { type Displaced, OwnFile, type WrittenFile } from "./own-file.ts";
import { OddFileError } from "../regular-file.ts";
import { TellingPace, type Waits } from "./telling-pace.ts";
import { UsedIds } from "../state/used-ids.ts";
import { WorkBudget } from "./work-budget.ts";

const OWN_NAME = "LocaltionJson.json";
const POLL_MS = 250;
/** How long a file that does not parse may stay unchanged before it is told. */
const HALF_WRITTEN_MS = 5_000;
/** Contents and pairings that are remembered as told; of older ones a person may hear once more. */
const MAX_REMEMBERED = 4_096;
/** What is wrong with a file that changes all the time. */
const TELLING_WAITS: Waits = { firstMs: 5_000, lastMs: 600_000 };
/** A document that can serve replaces the try before it: one of a pair of people comes now and then. */
const SERVING_WAITS: Waits = { firstMs: 1_000, lastMs: 4_000, isAlone: true };

/** What happened in the folder. `path` is as a person would write it. */
export type FolderFinding =
  /** A document of the other side that can serve, newer than those before it. */
  | { kind: "peer"; path: string; document: ExchangeDocument; verdict: Exclude<Verdict, P2pError> }
  /** It was there before the start and cannot serve. */
  | { kind: "ignored"; path: string; error: P2pError }
  /** It came since and cannot serve. `isFatal`: it was named by `in`, so there is nothing to wait for. */
  | { kind: "refused"; path: string; error: P2pError; isFatal: boolean }
  /** The other side's file was dropped over our own: it is kept as `keptAs`, ours is there again. */
  | { kind: "own-overwritten"; path: string; keptAs: string }
  /** The folder is not there any more, or is there again. Waiting goes on. */
  | { kind: "folder-gone"; path: string; error: P2pError }
  | { kind: "folder-back"; path: string }
  /** There are more files than are looked at. */
  | { kind: "folder-crowded"; path: string }
  /** So many files that take work to open are there that they are opened one by one, with rests. */
  | { kind: "costly-files"; path: string; count: number };

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

/** Of a file that takes work to open, in units of the costliest try; 0 where it takes none. */
export type CostOf = (bytes: Uint8Array) => number;

/** Time as the folder needs it; tests hand in their own. */
export interface FolderClock {
  /** Monotonic, in milliseconds. */
  readonly now: () => number;
  /** Resolves after `ms` or when `signal` aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** How texts are read. */
export interface ReadingOptions {
  /** Default: what is sealed stays closed. */
  read?: ReadDocument;
  /** Default: nothing takes work. */
  costOf?: CostOf;
  /** Under which name the signer of a judged document is kept: of those that come at once a known one counts. */
  knownAs?: (document: ExchangeDocument) => string | undefined;
}

export interface ExchangeFolderOptions extends ReadingOptions {
  dir: string;
  /** Our file; default `DIR/LocaltionJson.json`. `false`: our document goes elsewhere. */
  out?: string | false;
  /** The only file to watch; default: every `*.json` of the folder. `false`: the document comes from elsewhere. */
  in?: string | false;
  /** For those who find the folder locked. */
  command: "offer" | "answer";
  /** Where documents of ours are remembered, so that one of an earlier run is known as our own. */
  stateDir: string;
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
  seen: Seen;
  /** Under which name its signer is kept. */
  knownAs: string | undefined;
}

/** A sighting without the bytes of the file. */
type Seen = Pick<Sighting, "path" | "digest" | "isFromBefore" | "modifiedNs" | "unchangedSinceMs">;

/** A file that takes work to open. */
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

export class ExchangeFolder {
  readonly #options: ExchangeFolderOptions;
  readonly #lock: FolderLock | undefined;
  readonly #own: OwnFile;
  readonly #scan: FolderScan;
  readonly #clock: FolderClock;
  readonly #pace: TellingPace;
  readonly #servingPace: TellingPace;
  /** For the file under the name that is waited for, and for all others. */
  readonly #work: { expected: WorkBudget; others: WorkBudget };
  /** Findings of writing our file, told by `watch`. */
  readonly #waiting: FolderFinding[] = [];
  /** Digests of what was told or delivered: the same content again is no news. */
  readonly #told = new RecentMap<true>(MAX_REMEMBERED);
  /** Highest revision delivered of each id. */
  readonly #revisions = new RecentMap<number>(MAX_REMEMBERED);
  /** What cannot be told yet. */
  #heldBack: Usable | undefined;
  /** What was delivered last, and when. */
  #delivered: { usable: Usable; atMs: number } | undefined;
  #isGone = false;
  #isCrowded = false;
  /** Costly files that were told. */
  #costlyTold = 0;
  #costlyTries = 0;

  private constructor(options: ExchangeFolderOptions, { lock, own, scan, clock }: Parts) {
    this.#options = options;
    this.#lock = lock;
    this.#own = own;
    this.#scan = scan;
    this.#clock = clock;
    this.#pace = new TellingPace(clock.now, TELLING_WAITS);
    this.#servingPace = new TellingPace(clock.now, SERVING_WAITS);
    this.#work = { expected: new WorkBudget(clock.now), others: new WorkBudget(clock.now) };
  }

  /**
   * Locks the folder if one of the two files is in it, and takes note of what is there before the start.
   * @throws P2pError FOLDER_IN_USE, LOCK_UNUSABLE, FOLDER_UNUSABLE; STATE_UNSAFE, WRITE_FAILED (the state directory)
   */
  static async open(options: ExchangeFolderOptions): Promise<ExchangeFolder> {
    const { dir, in: inFile, clock = REAL_CLOCK } = options;
    const out = typeof options.out === "string" ? options.out : undefined;
    const isInDir = (path: string): boolean => dirname(resolve(path)) === resolve(dir);
    const isWatched = inFile === undefined || (inFile !== false && isInDir(inFile));
    const isDirUsed = isWatched || (options.out !== false && isInDir(out ?? join(dir, OWN_NAME)));
    const ownDocuments = await UsedIds.open(options.stateDir, "own-documents");
    const lock = isDirUsed ? await FolderLock.acquire(dir, options.command) : undefined;
    const realDir = await realpath(dir).catch(() => resolve(dir));
    const own = new OwnFile({ dir, realDir, out, ownDocuments }, OWN_NAME);
    const scan = await FolderScan.start(typeof inFile === "string" ? { file: inFile } : { dir }, clock.now);
    return new ExchangeFolder(options, { lock, own, scan, clock });
  }

  /**
   * Writes our document anew. A document of somebody else that lies in its place is kept under another name first.
   * @returns the path of our file
   * @throws P2pError WRITE_FAILED
   */
  async writeOwn(text: string): Promise<WrittenFile> {
    return await this.#own.write(text, this.#noteDisplaced);
  }

  /**
   * Keeps a document that came as text, where it overwrites nothing and `watch` finds it.
   * @returns its path
   * @throws P2pError WRITE_FAILED
   */
  async take(text: string): Promise<string> {
    return await this.#own.take(text);
  }

  /**
   * Tells what happens in the folder until `signal` aborts.
   * @param judge - asked for each document that can be read and is new
   * @throws P2pError WRITE_FAILED when our file cannot be written again
   */
  async *watch(judge: Judge, signal: AbortSignal): AsyncGenerator<FolderFinding, void, void> {
    while (!signal.aborted) {
      yield* await this.#look(judge, signal);
      await this.#clock.sleep(POLL_MS, signal);
    }
  }

  /** Unlocks the folder. Files stay. */
  async close(): Promise<void> {
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
        this.#take(await this.#evaluate(sighting, judge), sighting, findings);
        continue;
      }
      if (this.#told.has(sighting.digest)) {
        this.#scan.settle(sighting.path);
        continue;
      }
      costlyCount += 1;
      // One of them is in memory at a time.
      if (costly[0] === undefined || this.#comesBefore({ sighting, cost }, costly[0])) costly[0] = { sighting, cost };
    }
    if (costly[0] !== undefined) await this.#open(costly[0], costlyCount, judge, findings);
    findings.unshift(...this.#waiting.splice(0));
    const newest = this.#heldBack;
    if (newest === undefined || !this.#servingPace.admits("")) return findings;
    this.#heldBack = undefined;
    if (!this.#isNews(newest.finding.document)) return findings;
    this.#delivered = { usable: newest, atMs: this.#clock.now() };
    return [...findings, newest.finding];
  }

  /** One try a look, so that what comes meanwhile is seen; those for which there is no work left wait. */
  async #open({ sighting, cost }: Costly, count: number, judge: Judge, findings: FolderFinding[]): Promise<void> {
    const budget = sighting.rank === 0 ? this.#work.expected : this.#work.others;
    if (budget.takes(cost)) {
      this.#costlyTries += 1;
      this.#take(await this.#evaluate(sighting, judge), sighting, findings);
    } else if (count > this.#costlyTold && this.#pace.admits("costly-files")) {
      this.#costlyTold = count * 2;
      findings.push({ kind: "costly-files", path: this.#options.dir, count });
    }
  }

  /**
   * The name that is waited for first, then what takes least work, then by turns what came last and what has waited
   * longest: neither many new files nor many old ones keep another from its turn.
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

  /** A usable document waits for the end of the look, since a newer one may be there. */
  #take(finding: FolderFinding | undefined, sighting: Sighting, findings: FolderFinding[]): void {
    if (finding === undefined) return;
    if (finding.kind !== "peer") {
      findings.push(finding);
      return;
    }
    const { path, digest, isFromBefore, modifiedNs, unchangedSinceMs } = sighting;
    const seen = { path, digest, isFromBefore, modifiedNs, unchangedSinceMs };
    const usable = { finding, seen, knownAs: this.#options.knownAs?.(finding.document) };
    const last = this.#delivered;
    // It was there already when a newer one was delivered, and was opened only now.
    if (last !== undefined && unchangedSinceMs <= last.atMs && !isNewer(usable, last.usable)) {
      this.#passOver(usable, last.usable, findings);
      return;
    }
    const held = this.#heldBack;
    const isBetter = held === undefined || isNewer(usable, held);
    if (held !== undefined) this.#passOver(isBetter ? held : usable, isBetter ? usable : held, findings);
    if (isBetter) this.#heldBack = usable;
  }

  /** A stranger's file that came beside one of somebody known is told, and is as good as one that comes after it. */
  #passOver({ seen, knownAs }: Usable, better: Usable, findings: FolderFinding[]): void {
    if (better.knownAs === undefined || knownAs !== undefined) return;
    const told = this.#report(
      seen,
      new P2pError("FILE_NOT_RECOGNISED", { path: seen.path, name: displayName(better.knownAs) }),
    );
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
    if (!this.#scan.isCrowded || this.#isCrowded) return [];
    this.#isCrowded = true;
    return [{ kind: "folder-crowded", path }];
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
      // What was dropped there is seen again, and told, under the name under which it is kept.
      if (!isOwn) await this.#own.restore(this.#noteDisplaced);
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

  /** What lies in the place of our file is looked at under another name: it need not be opened here. */
  async #read(sighting: Sighting, bytes: Uint8Array): Promise<Decoding> {
    const { read } = this.#options;
    const { path, isFromBefore } = sighting;
    return read === undefined || this.#isInOwnPlace(sighting)
      ? decodeExchangeDocument(bytes, path)
      : await read(bytes, path, isFromBefore);
  }

  /** Our own bytes: what this run wrote is no news in its place; elsewhere, or of an earlier run, they cannot serve. */
  #evaluateOwn(sighting: Sighting): FolderFinding | undefined {
    const { path } = sighting;
    this.#scan.settle(path);
    if (this.#isInOwnPlace(sighting)) return undefined;
    return this.#tell(sighting, new P2pError("FILE_OWN", { path }));
  }

  async #evaluateUnreadable(sighting: Sighting, error: P2pError): Promise<FolderFinding | undefined> {
    const isNoFile = error.cause instanceof OddFileError;
    if (this.#isInOwnPlace(sighting) && isNoFile) {
      await this.#own.restore(this.#noteDisplaced);
      return undefined;
    }
    if (this.#mayStillBeWritten(sighting)) return undefined;
    this.#scan.settle(sighting.path);
    if (this.#isInOwnPlace(sighting)) {
      await this.#own.restore(this.#noteDisplaced);
      return undefined;
    }
    return sighting.isNamed ? this.#tell(sighting, error) : undefined;
  }

  /** Who names a file that is there says that it is whole. */
  #mayStillBeWritten({ unchangedSinceMs, isFromBefore }: Sighting): boolean {
    if (isFromBefore && typeof this.#options.in === "string") return false;
    return this.#clock.now() - unchangedSinceMs < HALF_WRITTEN_MS;
  }

  #tell(sighting: Sighting, error: P2pError): FolderFinding | undefined {
    return this.#told.has(newsOf(sighting)) ? undefined : this.#report(sighting, error);
  }

  #report(seen: Seen, error: P2pError): FolderFinding | undefined {
    const { path, isFromBefore } = seen;
    const isFatal = typeof this.#options.in === "string";
    if (!isFatal && !this.#pace.admits(`${error.code} ${path}`)) {
      // Told later, if it is still what lies there then.
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

  /** Whether a document is none that a newer revision has already replaced. */
  #isNews({ p2p }: ExchangeDocument): boolean {
    if (p2p === undefined) return true;
    const isNews = p2p.revision > (this.#revisions.get(p2p.id) ?? 0);
    if (isNews) this.#revisions.set(p2p.id, p2p.revision);
    return isNews;
  }

  /** It lies where our file is, which this run has written. */
  #isInOwnPlace({ path }: Sighting): boolean {
    return this.#own.isWritten && this.#options.out !== false && resolve(path) === resolve(this.#own.path);
  }
}

/** What lay there before and is carried once more is news: the person should know that it still cannot serve. */
function newsOf({ digest, isFromBefore }: Seen): string {
  return isFromBefore ? `before ${digest}` : digest;
}

/** Somebody known counts before anybody else; of one pairing the higher revision, of different ones the time of the file. */
function isNewer(one: Usable, other: Usable): boolean {
  if ((one.knownAs === undefined) !== (other.knownAs === undefined)) return one.knownAs !== undefined;
  const [mine, theirs] = [one.finding.document.p2p, other.finding.document.p2p];
  if (mine !== undefined && mine.id === theirs?.id && mine.revision !== theirs.revision) {
    return mine.revision > theirs.revision;
  }
  // Many disks count in seconds: of two files of one moment the one that was seen last is the newer.
  if (one.seen.modifiedNs === other.seen.modifiedNs) return one.seen.unchangedSinceMs > other.seen.unchangedSinceMs;
  return one.seen.modifiedNs > other.seen.modifiedNs;
}
