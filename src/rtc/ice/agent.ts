// One ICE agent: checks pairs of what local-side.ts has gathered with the candidates of a file, for as long as it is
// asked to, starts anew with other remote credentials when a newer file comes, and then owns the path of the data. When
// that is interrupted and the peer has told how to find it again, it looks for another path. RFC 8445, §9 for the latter.
import { contactable } from "../../exchange/contact.ts";
import type { IceCandidate, SessionDescription } from "../../exchange/description.ts";
import type { TriedPair } from "../../lib/events.ts";
import type { SelectedPair } from "../../lib/events.ts";
import type { NatSummary } from "../../lib/nat-summary.ts";
import type { PathTraits } from "../sctp-driver.ts";
import type { WeriftPair } from "../werift.ts";
import { isOwnAddress } from "./addresses.ts";
import type { CandidateUser, Purpose } from "./candidate-user.ts";
import { CheckSchedule } from "./check-schedule.ts";
import { CheckingAgent, type RemoteSide } from "./checking-agent.ts";
import { createCredentials, Credentials, type IceCredentials } from "./credentials.ts";
import { type GatherOptions, type KeptSocket, LocalSide } from "./local-side.ts";
import { unlessAborted } from "../within.ts";
import { NO_PATH_TRAITS, NominatedPath } from "./nominated-path.ts";
import { PeerProbe } from "./peer-probe.ts";

/** An outage of a minute heals, of two it does not: by then people look for another way. */
const SEARCH_MS = 120_000;
/** A peer that begins to look for us so soon after our own search has heard of it late. If it has moved, silence tells. */
const FOLLOWING_MS = 1_000;
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
  readonly #schedule: CheckSchedule;
  readonly #local: LocalSide;
  #remote: RemoteSide | undefined;
  #isControlling = false;
  /** The peer can be found again: newest of what it has told. */
  #peerOffer: RestartOffer | undefined;
  #path: NominatedPath | undefined;
  #probe: PeerProbe | undefined;
  #isInterrupted = false;
  /** When the path was found by a search. */
  #foundMs = Number.NEGATIVE_INFINITY;
  /** Runs while another path is looked for. */
  #searchTimer: NodeJS.Timeout | undefined;
  #isClosed = false;

  private constructor(options: GatherOptions, kept: KeptIce | undefined) {
    const first = kept ?? createCredentials();
    this.iceUfrag = first.iceUfrag;
    this.icePwd = first.icePwd;
    this.#credentials = new Credentials(first);
    this.#checking = this.#createChecking();
    this.#schedule = new CheckSchedule({
      pairs: () => this.#checking.pairs,
      check: (pair) => {
        this.#checking.check(pair);
      },
      onTick: (elapsedMs) => {
        this.#checking.considerTcp(elapsedMs);
      },
    });
    this.#local = new LocalSide(options, this.#asCandidateUser(), kept?.sockets ?? []);
  }

  #createChecking(): CheckingAgent {
    return new CheckingAgent(this.#credentials, {
      onChecked: (pair) => {
        this.#handleChecked(pair);
      },
      onTriggered: (pair) => {
        this.#schedule.trigger(pair);
      },
      onRestarted: () => {
        this.#handleRestart();
      },
      onIncoming: (from) => {
        if (this.#path?.leadsTo(...from) === true) this.#path.markHeard();
      },
      onData: (datagram) => {
        this.#path?.markHeard();
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
        if ((isAwake || isGone) && this.#peerOffer !== undefined) this.#interrupt();
      },
      onCandidatesChanged: () => {
        this.events.onOfferChanged();
      },
    };
  }

  get #purpose(): Purpose {
    if (this.#searchTimer !== undefined) return "search";
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
    this.#isInterrupted = false;
    this.#remote = remote;
    this.#isControlling = isControlling;
    const candidates = contactable(remote.candidates, this.candidates);
    this.#local.expect(candidates.map(({ address }) => address));
    this.#schedule.start();
    this.#checking.begin({ ...remote, candidates }, isControlling);
  }

  /** Ends checking, for good; a nominated pair stays. */
  stop(): void {
    this.#peerOffer = undefined;
    this.#endChecks();
    this.#schedule.stop();
  }

  /** A peer that checks other pairs than the nominated one is still checked in turn: data may come from there. */
  #endChecks(): void {
    this.#schedule.settle();
    clearTimeout(this.#searchTimer);
    this.#searchTimer = undefined;
    this.#probe?.stop();
  }

  #handleChecked(pair: WeriftPair): void {
    this.#schedule.markChecked(pair);
    const { nominated } = this.#checking;
    if (nominated === undefined) return;
    const before = this.#path;
    this.#endChecks();
    before?.close();
    this.#path = new NominatedPath(this.#checking.connection, nominated, this.#checking.kindOf(nominated), {
      onReachable: (isReachable) => {
        if (!isReachable) this.#interrupt();
        else if (this.#searchTimer === undefined) this.#restore();
      },
      onUnanswered: () => {
        if (this.#peerOffer !== undefined) this.#interrupt();
      },
      namesPair: () => this.#peerOffer !== undefined,
      onConsentLost: () => {
        if (this.#peerOffer !== undefined) this.#interrupt();
        else if (this.#searchTimer === undefined) this.#lose();
      },
    });
    if (before === undefined) this.events.onConnected();
    else this.#handleNewPath();
  }

  /** The peer looks for us; it has used up the credentials that it was told. */
  #handleRestart(): void {
    if (performance.now() - this.#foundMs < FOLLOWING_MS) this.events.onOfferChanged();
    else this.#interrupt(true);
  }

  #handleNewPath(): void {
    this.#foundMs = performance.now();
    this.#credentials.conclude();
    this.#openProbe();
    this.events.onNewPath();
    this.#restore();
    // What the peer knew is used up, and we may be somewhere else.
    this.events.onOfferChanged();
  }

  #restore(): void {
    if (!this.#isInterrupted) return;
    this.#isInterrupted = false;
    this.events.onReachable(true);
  }

  /** The peer is not there, as far as others can tell: another path is looked for, where that is possible. */
  suspect(): void {
    this.#interrupt();
  }

  /** @param isByPeer - it looks for us already */
  #interrupt(isByPeer = false): void {
    if (this.#path === undefined || this.#searchTimer !== undefined) return;
    if (!this.#isInterrupted) {
      this.#isInterrupted = true;
      this.events.onReachable(false);
    }
    if (this.#peerOffer !== undefined || isByPeer) this.#search(this.#path);
  }

  /** RFC 8445 §9: data goes on where it went until another pair is nominated. */
  #search(path: NominatedPath): void {
    if (this.#remote === undefined || this.#isClosed) return;
    this.#searchTimer = setTimeout(() => {
      this.#lose();
    }, SEARCH_MS);
    this.#probe?.watch(path.heardMs, () => {
      this.#lose();
    });
    this.#local.askNow();
    const { iceUfrag, icePwd, candidates } = this.#peerOffer ?? this.#remote;
    this.#remote = { ...this.#remote, iceUfrag, icePwd };
    const contacts = withOldWay(contactable(candidates, this.candidates), path);
    this.#local.expect(contacts.map(({ address }) => address));
    this.#checking.begin({ ...this.#remote, candidates: contacts }, this.#isControlling, path.pair);
    this.#schedule.start();
  }

  #lose(): void {
    this.stop();
    this.#path?.close();
    this.events.onConsentLost();
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
    this.#isClosed = true;
    const released = this.#local.close();
    this.stop();
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
