// Whether the peer is who its exchange file says: the certificate has the fingerprint of the file, the peer owns
// the certificate's key, and both saw the same handshake. werift checks the first of the three only.
// RFC 8122 §5, RFC 5246 §7.4.3, §7.4.8, §7.4.9.
import { createHash, createHmac, type KeyObject, timingSafeEqual, verify, X509Certificate } from "node:crypto";
import type { Fingerprint } from "../../exchange/description.ts";
import type { SignedValue } from "../../guard/certificate-proof.ts";
import { P2pError } from "../../lib/errors/p2p-error.ts";
import { fingerprintOf } from "../certificate.ts";

const VERIFY_DATA_BYTES = 12;
const KEY_TYPES = { rsa: "rsa", ecdsa: "ec" } as const;

/** @throws P2pError PEER_NOT_AUTHENTIC unless the certificate has one of the fingerprints */
export function verifiedKey(der: Uint8Array, fingerprints: readonly Fingerprint[]): KeyObject {
  const actual = fingerprintOf(der);
  const expected = fingerprints.filter(({ algorithm }) => algorithm === actual.algorithm).map(({ value }) => value);
  if (!expected.some((value) => isSame(value, actual.value))) {
    throw new P2pError("PEER_NOT_AUTHENTIC", { failed: "fingerprint" });
  }
  try {
    return new X509Certificate(der).publicKey;
  } catch (cause) {
    throw new P2pError("PEER_NOT_AUTHENTIC", { failed: "fingerprint" }, { cause });
  }
}

/** @throws P2pError PEER_NOT_AUTHENTIC unless the key's owner has signed the content */
export function verifySignature(key: KeyObject, signed: SignedValue | undefined, content: Uint8Array): void {
  const isRight =
    signed !== undefined && key.asymmetricKeyType === KEY_TYPES[signed.signature] && isVerified(key, signed, content);
  if (!isRight) throw new P2pError("PEER_NOT_AUTHENTIC", { failed: "signature" });
}

function isVerified(key: KeyObject, { hash, bytes }: SignedValue, content: Uint8Array): boolean {
  try {
    return verify(hash, content, key, bytes);
  } catch {
    return false;
  }
}

/**
 * @param side - whose Finished it is
 * @throws P2pError PEER_NOT_AUTHENTIC unless it is over the same messages with the same secret
 */
export function verifyFinished(
  side: "client" | "server",
  masterSecret: Uint8Array,
  transcript: Uint8Array,
  verifyData: Uint8Array,
): void {
  const seed = createHash("sha256").update(transcript).digest();
  const expected = prf(masterSecret, `${side} finished`, seed, VERIFY_DATA_BYTES);
  if (verifyData.length === expected.length && timingSafeEqual(expected, verifyData)) return;
  throw new P2pError("PEER_NOT_AUTHENTIC", { failed: "finished" });
}

/** The pseudorandom function of TLS 1.2 with SHA-256. RFC 5246 §5. */
function prf(secret: Uint8Array, label: string, seed: Uint8Array, bytes: number): Buffer {
  const labelled = Buffer.concat([Buffer.from(label), seed]);
  const hmac = (...parts: Uint8Array[]): Buffer => {
    const mac = createHmac("sha256", secret);
    for (const part of parts) mac.update(part);
    return mac.digest();
  };
  const blocks: Buffer[] = [];
  let a: Buffer = labelled;
  for (let length = 0; length < bytes; length += 32) {
    a = hmac(a);
    blocks.push(hmac(a, labelled));
  }
  return Buffer.concat(blocks).subarray(0, bytes);
}

function isSame(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
