// Keeping each other's long-term key, within a session whose string both people have compared: each side that wants to
// keep the other sends its own key, signed over what the session is bound to, so that nobody passes on another's.
import type { SessionMode } from "../../control/mode.ts";
import { type ContactMessage, contactProof, type VerifiedSession } from "../../control/verification.ts";
import { P2pError, toP2pError } from "../../lib/errors/p2p-error.ts";
import type { Notice } from "../../lib/notices.ts";
import type { VerificationLink } from "./verification.ts";

/** Characters of a name under which somebody is kept, as of `--name`. */
const MAX_NAME_LENGTH = 64;

/** Somebody whose key is to be kept. */
export interface KeptContact {
  /** 64 hex digits. */
  publicKey: string;
  /** What this user calls them. */
  name: string;
  /** Foreign text. */
  calledThemselves?: string | undefined;
  /** RFC 3339 UTC. */
  verifiedAt: string;
}

/** Where long-term keys are kept, and what is done with them. */
export interface ContactKeeper {
  /**
   * Signs with this user's own key, made when it is needed first. Both are hex.
   * @throws P2pError WRITE_FAILED
   */
  sign: (bytes: Uint8Array) => Promise<{ key: string; signature: string }>;
  /** @param key - 64 hex digits @param signature - 128 hex digits */
  isSignedBy: (key: string, signature: string, bytes: Uint8Array) => boolean;
  /** @throws P2pError WRITE_FAILED */
  keep: (contact: KeptContact) => Promise<void>;
}

export interface ContactLinkPort {
  send: (message: ContactMessage) => void;
  /** PEER_PROTOCOL: the peer broke the rules. Others: a key could not be kept. */
  onError: (error: P2pError) => void;
}

interface ContactLinkOptions extends ContactLinkPort {
  session: VerifiedSession;
  people: ContactKeeper;
  /** What the peer calls itself; foreign text. */
  peerName: string | undefined;
  /** A person is there who can say that the peer is to be kept. */
  isConversation: boolean;
  /** Both people have said that they read the same string. */
  isVerified: () => boolean;
  onNotice: (notice: Notice) => void;
}

/** What of a session's options this feature needs. */
interface ContactSide {
  people?: ContactKeeper | undefined;
  peerName: string | undefined;
  mode: SessionMode;
  onNotice: (notice: Notice) => void;
}

export class ContactLink {
  readonly #options: ContactLinkOptions;
  #canPeer = false;
  #peerKey: string | undefined;
  /** Under which name this side keeps the peer; undefined before it wants to. */
  #name: string | undefined;
  #isKept = false;

  private constructor(options: ContactLinkOptions) {
    this.#options = options;
  }

  /** @returns undefined where nobody is kept: no place for it, or another WebRTC program over there */
  static open(
    { people, peerName, mode, onNotice }: ContactSide,
    verification: VerificationLink,
    port: ContactLinkPort,
  ): ContactLink | undefined {
    const { session } = verification;
    if (session === undefined || people === undefined) return undefined;
    const isVerified = (): boolean => verification.isAgreed;
    const isConversation = mode === "conversation";
    return new ContactLink({ ...port, session, people, peerName, isConversation, isVerified, onNotice });
  }

  /** @param canPeer - the peer knows these messages */
  handleHello(canPeer: boolean): void {
    this.#canPeer = canPeer;
  }

  /** Both people have just said that they read the same string. */
  handleAgreed(): void {
    if (this.#canPeer && this.#options.isConversation) this.#options.onNotice({ notice: "contact-possible" });
  }

  /** @returns false when the session is not verified, or the peer cannot */
  keep(name: string): boolean {
    if (!this.#canPeer || !this.#options.isVerified()) return false;
    const isFirst = this.#name === undefined;
    this.#name = Array.from(name).slice(0, MAX_NAME_LENGTH).join("");
    this.#isKept = false;
    if (isFirst) this.#background(this.#sendOwn());
    this.#background(this.#keepIfBoth());
    if (this.#peerKey === undefined) this.#options.onNotice({ notice: "contact-asked" });
    return true;
  }

  handle({ key, signature }: ContactMessage): void {
    const { session, people, isVerified, onNotice, onError } = this.#options;
    const peerRole = session.role === "offer" ? "answer" : "offer";
    const isGenuine = people.isSignedBy(key, signature, contactProof(session, peerRole));
    if (!isVerified() || !isGenuine || this.#peerKey !== undefined) {
      onError(new P2pError("PEER_PROTOCOL", { detail: "a long-term key that is not its own, too early or twice" }));
      return;
    }
    this.#peerKey = key;
    if (this.#name === undefined) onNotice({ notice: "contact-offered" });
    else this.#background(this.#keepIfBoth());
  }

  async #sendOwn(): Promise<void> {
    const { session, people, send } = this.#options;
    send({ type: "contact", ...(await people.sign(contactProof(session, session.role))) });
  }

  async #keepIfBoth(): Promise<void> {
    const { people, peerName, onNotice } = this.#options;
    const [publicKey, name] = [this.#peerKey, this.#name];
    if (publicKey === undefined || name === undefined || this.#isKept) return;
    this.#isKept = true;
    const calledThemselves = peerName === undefined ? {} : { calledThemselves: peerName };
    await people.keep({ publicKey, name, ...calledThemselves, verifiedAt: new Date().toISOString() });
    onNotice({ notice: "contact-kept", name });
  }

  #background(task: Promise<void>): void {
    task.catch((error: unknown) => {
      this.#options.onError(toP2pError(error));
    });
  }
}
