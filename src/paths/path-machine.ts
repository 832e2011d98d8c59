// The path state machine: selects the candidate pair that carries the data, and decides when to leave it and how to
// search for another (RFC 8445 §6.1.4, §7.2.5, §8, §9; RFC 7675). It makes the decisions of one ICE agent in virtual
// time; its owner has the sockets and STUN messages, and forms the pairs.
import { CheckSchedule } from "./check-schedule.ts";
import { Consent, type ConsentEvent } from "./consent.ts";
import { LIVENESS } from "./liveness.ts";

/** A pair over TCP is nominated after this, when UDP has had its time and more than one try. */
export const TCP_PATIENCE_MS = 1_000;

/** A candidate pair as the machine sees it. The owner makes these objects; their identity is that of the pair. */
export interface PathPair {
  readonly transport: "udp" | "tcp";
  /** RFC 8445 §6.1.2.3. */
  readonly priority: number;
  /** The machine writes it. */
  state: "waiting" | "in-progress" | "succeeded" | "failed";
  /** The controlling peer has nominated this pair. The machine writes it. */
  isNamed: boolean;
  readonly isBeingChecked: boolean;
}

/** How a check has ended; `role-conflict`: with an error 487 (RFC 8445 §7.2.5.1). */
export type CheckOutcome = "answered" | "failed" | "role-conflict";

/** An instruction to the owner. */
export type PathEffect<Pair extends PathPair> =
  /** Send a check on this pair, with USE-CANDIDATE if it nominates, and report how it ends. */
  | { effect: "check"; pair: Pair; isNominating: boolean; isControlling: boolean }
  /**
   * Send one check on the selected pair, without retransmission, in the role in which it was selected, and report its
   * answer.
   */
  | { effect: "consent-check"; pair: Pair; isNominating: boolean; isControlling: boolean }
  /** Data takes this pair from now on; `isFirst`: there was none before. */
  | { effect: "selected"; pair: Pair; isFirst: boolean }
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
  | { name: "selected"; path: Path<Pair> }
  /** Data continues over `path` until another pair is selected. */
  | ({ name: "searching"; path: Path<Pair>; deadlineMs: number } & Checks<Pair>)
  | { name: "lost" };

export class PathMachine<Pair extends PathPair> {
  readonly #random: () => number;
  readonly #schedule = new CheckSchedule<Pair>();
  readonly #effects: PathEffect<Pair>[] = [];
  #pairs: readonly Pair[] = [];
  #state: State<Pair> = { name: "idle" };
  #isControlling = false;
  #isPeerLite = false;
  /** The peer can be found again: it has sent the information for that. */
  #canRestart = false;
  #isInterrupted = false;
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

  /** When the peer was last known to be alive on the selected pair. */
  get heardMs(): number | undefined {
    return this.#path?.consent.heardMs;
  }

  /**
   * Checks pairs with a remote side until one is selected. Forgets everything before.
   * @param pairs - best first
   */
  begin(pairs: readonly Pair[], role: { isControlling: boolean; isPeerLite: boolean }, nowMs: number): void {
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
  }

  /** Ends checking for good; a selected pair remains, and is lost when its consent is. */
  stop(): void {
    this.#canRestart = false;
    this.#schedule.stop();
    const state = this.#state;
    if (state.name === "searching") this.#state = { name: "selected", path: state.path };
    else if (state.name === "checking") this.#state = { name: "idle" };
  }

  /** The peer has sent what is needed to find it again: a path that breaks is replaced from now on. */
  handlePeerOffer(): void {
    this.#canRestart = true;
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
        this.#select(pair, nowMs);
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
    if (isAnswered && (isNominating || pair.isNamed)) this.#select(pair, nowMs);
    else if (outcome === "role-conflict") this.#repairRole(state, pair, isControlling, nowMs);
    else if (isAnswered && this.#isPeerLite) this.#chooseForLite(state, pair, isControlling, nowMs);
  }

  /** Something arrived from the peer on the selected pair. Cheap: it is called for every datagram. */
  handleHeard(): void {
    this.#path?.consent.handleHeard();
  }

  /** A consent check on this pair was answered. */
  handleConsent(pair: Pair, nowMs: number): void {
    const path = this.#path;
    if (path?.pair === pair) path.consent.handleAnswered(nowMs);
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

  advance(nowMs: number): void {
    const path = this.#path;
    if (path !== undefined) this.#watchConsent(path, nowMs);
    if (this.#state.name === "searching" && nowMs >= this.#state.deadlineMs) this.#lose();
    this.#considerTcp(nowMs);
    const pair = this.#schedule.takeDue(this.#pairs, nowMs);
    if (pair !== undefined) this.#check(pair);
  }

  nextDeadlineMs(): number {
    const state = this.#state;
    return Math.min(
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

  #check(pair: Pair): void {
    const state = this.#state;
    const isControlling = this.#isControlling;
    // TCP waits for UDP, and an ICE-lite agent takes the pair that was nominated last.
    const isNamedAtOnce = !this.#isPeerLite && pair.transport === "udp";
    const isSought = "nominee" in state;
    const isNominating = isControlling && isSought && (isNamedAtOnce || pair === state.nominee);
    pair.state = "in-progress";
    this.#effects.push({ effect: "check", pair, isNominating, isControlling });
  }

  #select(pair: Pair, nowMs: number): void {
    const before = this.#state;
    if (!("nominee" in before)) return;
    this.#schedule.settle();
    // RFC 8445 §8.1.2: a pair that has not been checked by now is not checked any more.
    for (const one of this.#pairs) if (one.state === "waiting") one.state = "failed";
    const consent = new Consent(nowMs, this.#random);
    this.#state = { name: "selected", path: { pair, consent, wasControlling: this.#isControlling } };
    const isFirst = before.name === "checking";
    this.#effects.push({ effect: "selected", pair, isFirst });
    if (isFirst) return;
    this.#foundMs = nowMs;
    this.#restore();
    // The credentials that the peer had are used up, and our addresses may have changed.
    this.#effects.push({ effect: "tell-peer" });
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
    if (!("nominee" in state) || elapsedMs === undefined || !this.#isControlling) return;
    const hasUdp = this.#pairs.some(({ transport }) => transport === "udp");
    if (hasUdp && elapsedMs < TCP_PATIENCE_MS) return;
    const best = this.#pairs
      .filter(({ transport, state: stands }) => transport === "tcp" && stands === "succeeded")
      .reduce<Pair | undefined>((a, b) => (a !== undefined && a.priority >= b.priority ? a : b), undefined);
    if (best !== undefined) this.#nominate(state, best, nowMs);
  }

  #watchConsent(path: Path<Pair>, nowMs: number): void {
    const { consent } = path;
    consent.advance(nowMs);
    for (let event = consent.pollEvent(); event !== undefined; event = consent.pollEvent()) {
      if (this.#path !== path) return;
      this.#handleConsentEvent(path, event, nowMs);
    }
  }

  #handleConsentEvent({ pair, wasControlling }: Path<Pair>, event: ConsentEvent, nowMs: number): void {
    switch (event) {
      case "check": {
        // An ICE-lite agent takes the pair that was nominated last, and a peer may search for another without our
        // noticing.
        const isNominating = wasControlling && (this.#isPeerLite || this.#canRestart);
        this.#effects.push({ effect: "consent-check", pair, isNominating, isControlling: wasControlling });
        break;
      }
      case "unreachable":
        this.#interrupt(nowMs, "here");
        break;
      case "reachable":
        if (this.#state.name === "selected") this.#restore();
        break;
      case "unanswered":
        if (this.#canRestart) this.#interrupt(nowMs, "here");
        break;
      case "expired":
        this.#effects.push({ effect: "silenced" });
        if (this.#canRestart) this.#interrupt(nowMs, "here");
        else if (this.#state.name === "selected") this.#lose();
        break;
    }
  }

  /** Searches for another path where possible; otherwise the interrupted one may recover. */
  #interrupt(nowMs: number, why: "here" | "by the peer"): void {
    const state = this.#state;
    if (state.name !== "selected") return;
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
    this.#schedule.stop();
    this.#state = { name: "lost" };
    this.#effects.push({ effect: "lost" });
  }
}
