// Parsers for the parts of handshake messages that prove who the peer is: its certificate, and the signatures that show
// that it owns the certificate's key. They also decide which messages are well-formed enough to be kept. This file only
// parses; the caller does the cryptography. RFC 5246 §7.4; RFC 6347 §4.2.1; RFC 8422 §5.4.

/** A digitally-signed value with its SignatureAndHashAlgorithm. RFC 5246 §4.7. */
export interface SignedValue {
  hash: "sha256" | "sha384" | "sha512";
  signature: "rsa" | "ecdsa";
  bytes: Uint8Array;
}

const HASHES: Readonly<Record<number, SignedValue["hash"]>> = { 4: "sha256", 5: "sha384", 6: "sha512" };
const SIGNATURES: Readonly<Record<number, SignedValue["signature"]>> = { 1: "rsa", 3: "ecdsa" };

const NAMED_CURVE = 3;
/** Curve type, curve, length of the point. */
const EC_PARAMS_HEADER_BYTES = 4;
const RANDOM_BYTES = 32;
const VERSION_BYTES = 2;

/** @returns the first certificate of a Certificate message in DER, or undefined when there is none */
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

/** The position of the cookie in a ClientHello, its length byte excluded; undefined when the hello ends before it. */
function cookieSpan(clientHello: Uint8Array): { start: number; end: number } | undefined {
  const sessionIdBytes = clientHello[VERSION_BYTES + RANDOM_BYTES] ?? 0;
  const start = VERSION_BYTES + RANDOM_BYTES + 1 + sessionIdBytes + 1;
  const end = start + (clientHello[start - 1] ?? 0);
  return end < clientHello.length ? { start, end } : undefined;
}

/**
 * The cookie of a ClientHello; empty in the first one. RFC 6347 §4.2.1.
 * @returns undefined when the body is not a hello
 */
export function helloCookie(clientHello: Uint8Array): Uint8Array | undefined {
  const span = cookieSpan(clientHello);
  return span === undefined ? undefined : clientHello.subarray(span.start, span.end);
}

/** The same ClientHello without its cookie, as the client first sent it. */
export function withoutCookie(clientHello: Uint8Array): Uint8Array {
  const span = cookieSpan(clientHello);
  if (span === undefined) return clientHello;
  const { start, end } = span;
  return Uint8Array.from([...clientHello.subarray(0, start - 1), 0, ...clientHello.subarray(end)]);
}

const DTLS_VERSIONS = [0xfefd, 0xfeff];

/** The cookie of a HelloVerifyRequest; undefined when the body is not one. RFC 6347 §4.2.1. */
export function requestedCookie(body: Uint8Array): Uint8Array | undefined {
  const [major = 0, minor = 0, length = 0] = body;
  const isSound = DTLS_VERSIONS.includes(major * 2 ** 8 + minor) && length > 0 && body.length === 3 + length;
  return isSound ? body.subarray(3) : undefined;
}

/** A HelloVerifyRequest with this cookie, 1 … 255 bytes. */
export function helloVerifyRequest(cookie: Uint8Array): Uint8Array {
  return Uint8Array.from([0xfe, 0xfd, cookie.length, ...cookie]);
}

const DTLS_1_2 = 0xfefd;
/** ECDHE with ECDSA or RSA, AES-128-GCM. RFC 5289. */
const SUITES = [0xc02b, 0xc02f];

/** Whether a ServerHello selects what we proposed, and its length fields are consistent. RFC 5246 §7.4.1.3. */
export function isSoundServerHello(body: Uint8Array): boolean {
  const sessionIdBytes = body[VERSION_BYTES + RANDOM_BYTES] ?? 0;
  const at = VERSION_BYTES + RANDOM_BYTES + 1 + sessionIdBytes;
  if (sessionIdBytes > 32 || at + 3 > body.length) return false;
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  if (view.getUint16(0) !== DTLS_1_2 || !SUITES.includes(view.getUint16(at)) || view.getUint8(at + 2) !== 0)
    return false;
  return at + 3 === body.length || hasSoundExtensions(view, at + 3);
}

function hasSoundExtensions(view: DataView, from: number): boolean {
  if (from + 2 > view.byteLength || from + 2 + view.getUint16(from) !== view.byteLength) return false;
  let at = from + 2;
  while (at + 4 <= view.byteLength) at += 4 + view.getUint16(at + 2);
  return at === view.byteLength;
}

/** Whether the length fields of a CertificateRequest are consistent. RFC 5246 §7.4.4. */
export function isSoundCertificateRequest(body: Uint8Array): boolean {
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  const algorithmsAt = 1 + (body[0] ?? 0);
  if (body.length < 1 || algorithmsAt + 2 > body.length) return false;
  const namesAt = algorithmsAt + 2 + view.getUint16(algorithmsAt);
  return namesAt + 2 <= body.length && namesAt + 2 + view.getUint16(namesAt) === body.length;
}

/** Length of a public key in bytes by its group: P-256 uncompressed, X25519. RFC 8422 §5.1.1, §5.4.1. */
const POINT_BYTES: Readonly<Record<number, number>> = { 23: 65, 29: 32 };

/** The ECDHE parameters of a ServerKeyExchange and their signature; undefined when we do not support the group. */
export function splitServerKeyExchange(body: Uint8Array): { params: Uint8Array; signed: SignedValue } | undefined {
  if (body[0] !== NAMED_CURVE || body.length < EC_PARAMS_HEADER_BYTES) return undefined;
  if (POINT_BYTES[(body[1] ?? 0) * 2 ** 8 + (body[2] ?? 0)] !== body[3]) return undefined;
  const paramsBytes = EC_PARAMS_HEADER_BYTES + (body[3] ?? 0);
  if (paramsBytes > body.length) return undefined;
  const signed = decodeSigned(body.subarray(paramsBytes));
  return signed === undefined ? undefined : { params: body.subarray(0, paramsBytes), signed };
}

/** The public key of a ClientKeyExchange; undefined when the body is not one. RFC 8422 §5.7. */
export function clientPoint(body: Uint8Array): Uint8Array | undefined {
  const isSound = body.length === 1 + (body[0] ?? 0) && Object.values(POINT_BYTES).includes(body.length - 1);
  return isSound ? body.subarray(1) : undefined;
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

const SEQUENCE = 0x30;
const INTEGER = 0x02;
const LONG_LENGTH = 0x81;

/**
 * The other ECDSA signature of the same content: anybody who sees (r, s) can make (r, n - s), which is just as valid.
 * @param der - a signature that was verified
 * @param order - n, the order of the key's group
 * @returns undefined when `der` is not a signature
 */
export function ecdsaTwin(der: Uint8Array, order: bigint): Uint8Array | undefined {
  const start = der[1] === LONG_LENGTH ? 3 : 2;
  const r = readInteger(der, start);
  const s = r === undefined ? undefined : readInteger(der, r.end);
  if (der[0] !== SEQUENCE || r === undefined || s === undefined) return undefined;
  const twin = order - s.value;
  if (twin <= 0n) return undefined;
  const content = [...der.subarray(start, r.end), ...encodeInteger(twin)];
  const length = content.length < 0x80 ? [content.length] : [LONG_LENGTH, content.length];
  return Uint8Array.from([SEQUENCE, ...length, ...content]);
}

function readInteger(der: Uint8Array, at: number): { value: bigint; end: number } | undefined {
  const end = at + 2 + (der[at + 1] ?? 0);
  if (der[at] !== INTEGER || end > der.length || end === at + 2) return undefined;
  let value = 0n;
  for (const byte of der.subarray(at + 2, end)) value = value * 256n + BigInt(byte);
  return { value, end };
}

/** @param value - > 0 */
function encodeInteger(value: bigint): number[] {
  const bytes: number[] = [];
  for (let rest = value; rest > 0n; rest /= 256n) bytes.unshift(Number(rest % 256n));
  // A leading one bit would make it negative.
  if ((bytes[0] ?? 0) >= 0x80) bytes.unshift(0);
  return [INTEGER, bytes.length, ...bytes];
}

/** The body of a CertificateVerify with its signature replaced by this one. */
export function withSignature(certificateVerify: Uint8Array, signature: Uint8Array): Uint8Array {
  const { length } = signature;
  return Uint8Array.from([...certificateVerify.subarray(0, 2), length >> 8, length & 0xff, ...signature]);
}
