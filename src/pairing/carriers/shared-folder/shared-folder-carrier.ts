// The shared-folder carrier (`--via folder:DIR`, docs/carriers.md): both sides see one folder, by a sync service, a network
// share or a stick. The offering side puts its offer there; an answering side claims the oldest one that nobody has
// claimed, by a file that it creates exclusively, and puts its answer beside it. Each side removes what it wrote. Two people
// who keep each other meet there alone (`--to`): folder-meeting.ts has what they recognise and open. Which offer is claimed,
// and for how long, claims.ts decides.
import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { isExpired } from "../../../exchange/judge.ts";
import {
  encodeEntry,
  entryName,
  type EntryHead,
  type EntryId,
  type SharedEntry,
} from "../../../exchange/shared-entry.ts";
import { formatTimestamp } from "../../../exchange/timestamp.ts";
import { P2pError, toP2pError } from "../../../lib/errors/p2p-error.ts";
import { displayName } from "../../../lib/person-names.ts";
import { RecentMap } from "../../../lib/recent-map.ts";
import { digestOf } from "../../../store/exchange/document-file.ts";
import { type FoundEntry, SharedPlace } from "../../../store/exchange/shared-place.ts";
import { REFUSAL_WAITS, TellingPace } from "../../../store/exchange/telling-pace.ts";
import { openingBudget } from "../../../store/exchange/opening-budget.ts";
import { systemReason } from "../../../store/file-system.ts";
import type { ContactMeeting } from "../../../trust/contact-meeting.ts";
import type { CarriedText, CarrierContext, CarrierState, Published, TextCarrier } from "../../carrier.ts";
import { claimOn, type Claimed, ClaimWatch, type Entry, OfferChoice } from "./claims.ts";
import { FolderMeeting } from "./folder-meeting.ts";

const POLL_MS = 250;
/** Between two times that an entry of ours, which is not there, is put there again, and after a claim that cannot be written. */
const REWRITE_MS = 5_000;
/** The time for taking back what is ours: a network share that hangs holds up nobody's end. */
const WITHDRAW_MS = 3_000;
/** How long two offers lie side by side, unanswered, before that is told: an answering side may be on its way. */
const SIDE_BY_SIDE_MS = 10_000;
/** Looks without our entry in its place after which it counts as removed. */
const MISSED_LOOKS = 2;
/** Limit of the entries that are remembered as handed over; older ones may come once more. */
const MAX_REMEMBERED = 1_024;

/** The clock that the carrier needs; tests pass their own. */
export interface SharedFolderClock {
  /** Monotonic, in milliseconds. */
  readonly now: () => number;
  /** Milliseconds since 1970, UTC. */
  readonly wallMs: () => number;
  /** Resolves after `ms` or when `signal` aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

const REAL_CLOCK: SharedFolderClock = {
  now: () => performance.now(),
  wallMs: () => Date.now(),
  sleep: async (ms, signal) => {
    await delay(ms, undefined, { signal }).catch(() => {});
  },
};

/** Our entry with a document, as it has to lie in the folder. */
interface OwnEntry {
  readonly name: string;
  readonly text: string;
  /** False until the folder has taken it. */
  isWritten: boolean;
}

export class SharedFolderCarrier implements TextCarrier {
  readonly isFirstDecisive = false;
  readonly isForAnybody: boolean;
  readonly via: string;
  readonly carriedBy = "carrier";
  readonly peerPlace: string;
  readonly #place: SharedPlace;
  readonly #context: CarrierContext;
  readonly #clock: SharedFolderClock;
  /** Undefined: it is for anybody who sees the folder. */
  readonly #meeting: FolderMeeting | undefined;
  /** Names this run in claims and answers. */
  readonly #by = randomBytes(8).toString("hex");
  /** The slot that our offer has made; of an answering side the one that it has claimed last. */
  #slot: string;
  readonly #offers: OfferChoice;
  readonly #claim = new ClaimWatch();
  #own: OwnEntry | undefined;
  /** Our newest document. */
  #published: Pick<SharedEntry, "revision" | "expiresAtMs" | "document"> | undefined;
  /** Digests of the texts that were handed over. */
  readonly #handed = new RecentMap<true>(MAX_REMEMBERED);
  readonly #work = openingBudget();
  readonly #refusalPace: TellingPace;
  #state: CarrierState | undefined;
  #missedLooks = 0;
  #rewrittenMs = Number.NEGATIVE_INFINITY;
  #isGone = false;
  /** Since when another's offer waits beside ours; undefined: none does. */
  #sideBySideMs: number | undefined;
  #isOtherTold = false;
  #isCrowdTold = false;
  /** When the folder did not take a text of ours the last time, and whether that was told since it took one. */
  #failedMs = Number.NEGATIVE_INFINITY;
  #isFailureTold = false;
  #isOver = false;
  #withdrawal: Promise<void> | undefined;
  /** The tail of the chain of changes to the folder, which run one at a time. */
  #lastChange: Promise<unknown> = Promise.resolve();

  private constructor(
    place: SharedPlace,
    context: CarrierContext,
    clock: SharedFolderClock,
    meeting: ContactMeeting | undefined,
  ) {
    this.#place = place;
    this.#context = context;
    this.#clock = clock;
    this.#meeting = meeting && new FolderMeeting(meeting, context.role, clock.wallMs);
    this.#offers = new OfferChoice(this.#by, (slot, head) => this.#isForUs(slot, head));
    this.isForAnybody = meeting === undefined;
    this.#refusalPace = new TellingPace(clock.now, REFUSAL_WAITS);
    this.#slot = this.#meeting?.newSlot() ?? randomBytes(16).toString("hex");
    this.via = `folder:${place.dir}`;
    this.peerPlace = place.dir;
  }

  /**
   * @param meeting - who alone can be the other side; undefined: anybody
   * @throws P2pError FOLDER_UNUSABLE
   */
  static async open(
    dir: string,
    context: CarrierContext,
    meeting?: ContactMeeting,
    clock = REAL_CLOCK,
  ): Promise<SharedFolderCarrier> {
    return new SharedFolderCarrier(await SharedPlace.open(dir), context, clock, meeting);
  }

  /** The path of our entry. */
  get ownPlace(): string {
    return this.#place.pathOf(this.#own?.name ?? entryName(this.#ownId));
  }

  /**
   * An entry that cannot be written is reported, and written as soon as the folder takes it.
   * @throws P2pError WRITE_FAILED for the first offer: nobody could ever find it
   */
  async publish(text: string, revision: number, expiresAtMs: number): Promise<Published> {
    const isOffer = this.#context.role === "offer";
    await this.#inTurn(async () => {
      // Between two offers there is nobody to answer.
      if (!isOffer && this.#offers.claimed === undefined) return;
      const isFirst = this.#own === undefined;
      this.#published = { revision, expiresAtMs, document: text };
      try {
        await this.#writeOwn(this.#makeOwn(this.#published));
      } catch (error) {
        if (isOffer && isFirst) throw error;
        this.#handleFailure(error);
      }
    });
    return { isMadeAnew: false };
  }

  async *incoming(signal: AbortSignal): AsyncGenerator<CarriedText, void, void> {
    while (!signal.aborted) {
      const found = await this.#look();
      if (found !== undefined) {
        await this.#clean(found);
        await this.#keepOwn(found);
        await this.#followDay();
        const text = await (this.#context.role === "offer" ? this.#nextAnswer(found) : this.#nextOffer(found));
        if (signal.aborted) return;
        if (text !== undefined) {
          yield text;
          continue;
        }
      }
      await this.#clock.sleep(POLL_MS, signal);
    }
  }

  /** The entries of this line have served. */
  async handleConnected(): Promise<void> {
    await this.#withdraw();
  }

  /** Takes at most 3 s: what a stalled network share still holds then expires by itself. */
  async close(): Promise<void> {
    await this.#withdraw();
  }

  get #ownId(): EntryId {
    return this.#context.role === "offer"
      ? { kind: "offer", slot: this.#slot }
      : { kind: "answer", slot: this.#slot, by: this.#by };
  }

  #entry({ kind, slot }: EntryId, what: Pick<SharedEntry, "revision" | "expiresAtMs" | "document">): SharedEntry {
    const forOne = this.#meeting === undefined ? {} : { isForOne: true };
    return { kind, slot, by: this.#by, createdAtMs: this.#clock.wallMs(), ...forOne, ...what };
  }

  #makeOwn(published: Pick<SharedEntry, "revision" | "expiresAtMs" | "document">): OwnEntry {
    const id = this.#ownId;
    const document = this.#meeting?.seal(id, published.document) ?? published.document;
    const text = encodeEntry(this.#entry(id, { ...published, document }));
    this.#own = { name: entryName(id), text, isWritten: false };
    return this.#own;
  }

  #tell(state: CarrierState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#context.emit?.({ event: "carrier", via: this.via, state });
  }

  async #inTurn<T>(change: () => Promise<T>): Promise<T | undefined> {
    const result = this.#lastChange.then(() => (this.#isOver ? undefined : change()));
    this.#lastChange = result.catch(() => {});
    return await result;
  }

  /** In turn only. @throws P2pError WRITE_FAILED */
  async #writeOwn(own: OwnEntry): Promise<void> {
    await this.#place.write(own.name, own.text);
    own.isWritten = true;
    this.#isFailureTold = false;
    if (this.#context.role === "answer") this.#tell("delivered");
  }

  /** The folder may be full, read-only or away for a while: waiting goes on. */
  #handleFailure(error: unknown): void {
    this.#failedMs = this.#clock.now();
    if (!this.#isFailureTold) this.#context.onTrouble?.(toP2pError(error));
    this.#isFailureTold = true;
  }

  /** Removes all that is ours, and what sync services have made of it; nothing is written after that. */
  async #withdraw(): Promise<void> {
    this.#withdrawal ??= this.#removeWithin();
    await this.#withdrawal;
  }

  async #removeWithin(): Promise<void> {
    const limit = new AbortController();
    const removed = this.#inTurn(async () => {
      this.#isOver = true;
      await this.#removeOurs();
    });
    await Promise.race([removed, this.#clock.sleep(WITHDRAW_MS, limit.signal)]);
    limit.abort();
  }

  async #removeOurs(): Promise<void> {
    if (this.#own !== undefined) await this.#place.remove(this.#own.name);
    // A look into a crowded folder may miss the claim, so it is also taken back by its name.
    const claim = entryName({ kind: "claim", slot: this.#slot });
    if (this.#context.role === "offer" || (await this.#place.read(claim))?.by === this.#by) {
      await this.#place.remove(claim);
    }
    const found = await this.#place.look(this.#slot).catch((): FoundEntry[] => []);
    for (const { name, id, head } of found) if (this.#isOurs(id, head)) await this.#place.remove(name);
  }

  /** Claims of others on our offer go with it. */
  #isOurs(id: FoundEntry["id"], head: EntryHead | undefined): boolean {
    if (id === undefined || id.slot !== this.#slot) return false;
    if (this.#context.role === "offer") return id.kind !== "answer";
    return id.kind === "answer" ? id.by === this.#by : id.kind === "claim" && head?.by === this.#by;
  }

  /** @returns undefined when the folder cannot be read now */
  async #look(): Promise<FoundEntry[] | undefined> {
    const { dir } = this.#place;
    try {
      const found = await this.#place.look(this.#slot);
      if (this.#isGone) this.#context.emit?.({ event: "folder-back", path: dir });
      this.#isGone = false;
      if (this.#place.isCrowded && !this.#isCrowdTold) {
        this.#context.emit?.({ event: "carrier-crowded", via: this.via });
      }
      this.#isCrowdTold ||= this.#place.isCrowded;
      return found;
    } catch (cause) {
      if (!this.#isGone) {
        if (this.#state === "present" || this.#state === "delivered") this.#tell("lost");
        this.#context.onTrouble?.(new P2pError("FOLDER_GONE", { dir, reason: systemReason(cause) }, { cause }));
      }
      this.#isGone = true;
      return undefined;
    }
  }

  /** Removes what is ours by its name and expired by its own word, and claims on an offer that is. */
  async #clean(found: readonly FoundEntry[]): Promise<void> {
    const slots = new Set<string>();
    for (const { name, id, head } of found) {
      if (head === undefined || !this.#isPast(head)) continue;
      if (id?.kind === "offer" && !id.isCopy) slots.add(id.slot);
      await this.#place.remove(name);
    }
    for (const { name, id, head } of found) {
      if (head === undefined && id?.kind === "claim" && slots.has(id.slot)) await this.#place.remove(name);
    }
  }

  #isPast({ expiresAtMs }: EntryHead): boolean {
    return isExpired(formatTimestamp(expiresAtMs), this.#clock.wallMs());
  }

  /** The readable entries that a sync service has not made. */
  #entriesOf(found: readonly FoundEntry[]): Entry[] {
    return found.filter(
      (entry): entry is Entry => entry.id?.isCopy === false && entry.head !== undefined && !this.#isPast(entry.head),
    );
  }

  // The offering side.

  async #nextAnswer(found: readonly FoundEntry[]): Promise<CarriedText | undefined> {
    const ours = found.filter(({ id }) => id?.slot === this.#slot);
    const claim = claimOn(ours, this.#slot);
    await this.#watchClaim(claim);
    this.#watchOthers(found, claim !== undefined);
    const answers = this.#entriesOf(ours).filter(({ id }) => id.kind === "answer");
    // Among several the one who holds the claim comes first.
    const isClaimer = ({ head }: Entry): number => (head.by === claim?.head?.by ? 0 : 1);
    answers.sort((one, other) => isClaimer(one) - isClaimer(other) || one.head.createdAtMs - other.head.createdAtMs);
    for (const { name, head } of answers) {
      const key = `${name} ${head.revision}`;
      if (this.#handed.has(key)) continue;
      const entry = await this.#place.read(name);
      const bytes = entry === undefined ? undefined : this.#documentOf(entry);
      if (entry !== undefined && bytes === undefined) this.#refuseStranger(name, key);
      if (bytes === undefined || !this.#mayOpen(bytes)) continue;
      this.#handed.set(key, true);
      const digest = digestOf(bytes);
      if (this.#handed.has(digest)) continue;
      this.#handed.set(digest, true);
      this.#tell("delivered");
      return this.#textOf(bytes, name);
    }
    return undefined;
  }

  /** @returns undefined for what the person for whom we wait has not written */
  #documentOf(entry: SharedEntry): Uint8Array | undefined {
    if (this.#meeting === undefined) return new TextEncoder().encode(entry.document);
    return entry.isForOne === true ? this.#meeting.open(entryName(entry), entry.document) : undefined;
  }

  /** Somebody else has put something in the place of the one person. @param key - of this revision */
  #refuseStranger(name: string, key: string): void {
    this.#handed.set(key, true);
    const person = displayName(this.#meeting?.contact.name ?? "");
    const error = new P2pError("FILE_NOT_RECOGNISED", {
      path: this.#place.pathOf(name),
      name: person,
      isAwaited: true,
    });
    if (this.#refusalPace.admits(error.code)) this.#context.onTrouble?.(error);
  }

  #textOf(bytes: Uint8Array, name: string): CarriedText {
    return {
      bytes,
      label: this.#place.pathOf(name),
      isFromBefore: false,
      tellsRefusal: ({ code }) => this.#refusalPace.admits(code),
    };
  }

  /** Anybody can put sealed texts there, and each takes work. */
  #mayOpen(bytes: Uint8Array): boolean {
    const cost = this.#context.costOf?.(bytes) ?? 0;
    return cost === 0 || this.#work.take(this.#clock.now(), cost);
  }

  /** Puts our entry there again when somebody else has removed it, or the folder did not take it. */
  async #keepOwn(found: readonly FoundEntry[]): Promise<void> {
    const own = this.#own;
    if (own === undefined || (await this.#isThere(own, found))) {
      this.#missedLooks = 0;
      return;
    }
    this.#missedLooks += 1;
    const nowMs = this.#clock.now();
    if (this.#missedLooks < MISSED_LOOKS || nowMs - this.#rewrittenMs < REWRITE_MS) return;
    this.#rewrittenMs = nowMs;
    await this.#inTurn(async () => {
      // A newer one may have taken its place meanwhile. The folder may be going away: that is told when it cannot be read.
      if (this.#own === own) await this.#writeOwn(own).catch(() => {});
    });
  }

  /** The other side looks for an offer of today: one that nobody answers yet gets a slot of the new day. */
  async #followDay(): Promise<void> {
    const [meeting, published] = [this.#meeting, this.#published];
    if (meeting === undefined || published === undefined || this.#context.role === "answer") return;
    if (this.#claim.isClaimed || !meeting.isDayOver) return;
    await this.#inTurn(async () => {
      await this.#removeOurs();
      this.#slot = meeting.newSlot();
      await this.#writeOwn(this.#makeOwn(published)).catch((error: unknown) => this.#handleFailure(error));
    });
  }

  /** A look into a crowded folder may miss our entry. */
  async #isThere({ name, isWritten }: OwnEntry, found: readonly FoundEntry[]): Promise<boolean> {
    return isWritten && (found.some((entry) => entry.name === name) || (await this.#place.has(name)));
  }

  /** Two people who both offer would wait for each other without end: it is told once. */
  #watchOthers(found: readonly FoundEntry[], isClaimed: boolean): void {
    const isThere = !isClaimed && this.#isOtherFree(found, this.#slot);
    if (!isThere) {
      this.#sideBySideMs = undefined;
      return;
    }
    const nowMs = this.#clock.now();
    this.#sideBySideMs ??= nowMs;
    if (this.#isOtherTold || nowMs - this.#sideBySideMs < SIDE_BY_SIDE_MS) return;
    this.#isOtherTold = true;
    this.#context.emit?.({ event: "other-offer-waits", via: this.via });
  }

  async #watchClaim(claim: FoundEntry | undefined): Promise<void> {
    const isOverdue = this.#claim.handleSeen(claim, this.#clock.now());
    if (this.#state !== "delivered") this.#tell(claim === undefined ? "waiting" : "present");
    if (claim !== undefined && isOverdue) await this.#inTurn(() => this.#place.remove(claim.name));
  }

  // The answering side.

  async #nextOffer(found: readonly FoundEntry[]): Promise<CarriedText | undefined> {
    const { claimed } = this.#offers;
    if (claimed !== undefined) {
      const { slot, expiresAtMs } = claimed;
      const offer = this.#entriesOf(found).find(({ id }) => id.kind === "offer" && id.slot === slot);
      const there = { offer, claim: claimOn(found, slot), isOtherFree: this.#isOtherFree(found, slot) };
      const verdict = this.#offers.judge(claimed, there, this.#clock.now());
      if (verdict === "unclaimed") await this.#createClaim(slot, expiresAtMs);
      if (verdict !== "lost") {
        if (this.#state === "lost") this.#tell("present");
        return offer === undefined || offer.head.revision <= claimed.revision
          ? undefined
          : await this.#take(claimed, offer);
      }
      await this.#giveUp(claimed);
    }
    for (const offer of this.#freeOffers(found)) {
      const text = await this.#claimOffer(offer);
      // Another claim beside one whose offer cannot be read now would leave the first one to nobody.
      if (text !== undefined || this.#offers.claimed !== undefined) return text;
    }
    if (this.#offers.claimed === undefined) this.#tell("waiting");
    return undefined;
  }

  #isOtherFree(found: readonly FoundEntry[], slot: string): boolean {
    return this.#freeOffers(found).some(({ id }) => id.slot !== slot);
  }

  #freeOffers(found: readonly FoundEntry[]): Entry[] {
    return this.#offers.free(this.#entriesOf(found), found, this.#clock.wallMs());
  }

  /** Offers for one person are for them alone, and that person waits for no other one. */
  #isForUs(slot: string, { isForOne = false }: EntryHead): boolean {
    return this.#meeting === undefined ? !isForOne : isForOne && this.#meeting.isTheirs(slot);
  }

  async #claimOffer({ id: { slot }, head }: Entry): Promise<CarriedText | undefined> {
    const { expiresAtMs } = head;
    if (!(await this.#createClaim(slot, expiresAtMs))) return undefined;
    this.#meeting?.enter(slot);
    const claimed = this.#offers.claim(slot, expiresAtMs, this.#clock.now());
    this.#tell("present");
    return await this.#take(claimed, { name: entryName({ kind: "offer", slot }) });
  }

  /** @returns whether it was made; false also when the folder does not take it, which is told */
  async #createClaim(slot: string, expiresAtMs: number): Promise<boolean> {
    if (this.#clock.now() - this.#failedMs < REWRITE_MS) return false;
    const id = { kind: "claim", slot } as const;
    const text = encodeEntry(this.#entry(id, { revision: 0, expiresAtMs, document: "" }));
    const isMade = await this.#inTurn(async () => {
      try {
        if (!(await this.#place.create(entryName(id), text))) return false;
      } catch (error) {
        this.#handleFailure(error);
        return false;
      }
      // A withdrawal that is next in turn finds the claim by this.
      this.#slot = slot;
      this.#isFailureTold = false;
      return true;
    });
    return isMade === true;
  }

  /** @returns undefined when the offer is gone, has not arrived completely, or is too costly to open now */
  async #take(claimed: Claimed, { name }: Pick<FoundEntry, "name">): Promise<CarriedText | undefined> {
    const entry = await this.#place.read(name);
    if (entry === undefined) return undefined;
    const { revision } = entry;
    const bytes = this.#documentOf(entry);
    if (bytes === undefined) {
      this.#refuseStranger(name, `${name} ${revision}`);
      this.#offers.refuse(claimed, revision);
      return undefined;
    }
    if (!this.#mayOpen(bytes)) return undefined;
    claimed.revision = revision;
    return { ...this.#textOf(bytes, name), onRefused: () => this.#offers.refuse(claimed, revision) };
  }

  async #giveUp(claimed: Claimed): Promise<void> {
    this.#offers.leave();
    if (!claimed.isRefused) this.#tell("lost");
    await this.#inTurn(async () => {
      await this.#removeOurs();
      this.#own = undefined;
    });
  }
}
