// Seals and opens exchange files in age's format (https://age-encryption.org/v1). This is the only importer of
// age-encryption, which is loaded on first use. The passphrase stanza is made here: Node's scrypt leaves the event loop
// free, where the library's would block it for seconds, and a file's work factor is checked before any work is done.
import { createCipheriv, createDecipheriv, randomBytes, scrypt } from "node:crypto";
import type { Identity, Recipient, Stanza } from "age-encryption";
import { readSealed } from "../exchange/sealed.ts";
import { P2pError } from "../lib/errors/p2p-error.ts";

/** The key to a sealed file: a passphrase, or age identities (`AGE-SECRET-KEY-1…`). */
export type SealKey = { passphrase: string } | { identities: readonly string[] };

/** log2 of scrypt's N for files that we seal: about a second on the machines in use, and age's own default. */
export const SEAL_WORK_FACTOR = 18;
/** Limit (log2 of N) for a file that the user opens: 1 GiB of memory and about 4 s. */
export const MAX_WORK_FACTOR = 20;
/**
 * Limit (log2 of N) for a file that is found while a session waits for one: anybody may have put it there, and p2p and
 * age seal with no more. It also bounds how long Ctrl-C may have to wait, as scrypt cannot be stopped.
 */
export const MAX_UNATTENDED_WORK_FACTOR = SEAL_WORK_FACTOR;

const SCRYPT_BLOCK_SIZE = 8;
const SCRYPT_LABEL = "age-encryption.org/v1/scrypt";
const SALT_BYTES = 16;
const KEY_BYTES = 32;
const TAG_BYTES = 16;
const WRAPPED_KEY_BYTES = 16 + TAG_BYTES;
/** The nonce may be constant, since each key wraps one file key and nothing else. */
const NONCE = new Uint8Array(12);

const age = () => import("age-encryption");

/**
 * Seals with a passphrase. @returns armored text
 * @param workFactor - log2 of scrypt's N
 */
export async function sealWithPassphrase(
  plain: string | Uint8Array,
  passphrase: string,
  workFactor: number = SEAL_WORK_FACTOR,
): Promise<string> {
  return await seal(plain, [await passphraseRecipient(passphrase, workFactor)]);
}

/**
 * Seals to the owners of age recipients (`age1…`). @returns armored text
 * @throws RangeError for a text that is not a recipient; check with `isRecipient` first
 */
export async function sealToRecipients(plain: string | Uint8Array, recipients: readonly string[]): Promise<string> {
  return await seal(plain, recipients);
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
 * @param maxWorkFactor - log2 of scrypt's N; a file that requires more is not opened
 * @throws P2pError FILE_SEALED (the key is of another kind), FILE_WRONG_PASSPHRASE, FILE_SEAL_DAMAGED,
 *   FILE_SEAL_TOO_COSTLY
 */
export async function openSealed(
  bytes: Uint8Array,
  path: string,
  key: SealKey,
  maxWorkFactor: number = MAX_WORK_FACTOR,
): Promise<Uint8Array> {
  const sealed = readSealed(bytes);
  if (sealed?.state !== "whole") throw new P2pError("FILE_SEAL_DAMAGED", { path });
  const wanted = "passphrase" in key ? "passphrase" : "identity";
  if (sealed.needs !== wanted) throw new P2pError("FILE_SEALED", { path, needs: sealed.needs });
  const { Decrypter } = await age();
  const decrypter = new Decrypter();
  if ("passphrase" in key) decrypter.addIdentity(passphraseIdentity(key.passphrase, path, maxWorkFactor));
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

async function seal(plain: string | Uint8Array, recipients: readonly (string | Recipient)[]): Promise<string> {
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

const isPassphraseStanza = ({ args }: Stanza): boolean => args[0] === "scrypt";

async function passphraseRecipient(passphrase: string, workFactor: number): Promise<Recipient> {
  const { Stanza: StanzaOfAge } = await age();
  return {
    wrapFileKey: async (fileKey) => {
      const salt = randomBytes(SALT_BYTES);
      const key = await deriveKey(passphrase, salt, workFactor);
      const cipher = createCipheriv("chacha20-poly1305", key, NONCE, { authTagLength: TAG_BYTES });
      const body = Buffer.concat([cipher.update(fileKey), cipher.final(), cipher.getAuthTag()]);
      return [new StanzaOfAge(["scrypt", base64(salt), String(workFactor)], body)];
    },
  };
}

function passphraseIdentity(passphrase: string, path: string, limit: number): Identity {
  return {
    unwrapFileKey: async (stanzas) => {
      const stanza = stanzas.find(isPassphraseStanza);
      if (stanza === undefined) return null;
      const [, saltText = "", factorText = ""] = stanza.args;
      const salt = Buffer.from(saltText, "base64");
      // With other stanzas beside it, a holder of one of their keys could forge files of those who know the passphrase.
      const isWellFormed =
        stanzas.length === 1 &&
        stanza.args.length === 3 &&
        salt.length === SALT_BYTES &&
        base64(salt) === saltText &&
        /^[1-9][0-9]{0,8}$/.test(factorText) &&
        stanza.body.length === WRAPPED_KEY_BYTES;
      if (!isWellFormed) throw new P2pError("FILE_SEAL_DAMAGED", { path });
      const workFactor = Number(factorText);
      if (workFactor > limit) throw tooCostly({ path, workFactor, limit });
      const key = await deriveKey(passphrase, salt, workFactor).catch((cause: unknown) => {
        // scrypt throws when there is too little memory, for example.
        throw tooCostly({ path, workFactor, limit }, cause);
      });
      return unwrap(key, stanza.body);
    },
  };
}

function tooCostly(asked: { path: string; workFactor: number; limit: number }, cause?: unknown): P2pError {
  return new P2pError("FILE_SEAL_TOO_COSTLY", asked, { cause });
}

/** @returns null when the tag does not verify: another passphrase, or a changed file */
function unwrap(key: Uint8Array, body: Uint8Array): Uint8Array | null {
  const decipher = createDecipheriv("chacha20-poly1305", key, NONCE, { authTagLength: TAG_BYTES });
  decipher.setAuthTag(body.subarray(body.length - TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(body.subarray(0, body.length - TAG_BYTES)), decipher.final()]);
  } catch {
    return null;
  }
}

function deriveKey(passphrase: string, salt: Uint8Array, workFactor: number): Promise<Uint8Array> {
  const N = 2 ** workFactor;
  const options = { N, r: SCRYPT_BLOCK_SIZE, p: 1, maxmem: 2 * 128 * N * SCRYPT_BLOCK_SIZE };
  const fullSalt = Buffer.concat([Buffer.from(SCRYPT_LABEL), salt]);
  return new Promise((resolve, reject) => {
    scrypt(passphrase, fullSalt, KEY_BYTES, options, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}

/** age's base64 has no padding. */
function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64").replaceAll("=", "");
}

function doesNotThrow(act: () => void): boolean {
  try {
    act();
    return true;
  } catch {
    return false;
  }
}
