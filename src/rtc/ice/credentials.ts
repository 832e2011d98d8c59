// The ufrag/password pairs that incoming checks may use, and the ufrags that the peer may use. Beside the credentials
// in use there are those of the next ICE restart: the peer receives them while all is well, so that it can search for
// us without a file when the path is gone. RFC 8445 §5.3, §9.
import { randomBytes } from "node:crypto";

export interface IceCredentials {
  readonly iceUfrag: string;
  readonly icePwd: string;
}

/** The limit of ufrags that the peer may use: that of its file, and those that it has sent since. */
const MAX_PEER_NAMES = 3;
/** The limit of our credentials that are valid at a time, beside those in use and those of the next restart. */
const MAX_TOLD = 4;

/**
 * 24 and 132 random bits: the least that RFC 8445 §5.3 wants, as base64 letters, which are all ice-chars. Longer ones
 * would make the short code of a document longer.
 */
export function createCredentials(): IceCredentials {
  return { iceUfrag: randomBytes(3).toString("base64"), icePwd: randomBytes(17).toString("base64").slice(0, 22) };
}

export class Credentials {
  readonly #first: IceCredentials;
  /** Credentials the peer may still present, oldest first (including the ones in use). */
  #told: IceCredentials[];
  #inUse: IceCredentials;
  #next: IceCredentials | undefined;
  #peerNames: string[] = [];

  /** @param first - the credentials in the file */
  constructor(first: IceCredentials) {
    this.#first = first;
    this.#told = [first];
    this.#inUse = first;
  }

  /** The credentials that the peer has used last, and so certainly knows. */
  get inUse(): IceCredentials {
    return this.#inUse;
  }

  /**
   * The credentials of the next restart. They stay the same until the peer has used them, or a restart ends without
   * them.
   */
  get next(): IceCredentials {
    this.#next ??= createCredentials();
    return this.#next;
  }

  /** The passwords of all requests that are accepted, by ufrag. */
  get passwords(): Record<string, string> {
    const all = this.#next === undefined ? this.#told : [...this.#told, this.#next];
    return Object.fromEntries(all.map(({ iceUfrag, icePwd }) => [iceUfrag, icePwd]));
  }

  /**
   * Tests whether a check for our ufrag `own` may come from the ufrag `peer`. Nobody but the peer can know an `own`
   * that was not in the file, whatever ufrag it has by then.
   */
  isPeer(own: string, peer: string): boolean {
    return own !== this.#first.iceUfrag || this.#peerNames.length === 0 || this.#peerNames.includes(peer);
  }

  /** From now on the peer may use this ufrag, too. */
  notePeer(ufrag: string): void {
    this.#peerNames = [...this.#peerNames.filter((name) => name !== ufrag), ufrag].slice(-MAX_PEER_NAMES);
  }

  /** From now on there is another peer. */
  setPeer(ufrag: string): void {
    this.#peerNames = [ufrag];
  }

  /** The peer has used `own`. @returns true if that starts a restart, false if it only joins our last one */
  take(own: string): boolean {
    const isRestart = own === this.#next?.iceUfrag;
    if (isRestart) this.conclude();
    const at = this.#told.findIndex(({ iceUfrag }) => iceUfrag === own);
    const taken = this.#told[at];
    if (taken === undefined || at < this.#told.indexOf(this.#inUse)) return isRestart;
    // One more is kept: checks of the pair from before the restart are still in flight.
    if (at > 0)
      this.#told = [this.#inUse, ...this.#told.slice(at)].filter((one, index, all) => all.indexOf(one) === index);
    this.#inUse = taken;
    return isRestart;
  }

  /** A restart of ours is over: a peer that uses these credentials from now on has heard of it late. */
  conclude(): void {
    if (this.#next === undefined) return;
    this.#told = [...new Set([this.#inUse, ...this.#told.slice(1 - MAX_TOLD), this.#next])];
    this.#next = undefined;
  }
}
