// werift's ICE agent as rtc/ uses it: it forms pairs, sends a check when told to, and answers those of the peer. Its own
// gathering, schedule, consent and way of data are switched off: local-side.ts, check-schedule.ts and nominated-path.ts
// own them. RFC 8445 §6.1.2, §7.
import type { IceCandidate, SessionDescription } from "../../exchange/description.ts";
import type { TriedPair } from "../../lib/events.ts";
import type { PairKind } from "../../lib/events.ts";
import {
  insideOf,
  loadWerift,
  PAIR_STATE_NAMES,
  PairState,
  type WeriftCandidate,
  type WeriftConnection,
  type WeriftPair,
  type WeriftProtocol,
  type WeriftRelay,
} from "../werift.ts";
import { guardReceiver } from "./admission.ts";
import { type CheckOutcome, sendCheck } from "./check.ts";
import type { Credentials } from "./credentials.ts";
import { formatAddress } from "./nominated-path.ts";
import { hasRoomFor, MAX_PAIRS } from "./pair-limits.ts";
import { boundSends } from "./relay-sends.ts";
import { bestTcpPair, tcpOf } from "./tcp-pairs.ts";

/** A file makes us open no more connections at a time from each of our addresses. */
export const MAX_TCP_CANDIDATES = 8;
/** A pair over TCP is nominated after this, when UDP has had its time and more than one try. */
const TCP_PATIENCE_MS = 1_000;

export interface CheckingAgentEvents {
  /** A check of the list has ended; the agent has drawn its conclusions. */
  onChecked: (pair: WeriftPair) => void;
  /** This pair wants to be checked next. It is not checked before `check` says so. */
  onTriggered: (pair: WeriftPair) => void;
  /** The peer looks for us anew, by the credentials that it was told of: its checks want a list of their own. */
  onRestarted: () => void;
  /** An admitted check of the peer came from this address. */
  onIncoming: (from: readonly [address: string, port: number]) => void;
  /** A datagram that is not STUN, from a validated address. */
  onData: (datagram: Buffer) => void;
  /** A TCP connection takes more than it did. */
  onWritable: () => void;
}

/** What is known of the other side. */
export type RemoteSide = Pick<SessionDescription, "iceUfrag" | "icePwd" | "iceLite" | "candidates">;

export class CheckingAgent {
  readonly connection: WeriftConnection;
  readonly #credentials: Credentials;
  readonly #events: CheckingAgentEvents;
  readonly #kinds = new Map<unknown, IceCandidate["type"]>();
  /** Nominated before the restart that runs. */
  #keptPair: WeriftPair | undefined;
  /** Its next check nominates it. RFC 8445 §8.1.1. */
  #nominee: WeriftPair | undefined;
  /** Who says that we have the wrong role is believed each time, and answered at once only the first time. */
  #hasRepairedRole = false;

  constructor(credentials: Credentials, events: CheckingAgentEvents) {
    const { Connection } = loadWerift();
    this.#credentials = credentials;
    this.#events = events;
    this.connection = new Connection(true, {});
    const { connection } = this;
    // werift asks a server of Google's unless this is cleared; this agent gathers by itself anyway.
    connection.stunServer = undefined as never;
    connection.localCandidatesEnd = true;
    this.applyCredentials();
    const inside = insideOf(connection);
    inside.localCandidatesStart = true;
    // Results are taken from checkComplete below; werift's queue of them would grow without a reader.
    inside.checkListState = { put: () => {}, get: () => new Promise(() => {}) };
    // `check` sends, and nothing else does: these are werift's own ways to it.
    inside.checkStart = (pair) => {
      events.onTriggered(pair);
    };
    inside.nominateTcpPairIfReady = () => {};
    inside.queryConsent = () => {};
    const addPair = inside.addPair.bind(connection);
    inside.addPair = (pair) => {
      // It would remember the id of every check that ever comes.
      pair.noteIncomingRequest = () => false;
      addPair(pair);
    };
    const checkComplete = inside.checkComplete.bind(connection);
    inside.checkComplete = (pair) => {
      // A check of an earlier remote side ends here: it must not nominate.
      if (!connection.checkList.includes(pair) || connection.nominated !== undefined) return;
      checkComplete(pair);
      events.onChecked(pair);
    };
    const checkIncoming = inside.checkIncoming.bind(connection);
    inside.checkIncoming = (message, from, protocol) => {
      events.onIncoming(from);
      checkIncoming(message, from, protocol);
    };
  }

  /** Credentials have come or gone. */
  applyCredentials(): void {
    const { inUse, passwords } = this.#credentials;
    this.connection.localUsername = inUse.iceUfrag;
    this.connection.localPassword = inUse.icePwd;
    this.connection.userHistory = passwords;
  }

  get pairs(): readonly WeriftPair[] {
    return this.connection.checkList;
  }

  /** The pair that the last check has nominated; undefined: none since `begin`. */
  get nominated(): WeriftPair | undefined {
    return this.connection.nominated as WeriftPair | undefined;
  }

  /** Takes a socket or a relay, behind the admission rules. */
  adopt(protocol: WeriftProtocol | WeriftRelay, candidate: IceCandidate): void {
    const inside = insideOf(this.connection);
    guardReceiver(this.connection, protocol, {
      credentials: this.#credentials,
      keptPair: () => this.#keptPair,
      onCheck: (ownUfrag) => {
        const isRestart = this.#credentials.take(ownUfrag);
        this.applyCredentials();
        if (isRestart) this.#events.onRestarted();
      },
      onData: this.#events.onData,
    });
    if ("turn" in protocol) boundSends(protocol);
    inside.ensureProtocol(protocol);
    inside.protocols.push(protocol);
    protocol.localCandidate = toWerift(candidate);
    this.#kinds.set(protocol, candidate.type);
    const tcp = tcpOf(protocol);
    if (tcp !== undefined) tcp.onWritable = this.#events.onWritable;
    if (this.connection.remoteUsername !== "") this.#pairWith(protocol);
  }

  /** Of the pairs that are too many only new ones go. */
  #pairWith(protocol: WeriftProtocol | WeriftRelay): void {
    const { connection } = this;
    const before = [...connection.checkList];
    insideOf(connection).pairLocalProtocol(protocol);
    const added = connection.checkList.filter((pair) => !before.includes(pair));
    const kept = new Set([...before, ...added.slice(0, Math.max(0, MAX_PAIRS - before.length))]);
    connection.checkList = connection.checkList.filter((pair) => kept.has(pair));
  }

  /** Gives a socket or a relay back. No connection uses it. */
  forget(protocol: WeriftProtocol | WeriftRelay): void {
    const { connection } = this;
    const inside = insideOf(connection);
    inside.protocols = inside.protocols.filter((other) => other !== protocol);
    inside.earlyChecks = inside.earlyChecks.filter(([, , receiver]) => receiver !== protocol);
    connection.checkList = connection.checkList.filter((pair) => pair.protocol !== protocol);
    if (this.#keptPair?.protocol === protocol) this.#keptPair = undefined;
    if (this.#nominee?.protocol === protocol) this.#nominee = undefined;
    this.#kinds.delete(protocol);
  }

  /** What the local end of a pair is. */
  kindOf(pair: WeriftPair): IceCandidate["type"] {
    return this.#kinds.get(pair.protocol) ?? "host";
  }

  /**
   * Forms pairs with a remote side and forgets those before. What it has sent already is looked at now.
   * @param remote - its candidates are those that may be contacted
   * @param keptPair - data is still taken from there; undefined: this is another peer
   */
  begin(remote: RemoteSide, isControlling: boolean, keptPair?: WeriftPair): void {
    const { connection } = this;
    const inside = insideOf(connection);
    this.#keptPair = keptPair;
    if (keptPair === undefined) this.#credentials.setPeer(remote.iceUfrag);
    // Checks of ours are signed in the name that the peer knows us by now.
    for (const { localCandidate } of inside.protocols as WeriftProtocol[]) {
      if (localCandidate !== undefined) localCandidate.ufrag = undefined;
    }
    this.#nominee = undefined;
    this.#hasRepairedRole = false;
    connection.nominated = undefined as never;
    inside.checkListDone = false;
    connection.checkList = [];
    inside._remoteCandidates = [];
    connection.iceControlling = isControlling;
    connection.setRemoteParams({
      iceLite: remote.iceLite,
      usernameFragment: remote.iceUfrag,
      password: remote.icePwd,
    });
    inside.setState("checking");
    const tcpCandidates = remote.candidates.filter(({ transport }) => transport === "tcp").slice(0, MAX_TCP_CANDIDATES);
    // Those of UDP first: an incoming check belongs to the first that has its address.
    for (const candidate of [...remote.candidates.filter(({ transport }) => transport === "udp"), ...tcpCandidates]) {
      void connection.addRemoteCandidate(toWerift(candidate));
    }
    connection.checkList.splice(MAX_PAIRS);
    const early = inside.earlyChecks;
    inside.earlyChecks = [];
    inside.earlyChecksDone = true;
    for (const check of early) {
      const [, from, protocol] = check;
      if (hasRoomFor(connection, protocol, from)) inside.checkIncoming(...check);
    }
  }

  /** Sends a check of a pair; `onChecked` tells when it has ended. */
  check(pair: WeriftPair): void {
    const { connection } = this;
    const isControlling = connection.iceControlling;
    // TCP has to wait for UDP, and an ICE-lite agent takes the pair that was named last.
    const isAtOnce = !connection.remoteIsLite && tcpOf(pair.protocol) === undefined;
    const nominates = isControlling && (isAtOnce || pair === this.#nominee);
    pair.updateState(PairState.IN_PROGRESS);
    void sendCheck(connection, pair, nominates).then((outcome) => {
      this.#conclude(pair, { outcome, isControlling, nominates });
    });
  }

  #conclude(
    pair: WeriftPair,
    { outcome, isControlling, nominates }: { outcome: CheckOutcome; isControlling: boolean; nominates: boolean },
  ): void {
    const { connection } = this;
    const isAnswered = outcome === "answered";
    if (pair === this.#nominee && (nominates || !isAnswered || !isControlling)) this.#nominee = undefined;
    if (isAnswered && (nominates || pair.remoteNominated)) pair.nominated = true;
    pair.updateState(isAnswered ? PairState.SUCCEEDED : PairState.FAILED);
    insideOf(connection).checkComplete(pair);
    if (!this.pairs.includes(pair) || this.nominated !== undefined) return;
    if (outcome === "role-conflict") this.#repairRole(pair, isControlling);
    else if (isAnswered && isControlling && connection.remoteIsLite) this.#nominate(pair);
  }

  /** RFC 8445 §7.2.5.1: the role is changed unless it has been since, and the pair is checked again. */
  #repairRole(pair: WeriftPair, wasControlling: boolean): void {
    if (this.connection.iceControlling === wasControlling) insideOf(this.connection).switchRole(!wasControlling);
    if (this.#hasRepairedRole) return;
    this.#hasRepairedRole = true;
    this.#events.onTriggered(pair);
  }

  #nominate(pair: WeriftPair): void {
    if (this.#nominee !== undefined) return;
    this.#nominee = pair;
    this.#events.onTriggered(pair);
  }

  /**
   * Nominates a pair over TCP where it is time: UDP is better wherever it works, so checks over TCP do not nominate by
   * themselves. RFC 8445 §8.1.1.
   * @param elapsedMs - since the checks began
   */
  considerTcp(elapsedMs: number): void {
    const { connection, pairs } = this;
    if (!connection.iceControlling || this.nominated !== undefined) return;
    const hasUdp = pairs.some(({ protocol }) => tcpOf(protocol) === undefined);
    if (hasUdp && elapsedMs < TCP_PATIENCE_MS) return;
    const best = bestTcpPair(pairs);
    if (best !== undefined) this.#nominate(best);
  }

  /** Every pair that was tried and how it stands. */
  tried(): TriedPair[] {
    return this.pairs.map((pair) => ({
      local: formatAddress(pair.localCandidate.host, pair.localCandidate.port),
      remote: formatAddress(pair.remoteAddr[0], pair.remoteAddr[1]),
      localKind: this.kindOf(pair),
      remoteKind: pair.remoteCandidate.type as PairKind,
      state: PAIR_STATE_NAMES[pair.state] ?? "waiting",
      protocol: tcpOf(pair.protocol) === undefined ? "udp" : "tcp",
    }));
  }

  /** Closes all sockets and relays. */
  async close(): Promise<void> {
    await this.connection.close();
  }
}

function toWerift(candidate: IceCandidate): WeriftCandidate {
  const { Candidate } = loadWerift();
  return new Candidate(
    candidate.foundation,
    candidate.component,
    candidate.transport,
    candidate.priority,
    candidate.address,
    candidate.port,
    candidate.type,
    candidate.relatedAddress,
    candidate.relatedPort,
    candidate.tcpType,
  );
}
