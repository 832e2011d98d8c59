// The place where two sides meet on a broker, and the seal of what they leave there, both derived from one passphrase by
// scrypt (RFC 7914) and HKDF (RFC 5869). What is sealed tells a stranger no more than that something was left.
import { hkdfSync, randomBytes } from "node:crypto";
import type { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { SEAL_WORK_FACTOR } from "../exchange/sealed.ts";
import { deriveKey } from "./age-file.ts";
import { normalPassphrase } from "./passphrase.ts";

/** The part that a side plays. Each part has a key of its own, so that nothing passes for the answer to itself. */
export type MeetingRole = "offer" | "answer";

/** A text that somebody who knows the passphrase has sealed, and the part that its author plays. */
export interface OpenedText {
  readonly role: MeetingRole;
  readonly plain: Uint8Array;
}

const PROTOCOL = "p2p mqtt 1";
const TOPIC_BYTES = 16;
const KEY_BYTES = 32;
const NONCE_BYTES = 24;
const TAG_BYTES = 16;
const LENGTH_BYTES = 4;
/** A text is filled up to a multiple of this before it is sealed, so that its length does not tell its kind. */
const PADDING_BYTES = 4_096;

export class MeetingSeal {
  /** The place for both sides: 32 hex digits. */
  readonly topic: string;
  readonly #cipher: typeof xchacha20poly1305;
  readonly #keys: Readonly<Record<MeetingRole, Uint8Array>>;

  private constructor(secret: Uint8Array, cipher: typeof xchacha20poly1305) {
    this.topic = Buffer.from(expand(secret, "topic", TOPIC_BYTES)).toString("hex");
    this.#keys = { offer: expand(secret, "key offer", KEY_BYTES), answer: expand(secret, "key answer", KEY_BYTES) };
    this.#cipher = cipher;
  }

  /**
   * Derives place and keys. Blanks around and between the words of a passphrase, and its Unicode form, do not matter.
   * @param prefix - of the topics; another prefix is another place
   * @param workFactor - log2 of scrypt's N
   */
  static async derive(passphrase: string, prefix: string, workFactor: number = SEAL_WORK_FACTOR): Promise<MeetingSeal> {
    const secret = await deriveKey(normalPassphrase(passphrase), utf8(`${PROTOCOL}\n${prefix}`), 2 ** workFactor);
    const { xchacha20poly1305: cipher } = await import("@noble/ciphers/chacha.js");
    return new MeetingSeal(secret, cipher);
  }

  /** Seals a text with XChaCha20-Poly1305, bound to the part of its author and to the topic on which it stands. */
  seal(role: MeetingRole, topic: string, plain: Uint8Array): Uint8Array {
    const padded = new Uint8Array(paddedLength(plain.length));
    new DataView(padded.buffer).setUint32(0, plain.length);
    padded.set(plain, LENGTH_BYTES);
    const nonce = randomBytes(NONCE_BYTES);
    return Buffer.concat([nonce, this.#cipher(this.#keys[role], nonce, boundTo(role, topic)).encrypt(padded)]);
  }

  /** @returns undefined for what nobody who knows the passphrase has sealed for this topic */
  open(topic: string, sealed: Uint8Array): OpenedText | undefined {
    if (sealed.length < sealedBytes(0)) return undefined;
    return this.#openAs("offer", topic, sealed) ?? this.#openAs("answer", topic, sealed);
  }

  #openAs(role: MeetingRole, topic: string, sealed: Uint8Array): OpenedText | undefined {
    const cipher = this.#cipher(this.#keys[role], sealed.subarray(0, NONCE_BYTES), boundTo(role, topic));
    let padded: Uint8Array;
    try {
      padded = cipher.decrypt(sealed.subarray(NONCE_BYTES));
    } catch {
      return undefined;
    }
    const length = new DataView(padded.buffer, padded.byteOffset).getUint32(0);
    if (length > padded.length - LENGTH_BYTES) return undefined;
    return { role, plain: padded.subarray(LENGTH_BYTES, LENGTH_BYTES + length) };
  }
}

/** The length of a text of `plainBytes` when it is sealed. */
export function sealedBytes(plainBytes: number): number {
  return NONCE_BYTES + paddedLength(plainBytes) + TAG_BYTES;
}

function paddedLength(plainBytes: number): number {
  return Math.ceil((LENGTH_BYTES + plainBytes) / PADDING_BYTES) * PADDING_BYTES;
}

function boundTo(role: MeetingRole, topic: string): Uint8Array {
  return utf8(`${PROTOCOL}\n${role}\n${topic}`);
}

function expand(secret: Uint8Array, purpose: string, bytes: number): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", secret, "", `${PROTOCOL} ${purpose}`, bytes));
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
