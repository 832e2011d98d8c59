// Unpacks a text that stands where a description is expected: programs that hand one on encode it as base64, as part of
// an address, or as JSON text once too often. One step at a time; each takes time linear in the length. A whole file that is
// packed so is unpacked by the same functions (repair/transfer-encodings.ts).
import { decodeText, parseJson } from "./document-text.ts";
import { textOfBase64, undoPercent } from "./repair/transfer-encodings.ts";

/** The way in which the text of a description was packed. `lines`: a list of lines instead of one text. */
export type Packing = "lines" | "escapes" | "base64" | "percent" | "bytes";

/** `v=0` and `{"` in base64. */
const BASE64_BEGIN = /^(?:dj0w|eyJ|eyA|ewo|ewk)/;
const PERCENT_BEGIN = /^(?:v%3d0|%7b|%22|\{%22)/i;
/** Line ends written as two characters each, as a text printed by a program has them. */
const ESCAPED_LINE_END = /\\r\\n|\\n|\\r/g;

/** All lines in one, with spaces in the place of their ends. */
const SPACED_LINES = /^\s{0,8}v=0\s{1,8}o=/;
const SPACE_BEFORE_LINE = /[ \t](?=[a-z]=)/g;
/** Signs that stand for line ends: what is between the first two lines is between all (`v=0|o=…`, `v=0<CR><LF>o=…`). */
const SEPARATED_LINES = /^\s{0,8}v=0([^\s=]{1,12}?)o=/;
const SDP_LINE = /^[a-z]=/;
/** No description is shorter. */
const MIN_BYTES = 40;

/** Whether a text is SDP: it begins with the version, or has a media line. RFC 8866 §5.1. */
export function isSdpText(text: string): boolean {
  return /^\s*v[ \t]{0,8}=[ \t]{0,8}0/.test(text) || /^m=/m.test(text);
}

/** Line ends that were escaped twice. @returns undefined where the text has none, or has real ones too */
export function withLineEnds(text: string): string | undefined {
  if (/[\r\n]/.test(text.trim())) return undefined;
  // A page shows the lines of a text one after another, with spaces between.
  if (SPACED_LINES.test(text)) return text.replaceAll(SPACE_BEFORE_LINE, "\r\n");
  const unescaped = text.replaceAll(ESCAPED_LINE_END, "\r\n");
  if (unescaped !== text) return unescaped;
  const separator = SEPARATED_LINES.exec(text)?.[1];
  return separator === undefined ? undefined : linesBetween(text.trim().split(separator), separator);
}

/** A part that is no line belongs to the one before it. */
function linesBetween(parts: readonly string[], separator: string): string {
  const lines: string[] = [];
  for (const part of parts) {
    if (SDP_LINE.test(part)) lines.push(part);
    else if (part !== "") lines.push(`${lines.pop() ?? ""}${separator}${part}`);
  }
  return lines.map((line) => `${line}\r\n`).join("");
}

/**
 * The text of a list of bytes, as programs print a buffer: `[123, 34, …]`, with the values above 127 less than zero in Java,
 * or an object whose keys are the places, as JSON has a typed array.
 * @returns undefined where it is none
 */
export function textOfBytes(value: readonly unknown[] | Readonly<Record<string, unknown>>): string | undefined {
  const values = Array.isArray(value) || Object.hasOwn(value, "0") ? (Object.values(value) as unknown[]) : [];
  if (values.length < MIN_BYTES || !values.every(isByte)) return undefined;
  return decodeText(Uint8Array.from(values)).text;
}

function isByte(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= -128 && value <= 255;
}

/** One step of unpacking. @returns the value inside, and how it was packed; undefined where the text is not packed */
export function unpack(text: string): { value: unknown; packing: Packing | undefined } | undefined {
  const trimmed = text.trim();
  if (/^[{["]/.test(trimmed)) {
    const value = parseJson(trimmed);
    if (value !== undefined) return { value, packing: undefined };
  }
  if (PERCENT_BEGIN.test(trimmed)) return packed(undoPercent(trimmed)[0], "percent");
  if (BASE64_BEGIN.test(trimmed)) return packed(textOfBase64(trimmed), "base64");
  return undefined;
}

function packed(value: string | undefined, packing: Packing): { value: string; packing: Packing } | undefined {
  return value === undefined ? undefined : { value, packing };
}
