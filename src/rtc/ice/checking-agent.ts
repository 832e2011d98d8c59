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
  type WeriftCandidate,
  type WeriftConnection,
  type WeriftPair,
  type WeriftProtocol,
  type WeriftRelay,
} from "../werift.ts";
import { guardReceiver } from "./admission.ts";
import type { Credentials } from "./credentials.ts";
import { formatAddress } from "./nominated-path.ts";
import { bestTcpPair, tcpOf } from "./tcp-pairs.ts";

/**
 * One check sends at 0, 250, 750 and 1,750 ms and fails at 3,750: a round trip of 3 s still counts. werift's own
 * schedule ends after 1,550 ms.
 */
const CHECK_SCHEDULE = { retransmissions: 3, responseTimeout: 250 };
/** A file makes us open no more connections at a time from each of our addresses. */
export const MAX_TCP_CANDIDATES = 8;
/** A pair over TCP is nominated after this, when UDP has had its time and more than one try. */
const TCP_PATIENCE_MS = 1_000;
/** Beyond these the pairs of lowest priority are not tried. RFC 8445 §6.1.2.5 wants a limit and suggests 100. */
const MAX_PAIRS = 200;

export interface CheckingAgentEvents {
  /** A check of the list has ended; the agent has drawn its conclusions. */
  onChecked: (pair: WeriftPair) => void;
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
    // A new object each time: werift adds the key of the request to it.
    inside.checkRequestOptions = () => ({ ...CHECK_SCHEDULE });
    // `considerTcp` does it.
    inside.nominateTcpPairIfReady = () => {};
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
    inside.ensureProtocol(protocol);
    inside.protocols.push(protocol);
    protocol.localCandidate = toWerift(candidate);
    this.#kinds.set(protocol, candidate.type);
    const tcp = tcpOf(protocol);
    if (tcp !== undefined) tcp.onWritable = this.#events.onWritable;
    if (this.connection.remoteUsername !== "") inside.pairLocalProtocol(protocol);
  }

  /** Gives a socket or a relay back. No connection uses it. */
  forget(protocol: WeriftProtocol | WeriftRelay): void {
    const { connection } = this;
    const inside = insideOf(connection);
    inside.protocols = inside.protocols.filter((other) => other !== protocol);
    inside.earlyChecks = inside.earlyChecks.filter(([, , receiver]) => receiver !== protocol);
    connection.checkList = connection.checkList.filter((pair) => pair.protocol !== protocol);
    if (this.#keptPair?.protocol === protocol) this.#keptPair = undefined;
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
    connection.nominated = undefined as never;
    inside.nominating = false;
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
    for (const check of early) inside.checkIncoming(...check);
  }

  /** Sends a check of a pair; `onChecked` tells when it has ended. */
  check(pair: WeriftPair): void {
    pair.handle = this.connection.checkStart(pair);
  }

  /**
   * Nominates a pair over TCP where it is time: UDP is better wherever it works, so checks over TCP do not nominate by
   * themselves. RFC 8445 §8.1.1.
   * @param elapsedMs - since the checks began
   */
  considerTcp(elapsedMs: number): void {
    const { connection, pairs } = this;
    const inside = insideOf(connection);
    if (!connection.iceControlling || inside.nominating || this.nominated !== undefined) return;
    const hasUdp = pairs.some(({ protocol }) => tcpOf(protocol) === undefined);
    if (hasUdp && elapsedMs < TCP_PATIENCE_MS) return;
    const best = bestTcpPair(pairs);
    if (best !== undefined) inside.nominateTcpPair(best);
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
