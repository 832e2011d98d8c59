// The rules of claims in a shared folder (docs/carriers.md): which offer an answering side claims, when it leaves one for
// another, and when the offering side lifts a claim. They decide by what lies there, in the time that the carrier gives; the
// two sides (answering-side.ts, offering-side.ts) act on it.
import type { EntryHead } from "../../../exchange/shared-entry.ts";
import { RecentMap } from "../../../lib/recent-map.ts";
import type { FoundEntry } from "../../../store/exchange/shared-place.ts";

/** How long an offer has to be gone, or claimed by another, before the next one is claimed: our session may be opening. */
const LOST_MS = 5_000;
/** How long an answering side stays with one offer while others are free; twice as long each time it comes back to it. */
const PATIENCE_MS = 60_000;
const MAX_PATIENCE_MS = 960_000;
/**
 * How long a claim may stand without a connection before the offering side removes it. An answering side that is alive
 * claims again at once; the offer of one that has died becomes free.
 */
const RENEWAL_MS = 60_000;
/** Limit of the offers that are remembered as refused or tried; older ones may be claimed once more. */
const MAX_REMEMBERED = 1_024;

/** A readable entry. */
export type Entry = FoundEntry & { id: NonNullable<FoundEntry["id"]>; head: EntryHead };

/** The offer that an answering side has claimed. */
export interface Claimed {
  readonly slot: string;
  readonly expiresAtMs: number;
  /** The revision of the offer that was handed over last; 0: none was. */
  revision: number;
  /** Clock time of the claim, and since when the offer is gone or another's. */
  readonly sinceMs: number;
  lostSinceMs: number | undefined;
  isRefused: boolean;
}

/** Returns the claim on the offer of a slot; a copy that a sync service has kept is none. */
export function claimOn(found: readonly FoundEntry[], slot: string): FoundEntry | undefined {
  return found.find(({ id }) => id?.kind === "claim" && !id.isCopy && id.slot === slot);
}

/** @returns the offers among the readable entries that nobody has claimed, copies of a sync service not counted */
export function unclaimedOffers(entries: readonly Entry[], found: readonly FoundEntry[]): Entry[] {
  const claims = new Set(found.filter(({ id }) => id?.kind === "claim" && !id.isCopy).map(({ id }) => id?.slot));
  return entries.filter(({ id }) => id.kind === "offer" && !claims.has(id.slot));
}

/** The offers of a folder as one run sees them, and the one that it has claimed. */
export class OfferChoice {
  readonly #by: string;
  readonly #isForUs: (slot: string, head: EntryHead) => boolean;
  #claimed: Claimed | undefined;
  /** The revision of each offer that could not serve. */
  readonly #refused = new RecentMap<number>(MAX_REMEMBERED);
  /** How often each offer was claimed. */
  readonly #tries = new RecentMap<number>(MAX_REMEMBERED);

  /**
   * @param by - names this run in its claims
   * @param isForUs - whether this side may answer the offer of a slot
   */
  constructor(by: string, isForUs: (slot: string, head: EntryHead) => boolean) {
    this.#by = by;
    this.#isForUs = isForUs;
  }

  get claimed(): Claimed | undefined {
    return this.#claimed;
  }

  /**
   * Offers that nobody has claimed: those that are good by our clock, then the least tried ones, of these the oldest.
   * @param wallMs - milliseconds since 1970, UTC
   */
  free(entries: readonly Entry[], found: readonly FoundEntry[], wallMs: number): Entry[] {
    const triesOf = ({ id }: Entry): number => this.#tries.get(id.slot) ?? 0;
    return unclaimedOffers(entries, found)
      .filter(({ id, head }) => this.#refused.get(id.slot) !== head.revision && this.#isForUs(id.slot, head))
      .sort(
        (one, other) =>
          Number(one.head.expiresAtMs < wallMs) - Number(other.head.expiresAtMs < wallMs) ||
          triesOf(one) - triesOf(other) ||
          one.head.createdAtMs - other.head.createdAtMs ||
          (one.id.slot < other.id.slot ? -1 : 1),
      );
  }

  /** Records that this side has claimed an offer. */
  claim(slot: string, expiresAtMs: number, nowMs: number): Claimed {
    this.#tries.set(slot, (this.#tries.get(slot) ?? 0) + 1);
    this.#claimed = { slot, expiresAtMs, revision: 0, sinceMs: nowMs, lostSinceMs: undefined, isRefused: false };
    return this.#claimed;
  }

  /** The claimed offer cannot serve in this revision. */
  refuse(claimed: Claimed, revision: number): void {
    this.#refused.set(claimed.slot, revision);
    claimed.isRefused = true;
  }

  /**
   * Judges the claimed offer by what lies in the folder now. `unclaimed`: the offering side has removed our claim, to see
   * who is alive, and it has to be made again. `lost`: it is left for another one.
   * @param isOtherFree - another offer could be answered
   */
  judge(
    claimed: Claimed,
    { offer, claim, isOtherFree }: { offer: Entry | undefined; claim: FoundEntry | undefined; isOtherFree: boolean },
    nowMs: number,
  ): "held" | "unclaimed" | "lost" {
    if (claimed.isRefused) return "lost";
    const isAnothers = claim?.head !== undefined && claim.head.by !== this.#by;
    if (offer === undefined || isAnothers) {
      claimed.lostSinceMs ??= nowMs;
      return nowMs - claimed.lostSinceMs >= LOST_MS ? "lost" : "held";
    }
    claimed.lostSinceMs = undefined;
    const tries = this.#tries.get(claimed.slot) ?? 1;
    const patienceMs = Math.min(PATIENCE_MS * 2 ** (tries - 1), MAX_PATIENCE_MS);
    if (isOtherFree && nowMs - claimed.sinceMs >= patienceMs) return "lost";
    return claim === undefined ? "unclaimed" : "held";
  }

  /** This side has left the offer that it had claimed. */
  leave(): void {
    this.#claimed = undefined;
  }
}

/** The claim on our offer, as the offering side watches it. */
export class ClaimWatch {
  /** The run that has made the claim, and since when it is seen. */
  #claim: { by: string; sinceMs: number } | undefined;

  get isClaimed(): boolean {
    return this.#claim !== undefined;
  }

  /**
   * Takes the claim that lies there now.
   * @returns whether it has stood for so long without a connection that it is lifted
   */
  handleSeen(claim: FoundEntry | undefined, nowMs: number): boolean {
    if (claim === undefined) {
      this.#claim = undefined;
      return false;
    }
    const by = claim.head?.by ?? "";
    if (this.#claim?.by !== by) this.#claim = { by, sinceMs: nowMs };
    if (nowMs - this.#claim.sinceMs < RENEWAL_MS) return false;
    this.#claim = undefined;
    return true;
  }
}
