// One ICE agent over werift's: checks pairs of what local-side.ts has gathered with the candidates of a file, for as
// long as it is asked to, and starts anew with other remote credentials when a newer file comes. RFC 8445.
// werift's own connect() stops after five packets a pair; this owns the schedule of checks instead.
import { randomBytes } from "node:crypto";
import type { Socket } from "node:dgram";
import { isIPv4 } from "node:net";
import type { IceCandidate, SessionDescription } from "../../exchange/description.ts";
import type { TriedPair } from "../../lib/candidate-pair.ts";
import type { PairKind, SelectedPair } from "../../lib/events.ts";
import { BASE_PACKET_BYTES, MAX_PACKET_BYTES } from "../../sctp/limits.ts";
import {
  insideOf,
  loadWerift,
  PAIR_STATE_NAMES,
  PairState,
  type ProtocolInside,
  type WeriftCandidate,
  type WeriftConnection,
  type WeriftPair,
  type WeriftProtocol,
  type WeriftRelay,
} from "../werift.ts";
import type { PathTraits } from "../sctp-driver.ts";
import { isOwnAddress } from "./addresses.ts";
import { guardReceiver } from "./admission.ts";
import { checkConsent, Consent } from "./consent.ts";
import { type GatherOptions, LocalSide } from "./local-side.ts";
import { bestTcpPair, mayPair, tcpOf } from "./tcp-pairs.ts";

/** Pace of new checks, Ta of RFC 8445 §14.2. */
const CHECK_PACE_MS = 50;
/**
 * One check sends at 0, 250, 750 and 1,750 ms and fails at 3,750: a round trip of 3 s still counts. werift's own
 * schedule ends after 1,550 ms.
 */
const CHECK_SCHEDULE = { retransmissions: 3, responseTimeout: 250 };
/**
 * A pair that is not nominated is checked again this long after its last check; slower once people are waiting. Whoever
 * is nominated between two packets of a check waits for the next one, up to 2 s and this: 5 s is all there is.
 */
const RECHECK_MS = 500;
const RECHECK_SLOW_MS = 1_000;
const RECHECK_SLOW_AFTER_MS = 60_000;
const MAX_REMOTE_CANDIDATES = 100;
/** A file makes us open no more connections at a time from each of our addresses. */
const MAX_REMOTE_TCP_CANDIDATES = 8;
/** A pair over TCP is nominated after this, when UDP has had its time and more than one try. */
const TCP_PATIENCE_MS = 1_000;
/** Beyond these the pairs of lowest priority are not tried. RFC 8445 §6.1.2.5 wants a limit and suggests 100. */
const MAX_PAIRS = 200;
/**
 * An Ethernet frame of 1,500 bytes less IP, UDP and DTLS headers. What is larger would be cut into IP fragments without
 * our seeing it, so that no probe could tell: more is tried only where both ends are this machine.
 */
const MAX_IPV4_PACKET_BYTES = 1_435;
const MAX_IPV6_PACKET_BYTES = 1_415;
/** What a TURN server puts around a datagram on its way to its client, or takes from it. RFC 8656 §11.1, §12.4. */
const RELAY_OVERHEAD_BYTES = 36;

export interface IceAgentEvents {
  /** A pair is nominated: data may flow. */
  onConnected: () => void;
  /** A datagram that is not STUN, from a validated address. */
  onData: (datagram: Buffer) => void;
  /** `isWritable` may be true again. */
  onWritable: () => void;
  /** Nothing was heard from the peer for 8 to 9 s, or something is again. */
  onReachable: (isReachable: boolean) => void;
  /** Consent has expired: nothing may be sent any more. RFC 7675 §5.1. */
  onConsentLost: () => void;
}

export class IceAgent {
  readonly iceUfrag: string;
  readonly icePwd: string;
  events: IceAgentEvents = {
    onConnected: () => {},
    onData: () => {},
    onWritable: () => {},
    onReachable: () => {},
    onConsentLost: () => {},
  };
  readonly #connection: WeriftConnection;
  readonly #local: LocalSide;
  readonly #lastCheckMs = new WeakMap<WeriftPair, number>();
  readonly #kinds = new Map<unknown, IceCandidate["type"]>();
  #checkTimer: NodeJS.Timeout | undefined;
  /** Of the nominated pair. */
  #consent: Consent | undefined;
  #startedMs = 0;
  #isClosed = false;

  private constructor(options: GatherOptions) {
    const { Connection } = loadWerift();
    // 48 and 144 random bits; RFC 8445 §5.3 wants at least 24 and 128. Base64 letters are all ice-chars.
    this.iceUfrag = randomBytes(6).toString("base64");
    this.icePwd = randomBytes(18).toString("base64");
    this.#connection = new Connection(true, {});
    const connection = this.#connection;
    // werift asks a server of Google's unless this is cleared; this agent gathers by itself anyway.
    connection.stunServer = undefined as never;
    connection.localUsername = this.iceUfrag;
    connection.localPassword = this.icePwd;
    connection.userHistory = { [this.iceUfrag]: this.icePwd };
    connection.localCandidatesEnd = true;
    const inside = insideOf(connection);
    inside.localCandidatesStart = true;
    // Results are taken from checkComplete below; werift's queue of them would grow without a reader.
    inside.checkListState = { put: () => {}, get: () => new Promise(() => {}) };
    // A new object each time: werift adds the key of the request to it.
    inside.checkRequestOptions = () => ({ ...CHECK_SCHEDULE });
    inside.options.filterCandidatePair = mayPair;
    // #nominateTcp does it.
    inside.nominateTcpPairIfReady = () => {};
    const checkComplete = inside.checkComplete.bind(connection);
    inside.checkComplete = (pair) => {
      this.#handleCheckComplete(pair, checkComplete);
    };
    const checkIncoming = inside.checkIncoming.bind(connection);
    inside.checkIncoming = (message, from, protocol) => {
      const [address, port] = connection.nominated?.remoteAddr ?? [];
      if (from[0] === address && from[1] === port) this.#consent?.markHeard();
      checkIncoming(message, from, protocol);
    };
    this.#local = new LocalSide(options, {
      adopt: (protocol, candidate) => {
        this.#adopt(protocol, candidate);
      },
      forget: (protocol) => {
        this.#forget(protocol);
      },
      isConnected: () => this.#consent !== undefined,
    });
  }

  /**
   * Opens sockets and asks servers, at most 3 s (10 s with a TURN server). Until there is a connection it asks them
   * again, so that the candidates stay true, and tells when they do not.
   * @throws P2pError BIND_FAILED when an address of `options.bind` cannot be used
   */
  static async gather(options: GatherOptions): Promise<IceAgent> {
    const agent = new IceAgent(options);
    try {
      await agent.#local.gather();
    } catch (error) {
      await agent.close();
      throw error;
    }
    return agent;
  }

  /** Ours, as they are now. */
  get candidates(): IceCandidate[] {
    return this.#local.candidates;
  }

  /** Hands a socket or a relay to werift's agent, behind the admission rules. */
  #adopt(protocol: WeriftProtocol | WeriftRelay, candidate: IceCandidate): void {
    const inside = insideOf(this.#connection);
    guardReceiver(this.#connection, protocol, (datagram) => {
      this.#consent?.markHeard();
      this.events.onData(datagram);
    });
    inside.ensureProtocol(protocol);
    inside.protocols.push(protocol);
    protocol.localCandidate = toWerift(candidate, this.iceUfrag);
    this.#kinds.set(protocol, candidate.type);
    const tcp = tcpOf(protocol);
    if (tcp !== undefined) {
      tcp.onWritable = () => {
        if (this.#connection.nominated?.protocol === protocol) this.events.onWritable();
      };
    }
    if (this.#connection.remoteUsername !== "") inside.pairLocalProtocol(protocol);
  }

  /** Takes a socket or a relay from werift's agent. No connection uses it. */
  #forget(protocol: WeriftProtocol | WeriftRelay): void {
    const connection = this.#connection;
    const inside = insideOf(connection);
    inside.protocols = inside.protocols.filter((other) => other !== protocol);
    inside.earlyChecks = inside.earlyChecks.filter(([, , receiver]) => receiver !== protocol);
    connection.checkList = connection.checkList.filter((pair) => pair.protocol !== protocol);
    this.#kinds.delete(protocol);
  }

  /**
   * Checks pairs with this remote side until one is nominated, `stop` or `close`. A second call forgets the
   * first one's remote side.
   */
  start(remote: SessionDescription, isControlling: boolean): void {
    const connection = this.#connection;
    const inside = insideOf(connection);
    this.stop();
    this.#endConsent();
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
    this.#startedMs = performance.now();
    const candidates = remote.candidates.slice(0, MAX_REMOTE_CANDIDATES);
    const tcpCandidates = candidates.filter(({ transport }) => transport === "tcp").slice(0, MAX_REMOTE_TCP_CANDIDATES);
    // Those of UDP first: an incoming check belongs to the first that has its address.
    for (const candidate of [...candidates.filter(({ transport }) => transport === "udp"), ...tcpCandidates]) {
      void connection.addRemoteCandidate(toWerift(candidate, undefined));
    }
    connection.checkList.splice(MAX_PAIRS);
    const early = inside.earlyChecks;
    inside.earlyChecks = [];
    inside.earlyChecksDone = true;
    for (const check of early) inside.checkIncoming(...check);
    this.#scheduleCheck(0);
  }

  /** Ends checking; a nominated pair stays. */
  stop(): void {
    clearTimeout(this.#checkTimer);
    this.#checkTimer = undefined;
  }

  #scheduleCheck(delayMs: number): void {
    this.#checkTimer = setTimeout(() => {
      this.#checkNext();
    }, delayMs);
  }

  /** Starts the check that is due first, if one is due, and arms the timer for the next. */
  #checkNext(): void {
    if (this.#isClosed || this.#connection.nominated !== undefined) return;
    const nowMs = performance.now();
    this.#nominateTcp(nowMs);
    const recheckMs = nowMs - this.#startedMs < RECHECK_SLOW_AFTER_MS ? RECHECK_MS : RECHECK_SLOW_MS;
    let next: WeriftPair | undefined;
    let nextDueMs = nowMs + recheckMs;
    for (const pair of this.#connection.checkList) {
      if (pair.state === PairState.IN_PROGRESS) continue;
      const dueMs = (this.#lastCheckMs.get(pair) ?? Number.NEGATIVE_INFINITY) + recheckMs;
      if (dueMs < nextDueMs) {
        next = pair;
        nextDueMs = dueMs;
      }
    }
    if (next !== undefined && nextDueMs <= nowMs) {
      this.#lastCheckMs.set(next, nowMs);
      next.handle = this.#connection.checkStart(next);
      nextDueMs = nowMs;
    }
    this.#scheduleCheck(Math.max(CHECK_PACE_MS, nextDueMs - nowMs));
  }

  /** UDP is better wherever it works: checks over TCP do not nominate by themselves. RFC 8445 §8.1.1. */
  #nominateTcp(nowMs: number): void {
    const connection = this.#connection;
    const inside = insideOf(connection);
    const hasUdp = connection.checkList.some(({ protocol }) => tcpOf(protocol) === undefined);
    if (!connection.iceControlling || inside.nominating) return;
    if (hasUdp && nowMs - this.#startedMs < TCP_PATIENCE_MS) return;
    const best = bestTcpPair(connection.checkList);
    if (best !== undefined) inside.nominateTcpPair(best);
  }

  #handleCheckComplete(pair: WeriftPair, checkComplete: (pair: WeriftPair) => void): void {
    const connection = this.#connection;
    // A check of an earlier remote side ends here: it must not nominate.
    if (!connection.checkList.includes(pair) || connection.nominated !== undefined) return;
    this.#lastCheckMs.set(pair, performance.now());
    checkComplete(pair);
    const nominated = connection.nominated as WeriftPair | undefined;
    if (nominated === undefined) return;
    this.stop();
    this.#keepConsent(nominated);
    insideOf(connection).setState("connected");
    this.events.onConnected();
  }

  #keepConsent(pair: WeriftPair): void {
    insideOf(this.#connection).consentFresh = true;
    this.#consent = new Consent({
      check: (signal) => checkConsent(this.#connection, pair, signal),
      onReachable: (isReachable) => {
        this.events.onReachable(isReachable);
      },
      onExpired: () => {
        this.#endConsent();
        this.events.onConsentLost();
      },
    });
  }

  /** Nothing is sent without it: werift looks at its flag. */
  #endConsent(): void {
    this.#consent?.stop();
    this.#consent = undefined;
    insideOf(this.#connection).consentFresh = false;
  }

  /** Sends on the nominated pair; without one, or without consent, the datagram is dropped. */
  send(datagram: Buffer): void {
    const { nominated } = this.#connection;
    if (this.#isClosed || nominated === undefined || this.#consent === undefined) return;
    const tcp = tcpOf(nominated.protocol);
    const socket = socketOf(nominated.protocol);
    // A datagram that cannot be sent is a lost datagram.
    if (tcp !== undefined) tcp.write(datagram, nominated.remoteAddr);
    else if (socket !== undefined) socket.send(datagram, nominated.remoteAddr[1], nominated.remoteAddr[0]);
    else this.#connection.send(datagram).catch(() => {});
  }

  /** False where more would wait in a queue of the nominated pair's connection. */
  get isWritable(): boolean {
    const { nominated } = this.#connection;
    if (nominated === undefined) return true;
    return tcpOf(nominated.protocol)?.isWritable(nominated.remoteAddr) ?? true;
  }

  /** Round trip of the nominated pair's last check; undefined: none yet. */
  get rttMs(): number | undefined {
    const rttSeconds = this.#connection.nominated?.rtt;
    return rttSeconds === undefined ? undefined : rttSeconds * 1_000;
  }

  /** What the nominated pair is for packets. */
  pathTraits(): PathTraits {
    const { nominated } = this.#connection;
    if (nominated === undefined) {
      return { maxPacketBytes: BASE_PACKET_BYTES, isOneMachine: false, isStream: false, socketBufferBytes: 0 };
    }
    const { protocol, remoteCandidate, remoteAddr } = nominated;
    const [address] = remoteAddr;
    const socket = socketOf(protocol);
    const isStream = tcpOf(protocol) !== undefined;
    const isOneMachine = socket !== undefined && isOwnAddress(address);
    const isRelayed = "turn" in protocol || remoteCandidate.type === "relay";
    const ethernetBytes =
      (isIPv4(address) ? MAX_IPV4_PACKET_BYTES : MAX_IPV6_PACKET_BYTES) - (isRelayed ? RELAY_OVERHEAD_BYTES : 0);
    return {
      maxPacketBytes: isOneMachine || isStream ? MAX_PACKET_BYTES : ethernetBytes,
      isOneMachine,
      isStream,
      socketBufferBytes: socket?.getRecvBufferSize() ?? 0,
    };
  }

  /** The nominated pair, or undefined. */
  selectedPair(): { pair: SelectedPair; rttMs: number } | undefined {
    const { nominated } = this.#connection;
    if (nominated === undefined) return undefined;
    const localKind = this.#kinds.get(nominated.protocol) ?? "host";
    const kind = lessDirect(localKind, nominated.remoteCandidate.type as PairKind);
    const tcp = tcpOf(nominated.protocol);
    const localPort = tcp?.localPort(nominated.remoteAddr) ?? nominated.localCandidate.port;
    return {
      pair: {
        protocol: tcp === undefined ? "udp" : "tcp",
        local: formatAddress(nominated.localCandidate.host, localPort),
        remote: formatAddress(nominated.remoteAddr[0], nominated.remoteAddr[1]),
        kind,
      },
      rttMs: Math.round((nominated.rtt ?? 0) * 1_000),
    };
  }

  /** Every pair that was tried and how it stands. */
  pairs(): TriedPair[] {
    return this.#connection.checkList.map((pair) => ({
      local: formatAddress(pair.localCandidate.host, pair.localCandidate.port),
      remote: formatAddress(pair.remoteAddr[0], pair.remoteAddr[1]),
      state: PAIR_STATE_NAMES[pair.state] ?? "waiting",
      protocol: tcpOf(pair.protocol) === undefined ? "udp" : "tcp",
    }));
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#local.close();
    this.stop();
    this.#endConsent();
    await this.#connection.close();
  }
}

/** The UDP socket of a pair that needs no relay: werift's own way to it makes promises for each datagram. */
function socketOf(protocol: WeriftPair["protocol"]): Socket | undefined {
  return "turn" in protocol || tcpOf(protocol) !== undefined
    ? undefined
    : (protocol as unknown as ProtocolInside).transport.socket;
}

function toWerift(candidate: IceCandidate, ufrag: string | undefined): WeriftCandidate {
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
    undefined,
    ufrag,
  );
}

const DIRECTNESS: readonly PairKind[] = ["host", "prflx", "srflx", "relay"];

function lessDirect(a: PairKind, b: PairKind): PairKind {
  return DIRECTNESS.indexOf(a) > DIRECTNESS.indexOf(b) ? a : b;
}

function formatAddress(address: string, port: number): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
