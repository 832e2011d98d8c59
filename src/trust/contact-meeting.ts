// The meeting of two people who keep each other (`--to`, docs/security.md): from both long-term keys come the places of each
// day and the seals of what lies there. Whoever has one of the two keys can compute them, so they say nothing about who is
// there: that is known by the signature on a document alone.
import { createHmac, createPrivateKey } from "node:crypto";
import type { ed25519, x25519 } from "@noble/curves/ed25519";
import {
  expandKey,
  loadMeetingCipher,
  type MeetingCipher,
  type MeetingRole,
  MeetingSeal,
  topicOf,
} from "./meeting-seal.ts";
import { isWeakKey, type OwnKey } from "./signing.ts";

/** The person whom this side wants to meet. */
export interface MetContact {
  /** 64 hex digits. */
  readonly publicKey: string;
  /** The name under which this user keeps them. */
  readonly name: string;
}

const PROTOCOL = "p2p contact 1";
const DAY_MS = 86_400_000;
/** A mark is the first bytes of an HMAC: nobody else makes one by chance. */
const MARK_BYTES = 8;

export class ContactMeeting {
  readonly contact: MetContact;
  readonly #ownKey: string;
  readonly #secret: Uint8Array;
  readonly #cipher: MeetingCipher;

  private constructor(contact: MetContact, ownKey: string, secret: Uint8Array, cipher: MeetingCipher) {
    this.contact = contact;
    this.#ownKey = ownKey;
    this.#secret = secret;
    this.#cipher = cipher;
  }

  /** @returns undefined when the key of the contact is no key of a person, or our own */
  static async derive(own: OwnKey, contact: MetContact): Promise<ContactMeeting | undefined> {
    const shared = await sharedSecret(own, contact.publicKey);
    if (shared === undefined) return undefined;
    const keys = [own.publicKey, contact.publicKey].toSorted().join(" ");
    const secret = expandKey(shared, `${PROTOCOL} pair ${keys}`);
    return new ContactMeeting(contact, own.publicKey, secret, await loadMeetingCipher());
  }

  /**
   * The days on which the other side may be: today by our clock, where this side is, then yesterday and tomorrow.
   * @param nowMs - milliseconds since 1970, UTC
   * @param prefix - of the topics of a broker; another prefix is another place
   */
  daysAt(nowMs: number, prefix = ""): readonly [ContactDay, ...ContactDay[]] {
    const today = Math.floor(nowMs / DAY_MS);
    return [this.#dayOf(today, prefix), this.#dayOf(today - 1, prefix), this.#dayOf(today + 1, prefix)];
  }

  #dayOf(day: number, prefix: string): ContactDay {
    const secret = expandKey(this.#secret, `${PROTOCOL} day ${new Date(day * DAY_MS).toISOString().slice(0, 10)}`);
    return new ContactDay(secret, { own: this.#ownKey, theirs: this.contact.publicKey }, prefix, this.#cipher);
  }
}

/** What two people have for one day of UTC. */
export class ContactDay {
  readonly seal: MeetingSeal;
  readonly #ownMarks: Uint8Array;
  readonly #theirMarks: Uint8Array;

  /** @param secret - of this day */
  constructor(
    secret: Uint8Array,
    { own, theirs }: { readonly own: string; readonly theirs: string },
    prefix: string,
    cipher: MeetingCipher,
  ) {
    const keysOf = (author: string): Record<MeetingRole, Uint8Array> => ({
      offer: expandKey(secret, `${PROTOCOL} key offer ${author}`),
      answer: expandKey(secret, `${PROTOCOL} key answer ${author}`),
    });
    const topic = topicOf(secret, `${PROTOCOL} topic ${prefix}`);
    this.seal = new MeetingSeal({ protocol: PROTOCOL, topic, sealing: keysOf(own), opening: keysOf(theirs) }, cipher);
    this.#ownMarks = expandKey(secret, `${PROTOCOL} mark ${own}`);
    this.#theirMarks = expandKey(secret, `${PROTOCOL} mark ${theirs}`);
  }

  /**
   * A mark by which the other side alone finds what this side has left somewhere.
   * @param nonce - 16 hex digits that make it different from all others
   * @returns 16 hex digits
   */
  ownMark(nonce: string): string {
    return markBy(this.#ownMarks, nonce);
  }

  /** Whether the other side has made this mark, or somebody who has one of the two long-term keys. */
  isTheirMark(nonce: string, mark: string): boolean {
    return markBy(this.#theirMarks, nonce) === mark;
  }
}

function markBy(key: Uint8Array, nonce: string): string {
  const mac = createHmac("sha256", key).update(Buffer.from(nonce, "hex")).digest();
  return mac.subarray(0, MARK_BYTES).toString("hex");
}

/**
 * X25519 (RFC 7748) of two Ed25519 keys by the birational map between their curves (RFC 7748 §4.1): what people who were kept
 * have is a key that signs, and it serves.
 * @returns undefined when there is no secret: the key is no point of the curve, or one of few; or it is our own
 */
export async function sharedSecret(own: OwnKey, theirs: string): Promise<Uint8Array | undefined> {
  if (isWeakKey(theirs) || own.publicKey === theirs) return undefined;
  const curves: { ed25519: typeof ed25519; x25519: typeof x25519 } = await import("@noble/curves/ed25519");
  const { d = "" } = createPrivateKey({
    key: Buffer.from(own.privateKey, "base64"),
    format: "der",
    type: "pkcs8",
  }).export({ format: "jwk" });
  const { toMontgomery, toMontgomerySecret } = curves.ed25519.utils;
  try {
    const secret = toMontgomerySecret(new Uint8Array(Buffer.from(d, "base64url")));
    return curves.x25519.getSharedSecret(secret, toMontgomery(new Uint8Array(Buffer.from(theirs, "hex"))));
  } catch {
    return undefined;
  }
}
