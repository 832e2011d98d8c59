// The ciphers of SRTP, by node:crypto.
import { createCipheriv, createHmac } from "node:crypto";
import type { MediaCiphers } from "../../media/ciphers.ts";
import { openAesGcm, sealAesGcm, TAG_BYTES } from "../dtls/aes-gcm.ts";

export const nodeMediaCiphers: MediaCiphers = {
  aesCtr: (key, iv, data) => createCipheriv("aes-128-ctr", key, iv).update(data),
  hmacSha1: (key, parts) => {
    const mac = createHmac("sha1", key);
    for (const part of parts) mac.update(part);
    return mac.digest();
  },
  gcmSeal: (key, iv, aad, plain) => {
    const sealed = new Uint8Array(plain.length + TAG_BYTES);
    sealAesGcm(key, iv, aad, plain, sealed, 0);
    return sealed;
  },
  gcmOpen: (key, iv, aad, sealed) => (sealed.length < TAG_BYTES ? undefined : openAesGcm(key, iv, aad, sealed)),
};
