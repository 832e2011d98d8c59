// Verification that the peer is the one in its exchange file: the certificate has the fingerprint of the file, the peer
// owns the certificate's key, and both saw the same handshake. werift checks only the first of the three. RFC 8122 §5,
// RFC 5246 §7.4.3, §7.4.8, §7.4.9.
import { createHash, type KeyObject, timingSafeEqual, verify, X509Certificate } from "node:crypto";
import type { Fingerprint } from "../../exchange/description.ts";
import { decodeSigned, ecdsaTwin, type SignedValue, withSignature } from "../../guard/certificate-proof.ts";
import { WorkBudget } from "../../lib/work-budget.ts";
import { fingerprintOf } from "../certificate.ts";
import { prf } from "./prf.ts";

const VERIFY_DATA_BYTES = 12;
const KEY_TYPES = { rsa: "rsa", ecdsa: "ec" } as const;

/** The groups of certificate keys whose signatures we verify, and their orders. SEC 2 §2.4, §2.5, §2.6. */
const ORDERS: Readonly<Record<string, bigint>> = {
  prime256v1: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  secp384r1: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  secp521r1:
    0x01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
};
/** Limit for the key size: verifying with a larger key would be work that anybody could make us do. */
const MAX_RSA_BITS = 8_192;
/** The exponent that RSA keys commonly have. Verifying with one as long as the key takes a hundred times as long. */
const MAX_RSA_EXPONENT = 65_537n;

/** Signatures that others can make us check. One takes about a tenth of a millisecond. */
const SIGNATURES_PER_SECOND = 100;
const SIGNATURES_AT_ONCE = 200;

/** A budget for one side of the handshake, in signatures. */
export function signatureBudget(): WorkBudget {
  return new WorkBudget(SIGNATURES_PER_SECOND, SIGNATURES_AT_ONCE);
}

/** A certificate as it was presented: anybody can present it. */
export interface ShownCertificate {
  key: KeyObject;
  fingerprint: Fingerprint;
  /** Whether it has one of the fingerprints of the peer's file. */
  isOfFile: boolean;
}

/**
 * @param der - a certificate
 * @returns undefined when it is not a certificate, or has a key of a kind that signs no handshake of ours
 */
export function readCertificate(der: Uint8Array, fingerprints: readonly Fingerprint[]): ShownCertificate | undefined {
  const fingerprint = fingerprintOf(der);
  const expected = fingerprints.filter(({ algorithm }) => algorithm === fingerprint.algorithm);
  try {
    const key = new X509Certificate(der).publicKey;
    if (!isUsable(key)) return undefined;
    return { key, fingerprint, isOfFile: expected.some(({ value }) => isSame(value, fingerprint.value)) };
  } catch {
    return undefined;
  }
}

function isUsable({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): boolean {
  if (asymmetricKeyType === "ec") return ORDERS[asymmetricKeyDetails?.namedCurve ?? ""] !== undefined;
  if (asymmetricKeyType !== "rsa") return false;
  const { modulusLength = Number.POSITIVE_INFINITY, publicExponent } = asymmetricKeyDetails ?? {};
  return modulusLength <= MAX_RSA_BITS && publicExponent !== undefined && publicExponent <= MAX_RSA_EXPONENT;
}

/** Whether the key's owner has signed the content. Never throws. */
export function isSignedBy(key: KeyObject, signed: SignedValue | undefined, content: Uint8Array): boolean {
  return (
    signed !== undefined && key.asymmetricKeyType === KEY_TYPES[signed.signature] && isVerified(key, signed, content)
  );
}

/**
 * The CertificateVerify bodies that are as valid as this one, itself first: anybody can make one ECDSA signature of
 * another, and only Finished shows which of the two was sent.
 * @param key - the key that has verified it
 */
export function equallyValid(key: KeyObject, certificateVerify: Uint8Array): Uint8Array[] {
  const signed = decodeSigned(certificateVerify);
  const order = ORDERS[key.asymmetricKeyDetails?.namedCurve ?? ""];
  const twin = signed === undefined || order === undefined ? undefined : ecdsaTwin(signed.bytes, order);
  return twin === undefined ? [certificateVerify] : [certificateVerify, withSignature(certificateVerify, twin)];
}

function isVerified(key: KeyObject, { hash, bytes }: SignedValue, content: Uint8Array): boolean {
  try {
    return verify(hash, content, key, bytes);
  } catch {
    return false;
  }
}

/**
 * Whether a Finished covers these messages with this secret.
 * @param side - the side that sent the Finished
 */
export function isFinishedOver(
  side: "client" | "server",
  masterSecret: Uint8Array,
  transcript: Uint8Array,
  verifyData: Uint8Array,
): boolean {
  const seed = createHash("sha256").update(transcript).digest();
  const expected = prf(masterSecret, `${side} finished`, [seed], VERIFY_DATA_BYTES);
  return verifyData.length === expected.length && timingSafeEqual(expected, verifyData);
}

function isSame(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
