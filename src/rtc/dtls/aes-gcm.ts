// AES-128-GCM as DTLS records and SRTP use it: 96-bit nonces, 128-bit tags. RFC 5288 §3, NIST SP 800-38D.
import { type CipherKey, createCipheriv, createDecipheriv } from "node:crypto";

const CIPHER = "aes-128-gcm";
export const TAG_BYTES = 16;

/**
 * Writes ciphertext and tag.
 * @param key - 16 bytes
 * @param nonce - 12 bytes; never used twice with one key
 * @param into - room for the plaintext and `TAG_BYTES` from `at` on
 */
export function sealAesGcm(
  key: CipherKey,
  nonce: Uint8Array,
  additionalData: Uint8Array,
  plaintext: Uint8Array,
  into: Uint8Array,
  at: number,
): void {
  const cipher = createCipheriv(CIPHER, key, nonce);
  cipher.setAAD(additionalData);
  into.set(cipher.update(plaintext), at);
  cipher.final();
  into.set(cipher.getAuthTag(), at + plaintext.length);
}

/**
 * @param sealed - ciphertext and tag, at least `TAG_BYTES`
 * @returns the plaintext, or undefined when authentication fails
 */
export function openAesGcm(
  key: CipherKey,
  nonce: Uint8Array,
  additionalData: Uint8Array,
  sealed: Uint8Array,
): Buffer | undefined {
  const end = sealed.length - TAG_BYTES;
  const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(additionalData);
  decipher.setAuthTag(sealed.subarray(end));
  const plaintext = decipher.update(sealed.subarray(0, end));
  try {
    decipher.final();
    return plaintext;
  } catch {
    return undefined;
  }
}
