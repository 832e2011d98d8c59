// The certificate authorities that may vouch for a TURN server: Node's own, those of this system, and those that
// NODE_EXTRA_CA_CERTS names. Node on its own omits the system's, where companies have theirs.
import { readFileSync } from "node:fs";
import tls, { createSecureContext, rootCertificates, type SecureContext } from "node:tls";
import type { CertificateFlaw } from "../../lib/errors/params.ts";

/** The files in which Linux distributions, BSDs and macOS keep them; the first one that exists counts. */
const SYSTEM_BUNDLES: readonly string[] = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

/** The function of Node 22.15 and later, which reads the stores of Windows and macOS too. */
type StoreReader = (store: "default" | "system") => string[];

let context: SecureContext | undefined;

/** The context is created once: reading the authorities takes some 50 ms. */
export function trustedContext(): SecureContext {
  context ??= createSecureContext({ ca: authorities() });
  return context;
}

function authorities(): string[] {
  const { getCACertificates } = tls as { getCACertificates?: StoreReader };
  // The certificates that NODE_EXTRA_CA_CERTS names are part of "default".
  if (getCACertificates !== undefined) return [...getCACertificates("default"), ...getCACertificates("system")];
  const { NODE_EXTRA_CA_CERTS: extra, SSL_CERT_FILE: chosen } = process.env;
  const system = firstReadable(chosen === undefined ? SYSTEM_BUNDLES : [chosen]);
  return [...rootCertificates, ...system, ...(extra === undefined ? [] : firstReadable([extra]))];
}

function firstReadable(paths: readonly string[]): string[] {
  for (const path of paths) {
    try {
      return [readFileSync(path, "utf8")];
    } catch {
      // This system keeps them elsewhere.
    }
  }
  return [];
}

/** Keyed by the codes of OpenSSL and Node. */
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
