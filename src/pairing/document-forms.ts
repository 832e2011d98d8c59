// The two forms of one document, a file and a short code: each is made of the other.
import { decodeExchangeDocument } from "../exchange/codec.ts";
import { encodeShortCode } from "../exchange/code/short-code.ts";
import type { ExchangeDocument } from "../exchange/description.ts";
import { P2pError } from "../lib/errors/p2p-error.ts";
import { checkSignature } from "./people.ts";

/**
 * Returns the short code of a document, whichever form it has.
 * @param bytes - in any of the forms in which a document is read
 * @param path - its name in errors
 * @throws P2pError FILE_MALFORMED, FILE_TOO_LARGE, FILE_SEALED, FILE_SIGNATURE_WRONG, CODE_IMPOSSIBLE
 */
export function shortCodeOf(bytes: Uint8Array, path: string): string {
  return codeOf(readDocument(bytes, path).document, path);
}

/**
 * Returns the other form of a document: of a file its code, of a code the text of the file.
 * @param bytes - in any of the forms in which a document is read
 * @param path - its name in errors
 * @throws P2pError FILE_MALFORMED, FILE_TOO_LARGE, FILE_SEALED, FILE_SIGNATURE_WRONG, CODE_IMPOSSIBLE
 */
export function otherForm(bytes: Uint8Array, path: string): { form: "code" | "file"; text: string } {
  const { document, text } = readDocument(bytes, path);
  if (document.remarks.some(({ remark }) => remark === "code")) return { form: "file", text };
  return { form: "code", text: codeOf(document, path) };
}

function readDocument(bytes: Uint8Array, path: string): { document: ExchangeDocument; text: string } {
  const decoding = decodeExchangeDocument(bytes, path);
  if (!decoding.ok) throw decoding.error;
  checkSignature(decoding.document, path);
  return decoding;
}

function codeOf(document: ExchangeDocument, path: string): string {
  const encoded = encodeShortCode(document);
  if ("why" in encoded) throw new P2pError("CODE_IMPOSSIBLE", { path, why: encoded.why });
  return encoded.code;
}
