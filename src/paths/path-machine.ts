// The path state machine: selects the candidate pair that carries the data, and decides when to leave it and how to
// search for another (RFC 8445 §6.1.4, §7.2.5, §8, §9; RFC 7675). It makes the decisions of one ICE agent in virtual
// time; its owner has the sockets and STUN messages, and forms the pairs.
import type { OutgoingFiles, PathLoad } from "./bulk-load.ts";
import { CallWatch } from "./call-watch.ts";
import { CheckSchedule } from "./check-schedule.ts";
import { Consent, type ConsentEvent } from "./consent.ts";
import { LIVENESS } from "./liveness.ts";
import { type MovablePair, MoveRule, type Transport } from "./move-rule.ts";

/** A pair over TCP is nominated after this, when UDP has had its time and more than one try. */
export const TCP_PATIENCE_MS = 1_000;

/** A candidate pair as the machine sees it. The owner makes these objects; their identity is that of the pair. */
export interface PathPair extends MovablePair {
  /** RFC 8445 §6.1.2.3. */
  readonly priority: number;
  /** The machine writes it. */
  state: "waiting" | "in-progress" | "succeeded" | "failed";
  /** The controlling peer has nominated this pair. The machine writes it. */
  isNamed: boolean;
  readonly isBeingChecked: boolean;
  /** Both ends are on this machine: what is cut for such a pair may be larger than another one carries. */
  readonly isOneMachine: boolean;
}

/** The outcome of a check; `role-conflict`: with an error 487 (RFC 8445 §7.2.5.1). */
export type CheckOutcome = "answered" | "failed" | "role-conflict";

/** An instruction to the owner. */
export type PathEffect<Pair extends PathPair> =
  /** Send a check on this pair, with USE-CANDIDATE if it nominates, and report how it ends. */
  | { effect: "check"; pair: Pair; isNominating: boolean; isControlling: boolean }
  /**
   * Send one check on the selected or the spare pair, without retransmission, in the role in which it was selected, and
   * report its answer.
   */
  | { effect: "consent-check"; pair: Pair; isNominating: boolean; isControlling: boolean }
  /** Data takes this pair from now on; `isFirst`: there was none before. */
  | { effect: "selected"; pair: Pair; isFirst: boolean }
  /** This pair of the other kind is kept alive beside the selected one. */
  | { effect: "spare"; pair: Pair }
  /** Tell the peer that its data is taken on the pair of this kind: both sides have checked it. */
  | { effect: "tell-ready"; transport: Transport }
  /** The spare pair is no longer kept. */
  | { effect: "spare-lost"; pair: Pair }
  /** Data takes the spare pair from now on, and the one before is the spare: it still delivers what it has. */
  | { effect: "moved"; pair: Pair }
  | { effect: "unreachable" }
  | { effect: "reachable" }
  /** Form pairs from the newest information that the peer has sent about itself, and call `restart`. */
  | { effect: "search" }
  /** The credentials that the peer was given are used up: send it the next ones. */
  | { effect: "tell-peer" }
  /** Consent has expired: nothing may be sent until another pair is selected. Emitted once for each selected pair. */
  | { effect: "silenced" }
  /** Nothing may be sent any more. Emitted once, last. */
  | { effect: "lost" };

/** The state of a nomination. */
interface Checks<Pair> {
  /** The next check of this pair nominates it. RFC 8445 §8.1.1. */
  nominee: Pair | undefined;
  /** A peer that reports a role conflict is believed each time, but only the first report triggers a check at once. */
  hasRepairedRole: boolean;
}

/** The pair that data takes, while there is consent to send on it. */
interface Path<Pair> {
  readonly pair: Pair;
  readonly consent: Consent;
  /** The role when it was selected, which its checks keep. */
  readonly wasControlling: boolean;
}

type State<Pair> =
  | { name: "idle" }
  | ({ name: "checking" } & Checks<Pair>)
  /** Pairs of the other kind are checked beneath, until one of them is the spare. */
  | ({ name: "selected"; path: Path<Pair>; spare: Path<Pair> | undefined } & Checks<Pair>)
  /** Data continues over `path` until another pair is selected. */
  | ({ name: "searching"; path: Path<Pair>; deadlineMs: number } & Checks<Pair>)
  | { name: "lost" };

export class PathMachine<Pair extends PathPair> {
  readonly #random: () => number;
  readonly #schedule = new CheckSchedule<Pair>();
  readonly #moves = new MoveRule();
  readonly #call = new CallWatch();
  readonly #effects: PathEffect<Pair>[] = [];
  #pairs: readonly Pair[] = [];
  #state: State<Pair> = { name: "idle" };
  #isControlling = false;
  #isPeerLite = false;
  /** The peer can be found again: it has sent the information for that. */
  #canRestart = false;
  #isInterrupted = false;
  #deliveredBytes = 0;
  /** When a search last ended with a pair. */
  #foundMs = Number.NEGATIVE_INFINITY;

  /** @param random - 0 ≤ x < 1 */
  constructor(random: () => number) {
    this.#random = random;
  }

  get state(): State<Pair>["name"] {
    return this.#state.name;
  }

  get isControlling(): boolean {
    return this.#isControlling;
  }

  get isInterrupted(): boolean {
    return this.#isInterrupted;
  }

  /** The pair that data takes; undefined while there is none. */
  get selected(): Pair | undefined {
    return this.#path?.pair;
  }

  /** The pair of the other kind that is kept alive; undefined: there is none. */
  get spare(): Pair | undefined {
    return this.#spare?.pair;
  }

  /** Whether the peer keeps two pairs as well. */
  get isMovable(): boolean {
    return this.#moves.isAllowed;
  }

  /** When the peer was last known to be alive on the selected pair. */
  get heardMs(): number | undefined {
    return this.#path?.consent.heardMs;
  }

  /**
   * Checks pairs with a remote side until one is selected. Forgets everything before.
   * @param pairs - best first
   */
  begin(pairs: readonly Pair[], role: { isControlling: boolean; isPeerLite: boolean }, nowMs: number): void {
    this.#dropSpare();
    this.#moves.begin();
    this.#call.begin(nowMs);
    this.#canRestart = false;
    this.#isInterrupted = false;
    // RFC 8445 §6.1.1: an ICE-lite agent sends no checks, so the other side is controlling, whoever made the offer.
    this.#isControlling = role.isControlling || role.isPeerLite;
    this.#isPeerLite = role.isPeerLite;
    this.#pairs = pairs;
    this.#state = { name: "checking", nominee: undefined, hasRepairedRole: false };
    this.#schedule.start(nowMs);
  }

  /** Sets the pairs of the current search, as `search` requested. */
  restart(pairs: readonly Pair[], nowMs: number): void {
    if (this.#state.name !== "searching") return;
    this.#pairs = pairs;
    this.#state.nominee = undefined;
    this.#state.hasRepairedRole = false;
    this.#schedule.start(nowMs);
  }

  /** Replaces the checklist: pairs were added, or their sockets are gone. */
  updatePairs(pairs: readonly Pair[]): void {
    this.#pairs = pairs;
    const state = this.#state;
    if ("nominee" in state && state.nominee !== undefined && !pairs.includes(state.nominee)) state.nominee = undefined;
    const { spare } = this;
    if (spare !== undefined && !pairs.includes(spare)) this.#dropSpare();
  }

  /** Ends checking for good; a selected pair remains, and is lost when its consent is. */
  stop(): void {
    this.#canRestart = false;
    this.#schedule.stop();
    this.#dropSpare();
    this.#moves.begin();
    const state = this.#state;
    if (state.name === "searching") this.#state = selectedBy(state.path);
    else if (state.name === "checking") this.#state = { name: "idle" };
  }

  /** The peer has sent what is needed to find it again: a path that breaks is replaced from now on. */
  handlePeerOffer(): void {
    this.#canRestart = true;
  }

  /** The peer keeps two pairs, one of each kind, as this side does from now on. */
  handlePeerMoves(nowMs: number): void {
    this.#moves.allow();
    const path = this.#path;
    if (path !== undefined) this.#effects.push({ effect: "tell-ready", transport: path.pair.transport });
    this.#lookBeside(nowMs);
  }

  /** The peer takes data on its pair of this kind: it has checked it itself. */
  handlePeerReady(transport: Transport, nowMs: number): void {
    this.#moves.handlePeerReady(transport);
    this.#considerMove(nowMs);
  }

  /** A check from the peer has changed our role. RFC 8445 §7.3.1.1. */
  handleRole(isControlling: boolean): void {
    this.#isControlling = isControlling;
  }

  /**
   * An authentic check from the peer has arrived on this pair.
   * @param isNaming - with USE-CANDIDATE
   */
  handlePeerCheck(pair: Pair, isNaming: boolean, nowMs: number): void {
    if (!this.#pairs.includes(pair)) return;
    if (isNaming && !this.#isControlling) {
      pair.isNamed = true;
      if (pair.state === "succeeded") {
        this.#choose(pair, nowMs);
        return;
      }
    }
    if (pair.state === "waiting" || pair.state === "failed") this.#schedule.trigger(pair, nowMs);
  }

  /** @param check - as it was in the effect `check` */
  handleCheckEnded(
    pair: Pair,
    outcome: CheckOutcome,
    check: { isNominating: boolean; isControlling: boolean },
    nowMs: number,
  ): void {
    this.#schedule.noteChecked(pair, nowMs);
    const isAnswered = outcome === "answered";
    pair.state = isAnswered ? "succeeded" : "failed";
    const state = this.#state;
    // A check of an earlier checklist ends here: it must not select.
    if (!("nominee" in state) || !this.#pairs.includes(pair)) return;
    const { isNominating, isControlling } = check;
    if (pair === state.nominee && (isNominating || !isAnswered || !isControlling)) state.nominee = undefined;
    if (isAnswered && (isNominating || pair.isNamed)) this.#choose(pair, nowMs);
    else if (state.name === "selected") return;
    else if (outcome === "role-conflict") this.#repairRole(state, pair, isControlling, nowMs);
    else if (isAnswered && this.#isPeerLite) this.#chooseForLite(state, pair, isControlling, nowMs);
  }

  /** A check of the peer arrived on the selected pair. */
  handleHeard(): void {
    this.#path?.consent.handleHeard();
  }

  /** Data of the peer arrived, and not on the spare pair. Cheap: it is called for every datagram. */
  handleData(): void {
    this.handleHeard();
    this.#call.handleData();
  }

  /** Something arrived from the peer on the spare pair. */
  handleSpareHeard(): void {
    this.#spare?.consent.handleHeard();
  }

  /** A consent check on this pair was answered, which was sent at that time. */
  handleConsent(pair: Pair, sentMs: number, nowMs: number): void {
    const [path, spare] = [this.#path, this.#spare];
    for (const one of [path, spare]) if (one?.pair === pair) one.consent.handleAnswered(nowMs);
    if (spare?.pair === pair) this.#call.handleSpareAnswered(sentMs, nowMs);
    if (path?.pair !== pair) return;
    this.#call.handleAnswered(sentMs, nowMs);
    this.#moves.noteAnswered(sentMs);
  }

  /** The peer searches for us: it has used the credentials that it was given for that. */
  handlePeerSearch(nowMs: number): void {
    if (nowMs - this.#foundMs < LIVENESS.followingMs) this.#effects.push({ effect: "tell-peer" });
    else this.#interrupt(nowMs, "by the peer");
  }

  /** Our local address is gone, this computer has slept, or the peer is silent on all channels. */
  suspect(nowMs: number): void {
    this.#interrupt(nowMs, "here");
  }

  /** The peer's machine refuses what it accepted before: its program has ended. */
  handlePeerGone(): void {
    if (this.#state.name === "searching") this.#lose();
  }

  /**
   * What the association has carried until now: much of it over a short path moves to TCP, as long as it grows the path
   * works, and a call is watched closely.
   */
  noteLoad(load: PathLoad, nowMs: number): void {
    if (load.deliveredBytes > this.#deliveredBytes) this.#path?.consent.handleDelivered(nowMs);
    this.#deliveredBytes = load.deliveredBytes;
    this.#moves.noteLoad(load, nowMs);
    this.#call.noteDatagrams(load.callDatagrams ?? 0, nowMs);
  }

  /** Files leave from now on, so many; with 0 bytes, none do. Many of them move to TCP where the peer is a neighbour. */
  expectFiles(files: OutgoingFiles, nowMs: number): void {
    this.#moves.expect(files);
    this.#considerMove(nowMs);
  }

  advance(nowMs: number): void {
    const path = this.#path;
    const spare = this.#spare;
    if (spare !== undefined) this.#watchSpare(spare, nowMs);
    if (path !== undefined) this.#watchConsent(path, nowMs);
    this.#watchCall(nowMs);
    if (this.#state.name === "searching" && nowMs >= this.#state.deadlineMs) this.#lose();
    this.#considerTcp(nowMs);
    this.#considerSpare(nowMs);
    this.#considerMove(nowMs);
    const pair = this.#schedule.takeDue(this.#pairs, nowMs);
    if (pair !== undefined) this.#check(pair);
  }

  nextDeadlineMs(): number {
    const state = this.#state;
    const [path, spare] = [this.#path, this.#spare];
    return Math.min(
      spare?.consent.nextDeadlineMs() ?? Number.POSITIVE_INFINITY,
      spare === undefined ? Number.POSITIVE_INFINITY : this.#call.nextDeadlineMs(),
      path === undefined ? Number.POSITIVE_INFINITY : this.#moves.nextDeadlineMs(path.pair, spare?.pair),
      this.#schedule.nextDeadlineMs(),
      this.#path?.consent.nextDeadlineMs() ?? Number.POSITIVE_INFINITY,
      "deadlineMs" in state ? state.deadlineMs : Number.POSITIVE_INFINITY,
    );
  }

  pollEffect(): PathEffect<Pair> | undefined {
    return this.#effects.shift();
  }

  get #path(): Path<Pair> | undefined {
    return "path" in this.#state ? this.#state.path : undefined;
  }

  get #spare(): Path<Pair> | undefined {
    return "spare" in this.#state ? this.#state.spare : undefined;
  }

  #check(pair: Pair): void {
    const state = this.#state;
    const isControlling = this.#isControlling;
    // TCP waits for UDP, and an ICE-lite agent takes the pair that was nominated last.
    const isNamedAtOnce = !this.#isPeerLite && pair.transport === "udp";
    const isSought = isSeeking(state);
    const isNominee = "nominee" in state && pair === state.nominee;
    const isNominating = isControlling && ((isSought && isNamedAtOnce) || isNominee);
    pair.state = "in-progress";
    this.#effects.push({ effect: "check", pair, isNominating, isControlling });
  }

  /** Both sides have checked this pair, and the controlling one has nominated it. */
  #choose(pair: Pair, nowMs: number): void {
    if (this.#state.name === "selected") this.#keep(this.#state, pair, nowMs);
    else this.#select(pair, nowMs);
  }

  #select(pair: Pair, nowMs: number): void {
    const before = this.#state;
    if (!isSeeking(before)) return;
    this.#schedule.settle();
    // RFC 8445 §8.1.2: a pair that has not been checked by now is not checked any more.
    for (const one of this.#pairs) if (one.state === "waiting") one.state = "failed";
    const consent = new Consent(nowMs, this.#random);
    this.#state = selectedBy({ pair, consent, wasControlling: this.#isControlling });
    const isFirst = before.name === "checking";
    this.#effects.push({ effect: "selected", pair, isFirst });
    if (this.#moves.isAllowed) this.#effects.push({ effect: "tell-ready", transport: pair.transport });
    this.#lookBeside(nowMs);
    if (isFirst) return;
    this.#foundMs = nowMs;
    this.#restore();
    // The credentials that the peer had are used up, and our addresses may have changed.
    this.#effects.push({ effect: "tell-peer" });
  }

  /** Checks pairs of the other kind, as far as the line may move to one. */
  #lookBeside(nowMs: number): void {
    const state = this.#state;
    if (!this.#moves.isAllowed || state.name !== "selected" || state.path.pair.isOneMachine) return;
    const { transport } = state.path.pair;
    this.#schedule.startBeside(nowMs, (pair) => pair.transport !== transport);
  }

  /** The controlling side names one pair of the other kind, the best of those that were answered by then. */
  #considerSpare(nowMs: number): void {
    const state = this.#state;
    if (state.name !== "selected" || state.spare !== undefined || !this.#isControlling) return;
    if (this.#schedule.runningMs(nowMs) === undefined) return;
    const { transport } = state.path.pair;
    const best = this.#bestAnswered((pair) => pair.transport !== transport && !pair.isOneMachine);
    if (best !== undefined) this.#nominate(state, best, nowMs);
  }

  #keep(state: Extract<State<Pair>, { name: "selected" }>, pair: Pair, nowMs: number): void {
    const { transport, isOneMachine } = state.path.pair;
    if (!this.#moves.isAllowed || isOneMachine || pair.isOneMachine || pair.transport === transport) return;
    if (state.spare?.pair === pair) return;
    this.#dropSpare();
    this.#schedule.settle();
    state.nominee = undefined;
    state.spare = { pair, consent: new Consent(nowMs, this.#random), wasControlling: this.#isControlling };
    this.#call.begin(nowMs);
    this.#effects.push({ effect: "spare", pair }, { effect: "tell-ready", transport: pair.transport });
    this.#considerMove(nowMs);
  }

  #dropSpare(): void {
    const state = this.#state;
    if (state.name !== "selected" || state.spare === undefined) return;
    const { pair } = state.spare;
    state.spare = undefined;
    this.#moves.noteAlone();
    this.#effects.push({ effect: "spare-lost", pair });
  }

  /** Moves by choice, and takes such a move back where its pair does not answer. */
  #considerMove(nowMs: number): void {
    const state = this.#state;
    if (state.name !== "selected") return;
    if (this.#moves.takeBack(nowMs)) this.#move(state, nowMs);
    if (state.spare === undefined) return;
    const { pair } = state.spare;
    if (this.#moves.wantsMove(state.path.pair, pair, nowMs)) {
      this.#move(state, nowMs);
      this.#moves.noteMoved(pair.transport, nowMs);
    }
    if (this.#moves.takeCheckDue(nowMs)) this.#askConsent(state.path, false);
  }

  #move(state: Extract<State<Pair>, { name: "selected" }>, nowMs: number): void {
    const { path, spare } = state;
    if (spare === undefined) return;
    state.path = spare;
    state.spare = path;
    this.#call.begin(nowMs);
    this.#effects.push({ effect: "moved", pair: spare.pair });
  }

  #askConsent({ pair, wasControlling }: Path<Pair>, isNominating: boolean): void {
    this.#effects.push({ effect: "consent-check", pair, isNominating, isControlling: wasControlling });
  }

  /** RFC 8445 §7.2.5.1: the role is switched unless it has changed since, and the pair is checked again. */
  #repairRole(checks: Checks<Pair>, pair: Pair, wasControlling: boolean, nowMs: number): void {
    if (this.#isControlling === wasControlling) this.#isControlling = !wasControlling;
    if (checks.hasRepairedRole) return;
    checks.hasRepairedRole = true;
    this.#schedule.trigger(pair, nowMs);
  }

  /**
   * An ICE-lite peer sends no checks: it names no pair itself, even where it has claimed the role for that by a 487.
   */
  #chooseForLite(checks: Checks<Pair>, pair: Pair, wasControlling: boolean, nowMs: number): void {
    if (wasControlling) this.#nominate(checks, pair, nowMs);
    else this.#select(pair, nowMs);
  }

  #nominate(checks: Checks<Pair>, pair: Pair, nowMs: number): void {
    if (checks.nominee !== undefined) return;
    checks.nominee = pair;
    this.#schedule.trigger(pair, nowMs);
  }

  /** UDP is better wherever it works, so checks over TCP do not nominate on their own. RFC 8445 §8.1.1. */
  #considerTcp(nowMs: number): void {
    const state = this.#state;
    const elapsedMs = this.#schedule.runningMs(nowMs);
    if (!isSeeking(state) || elapsedMs === undefined || !this.#isControlling) return;
    const hasUdp = this.#pairs.some(({ transport }) => transport === "udp");
    if (hasUdp && elapsedMs < TCP_PATIENCE_MS) return;
    const best = this.#bestAnswered(({ transport }) => transport === "tcp");
    if (best !== undefined) this.#nominate(state, best, nowMs);
  }

  #bestAnswered(isWanted: (pair: Pair) => boolean): Pair | undefined {
    return this.#pairs
      .filter((pair) => pair.state === "succeeded" && isWanted(pair))
      .reduce<Pair | undefined>((a, b) => (a !== undefined && a.priority >= b.priority ? a : b), undefined);
  }

  #watchSpare(spare: Path<Pair>, nowMs: number): void {
    const { consent, pair } = spare;
    consent.advance(nowMs);
    for (let event = consent.pollEvent(); event !== undefined; event = consent.pollEvent()) {
      if (event === "check") {
        this.#askConsent(spare, false);
      } else if (event !== "reachable" && this.#spare === spare) {
        pair.state = "failed";
        this.#dropSpare();
        this.#lookBeside(nowMs);
      }
    }
  }

  #watchConsent(path: Path<Pair>, nowMs: number): void {
    const { consent } = path;
    consent.advance(nowMs);
    for (let event = consent.pollEvent(); event !== undefined; event = consent.pollEvent()) {
      if (this.#path !== path) return;
      this.#handleConsentEvent(path, event, nowMs);
    }
  }

  #handleConsentEvent(path: Path<Pair>, event: ConsentEvent, nowMs: number): void {
    switch (event) {
      case "check": {
        // An ICE-lite agent takes the pair that was nominated last, and a peer may search for another without our
        // noticing.
        this.#askConsent(path, path.wasControlling && (this.#isPeerLite || this.#canRestart));
        break;
      }
      case "unreachable":
        if (!this.#rescue(nowMs)) this.#interrupt(nowMs, "here");
        break;
      case "reachable":
        if (this.#state.name === "selected") this.#restore();
        break;
      case "unanswered":
        if (!this.#rescue(nowMs) && this.#canRestart) this.#interrupt(nowMs, "here");
        break;
      case "expired":
        this.#effects.push({ effect: "silenced" });
        if (this.#canRestart) this.#interrupt(nowMs, "here");
        else if (this.#state.name === "selected") this.#lose();
        break;
    }
  }

  /** A call does not wait until consent notices silence. */
  #watchCall(nowMs: number): void {
    const [path, spare] = [this.#path, this.#spare];
    if (path === undefined || spare === undefined) return;
    this.#call.advance(nowMs);
    if (this.#call.hasDied(nowMs) && this.#leave(nowMs)) return;
    const due = this.#call.takeDue(nowMs);
    if (due !== "none") this.#askConsent(path, false);
    if (due === "both") this.#askConsent(spare, false);
  }

  /** The selected pair is silent. @returns whether data has moved to the spare pair, which was heard since */
  #rescue(nowMs: number): boolean {
    const [path, spare] = [this.#path, this.#spare];
    if (path === undefined || spare === undefined) return false;
    const isHeardSince = spare.consent.heardMs > path.consent.heardMs + LIVENESS.consentTickMs * 2;
    return isHeardSince && this.#leave(nowMs);
  }

  /** Data leaves the selected pair, which carries nothing, for the spare one. @returns whether it may, and has */
  #leave(nowMs: number): boolean {
    const state = this.#state;
    if (state.name !== "selected" || state.spare === undefined) return false;
    const { path, spare } = state;
    if (!this.#moves.mayRescue(spare.pair.transport, nowMs)) return false;
    this.#move(state, nowMs);
    this.#moves.noteRescued(path.pair.transport, nowMs);
    path.pair.state = "failed";
    this.#dropSpare();
    this.#lookBeside(nowMs);
    return true;
  }

  /** Searches for another path where possible; otherwise the interrupted one may recover. */
  #interrupt(nowMs: number, why: "here" | "by the peer"): void {
    const state = this.#state;
    if (state.name !== "selected") return;
    this.#dropSpare();
    this.#moves.forgetPairs();
    if (!this.#isInterrupted) {
      this.#isInterrupted = true;
      this.#effects.push({ effect: "unreachable" });
    }
    if (!this.#canRestart && why === "here") return;
    const deadlineMs = nowMs + LIVENESS.searchMs;
    this.#state = { name: "searching", path: state.path, deadlineMs, nominee: undefined, hasRepairedRole: false };
    this.#effects.push({ effect: "search" });
  }

  #restore(): void {
    if (!this.#isInterrupted) return;
    this.#isInterrupted = false;
    this.#effects.push({ effect: "reachable" });
  }

  #lose(): void {
    this.#canRestart = false;
    this.#dropSpare();
    this.#schedule.stop();
    this.#state = { name: "lost" };
    this.#effects.push({ effect: "lost" });
  }
}

function selectedBy<Pair>(path: Path<Pair>): Extract<State<Pair>, { name: "selected" }> {
  return { name: "selected", path, spare: undefined, nominee: undefined, hasRepairedRole: false };
}

/** Whether a pair is sought that data will take. */
function isSeeking<Pair>(state: State<Pair>): state is Extract<State<Pair>, { name: "checking" | "searching" }> {
  return state.name === "checking" || state.name === "searching";
}
