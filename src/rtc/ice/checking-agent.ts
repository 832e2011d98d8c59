// werift's ICE agent as rtc/ uses it: it forms pairs, sends a check when told to, and answers those of the peer. What is
// decided by them is paths/path-machine.ts's; gathering and the way of data are local-side.ts's and nominated-path.ts's.
// RFC 8445 §6.1.2, §7.
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
import type { CheckOutcome } from "../../paths/path-machine.ts";
import { guardReceiver } from "./admission.ts";
import { sendCheck } from "./check.ts";
import type { Credentials } from "./credentials.ts";
import { IcePair } from "./ice-pair.ts";
import { formatAddress } from "./nominated-path.ts";
import { hasRoomFor, MAX_PAIRS } from "./pair-limits.ts";
import { boundSends } from "./relay-sends.ts";
import { tcpOf } from "./tcp-pairs.ts";

/** A file makes us open no more connections at a time from each of our addresses. */
export const MAX_TCP_CANDIDATES = 8;

export interface CheckingAgentEvents {
  /**
   * An authentic check of the peer has come on this pair, which it brings along or which is there.
   * @param isNaming - the peer is controlling, and names a pair that was answered
   */
  onPeerCheck: (pair: IcePair, isNaming: boolean) => void;
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
  readonly #views = new WeakMap<WeriftPair, IcePair>();

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
    // `check` sends, and nothing else does. What werift would check, or conclude from a check, is only told.
    inside.checkStart = (pair) => {
      events.onPeerCheck(this.#viewOf(pair), false);
    };
    inside.checkComplete = (pair) => {
      events.onPeerCheck(this.#viewOf(pair), true);
    };
    const addPair = inside.addPair.bind(connection);
    inside.addPair = (pair) => {
      // It would remember the id of every check that ever comes.
      pair.noteIncomingRequest = () => false;
      addPair(pair);
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

  /** As they are now, best first. */
  get pairs(): readonly IcePair[] {
    return this.connection.checkList.map((pair) => this.#viewOf(pair));
  }

  /** The same one for the same pair. */
  #viewOf(pair: WeriftPair): IcePair {
    const known = this.#views.get(pair);
    if (known !== undefined) return known;
    const view = new IcePair(pair);
    this.#views.set(pair, view);
    return view;
  }

  /** Our role. A check of the peer may change it. RFC 8445 §7.3.1.1. */
  get isControlling(): boolean {
    return this.connection.iceControlling;
  }

  set isControlling(isControlling: boolean) {
    const { connection } = this;
    if (connection.iceControlling === isControlling) return;
    connection.iceControlling = isControlling;
    // RFC 8445 §6.1.2.3: whose candidate counts for more depends on the role.
    connection.checkList.sort((one, other) => other.priority - one.priority);
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
    this.#kinds.delete(protocol);
  }

  /** What the local end of a pair is. */
  kindOf(pair: WeriftPair): IceCandidate["type"] {
    return this.#kinds.get(pair.protocol) ?? "host";
  }

  /**
   * Forms pairs with a remote side and forgets those before. What it has sent already waits for `lookAtEarlyChecks`.
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
    connection.checkList = [];
    inside._remoteCandidates = [];
    connection.iceControlling = isControlling;
    connection.setRemoteParams({
      iceLite: remote.iceLite,
      usernameFragment: remote.iceUfrag,
      password: remote.icePwd,
    });
    const tcpCandidates = remote.candidates.filter(({ transport }) => transport === "tcp").slice(0, MAX_TCP_CANDIDATES);
    // Those of UDP first: an incoming check belongs to the first that has its address.
    for (const candidate of [...remote.candidates.filter(({ transport }) => transport === "udp"), ...tcpCandidates]) {
      void connection.addRemoteCandidate(toWerift(candidate));
    }
    connection.checkList.splice(MAX_PAIRS);
  }

  /** What the remote side has sent before `begin` is looked at now. */
  lookAtEarlyChecks(): void {
    const { connection } = this;
    const inside = insideOf(connection);
    const early = inside.earlyChecks;
    inside.earlyChecks = [];
    inside.earlyChecksDone = true;
    for (const check of early) {
      const [, from, protocol] = check;
      if (hasRoomFor(connection, protocol, from)) inside.checkIncoming(...check);
    }
  }

  /**
   * Sends a check of a pair, in our role as it is now.
   * @param isNominating - with USE-CANDIDATE
   * @returns never rejects
   */
  check(pair: IcePair, isNominating: boolean): Promise<CheckOutcome> {
    return sendCheck(this.connection, pair.inside, isNominating);
  }

  /** Every pair that was tried and how it stands. */
  tried(): TriedPair[] {
    return this.connection.checkList.map((pair) => ({
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
