// The way of a session through the network, as far as the session has to do with it: each side tells the other how it
// can be found again (control message `path`), and people and programs hear when the way is interrupted and restored.
import type { PathMessage } from "../../control/messages.ts";
import { decodeCandidate, encodeCandidate } from "../../exchange/candidate.ts";
import type { IceCandidate } from "../../exchange/description.ts";
import type { P2pEvent } from "../../lib/events.ts";
import { LIVENESS } from "../../paths/liveness.ts";

/** How one side can be found: its credentials of ICE and where it may be. */
export interface RestartOffer {
  readonly iceUfrag: string;
  readonly icePwd: string;
  readonly candidates: readonly IceCandidate[];
}

/** What the network side of a session can do. */
export interface PathPort {
  /** How the peer finds us when the way is interrupted. */
  restartOffer(): RestartOffer;
  /** How we find the peer; from now on an interrupted way is looked for anew. */
  takeRestartOffer(offer: RestartOffer): void;
  /** Looks for another way now. */
  suspect(): void;
}

export interface PathLinkOptions {
  /** Undefined: the way cannot be changed. */
  network: PathPort | undefined;
  send: (message: PathMessage) => void;
  emit: (event: P2pEvent) => void;
}

/** More than one machine has that people sit at, relays and mapped addresses included. */
const MAX_TOLD_CANDIDATES = 32;
/** In UTF-16 units; one of an IPv6 address and a relay has about 200. */
const MAX_CANDIDATE_LENGTH = 512;

export class PathLink {
  readonly #options: PathLinkOptions;
  #doesPeerRecover = false;
  #isInterrupted = false;

  constructor(options: PathLinkOptions) {
    this.#options = options;
  }

  /** Whether this side can say so in its hello. */
  get canRecover(): boolean {
    return this.#options.network !== undefined;
  }

  get isInterrupted(): boolean {
    return this.#isInterrupted;
  }

  handleHello(doesPeerRecover: boolean): void {
    this.#doesPeerRecover = doesPeerRecover;
    this.tellPeer();
  }

  /** Tells the peer how it finds us, as it is now. */
  tellPeer(): void {
    const { network, send } = this.#options;
    if (!this.#doesPeerRecover || network === undefined) return;
    const { iceUfrag, icePwd, candidates } = network.restartOffer();
    const best = candidates.toSorted((a, b) => b.priority - a.priority).slice(0, MAX_TOLD_CANDIDATES);
    send({
      type: "path",
      ufrag: iceUfrag,
      pwd: icePwd,
      candidates: best.map((candidate) => encodeCandidate(candidate, iceUfrag)),
    });
  }

  /** What cannot be used is left out, as from a file; whom we contact of the others is for the network to decide. */
  handlePath({ ufrag, pwd, candidates }: PathMessage): void {
    const usable = candidates.slice(0, MAX_TOLD_CANDIDATES).flatMap((text): IceCandidate[] => {
      if (text.length > MAX_CANDIDATE_LENGTH) return [];
      const reading = decodeCandidate(text);
      return "candidate" in reading ? [reading.candidate] : [];
    });
    this.#options.network?.takeRestartOffer({ iceUfrag: ufrag, icePwd: pwd, candidates: usable });
  }

  /** @returns whether that is news */
  handleReachable(isReachable: boolean): boolean {
    if (this.#isInterrupted !== isReachable) return false;
    this.#isInterrupted = !isReachable;
    this.#options.emit({ event: "network", state: isReachable ? "restored" : "interrupted" });
    return true;
  }

  /** @returns whether the session goes on: another way is looked for */
  handleSilence(silentMs: number): boolean {
    const { network } = this.#options;
    if (network === undefined || !this.#doesPeerRecover || silentMs > LIVENESS.giveUpMs) return false;
    network.suspect();
    return true;
  }
}
