// What is wrong with a server's certificate, by the codes that OpenSSL and Node give.

export type CertificateFlaw = "expired" | "not-yet-valid" | "other-name" | "untrusted";

const FLAWS: Readonly<Record<string, CertificateFlaw>> = {
  CERT_HAS_EXPIRED: "expired",
  CERT_NOT_YET_VALID: "not-yet-valid",
  ERR_TLS_CERT_ALTNAME_INVALID: "other-name",
  CERT_REJECTED: "untrusted",
  CERT_REVOKED: "untrusted",
  CERT_SIGNATURE_FAILURE: "untrusted",
  CERT_UNTRUSTED: "untrusted",
  DEPTH_ZERO_SELF_SIGNED_CERT: "untrusted",
  INVALID_CA: "untrusted",
  SELF_SIGNED_CERT_IN_CHAIN: "untrusted",
  UNABLE_TO_GET_ISSUER_CERT: "untrusted",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "untrusted",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "untrusted",
};

/** @returns undefined for a code that is not about a certificate */
export function certificateFlaw(code: string): CertificateFlaw | undefined {
  return FLAWS[code];
}
