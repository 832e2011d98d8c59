// The meeting of two people who keep each other in a shared folder (`--to`, docs/carriers.md): slots that each finds by a mark
// of the day, and documents that they alone can open.
import { randomBytes } from "node:crypto";
import { type EntryId, entryName } from "../../../exchange/shared-entry.ts";
import type { ContactDay, ContactMeeting, MetContact } from "../../../trust/contact-meeting.ts";
import type { MeetingRole } from "../../../trust/meeting-seal.ts";

const NONCE_BYTES = 8;
const NONCE_DIGITS = 2 * NONCE_BYTES;

export class FolderMeeting {
  readonly #meeting: ContactMeeting;
  readonly #role: MeetingRole;
  /** Milliseconds since 1970, UTC. */
  readonly #wallMs: () => number;
  #day: string | undefined;
  #days: readonly ContactDay[] = [];
  /** The day of the slot in which this side is. */
  #entered: ContactDay | undefined;

  constructor(meeting: ContactMeeting, role: MeetingRole, wallMs: () => number) {
    this.#meeting = meeting;
    this.#role = role;
    this.#wallMs = wallMs;
  }

  get contact(): MetContact {
    return this.#meeting.contact;
  }

  /** Makes a slot of today for an offer, and enters it. @returns 32 hex digits */
  newSlot(): string {
    const [today] = this.#near();
    const nonce = randomBytes(NONCE_BYTES).toString("hex");
    this.#entered = today;
    return `${nonce}${today?.ownMark(nonce)}`;
  }

  /** Whether the slot of our offer is of a day that is over. */
  get isDayOver(): boolean {
    const [today] = this.#near();
    return this.#entered !== today;
  }

  /** Whether the other side has made a slot, today or on a day beside it. */
  isTheirs(slot: string): boolean {
    return this.#dayOf(slot) !== undefined;
  }

  /** From now on this side seals and opens what stands in this slot of the other side. */
  enter(slot: string): void {
    this.#entered = this.#dayOf(slot);
  }

  /** @returns the document as it stands in an entry of ours */
  seal(id: EntryId, document: string): string {
    const { seal } = this.#entered ?? {};
    if (seal === undefined) throw new TypeError("Cannot seal without a slot");
    return Buffer.from(seal.seal(this.#role, entryName(id), new TextEncoder().encode(document))).toString("base64");
  }

  /** @returns the document; undefined: the other side has not written it, or not for this entry */
  open(name: string, sealed: string): Uint8Array | undefined {
    const opened = this.#entered?.seal.open(name, Buffer.from(sealed, "base64"));
    return opened === undefined || opened.role === this.#role ? undefined : opened.plain;
  }

  #dayOf(slot: string): ContactDay | undefined {
    const [nonce, mark] = [slot.slice(0, NONCE_DIGITS), slot.slice(NONCE_DIGITS)];
    return this.#near().find((day) => day.isTheirMark(nonce, mark));
  }

  /** Today and the days beside it. */
  #near(): readonly ContactDay[] {
    const nowMs = this.#wallMs();
    const day = new Date(nowMs).toISOString().slice(0, 10);
    if (day !== this.#day) {
      this.#day = day;
      this.#days = this.#meeting.daysAt(nowMs);
    }
    return this.#days;
  }
}
