// werift's ICE agent as rtc/ uses it: it forms pairs, sends checks on request, and answers those of the peer (RFC 8445
// §6.1.2, §7). paths/path-machine.ts decides what follows from them; local-side.ts gathers and nominated-path.ts
// carries data.
import type { IceCandidate, SessionDescription } from "../../exchange/description.ts";
import { formatAddress } from "../../lib/address.ts";
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
import { EarlyHellos } from "../../guard/early-hellos.ts";
import { guardReceiver } from "./admission.ts";
import { sendCheck } from "./check.ts";
import type { Credentials } from "./credentials.ts";
import { IcePair } from "./ice-pair.ts";
import { hasRoomFor, MAX_PAIRS } from "./pair-limits.ts";
import { boundSends } from "./relay-sends.ts";
import { tcpOf } from "./tcp-transport.ts";

/** Bounds how many connections at a time a file can make us open from each of our addresses. */
export const MAX_TCP_CANDIDATES = 8;

export interface CheckingAgentEvents {
  /**
   * An authentic check from the peer has arrived on this pair, which is new or already listed.
   * @param isNaming - the peer is controlling, and nominates a pair that was answered
   */
  onPeerCheck: (pair: IcePair, isNaming: boolean) => void;
  /**
   * The peer searches for us with the credentials that it was given for that: its checks need a checklist of their own.
   */
  onRestarted: () => void;
  /** An admitted check from the peer came from this address to this socket or relay. */
  onIncoming: (from: readonly [address: string, port: number], protocol: WeriftProtocol | WeriftRelay) => void;
  /** A datagram that is not STUN, from a validated address, and the pair that it came by. */
  onData: (datagram: Buffer, pair: WeriftPair) => void;
  /** A TCP connection accepts more data than before. */
  onWritable: () => void;
}

/** The remote side, as far as an agent needs it. */
export type RemoteSide = Pick<SessionDescription, "iceUfrag" | "icePwd" | "iceLite" | "candidates">;

export class CheckingAgent {
  readonly connection: WeriftConnection;
  readonly #credentials: Credentials;
  readonly #events: CheckingAgentEvents;
  readonly #kinds = new Map<unknown, IceCandidate["type"]>();
  /** The pair nominated before the current restart. */
  #keptPair: WeriftPair | undefined;
  readonly #views = new WeakMap<WeriftPair, IcePair>();
  readonly #earlyHellos = new EarlyHellos();
  /** No pair was selected since the last `begin` with another peer. */
  #isEarly = true;

  constructor(credentials: Credentials, events: CheckingAgentEvents) {
    const { Connection } = loadWerift();
    this.#credentials = credentials;
    this.#events = events;
    this.connection = new Connection(true, {});
    const { connection } = this;
    // werift queries a Google server unless this is cleared; this agent gathers by itself anyway.
    connection.stunServer = undefined as never;
    connection.localCandidatesEnd = true;
    this.applyCredentials();
    const inside = insideOf(connection);
    // Only `check` sends. The checks that werift would send, and what it would conclude from one, are only reported.
    inside.checkStart = (pair) => {
      events.onPeerCheck(this.#viewOf(pair), false);
    };
    inside.checkComplete = (pair) => {
      events.onPeerCheck(this.#viewOf(pair), true);
    };
    const addPair = inside.addPair.bind(connection);
    inside.addPair = (pair) => {
      // werift would remember the ID of every check that ever arrives.
      pair.noteIncomingRequest = () => false;
      addPair(pair);
    };
    const checkIncoming = inside.checkIncoming.bind(connection);
    inside.checkIncoming = (message, from, protocol) => {
      events.onIncoming(from, protocol);
      checkIncoming(message, from, protocol);
    };
  }

  /** Applies credentials that were added or removed. */
  applyCredentials(): void {
    const { inUse, passwords } = this.#credentials;
    this.connection.localUsername = inUse.iceUfrag;
    this.connection.localPassword = inUse.icePwd;
    this.connection.userHistory = passwords;
  }

  /** The current checklist, best pair first. */
  get pairs(): readonly IcePair[] {
    return this.connection.checkList.map((pair) => this.#viewOf(pair));
  }

  /** Returns the same view for the same pair. */
  #viewOf(pair: WeriftPair): IcePair {
    const known = this.#views.get(pair);
    if (known !== undefined) return known;
    const view = new IcePair(pair);
    this.#views.set(pair, view);
    return view;
  }

  /** Our role. A check from the peer may change it. RFC 8445 §7.3.1.1. */
  get isControlling(): boolean {
    return this.connection.iceControlling;
  }

  set isControlling(isControlling: boolean) {
    const { connection } = this;
    if (connection.iceControlling === isControlling) return;
    connection.iceControlling = isControlling;
    // RFC 8445 §6.1.2.3: the role decides whose candidate counts for more.
    connection.checkList.sort((one, other) => other.priority - one.priority);
  }

  /** Adopts a socket or a relay and applies the admission rules to it. */
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
      early: {
        isEarly: () => this.#isEarly,
        onAuthentic: (from) => {
          this.#earlyHellos.noteAuthentic(formatAddress(...from));
        },
        onData: (datagram, from) => {
          this.#earlyHellos.handle(formatAddress(...from), datagram);
        },
      },
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

  /** Only new pairs are removed beyond the limit. */
  #pairWith(protocol: WeriftProtocol | WeriftRelay): void {
    const { connection } = this;
    const before = [...connection.checkList];
    insideOf(connection).pairLocalProtocol(protocol);
    const added = connection.checkList.filter((pair) => !before.includes(pair));
    const kept = new Set([...before, ...added.slice(0, Math.max(0, MAX_PAIRS - before.length))]);
    connection.checkList = connection.checkList.filter((pair) => kept.has(pair));
  }

  /** Removes a socket or a relay that no connection uses. */
  forget(protocol: WeriftProtocol | WeriftRelay): void {
    const { connection } = this;
    const inside = insideOf(connection);
    inside.protocols = inside.protocols.filter((other) => other !== protocol);
    inside.earlyChecks = inside.earlyChecks.filter(([, , receiver]) => receiver !== protocol);
    connection.checkList = connection.checkList.filter((pair) => pair.protocol !== protocol);
    if (this.#keptPair?.protocol === protocol) this.#keptPair = undefined;
    this.#kinds.delete(protocol);
  }

  /** The type of the local candidate of a pair. */
  kindOf(pair: WeriftPair): IceCandidate["type"] {
    return this.#kinds.get(pair.protocol) ?? "host";
  }

  /**
   * Forms pairs with a remote side and forgets earlier ones. Checks that it has already sent wait for
   * `lookAtEarlyChecks`.
   * @param remote - the remote side with only those candidates that we are willing to send checks to
   * @param keptPair - a pair from which data is still accepted; undefined: this is another peer
   */
  begin(remote: RemoteSide, isControlling: boolean, keptPair?: WeriftPair): void {
    const { connection } = this;
    const inside = insideOf(connection);
    this.#keptPair = keptPair;
    if (keptPair === undefined) {
      this.#credentials.setPeer(remote.iceUfrag);
      this.#isEarly = true;
    }
    // Our checks are signed with the username by which the peer knows us by now.
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
    this.addRemote(remote.candidates);
  }

  /** Adds candidates of the remote side, and pairs with them as far as there is room. */
  addRemote(candidates: readonly IceCandidate[]): void {
    const { connection } = this;
    const tcpCandidates = candidates.filter(({ transport }) => transport === "tcp").slice(0, MAX_TCP_CANDIDATES);
    // UDP candidates come first: an incoming check belongs to the first candidate that has its address.
    for (const candidate of [...candidates.filter(({ transport }) => transport === "udp"), ...tcpCandidates]) {
      void connection.addRemoteCandidate(toWerift(candidate));
    }
    connection.checkList.splice(MAX_PAIRS);
  }

  /**
   * The datagrams of the DTLS hellos that came before a pair was selected, from addresses whose checks were authentic. From
   * now on none are kept, until `begin` with another peer.
   */
  takeEarlyHellos(): Uint8Array[] {
    this.#isEarly = false;
    return this.#earlyHellos.take();
  }

  /** Processes the checks that the remote side sent before `begin`. */
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
   * Sends a check on a pair, in our current role.
   * @param isNominating - with USE-CANDIDATE
   * @returns never rejects
   */
  check(pair: IcePair, isNominating: boolean): Promise<CheckOutcome> {
    return sendCheck(this.connection, pair.inside, isNominating);
  }

  /** Every pair that was tried, with its state. */
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
