// Files in age's format (https://age-encryption.org/v1), sealed and opened on any platform. This is the only importer of
// age-encryption, which is loaded on first use. The passphrase stanza is made here: the platform's scrypt leaves its event
// loop free, where the library's would block it for seconds, and a file's work factor is checked before any work is done.
import type { Cipher } from "@noble/ciphers/utils.js";
import type { Identity, Recipient, Stanza } from "age-encryption";
import { readSealed } from "../exchange/sealed.ts";
import { bytesOfBase64 } from "../lib/bytes.ts";
import { P2pError } from "../lib/errors/p2p-error.ts";

/** scrypt's block size r for every file in age's format; its parallelism p is 1. */
export const SCRYPT_BLOCK_SIZE = 8;
export const SCRYPT_KEY_BYTES = 32;

/**
 * Derives a key of `SCRYPT_KEY_BYTES` with r of `SCRYPT_BLOCK_SIZE` and p of 1.
 * @param cost - scrypt's N, a power of 2
 * @throws unknown where there is too little memory, for example
 */
export type Scrypt = (passphrase: string, salt: Uint8Array, cost: number) => Promise<Uint8Array>;

/** The passphrase of a file, with the scrypt of this platform, and the most work that is done for it (log2 of N). */
export interface PassphraseKey {
  passphrase: string;
  scrypt: Scrypt;
  maxWorkFactor: number;
}

/** The key to a sealed file: a passphrase, or age identities (`AGE-SECRET-KEY-1…`). */
export type OpeningKey = PassphraseKey | { identities: readonly string[] };

const SCRYPT_LABEL = "age-encryption.org/v1/scrypt";
const SALT_BYTES = 16;
const WRAPPED_KEY_BYTES = 32;
/** The nonce may be constant, since each key wraps one file key and nothing else. */
const NONCE = new Uint8Array(12);

const age = () => import("age-encryption");

/**
 * Seals with a passphrase.
 * @param workFactor - log2 of scrypt's N
 * @returns armored text
 */
export async function sealByPassphrase(
  plain: string | Uint8Array,
  passphrase: string,
  workFactor: number,
  scrypt: Scrypt,
): Promise<string> {
  const { Stanza: StanzaOfAge } = await age();
  const recipient: Recipient = {
    wrapFileKey: async (fileKey) => {
      const salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES));
      const key = await scrypt(passphrase, fullSalt(salt), 2 ** workFactor);
      const body = (await cipherWith(key)).encrypt(fileKey);
      return [new StanzaOfAge(["scrypt", base64(salt), String(workFactor)], body)];
    },
  };
  return await sealTo([recipient], plain);
}

/**
 * @param recipients - age recipients (`age1…`), or objects that wrap a file key
 * @returns armored text
 * @throws RangeError for a text that is not a recipient
 */
export async function sealTo(recipients: readonly (string | Recipient)[], plain: string | Uint8Array): Promise<string> {
  const { Encrypter, armor } = await age();
  const encrypter = new Encrypter();
  for (const recipient of recipients) {
    try {
      encrypter.addRecipient(recipient);
    } catch (cause) {
      throw new RangeError("Cannot seal to what is no recipient", { cause });
    }
  }
  return armor.encode(await encrypter.encrypt(plain));
}

/** Returns whether a text is an age recipient: `age1…`, including one with a hybrid key. */
export async function isRecipient(text: string): Promise<boolean> {
  const { Encrypter } = await age();
  return doesNotThrow(() => new Encrypter().addRecipient(text));
}

/** Returns whether a text is an age identity: `AGE-SECRET-KEY-1…`. */
export async function isIdentity(text: string): Promise<boolean> {
  const { Decrypter } = await age();
  return doesNotThrow(() => new Decrypter().addIdentity(text));
}

/**
 * Opens a sealed file.
 * @param bytes - armored text or the bytes inside
 * @param path - how errors name the file
 * @throws P2pError FILE_SEALED (the key is of another kind), FILE_WRONG_PASSPHRASE, FILE_SEAL_DAMAGED,
 *   FILE_SEAL_TOO_COSTLY
 */
export async function openBy(key: OpeningKey, bytes: Uint8Array, path: string): Promise<Uint8Array> {
  const sealed = readSealed(bytes);
  if (sealed?.state !== "whole") throw new P2pError("FILE_SEAL_DAMAGED", { path });
  const wanted = "passphrase" in key ? "passphrase" : "identity";
  if (sealed.needs !== wanted) throw new P2pError("FILE_SEALED", { path, needs: sealed.needs });
  const { Decrypter } = await age();
  const decrypter = new Decrypter();
  if ("passphrase" in key) decrypter.addIdentity(identityOf(key, path));
  else for (const identity of key.identities) decrypter.addIdentity(identity);
  try {
    return await decrypter.decrypt(sealed.bytes);
  } catch (cause) {
    if (cause instanceof P2pError) throw cause;
    if (cause instanceof Error && cause.message.startsWith("no identity matched")) {
      throw new P2pError("FILE_WRONG_PASSPHRASE", { path, by: wanted }, { cause });
    }
    throw new P2pError("FILE_SEAL_DAMAGED", { path }, { cause });
  }
}

const isPassphraseStanza = ({ args }: Stanza): boolean => args[0] === "scrypt";

function identityOf({ passphrase, scrypt, maxWorkFactor }: PassphraseKey, path: string): Identity {
  return {
    unwrapFileKey: async (stanzas) => {
      const stanza = stanzas.find(isPassphraseStanza);
      if (stanza === undefined) return null;
      const [, saltText = "", factorText = ""] = stanza.args;
      const salt = saltOf(saltText);
      // With other stanzas beside it, a holder of one of their keys could forge files of those who know the passphrase.
      const isWellFormed =
        stanzas.length === 1 &&
        stanza.args.length === 3 &&
        salt !== undefined &&
        /^[1-9][0-9]{0,8}$/.test(factorText) &&
        stanza.body.length === WRAPPED_KEY_BYTES;
      if (!isWellFormed) throw new P2pError("FILE_SEAL_DAMAGED", { path });
      const workFactor = Number(factorText);
      const asked = { path, workFactor, limit: maxWorkFactor };
      if (workFactor > maxWorkFactor) throw new P2pError("FILE_SEAL_TOO_COSTLY", asked);
      const key = await scrypt(passphrase, fullSalt(salt), 2 ** workFactor).catch((cause: unknown) => {
        throw new P2pError("FILE_SEAL_TOO_COSTLY", asked, { cause });
      });
      return await unwrap(key, stanza.body);
    },
  };
}

/** @returns null when the tag does not verify: another passphrase, or a changed file */
async function unwrap(key: Uint8Array, body: Uint8Array): Promise<Uint8Array | null> {
  const cipher = await cipherWith(key);
  try {
    return cipher.decrypt(body);
  } catch {
    return null;
  }
}

async function cipherWith(key: Uint8Array): Promise<Cipher> {
  const { chacha20poly1305 } = await import("@noble/ciphers/chacha.js");
  return chacha20poly1305(key, NONCE);
}

function fullSalt(salt: Uint8Array): Uint8Array {
  const label = new TextEncoder().encode(SCRYPT_LABEL);
  const full = new Uint8Array(label.length + salt.length);
  full.set(label);
  full.set(salt, label.length);
  return full;
}

/** @returns undefined for what is no salt in the one form that it has */
function saltOf(text: string): Uint8Array | undefined {
  try {
    const salt = bytesOfBase64(text);
    return salt.length === SALT_BYTES && base64(salt) === text ? salt : undefined;
  } catch {
    return undefined;
  }
}

/** age's base64 has no padding. */
function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replaceAll("=", "");
}

function doesNotThrow(act: () => void): boolean {
  try {
    act();
    return true;
  } catch {
    return false;
  }
}
