// Chooses how a file is read: as it is, or as the first repair of it that can be trusted. A document of ours carries a
// digest, so a wrong repair is known; without one only what leaves nothing odd behind is trusted.
import type { Damage } from "../lib/damage.ts";
import type { ExchangeFlaw } from "../lib/errors/flaw.ts";
import type { ExchangeDocument } from "./description.ts";
import { diagnose } from "./diagnosis.ts";
import { parseJson, parseJsonSequence, readDocumentText } from "./document-text.ts";
import { FlawError } from "./flaw-error.ts";
import { hasLeftovers, mayBeJoinedWrongly } from "./leftovers.ts";
import { hasBrokenDescription } from "./repair/broken-lines.ts";
import { undoLinks } from "./repair/links.ts";
import { firstSignOf, mayHoldDocument, type RepairedText, repairsOf } from "./repair/repairs.ts";
import type { RepairWork } from "./repair/repair-work.ts";
import { undoTypography } from "./repair/typography.ts";

/**
 * Reads the value of a text: what JSON.parse returns, or the text of a session description (`v=0`).
 * @throws FlawError
 */
export type ReadValue = (value: unknown) => ExchangeDocument;

/** Flaws of a text that was read completely: no repair would make another document of it. */
const WHOLE_FLAWS: readonly ExchangeFlaw["flaw"][] = [
  "not-exchange",
  "several-descriptions",
  "only-candidates",
  "apart",
];

const PICTURES = /\p{Extended_Pictographic}/u;
/** A picture that replaced a colon and the characters after it. */
const PICTURE_IN_LINE = /[\\n]a=[a-z-]{1,20}\p{Extended_Pictographic}/u;
/** The first line, RFC 8866 §5.1, also with blanks in it. */
const VERSION = /^v[ \t]{0,8}=[ \t]{0,8}0/;
/** A selection that begins with the second line: RFC 8866 §5.2. */
const WITHOUT_VERSION = /^o=\S{1,64} \d{1,20} \d{1,20} IN IP[46] \S{1,64}\s/;
/** Steps that join lines: what is joined with a text that is no line is passed over like an unknown attribute. */
const JOINING: readonly Damage[] = ["broken-lines", "quoted-printable"];
/** Words that show that a document has one of its optional parts: the list, its entries, the key of p2p. */
const PART_MARKS = ["icecandidate", "sdpMLineIndex", "expiresAt", "inReplyTo", "digest"] as const;

/** Stands for the value of a text that was read and is refused: it is whole, and an exchange file. */
const READ = { sdp: null };

/** The result of reading a file: the value, or the reason why it cannot be read. */
export type FileReading =
  /** `text`: what was read, without damage, code fence and text around it. */
  | { ok: true; document: ExchangeDocument; text: string }
  | {
      ok: false;
      field: string;
      flaw: ExchangeFlaw;
      /** The value of the text as it is; undefined when it has none. */
      value: unknown;
      text: string;
    };

/** Returns whether a file is read by repairs, which take much longer. @param bytes - at most MAX_DOCUMENT_BYTES */
export function takesRepair(bytes: Uint8Array, readValue: ReadValue): boolean {
  return isRepaired(readText(readDocumentText(bytes).text, readValue));
}

/**
 * Reads a file.
 * @param bytes - at most MAX_DOCUMENT_BYTES
 * @param work - what repairing it may cost
 */
export function readFile(bytes: Uint8Array, readValue: ReadValue, work: RepairWork): FileReading {
  const { text, isUtf16, isFenced } = readDocumentText(bytes);
  const asIs = readText(text, readValue);
  if (asIs.ok) {
    if (isFenced) asIs.document.remarks.unshift({ remark: "code-fence" });
    if (isUtf16) asIs.document.remarks.unshift({ remark: "utf-16" });
  }
  if (!isRepaired(asIs)) return asIs.ok || asIs.value !== undefined ? asIs : { ...asIs, flaw: diagnose(bytes, text) };
  const repaired = readRepaired(bytes, readValue, work);
  if (repaired?.ok === true) {
    if (isUtf16) repaired.document.remarks.unshift({ remark: "utf-16" });
    return repaired;
  }
  if (asIs.ok && isQuoted(text) && hasLostKey(asIs))
    return repaired ?? refusal({ flaw: "mangled", by: "escaped" }, text);
  if (asIs.ok && hasBrokenDescription(text)) return repaired ?? refusal({ flaw: "mangled", by: "broken-lines" }, text);
  if (asIs.ok && asIs.document.p2p === undefined) {
    const by = PICTURE_IN_LINE.test(text) ? "pictures" : hasLeftovers(text) ? "links" : undefined;
    if (by !== undefined) return repaired ?? refusal({ flaw: "mangled", by }, text);
  }
  if (asIs.ok) return isAltered(asIs.document) ? namedAltered(asIs) : asIs;
  // A part that is no JSON says less than what was done to the text.
  if (repaired !== undefined && (repaired.ok || repaired.flaw.flaw !== "not-json")) return repaired;
  return asIs.value === undefined ? { ...asIs, flaw: diagnose(bytes, text) } : asIs;
}

/** @param asIs - how the text is read as it is */
function isRepaired(asIs: FileReading): boolean {
  if (!asIs.ok) return isWorthRepairing(asIs);
  return (
    isDoubtful(asIs) || isQuoted(asIs.text) || (asIs.document.p2p === undefined && PICTURE_IN_LINE.test(asIs.text))
  );
}

/**
 * Returns whether a text is a string of JSON. Its content is what is read: a search for descriptions in any value would
 * find the one of a document of ours without its key.
 */
function isQuoted(text: string): boolean {
  return text.trimStart().startsWith('"');
}

/** The value of a text: JSON, several JSON values, or a session description as it is. */
function valueOf(text: string): unknown {
  if (VERSION.test(text) || WITHOUT_VERSION.test(text)) return text;
  const value = parseJson(text);
  return value === undefined ? parseJsonSequence(text) : value;
}

function readText(text: string, readValue: ReadValue): FileReading {
  const value = valueOf(text);
  try {
    if (value === undefined) throw new FlawError("file", { flaw: text === "" ? "empty" : "not-json" });
    return { ok: true, document: readValue(value), text };
  } catch (error) {
    if (!(error instanceof FlawError)) throw error;
    return { ok: false, field: error.field, flaw: error.flaw, value, text };
  }
}

/** The first repair that can be trusted; else the most telling reason against one. */
function readRepaired(bytes: Uint8Array, readValue: ReadValue, work: RepairWork): FileReading | undefined {
  let refused: FileReading | undefined;
  const marks = new Set(marksIn(readDocumentText(bytes).text));
  const repairs = repairsOf(bytes, work);
  for (const { text, undone } of repairs) {
    const ownMarks = marksIn(text);
    for (const mark of ownMarks) marks.add(mark);
    // A description alone is what is left of a document whose rest is lost.
    if (isQuoted(text) || ownMarks.length < marks.size) continue;
    const reading = readText(text, readValue);
    if (!reading.ok) {
      // A document that was found in the text around it, or unpacked, says itself what it lacks.
      if (reading.value !== undefined && reading.flaw.flaw !== "not-exchange") refused ??= reading;
    } else if (isDoubtfulRepair(reading, undone)) {
      const by = undone.find((damage) => damage !== "surroundings") ?? "surroundings";
      if (isAltered(reading.document)) refused = refusal({ flaw: "altered", by }, text);
    } else if (undone.includes("surroundings") && hasEqual(repairs, reading.document, undone, readValue)) {
      return refusal({ flaw: "several-descriptions" }, text);
    } else {
      reading.document.remarks.unshift({ remark: "repaired", undone: [...undone] });
      return reading;
    }
  }
  return refused;
}

/** Returns whether a document is read without the key of p2p that is in its text. */
function hasLostKey({ document, text }: Extract<FileReading, { ok: true }>): boolean {
  return document.p2p === undefined && text.includes("expiresAt") && text.includes("revision");
}

/** The parts of an exchange file that are in a text, however its lines are broken. */
function marksIn(text: string): string[] {
  const squeezed = text.replaceAll(/[\s>=\\]+/g, "");
  return PART_MARKS.filter((mark) => squeezed.includes(mark));
}

function refusal(flaw: ExchangeFlaw, text: string): FileReading {
  return { ok: false, field: "file", flaw, value: READ, text };
}

/** Returns whether the other repairs give another document in the same way: no reader could choose between the two. */
function hasEqual(
  others: Iterable<RepairedText>,
  document: ExchangeDocument,
  undone: readonly Damage[],
  readValue: ReadValue,
): boolean {
  for (const other of others) {
    if (other.undone.join() !== undone.join()) continue;
    const reading = readText(other.text, readValue);
    if (reading.ok && !isDoubtfulRepair(reading, undone) && identityOf(reading.document) !== identityOf(document))
      return true;
  }
  return false;
}

/** Revisions of one document have the same. */
function identityOf({ description, p2p }: ExchangeDocument): string {
  return `${p2p?.id ?? ""} ${description.type} ${description.iceUfrag}`;
}

/**
 * The digest differs; or there is none, and there are candidates that are invalid, as broken lines leave them, or
 * useless characters.
 */
function isDoubtful(reading: Extract<FileReading, { ok: true }>): boolean {
  const { document, text } = reading;
  const { p2p, remarks } = document;
  if (p2p?.digest !== undefined) return isAltered(document);
  if (hasBrokenDescription(text) || hasLeftovers(text)) return true;
  if (remarks.some((remark) => remark.remark === "candidate-skipped" && remark.why === "syntax")) return true;
  return hasLostKey(reading) || undoTypography(text).length > 0 || undoLinks(text).length > 0;
}

/**
 * Returns whether a repair is not good enough: the digest covers no layout, of which our offers have none; and pictures
 * stand for characters that are lost.
 */
function isDoubtfulRepair(reading: Extract<FileReading, { ok: true }>, undone: readonly Damage[]): boolean {
  const { document, text } = reading;
  if (isDoubtful(reading)) return true;
  if (document.p2p !== undefined) return document.layout !== undefined;
  return PICTURES.test(text) || (undone.some((damage) => JOINING.includes(damage)) && mayBeJoinedWrongly(text));
}

function isAltered({ remarks }: ExchangeDocument): boolean {
  return remarks.some(({ remark }) => remark === "altered");
}

/** A person may change a document by hand; a program that changes texts leaves signs. */
function namedAltered(reading: Extract<FileReading, { ok: true }>): FileReading {
  const by = firstSignOf(reading.text);
  return by === undefined
    ? reading
    : { ok: false, field: "file", flaw: { flaw: "altered", by }, value: {}, text: reading.text };
}

/** JSON of another program is no damaged document of ours. */
function isWorthRepairing({ flaw, value, text }: Extract<FileReading, { ok: false }>): boolean {
  if (WHOLE_FLAWS.includes(flaw.flaw) && typeof value !== "string") return false;
  return mayHoldDocument(text);
}
