// The offering side in a shared folder: it watches who claims its offer, and brings the answers. A claim that leads nowhere
// is lifted (claims.ts).
import { RecentMap } from "../../../lib/recent-map.ts";
import { digestOf } from "../../../store/exchange/document-file.ts";
import type { FoundEntry } from "../../../store/exchange/shared-place.ts";
import type { CarriedText } from "../../carrier.ts";
import { claimOn, ClaimWatch, type Entry, unclaimedOffers } from "./claims.ts";
import type { FolderRun, FolderSide } from "./folder-run.ts";
import type { OwnEntries } from "./own-entries.ts";

/** How long two offers lie side by side, unanswered, before that is told: an answering side may be on its way. */
const SIDE_BY_SIDE_MS = 10_000;
/** Limit of the answers that are remembered as handed over; older ones may come once more. */
const MAX_REMEMBERED = 1_024;

export class OfferingSide implements FolderSide {
  readonly hasSlot = true;
  readonly #run: FolderRun;
  readonly #own: OwnEntries;
  readonly #claim = new ClaimWatch();
  /** Entries that were handed over or refused, by name and revision, and digests of the documents in them. */
  readonly #handed = new RecentMap<true>(MAX_REMEMBERED);
  /** Since when another's offer waits beside ours; undefined: none does. */
  #sideBySideMs: number | undefined;
  #isOtherTold = false;

  constructor(run: FolderRun, own: OwnEntries) {
    this.#run = run;
    this.#own = own;
  }

  async nextText(found: readonly FoundEntry[]): Promise<CarriedText | undefined> {
    if (!this.#claim.isClaimed) await this.#own.followDay();
    const ours = found.filter(({ id }) => id?.slot === this.#own.slot);
    const claim = claimOn(ours, this.#own.slot);
    await this.#watchClaim(claim);
    this.#watchOthers(found, claim !== undefined);
    const answers = this.#run.readable(ours).filter(({ id }) => id.kind === "answer");
    // Among several the one who holds the claim comes first.
    const isClaimer = ({ head }: Entry): number => (head.by === claim?.head?.by ? 0 : 1);
    answers.sort((one, other) => isClaimer(one) - isClaimer(other) || one.head.createdAtMs - other.head.createdAtMs);
    for (const answer of answers) {
      const text = await this.#handOver(answer);
      if (text !== undefined) return text;
    }
    return undefined;
  }

  /** @returns undefined when it has come before, is a stranger's, is not there completely, or is too costly to open now */
  async #handOver({ name, head }: Entry): Promise<CarriedText | undefined> {
    const key = `${name} ${head.revision}`;
    if (this.#handed.has(key)) return undefined;
    const read = await this.#run.read(name);
    if (read === undefined) return undefined;
    const { bytes } = read;
    if (bytes !== undefined && !this.#run.mayOpen(bytes)) return undefined;
    this.#handed.set(key, true);
    if (bytes === undefined) return undefined;
    const digest = digestOf(bytes);
    if (this.#handed.has(digest)) return undefined;
    this.#handed.set(digest, true);
    this.#run.tell("delivered");
    return this.#run.carriedText(bytes, name);
  }

  async #watchClaim(claim: FoundEntry | undefined): Promise<void> {
    const isOverdue = this.#claim.handleSeen(claim, this.#run.clock.now());
    if (this.#run.state !== "delivered") this.#run.tell(claim === undefined ? "waiting" : "present");
    if (claim !== undefined && isOverdue) await this.#own.lift(claim);
  }

  /** Two people who both offer would wait for each other without end: it is told once. */
  #watchOthers(found: readonly FoundEntry[], isClaimed: boolean): void {
    const isThere = !isClaimed && this.#isOtherFree(found);
    if (!isThere) {
      this.#sideBySideMs = undefined;
      return;
    }
    const nowMs = this.#run.clock.now();
    this.#sideBySideMs ??= nowMs;
    if (this.#isOtherTold || nowMs - this.#sideBySideMs < SIDE_BY_SIDE_MS) return;
    this.#isOtherTold = true;
    this.#run.emit({ event: "other-offer-waits", via: this.#run.via });
  }

  #isOtherFree(found: readonly FoundEntry[]): boolean {
    const offers = unclaimedOffers(this.#run.readable(found), found);
    return offers.some(({ id: { slot }, head }) => slot !== this.#own.slot && this.#run.isForUs(slot, head));
  }
}
