// Long-term keys and signatures: Ed25519 (RFC 8032) from Node. The API takes and returns lower-case hex.
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from "node:crypto";

/** All encodings of the small-order points, without the sign bit: anybody can forge a signature for these keys. */
const WEAK_KEYS: readonly string[] = [
  "00".repeat(32),
  `01${"00".repeat(31)}`,
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  ...["ec", "ed", "ee"].map((first) => `${first}${"ff".repeat(30)}7f`),
];

const PUBLIC_KEY_BYTES = 32;

/** A long-term key of this user. */
export interface OwnKey {
  /** 64 hex digits. */
  publicKey: string;
  /** PKCS #8 in base64. Secret. */
  privateKey: string;
}

/**
 * The keys are taken as bytes, never as objects: Node holds the lock of a key object while it exports it, and waits for that
 * lock for ever when the garbage collector frees what is left of the generation meanwhile.
 */
export function generateOwnKey(): OwnKey {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519", {
    publicKeyEncoding: { format: "der", type: "spki" },
    privateKeyEncoding: { format: "der", type: "pkcs8" },
  });
  return {
    publicKey: publicKey.subarray(-PUBLIC_KEY_BYTES).toString("hex"),
    privateKey: privateKey.toString("base64"),
  };
}

/** @returns 128 hex digits */
export function signBytes({ privateKey }: OwnKey, bytes: Uint8Array): string {
  const key = createPrivateKey({ key: Buffer.from(privateKey, "base64"), format: "der", type: "pkcs8" });
  return sign(null, bytes, key).toString("hex");
}

/** @param publicKey - 64 hex digits @param signature - 128 hex digits */
export function isSignedBy(publicKey: string, signature: string, bytes: Uint8Array): boolean {
  const point = Buffer.from(publicKey, "hex");
  if (isWeakKey(publicKey)) return false;
  try {
    const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: point.toString("base64url") }, format: "jwk" });
    return verify(null, bytes, key, Buffer.from(signature, "hex"));
  } catch {
    // The key is not a point on the curve.
    return false;
  }
}

/** Whether a public key (64 hex digits) is of those for which everybody has the private one. */
export function isWeakKey(publicKey: string): boolean {
  return WEAK_KEYS.includes(withoutSign(Buffer.from(publicKey, "hex")).toString("hex"));
}

function withoutSign(point: Buffer): Buffer {
  const copy = Buffer.from(point);
  copy[31] = (copy[31] ?? 0) & 0x7f;
  return copy;
}
