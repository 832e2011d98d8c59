// As whom we are checked, and by whom. Beside the credentials in use there are those of the next restart: the peer hears
// of them while all is well, so that it can look for us without a file when the path is gone. RFC 8445 §5.3, §9.
import { randomBytes } from "node:crypto";

export interface IceCredentials {
  readonly iceUfrag: string;
  readonly icePwd: string;
}

/** Names that the peer may call itself by: of its file, and of what it has told since. */
const MAX_PEER_NAMES = 3;

/** 48 and 144 random bits; RFC 8445 §5.3 wants at least 24 and 128. Base64 letters are all ice-chars. */
export function createCredentials(): IceCredentials {
  return { iceUfrag: randomBytes(6).toString("base64"), icePwd: randomBytes(18).toString("base64") };
}

export class Credentials {
  #before: IceCredentials | undefined;
  #inUse: IceCredentials;
  #next: IceCredentials | undefined;
  #peerNames: string[] = [];

  constructor(first: IceCredentials) {
    this.#inUse = first;
  }

  /** What the peer has used last, and so knows for certain. */
  get inUse(): IceCredentials {
    return this.#inUse;
  }

  /** Of a restart. They stay the same until the peer has used them. */
  get next(): IceCredentials {
    this.#next ??= createCredentials();
    return this.#next;
  }

  /** All that a request may be signed with, by ufrag. Those before are good until the next restart. */
  get passwords(): Record<string, string> {
    const all = [this.#before, this.#inUse, this.#next].filter((one) => one !== undefined);
    return Object.fromEntries(all.map(({ iceUfrag, icePwd }) => [iceUfrag, icePwd]));
  }

  /**
   * Whether the peer may call itself so when it asks for `own`. Nobody but the peer can know those of the next
   * restart, whatever it is called by then.
   */
  isPeer(own: string, peer: string): boolean {
    return own === this.#next?.iceUfrag || this.#peerNames.length === 0 || this.#peerNames.includes(peer);
  }

  /** The peer is called so from now on, too. */
  notePeer(ufrag: string): void {
    this.#peerNames = [...this.#peerNames.filter((name) => name !== ufrag), ufrag].slice(-MAX_PEER_NAMES);
  }

  /** The peer is another from now on. */
  setPeer(ufrag: string): void {
    this.#peerNames = [ufrag];
  }

  /** The peer has used `own`. @returns whether that begins a restart */
  take(own: string): boolean {
    if (own !== this.#next?.iceUfrag) return false;
    this.#before = this.#inUse;
    this.#inUse = this.#next;
    this.#next = undefined;
    return true;
  }
}
