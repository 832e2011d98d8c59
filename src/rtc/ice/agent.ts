// One ICE agent: checks pairs of what local-side.ts has gathered with the candidates of a file, for as long as it is
// asked to, starts anew with other remote credentials when a newer file comes, and then owns the path of the data. When
// that is interrupted and the peer has told how to find it again, it looks for another path. RFC 8445, §9 for the latter.
// All of it is decided by paths/path-machine.ts: what happens here is told to the machine, and what it wants is done.
import { contactable } from "../../exchange/contact.ts";
import type { IceCandidate, SessionDescription } from "../../exchange/description.ts";
import type { TriedPair } from "../../lib/events.ts";
import type { SelectedPair } from "../../lib/events.ts";
import type { NatSummary } from "../../lib/nat-summary.ts";
import { type PathEffect, PathMachine } from "../../paths/path-machine.ts";
import type { PathTraits } from "../sctp-driver.ts";
import { isOwnAddress } from "./addresses.ts";
import type { CandidateUser, Purpose } from "./candidate-user.ts";
import { CheckingAgent, type RemoteSide } from "./checking-agent.ts";
import { createCredentials, Credentials, type IceCredentials } from "./credentials.ts";
import type { IcePair } from "./ice-pair.ts";
import { type GatherOptions, type KeptSocket, LocalSide } from "./local-side.ts";
import { unlessAborted } from "../within.ts";
import { NO_PATH_TRAITS, NominatedPath } from "./nominated-path.ts";
import { PeerProbe } from "./peer-probe.ts";

/** Below every candidate of a file: the way that broke is tried last. RFC 8445 §5.1.2.1 has type preferences from 0. */
const OLD_WAY_PRIORITY = 1;

export interface IceAgentEvents {
  /** A pair is nominated: data may flow. */
  onConnected: () => void;
  /** A datagram that is not STUN, from a validated address. */
  onData: (datagram: Buffer) => void;
  /** `isWritable` may be true again. */
  onWritable: () => void;
  /** The way to the peer is interrupted, nothing was heard for 8 to 9 s for example; or there is one again. */
  onReachable: (isReachable: boolean) => void;
  /** Data takes another path from now on. */
  onNewPath: () => void;
  /** What `ownOffer` says has changed. */
  onOfferChanged: () => void;
  /** Nothing may be sent any more: consent has expired (RFC 7675 §5.1), or no other path was found. */
  onConsentLost: () => void;
}

/** What one side tells the other while all is well, so that it is found again. */
export interface RestartOffer extends IceCredentials {
  readonly candidates: readonly IceCandidate[];
}

/** What another run needs to be reached by the same file. Secret. */
export interface KeptIce extends IceCredentials {
  sockets: KeptSocket[];
}

export class IceAgent {
  readonly iceUfrag: string;
  readonly icePwd: string;
  events: IceAgentEvents = {
    onConnected: () => {},
    onData: () => {},
    onWritable: () => {},
    onReachable: () => {},
    onNewPath: () => {},
    onOfferChanged: () => {},
    onConsentLost: () => {},
  };
  readonly #credentials: Credentials;
  readonly #checking: CheckingAgent;
  readonly #machine = new PathMachine<IcePair>(Math.random);
  readonly #local: LocalSide;
  #remote: RemoteSide | undefined;
  /** The peer can be found again: newest of what it has told. */
  #peerOffer: RestartOffer | undefined;
  /** Of the pair that the machine has selected. */
  #path: NominatedPath | undefined;
  #probe: PeerProbe | undefined;
  /** The machine's next deadline. */
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  private constructor(options: GatherOptions, kept: KeptIce | undefined) {
    const first = kept ?? createCredentials();
    this.iceUfrag = first.iceUfrag;
    this.icePwd = first.icePwd;
    this.#credentials = new Credentials(first);
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
      onIncoming: (from) => {
        if (this.#path?.leadsTo(...from) === true) this.#machine.handleHeard();
      },
      onData: (datagram) => {
        this.#machine.handleHeard();
        this.events.onData(datagram);
      },
      onWritable: () => {
        this.events.onWritable();
      },
    });
  }

  #asCandidateUser(): CandidateUser {
    return {
      adopt: (protocol, candidate) => {
        this.#checking.adopt(protocol, candidate);
      },
      forget: (protocol) => {
        if (this.#path?.pair.protocol === protocol) this.#path.close();
        this.#checking.forget(protocol);
      },
      purpose: () => this.#purpose,
      isInUse: (protocol) => this.#path?.pair.protocol === protocol,
      onLook: (isAwake) => {
        const address = this.#path?.localAddress ?? this.#local.sourceOf(this.#path?.pair.protocol);
        const isGone = address !== undefined && !isOwnAddress(address);
        if ((isAwake || isGone) && this.#peerOffer !== undefined) this.suspect();
      },
      onCandidatesChanged: () => {
        this.events.onOfferChanged();
      },
    };
  }

  get #purpose(): Purpose {
    if (this.#machine.state === "searching") return "search";
    if (this.#path === undefined) return "file";
    return this.#peerOffer === undefined ? "nothing" : "spare";
  }

  /**
   * Opens sockets and asks servers, at most 3 s (10 s with a TURN server). Until there is a connection it asks them
   * again, so that the candidates stay true, and tells when they do not.
   * @param kept - of an earlier run that this one goes on with
   * @throws P2pError BIND_FAILED when an address of `options.bind` cannot be used; what aborts `options.signal`
   */
  static async gather(options: GatherOptions, kept?: KeptIce): Promise<IceAgent> {
    const agent = new IceAgent(options, kept);
    try {
      await unlessAborted(agent.#local.gather(), options.signal);
    } catch (error) {
      await agent.close();
      throw error;
    }
    return agent;
  }

  /** What `gather` needs to go on with this agent. Secret. */
  get kept(): KeptIce {
    return { iceUfrag: this.iceUfrag, icePwd: this.icePwd, sockets: this.#local.sockets };
  }

  /** Ours, as they are now. */
  get candidates(): IceCandidate[] {
    return this.#local.candidates;
  }

  /** For the peer: how it finds us when the connection breaks. Secret but for the peer. */
  ownOffer(): RestartOffer {
    const { iceUfrag, icePwd } = this.#credentials.next;
    this.#checking.applyCredentials();
    return { iceUfrag, icePwd, candidates: this.candidates };
  }

  /** The same of the peer: from now on a connection that breaks is made anew for two minutes. */
  takePeerOffer(offer: RestartOffer): void {
    const isFirst = this.#peerOffer === undefined;
    this.#peerOffer = offer;
    this.#credentials.notePeer(offer.iceUfrag);
    this.#machine.handlePeerOffer();
    if (isFirst) this.#openProbe();
  }

  /** What is known of the router before us. */
  get nat(): NatSummary {
    return this.#local.nat;
  }

  /**
   * Checks pairs with this remote side until one is nominated, `stop` or `close`. A second call forgets the
   * first one's remote side.
   */
  start(remote: SessionDescription, isControlling: boolean): void {
    this.stop();
    this.#path?.close();
    this.#path = undefined;
    this.#remote = remote;
    const candidates = contactable(remote.candidates, this.candidates);
    this.#local.expect(candidates.map(({ address }) => address));
    this.#checking.begin({ ...remote, candidates }, isControlling);
    this.#tell((nowMs) => {
      this.#machine.begin(this.#checking.pairs, { isControlling, isPeerLite: remote.iceLite }, nowMs);
    });
    this.#checking.lookAtEarlyChecks();
  }

  /** Ends checking, for good; a nominated pair stays. */
  stop(): void {
    this.#peerOffer = undefined;
    this.#probe?.stop();
    this.#tell(() => {
      this.#machine.stop();
    });
  }

  /** The peer is not there, as far as others can tell: another path is looked for, where that is possible. */
  suspect(): void {
    this.#tell((nowMs) => {
      this.#machine.suspect(nowMs);
    });
  }

  /** Tells the machine what happens, together with what werift has changed, and does what it wants then. */
  #tell(happen: (nowMs: number) => void): void {
    if (this.#isClosed) return;
    const [machine, checking] = [this.#machine, this.#checking];
    machine.updatePairs(checking.pairs);
    machine.handleRole(checking.isControlling);
    happen(performance.now());
    checking.isControlling = machine.isControlling;
    for (let effect = machine.pollEffect(); effect !== undefined; effect = machine.pollEffect()) this.#obey(effect);
    this.#arm();
  }

  #arm(): void {
    clearTimeout(this.#timer);
    const deadlineMs = this.#machine.nextDeadlineMs();
    if (this.#isClosed || deadlineMs === Number.POSITIVE_INFINITY) return;
    this.#timer = setTimeout(() => {
      this.#tell((nowMs) => {
        this.#machine.advance(nowMs);
      });
    }, deadlineMs - performance.now());
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
      case "unreachable":
      case "reachable":
        this.events.onReachable(effect.effect === "reachable");
        break;
      case "search":
        this.#search();
        break;
      case "tell-peer":
        this.events.onOfferChanged();
        break;
      case "silenced":
        this.#path?.close();
        break;
      case "lost":
        this.stop();
        this.#path?.close();
        this.events.onConsentLost();
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
    this.#path?.askConsent(check).then(
      () => {
        this.#machine.handleConsent(pair, performance.now());
      },
      () => {}, // A single check may well be lost.
    );
  }

  #handleSelected({ pair, isFirst }: Extract<PathEffect<IcePair>, { effect: "selected" }>): void {
    const { connection } = this.#checking;
    this.#probe?.stop();
    this.#path?.close();
    this.#path = new NominatedPath(connection, pair.inside, this.#checking.kindOf(pair.inside));
    if (isFirst) {
      this.events.onConnected();
      return;
    }
    this.#credentials.conclude();
    this.#openProbe();
    this.events.onNewPath();
  }

  /** RFC 8445 §9: data goes on where it went until another pair is nominated. */
  #search(): void {
    const path = this.#path;
    if (this.#remote === undefined || path === undefined || this.#machine.state !== "searching") return;
    this.#probe?.watch(this.#machine.heardMs ?? 0, () => {
      this.#tell(() => {
        this.#machine.handlePeerGone();
      });
    });
    this.#local.askNow();
    const { iceUfrag, icePwd, candidates } = this.#peerOffer ?? this.#remote;
    this.#remote = { ...this.#remote, iceUfrag, icePwd };
    const contacts = withOldWay(contactable(candidates, this.candidates), path);
    this.#local.expect(contacts.map(({ address }) => address));
    this.#checking.begin({ ...this.#remote, candidates: contacts }, this.#machine.isControlling, path.pair);
    this.#tell((nowMs) => {
      this.#machine.restart(this.#checking.pairs, nowMs);
    });
    this.#checking.lookAtEarlyChecks();
  }

  /** A refusal comes from the peer's own machine only where no router stands in for it. */
  #openProbe(): void {
    this.#probe?.stop();
    this.#probe = undefined;
    const path = this.#path;
    if (path?.localAddress === undefined || path.isStream) return;
    const [address, port] = path.remoteAddress;
    const known = [...(this.#peerOffer?.candidates ?? []), ...(this.#remote?.candidates ?? [])];
    if (!known.some((one) => one.type === "host" && one.address === address && one.port === port)) return;
    this.#probe = new PeerProbe(address, port);
    this.#probe.try();
  }

  /** Sends on the nominated pair; without one, or without consent, the datagram is dropped. */
  send(datagram: Buffer): void {
    this.#path?.send(datagram);
  }

  /** False where more would wait in a queue of the nominated pair's connection. */
  get isWritable(): boolean {
    return this.#path?.isWritable ?? true;
  }

  /** Round trip of the nominated pair's last check; undefined: none yet. */
  get rttMs(): number | undefined {
    return this.#path?.rttMs;
  }

  /** What the nominated pair is for packets. */
  pathTraits(): PathTraits {
    return this.#path?.traits() ?? NO_PATH_TRAITS;
  }

  /** The nominated pair, or undefined. */
  selectedPair(): { pair: SelectedPair; rttMs: number } | undefined {
    return this.#path?.selected();
  }

  /** Every pair that was tried and how it stands. */
  pairs(): TriedPair[] {
    return this.#checking.tried();
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    const released = this.#local.close();
    this.stop();
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#path?.close();
    await Promise.all([this.#checking.close(), released]);
  }
}

/**
 * What the peer has told, and where it was reached until now: it may not know that address itself. A line that has
 * come over TCP stays with it: what it has cut into packets may be larger than UDP carries.
 */
function withOldWay(candidates: readonly IceCandidate[], path: NominatedPath): IceCandidate[] {
  if (path.isStream) return candidates.filter(({ transport }) => transport === "tcp");
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
