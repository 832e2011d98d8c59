// The exchange file, both ways: `{ icecandidate, sdp, p2p }` with JSON text inside JSON, as a C++ program of 2018
// reads and writes it. Reading is liberal about form and strict about content; it never throws and fetches nothing.
// The format is docs/exchange-format.md.
import type { Damage } from "../lib/damage.ts";
import type { ExchangeFlaw } from "../lib/errors/flaw.ts";
import { P2pError } from "../lib/errors/p2p-error.ts";
import { encodeCandidate } from "./candidate.ts";
import { type CodeReading, readRepairedCode, readShortCode } from "./code/short-code.ts";
import type { DocumentSignature, ExchangeDocument, OwnDocument, P2pKey } from "./description.ts";
import { hasOwnKey, isMeantAsDocument, readDocument } from "./document-reader.ts";
import { decodeText, formatJson, readDocumentText } from "./document-text.ts";
import { MAX_DOCUMENT_BYTES } from "./limits.ts";
import { readFile, takesRepair } from "./readings.ts";
import { RepairWork } from "./repair/repair-work.ts";
import { mayHoldDocument, repairsOf } from "./repair/repairs.ts";
import { plainLayout, transportSection } from "./sdp-layout.ts";
import { writeSdp } from "./sdp-write.ts";
import { readSealed, type Sealed } from "./sealed.ts";

const SIZE_LIMIT_TEXT = "256 KiB";
const DOCUMENT_SIGN = /sdp|icecandidate|v=0[\r\n\\]/i;

export type Decoding =
  | {
      ok: true;
      document: ExchangeDocument;
      /** The text of the document alone: without what programs have changed in it, and what is around it. */
      text: string;
    }
  | {
      ok: false;
      /** FILE_MALFORMED or FILE_TOO_LARGE; FILE_SEALED or FILE_SEAL_DAMAGED where it has to be opened first. */
      error: P2pError;
      /** It does not parse at all, so it may still be arriving. */
      incomplete: boolean;
      /** It is meant to be an exchange file: a person should learn what is wrong with it, whatever its name. */
      isExchange: boolean;
    };

/**
 * Encodes an exchange file. Candidates are in `icecandidate` only, and `p2p` is the last key.
 * @param document - as returned by `decodeExchangeDocument`, so that decoding the text gives the same again
 */
export function encodeExchangeDocument(document: OwnDocument): string {
  const { description, layout = plainLayout(description), localNames = [], p2p, signature } = document;
  const sdp = writeSdp(description, p2p?.revision ?? 1, { layout });
  const transport = transportSection(layout);
  return formatJson({
    icecandidate: [...description.candidates, ...localNames].map((candidate) =>
      formatJson({
        candidate: encodeCandidate(candidate, description.iceUfrag),
        sdpMLineIndex: layout.sections.indexOf(transport),
        sdpMid: transport.mid ?? description.mid,
      }),
    ),
    sdp: formatJson({ sdp, type: description.type }),
    ...(p2p === undefined ? {} : { p2p: keyAsWritten(p2p, signature) }),
  });
}

/**
 * Encodes a description as pages and programs take it: `{"type", "sdp"}` in one line, candidates within. Nothing of the
 * `p2p` key is in it, so its reader knows neither id nor expiry, and no signature.
 */
export function encodeBareDescription({ description, layout, p2p }: OwnDocument): string {
  const sdp = writeSdp(description, p2p?.revision ?? 1, { layout, withCandidates: true });
  return `${JSON.stringify({ type: description.type, sdp })}\n`;
}

function keyAsWritten(p2p: P2pKey, signature: DocumentSignature | undefined) {
  return {
    ...p2p,
    ...(p2p.nat === undefined ? {} : { nat: { ...p2p.nat } }),
    ...(signature === undefined ? {} : { signature: { key: signature.key, value: signature.value } }),
  };
}

/**
 * Decodes an exchange file in any of the forms in which people and browsers pass it on.
 * @param bytes - at most 256 KiB of them are examined; more is FILE_TOO_LARGE
 * @param path - name of the file in errors
 */
export function decodeExchangeDocument(bytes: Uint8Array, path: string): Decoding {
  if (bytes.length > MAX_DOCUMENT_BYTES) {
    const error = new P2pError("FILE_TOO_LARGE", { path, limit: SIZE_LIMIT_TEXT });
    return { ok: false, error, incomplete: false, isExchange: false };
  }
  const work = new RepairWork();
  const sealed = readSealed(bytes, work);
  if (sealed !== undefined) return undecodable(sealed, path);
  const { text: whole } = decodeText(bytes);
  const code = readShortCode(whole);
  if (code !== undefined && !mayBeJson(bytes)) return decodeCode(code, path);
  const reading = readFile(bytes, readDocument, work);
  if (reading.ok) return { ok: true, document: reading.document, text: reading.text };
  if (code !== undefined) return decodeCode(code, path);
  const { field, flaw, value, text } = reading;
  // White space, entities and tags hide no code; the encodings of mail do.
  const isRepaired = value === undefined && mayHoldDocument(whole);
  const repaired = isRepaired ? readRepairedCode(repairsOf(bytes, work)) : undefined;
  if (repaired !== undefined) return decodeCode(repaired.reading, path, repaired.undone);
  return {
    ok: false,
    error: new P2pError("FILE_MALFORMED", { path, field, flaw, by: hasOwnKey(value) ? "p2p" : "other" }),
    incomplete: value === undefined,
    isExchange: value === undefined ? isPackedFlaw(flaw) || DOCUMENT_SIGN.test(text) : isMeantAsDocument(value),
  };
}

/** Also a document that was changed on its way; a name within it may be anything, a code too. */
function mayBeJson(bytes: Uint8Array): boolean {
  return readDocumentText(bytes).text.includes("{");
}

/** Decodes the document that is rebuilt from a short code, held to what is asked of a file. */
function decodeCode(code: CodeReading, path: string, undone: readonly Damage[] = []): Decoding {
  if (!code.ok) {
    const { flaw } = code;
    const error = new P2pError("FILE_MALFORMED", { path, field: "file", flaw });
    return { ok: false, error, incomplete: flaw.flaw === "code-cut-off", isExchange: true };
  }
  const text = encodeExchangeDocument(code.document);
  const reading = readFile(new TextEncoder().encode(text), readDocument, new RepairWork());
  if (reading.ok) {
    reading.document.remarks.unshift({ remark: "code" });
    if (undone.length > 0) reading.document.remarks.unshift({ remark: "repaired", undone: [...undone] });
    return { ok: true, document: reading.document, text };
  }
  const { field, flaw } = reading;
  const error = new P2pError("FILE_MALFORMED", { path, field, flaw, by: "p2p" });
  return { ok: false, error, incomplete: false, isExchange: true };
}

/** Programs compress their descriptions or print their bytes; little else is in a text of that kind. */
function isPackedFlaw(flaw: ExchangeFlaw): boolean {
  if (flaw.flaw === "shortened") return true;
  return flaw.flaw === "foreign-format" && (flaw.format === "compressed" || flaw.format === "gzip");
}

/**
 * Returns whether reading these bytes takes repairs, which cost up to a quarter of a second for the longest document,
 * a hundred times as much as others. docs/exchange-format.md, Mangled.
 */
export function takesRepairs(bytes: Uint8Array): boolean {
  return bytes.length <= MAX_DOCUMENT_BYTES && takesRepair(bytes, readDocument);
}

/** A sealed file: its content cannot be read here. */
function undecodable(sealed: Sealed, path: string): Decoding {
  const error =
    sealed.state === "whole"
      ? new P2pError("FILE_SEALED", { path, needs: sealed.needs })
      : new P2pError("FILE_SEAL_DAMAGED", { path });
  return { ok: false, error, incomplete: sealed.state === "partial", isExchange: true };
}
