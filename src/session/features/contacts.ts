// Exchange of long-term keys within a session whose string both people have compared: each side that wants to keep the
// other sends its own key, signed over the session's binding, so that nobody can relay another person's key.
import { type ContactMessage, contactProof, type VerifiedSession } from "../../control/verification.ts";
import { P2pError, toP2pError } from "../../lib/errors/p2p-error.ts";
import type { PersonEvent } from "../../lib/events.ts";
import type { Clock, SessionPorts } from "../ports.ts";
import type { SessionSettings } from "../session-types.ts";
import type { FeatureMessage, HelloPart, PeerHello, SessionFeature } from "./feature.ts";
import type { VerificationProtocol } from "./verification.ts";

/** Maximum length in characters of the name under which a person is kept, as for `--name`. */
const MAX_NAME_LENGTH = 64;

/** A person whose key is to be kept. */
export interface KeptContact {
  /** 64 hex digits. */
  publicKey: string;
  /** The name that this user gives them. */
  name: string;
  /** The name that they use for themselves; foreign text. */
  calledThemselves?: string | undefined;
  /** RFC 3339 UTC. */
  verifiedAt: string;
}

/** The store of long-term keys, with signing and checking. */
export interface ContactKeeper {
  /**
   * Signs with this user's own key, which is created on first use. Key and signature are hex.
   * @throws P2pError STATE_UNUSABLE, SECRET_UNREADABLE
   */
  sign: (bytes: Uint8Array) => Promise<{ key: string; signature: string }>;
  /** @param key - 64 hex digits @param signature - 128 hex digits */
  isSignedBy: (key: string, signature: string, bytes: Uint8Array) => boolean;
  /** @throws P2pError STATE_UNUSABLE */
  keep: (contact: KeptContact) => Promise<void>;
}

type ContactEvent = Extract<
  PersonEvent,
  { event: "contact-possible" | "contact-asked" | "contact-offered" | "contact-kept" | "contact-unkept" }
>;

export interface ContactEvents {
  emit: (event: ContactEvent) => void;
  /** PEER_PROTOCOL: the peer broke the rules. Other errors: a key could not be stored. */
  onError: (error: P2pError) => void;
}

export interface ContactProtocolPort {
  send: (message: ContactMessage) => void;
  events: ContactEvents;
}

interface ContactProtocolOptions extends ContactProtocolPort {
  session: VerifiedSession;
  people: ContactKeeper;
  clock: Pick<Clock, "wallMs">;
  /** The name in the peer's file; foreign text. */
  peerName: string | undefined;
  /** A person is present who can decide to keep the peer. */
  isConversation: boolean;
  /** Both people have said that they read the same string. */
  isVerified: () => boolean;
}

/** The session options that this feature needs. */
interface ContactSide {
  ports: Pick<SessionPorts, "clock">;
  people?: ContactKeeper | undefined;
  peerName: string | undefined;
  settings: Pick<SessionSettings, "mode">;
}

export class ContactProtocol implements SessionFeature {
  readonly hello: HelloPart = { capability: "contacts/1", keys: { contacts: true } };
  readonly #options: ContactProtocolOptions;
  #canPeer = false;
  #peerKey: string | undefined;
  /** The name under which this side keeps the peer; undefined before it decides to. */
  #name: string | undefined;
  #isKept = false;

  private constructor(options: ContactProtocolOptions) {
    this.#options = options;
  }

  /** @returns undefined when keys cannot be kept: there is no store, or the peer is another WebRTC program */
  static open(
    { people, peerName, ports, settings }: ContactSide,
    verification: VerificationProtocol,
    port: ContactProtocolPort,
  ): ContactProtocol | undefined {
    const { session } = verification;
    if (session === undefined || people === undefined) return undefined;
    const isVerified = (): boolean => verification.isAgreed;
    const isConversation = settings.mode === "conversation";
    return new ContactProtocol({ ...port, session, people, clock: ports.clock, peerName, isConversation, isVerified });
  }

  handleHello({ can }: PeerHello): void {
    this.#canPeer = can("contacts/1");
  }

  handleVerified(): void {
    if (this.#canPeer && this.#options.isConversation) this.#options.events.emit({ event: "contact-possible" });
  }

  /** @returns false when the session is not verified, or the peer cannot */
  keep(name: string): boolean {
    if (!this.#canPeer || !this.#options.isVerified()) return false;
    const isFirst = this.#name === undefined;
    this.#name = Array.from(name).slice(0, MAX_NAME_LENGTH).join("");
    this.#isKept = false;
    if (isFirst) this.#background(this.#sendOwn());
    this.#background(this.#keepIfBoth());
    if (this.#peerKey === undefined) this.#options.events.emit({ event: "contact-asked" });
    return true;
  }

  /** Tells the person that the peer, who has not decided the same, is not kept. */
  async stop(): Promise<void> {
    const name = this.#name;
    if (name !== undefined && this.#peerKey === undefined) this.#options.events.emit({ event: "contact-unkept", name });
  }

  handleMessage(message: FeatureMessage): boolean {
    if (message.type !== "contact") return false;
    this.#handleContact(message);
    return true;
  }

  #handleContact({ key, signature }: ContactMessage): void {
    const { session, people, isVerified, events } = this.#options;
    const peerRole = session.role === "offer" ? "answer" : "offer";
    const isGenuine = people.isSignedBy(key, signature, contactProof(session, peerRole));
    if (!isVerified() || !isGenuine || this.#peerKey !== undefined) {
      events.onError(
        new P2pError("PEER_PROTOCOL", { detail: "a long-term key that is not its own, too early or twice" }),
      );
      return;
    }
    this.#peerKey = key;
    if (this.#name === undefined) events.emit({ event: "contact-offered" });
    else this.#background(this.#keepIfBoth());
  }

  async #sendOwn(): Promise<void> {
    const { session, people, send } = this.#options;
    send({ type: "contact", ...(await people.sign(contactProof(session, session.role))) });
  }

  async #keepIfBoth(): Promise<void> {
    const { people, clock, peerName, events } = this.#options;
    const [publicKey, name] = [this.#peerKey, this.#name];
    if (publicKey === undefined || name === undefined || this.#isKept) return;
    this.#isKept = true;
    const calledThemselves = peerName === undefined ? {} : { calledThemselves: peerName };
    const verifiedAt = new Date(clock.wallMs()).toISOString();
    await people.keep({ publicKey, name, ...calledThemselves, verifiedAt });
    events.emit({ event: "contact-kept", name });
  }

  #background(task: Promise<void>): void {
    task.catch((error: unknown) => {
      this.#options.events.onError(toP2pError(error));
    });
  }
}
