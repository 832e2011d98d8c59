// Verification by commit, then reveal: two people compare a short string to detect anyone in the middle.
// A state machine without channel, clock, randomness or hash: messages in, messages to send out; it runs once in a
// session. docs/security.md has the argument, docs/control-protocol.md the messages.
import { areEqual, joinBytes, toHex } from "../lib/bytes.ts";
import { leadingBits, STRING_BITS } from "./verify-string.ts";

/** SHA-256, provided by the layer above. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array;

/** The facts about one side that the string is bound to. */
export interface VerifiedSide {
  /** Id of its exchange file: 32 hex digits. */
  id: string;
  /** SHA-256 of the certificate that this DTLS session uses: 64 hex digits, with or without colons. */
  fingerprint: string;
}

/** Both sides as this side sees them. Somebody in the middle makes the two views differ. */
export interface VerifiedSession {
  role: "offer" | "answer";
  offer: VerifiedSide;
  answer: VerifiedSide;
}

export type VerifyMessage =
  /** SHA-256 over this side's nonce and everything that the string is bound to: 64 hex digits. */
  | { type: "verify-commit"; commitment: string }
  /** The nonce of that commitment: 64 hex digits. */
  | { type: "verify-reveal"; nonce: string }
  /** The result of a comparison by a person or with an expected string. */
  | { type: "verify-answer"; same: boolean };

/** Why there will be no string, or why the exchange ends after it. */
export type VerifyFault =
  /** A message came out of order, or a second time. */
  | "order"
  /** The nonce does not match the commitment. */
  | "forged";

export type VerifyState =
  | { name: "idle" | "committed" | "revealed" }
  /** `value`: 33 bits, the same on both sides unless somebody is in the middle. */
  | { name: "shown"; value: number; hasAnswered: boolean; hasPeerAnswered: boolean }
  | { name: "agreed"; value: number }
  | { name: "refused"; by: "me" | "peer" }
  | { name: "failed"; fault: VerifyFault };

export const NONCE_BYTES = 32;
const ID_BYTES = 16;
const HASH_BYTES = 32;
const encoder = new TextEncoder();
const COMMIT_DOMAIN = encoder.encode("p2p verify/1 commit\0");
const STRING_DOMAIN = encoder.encode("p2p verify/1 string\0");
const CONTACT_DOMAIN = encoder.encode("p2p contact/1\0");
const ROLE_BYTE = { offer: 1, answer: 2 } as const;

/** The commitment of a side. @param role - role of the side that owns the nonce */
export function commitmentOf(
  session: Omit<VerifiedSession, "role">,
  role: VerifiedSession["role"],
  nonce: Uint8Array,
  sha256: Sha256,
): Uint8Array {
  return sha256(joinBytes([COMMIT_DOMAIN, Uint8Array.of(ROLE_BYTE[role]), ...bindingOf(session), nonce]));
}

/** The hash whose first 33 bits are the string. */
export function stringHashOf(
  session: Omit<VerifiedSession, "role">,
  nonces: Record<VerifiedSession["role"], Uint8Array>,
  sha256: Sha256,
): Uint8Array {
  return sha256(joinBytes([STRING_DOMAIN, ...bindingOf(session), nonces.offer, nonces.answer]));
}

/** A side's long-term key, sent in a verified session. */
export interface ContactMessage {
  type: "contact";
  /** Ed25519: 64 lower-case hex digits. */
  key: string;
  /** Signature of `contactProof` by that key: 128 lower-case hex digits. */
  signature: string;
}

/** The bytes that a side signs to prove that the long-term key is its own, in this session and in its role. */
export function contactProof(session: Omit<VerifiedSession, "role">, role: VerifiedSession["role"]): Uint8Array {
  return joinBytes([CONTACT_DOMAIN, Uint8Array.of(ROLE_BYTE[role]), ...bindingOf(session)]);
}

/** The bytes that bind to a session. Every part has a fixed length, so that no two sessions have the same bytes. */
function bindingOf({ offer, answer }: Omit<VerifiedSession, "role">): Uint8Array[] {
  return [
    fromHex(offer.id, ID_BYTES),
    fromHex(answer.id, ID_BYTES),
    fromHex(offer.fingerprint.replaceAll(":", ""), HASH_BYTES),
    fromHex(answer.fingerprint.replaceAll(":", ""), HASH_BYTES),
  ];
}

export class Verification {
  readonly #session: VerifiedSession;
  readonly #nonce: Uint8Array;
  readonly #sha256: Sha256;
  #state: VerifyState = { name: "idle" };
  #peerCommitment: Uint8Array = new Uint8Array(0);

  /**
   * @param nonce - 32 random bytes that are used for nothing else
   * @throws RangeError when an id, a fingerprint or the nonce has the wrong length
   */
  constructor(session: VerifiedSession, nonce: Uint8Array, sha256: Sha256) {
    if (nonce.length !== NONCE_BYTES) throw new RangeError(`Cannot verify with a nonce of ${nonce.length} bytes`);
    bindingOf(session);
    this.#session = session;
    this.#nonce = nonce;
    this.#sha256 = sha256;
  }

  get state(): VerifyState {
    return this.#state;
  }

  /** Begins the exchange; does nothing when it has begun. @returns the messages to send */
  start(): VerifyMessage[] {
    if (this.#state.name !== "idle") return [];
    this.#state = { name: "committed" };
    const own = commitmentOf(this.#session, this.#session.role, this.#nonce, this.#sha256);
    return [{ type: "verify-commit", commitment: toHex(own) }];
  }

  /** Handles a message of the peer. @returns the messages to send */
  handle(message: VerifyMessage): VerifyMessage[] {
    const { name } = this.#state;
    if (name === "failed" || name === "refused") return [];
    switch (message.type) {
      case "verify-commit":
        return this.#handleCommit(message.commitment);
      case "verify-reveal":
        this.#handleReveal(message.nonce);
        return [];
      case "verify-answer":
        this.#handleAnswer(message.same);
        return [];
    }
  }

  /** Takes our person's answer; a no counts even after a yes. @returns the messages to send; none if nothing changes */
  answer(same: boolean): VerifyMessage[] {
    const state = this.#state;
    if (state.name !== "shown" && state.name !== "agreed") return [];
    if (!same) this.#state = { name: "refused", by: "me" };
    else if (state.name === "shown" && !state.hasAnswered) this.#settle({ ...state, hasAnswered: true });
    else return [];
    return [{ type: "verify-answer", same }];
  }

  #handleCommit(commitment: string): VerifyMessage[] {
    // Only one exchange in a session: an attacker who could restart after seeing the nonce would have unlimited tries.
    if (this.#state.name !== "idle" && this.#state.name !== "committed") return this.#fail("order");
    const begun = this.start();
    this.#peerCommitment = fromHex(commitment, HASH_BYTES);
    this.#state = { name: "revealed" };
    return [...begun, { type: "verify-reveal", nonce: toHex(this.#nonce) }];
  }

  #handleReveal(hex: string): void {
    if (this.#state.name !== "revealed") {
      this.#fail("order");
      return;
    }
    const { role } = this.#session;
    const peerRole = role === "offer" ? "answer" : "offer";
    const nonce = fromHex(hex, NONCE_BYTES);
    if (!areEqual(commitmentOf(this.#session, peerRole, nonce, this.#sha256), this.#peerCommitment)) {
      this.#fail("forged");
      return;
    }
    const nonces = role === "offer" ? { offer: this.#nonce, answer: nonce } : { offer: nonce, answer: this.#nonce };
    const value = leadingBits(stringHashOf(this.#session, nonces, this.#sha256), STRING_BITS);
    this.#state = { name: "shown", value, hasAnswered: false, hasPeerAnswered: false };
  }

  #handleAnswer(same: boolean): void {
    const state = this.#state;
    if (state.name === "idle") this.#fail("order");
    else if (!same) this.#state = { name: "refused", by: "peer" };
    else if (state.name !== "shown" || state.hasPeerAnswered) this.#fail("order");
    else this.#settle({ ...state, hasPeerAnswered: true });
  }

  #settle(state: Extract<VerifyState, { name: "shown" }>): void {
    const isAgreed = state.hasAnswered && state.hasPeerAnswered;
    this.#state = isAgreed ? { name: "agreed", value: state.value } : state;
  }

  #fail(fault: VerifyFault): [] {
    this.#state = { name: "failed", fault };
    return [];
  }
}

/** @throws RangeError when `hex` is not that many bytes in hex */
function fromHex(hex: string, bytes: number): Uint8Array {
  if (hex.length !== 2 * bytes || !/^[0-9a-f]+$/i.test(hex)) throw new RangeError(`Cannot read ${bytes} bytes of hex`);
  return Uint8Array.from({ length: bytes }, (_, at) => Number.parseInt(hex.slice(2 * at, 2 * at + 2), 16));
}
