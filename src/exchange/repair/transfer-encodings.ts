// Undoes the encodings in which mail and the web carry bytes: quoted-printable (RFC 2045 §6.7), base64 (RFC 4648) and
// percent-encoding (RFC 3986 §2.1). They are around a whole file, or around a description within it (packed-text.ts).
import { bytesOfBase64 } from "../../lib/bytes.ts";
import { decodeWindows1252 } from "../../lib/windows-1252.ts";
import { decodeText } from "../document-text.ts";

const SOFT_BREAK = /=[ \t]{0,8}\r?\n/g;
const UPPER_ESCAPES = /(?:=[0-9A-F]{2})+/g;
const LOWER_ESCAPES = /(?:=[0-9A-Fa-f]{2})+/g;
const PERCENT_ESCAPES = /(?:%[0-9A-Fa-f]{2})+/g;
const BASE64_LINE = /^[A-Za-z0-9+/_-]+={0,2}$/;
/** A line that is an object or a list on its own (`{"`, `[{`, `["`), as programs hand over one signal each. */
const BASE64_JSON = /^(?:ey[AIJ]|ew[0ko]|W[3y][A-Za-z0-9+/_-])[A-Za-z0-9+/_-]*={0,2}$/;
const NOT_BASE64 = /[^A-Za-z0-9+/_-]+/;
/** `{"`, `{` and a line end, or `v=0` in base64: behind a slash of an address. */
const BASE64_BEGIN = /\/(?=eyJ|ewo|ew0|dj0w)/;
/** The digits of a signature or a fingerprint. Text in base64 has capitals. */
const HEX = /^[0-9a-f]*$/;
const BASE64 = /^[A-Za-z0-9+/_-]*$/;
/** No description is shorter. */
const MIN_DESCRIPTION_DIGITS = 40;
/** The shortest document has several hundred bytes; this only keeps words from being taken for base64. */
const MIN_DOCUMENT_DIGITS = 64;
/** Characters in which bytes that are no text show themselves. */
const BEGIN_LENGTH = 64;
/** Programs wrap base64 at 60 to 76 columns. */
const MIN_FULL_LINE = 40;

/** Undoes quoted-printable. @returns undefined where there is no sign of it */
export function undoQuotedPrintable(text: string): string[] {
  const isUpper = text.includes("=3D") || text.includes("=22");
  const isLower = !isUpper && text.includes("=3d");
  // The `=` that base64 ends with is no soft break.
  if (!isUpper && !isLower && isEachLine(text, BASE64_LINE)) return [];
  const joined = text.replaceAll(SOFT_BREAK, "");
  // Where `=` was not encoded, one at the end of a line is of the text: a line may have been broken behind it.
  if (!isUpper && !isLower) return joined === text || joined.includes("=") ? [] : [joined];
  return [joined.replaceAll(isUpper ? UPPER_ESCAPES : LOWER_ESCAPES, (run) => textOfHex(run.replaceAll("=", "")))];
}

/** Undoes percent-encoding, also as forms send it, with `+` for a space. */
export function undoPercent(text: string): string[] {
  if (!/%(?:25)?(?:22|7[Bb]|0[Aa])/.test(text)) return [];
  const isForm = !text.includes(" ") && /%(?:22|3[Aa]|0[Aa])\+/.test(text);
  const spaced = isForm ? text.replaceAll("+", " ") : text;
  return [spaced.replaceAll(PERCENT_ESCAPES, (run) => textOfHex(run.replaceAll("%", "")))];
}

/** Undoes base64: of the longest run of lines that hold nothing else, or of the longest word. */
export function undoBase64(text: string): string[] {
  if (isEachLine(text, BASE64_JSON)) {
    // However short a line is: one that says no more than `{}` ends a log of signals.
    const lines = linesOf(text).map((line) => decodedBase64(line));
    if (lines.length > 1 && lines.every((line) => line !== undefined)) return [lines.join("\n")];
  }
  const found = new Set([longestBlock(text), longestWord(text)]);
  const decoded: string[] = [];
  for (const base64 of found) {
    const isTooShort = base64.length < MIN_DOCUMENT_DIGITS;
    const inner = isTooShort || HEX.test(base64) ? undefined : textOfBase64(base64);
    if (inner !== undefined) decoded.push(inner);
  }
  return decoded;
}

function linesOf(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

function isEachLine(text: string, form: RegExp): boolean {
  return linesOf(text).every((line) => form.test(line));
}

function longestBlock(text: string): string {
  let longest = "";
  let block: string[] = [];
  for (const line of [...text.split("\n"), " "]) {
    const word = line.trim();
    // A word of the text before a block is no part of it: the first line of a block is a full one.
    if (BASE64_LINE.test(word) && (block.length > 0 || word.length >= MIN_FULL_LINE)) {
      block.push(word);
      continue;
    }
    const joined = block.join("");
    if (joined.length > longest.length) longest = joined;
    block = [];
  }
  return longest;
}

function longestWord(text: string): string {
  let longest = "";
  for (const word of text.split(NOT_BASE64)) if (word.length > longest.length) longest = word;
  const begin = BASE64_BEGIN.exec(longest);
  return begin === null ? longest : longest.slice(begin.index + 1);
}

/**
 * The text of base64 in either alphabet, with or without padding, with line ends anywhere.
 * @returns undefined where it is none, is too short for a description, or its bytes are no text
 */
export function textOfBase64(base64: string): string | undefined {
  const digits = base64.replaceAll(/[\s=]+/g, "");
  return digits.length < MIN_DESCRIPTION_DIGITS ? undefined : decodedBase64(digits);
}

/** The text of base64 of any length. @returns undefined where it is none, or its bytes are no text */
function decodedBase64(base64: string): string | undefined {
  const digits = base64.replaceAll(/[\s=]+/g, "");
  if (!BASE64.test(digits)) return undefined;
  try {
    const { text } = decodeText(bytesOfBase64(digits));
    return /[\u0000-\u0008]/.test(text.slice(0, BEGIN_LENGTH)) ? undefined : text;
  } catch {
    return undefined;
  }
}

/** The UTF-8 text of hex digits; what is not UTF-8 is read as Windows-1252, which old mail programs declare. */
function textOfHex(digits: string): string {
  const bytes = Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return decodeWindows1252(bytes);
  }
}
