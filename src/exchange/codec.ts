// The exchange file, both ways: `{ icecandidate, sdp, p2p }` with JSON text inside JSON, as a C++ program of 2018
// reads and writes it. Reading is liberal about form and strict about content; it never throws and fetches nothing.
// The format is docs/exchange-format.md.
import { P2pError } from "../lib/errors/p2p-error.ts";
import { type CandidateEntry, readCandidateEntry } from "./candidate-entries.ts";
import { candidateKey, type CandidateReading, decodeCandidate, encodeCandidate } from "./candidate.ts";
import type { DocumentSignature, ExchangeDocument, IceCandidate, OwnDocument, P2pKey, Remark } from "./description.ts";
import { formatJson, parseJson, readDocumentText } from "./document-text.ts";
import { FlawError, missing } from "./flaw-error.ts";
import {
  DEFAULT_MAX_MESSAGE_SIZE,
  FOREIGN_DEFAULT_MESSAGE_SIZE,
  MAX_CANDIDATES,
  MAX_DOCUMENT_BYTES,
} from "./limits.ts";
import { readSealed, type Sealed } from "./sealed.ts";
import {
  checkEnvelope,
  checkP2pKey,
  checkSessionDescriptionInit,
  type Envelope,
  type SessionDescriptionInit,
} from "./schema.ts";
import { plainLayout, transportSection } from "./sdp-layout.ts";
import { type CandidateSection, checkP2pMessageSize, readSdp, type SdpReading } from "./sdp-read.ts";
import { signedText } from "./signed-text.ts";
import { writeSdp } from "./sdp-write.ts";

/** The version of the `p2p` key that this program writes. */
const P2P_KEY_VERSION = 1;
const MAX_SHOWN_CANDIDATE_LENGTH = 120;
const SIZE_LIMIT_TEXT = "256 KiB";

export type Decoding =
  | { ok: true; document: ExchangeDocument }
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
  const { description, layout = plainLayout(description), p2p, signature } = document;
  const sdp = writeSdp(description, p2p?.revision ?? 1, { layout });
  const transport = transportSection(layout);
  return formatJson({
    icecandidate: description.candidates.map((candidate) =>
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
  const sealed = readSealed(bytes);
  if (sealed !== undefined) return undecodable(sealed, path);
  const { text, isUtf16, isFenced } = readDocumentText(bytes);
  const value = parseJson(text);
  try {
    if (text === "") throw new FlawError("file", { flaw: "empty" });
    if (value === undefined) throw new FlawError("file", { flaw: "not-json" });
    const document = readDocument(value);
    if (isFenced) document.remarks.unshift({ remark: "code-fence" });
    if (isUtf16) document.remarks.unshift({ remark: "utf-16" });
    return { ok: true, document };
  } catch (error) {
    if (!(error instanceof FlawError)) throw error;
    const { field, flaw } = error;
    return {
      ok: false,
      error: new P2pError("FILE_MALFORMED", { path, field, flaw }),
      incomplete: value === undefined,
      isExchange: value === undefined ? /"(?:sdp|icecandidate)"/.test(text) : isExchangeObject(value),
    };
  }
}

/** A sealed file: its content cannot be read here. */
function undecodable(sealed: Sealed, path: string): Decoding {
  const error =
    sealed.state === "whole"
      ? new P2pError("FILE_SEALED", { path, needs: sealed.needs })
      : new P2pError("FILE_SEAL_DAMAGED", { path });
  return { ok: false, error, incomplete: sealed.state === "partial", isExchange: true };
}

function isExchangeObject(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.hasOwn(value, "sdp") || Object.hasOwn(value, "icecandidate");
}

/** @throws FlawError */
function readDocument(value: unknown): ExchangeDocument {
  if (!isExchangeObject(value)) throw new FlawError("file", { flaw: "not-exchange" });
  const envelope = checkEnvelope(value);
  const { init, isBare } = readInit(envelope);
  const assumedMessageSize = envelope.p2p === undefined ? FOREIGN_DEFAULT_MESSAGE_SIZE : DEFAULT_MAX_MESSAGE_SIZE;
  const reading = readSdp(init.sdp, init.type, assumedMessageSize);
  const { description, layout, remarks } = reading;
  if (isBare) remarks.unshift({ remark: "bare-description" });
  const entries = (envelope.icecandidate ?? []).flatMap((entry, at) =>
    readCandidateEntry(entry, `icecandidate[${at}]`),
  );
  const candidates = readCandidates(reading, entries);
  const document = {
    description: { ...description, candidates: candidates.usable },
    ...(layout === undefined ? {} : { layout }),
    remarks: [...remarks, ...candidates.remarks],
  };
  if (envelope.p2p === undefined) return document;
  checkP2pMessageSize(description);
  const raw = unwrap(envelope.p2p, "p2p");
  const { signature, ...p2p } = checkP2pKey(raw);
  if (p2p.version > P2P_KEY_VERSION) document.remarks.push({ remark: "newer-version", version: p2p.version });
  if (signature === undefined) return { ...document, p2p };
  const { signature: _, ...signed } = raw as Record<string, unknown>;
  return { ...document, p2p, signature: { ...signature, text: signedText(document.description, signed) } };
}

/** Parses JSON text; any other value is returned unchanged. @throws FlawError */
function unwrap(value: unknown, field: string): unknown {
  if (typeof value !== "string") return value;
  const inner = parseJson(value);
  if (inner === undefined) throw new FlawError(field, { flaw: "not-json" });
  return inner;
}

/** @throws FlawError */
function readInit(envelope: Envelope): { init: SessionDescriptionInit; isBare: boolean } {
  const { type, sdp } = envelope;
  if (sdp === undefined) throw missing("sdp");
  const isBare = typeof sdp === "string" && !sdp.trimStart().startsWith("{");
  const init = isBare ? checkSessionDescriptionInit({ type, sdp }, "") : undefined;
  return { init: init ?? checkSessionDescriptionInit(unwrap(sdp, "sdp"), "sdp"), isBare };
}

/** @throws FlawError when there are too many */
function readCandidates(
  { description, candidateLines, sections }: SdpReading,
  entries: readonly CandidateEntry[],
): { usable: IceCandidate[]; remarks: Remark[] } {
  const count = candidateLines.length + entries.length;
  if (count > MAX_CANDIDATES) {
    throw new FlawError("icecandidate", { flaw: "too-many", count, limit: MAX_CANDIDATES });
  }
  const remarks: Remark[] = [];
  const byKey = new Map<string, IceCandidate>();
  const read = (entry: CandidateEntry, isShared: boolean): void => {
    const reading = readUsable(entry, isShared, description.iceUfrag);
    const { where } = entry;
    if ("why" in reading) {
      const shown = entry.text.slice(0, MAX_SHOWN_CANDIDATE_LENGTH);
      remarks.push({ remark: "candidate-skipped", where, why: reading.why, text: shown });
    } else if (byKey.has(candidateKey(reading.candidate))) {
      remarks.push({ remark: "candidate-duplicate", where });
    } else {
      byKey.set(candidateKey(reading.candidate), reading.candidate);
    }
  };
  for (const { text, isShared } of candidateLines) read({ where: "sdp", text }, isShared);
  for (const entry of entries) read(entry, isOfShared(entry, sections));
  if (byKey.size === 0) remarks.push({ remark: "no-candidates" });
  return { usable: [...byKey.values()], remarks };
}

/** A candidate that leads to the data channel, of the generation of the description. RFC 8839 §5.1. */
function readUsable(entry: CandidateEntry, isShared: boolean, iceUfrag: string): CandidateReading {
  const reading = decodeCandidate(entry.text);
  if ("why" in reading) return reading;
  if (!isShared) return { why: "section" };
  const ufrags = [entry.ufrag, reading.ufrag];
  return ufrags.some((ufrag) => ufrag !== undefined && ufrag !== iceUfrag) ? { why: "generation" } : reading;
}

/** An entry that names no section of the text belongs to the only one that there is for us. */
function isOfShared({ mid, line }: CandidateEntry, sections: readonly CandidateSection[]): boolean {
  const named = sections.find((section) => section.mid !== undefined && section.mid === mid);
  const section = named ?? (line === undefined ? undefined : sections[line]);
  return section?.isShared ?? true;
}
