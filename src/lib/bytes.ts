// Big-endian fields written into and read out of byte arrays. A u64 is a number here: values beyond safe
// integers (up to 2^53-1) are refused, so that sizes and offsets stay exact. An i64 is a time, and may be rounded.
import { decodeName } from "./byte-names.ts";

/** The peer's bytes do not have the required shape. Caught by the decoder that reads them. */
export class MalformedBytes extends Error {
  override readonly name = "MalformedBytes";
}

// Fatal: replacement characters would make two different texts equal. A byte order mark is part of the text.
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Compares hashes and similar values; not for secrets, since it stops at the first difference. */
export function areEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

/** One array of all parts. */
export function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/**
 * Decodes base64 in either alphabet, with or without padding. RFC 4648 §4, §5.
 * @throws DOMException for what is none
 */
export function bytesOfBase64(digits: string): Uint8Array {
  const binary = atob(digits.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (char) => char.charCodeAt(0));
}

/** Writes fields one after the other. The caller has made sure that they fit and are in range. */
export class ByteWriter {
  readonly #into: Uint8Array;
  readonly #view: DataView;
  #at: number;

  constructor(into: Uint8Array, at: number) {
    this.#into = into;
    this.#view = new DataView(into.buffer, into.byteOffset, into.byteLength);
    this.#at = at;
  }

  #next(bytes: number): number {
    const at = this.#at;
    this.#at += bytes;
    return at;
  }

  u8(value: number): void {
    this.#view.setUint8(this.#next(1), value);
  }

  u16(value: number): void {
    this.#view.setUint16(this.#next(2), value);
  }

  u32(value: number): void {
    this.#view.setUint32(this.#next(4), value);
  }

  u64(value: number): void {
    this.#view.setBigUint64(this.#next(8), BigInt(value));
  }

  i64(value: number): void {
    this.#view.setBigInt64(this.#next(8), BigInt(value));
  }

  bytes(value: Uint8Array): void {
    this.#into.set(value, this.#next(value.length));
  }
}

/** Reads fields one after the other. Every method throws MalformedBytes when its field is incomplete. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Bytes not yet read. */
  get left(): number {
    return this.#bytes.length - this.#at;
  }

  #take(bytes: number): number {
    if (bytes > this.left) throw new MalformedBytes("a field is cut off");
    const at = this.#at;
    this.#at += bytes;
    return at;
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2));
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4));
  }

  /** @throws MalformedBytes also when the value is larger than 2^53-1 */
  u64(): number {
    return toSafeInteger(this.#view.getBigUint64(this.#take(8)));
  }

  /** Returns the nearest number: past 2^53 some values have none of their own. */
  i64(): number {
    return Number(this.#view.getBigInt64(this.#take(8)));
  }

  /** A view of the next bytes, not a copy. */
  bytes(count: number): Uint8Array {
    const at = this.#take(count);
    return this.#bytes.subarray(at, at + count);
  }

  /** The text of a name, whatever its bytes are: see `decodeName`. */
  name(count: number): string {
    return decodeName(this.bytes(count));
  }

  /** @throws MalformedBytes also when the bytes are not UTF-8 */
  text(count: number): string {
    const bytes = this.bytes(count);
    try {
      return decoder.decode(bytes);
    } catch {
      throw new MalformedBytes("a text is not UTF-8");
    }
  }
}

function toSafeInteger(value: bigint): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new MalformedBytes("a number is larger than 2^53-1");
  return number;
}

/** @param hex - an even number of hex digits */
export function bytesOfHex(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: hex.length / 2 }, (_, at) => Number.parseInt(hex.slice(at * 2, at * 2 + 2), 16));
}

/** Two lower-case digits per byte. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
