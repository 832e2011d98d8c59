// Reads the value of an exchange file: ours, that of the programs of 2018, what browsers give, and the messages of other
// programs. Liberal about form, strict about content. docs/exchange-format.md §4.
import { type CandidateEntry, readCandidateEntry } from "./candidate-entries.ts";
import { candidateKey, type CandidateReading, decodeCandidate } from "./candidate.ts";
import type { ExchangeDocument, IceCandidate, Remark, SessionDescription } from "./description.ts";
import { documentDigest } from "./digest.ts";
import { parseJson } from "./document-text.ts";
import { FlawError, missing, wrongValue } from "./flaw-error.ts";
import { DEFAULT_MAX_MESSAGE_SIZE, FOREIGN_DEFAULT_MESSAGE_SIZE, MAX_CANDIDATES, MAX_LOCAL_NAMES } from "./limits.ts";
import { contentOf, type FoundDescription, joinedLines, type MessageContent } from "./message-shapes.ts";
import { withLineEnds } from "./packed-text.ts";
import {
  checkEnvelope,
  checkP2pKey,
  checkSessionDescriptionInit,
  type Envelope,
  type SessionDescriptionInit,
} from "./schema.ts";
import { type CandidateSection, checkP2pMessageSize, readSdp, type SdpReading } from "./sdp-read.ts";
import { signedText } from "./signed-text.ts";

/** The version of the `p2p` key that this program writes. */
export const P2P_KEY_VERSION = 1;
const MAX_SHOWN_CANDIDATE_LENGTH = 120;

/** A description that was found in whatever value, and what came with it. */
interface FoundDocument {
  init: SessionDescriptionInit;
  /** The value of `a=max-message-size` where the text gives none. */
  assumedMessageSize: number;
  entries: readonly CandidateEntry[];
  remarks: Remark[];
}

/** Whether a value is meant to be an exchange file: a person should learn what is wrong with it. */
export function isMeantAsDocument(value: unknown): boolean {
  return isEnvelope(value) || contentOf(value).descriptions.length > 0;
}

/** Whether our own program wrote a value, or means to have. */
export function hasOwnKey(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.hasOwn(value, "p2p");
}

/**
 * Reads a document.
 * @param value - what JSON.parse returns, or the text of a session description
 * @throws FlawError
 */
export function readDocument(value: unknown): ExchangeDocument {
  if (isEnvelope(value) && hasOwnKey(value)) return readOwn(value);
  const content = contentOf(value);
  const [found, second] = content.descriptions;
  if (second !== undefined) throw new FlawError("file", { flaw: "several-descriptions" });
  if (found === undefined) throw flawWithout(value, content);
  const remarks: Remark[] = [];
  if (isWrapped(found, value)) remarks.push({ remark: "wrapped", where: found.where });
  if (hasOwnKey(found.holder)) {
    const document = readOwn(found.holder);
    return { ...document, remarks: [...remarks, ...document.remarks] };
  }
  if (content.hasP2pKey) throw new FlawError("p2p", { flaw: "apart" });
  return readForeign(found, content, remarks, value);
}

function isEnvelope(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  return Object.hasOwn(value, "sdp") || Object.hasOwn(value, "icecandidate");
}

/** In our envelope the description is one level down; `{type, sdp}` is none. */
function isWrapped({ where }: FoundDescription, value: unknown): boolean {
  return where !== "" && !(isEnvelope(value) && where === "sdp");
}

/** A value without description: the flaw that is most likely behind it. */
function flawWithout(value: unknown, { candidates }: MessageContent): FlawError {
  if (!isEnvelope(value)) {
    const flaw = candidates.length > 0 ? "only-candidates" : "not-exchange";
    return new FlawError("file", { flaw });
  }
  const envelope = checkEnvelope(value);
  readInit(envelope);
  return new FlawError("sdp", { flaw: "not-sdp" });
}

/** Our own document, held to what our own program writes. @throws FlawError */
function readOwn(value: unknown): ExchangeDocument {
  const envelope = checkEnvelope(value);
  const { init, isBare } = readInit(envelope);
  const entries = (envelope.icecandidate ?? []).flatMap((entry, at) =>
    readCandidateEntry(entry, `icecandidate[${at}]`),
  );
  const document = assemble({
    init,
    assumedMessageSize: DEFAULT_MAX_MESSAGE_SIZE,
    entries,
    remarks: isBare ? [{ remark: "bare-description" }] : [],
  });
  checkP2pMessageSize(document.description);
  const raw = unwrap(envelope.p2p, "p2p");
  const { signature, ...p2p } = checkP2pKey(raw);
  if (p2p.version > P2P_KEY_VERSION) document.remarks.push({ remark: "newer-version", version: p2p.version });
  if (p2p.digest !== undefined && p2p.digest !== documentDigest(document.description, raw as object)) {
    document.remarks.push({ remark: "altered" });
  }
  if (signature === undefined) return { ...document, p2p };
  const { signature: _, ...signed } = raw as Record<string, unknown>;
  const text = signedText(document.description, signed);
  // No signature covers the names, which only pages write, who sign nothing: these are somebody else's.
  const { localNames: __, ...covered } = document;
  return { ...covered, p2p, signature: { ...signature, text } };
}

/** The document of another program. @throws FlawError */
function readForeign(
  found: FoundDescription,
  { candidates, elsewhere }: MessageContent,
  remarks: Remark[],
  value: unknown,
): ExchangeDocument {
  if (found.where === "") remarks.push({ remark: found.holder === undefined ? "sdp-text" : "bare-description" });
  const packings = found.packing === undefined ? [] : [found.packing];
  const lines = Array.isArray(found.sdp) ? joinedLines(found.sdp) : undefined;
  if (lines !== undefined) packings.push("lines");
  const text = lines ?? String(found.sdp);
  const unescaped = withLineEnds(text);
  if (unescaped !== undefined) packings.push("escapes");
  for (const packing of packings) remarks.push({ remark: "packed", packing });
  const sdp = unescaped ?? text;
  const type = typeOf(found, sdp, remarks);
  // All of it in one line: where each begins is lost.
  if (/^\s*v=0.*m=/.test(sdp)) throw new FlawError("sdp", { flaw: "mangled", by: "broken-lines" });
  const hasList = isEnvelope(value) && Object.hasOwn(value, "icecandidate");
  if (hasList) checkEnvelope(value);
  const entries = candidates.flatMap(({ entry, where }) => readCandidateEntry(entry, where));
  for (const [key, count] of elsewhere) {
    remarks.push({ remark: "candidates-elsewhere", key, count });
  }
  return assemble({ init: { type, sdp }, assumedMessageSize: FOREIGN_DEFAULT_MESSAGE_SIZE, entries, remarks });
}

/** Without a type the setup tells: only an offer leaves the part open. RFC 8842 §5. @throws FlawError */
function typeOf(found: FoundDescription, sdp: string, remarks: Remark[]): SessionDescription["type"] {
  const { type: said, holder, where } = found;
  if (said === "offer" || said === "answer") return said;
  // Libraries number the types differently: 1 is an offer in Pion and no final answer in libwebrtc.
  const isNumber = holder !== undefined && typeof holder["type"] === "number";
  if (said !== undefined || (holder !== undefined && Object.hasOwn(holder, "type") && !isNumber)) {
    throw wrongValue([where, "type"].filter((part) => part !== "").join("."), "offer-or-answer");
  }
  const type = /^a=setup:\s*(?:active|passive)\b/im.test(sdp) ? "answer" : "offer";
  remarks.push({ remark: "type-assumed", type });
  return type;
}

/** What consoles and chats show in the place of the rest of a long text. */
const ELLIPSIS = /(?:…|\.\.\.(?: \d{1,9} more characters?)?)\s{0,20}$/;

/** @throws FlawError */
function assemble({ init, assumedMessageSize, entries, remarks }: FoundDocument): ExchangeDocument {
  if (ELLIPSIS.test(init.sdp)) throw new FlawError("sdp", { flaw: "shortened" });
  const reading = readSdp(init.sdp, init.type, assumedMessageSize);
  const { description, layout } = reading;
  const candidates = readCandidates(reading, entries);
  return {
    description: { ...description, candidates: candidates.usable },
    ...(layout === undefined ? {} : { layout }),
    ...(candidates.localNames.length === 0 ? {} : { localNames: candidates.localNames }),
    remarks: [...remarks, ...reading.remarks, ...candidates.remarks],
  };
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
): { usable: IceCandidate[]; localNames: IceCandidate[]; remarks: Remark[] } {
  const count = candidateLines.length + entries.length;
  if (count > MAX_CANDIDATES) {
    throw new FlawError("icecandidate", { flaw: "too-many", count, limit: MAX_CANDIDATES });
  }
  const remarks: Remark[] = [];
  const byKey = new Map<string, IceCandidate>();
  const localNames = new Map<string, IceCandidate>();
  const read = (entry: CandidateEntry, isShared: boolean): void => {
    const reading = readUsable(entry, isShared, description.iceUfrag);
    const { where } = entry;
    if ("why" in reading) {
      const shown = entry.text.slice(0, MAX_SHOWN_CANDIDATE_LENGTH);
      remarks.push({ remark: "candidate-skipped", where, why: reading.why, text: shown });
      const { hidden } = reading;
      if (hidden !== undefined && localNames.size < MAX_LOCAL_NAMES) localNames.set(candidateKey(hidden), hidden);
    } else if (byKey.has(candidateKey(reading.candidate))) {
      remarks.push({ remark: "candidate-duplicate", where });
    } else {
      byKey.set(candidateKey(reading.candidate), reading.candidate);
    }
  };
  for (const { text, isShared } of candidateLines) read({ where: "sdp", text }, isShared);
  for (const entry of entries) read(entry, isOfShared(entry, sections));
  if (byKey.size === 0) remarks.push({ remark: "no-candidates" });
  return { usable: [...byKey.values()], localNames: [...localNames.values()], remarks };
}

/** A candidate that leads to the data channel, of the generation of the description. RFC 8839 §5.1. */
function readUsable(entry: CandidateEntry, isShared: boolean, iceUfrag: string): CandidateReading {
  const reading = decodeCandidate(entry.text);
  if ("why" in reading && reading.hidden === undefined) return reading;
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
