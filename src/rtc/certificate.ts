// The self-signed certificate of one side: ECDSA P-256, new for each line, verified by the peer through its SHA-256
// fingerprint in the exchange file. RFC 8122, RFC 8827 §6.5.
import { createHash, X509Certificate } from "node:crypto";
import type { Fingerprint } from "../exchange/description.ts";
import { loadWerift } from "./werift.ts";

export interface LocalCertificate {
  readonly certPem: string;
  readonly keyPem: string;
  readonly signatureHash: { signature: number; hash: number };
  readonly fingerprint: Fingerprint;
}

/** Restores a certificate that was made before. @throws Error when it is not valid */
export function restoreCertificate(kept: Omit<LocalCertificate, "fingerprint">): LocalCertificate {
  const { certPem, keyPem, signatureHash } = kept;
  return { certPem, keyPem, signatureHash, fingerprint: fingerprintOf(new X509Certificate(certPem).raw) };
}

/** Makes a new self-signed certificate, ECDSA with P-256, for one line. */
export async function createCertificate(): Promise<LocalCertificate> {
  const { CipherContext, HashAlgorithm, NamedCurveAlgorithm, SignatureAlgorithm } = loadWerift();
  const { certPem, keyPem, signatureHash } = await CipherContext.createSelfSignedCertificateWithKey(
    { signature: SignatureAlgorithm.ecdsa_3, hash: HashAlgorithm.sha256_4 },
    NamedCurveAlgorithm.secp256r1_23,
  );
  return { certPem, keyPem, signatureHash, fingerprint: fingerprintOf(new X509Certificate(certPem).raw) };
}

/** @param der - a certificate in DER */
export function fingerprintOf(der: Uint8Array): Fingerprint {
  const hex = createHash("sha256").update(der).digest("hex").toUpperCase();
  return { algorithm: "sha-256", value: (hex.match(/../g) ?? []).join(":") };
}
