// Which document of an exchange folder is delivered next, of all that can serve: the newest, at a pace that gives each
// try some time. It knows no disk; what is passed over goes back to the folder, with the error that says why.
import type { ExchangeDocument } from "../../exchange/description.ts";
import { isOtherAnswer, type Verdict } from "../../exchange/judge.ts";
import { P2pError } from "../../lib/errors/p2p-error.ts";
import { displayName } from "../../lib/person-names.ts";
import { RecentMap } from "../../lib/recent-map.ts";
import type { Sighting } from "./folder-scan.ts";
import { TellingPace, type Waits } from "./telling-pace.ts";

/** Waits between two deliveries. Each one replaces the attempt before it; between two people they are rare. */
const SERVING_WAITS: Waits = { firstMs: 1_000, lastMs: 4_000, isAlone: true };
/** Maximum number of pairings whose revisions are remembered; a document of an older one may be delivered once more. */
const MAX_PAIRINGS = 4_096;

/** A sighting without the bytes of the file. */
export type SeenFile = Pick<Sighting, "path" | "digest" | "isFromBefore" | "modifiedNs" | "unchangedSinceMs">;

/** A document that can serve, and the file that it was read from. */
export interface UsableDocument {
  readonly document: ExchangeDocument;
  readonly verdict: Exclude<Verdict, P2pError>;
  readonly file: SeenFile;
  /** The contact name of its signer; undefined for a stranger. */
  readonly knownAs: string | undefined;
}

/** A file that is not delivered because of another one, and why its owner has to hear of it. */
export interface PassedOver {
  readonly file: SeenFile;
  readonly error: P2pError;
}

export class NewestDocument {
  readonly #now: () => number;
  readonly #pace: TellingPace;
  /** The highest revision delivered for each id. */
  readonly #revisions = new RecentMap<number>(MAX_PAIRINGS);
  /** The document that is delivered next. */
  #next: UsableDocument | undefined;
  #delivered: { usable: UsableDocument; atMs: number } | undefined;

  /** @param now - monotonic, in milliseconds */
  constructor(now: () => number) {
    this.#now = now;
    this.#pace = new TellingPace(now, SERVING_WAITS);
  }

  /**
   * Takes one more document that can serve.
   * @returns the file that is passed over because of it, or for which it is passed over, where that has to be told
   */
  add(usable: UsableDocument): PassedOver | undefined {
    const last = this.#delivered;
    // This file existed when a newer one was delivered, and was opened only now.
    if (last !== undefined && usable.file.unchangedSinceMs <= last.atMs && !isNewer(usable, last.usable)) {
      return passedOver(usable, last.usable);
    }
    const other = this.#next;
    if (other === undefined) {
      this.#next = usable;
      return undefined;
    }
    if (!isNewer(usable, other)) return passedOver(usable, other);
    this.#next = usable;
    return passedOver(other, usable);
  }

  /** @returns the document that is delivered now, at most once for each revision; undefined: none, or not yet */
  poll(): UsableDocument | undefined {
    const usable = this.#next;
    if (usable === undefined || !this.#pace.admits("")) return undefined;
    this.#next = undefined;
    if (!this.#isNews(usable.document)) return undefined;
    this.#delivered = { usable, atMs: this.#now() };
    return usable;
  }

  /** Returns false for a document that a newer revision has already replaced. */
  #isNews({ p2p }: ExchangeDocument): boolean {
    if (p2p === undefined) return true;
    const isNews = p2p.revision > (this.#revisions.get(p2p.id) ?? 0);
    if (isNews) this.#revisions.set(p2p.id, p2p.revision);
    return isNews;
  }
}

/**
 * A stranger's file that came together with a contact's is told, and treated like one that comes after it; so is the
 * answer of somebody else, as one offer serves one person. An older document of the same person is not worth a word.
 */
function passedOver({ file, knownAs, document }: UsableDocument, better: UsableDocument): PassedOver | undefined {
  const { path } = file;
  if (better.knownAs !== undefined && knownAs === undefined) {
    return { file, error: new P2pError("FILE_NOT_RECOGNISED", { path, name: displayName(better.knownAs) }) };
  }
  if (!isOtherAnswer(document, better.document)) return undefined;
  return { file, error: new P2pError("FILE_SECOND_ANSWER", { path }) };
}

/** A contact wins over a stranger; within one pairing the higher revision wins, otherwise the later file time. */
function isNewer(one: UsableDocument, other: UsableDocument): boolean {
  if ((one.knownAs === undefined) !== (other.knownAs === undefined)) return one.knownAs !== undefined;
  const [mine, theirs] = [one.document.p2p, other.document.p2p];
  if (mine !== undefined && mine.id === theirs?.id && mine.revision !== theirs.revision) {
    return mine.revision > theirs.revision;
  }
  // Many disks count in seconds: of two files with the same time the one that was seen last is the newer.
  if (one.file.modifiedNs === other.file.modifiedNs) return one.file.unchangedSinceMs > other.file.unchangedSinceMs;
  return one.file.modifiedNs > other.file.modifiedNs;
}
