// One run in a shared folder: the folder and its clock, who this side is and whom it meets there, what the person is told,
// and how the document of an entry is read. Our entries and both sides are built on it.
import { randomBytes } from "node:crypto";
import { isExpired } from "../../../exchange/judge.ts";
import {
  encodeEntry,
  type EntryHead,
  type EntryId,
  entryName,
  type SharedEntry,
} from "../../../exchange/shared-entry.ts";
import { formatTimestamp } from "../../../exchange/timestamp.ts";
import { P2pError } from "../../../lib/errors/p2p-error.ts";
import { displayName } from "../../../lib/person-names.ts";
import { type FolderClock, realFolderClock } from "../../../store/exchange/folder-clock.ts";
import { openingBudget } from "../../../store/exchange/opening-budget.ts";
import type { FoundEntry, SharedPlace } from "../../../store/exchange/shared-place.ts";
import { REFUSAL_WAITS, TellingPace } from "../../../store/exchange/telling-pace.ts";
import type { ContactMeeting } from "../../../trust/contact-meeting.ts";
import type { CarriedText, CarrierContext, CarrierEvent, CarrierState } from "../../carrier.ts";
import type { Entry } from "./claims.ts";
import { FolderMeeting } from "./folder-meeting.ts";

/** The clock of the carrier; tests pass their own. */
export interface SharedFolderClock extends FolderClock {
  /** Milliseconds since 1970, UTC. */
  readonly wallMs: () => number;
}

export const realClock: SharedFolderClock = { ...realFolderClock, wallMs: () => Date.now() };

/** What this side publishes: our document, and what its entry says of it. */
export type PublishedDocument = Pick<SharedEntry, "revision" | "expiresAtMs" | "document">;

/** What an entry brings. */
interface ReadDocument {
  readonly revision: number;
  /** Undefined: a stranger has put the entry in the place of the person whom we meet. */
  readonly bytes: Uint8Array | undefined;
}

/** The offering or the answering side of a line. */
export interface FolderSide {
  /** Whether there is a slot for our document. */
  readonly hasSlot: boolean;
  /** Does what follows from what lies in the folder now. @returns the next text of the other side, once it is there */
  nextText(found: readonly FoundEntry[]): Promise<CarriedText | undefined>;
}

export class FolderRun {
  readonly place: SharedPlace;
  readonly role: "offer" | "answer";
  readonly clock: SharedFolderClock;
  /** Undefined: anybody who sees the folder may be the other side. */
  readonly meeting: FolderMeeting | undefined;
  /** The value of `--via`. */
  readonly via: string;
  /** The name of this run in its entries, 16 hex digits. */
  readonly by = randomBytes(8).toString("hex");
  readonly #context: CarrierContext;
  readonly #work = openingBudget();
  readonly #refusalPace: TellingPace;
  #state: CarrierState | undefined;

  constructor(
    place: SharedPlace,
    context: CarrierContext,
    clock: SharedFolderClock,
    meeting: ContactMeeting | undefined,
  ) {
    this.place = place;
    this.role = context.role;
    this.clock = clock;
    this.meeting = meeting && new FolderMeeting(meeting, context.role, clock.wallMs);
    this.via = `folder:${place.dir}`;
    this.#context = context;
    this.#refusalPace = new TellingPace(clock.now, REFUSAL_WAITS);
  }

  /** The state of the other side that was told last; undefined: none was. */
  get state(): CarrierState | undefined {
    return this.#state;
  }

  /** Tells the state of the other side where it is another one than before. */
  tell(state: CarrierState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.emit({ event: "carrier", via: this.via, state });
  }

  emit(event: CarrierEvent): void {
    this.#context.emit?.(event);
  }

  /** Tells what is wrong while the carrier goes on trying. */
  tellTrouble(error: P2pError): void {
    this.#context.onTrouble?.(error);
  }

  /** @returns the text of an entry of this run that is made now */
  encodeOwn({ kind, slot }: EntryId, published: PublishedDocument): string {
    const forOne = this.meeting === undefined ? {} : { isForOne: true };
    return encodeEntry({ kind, slot, by: this.by, createdAtMs: this.clock.wallMs(), ...forOne, ...published });
  }

  /** Whether an entry has expired by its own word. */
  isPast({ expiresAtMs }: EntryHead): boolean {
    return isExpired(formatTimestamp(expiresAtMs), this.clock.wallMs());
  }

  /** @returns the entries that can be read, have not expired, and are no copies that a sync service has made */
  readable(found: readonly FoundEntry[]): Entry[] {
    return found.filter(
      (entry): entry is Entry => entry.id?.isCopy === false && entry.head !== undefined && !this.isPast(entry.head),
    );
  }

  /** Whether this side may answer an offer: one for one person is for them alone, who wait for no other one. */
  isForUs(slot: string, { isForOne = false }: EntryHead): boolean {
    return this.meeting === undefined ? !isForOne : isForOne && this.meeting.isTheirs(slot);
  }

  /** Reads the document of an entry. @returns undefined when the entry is gone or has not arrived completely */
  async read(name: string): Promise<ReadDocument | undefined> {
    const entry = await this.place.read(name);
    if (entry === undefined) return undefined;
    const bytes = this.#documentOf(entry);
    if (bytes === undefined) this.#tellStranger(name);
    return { revision: entry.revision, bytes };
  }

  /** Whether a document may be opened now: anybody can put sealed ones there, and each takes work. */
  mayOpen(bytes: Uint8Array): boolean {
    const cost = this.#context.costOf?.(bytes) ?? 0;
    return cost === 0 || this.#work.take(this.clock.now(), cost);
  }

  /** @param name - of the entry with this document */
  carriedText(bytes: Uint8Array, name: string): CarriedText {
    return {
      bytes,
      label: this.place.pathOf(name),
      isFromBefore: false,
      tellsRefusal: ({ code }) => this.#refusalPace.admits(code),
    };
  }

  #documentOf(entry: SharedEntry): Uint8Array | undefined {
    if (this.meeting === undefined) return new TextEncoder().encode(entry.document);
    return entry.isForOne === true ? this.meeting.open(entryName(entry), entry.document) : undefined;
  }

  #tellStranger(name: string): void {
    const person = displayName(this.meeting?.contact.name ?? "");
    const path = this.place.pathOf(name);
    const error = new P2pError("FILE_NOT_RECOGNISED", { path, name: person, isAwaited: true });
    if (this.#refusalPace.admits(error.code)) this.tellTrouble(error);
  }
}
