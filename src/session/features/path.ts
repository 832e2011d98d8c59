// ICE restarts within a session: each side sends the other its current ICE credentials and candidates (control message
// `path`), and events report when the path is interrupted and restored.
import type { PathMessage, PathReadyMessage } from "../../control/messages.ts";
import { decodeCandidate, encodeCandidate } from "../../exchange/candidate.ts";
import type { IceCandidate } from "../../exchange/description.ts";
import type { Capability } from "../../control/capabilities.ts";
import type { P2pEvent, SelectedPair } from "../../lib/events.ts";
import type { OutgoingFiles } from "../../paths/bulk-load.ts";
import type { Transport } from "../../paths/move-rule.ts";
import { LIVENESS } from "../../paths/liveness.ts";
import type { FeatureMessage, HelloPart, PeerHello, SessionFeature } from "./feature.ts";

/** One side's ICE credentials and candidates. */
export interface RestartInfo {
  readonly iceUfrag: string;
  readonly icePwd: string;
  readonly candidates: readonly IceCandidate[];
}

/** The network side of a session. */
export interface PathPort {
  /** Our credentials and candidates for an ICE restart. */
  restartInfo(): RestartInfo;
  /** Takes the peer's credentials and candidates; an interruption starts a search for a new path. */
  takeRestartInfo(info: RestartInfo): void;
  /** Starts a search for another path now. */
  suspect(): void;
  /** Keeps a pair over UDP and one over TCP from now on, as the peer does; absent: it keeps one. */
  allowMoves?(): void;
  /** The peer takes data on its pair of this kind, too. */
  takeReady?(transport: Transport): void;
  /** Files leave from now on, so many; with 0 bytes, none do. */
  expectFiles?(files: OutgoingFiles): void;
}

export interface PathProtocolOptions {
  /** Undefined: the path cannot be changed. */
  network: PathPort | undefined;
  /** The pair that data takes. */
  pair: () => SelectedPair | undefined;
  send: (message: PathMessage | PathReadyMessage) => void;
  emit: (event: P2pEvent) => void;
}

/** Limit of the candidates; a machine for people has fewer, relayed and mapped addresses included. */
const MAX_TOLD_CANDIDATES = 32;
/** Limit in UTF-16 units; a candidate with an IPv6 address and a relay has about 200. */
const MAX_CANDIDATE_LENGTH = 512;

export class PathProtocol implements SessionFeature {
  readonly #options: PathProtocolOptions;
  #doesPeerRecover = false;
  #doesPeerMove = false;
  #isInterrupted = false;

  constructor(options: PathProtocolOptions) {
    this.#options = options;
  }

  get hello(): HelloPart {
    const { network } = this.#options;
    if (network === undefined) return { capability: undefined, keys: { recovers: false } };
    const capability: readonly Capability[] = network.allowMoves === undefined ? ["path/1"] : ["path/1", "two-paths/1"];
    return { capability, keys: { recovers: true } };
  }

  get isInterrupted(): boolean {
    return this.#isInterrupted;
  }

  handleHello({ can }: PeerHello): void {
    this.#doesPeerRecover = can("path/1");
    this.#doesPeerMove = can("two-paths/1");
    this.tellPeer();
    if (this.#doesPeerMove) this.#options.network?.allowMoves?.();
  }

  /** Data is taken on a pair of this kind, beside the one that carries. */
  tellReady(transport: Transport): void {
    if (this.#doesPeerMove) this.#options.send({ type: "path-ready", transport });
  }

  /** Data takes the pair of the other kind. */
  handleMoved(): void {
    const pair = this.#options.pair();
    if (pair !== undefined) this.#options.emit({ event: "network", state: "moved", pair });
  }

  /** Sends the peer our current credentials and candidates. */
  tellPeer(): void {
    const { network, send } = this.#options;
    if (!this.#doesPeerRecover || network === undefined) return;
    const { iceUfrag, icePwd, candidates } = network.restartInfo();
    const best = candidates.toSorted((a, b) => b.priority - a.priority).slice(0, MAX_TOLD_CANDIDATES);
    send({
      type: "path",
      ufrag: iceUfrag,
      pwd: icePwd,
      candidates: best.map((candidate) => encodeCandidate(candidate, iceUfrag)),
    });
  }

  handleMessage(message: FeatureMessage): boolean {
    if (message.type === "path") this.#handlePath(message);
    else if (message.type === "path-ready") this.#options.network?.takeReady?.(message.transport);
    else return false;
    return true;
  }

  /** Skips unusable candidates, as for a file; the network side decides which of the others to contact. */
  #handlePath({ ufrag, pwd, candidates }: PathMessage): void {
    const usable = candidates.slice(0, MAX_TOLD_CANDIDATES).flatMap((text): IceCandidate[] => {
      if (text.length > MAX_CANDIDATE_LENGTH) return [];
      const reading = decodeCandidate(text);
      return "candidate" in reading ? [reading.candidate] : [];
    });
    this.#options.network?.takeRestartInfo({ iceUfrag: ufrag, icePwd: pwd, candidates: usable });
  }

  /** @returns whether the state changed */
  handleReachable(isReachable: boolean): boolean {
    if (this.#isInterrupted !== isReachable) return false;
    this.#isInterrupted = !isReachable;
    this.#options.emit({ event: "network", state: isReachable ? "restored" : "interrupted" });
    return true;
  }

  /** @returns whether the session continues while another path is searched */
  handleSilence(silentMs: number): boolean {
    const { network } = this.#options;
    if (network === undefined || !this.#doesPeerRecover || silentMs > LIVENESS.giveUpMs) return false;
    network.suspect();
    return true;
  }
}
