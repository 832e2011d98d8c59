// Our own side of a line: the network side, the document that describes it, and the memory from which a later run
// resumes. The line decides when a document is made, and why.
import { encodeBareDescription, encodeExchangeDocument } from "../exchange/codec.ts";
import { encodeShortCode } from "../exchange/code/short-code.ts";
import type { ExchangeDocument, IceCandidate, SessionDescription } from "../exchange/description.ts";
import { parseTimestamp } from "../exchange/timestamp.ts";
import { P2pError } from "../lib/errors/p2p-error.ts";
import type { NoCode, RewriteReason } from "../lib/events.ts";
import type { ConnectedSession } from "../session/session.ts";
import type { Session } from "../session/session-types.ts";
import type { MemoryPlace, PairingMemory, RememberedPairing } from "../store/state/pairing-memory.ts";
import type { LineCarrier } from "./carrier.ts";
import type { ConnectLimits } from "./connect-attempt.ts";
import type { Judgement } from "./judgement.ts";
import type { LocalDocument, Pairing, PairingEvents, PairingOptions } from "./pairing.ts";
import type { People } from "./people.ts";
import type { LineSeal } from "./seal.ts";
import type { StatePort } from "./ports.ts";
import type { PairingSettings } from "./settings.ts";

/** The session as seen by a line: its end can carry an exit code. */
export type LineSession = Session & Pick<ConnectedSession, "end">;

/** Our network side, as far as a line needs it. */
export interface LinePairing extends Pick<Pairing, "close"> {
  makeOffer(reader: { isForP2p: boolean }): LocalDocument | Promise<LocalDocument>;
  makeAnswer(offer: ExchangeDocument): LocalDocument | Promise<LocalDocument>;
  connect(remote: ExchangeDocument, isOfferer: boolean, limits: ConnectLimits): Promise<LineSession>;
}

/** The network and the wall clock; tests substitute their own. */
export interface OwnSidePorts {
  createPairing(options: PairingOptions, before?: RememberedPairing): Promise<LinePairing>;
  /** Milliseconds since 1970, UTC. */
  nowMs(): number;
  /** Undefined: there is no state directory, whatever the settings say. */
  readonly state: StatePort | undefined;
}

export interface OwnSideOptions {
  role: "offer" | "answer";
  settings: PairingSettings;
  /** Where this pairing is remembered in the state directory; undefined: nowhere. */
  place: MemoryPlace | undefined;
  carrier: LineCarrier;
  seal: LineSeal;
  judgement: Judgement;
  /** Undefined: nobody is known. */
  people: People | undefined;
  /** Ends gathering. */
  signal: AbortSignal;
  /** Where the two documents lie, as far as they are files. */
  exchangeFiles: () => readonly string[];
  emit: PairingEvents["emit"];
  /** Reports the failure of a document that is made again because our addresses have changed. */
  onRewriteFailed: (error: unknown) => void;
  /** The short code of our document is told too. */
  tellsCode: boolean;
  /** Called each time our document is written, with its text, which is sealed if required. */
  onDocument: ((document: string) => void) | undefined;
}

export class OwnSide {
  readonly #options: OwnSideOptions;
  readonly #ports: OwnSidePorts;
  readonly #events: PairingEvents;
  #pairing: LinePairing | undefined;
  #document: LocalDocument | undefined;
  /** The offer that our document answers; undefined when it is an offer itself. */
  #answered: ExchangeDocument | undefined;
  #memory: PairingMemory | undefined;
  /** The earlier run that this one resumes. */
  #before: RememberedPairing | undefined;
  /** The earlier run whose file no longer serves once this one has published another. */
  #replaced: RememberedPairing | undefined;
  #isPublished = false;
  #isConnected = false;
  #isOver = false;
  /** The tail of the chain of changes to the memory, which run one at a time, so that the last one stands. */
  #lastChange: Promise<void> = Promise.resolve();

  private constructor(options: OwnSideOptions, ports: OwnSidePorts) {
    this.#options = options;
    this.#ports = ports;
    this.#events = {
      emit: options.emit,
      onCandidatesChanged: (why) => {
        this.#republish(why).catch(options.onRewriteFailed);
      },
    };
  }

  /**
   * Opens the memory, and reads the earlier run that this one resumes.
   * @throws P2pError NOTHING_TO_RESUME, FILE_SEALED, STATE_UNSAFE, STATE_UNUSABLE
   */
  static async open(options: OwnSideOptions, ports: OwnSidePorts): Promise<OwnSide> {
    const own = new OwnSide(options, ports);
    await own.#openMemory();
    return own;
  }

  async #openMemory(): Promise<void> {
    const { settings, role, place, judgement, seal, carrier } = this.#options;
    const { stateDir, resume } = settings;
    const { state } = this.#ports;
    if (stateDir === undefined || place === undefined || state === undefined) return;
    this.#memory = await state.openMemory(stateDir, role, place, this.#ports.nowMs());
    const earlier = await this.#memory.load();
    if (resume !== true) {
      this.#replaced = earlier;
      return;
    }
    this.#before = earlier;
    if (this.#before === undefined) {
      throw new P2pError("NOTHING_TO_RESUME", { command: role, dir: "dir" in place ? place.dir : stateDir });
    }
    if (this.#before.peer !== undefined) judgement.restore(this.#before.peer);
    if (this.#before.sealed === true) await seal.goOn(carrier.ownPlace);
  }

  /** The id of our documents, 32 hex digits; undefined before the first one is made. */
  get id(): string | undefined {
    return this.#document?.key.id;
  }

  /** Whether our document is bare, so that the other side knows nothing of its id. */
  get isBare(): boolean {
    return this.#document?.isBare === true;
  }

  /** Another program knows neither seals nor the carriers that only p2p has. */
  get #reader(): { isForP2p: boolean } {
    const { carrier, seal } = this.#options;
    return { isForP2p: carrier.via !== undefined || seal.isRequired };
  }

  /** Whether a document of ours can be with the other side. */
  get isPublished(): boolean {
    return this.#isPublished;
  }

  /** Whether a later run can resume this one. */
  get canBeResumed(): boolean {
    return this.#memory !== undefined && this.#isPublished && !this.#isConnected;
  }

  /** When the resumed document expires, in milliseconds since 1970, UTC; Infinity when none is resumed. */
  get resumedExpiryMs(): number {
    return this.#before?.expiresAtMs ?? Number.POSITIVE_INFINITY;
  }

  /** Our network side; the first call gathers. @throws P2pError BIND_FAILED, SECRET_UNREADABLE */
  async pairing(): Promise<LinePairing> {
    const { settings, signal, people, exchangeFiles } = this.#options;
    this.#pairing ??= await this.#ports.createPairing(
      {
        settings,
        signal,
        people,
        signingKey: await people?.signingKey(),
        exchangeFiles,
        events: this.#events,
      },
      this.#before,
    );
    return this.#pairing;
  }

  /** @throws P2pError BIND_FAILED, SECRET_UNREADABLE, STATE_UNUSABLE, WRITE_FAILED */
  async publishOffer(): Promise<void> {
    await this.#publish(await (await this.pairing()).makeOffer(this.#reader));
  }

  /**
   * @param why - why an earlier document of ours is replaced
   * @throws P2pError BIND_FAILED, SECRET_UNREADABLE, STATE_UNUSABLE, WRITE_FAILED
   */
  async publishAnswer(offer: ExchangeDocument, why: RewriteReason | undefined): Promise<void> {
    this.#answered = offer;
    await this.#publish(await (await this.pairing()).makeAnswer(offer), why);
  }

  /** Our addresses no longer match those in our document. */
  async #republish(why: RewriteReason): Promise<void> {
    if (this.#document === undefined || this.#pairing === undefined || this.#isConnected) return;
    const answered = this.#answered;
    const pairing = this.#pairing;
    const local = answered === undefined ? pairing.makeOffer(this.#reader) : pairing.makeAnswer(answered);
    await this.#publish(await local, why);
  }

  async #publish(local: LocalDocument, why?: RewriteReason): Promise<void> {
    const { judgement, seal, carrier, emit, onDocument, tellsCode } = this.#options;
    this.#document = local;
    judgement.setOwn(local.document);
    // Saved before the file can be carried: a run that resumes after this one ends must find it.
    await this.remember();
    const encode = local.isBare ? encodeBareDescription : encodeExchangeDocument;
    const text = await seal.seal(encode(local.document));
    if (this.#isOver) return;
    onDocument?.(text);
    const { path, isMadeAnew, page } = await carrier.publish(
      text,
      local.key.revision,
      parseTimestamp(local.key.expiresAt) ?? Number.POSITIVE_INFINITY,
    );
    const { description } = local.document;
    const code = tellsCode ? this.#codeOf(local) : undefined;
    const isFirst = !this.#isPublished;
    this.#isPublished = true;
    const isResumed = isFirst && this.#before !== undefined && why === undefined && local.differsBy === undefined;
    if (isFirst && description.type === "offer" && this.#replaced !== undefined) {
      emit({ event: "earlier-offer-void", createdAt: new Date(this.#replaced.createdAtMs).toISOString() });
    }
    emit({
      event: "local-file",
      ...(path === undefined ? {} : { path }),
      type: description.type,
      id: local.key.id,
      revision: local.key.revision,
      candidates: description.candidates.length,
      addresses: countAddresses(description),
      expiresAt: local.key.expiresAt,
      ...(code !== undefined && "code" in code ? { code: code.code } : {}),
      ...(page === undefined ? {} : { page }),
      ...(isResumed ? { resumedFrom: local.key.createdAt } : {}),
    });
    if (isFirst && carrier.isForAnybody === true && !seal.isRequired)
      emit({ event: "carrier-open", via: carrier.via ?? "" });
    if (local.isBare && isFirst) emit({ event: "bare-document" });
    if (code !== undefined && "why" in code) emit({ event: "no-code", why: code.why });
    const isAnotherAnswer = isMadeAnew && description.type === "answer" && this.#before === undefined;
    const reason = why ?? local.differsBy ?? (isAnotherAnswer ? "made-anew" : undefined);
    // Where no person carries the file, nothing is left to do.
    if (reason !== undefined && path !== undefined)
      emit({ event: "file-rewritten", path, revision: local.key.revision, why: reason });
  }

  /** A sealed document is carried by people who shall not read it, and a bare one is for programs that know no codes. */
  #codeOf({ document, isBare }: LocalDocument): { code: string } | { why: NoCode } {
    if (this.#options.seal.isRequired) return { why: "sealed" };
    return isBare ? { why: "foreign" } : encodeShortCode(document);
  }

  /**
   * Stores the state that a run needs to resume this one; does nothing before our document is made, after it has served,
   * and after the end.
   * @throws P2pError STATE_UNUSABLE
   */
  async remember(): Promise<void> {
    const remembered = this.#document?.remembered;
    const { seal, judgement } = this.#options;
    await this.#inTurn(async () => {
      if (remembered === undefined || this.#isConnected || this.#isOver) return;
      await this.#memory?.save({ ...remembered, sealed: seal.isRequired, peer: judgement.standing });
    });
  }

  async #inTurn(change: () => Promise<void>): Promise<void> {
    const changed = this.#lastChange.then(change);
    this.#lastChange = changed.catch(() => {});
    await changed;
  }

  /** The line is connected: our document has served, and is neither made again nor resumed. */
  async handleConnected(): Promise<void> {
    this.#isConnected = true;
    const { id } = this;
    if (id !== undefined) await this.#inTurn(async () => await this.#memory?.forget(id));
  }

  /** The line is over: nothing is published or remembered any more. Resolves when what had begun is stored. */
  async handleOver(): Promise<void> {
    this.#isOver = true;
    await this.#inTurn(async () => {
      if (!this.#isPublished && this.id !== undefined) await this.#takeBack(this.id);
    });
  }

  /** Our document is in no file: a later run goes on with what was remembered before it, whose file is still there. */
  async #takeBack(id: string): Promise<void> {
    const earlier = this.#before ?? this.#replaced;
    try {
      if (earlier !== undefined) {
        await this.#memory?.save(earlier);
        return;
      }
    } catch {
      // A full disk takes nothing; forgetting needs no room.
    }
    await this.#memory?.forget(id);
  }

  /** Closes the network side. */
  async close(): Promise<void> {
    await this.#pairing?.close();
  }
}

/** Several candidates may be at one address. */
function countAddresses({ candidates }: SessionDescription): number {
  const isFirst = ({ address }: IceCandidate, at: number): boolean =>
    candidates.findIndex((other) => other.address === address) === at;
  return candidates.filter(isFirst).length;
}
