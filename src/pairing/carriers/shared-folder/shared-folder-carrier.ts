// The shared-folder carrier (`--via folder:DIR`, docs/carriers.md): both sides see one folder, by a sync service, a network
// share or a stick. The offering side puts its offer there; an answering side claims the oldest one that nobody has
// claimed, by a file that it creates exclusively, and puts its answer beside it. Each side removes what it wrote. Two people
// who keep each other meet there alone (`--to`): folder-meeting.ts has what they recognise and open.
import { P2pError } from "../../../lib/errors/p2p-error.ts";
import { type FoundEntry, SharedPlace } from "../../../store/exchange/shared-place.ts";
import { systemReason } from "../../../store/file-system.ts";
import type { ContactMeeting } from "../../../trust/contact-meeting.ts";
import type { CarriedText, CarrierContext, Published, TextCarrier } from "../../carrier.ts";
import { AnsweringSide } from "./answering-side.ts";
import { FolderRun, type FolderSide, realClock } from "./folder-run.ts";
import { OfferingSide } from "./offering-side.ts";
import { OwnEntries } from "./own-entries.ts";

/** Between two looks into the folder. */
const POLL_MS = 250;

export class SharedFolderCarrier implements TextCarrier {
  readonly isFirstDecisive = false;
  readonly isForAnybody: boolean;
  readonly via: string;
  readonly carriedBy = "carrier";
  readonly peerPlace: string;
  readonly #run: FolderRun;
  readonly #own: OwnEntries;
  readonly #side: FolderSide;
  #isGone = false;
  #isCrowdTold = false;

  private constructor(run: FolderRun) {
    this.isForAnybody = run.meeting === undefined;
    this.via = run.via;
    this.peerPlace = run.place.dir;
    this.#run = run;
    this.#own = new OwnEntries(run);
    this.#side = run.role === "offer" ? new OfferingSide(run, this.#own) : new AnsweringSide(run, this.#own);
  }

  /**
   * @param meeting - who alone can be the other side; undefined: anybody
   * @throws P2pError FOLDER_UNUSABLE
   */
  static async open(
    dir: string,
    context: CarrierContext,
    meeting?: ContactMeeting,
    clock = realClock,
  ): Promise<SharedFolderCarrier> {
    return new SharedFolderCarrier(new FolderRun(await SharedPlace.open(dir), context, clock, meeting));
  }

  /** The path of our entry. */
  get ownPlace(): string {
    return this.#own.path;
  }

  /**
   * An entry that cannot be written is reported, and written as soon as the folder takes it.
   * @throws P2pError WRITE_FAILED for the first offer: nobody could ever find it
   */
  async publish(document: string, revision: number, expiresAtMs: number): Promise<Published> {
    await this.#own.publish({ document, revision, expiresAtMs }, () => this.#side.hasSlot);
    return { isMadeAnew: false };
  }

  async *incoming(signal: AbortSignal): AsyncGenerator<CarriedText, void, void> {
    while (!signal.aborted) {
      const found = await this.#look();
      if (found !== undefined) {
        await this.#clean(found);
        await this.#own.keep(found);
        const text = await this.#side.nextText(found);
        if (signal.aborted) return;
        if (text !== undefined) {
          yield text;
          continue;
        }
      }
      await this.#run.clock.sleep(POLL_MS, signal);
    }
  }

  /** The entries of this line have served. */
  async handleConnected(): Promise<void> {
    await this.#own.withdraw();
  }

  /** Takes at most 3 s. */
  async close(): Promise<void> {
    await this.#own.withdraw();
  }

  /** @returns undefined when the folder cannot be read now */
  async #look(): Promise<FoundEntry[] | undefined> {
    const { place, via } = this.#run;
    try {
      const found = await place.look(this.#own.slot);
      if (this.#isGone) this.#run.emit({ event: "folder-back", path: place.dir });
      this.#isGone = false;
      if (place.isCrowded && !this.#isCrowdTold) this.#run.emit({ event: "carrier-crowded", via });
      this.#isCrowdTold ||= place.isCrowded;
      return found;
    } catch (cause) {
      if (!this.#isGone) {
        const { state } = this.#run;
        if (state === "present" || state === "delivered") this.#run.tell("lost");
        const failure = { dir: place.dir, reason: systemReason(cause) };
        this.#run.tellTrouble(new P2pError("FOLDER_GONE", failure, { cause }));
      }
      this.#isGone = true;
      return undefined;
    }
  }

  /** Removes what is ours by its name and expired by its own word, and claims on an offer that is. */
  async #clean(found: readonly FoundEntry[]): Promise<void> {
    const slots = new Set<string>();
    for (const { name, id, head } of found) {
      if (head === undefined || !this.#run.isPast(head)) continue;
      if (id?.kind === "offer" && !id.isCopy) slots.add(id.slot);
      await this.#run.place.remove(name);
    }
    for (const { name, id, head } of found) {
      if (head === undefined && id?.kind === "claim" && slots.has(id.slot)) await this.#run.place.remove(name);
    }
  }
}
