// The ciphers of SRTP for tests, by node:crypto.
import { createCipheriv, createDecipheriv, createHmac } from "node:crypto";
import type { MediaCiphers } from "../../src/media/ciphers.ts";

const TAG_BYTES = 16;

export const testCiphers: MediaCiphers = {
  aesCtr: (key, iv, data) => createCipheriv("aes-128-ctr", key, iv).update(data),
  hmacSha1: (key, parts) => {
    const mac = createHmac("sha1", key);
    for (const part of parts) mac.update(part);
    return mac.digest();
  },
  gcmSeal: (key, iv, aad, plain) => {
    const cipher = createCipheriv("aes-128-gcm", key, iv).setAAD(aad);
    return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  },
  gcmOpen: (key, iv, aad, sealed) => {
    const end = sealed.length - TAG_BYTES;
    if (end < 0) return undefined;
    const cipher = createDecipheriv("aes-128-gcm", key, iv).setAAD(aad).setAuthTag(sealed.subarray(end));
    const plain = cipher.update(sealed.subarray(0, end));
    try {
      cipher.final();
    } catch {
      return undefined;
    }
    return plain;
  },
};
