// The parts of handshake messages that prove who the peer is: its certificate, and the signatures that show that
// it owns the certificate's key. Only parsing; whoever calls does the cryptography.
// RFC 5246 §7.4.2, §7.4.8; RFC 8422 §5.4.

/** A digitally-signed value with its SignatureAndHashAlgorithm. RFC 5246 §4.7. */
export interface SignedValue {
  hash: "sha256" | "sha384" | "sha512";
  signature: "rsa" | "ecdsa";
  bytes: Uint8Array;
}

const HASHES: Readonly<Record<number, SignedValue["hash"]>> = { 4: "sha256", 5: "sha384", 6: "sha512" };
const SIGNATURES: Readonly<Record<number, SignedValue["signature"]>> = { 1: "rsa", 3: "ecdsa" };

const NAMED_CURVE = 3;
/** curve type, curve, length of the point. */
const EC_PARAMS_HEADER_BYTES = 4;
const RANDOM_BYTES = 32;
const VERSION_BYTES = 2;

/** @returns the first certificate of a Certificate message in DER, or undefined where there is none */
export function firstCertificate(body: Uint8Array): Uint8Array | undefined {
  if (body.length < 6) return undefined;
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  const listBytes = view.getUint8(0) * 2 ** 16 + view.getUint16(1);
  const certificateBytes = view.getUint8(3) * 2 ** 16 + view.getUint16(4);
  if (listBytes !== body.length - 3 || certificateBytes === 0 || certificateBytes + 3 > listBytes) return undefined;
  return body.subarray(6, 6 + certificateBytes);
}

/** The `random` of a ClientHello or ServerHello: it follows the version. RFC 5246 §7.4.1.2. */
export function helloRandom(body: Uint8Array): Uint8Array | undefined {
  return body.length < VERSION_BYTES + RANDOM_BYTES
    ? undefined
    : body.subarray(VERSION_BYTES, VERSION_BYTES + RANDOM_BYTES);
}

/** Whether a ClientHello carries a cookie, so that it is the second one. RFC 6347 §4.2.1. */
export function hasCookie(clientHello: Uint8Array): boolean {
  const sessionIdBytes = clientHello[VERSION_BYTES + RANDOM_BYTES] ?? 0;
  return (clientHello[VERSION_BYTES + RANDOM_BYTES + 1 + sessionIdBytes] ?? 0) > 0;
}

/** The ECDHE parameters of a ServerKeyExchange and their signature. */
export function splitServerKeyExchange(body: Uint8Array): { params: Uint8Array; signed: SignedValue } | undefined {
  if (body[0] !== NAMED_CURVE || body.length < EC_PARAMS_HEADER_BYTES) return undefined;
  const paramsBytes = EC_PARAMS_HEADER_BYTES + (body[3] ?? 0);
  if (paramsBytes > body.length) return undefined;
  const signed = decodeSigned(body.subarray(paramsBytes));
  return signed === undefined ? undefined : { params: body.subarray(0, paramsBytes), signed };
}

/** The body of a CertificateVerify is one signed value. */
export function decodeSigned(bytes: Uint8Array): SignedValue | undefined {
  if (bytes.length < 4) return undefined;
  const hash = HASHES[bytes[0] ?? 0];
  const signature = SIGNATURES[bytes[1] ?? 0];
  const length = (bytes[2] ?? 0) * 2 ** 8 + (bytes[3] ?? 0);
  if (hash === undefined || signature === undefined || bytes.length !== 4 + length) return undefined;
  return { hash, signature, bytes: bytes.subarray(4) };
}
