// Recognises a sealed exchange file: age's format (https://age-encryption.org/v1), as armored text or as
// the bytes inside. Opening it takes secrets and time and belongs to src/trust; this reads only what is public.
import { readDocumentText } from "./document-text.ts";

/**
 * `partial`: the armor has no end yet, so the file may still be arriving. `damaged`: the armor's content is not
 * base64. `whole`: the file without armor; `workFactor`: log2 of scrypt's N, if a passphrase opens it and N is given.
 */
export type Sealed =
  | { state: "partial" | "damaged" }
  | { state: "whole"; needs: SealedBy; bytes: Uint8Array; workFactor?: number };

/** The secret that opens it: a passphrase, or the age identity of somebody to whom it was sealed. */
export type SealedBy = "passphrase" | "identity";

const BEGIN = "-----BEGIN AGE ENCRYPTED FILE-----";
const END = "-----END AGE ENCRYPTED FILE-----";
const BINARY_MAGIC = "age-encryption.org/v1\n";
/** Far more than the one stanza of a passphrase takes. */
const MAX_HEADER_BYTES = 4_096;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/**
 * Reads the envelope of a sealed file. Line ends, indentation and the width of the lines may have changed on the way.
 * @returns undefined for a file that is not sealed
 */
export function readSealed(bytes: Uint8Array): Sealed | undefined {
  if (startsWith(bytes, BINARY_MAGIC)) return whole(bytes);
  const { text } = readDocumentText(bytes);
  if (!text.startsWith(BEGIN)) return undefined;
  const end = text.indexOf(END);
  if (end === -1) return { state: "partial" };
  const base64 = text.slice(BEGIN.length, end).replaceAll(/\s+/g, "");
  if (!BASE64.test(base64) || base64.length % 4 !== 0) return { state: "damaged" };
  const last = base64.slice(-4);
  // The last character's surplus bits are zero, so that a file has exactly one base64 form. RFC 4648 §3.5
  if (btoa(atob(last)) !== last) return { state: "damaged" };
  return whole(Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)));
}

function whole(bytes: Uint8Array): Sealed {
  const [header = ""] = new TextDecoder("latin1").decode(bytes.subarray(0, MAX_HEADER_BYTES)).split("\n---");
  const stanza = /\n-> scrypt(?: \S{1,64} ([1-9]\d?)\n)?/.exec(header);
  if (stanza === null) return { state: "whole", needs: "identity", bytes };
  const [, factor] = stanza;
  return {
    state: "whole",
    needs: "passphrase",
    bytes,
    ...(factor === undefined ? {} : { workFactor: Number(factor) }),
  };
}

function startsWith(bytes: Uint8Array, text: string): boolean {
  return bytes.length >= text.length && Array.from(text).every((char, at) => bytes[at] === char.charCodeAt(0));
}
