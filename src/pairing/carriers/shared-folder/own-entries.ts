// The entries of this run in a shared folder: our document, and the claim on the offer that we answer. They are written one
// change at a time, put back when somebody else removes them, and taken back at the end.
import { randomBytes } from "node:crypto";
import { type EntryHead, type EntryId, entryName } from "../../../exchange/shared-entry.ts";
import { toP2pError } from "../../../lib/errors/p2p-error.ts";
import type { FoundEntry } from "../../../store/exchange/shared-place.ts";
import type { FolderRun, PublishedDocument } from "./folder-run.ts";

/** Between two times that an entry of ours, which is not there, is put there again, and after a claim that cannot be written. */
const REWRITE_MS = 5_000;
/** The time for taking back what is ours: a network share that hangs holds up nobody's end. */
const WITHDRAW_MS = 3_000;
/** Looks without our entry in its place after which it counts as removed. */
const MISSED_LOOKS = 2;

/** Our entry with a document, as it has to lie in the folder. */
interface OwnEntry {
  readonly name: string;
  readonly text: string;
  /** False until the folder has taken it. */
  isWritten: boolean;
}

export class OwnEntries {
  readonly #run: FolderRun;
  #slot: string;
  #own: OwnEntry | undefined;
  /** Our newest document. */
  #published: PublishedDocument | undefined;
  #missedLooks = 0;
  #rewrittenMs = Number.NEGATIVE_INFINITY;
  /** When the folder did not take a text of ours the last time, and whether that was told since it took one. */
  #failedMs = Number.NEGATIVE_INFINITY;
  #isFailureTold = false;
  #isOver = false;
  #withdrawal: Promise<void> | undefined;
  /** The tail of the chain of changes to the folder, which run one at a time. */
  #lastChange: Promise<unknown> = Promise.resolve();

  constructor(run: FolderRun) {
    this.#run = run;
    this.#slot = run.meeting?.newSlot() ?? randomBytes(16).toString("hex");
  }

  /** The slot of our offer, 32 hex digits; of an answering side the one that it has claimed last. */
  get slot(): string {
    return this.#slot;
  }

  /** The path of our document. */
  get path(): string {
    return this.#run.place.pathOf(this.#own?.name ?? entryName(this.#id));
  }

  get #id(): EntryId {
    const { role, by } = this.#run;
    return role === "offer" ? { kind: "offer", slot: this.#slot } : { kind: "answer", slot: this.#slot, by };
  }

  /**
   * Puts our document there in place of the one before. One that cannot be written is told, and written as soon as the
   * folder takes it.
   * @param isWanted - asked when its turn has come; false: it is dropped
   * @throws P2pError WRITE_FAILED for the first offer: nobody could ever find it
   */
  async publish(published: PublishedDocument, isWanted: () => boolean): Promise<void> {
    await this.#inTurn(async () => {
      if (!isWanted()) return;
      const isFirst = this.#own === undefined;
      this.#published = published;
      try {
        await this.#write(this.#makeOwn(published));
      } catch (error) {
        if (this.#run.role === "offer" && isFirst) throw error;
        this.#handleFailure(error);
      }
    });
  }

  /** Puts our document there again when somebody else has removed it, or the folder did not take it. */
  async keep(found: readonly FoundEntry[]): Promise<void> {
    const own = this.#own;
    if (own === undefined || (await this.#isThere(own, found))) {
      this.#missedLooks = 0;
      return;
    }
    this.#missedLooks += 1;
    const nowMs = this.#run.clock.now();
    if (this.#missedLooks < MISSED_LOOKS || nowMs - this.#rewrittenMs < REWRITE_MS) return;
    this.#rewrittenMs = nowMs;
    await this.#inTurn(async () => {
      // A newer one may have taken its place meanwhile. The folder may be going away: that is told when it cannot be read.
      if (this.#own === own) await this.#write(own).catch(() => {});
    });
  }

  /** Moves our offer to a slot of today when its day is over: the person whom we meet looks for one of today. */
  async followDay(): Promise<void> {
    const { meeting } = this.#run;
    if (meeting === undefined || !meeting.isDayOver) return;
    await this.#inTurn(async () => {
      await this.#removeAll();
      this.#slot = meeting.newSlot();
      const published = this.#published;
      if (published === undefined) return;
      await this.#write(this.#makeOwn(published)).catch((error: unknown) => this.#handleFailure(error));
    });
  }

  /**
   * Claims an offer, whose slot becomes ours.
   * @returns whether the claim was made; false also when the folder does not take it, which is told
   */
  async claim(slot: string, expiresAtMs: number): Promise<boolean> {
    if (this.#run.clock.now() - this.#failedMs < REWRITE_MS) return false;
    const id = { kind: "claim", slot } as const;
    const text = this.#run.encodeOwn(id, { revision: 0, expiresAtMs, document: "" });
    const isMade = await this.#inTurn(async () => {
      try {
        if (!(await this.#run.place.create(entryName(id), text))) return false;
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

  /** Removes the claim of another run on our offer. */
  async lift({ name }: FoundEntry): Promise<void> {
    await this.#inTurn(() => this.#run.place.remove(name));
  }

  /** Takes back our claim and our answer; the next claim begins anew. */
  async takeBack(): Promise<void> {
    await this.#inTurn(async () => {
      await this.#removeAll();
      this.#own = undefined;
    });
  }

  /**
   * Removes all that is ours, and what sync services have made of it; nothing is written after that. Takes at most 3 s: what
   * a stalled network share still holds then expires by itself.
   */
  async withdraw(): Promise<void> {
    this.#withdrawal ??= this.#removeWithin();
    await this.#withdrawal;
  }

  async #inTurn<T>(change: () => Promise<T>): Promise<T | undefined> {
    const result = this.#lastChange.then(() => (this.#isOver ? undefined : change()));
    this.#lastChange = result.catch(() => {});
    return await result;
  }

  #makeOwn(published: PublishedDocument): OwnEntry {
    const id = this.#id;
    const document = this.#run.meeting?.seal(id, published.document) ?? published.document;
    this.#own = { name: entryName(id), text: this.#run.encodeOwn(id, { ...published, document }), isWritten: false };
    return this.#own;
  }

  /** In turn only. @throws P2pError WRITE_FAILED */
  async #write(own: OwnEntry): Promise<void> {
    await this.#run.place.write(own.name, own.text);
    own.isWritten = true;
    this.#isFailureTold = false;
    if (this.#run.role === "answer") this.#run.tell("delivered");
  }

  /** The folder may be full, read-only or away for a while: waiting goes on. */
  #handleFailure(error: unknown): void {
    this.#failedMs = this.#run.clock.now();
    if (!this.#isFailureTold) this.#run.tellTrouble(toP2pError(error));
    this.#isFailureTold = true;
  }

  /** A look into a crowded folder may miss our entry. */
  async #isThere({ name, isWritten }: OwnEntry, found: readonly FoundEntry[]): Promise<boolean> {
    return isWritten && (found.some((entry) => entry.name === name) || (await this.#run.place.has(name)));
  }

  async #removeWithin(): Promise<void> {
    const limit = new AbortController();
    const removed = this.#inTurn(async () => {
      this.#isOver = true;
      await this.#removeAll();
    });
    await Promise.race([removed, this.#run.clock.sleep(WITHDRAW_MS, limit.signal)]);
    limit.abort();
  }

  /** In turn only. */
  async #removeAll(): Promise<void> {
    const { place, role, by } = this.#run;
    if (this.#own !== undefined) await place.remove(this.#own.name);
    // A look into a crowded folder may miss the claim, so it is also taken back by its name.
    const claim = entryName({ kind: "claim", slot: this.#slot });
    if (role === "offer" || (await place.read(claim))?.by === by) await place.remove(claim);
    const found = await place.look(this.#slot).catch((): FoundEntry[] => []);
    for (const { name, id, head } of found) if (this.#isOurs(id, head)) await place.remove(name);
  }

  /** Claims of others on our offer go with it. */
  #isOurs(id: FoundEntry["id"], head: EntryHead | undefined): boolean {
    if (id === undefined || id.slot !== this.#slot) return false;
    const { role, by } = this.#run;
    if (role === "offer") return id.kind !== "answer";
    return id.kind === "answer" ? id.by === by : id.kind === "claim" && head?.by === by;
  }
}
