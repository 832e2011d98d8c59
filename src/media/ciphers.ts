// The ciphers that SRTP needs, as a port: node:crypto on Node, and in tests.

export interface MediaCiphers {
  /**
   * AES-128 in counter mode.
   * @param key - 16 bytes
   * @param iv - the first counter block, 16 bytes
   * @returns as many bytes as `data`
   */
  aesCtr(key: Uint8Array, iv: Uint8Array, data: Uint8Array): Uint8Array;
  /** @returns HMAC-SHA1 of the parts in a row: 20 bytes */
  hmacSha1(key: Uint8Array, parts: readonly Uint8Array[]): Uint8Array;
  /**
   * AES-128-GCM.
   * @param key - 16 bytes
   * @param iv - 12 bytes
   * @returns the encrypted text and, behind it, the tag of 16 bytes
   */
  gcmSeal(key: Uint8Array, iv: Uint8Array, aad: Uint8Array, plain: Uint8Array): Uint8Array;
  /**
   * @param sealed - encrypted text and tag, as `gcmSeal` returns them; anything else does not throw
   * @returns the plain text; undefined: not authentic
   */
  gcmOpen(key: Uint8Array, iv: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Uint8Array | undefined;
}
