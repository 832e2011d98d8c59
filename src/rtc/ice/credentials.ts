// As whom we are checked, and by whom. Beside the credentials in use there are those of the next restart: the peer hears
// of them while all is well, so that it can look for us without a file when the path is gone. RFC 8445 §5.3, §9.
import { randomBytes } from "node:crypto";

export interface IceCredentials {
  readonly iceUfrag: string;
  readonly icePwd: string;
}

/** Names that the peer may call itself by: of its file, and of what it has told since. */
const MAX_PEER_NAMES = 3;
/** Of ours that are good at a time, beside those in use and those of the next restart. */
const MAX_TOLD = 4;

/** 48 and 144 random bits; RFC 8445 §5.3 wants at least 24 and 128. Base64 letters are all ice-chars. */
export function createCredentials(): IceCredentials {
  return { iceUfrag: randomBytes(6).toString("base64"), icePwd: randomBytes(18).toString("base64") };
}

export class Credentials {
  readonly #first: IceCredentials;
  /** All that the peer may still use, oldest first; those in use among them. */
  #told: IceCredentials[];
  #inUse: IceCredentials;
  #next: IceCredentials | undefined;
  #peerNames: string[] = [];

  /** @param first - of the file */
  constructor(first: IceCredentials) {
    this.#first = first;
    this.#told = [first];
    this.#inUse = first;
  }

  /** What the peer has used last, and so knows for certain. */
  get inUse(): IceCredentials {
    return this.#inUse;
  }

  /** Of the next restart. They stay the same until the peer has used them, or a restart is over without them. */
  get next(): IceCredentials {
    this.#next ??= createCredentials();
    return this.#next;
  }

  /** All that a request may be signed with, by ufrag. */
  get passwords(): Record<string, string> {
    const all = this.#next === undefined ? this.#told : [...this.#told, this.#next];
    return Object.fromEntries(all.map(({ iceUfrag, icePwd }) => [iceUfrag, icePwd]));
  }

  /**
   * Whether the peer may call itself so when it asks for `own`. Nobody but the peer can know what was not in the file,
   * whatever it is called by then.
   */
  isPeer(own: string, peer: string): boolean {
    return own !== this.#first.iceUfrag || this.#peerNames.length === 0 || this.#peerNames.includes(peer);
  }

  /** The peer is called so from now on, too. */
  notePeer(ufrag: string): void {
    this.#peerNames = [...this.#peerNames.filter((name) => name !== ufrag), ufrag].slice(-MAX_PEER_NAMES);
  }

  /** The peer is another from now on. */
  setPeer(ufrag: string): void {
    this.#peerNames = [ufrag];
  }

  /** The peer has used `own`. @returns whether that begins a restart, and not only joins the last one of ours */
  take(own: string): boolean {
    const isRestart = own === this.#next?.iceUfrag;
    if (isRestart) this.conclude();
    const at = this.#told.findIndex(({ iceUfrag }) => iceUfrag === own);
    const taken = this.#told[at];
    if (taken === undefined || at < this.#told.indexOf(this.#inUse)) return isRestart;
    // One more is kept: checks of the pair before the restart are still on their way.
    if (at > 0)
      this.#told = [this.#inUse, ...this.#told.slice(at)].filter((one, index, all) => all.indexOf(one) === index);
    this.#inUse = taken;
    return isRestart;
  }

  /** A restart of ours is over: a peer that uses them from now on has heard of it late. */
  conclude(): void {
    if (this.#next === undefined) return;
    this.#told = [...new Set([this.#inUse, ...this.#told.slice(1 - MAX_TOLD), this.#next])];
    this.#next = undefined;
  }
}
