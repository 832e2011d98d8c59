// Seals and opens exchange files in age's format on Node, whose scrypt leaves the event loop free.
import { scrypt } from "node:crypto";
import { SEAL_WORK_FACTOR } from "../exchange/sealed.ts";
import { openBy, SCRYPT_BLOCK_SIZE, SCRYPT_KEY_BYTES, type Scrypt, sealByPassphrase, sealTo } from "./age-sealing.ts";

/** The key to a sealed file: a passphrase, or age identities (`AGE-SECRET-KEY-1…`). */
export type SealKey = { passphrase: string } | { identities: readonly string[] };

/** Limit (log2 of N) for a file that the user opens: 1 GiB of memory and about 4 s. */
export const MAX_WORK_FACTOR = 20;

/** Seals with a passphrase. Parameters and result: see `sealByPassphrase`. */
export async function sealWithPassphrase(
  plain: string | Uint8Array,
  passphrase: string,
  workFactor: number = SEAL_WORK_FACTOR,
): Promise<string> {
  return await sealByPassphrase(plain, passphrase, workFactor, deriveKey);
}

/**
 * Seals to the owners of age recipients (`age1…`). @returns armored text
 * @throws RangeError for a text that is not a recipient; check with `isRecipient` first
 */
export async function sealToRecipients(plain: string | Uint8Array, recipients: readonly string[]): Promise<string> {
  return await sealTo(recipients, plain);
}

/**
 * Opens a sealed file. Errors: see `openBy`.
 * @param bytes - armored text or the bytes inside
 * @param path - how errors name the file
 * @param maxWorkFactor - log2 of scrypt's N; a file that requires more is not opened
 */
export async function openSealed(
  bytes: Uint8Array,
  path: string,
  key: SealKey,
  maxWorkFactor: number = MAX_WORK_FACTOR,
): Promise<Uint8Array> {
  return await openBy("passphrase" in key ? { ...key, scrypt: deriveKey, maxWorkFactor } : key, bytes, path);
}

/** Node's scrypt, with as much memory as it takes. */
export const deriveKey: Scrypt = (passphrase, salt, cost) => {
  const maxmem = 2 * 128 * cost * SCRYPT_BLOCK_SIZE;
  const options = { N: cost, r: SCRYPT_BLOCK_SIZE, p: 1, maxmem };
  return new Promise((resolve, reject) => {
    scrypt(passphrase, salt, SCRYPT_KEY_BYTES, options, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
};
