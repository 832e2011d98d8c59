// A document that came as text, pasted by a person: judged at once, since nothing more of it will come, and given in the
// form in which it is stored.
import { P2pError } from "../lib/errors/p2p-error.ts";
import { decodeExchangeDocument } from "./codec.ts";
import { readSealed } from "./sealed.ts";

/** Name of a pasted text in errors: it has none. */
const NO_NAME = "";
const ARMOR_COLUMNS = /.{1,64}/g;

/**
 * @param text - at most MAX_DOCUMENT_BYTES are examined
 * @param ownId - id of our own document, which serves nobody here
 * @returns the text of the document alone; of a sealed one its armor
 * @throws P2pError FILE_MALFORMED, FILE_TOO_LARGE, FILE_SEAL_DAMAGED, FILE_OWN
 */
export function pastedDocument(text: string, ownId?: string): string {
  const bytes = new TextEncoder().encode(text);
  const decoding = decodeExchangeDocument(bytes, NO_NAME);
  if (decoding.ok) {
    if (ownId !== undefined && decoding.document.p2p?.id === ownId) throw new P2pError("FILE_OWN", { path: NO_NAME });
    return decoding.text;
  }
  if (decoding.error.code !== "FILE_SEALED" && decoding.error.code !== "FILE_SEAL_DAMAGED") throw decoding.error;
  const sealed = readSealed(bytes);
  if (sealed?.state === "whole") return armorOf(sealed.bytes);
  if (sealed?.state === "partial") throw new P2pError("FILE_SEAL_DAMAGED", { path: NO_NAME });
  throw decoding.error;
}

function armorOf(bytes: Uint8Array): string {
  const base64 = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  const lines = base64.match(ARMOR_COLUMNS) ?? [];
  return ["-----BEGIN AGE ENCRYPTED FILE-----", ...lines, "-----END AGE ENCRYPTED FILE-----", ""].join("\n");
}
