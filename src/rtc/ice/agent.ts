// One ICE agent (RFC 8445): checks pairs of the candidates that local-side.ts gathers with those of an exchange file
// for as long as it is asked to, restarts with other remote credentials when a newer file arrives, and then owns the
// data path. When the path is interrupted and the peer has sent the information to find it again, it searches for
// another one (§9). paths/path-machine.ts makes all decisions: the agent reports events to it and carries out its
// effects.
import { permittedCandidates } from "../../exchange/permitted-candidates.ts";
import type { IceCandidate, SessionDescription } from "../../exchange/description.ts";
import type { SelectedPair, TriedPair } from "../../lib/events.ts";
import type { NatSummary } from "../../lib/nat-summary.ts";
import { StateTrace, type Trace } from "../../lib/trace.ts";
import { unlessAborted } from "../../lib/waiting.ts";
import type { OutgoingFiles, PathLoad } from "../../paths/bulk-load.ts";
import type { Transport } from "../../paths/move-rule.ts";
import { type PathEffect, PathMachine } from "../../paths/path-machine.ts";
import type { PathTraits } from "../sctp-driver.ts";
import { isOwnAddress } from "./addresses.ts";
import type { CandidateUser, Purpose } from "./candidate-user.ts";
import { CheckingAgent, type RemoteSide } from "./checking-agent.ts";
import { createCredentials, Credentials, type IceCredentials } from "./credentials.ts";
import type { IcePair } from "./ice-pair.ts";
import { type GatherOptions, type KeptSocket, LocalSide } from "./local-side.ts";
import { LocalNames, interfacesOf } from "./local-names.ts";
import { NO_PATH_TRAITS, NominatedPath } from "./nominated-path.ts";
import { PeerProbe } from "./peer-probe.ts";

/** Below every candidate of a file: the broken path is tried last. RFC 8445 §5.1.2.1 has type preferences from 0. */
const OLD_WAY_PRIORITY = 1;

export interface IceAgentEvents {
  /**
   * A pair is nominated: data may flow.
   * @param earlyHellos - DTLS hellos that the peer sent before, each of one datagram or of several
   */
  onConnected: (earlyHellos: readonly Uint8Array[]) => void;
  /** A datagram that is not STUN, from a validated address. */
  onData: (datagram: Buffer) => void;
  /** `isWritable` may be true again. */
  onWritable: () => void;
  /** The path to the peer is interrupted, for example because nothing was heard for 8 to 9 s; or it works again. */
  onReachable: (isReachable: boolean) => void;
  /** Data takes another path from now on. */
  onNewPath: () => void;
  /** The same, and the path before still delivers what is on its way. */
  onMoved: () => void;
  /** Data of the peer is taken on a pair of this kind: the peer has to know it. */
  onReady: (transport: Transport) => void;
  /** The result of `ownRestartInfo` has changed. */
  onOfferChanged: () => void;
  /** Nothing may be sent any more: consent has expired (RFC 7675 §5.1), or no other path was found. */
  onConsentLost: () => void;
  /** @returns what the association has carried; undefined: there is none yet */
  load: () => PathLoad | undefined;
}

const UNHEARD: IceAgentEvents = {
  onConnected: () => {},
  onData: () => {},
  onWritable: () => {},
  onReachable: () => {},
  onNewPath: () => {},
  onMoved: () => {},
  onReady: () => {},
  onOfferChanged: () => {},
  onConsentLost: () => {},
  load: () => undefined,
};

/** The information that one side sends the other while all is well, so that it can be found again. */
export interface RestartInfo extends IceCredentials {
  readonly candidates: readonly IceCandidate[];
}

/** The state that lets another run be reached by the same file. Secret. */
export interface KeptIce extends IceCredentials {
  sockets: KeptSocket[];
}

export class IceAgent {
  readonly iceUfrag: string;
  readonly icePwd: string;
  /** Those of the latest `start`. */
  #events: IceAgentEvents = UNHEARD;
  readonly #credentials: Credentials;
  readonly #checking: CheckingAgent;
  readonly #machine = new PathMachine<IcePair>(Math.random);
  readonly #local: LocalSide;
  readonly #trace: Trace | undefined;
  readonly #stateTrace: StateTrace;
  #remote: RemoteSide | undefined;
  /** The newest information that the peer has sent about itself; while it is set, the peer can be found again. */
  #peerRestartInfo: RestartInfo | undefined;
  /** The path over the pair that the machine has selected. */
  #path: NominatedPath | undefined;
  /** The path over the machine's spare pair: it receives, and is kept alive. */
  #spare: NominatedPath | undefined;
  #probe: PeerProbe | undefined;
  /** Looks up names of the peer that its file has in the place of addresses. */
  #names: LocalNames | undefined;
  readonly #network: { bind: readonly string[]; allowsNames: boolean };
  /** The machine's next deadline. */
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  private constructor(options: GatherOptions, kept: KeptIce | undefined) {
    const first = kept ?? createCredentials();
    this.iceUfrag = first.iceUfrag;
    this.icePwd = first.icePwd;
    this.#credentials = new Credentials(first);
    this.#trace = options.trace;
    const { bind, mdns, relayOnly } = options.network;
    this.#network = { bind, allowsNames: mdns !== false && relayOnly !== true };
    this.#stateTrace = new StateTrace("ice:state_updated", options.trace);
    this.#checking = this.#createChecking();
    this.#local = new LocalSide(options, this.#asCandidateUser(), kept?.sockets ?? []);
  }

  #createChecking(): CheckingAgent {
    return new CheckingAgent(this.#credentials, {
      onPeerCheck: (pair, isNaming) => {
        this.#tell((nowMs) => {
          this.#machine.handlePeerCheck(pair, isNaming, nowMs);
        });
      },
      onRestarted: () => {
        this.#tell((nowMs) => {
          this.#machine.handlePeerSearch(nowMs);
        });
      },
      onIncoming: (from, protocol) => {
        if (this.#path?.leadsTo(from, protocol) === true) this.#machine.handleHeard();
        else if (this.#spare?.leadsTo(from, protocol) === true) this.#machine.handleSpareHeard();
      },
      onData: (datagram, pair) => {
        if (pair === this.#spare?.pair) this.#machine.handleSpareHeard();
        else this.#machine.handleData();
        this.#events.onData(datagram);
      },
      onWritable: () => {
        this.#events.onWritable();
      },
    });
  }

  #asCandidateUser(): CandidateUser {
    return {
      adopt: (protocol, candidate) => {
        this.#checking.adopt(protocol, candidate);
      },
      forget: (protocol) => {
        for (const path of [this.#path, this.#spare]) if (path?.pair.protocol === protocol) path.close();
        this.#checking.forget(protocol);
      },
      purpose: () => this.#purpose,
      isInUse: (protocol) => [this.#path, this.#spare].some((path) => path?.pair.protocol === protocol),
      onLook: (isAwake) => {
        const address = this.#path?.localAddress ?? this.#local.sourceOf(this.#path?.pair.protocol);
        const isGone = address !== undefined && !isOwnAddress(address);
        if ((isAwake || isGone) && this.#peerRestartInfo !== undefined) this.suspect();
      },
      onCandidatesChanged: () => {
        this.#events.onOfferChanged();
      },
    };
  }

  get #purpose(): Purpose {
    if (this.#machine.state === "searching") return "search";
    if (this.#path === undefined) return "file";
    return this.#peerRestartInfo === undefined ? "nothing" : "spare";
  }

  /**
   * Opens sockets and queries servers, at most 3 s (10 s with a TURN server). Until there is a connection it queries
   * them again to keep the candidates valid, and reports when they no longer are.
   * @param kept - the state of an earlier run that this one resumes
   * @throws P2pError BIND_FAILED when an address of `network.bind` cannot be used; the reason of `options.signal` when
   *   it aborts
   */
  static async gather(options: GatherOptions, kept?: KeptIce): Promise<IceAgent> {
    const agent = new IceAgent(options, kept);
    try {
      const gathered = agent.#local.gather();
      await (options.signal === undefined ? gathered : unlessAborted(options.signal, gathered));
    } catch (error) {
      await agent.close();
      throw error;
    }
    return agent;
  }

  /** The state that `gather` needs to resume this agent. Secret. */
  get kept(): KeptIce {
    return { iceUfrag: this.iceUfrag, icePwd: this.icePwd, sockets: this.#local.sockets };
  }

  /** Our current candidates. */
  get candidates(): IceCandidate[] {
    return this.#local.candidates;
  }

  /** The information with which the peer finds us when the connection breaks. Secret from everyone but the peer. */
  ownRestartInfo(): RestartInfo {
    const { iceUfrag, icePwd } = this.#credentials.next;
    this.#checking.applyCredentials();
    return { iceUfrag, icePwd, candidates: this.candidates };
  }

  /** Takes the peer's `ownRestartInfo`: from now on, when the path breaks, another is searched for two minutes. */
  takeRestartInfo(info: RestartInfo): void {
    const isFirst = this.#peerRestartInfo === undefined;
    this.#peerRestartInfo = info;
    this.#credentials.notePeer(info.iceUfrag);
    this.#machine.handlePeerOffer();
    if (isFirst) this.#openProbe();
  }

  /** The peer keeps a pair of either kind alive, as this side does from now on; `onReady` tells when there are two. */
  allowMoves(): void {
    this.#tell((nowMs) => {
      this.#machine.handlePeerMoves(nowMs);
    });
  }

  /** The peer takes data on its pair of this kind. */
  takeReady(transport: Transport): void {
    this.#tell((nowMs) => {
      this.#machine.handlePeerReady(transport, nowMs);
    });
  }

  /** Files leave from now on, so many; with 0 bytes, none do. */
  expectFiles(files: OutgoingFiles): void {
    this.#tell((nowMs) => {
      this.#noteLoad(nowMs);
      this.#machine.expectFiles(files, nowMs);
    });
  }

  /** A summary of the router in front of us. */
  get nat(): NatSummary {
    return this.#local.nat;
  }

  /**
   * Checks pairs with this remote side until one is nominated, or until `stop` or `close`. A second call forgets the
   * remote side of the first.
   */
  start(
    remote: SessionDescription & { localNames?: readonly IceCandidate[] | undefined },
    isControlling: boolean,
    events: Partial<IceAgentEvents> = {},
  ): void {
    this.#events = { ...UNHEARD, ...events };
    this.stop();
    this.#closeSpare();
    this.#path?.close();
    this.#path = undefined;
    this.#remote = remote;
    const candidates = permittedCandidates(remote.candidates, this.candidates);
    this.#local.expect(candidates.map(({ address }) => address));
    this.#checking.begin({ ...remote, candidates }, isControlling);
    this.#tell((nowMs) => {
      this.#machine.begin(this.#checking.pairs, { isControlling, isPeerLite: remote.iceLite }, nowMs);
    });
    this.#checking.lookAtEarlyChecks();
    this.#lookUp(remote.localNames ?? []);
  }

  /** Asks this machine's networks for the names in a file, until there is a path. */
  #lookUp(hidden: readonly IceCandidate[]): void {
    this.#names?.close();
    this.#names = undefined;
    if (hidden.length === 0 || !this.#network.allowsNames) return;
    const interfaces = interfacesOf(this.#network.bind);
    if (interfaces.length === 0) return;
    this.#names = new LocalNames(hidden, interfaces, (found) => this.#takeNamed(found));
  }

  #takeNamed(found: readonly IceCandidate[]): void {
    const remote = this.#remote;
    if (remote === undefined || this.#path !== undefined) return;
    const all = permittedCandidates([...remote.candidates, ...found], this.candidates);
    const fresh = all.filter((candidate) => !remote.candidates.includes(candidate));
    this.#remote = { ...remote, candidates: [...remote.candidates, ...fresh] };
    this.#local.expect(all.map(({ address }) => address));
    this.#checking.addRemote(fresh);
    this.#tell(() => {});
  }

  /** Ends checking for good; a nominated pair remains. */
  stop(): void {
    this.#peerRestartInfo = undefined;
    this.#names?.close();
    this.#probe?.stop();
    this.#tell(() => {
      this.#machine.stop();
    });
  }

  /** The peer seems to be gone, as far as others can tell: searches for another path where possible. */
  suspect(): void {
    this.#tell((nowMs) => {
      this.#machine.suspect(nowMs);
    });
  }

  /** Reports an event to the machine, together with what werift has changed, and carries out the resulting effects. */
  #tell(happen: (nowMs: number) => void): void {
    if (this.#isClosed) return;
    const [machine, checking] = [this.#machine, this.#checking];
    machine.updatePairs(checking.pairs);
    machine.handleRole(checking.isControlling);
    happen(performance.now());
    checking.isControlling = machine.isControlling;
    for (let effect = machine.pollEffect(); effect !== undefined; effect = machine.pollEffect()) this.#obey(effect);
    this.#stateTrace.note(machine.state);
    this.#arm();
  }

  #arm(): void {
    clearTimeout(this.#timer);
    const deadlineMs = this.#machine.nextDeadlineMs();
    if (this.#isClosed || deadlineMs === Number.POSITIVE_INFINITY) return;
    this.#timer = setTimeout(() => {
      this.#tell((nowMs) => {
        this.#noteLoad(nowMs);
        this.#machine.advance(nowMs);
      });
    }, deadlineMs - performance.now());
  }

  #noteLoad(nowMs: number): void {
    const load = this.#events.load();
    if (load === undefined) return;
    const minRttMs = Math.min(load.minRttMs, this.rttMs ?? Number.POSITIVE_INFINITY);
    this.#machine.noteLoad({ ...load, minRttMs }, nowMs);
  }

  #obey(effect: PathEffect<IcePair>): void {
    if (this.#isClosed) return;
    switch (effect.effect) {
      case "check":
        this.#check(effect);
        break;
      case "consent-check":
        this.#askConsent(effect);
        break;
      case "selected":
        this.#handleSelected(effect);
        break;
      case "spare":
        this.#handleSpare(effect.pair);
        break;
      case "tell-ready":
        this.#events.onReady(effect.transport);
        break;
      case "spare-lost":
        if (this.#spare?.pair === effect.pair.inside) this.#closeSpare();
        break;
      case "moved":
        this.#handleMoved();
        break;
      case "unreachable":
      case "reachable":
        this.#trace?.("ice:reachability_updated", { reachable: effect.effect === "reachable" });
        this.#events.onReachable(effect.effect === "reachable");
        break;
      case "search":
        this.#search();
        break;
      case "tell-peer":
        this.#events.onOfferChanged();
        break;
      case "silenced":
        this.#path?.close();
        break;
      case "lost":
        this.stop();
        this.#path?.close();
        this.#events.onConsentLost();
        break;
    }
  }

  #check(check: Extract<PathEffect<IcePair>, { effect: "check" }>): void {
    void this.#checking.check(check.pair, check.isNominating).then((outcome) => {
      this.#tell((nowMs) => {
        this.#machine.handleCheckEnded(check.pair, outcome, check, nowMs);
      });
    });
  }

  #askConsent({ pair, ...check }: Extract<PathEffect<IcePair>, { effect: "consent-check" }>): void {
    const path = this.#path?.pair === pair.inside ? this.#path : this.#spare;
    const sentMs = performance.now();
    path?.askConsent(check).then(
      () => {
        this.#machine.handleConsent(pair, sentMs, performance.now());
      },
      () => {}, // A single check may well be lost.
    );
  }

  #handleSpare(pair: IcePair): void {
    this.#closeSpare();
    this.#spare = new NominatedPath(this.#checking.connection, pair.inside, this.#checking.kindOf(pair.inside));
  }

  #closeSpare(): void {
    this.#spare?.close();
    this.#spare = undefined;
  }

  /** The path before still receives, and sends what its connection has taken. */
  #handleMoved(): void {
    const [path, spare] = [this.#path, this.#spare];
    if (path === undefined || spare === undefined) return;
    this.#path = spare;
    this.#spare = path;
    this.#traceSelected(spare);
    this.#openProbe();
    this.#events.onMoved();
  }

  #handleSelected({ pair, isFirst }: Extract<PathEffect<IcePair>, { effect: "selected" }>): void {
    const { connection } = this.#checking;
    this.#names?.close();
    this.#probe?.stop();
    this.#closeSpare();
    this.#path?.close();
    this.#path = new NominatedPath(connection, pair.inside, this.#checking.kindOf(pair.inside));
    this.#traceSelected(this.#path);
    const earlyHellos = this.#checking.takeEarlyHellos();
    if (isFirst) {
      this.#events.onConnected(earlyHellos);
      return;
    }
    this.#credentials.conclude();
    this.#openProbe();
    this.#events.onNewPath();
  }

  /** Addresses stay out of the trace, which people send to others. */
  #traceSelected(path: NominatedPath): void {
    const { pair, rttMs } = path.selected();
    const { isOneMachine } = path.traits();
    const data = { kind: pair.kind, protocol: pair.protocol, rtt: rttMs, one_machine: isOneMachine };
    this.#trace?.("ice:pair_selected", data);
  }

  /** RFC 8445 §9: data continues on the previous pair until another one is nominated. */
  #search(): void {
    const path = this.#path;
    if (this.#remote === undefined || path === undefined || this.#machine.state !== "searching") return;
    this.#probe?.watch(this.#machine.heardMs ?? 0, () => {
      this.#tell(() => {
        this.#machine.handlePeerGone();
      });
    });
    this.#local.askNow();
    const { iceUfrag, icePwd, candidates } = this.#peerRestartInfo ?? this.#remote;
    this.#remote = { ...this.#remote, iceUfrag, icePwd };
    const mayLeaveTcp = this.#machine.isMovable && !path.traits().isOneMachine;
    const permitted = withOldWay(permittedCandidates(candidates, this.candidates), path, mayLeaveTcp);
    this.#local.expect(permitted.map(({ address }) => address));
    this.#checking.begin({ ...this.#remote, candidates: permitted }, this.#machine.isControlling, path.pair);
    this.#tell((nowMs) => {
      this.#machine.restart(this.#checking.pairs, nowMs);
    });
    this.#checking.lookAtEarlyChecks();
  }

  /** A refusal comes from the peer's own machine only where no router answers in its place. */
  #openProbe(): void {
    this.#probe?.stop();
    this.#probe = undefined;
    const path = this.#path;
    if (path?.localAddress === undefined || path.isStream) return;
    const [address, port] = path.remoteAddress;
    const known = [...(this.#peerRestartInfo?.candidates ?? []), ...(this.#remote?.candidates ?? [])];
    if (!known.some((one) => one.type === "host" && one.address === address && one.port === port)) return;
    this.#probe = new PeerProbe(address, port);
    this.#probe.try();
  }

  /** Sends on the nominated pair; without one, or without consent, the datagram is dropped. */
  send(datagram: Buffer): void {
    this.#path?.send(datagram);
  }

  /** False where further datagrams would queue in the nominated pair's connection. */
  get isWritable(): boolean {
    return this.#path?.isWritable ?? true;
  }

  /** False where a datagram of a call would wait too long in the nominated pair's connection. */
  get isPrompt(): boolean {
    return this.#path?.isPrompt ?? true;
  }

  /** Round trip of the nominated pair's last check; undefined: there was none yet. */
  get rttMs(): number | undefined {
    return this.#path?.rttMs;
  }

  /** The traits of the nominated pair for packets. */
  pathTraits(): PathTraits {
    return this.#path?.traits() ?? NO_PATH_TRAITS;
  }

  /** The nominated pair, or undefined. */
  selectedPair(): { pair: SelectedPair; rttMs: number } | undefined {
    return this.#path?.selected();
  }

  /** Every pair that was tried, with its state. */
  pairs(): TriedPair[] {
    return this.#checking.tried();
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    const released = this.#local.close();
    this.stop();
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#closeSpare();
    this.#path?.close();
    await Promise.all([this.#checking.close(), released]);
  }
}

/**
 * The candidates that the peer has sent, plus the address where it was reached until now, which it may not know itself.
 * @param mayLeaveTcp - false: a connection over TCP stays with TCP, as data that is cut already may be larger than UDP
 *   carries, or the peer is an older program
 */
function withOldWay(candidates: readonly IceCandidate[], path: NominatedPath, mayLeaveTcp: boolean): IceCandidate[] {
  if (path.isStream) return candidates.filter(({ transport }) => mayLeaveTcp || transport === "tcp");
  const [address, port] = path.remoteAddress;
  if (candidates.some((one) => one.address === address && one.port === port)) return [...candidates];
  const oldWay: IceCandidate = {
    foundation: "old",
    component: 1,
    transport: "udp",
    priority: OLD_WAY_PRIORITY,
    address,
    port,
    type: "srflx",
  };
  return [...candidates, oldWay];
}
