// The seal of what two sides leave for each other at a place where others can read, and the name of that place, by keys that
// only they have: of a passphrase by scrypt (RFC 7914) and HKDF (RFC 5869), or of two people who keep each other
// (contact-meeting.ts). What is sealed tells a stranger no more than that something was left.
import { hkdfSync, randomBytes } from "node:crypto";
import type { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { SEAL_WORK_FACTOR } from "../exchange/sealed.ts";
import { deriveKey } from "./age-file.ts";
import { normalPassphrase } from "./passphrase.ts";

/** The part that a side plays. Each part has a key of its own, so that nothing passes for the answer to itself. */
export type MeetingRole = "offer" | "answer";

/** A text that somebody who has the keys has sealed, and the part that its author plays. */
export interface OpenedText {
  readonly role: MeetingRole;
  readonly plain: Uint8Array;
}

export type MeetingCipher = typeof xchacha20poly1305;

/** What a seal is made from; the keys have 32 bytes. */
export interface MeetingKeys {
  /** Names the derivation of the keys in what is sealed. */
  readonly protocol: string;
  /** The place for both sides: 32 hex digits. */
  readonly topic: string;
  /** The keys of what this side seals. */
  readonly sealing: Readonly<Record<MeetingRole, Uint8Array>>;
  /** The keys of what the other side seals. */
  readonly opening: Readonly<Record<MeetingRole, Uint8Array>>;
}

/** The seals of a place at one time: what this side leaves goes to the first; what lies at the others is read too. */
export type MeetingSeals = readonly [MeetingSeal, ...MeetingSeal[]];

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
  readonly #keys: MeetingKeys;
  readonly #cipher: MeetingCipher;

  constructor(keys: MeetingKeys, cipher: MeetingCipher) {
    this.topic = keys.topic;
    this.#keys = keys;
    this.#cipher = cipher;
  }

  /**
   * Derives place and keys. Blanks around and between the words of a passphrase, and its Unicode form, do not matter.
   * @param prefix - of the topics; another prefix is another place
   * @param workFactor - log2 of scrypt's N
   */
  static async derive(passphrase: string, prefix: string, workFactor: number = SEAL_WORK_FACTOR): Promise<MeetingSeal> {
    const secret = await deriveKey(normalPassphrase(passphrase), utf8(`${PROTOCOL}\n${prefix}`), 2 ** workFactor);
    const topic = topicOf(secret, `${PROTOCOL} topic`);
    const keys = {
      offer: expandKey(secret, `${PROTOCOL} key offer`),
      answer: expandKey(secret, `${PROTOCOL} key answer`),
    };
    return new MeetingSeal({ protocol: PROTOCOL, topic, sealing: keys, opening: keys }, await loadMeetingCipher());
  }

  /** Seals a text with XChaCha20-Poly1305, bound to the part of its author and to the place where it stands. */
  seal(role: MeetingRole, place: string, plain: Uint8Array): Uint8Array {
    const padded = new Uint8Array(paddedLength(plain.length));
    new DataView(padded.buffer).setUint32(0, plain.length);
    padded.set(plain, LENGTH_BYTES);
    const nonce = randomBytes(NONCE_BYTES);
    const { sealing } = this.#keys;
    return Buffer.concat([nonce, this.#cipher(sealing[role], nonce, this.#boundTo(role, place)).encrypt(padded)]);
  }

  /** @returns undefined for what nobody who has the keys of the other side has sealed for this place */
  open(place: string, sealed: Uint8Array): OpenedText | undefined {
    if (sealed.length < sealedBytes(0)) return undefined;
    return this.#openAs("offer", place, sealed) ?? this.#openAs("answer", place, sealed);
  }

  #openAs(role: MeetingRole, place: string, sealed: Uint8Array): OpenedText | undefined {
    const { opening } = this.#keys;
    const cipher = this.#cipher(opening[role], sealed.subarray(0, NONCE_BYTES), this.#boundTo(role, place));
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

  #boundTo(role: MeetingRole, place: string): Uint8Array {
    return utf8(`${this.#keys.protocol}\n${role}\n${place}`);
  }
}

/** Loaded by the first seal that is made: most runs need none. */
export async function loadMeetingCipher(): Promise<MeetingCipher> {
  return (await import("@noble/ciphers/chacha.js")).xchacha20poly1305;
}

/** The length of a text of `plainBytes` when it is sealed. */
export function sealedBytes(plainBytes: number): number {
  return NONCE_BYTES + paddedLength(plainBytes) + TAG_BYTES;
}

/** HKDF-SHA-256 without salt. @param bytes - how many are wanted */
export function expandKey(secret: Uint8Array, info: string, bytes: number = KEY_BYTES): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", secret, "", info, bytes));
}

/** The name of a place: 32 hex digits. */
export function topicOf(secret: Uint8Array, info: string): string {
  return Buffer.from(expandKey(secret, info, TOPIC_BYTES)).toString("hex");
}

function paddedLength(plainBytes: number): number {
  return Math.ceil((LENGTH_BYTES + plainBytes) / PADDING_BYTES) * PADDING_BYTES;
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
