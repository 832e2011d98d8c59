// Unpacks a text that stands where a description is expected: programs that hand one on encode it as base64, as part of
// an address, or as JSON text once too often. One step at a time; each takes time linear in the length.
import { bytesOfBase64 } from "../lib/bytes.ts";
import { parseJson } from "./document-text.ts";

/** How the text of a description was packed. `lines`: a list of lines instead of one text. */
export type Packing = "lines" | "escapes" | "base64" | "percent";

/** `v=0` and `{"` in base64. */
const BASE64_BEGIN = /^(?:dj0w|eyJ|eyA|ewo|ewk)/;
const BASE64 = /^[A-Za-z0-9+/_=-]*$/;
/** Shorter texts are no description. */
const MIN_BASE64_LENGTH = 40;
const PERCENT_BEGIN = /^(?:v%3d0|%7b|%22|\{%22)/i;
/** Line ends written as two characters each, as a text printed by a program has them. */
const ESCAPED_LINE_END = /\\r\\n|\\n|\\r/g;

/** All lines in one, with spaces in the place of their ends. */
const SPACED_LINES = /^\s{0,8}v=0\s{1,8}o=/;
const SPACE_BEFORE_LINE = /[ \t](?=[a-z]=)/g;

/** Whether a text is SDP: it begins with the version, or has a media line. RFC 8866 §5.1. */
export function isSdpText(text: string): boolean {
  return /^\s*v=0/.test(text) || /^m=/m.test(text);
}

/** Line ends that were escaped twice. @returns undefined where the text has none, or has real ones too */
export function withLineEnds(text: string): string | undefined {
  if (/[\r\n]/.test(text.trim())) return undefined;
  // A page shows the lines of a text one after another, with spaces between.
  if (SPACED_LINES.test(text)) return text.replaceAll(SPACE_BEFORE_LINE, "\r\n");
  const unescaped = text.replaceAll(ESCAPED_LINE_END, "\r\n");
  return unescaped === text ? undefined : unescaped;
}

/** One step of unpacking. @returns the value inside, and how it was packed; undefined where the text is not packed */
export function unpack(text: string): { value: unknown; packing: Packing | undefined } | undefined {
  const trimmed = text.trim();
  if (/^[{["]/.test(trimmed)) {
    const value = parseJson(trimmed);
    if (value !== undefined) return { value, packing: undefined };
  }
  if (PERCENT_BEGIN.test(trimmed)) return packed(fromPercent(trimmed), "percent");
  if (BASE64_BEGIN.test(trimmed)) return packed(fromBase64(trimmed), "base64");
  return undefined;
}

function packed(value: string | undefined, packing: Packing): { value: string; packing: Packing } | undefined {
  return value === undefined ? undefined : { value, packing };
}

function fromPercent(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** RFC 4648 §4 and §5, with line ends anywhere. */
function fromBase64(text: string): string | undefined {
  const digits = text.replaceAll(/\s/g, "");
  if (digits.length < MIN_BASE64_LENGTH || !BASE64.test(digits)) return undefined;
  try {
    return new TextDecoder().decode(bytesOfBase64(digits));
  } catch {
    return undefined;
  }
}
