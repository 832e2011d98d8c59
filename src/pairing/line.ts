// The pairing line: publishes our document, waits for theirs, connects, hands the session over, and emits `closed`
// last. The carrier (carrier.ts) moves the documents, own-side.ts makes ours, judgement.ts judges theirs. `LineState`
// lists the states of a line; in each state one function handles the inputs.
import { isSealed, partAfterTwoOffers, usedIdOf } from "../exchange/judge.ts";
import { pastedDocument } from "../exchange/pasted-text.ts";
import { errorEvent } from "../lib/errors/error-event.ts";
import { P2pError, toP2pError } from "../lib/errors/p2p-error.ts";
import { type ClosedReason, isForPrograms, type P2pEvent } from "../lib/events.ts";
import { formatWait } from "../lib/format.ts";
import { StateTrace } from "../lib/trace.ts";
import type { Session } from "../session/session-types.ts";
import type { Contact } from "../store/state/contact-book.ts";
import type { MemoryPlace } from "../store/state/pairing-memory.ts";
import type { PairingEvents } from "./pairing.ts";
import type { LineCarrier, OpenCarrier } from "./carrier.ts";
import { usedKinds } from "./described-media.ts";
import { EventStream } from "./event-stream.ts";
import { type Finding, findingsOf, type PeerFinding, withCarrier } from "./findings.ts";
import { Inbox } from "./inbox.ts";
import { Judgement } from "./judgement.ts";
import { type AttemptOutcome, type Deadline, FIRST_ANSWER_MS, LineAttempt } from "./line-attempt.ts";
import { type LineSession, OwnSide, type OwnSideOptions, type OwnSidePorts } from "./own-side.ts";
import type { People } from "./people.ts";
import { peerFileEvents } from "./peer-file-events.ts";
import type { TrustPort } from "./ports.ts";
import { LineSeal } from "./seal.ts";
import type { PairingSettings } from "./settings.ts";
import { offersUsedByProcess, type UsedOffers } from "./used-offers.ts";
import { type After, unlessAborted, within } from "../lib/waiting.ts";

type ClosedEvent = Extract<P2pEvent, { event: "closed" }>;

/** Options of a line. */
export interface LineOptions {
  role: "offer" | "answer";
  settings: PairingSettings;
  /** Opens the carrier that moves the two documents. */
  carrier: OpenCarrier;
  /** Where this pairing is remembered in the state directory, so that it can be resumed. Undefined: nowhere. */
  place?: MemoryPlace;
  /**
   * Offering side, after a failed connection: wait for a newer file (true, when a person is present) or end (false).
   */
  keepWaiting: boolean;
  /** The person who alone can be the other side, by the signature on their documents. Undefined: anybody can. */
  contact?: Pick<Contact, "publicKey" | "name">;
  /** Offering side: refuse an offer of another program (FILE_WRONG_TYPE) instead of answering it. */
  refusesForeignOffers?: boolean;
  /** The `local-file` event has the short code of our document too; a document without one is told. */
  tellsCode?: boolean;
  /** Called each time our document is written, with its text, which is sealed if required. */
  onDocument?: (document: string) => void;
}

/** One side of a line, from its first file to its end. */
export interface Line {
  /** Every event, `closed` last. Read it only once. */
  readonly events: AsyncIterable<P2pEvent>;
  /** The session once it is connected; rejects with P2pError when pairing ends without one. */
  readonly session: Promise<Session>;
  /**
   * Takes the other side's document as text that a person has pasted. The text is stored as `LocaltionJson_p.json`, or
   * under the first free name like that, and judged like a file that appears. Available only while a folder is watched
   * and a document is expected.
   * @returns the path under which it is stored
   * @throws P2pError FILE_MALFORMED, FILE_TOO_LARGE, FILE_SEAL_DAMAGED when there is no document in the text, FILE_OWN when
   *   it is ours: it is then not stored; WRITE_FAILED
   */
  takeDocument(text: string): Promise<string>;
  /**
   * Ends pairing or the session. Resolves when everything is closed; the `closed` event has been emitted by then.
   * @param exit - exit code that the `closed` event reports; default: 0 for `quit` and 130 for `interrupted`
   */
  close(reason: "quit" | "interrupted", exit?: number): Promise<void>;
}

/** The network, the clock and what is kept; node-ports.ts has those of Node, and tests substitute their own. */
export interface LinePorts extends OwnSidePorts {
  readonly trust: TrustPort;
  after: After;
  /** Loads, when nothing else is to be done, what the network side will need: the other side does not wait for it then. */
  prepare?(): void;
}

/** How long the end waits for files that are being written on this machine. */
const STORE_MS = 2_000;

/** How long the end of the waiting waits for the last look at the folder: a network share may hang. */
const CONCLUDE_MS = 2_000;

/**
 * Limit of the events that the reader has not taken; beyond it those for a person are dropped, since a peer may cause
 * them without end. Events for programs are bounded at their sources.
 */
export const MAX_UNTAKEN_FOR_A_PERSON = 1_000;

/** The state of a line. It moves only to later states, except from `connecting` back to `waiting`. */
type LineState =
  /** Opens the carrier and the state directory; an offering side gathers and publishes its document. */
  | { state: "opening" }
  /** No usable document of the other side has arrived yet. */
  | {
      state: "waiting";
      deadline: Deadline;
      /** The time is up, and the place is looked at once more. */
      isConcluding?: true;
    }
  /** Tries to connect with the newest usable document. */
  | { state: "connecting"; attempt: LineAttempt }
  | { state: "connected"; session: LineSession }
  | { state: "closed"; event: ClosedEvent };

/** Inputs of a line that is waiting or connecting. */
type LineInput =
  | { input: "finding"; finding: Finding; handled: () => void }
  /** What was there before the start is judged. */
  | { input: "looked" }
  /** The carrier has no more documents. */
  | { input: "no-more" }
  | { input: "carrier-failed"; error: unknown }
  | { input: "deadline"; of: Deadline }
  | { input: "attempt-over"; of: LineAttempt; outcome: AttemptOutcome }
  | { input: "session-over" }
  /** The line is being closed; the signal holds the reason. */
  | { input: "aborted" };

type InState<State extends LineState["state"]> = Extract<LineState, { state: State }>;

/** The reason why pairing ends before a connection. */
class PairingEnd extends Error {
  readonly reason: ClosedReason;
  readonly exit: number;
  constructor(reason: ClosedReason, exit: number, cause?: unknown) {
    super(reason, { cause });
    this.reason = reason;
    this.exit = exit;
  }
}

export class PairingLine implements Line {
  readonly events: AsyncIterable<P2pEvent>;
  readonly session: Promise<Session>;
  /** Resolves when everything is closed; the `closed` event has been emitted by then. */
  readonly ended: Promise<void>;
  readonly #options: LineOptions;
  readonly #ports: LinePorts;
  readonly #seal: LineSeal;
  readonly #stream = new EventStream<P2pEvent>();
  readonly #inbox = new Inbox<LineInput>();
  readonly #abort = new AbortController();
  /** How the line is closed, if that was before it had a session: one that succeeds all the same ends like this. */
  #closing: ["quit" | "interrupted", number] | undefined;
  /** Stops reading the carrier. */
  readonly #reading = new AbortController();
  #resolveSession: (session: Session) => void = () => {};
  #rejectSession: (error: unknown) => void = () => {};
  #connected: LineSession | undefined;
  #carrier: LineCarrier | undefined;
  /** Undefined before the carrier is open. */
  #own: OwnSide | undefined;
  #usedOffers: UsedOffers = offersUsedByProcess;
  #people: People | undefined;
  #judgement: Judgement | undefined;
  /** The place from which the other side's document was taken last. */
  #takenFrom: string | undefined;
  #lastRefusal: P2pError | undefined;
  /** The carrier brings no further documents. */
  #isExhausted = false;

  constructor(options: LineOptions, ports: LinePorts) {
    this.#options = options;
    this.#ports = ports;
    this.#seal = new LineSeal(options.role, ports.trust, options.settings.seal);
    this.events = this.#stream;
    this.session = new Promise((resolve, reject) => {
      this.#resolveSession = resolve;
      this.#rejectSession = reject;
    });
    // A caller that reads only the events must not crash on this rejection.
    this.session.catch(() => {});
    this.#abort.signal.addEventListener("abort", () => this.#inbox.push({ input: "aborted" }), { once: true });
    this.ended = this.#run();
  }

  /** The id of our documents, 32 hex digits; undefined before the first one is made. */
  get id(): string | undefined {
    return this.#own?.id;
  }

  async takeDocument(text: string): Promise<string> {
    const carrier = this.#carrier;
    if (carrier === undefined || !("take" in carrier)) throw new TypeError("Cannot keep a text: no folder is watched");
    return await carrier.take(pastedDocument(text, this.id));
  }

  async close(reason: "quit" | "interrupted", exit?: number): Promise<void> {
    const code = exit ?? (reason === "interrupted" ? 130 : 0);
    if (this.#connected === undefined) {
      this.#closing ??= [reason, code];
      this.#abort.abort(new PairingEnd(reason, code));
    } else await this.#connected.end(reason, code);
    await this.ended;
  }

  async #run(): Promise<void> {
    const trace = new StateTrace("line:state_updated", this.#options.settings.trace);
    let state: LineState = { state: "opening" };
    while (state.state !== "closed") {
      trace.note(state.state, { role: this.#options.role });
      state = await this.#step(state);
    }
    const { event: closed } = state;
    trace.note("closed", { reason: closed.reason, exit: closed.exit });
    this.#reading.abort();
    await this.#untilStored(this.#own?.handleOver());
    await this.#own?.close();
    await this.#carrier?.close();
    if (closed.reason === "interrupted" && this.#own?.canBeResumed === true) {
      this.#emit({ event: "can-resume", command: this.#options.role });
    }
    // `closed` is emitted after everything is closed: a program that reads it may start the next line at once.
    if (this.#own?.isPublished === true) this.#stream.push(closed);
    this.#stream.end();
  }

  /** Performs the work of a state. @returns the next state */
  async #step(state: Exclude<LineState, InState<"closed">>): Promise<LineState> {
    try {
      switch (state.state) {
        case "opening":
          return await this.#open();
        case "waiting":
          return await this.#handleWhileWaiting(state, await this.#nextInput());
        case "connecting":
          return await this.#handleWhileConnecting(state, await this.#nextInput());
        case "connected":
          return await this.#untilOver(state);
      }
    } catch (error) {
      if (state.state === "waiting") state.deadline.cancel();
      if (state.state === "connecting") await this.#giveUp(state.attempt);
      this.#reading.abort();
      return { state: "closed", event: this.#handleFailure(error) };
    }
  }

  /** @throws PairingEnd when the line is closed, before any other pending input */
  async #nextInput(): Promise<LineInput> {
    const input = await this.#inbox.next();
    this.#abort.signal.throwIfAborted();
    return input;
  }

  async #open(): Promise<LineState> {
    const { role } = this.#options;
    const judgement = await this.#openState();
    const { judge, knownAs } = judgement;
    const { read, costOf } = this.#seal;
    const opening = this.#options.carrier({
      role,
      read,
      costOf,
      knownAs,
      signal: this.#abort.signal,
      emit: this.#emit,
      onTrouble: (error) => this.#report(error),
    });
    this.#ports.prepare?.();
    const carrier = await this.#unlessAborted(opening).catch(async (error: unknown) => {
      // One that opens after the end is closed then: a lock of its own is on the disk.
      await this.#untilStored(opening.then((late) => late.close()));
      throw error;
    });
    this.#carrier = carrier;
    const own = await this.#openOwnSide(carrier, judgement);
    this.#own = own;
    if (role === "offer") await this.#unlessAborted(own.publishOffer());
    this.#emitWaiting();
    const onLooked = (): void => this.#inbox.push({ input: "looked" });
    void this.#readCarrier(findingsOf(carrier, { read, judge, onLooked }, this.#reading.signal));
    // A file that is used again stays valid only until the expiry that it declares.
    const leftMs = own.resumedExpiryMs - this.#ports.nowMs();
    return { state: "waiting", deadline: this.#startDeadline(Math.min(this.#options.settings.waitMs, leftMs)) };
  }

  /** What others can hold up (a broker, a network share) does not hold up the end. @throws PairingEnd at the end */
  async #unlessAborted<T>(work: Promise<T>): Promise<T> {
    return await unlessAborted(this.#abort.signal, work);
  }

  /** Waits for what is written on this machine; a disk that hangs does not hold up the end for ever. */
  async #untilStored(work: Promise<unknown> | undefined): Promise<void> {
    if (work !== undefined)
      await within(
        STORE_MS,
        (ms, call) => this.#ports.after(ms, call),
        work.catch(() => {}),
      );
  }

  async #openState(): Promise<Judgement> {
    const { role, settings, contact, refusesForeignOffers = false } = this.#options;
    const { stateDir } = settings;
    const { state, trust } = this.#ports;
    if (stateDir !== undefined && state !== undefined) {
      this.#usedOffers = await state.openUsedOffers(stateDir);
      this.#people = await state.openPeople(stateDir);
    }
    this.#judgement = new Judgement({
      role,
      people: this.#people,
      usedOffers: this.#usedOffers,
      trust,
      isSealRequired: () => this.#seal.isRequired,
      refusesForeignOffers,
      nowMs: () => this.#ports.nowMs(),
    });
    if (contact !== undefined) this.#judgement.await(contact);
    return this.#judgement;
  }

  async #openOwnSide(carrier: LineCarrier, judgement: Judgement): Promise<OwnSide> {
    const { role, settings, place, tellsCode = false, onDocument } = this.#options;
    const options: OwnSideOptions = {
      role,
      settings,
      place,
      carrier,
      judgement,
      seal: this.#seal,
      people: this.#people,
      signal: this.#abort.signal,
      exchangeFiles: () => this.#exchangeFiles,
      emit: this.#emit,
      onRewriteFailed: (error) => this.#report(toP2pError(error)),
      tellsCode,
      onDocument,
    };
    return await OwnSide.open(options, this.#ports);
  }

  async #readCarrier(findings: AsyncIterable<Finding>): Promise<void> {
    try {
      for await (const finding of findings) {
        if (this.#reading.signal.aborted) return;
        await new Promise<void>((handled) => {
          this.#inbox.push({ input: "finding", finding, handled });
        });
      }
      this.#inbox.push({ input: "no-more" });
    } catch (error) {
      this.#inbox.push({ input: "carrier-failed", error });
    }
  }

  #startDeadline(ms: number): Deadline {
    const deadline: Deadline = { cancel: () => {} };
    deadline.cancel = this.#ports.after(ms, () => this.#inbox.push({ input: "deadline", of: deadline }));
    return deadline;
  }

  async #handleWhileWaiting(state: InState<"waiting">, input: LineInput): Promise<LineState> {
    switch (input.input) {
      case "finding": {
        const next = await this.#handleFinding(state, input.finding).finally(input.handled);
        if (next !== state) state.deadline.cancel();
        return next;
      }
      case "looked":
        this.#emit({ event: "file-awaited", ...this.#awaitedPath });
        return state;
      case "no-more":
        throw this.#lateEnd();
      case "deadline":
        return input.of === state.deadline ? this.#conclude(state) : state;
      case "carrier-failed":
        throw input.error;
      case "attempt-over":
      case "session-over":
      case "aborted":
        return state;
    }
  }

  async #handleWhileConnecting(state: InState<"connecting">, input: LineInput): Promise<LineState> {
    switch (input.input) {
      case "finding":
        return await this.#handleFinding(state, input.finding).finally(input.handled);
      case "attempt-over": {
        const { of: attempt, outcome } = input;
        // The outcome of a replaced attempt arrives too; it no longer matters.
        if (attempt !== state.attempt) return state;
        attempt.handleOver();
        if ("session" in outcome) return await this.#handleConnected(attempt, outcome.session);
        this.#handleFailedAttempt(attempt, outcome.error);
        if (attempt.held !== undefined) return await this.#tryNext(attempt.held, true);
        this.#emitWaiting();
        this.#emit({ event: "file-awaited", ...this.#awaitedPath });
        return { state: "waiting", deadline: this.#startDeadline(this.#options.settings.waitMs) };
      }
      case "carrier-failed":
        throw input.error;
      case "deadline": {
        const next = state.attempt.handleDeadline(input.of);
        return next === undefined ? state : await this.#replace(state.attempt, next);
      }
      case "no-more":
        this.#isExhausted = true;
        return state;
      case "looked":
      case "session-over":
      case "aborted":
        return state;
    }
  }

  async #handleConnected(attempt: LineAttempt, session: LineSession): Promise<LineState> {
    if (attempt.offerId !== undefined) await this.#usedOffers.add(attempt.offerId, this.#ports.nowMs());
    await this.#own?.handleConnected();
    // The session does not wait for a place that answers slowly; the end of the line does, for a while.
    void this.#carrier?.handleConnected?.().catch(() => {});
    if (this.#seal.isRequired) this.#emit({ event: "line-sealed" });
    this.#connected = session;
    this.#resolveSession(session);
    attempt.tell?.({ fate: "connected" });
    if (attempt.held !== undefined) this.#refuseHeld(attempt.held);
    // Others may have answered our offer, too.
    const isOfferer = attempt.offerId === undefined;
    if (isOfferer && this.#carrier !== undefined && "relax" in this.#carrier) this.#carrier.relax();
    else this.#reading.abort();
    this.#seal.handleConnected();
    if (this.#closing !== undefined) await session.end(...this.#closing);
    return { state: "connected", session };
  }

  /** Reports answers that come too late, until the session ends. */
  async #untilOver({ session }: InState<"connected">): Promise<LineState> {
    const ended = session.ended.finally(() => this.#inbox.push({ input: "session-over" }));
    for (;;) {
      const input = await this.#inbox.next();
      if (input.input === "session-over") return { state: "closed", event: await ended };
      if (input.input !== "finding") continue;
      const { finding, handled } = input;
      if (finding.kind === "peer" && this.#judgement?.isOtherAnswer(finding.document) === true) {
        this.#report(withCarrier(new P2pError("FILE_SECOND_ANSWER", { path: finding.path }), this.#carrier?.carriedBy));
      } else if (finding.kind === "refused" && finding.error.code === "FILE_NOT_RECOGNISED")
        this.#report(finding.error);
      handled();
    }
  }

  /** Returns when waiting for a newer document continues. @throws the error that ends the line */
  #handleFailedAttempt({ tell, held }: LineAttempt, error: unknown): void {
    const thrown = toP2pError(error);
    const failure = isFailureToConnect(thrown) ? withCarrier(thrown, this.#carrier?.carriedBy) : thrown;
    tell?.({ fate: "failed", error: failure });
    const mayCome = this.#options.keepWaiting && !this.#isExhausted;
    const goesOn = this.#options.role === "offer" && (mayCome || held !== undefined);
    // The caller who handed the document over has received the error, and may hand over another document.
    if (tell !== undefined && goesOn) return;
    if (!isFailureToConnect(failure)) throw failure;
    this.#emit({ event: "connect-failed", ...failure.params, goesOn });
    if (!goesOn) throw failure;
  }

  /** Cancels an attempt whose result is no longer needed. */
  async #giveUp(attempt: LineAttempt): Promise<void> {
    const { tell } = attempt;
    const result = await attempt.end();
    if ("session" in result) await result.session.end("interrupted");
    else tell?.({ fate: "failed", error: toP2pError(result.error) });
  }

  /** The time is up. A file that came just now, and is no document, is told before the line ends: it is the reason. */
  #conclude({ isConcluding }: InState<"waiting">): LineState {
    const carrier = this.#carrier;
    if (isConcluding === true || carrier === undefined || !("conclude" in carrier)) throw this.#lateEnd();
    carrier.conclude();
    return { state: "waiting", deadline: this.#startDeadline(CONCLUDE_MS), isConcluding: true };
  }

  #lateEnd(): PairingEnd {
    const cause =
      this.#lastRefusal ??
      new P2pError("FILE_NOT_THERE", {
        path: this.#carrier?.peerPlace ?? "",
        wait: formatWait(this.#options.settings.waitMs),
      });
    return new PairingEnd("timeout", cause.exit, cause);
  }

  /** A usable document replaces the one that is being tried. @throws P2pError the error that ends the line */
  async #handleFinding(state: InState<"waiting"> | InState<"connecting">, finding: Finding): Promise<LineState> {
    switch (finding.kind) {
      case "peer":
        return await this.#handlePeerDocument(state, finding);
      case "refused":
        this.#handleRefused(finding, state.state === "waiting" && state.isConcluding === true);
        return state;
      case "ignored":
        this.#emit({ event: "file-ignored", path: finding.path, error: errorEvent(finding.error) });
        return state;
      case "folder-gone":
        this.#report(finding.error);
        return state;
      case "folder-back":
      case "folder-crowded":
        this.#emit({ event: finding.kind, path: finding.path });
        return state;
      case "costly-files":
        this.#emit({ event: "sealed-crowd", path: finding.path, count: finding.count });
        return state;
      case "own-gone":
        // Our offer is with the other side once its answer has come.
        if (state.state === "waiting" || this.#options.role === "answer") {
          this.#emit({ event: "own-file-gone", path: finding.path, command: this.#options.role });
        }
        return state;
      case "own-overwritten":
        this.#emit({ event: "own-file-overwritten", path: finding.path, keptAs: finding.keptAs });
        return state;
    }
  }

  /** @param isConcluding - the line ends right now, and tells the last refusal then */
  #handleRefused({ error, isFatal, tell }: Extract<Finding, { kind: "refused" }>, isConcluding: boolean): void {
    tell?.({ fate: "refused", error });
    // A file that only a carrier could have placed there does not end an attempt with the previous document.
    if (isFatal && error.code !== "FILE_NOT_RECOGNISED") throw error;
    this.#lastRefusal = error;
    if (tell === undefined && !isConcluding) this.#report(error);
  }

  async #handlePeerDocument(
    state: InState<"waiting"> | InState<"connecting">,
    finding: PeerFinding,
  ): Promise<LineState> {
    if (state.state !== "connecting") return await this.#tryNext(finding, false);
    const { attempt } = state;
    const isOther = this.#judgement?.isOtherAnswer(finding.document) === true;
    if (isOther && attempt.hold(finding)) {
      this.#emit({ event: "answer-held", path: finding.path });
      return state;
    }
    return await this.#replace(attempt, finding);
  }

  /** Ends an attempt for the sake of another document. */
  async #replace(attempt: LineAttempt, finding: PeerFinding): Promise<LineState> {
    const outcome = await attempt.end();
    // The connection succeeded before it could be aborted.
    if ("session" in outcome) return await this.#handleConnected(attempt, outcome.session);
    attempt.tell?.({ fate: "superseded" });
    return await this.#tryNext(finding, true, attempt.held === finding ? undefined : attempt.held);
  }

  /** The offer is this one's who came first: a person hears it, and so does whoever handed the other answer over. */
  #refuseHeld({ path, tell }: PeerFinding): void {
    const error = withCarrier(new P2pError("FILE_SECOND_ANSWER", { path }), this.#carrier?.carriedBy);
    tell?.({ fate: "refused", error });
    if (tell === undefined) this.#report(error);
  }

  /**
   * @param isAgain - another document was tried before
   * @param held - the answer of somebody else that still waits
   */
  async #tryNext(finding: PeerFinding, isAgain: boolean, held?: PeerFinding): Promise<LineState> {
    try {
      const attempt = await this.#startAttempt(finding, isAgain);
      if (held !== undefined) attempt.hold(held);
      return { state: "connecting", attempt };
    } catch (error) {
      finding.tell?.(error instanceof PairingEnd ? { fate: "unread" } : { fate: "failed", error: toP2pError(error) });
      throw error;
    }
  }

  async #startAttempt(finding: PeerFinding, isAgain: boolean): Promise<LineAttempt> {
    const own = this.#own;
    const judgement = this.#judgement;
    if (own === undefined || judgement === undefined) throw new TypeError("Cannot connect before the line is open");
    const { document, path, verdict, tell } = finding;
    const { type } = document.description;
    this.#takenFrom = path;
    const kinds = usedKinds(this.#options.settings.session.media);
    for (const event of peerFileEvents(finding, judgement, kinds)) this.#emit(event);
    const recognition = await judgement.take(document, path);
    if (recognition !== undefined) this.#emit(recognition);
    // A run that resumes after this one must not accept less.
    await own.remember();
    const pairing = await own.pairing();
    const isOfferer = await this.#choosePart(own, finding, isAgain);
    // An offer does not prove that its owner has ours yet: after two offers both sides wait for the other person.
    const isAnswered = isOfferer && verdict !== "two-offers";
    const { connectTimeoutMs, waitMs } = this.#options.settings;
    const timeoutMs = isAnswered ? connectTimeoutMs : waitMs;
    const attempt = new LineAttempt({
      connect: (limits) => pairing.connect(document, isOfferer, { timeoutMs, ...limits }),
      offerId: type === "offer" ? usedIdOf(document) : undefined,
      tell,
      alone: type === "answer" ? this.#startDeadline(FIRST_ANSWER_MS) : undefined,
    });
    void attempt.outcome.then((outcome) => this.#inbox.push({ input: "attempt-over", of: attempt, outcome }));
    return attempt;
  }

  /** Publishes what the other side still needs from us, if anything. @returns whether we take the part of the offer */
  async #choosePart(own: OwnSide, { document, verdict }: PeerFinding, isAgain: boolean): Promise<boolean> {
    if (verdict === "two-offers") {
      // A bare offer has no id to compare: the other side answers it, whatever it has offered itself.
      const isBare = this.#own?.isBare === true;
      const weAre = isBare ? "offer" : partAfterTwoOffers(own.id ?? "", document.p2p?.id ?? "");
      this.#emit({ event: "two-offers", weAre });
      return weAre === "offer";
    }
    if (document.description.type === "answer") return true;
    const why = verdict === "foreign-offer" ? "foreign-offer" : isAgain ? "new-offer" : undefined;
    if (isSealed(document)) this.#seal.require();
    await this.#unlessAborted(own.publishAnswer(document, why));
    this.#emit({ event: "waiting", for: "connection" });
    return false;
  }

  /** Where the two documents lie, as far as they are files. */
  get #exchangeFiles(): string[] {
    const { via, ownPlace, peerPlace, pagePlace } = this.#carrier ?? {};
    // The place of another carrier is no file: a shared folder may lie within what is sent.
    const theirs = via === undefined ? peerPlace : undefined;
    return [ownPlace, theirs, pagePlace, this.#takenFrom].filter((path) => path !== undefined);
  }

  #handleFailure(error: unknown): ClosedEvent {
    if (error instanceof PairingEnd) {
      this.#rejectSession(error.cause ?? error);
      if (error.cause instanceof P2pError) this.#report(error.cause);
      return { event: "closed", reason: error.reason, exit: error.exit };
    }
    const failure = toP2pError(error);
    this.#rejectSession(failure);
    this.#report(failure);
    return { event: "closed", reason: reasonOf(failure), exit: failure.exit };
  }

  #report(error: P2pError): void {
    this.#emit(errorEvent(error));
  }

  #emitWaiting(): void {
    this.#emit({ event: "waiting", for: "file", ...this.#awaitedPath });
  }

  /** Where no person carries the file, nobody needs to know its path. */
  get #awaitedPath(): { path?: string } {
    const { via, peerPlace = "" } = this.#carrier ?? {};
    return via === undefined ? { path: peerPlace } : {};
  }

  /** Takes every event to the reader; it is handed down by reference to whatever causes events. */
  readonly #emit: PairingEvents["emit"] = (event, onTaken) => {
    // The session's own `closed` is held back until sockets and files are closed too.
    if (event.event === "closed") return;
    const isDropped = !isForPrograms(event) && this.#stream.untakenCount >= MAX_UNTAKEN_FOR_A_PERSON;
    if (isDropped) onTaken?.();
    else this.#stream.push(event, onTaken);
  };
}

function isFailureToConnect(error: P2pError): error is P2pError<"CANNOT_CONNECT"> {
  return error.code === "CANNOT_CONNECT";
}

function reasonOf(error: P2pError): ClosedReason {
  if (error.code === "PEER_NOT_AUTHENTIC" || error.code === "REFUSED_BY_PEER") return "rejected";
  return error.code === "CANNOT_CONNECT" ? "cannot-connect" : "error";
}
