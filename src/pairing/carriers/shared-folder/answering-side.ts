// The answering side in a shared folder: it claims one offer (claims.ts says which, and for how long), brings it, and gives it
// up for another one when it has come to nothing.
import { entryName } from "../../../exchange/shared-entry.ts";
import type { FoundEntry } from "../../../store/exchange/shared-place.ts";
import type { CarriedText } from "../../carrier.ts";
import { claimOn, type Claimed, type Entry, OfferChoice } from "./claims.ts";
import type { FolderRun, FolderSide } from "./folder-run.ts";
import type { OwnEntries } from "./own-entries.ts";

export class AnsweringSide implements FolderSide {
  readonly #run: FolderRun;
  readonly #own: OwnEntries;
  readonly #offers: OfferChoice;

  constructor(run: FolderRun, own: OwnEntries) {
    this.#run = run;
    this.#own = own;
    this.#offers = new OfferChoice(run.by, (slot, head) => run.isForUs(slot, head));
  }

  /** Between two offers there is nobody to answer. */
  get hasSlot(): boolean {
    return this.#offers.claimed !== undefined;
  }

  async nextText(found: readonly FoundEntry[]): Promise<CarriedText | undefined> {
    const { claimed } = this.#offers;
    if (claimed !== undefined) {
      const { slot, expiresAtMs } = claimed;
      const offer = this.#run.readable(found).find(({ id }) => id.kind === "offer" && id.slot === slot);
      const isOtherFree = this.#freeOffers(found).some(({ id }) => id.slot !== slot);
      const there = { offer, claim: claimOn(found, slot), isOtherFree };
      const verdict = this.#offers.judge(claimed, there, this.#run.clock.now());
      if (verdict === "unclaimed") await this.#own.claim(slot, expiresAtMs);
      if (verdict !== "lost") {
        if (this.#run.state === "lost") this.#run.tell("present");
        const isNews = offer !== undefined && offer.head.revision > claimed.revision;
        return isNews ? await this.#take(claimed, offer.name) : undefined;
      }
      await this.#giveUp(claimed);
    }
    for (const offer of this.#freeOffers(found)) {
      const text = await this.#claimOffer(offer);
      // Another claim beside one whose offer cannot be read now would leave the first one to nobody.
      if (text !== undefined || this.#offers.claimed !== undefined) return text;
    }
    if (this.#offers.claimed === undefined) this.#run.tell("waiting");
    return undefined;
  }

  #freeOffers(found: readonly FoundEntry[]): Entry[] {
    return this.#offers.free(this.#run.readable(found), found, this.#run.clock.wallMs());
  }

  async #claimOffer({ id: { slot }, head: { expiresAtMs } }: Entry): Promise<CarriedText | undefined> {
    if (!(await this.#own.claim(slot, expiresAtMs))) return undefined;
    this.#run.meeting?.enter(slot);
    const claimed = this.#offers.claim(slot, expiresAtMs, this.#run.clock.now());
    this.#run.tell("present");
    return await this.#take(claimed, entryName({ kind: "offer", slot }));
  }

  /** @returns undefined when the offer is gone, has not arrived completely, is a stranger's, or is too costly to open now */
  async #take(claimed: Claimed, name: string): Promise<CarriedText | undefined> {
    const read = await this.#run.read(name);
    if (read === undefined) return undefined;
    const { revision, bytes } = read;
    if (bytes === undefined) {
      this.#offers.refuse(claimed, revision);
      return undefined;
    }
    if (!this.#run.mayOpen(bytes)) return undefined;
    claimed.revision = revision;
    return { ...this.#run.carriedText(bytes, name), onRefused: () => this.#offers.refuse(claimed, revision) };
  }

  async #giveUp({ isRefused }: Claimed): Promise<void> {
    this.#offers.leave();
    if (!isRefused) this.#run.tell("lost");
    await this.#own.takeBack();
  }
}
