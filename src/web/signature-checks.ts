// Signatures of documents in a page. A line asks for them at once and Web Crypto answers later, so they are checked
// before a document is handed to the line.
import { decodeExchangeDocument } from "../exchange/codec.ts";
import { bytesOfHex, toHex } from "../lib/bytes.ts";

/** Limit of the remembered signatures of one page; the oldest is forgotten for one more. */
const MAX_CHECKED = 64;

const utf8 = new TextEncoder();

export class SignatureChecks {
  /** Whether a signature is good, by key, signature and text. */
  readonly #checked = new Map<string, boolean>();

  /** Checks the signature of a document, if it has one. Resolves when `isGood` can tell. */
  async check(bytes: Uint8Array): Promise<void> {
    const decoding = decodeExchangeDocument(bytes, "");
    if (!decoding.ok || decoding.document.signature === undefined) return;
    const { key, value, text } = decoding.document.signature;
    const isGood = await isSignedBy(key, value, utf8.encode(text));
    this.#checked.set(nameOf(key, value, utf8.encode(text)), isGood);
    const [oldest] = this.#checked.keys();
    if (this.#checked.size > MAX_CHECKED && oldest !== undefined) this.#checked.delete(oldest);
  }

  /** Whether `check` has found the signature good. */
  isGood(key: string, signature: string, bytes: Uint8Array): boolean {
    return this.#checked.get(nameOf(key, signature, bytes)) === true;
  }
}

function nameOf(key: string, signature: string, bytes: Uint8Array): string {
  return `${key} ${signature} ${toHex(bytes)}`;
}

/**
 * Whether the signature is good, as far as this browser can tell. A page keeps no keys, so a signature tells it no more
 * than that nobody has changed the document, and whoever could change it could leave the signature out: a browser without
 * Ed25519, or a page from an unencrypted server, which has no Web Crypto, takes it as it is.
 */
async function isSignedBy(publicKey: string, signature: string, bytes: Uint8Array<ArrayBuffer>): Promise<boolean> {
  const { subtle } = crypto as { subtle?: SubtleCrypto };
  if (subtle === undefined) return true;
  try {
    const key = await subtle.importKey("raw", bytesOfHex(publicKey), "Ed25519", false, ["verify"]);
    return await subtle.verify("Ed25519", key, bytesOfHex(signature), bytes);
  } catch (error) {
    return error instanceof DOMException && error.name === "NotSupportedError";
  }
}
