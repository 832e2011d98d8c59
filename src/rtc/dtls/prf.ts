// The pseudorandom function of TLS 1.2 with SHA-256, and what other protocols derive by it. RFC 5246 §5, RFC 5705 §4.
import { createHmac } from "node:crypto";

const BLOCK_BYTES = 32;

/** @param seed - its parts, one after the other */
export function prf(secret: Uint8Array, label: string, seed: readonly Uint8Array[], bytes: number): Buffer {
  const labelled = Buffer.concat([Buffer.from(label), ...seed]);
  const hmac = (...parts: Uint8Array[]): Buffer => {
    const mac = createHmac("sha256", secret);
    for (const part of parts) mac.update(part);
    return mac.digest();
  };
  const blocks: Buffer[] = [];
  let a: Buffer = labelled;
  for (let length = 0; length < bytes; length += BLOCK_BYTES) {
    a = hmac(a);
    blocks.push(hmac(a, labelled));
  }
  return Buffer.concat(blocks).subarray(0, bytes);
}

/** What a handshake leaves to derive keys from. */
export interface HandshakeSecrets {
  readonly masterSecret: Uint8Array;
  readonly clientRandom: Uint8Array;
  readonly serverRandom: Uint8Array;
}

/** Key material for another protocol, without a context value. RFC 5705 §4. */
export function exportKeyingMaterial(secrets: HandshakeSecrets, label: string, bytes: number): Buffer {
  return prf(secrets.masterSecret, label, [secrets.clientRandom, secrets.serverRandom], bytes);
}
